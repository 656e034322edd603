drop index projects_deleted;
drop index projects_public_newest;
drop index projects_owner_title;
drop index projects_owner_updated;
-- What was thrown away must not come back.
delete from projects where deleted_at is not null;
alter table projects drop constraint projects_shared_have_address, drop column shared_at, drop column slug, drop column deleted_at, drop column archived_at, drop column updated_at, drop column title;
drop table api_tokens;
drop table mails;
drop table mail_links;
drop table session_drops;
alter table sessions drop column device, drop column ends_at;
drop index users_newest;
drop index users_email_key;
alter table users
    drop constraint users_guest_is_nobody,
    drop constraint users_member_can_sign_in,
    drop column disabled_at,
    drop column theme,
    drop column role,
    drop column password_hash,
    drop column name,
    drop column email_key,
    drop column email;
