-- People, what they asked for, and the runs that make it.

create table users (
    id uuid primary key,
    kind text not null check (kind in ('guest', 'member')),
    created_at timestamptz not null
);

-- One row a browser. The cookie carries the id and a secret; only the secret's hash is kept.
create table sessions (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    secret_hash bytea not null,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null
);
create index sessions_user_id on sessions (user_id);
create index sessions_expires_at on sessions (expires_at);

create table projects (
    id uuid primary key,
    owner_id uuid not null references users (id) on delete cascade,
    directive text not null check (char_length(directive) between 1 and 4000),
    visibility text not null default 'private' check (visibility in ('private', 'unlisted', 'public')),
    created_at timestamptz not null
);
-- Serves the list of an owner's projects, newest first, and the foreign key.
create index projects_owner_newest on projects (owner_id, created_at desc, id desc);

create table generations (
    id uuid primary key,
    project_id uuid not null references projects (id) on delete cascade,
    stages text[] not null check (cardinality(stages) between 1 and 5),
    note text check (char_length(note) <= 4000),
    status text not null check (status in ('queued', 'running', 'done', 'failed', 'cancelled')),
    -- The last event's number. Appending locks this row, which keeps the log gapless.
    last_seq bigint not null default 0,
    -- How often a worker began it, and how often one fell silent over it.
    attempt integer not null default 0,
    lost integer not null default 0,
    -- Whoever runs it holds a token. A new attempt gets a new one, so that a worker that lost its lease cannot write.
    lease_token uuid,
    lease_until timestamptz,
    created_at timestamptz not null,
    finished_at timestamptz,
    constraint generations_lease_while_running check ((status = 'running') = (lease_token is not null)),
    constraint generations_lease_has_end check ((lease_token is null) = (lease_until is null)),
    constraint generations_end_when_final check ((status in ('done', 'failed', 'cancelled')) = (finished_at is not null))
);
create index generations_project_newest on generations (project_id, created_at desc, id desc);
-- What a worker looks for: oldest first.
create index generations_unfinished on generations (created_at, id) where status in ('queued', 'running');
-- Two runs of one project would overwrite each other's sections.
create unique index generations_one_at_a_time on generations (project_id) where status in ('queued', 'running');

-- Append-only. `data` is text, not jsonb: the same log read twice gives the same bytes.
create table generation_events (
    generation_id uuid not null references generations (id) on delete cascade,
    seq bigint not null check (seq > 0),
    kind text not null,
    data text not null,
    created_at timestamptz not null default now(),
    primary key (generation_id, seq)
);

create table revisions (
    id uuid primary key,
    project_id uuid not null references projects (id) on delete cascade,
    stage text not null check (stage in ('product', 'brand', 'design', 'architecture', 'code')),
    number integer not null check (number > 0),
    generation_id uuid references generations (id) on delete set null,
    content text not null,
    created_at timestamptz not null,
    constraint revisions_number_once unique (project_id, stage, number)
);
create index revisions_generation_id on revisions (generation_id);
