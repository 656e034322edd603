-- no-transaction
-- Serves the sweep of what was made of projects as they were long ago.
create index concurrently if not exists blob_uses_created_at on blob_uses (created_at);
