alter table users drop column avatar;
alter table projects drop column cover;
drop table image_files;
drop table images;
