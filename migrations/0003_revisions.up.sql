-- Sections that can be edited, compared, refused and taken back; what stays whatever is made; what a run was asked for.

alter table revisions
    -- How it came about.
    add column origin text not null default 'generation' check (origin in ('generation', 'edit', 'restore', 'import', 'fork')),
    -- The revision of the same stage that it followed, or that was restored.
    add column parent integer check (parent > 0),
    -- Who made it by hand.
    add column author_id uuid references users (id) on delete set null,
    -- What its pieces were made from, as JSON (`model::trace::Basis`).
    add column basis text,
    -- What its stage cost, as JSON (`model::StageReceipt`), and the checks that take a parser, as JSON.
    add column receipt text,
    add column checks text,
    -- Neither: a proposal that waits for its owner. The newest accepted one is the section.
    add column accepted_at timestamptz,
    add column refused_at timestamptz,
    add constraint revisions_have_one_fate check (accepted_at is null or refused_at is null);
update revisions set accepted_at = created_at;
create index revisions_author_id on revisions (author_id) where author_id is not null;
-- Serves "the section as it is now".
create index revisions_current on revisions (project_id, stage, number desc) where accepted_at is not null;
-- Serves the list of a project's revisions, newest first.
create index revisions_project_newest on revisions (project_id, created_at desc, id desc);

alter table generations
    -- Addresses of pieces that stay: `stage/path`.
    add column locks text[] not null default '{}' check (cardinality(locks) <= 2000),
    -- Which engine to begin with; the first of the chain when empty.
    add column engine text check (char_length(engine) between 1 and 60),
    -- Whether an answer given to the same question within the hour will do.
    add column reuse boolean not null default false,
    -- Whether what it makes waits to be accepted.
    add column review boolean not null default false,
    -- For a fork: the run whose sections it began with.
    add column forked_from uuid references generations (id) on delete set null;
create index generations_forked_from on generations (forked_from) where forked_from is not null;

-- Pieces that their owner wants to keep as they are.
create table piece_locks (
    project_id uuid not null references projects (id) on delete cascade,
    address text not null check (char_length(address) between 3 and 220),
    created_at timestamptz not null,
    primary key (project_id, address)
);

-- What is kept under the hash of its content. The bytes lie in the blob store.
create table blobs (
    digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
    media_type text not null,
    size bigint not null check (size >= 0),
    created_at timestamptz not null
);
-- Why a blob is kept. One that no row refers to is swept away.
create table blob_uses (
    digest text not null references blobs (digest) on delete cascade,
    project_id uuid not null references projects (id) on delete cascade,
    purpose text not null check (purpose in ('export', 'card')),
    -- What it was made of, so that it need not be made again.
    made_of text not null,
    created_at timestamptz not null,
    primary key (project_id, purpose, made_of)
);
create index blob_uses_digest on blob_uses (digest);
create index blobs_created_at on blobs (created_at);
