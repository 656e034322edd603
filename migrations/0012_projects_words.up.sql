-- no-transaction
-- Serves searches for words.
create index concurrently if not exists projects_words on projects using gin (to_tsvector('simple', coalesce(title, '') || ' ' || directive));
