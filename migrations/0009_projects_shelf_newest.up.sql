-- no-transaction
-- Serves a shelf of an owner's projects, newest and oldest first. Each shelf is a walk of its own, so that a few that are current among very many
-- that are not are found at once.
create index concurrently if not exists projects_shelf_newest on projects (
    owner_id,
    (case when deleted_at is not null then 'deleted' when archived_at is not null then 'archived' else 'active' end),
    created_at desc, id desc
);
