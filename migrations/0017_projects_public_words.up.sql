-- no-transaction
-- Serves searches for words among what everybody may see.
create index concurrently if not exists projects_public_words
    on projects using gin (to_tsvector('simple', coalesce(title, '') || ' ' || directive))
    where visibility = 'public' and deleted_at is null and archived_at is null;
