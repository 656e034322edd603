-- no-transaction
-- The same, by name.
create index concurrently if not exists projects_shelf_title on projects (
    owner_id,
    (case when deleted_at is not null then 'deleted' when archived_at is not null then 'archived' else 'active' end),
    lower(coalesce(title, left(directive, 120))), id
);
