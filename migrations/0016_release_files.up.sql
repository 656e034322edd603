-- Files of releases that pages refer to, by the name that changes with their content: a page of the release before, or of the one that is being rolled out,
-- finds its files with every instance.
create table release_files (
    name text primary key check (name ~ '^[A-Za-z0-9._-]{1,120}$'),
    digest text not null references blobs (digest),
    -- When an instance last had it; some days later it is forgotten.
    seen_at timestamptz not null
);
create index release_files_digest on release_files (digest);
create index release_files_seen_at on release_files (seen_at);
