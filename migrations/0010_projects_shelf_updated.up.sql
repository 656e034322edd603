-- no-transaction
-- The same, changed last first.
create index concurrently if not exists projects_shelf_updated on projects (
    owner_id,
    (case when deleted_at is not null then 'deleted' when archived_at is not null then 'archived' else 'active' end),
    updated_at desc, id desc
);
