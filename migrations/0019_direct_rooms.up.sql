-- Rooms of two people and no project, and pictures that come with messages.

-- Gives up rather than keep everybody waiting behind it: `atlas9 migrate` may be run again.
set local lock_timeout = '5s';

alter table rooms alter column project_id drop not null;
-- The two, in one order, so that a pair has one room.
alter table rooms add column first_id uuid references users (id) on delete cascade;
alter table rooms add column second_id uuid references users (id) on delete cascade;
-- Every row there is has a project, so that this need not be looked at row by row while others wait.
alter table rooms add constraint rooms_of check (
    (project_id is null) = (first_id is not null) and (first_id is null) = (second_id is null) and first_id < second_id
) not valid;
create unique index rooms_pair on rooms (first_id, second_id) where first_id is not null;
create index rooms_second on rooms (second_id) where second_id is not null;

-- The picture that is ready, as JSON (`model::Picture`).
alter table messages add column picture text;
alter table images add column message_id uuid references messages (id) on delete cascade;
alter table images drop constraint images_check;
alter table images add constraint images_of check (num_nonnulls(project_id, user_id, message_id) = 1) not valid;
create unique index images_of_message on images (message_id, state) where message_id is not null;
