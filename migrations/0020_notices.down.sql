alter table users drop column quiet_until;
alter table users drop column mail_notices;
drop index users_admins;
drop table push_subscriptions;
drop table notices;
