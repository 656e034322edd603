set local lock_timeout = '5s';

-- Whoever was at one of these loads the room anew.
delete from room_log where kind = 'pictured';
delete from images where message_id is not null;
alter table images drop constraint images_of;
alter table images drop column message_id;
alter table images add constraint images_check check ((project_id is null) <> (user_id is null)) not valid;
alter table messages drop column picture;
delete from rooms where project_id is null;
alter table rooms drop constraint rooms_of;
alter table rooms drop column first_id;
alter table rooms drop column second_id;
alter table rooms alter column project_id set not null;
