-- What happened, who is told of it, and webhooks: whom it is told to outside.

-- Written in the transaction that causes it, and kept for a while, so that it can be told again.
create table domain_events (
    -- UUID v7: later ones sort after earlier ones.
    id uuid primary key,
    name text not null check (char_length(name) between 1 and 60),
    -- Whose it is. No foreign key: to check it, every event would wait for whoever holds the person's row. Accounts take theirs along when they go.
    owner uuid,
    -- The project, generation or account it is about.
    subject uuid not null,
    -- JSON. Text, since nobody looks into it here, and so that it is told with the same bytes every time.
    data text not null check (octet_length(data) <= 65536),
    created_at timestamptz not null
);
-- They come in the order of time, so that a few bytes for each hundred pages are enough.
create index domain_events_when on domain_events using brin (created_at) with (autosummarize = on, pages_per_range = 32);
create index domain_events_owner on domain_events (owner) where owner is not null;

-- What a subscriber that asks for batches has not had yet.
create table event_pending (
    subscriber text not null check (char_length(subscriber) between 1 and 60),
    event_id uuid not null,
    primary key (subscriber, event_id)
) with (
    -- Rows come and go by the thousand.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000
);

-- How often each thing happened, by the day in UTC.
create table event_counts (
    day date not null,
    name text not null,
    count bigint not null default 0,
    primary key (day, name)
);

create table webhook_endpoints (
    id uuid primary key,
    owner_id uuid not null references users (id) on delete cascade,
    url text not null check (char_length(url) between 1 and 2000),
    -- The names of the events it is told.
    events text[] not null check (cardinality(events) between 1 and 40),
    description text not null default '' check (char_length(description) <= 200),
    secret bytea not null check (octet_length(secret) = 32),
    -- Signs as well until then, so that the other side has time to learn the new one.
    previous_secret bytea check (octet_length(previous_secret) = 32),
    previous_until timestamptz,
    disabled_at timestamptz,
    -- By whom: its owner, its own answer, or since it kept failing.
    disabled_reason text check (disabled_reason in ('owner', 'gone', 'failing')),
    -- Since when nothing has arrived there; none after a success.
    failing_since timestamptz,
    created_at timestamptz not null,
    constraint webhook_endpoints_disabled_for_reason check ((disabled_at is null) = (disabled_reason is null)),
    constraint webhook_endpoints_previous_ends check ((previous_secret is null) = (previous_until is null))
);
create index webhook_endpoints_owner on webhook_endpoints (owner_id, created_at, id);

-- Every attempt to tell an endpoint of an event, with what was said on both sides.
create table webhook_deliveries (
    id uuid primary key,
    endpoint_id uuid not null references webhook_endpoints (id) on delete cascade,
    event_id uuid not null,
    name text not null,
    attempt integer not null,
    status text not null check (status in ('ok', 'failed')),
    response_status integer,
    request_headers text not null check (octet_length(request_headers) <= 8192),
    request_body text not null check (octet_length(request_body) <= 131072),
    response_headers text check (octet_length(response_headers) <= 8192),
    response_body text check (octet_length(response_body) <= 16384),
    -- What kept it from being answered.
    error text check (char_length(error) <= 500),
    duration_ms integer not null,
    created_at timestamptz not null,
    -- When it is tried again, where it is.
    next_at timestamptz
);
create index webhook_deliveries_newest on webhook_deliveries (endpoint_id, created_at desc, id desc);
create index webhook_deliveries_when on webhook_deliveries using brin (created_at) with (autosummarize = on, pages_per_range = 32);
