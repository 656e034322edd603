
-- Who calls the API. A token is kept as its SHA-256 only.
create table api_callers (
    id uuid primary key,
    name text not null,
    role text not null,
    token_hash bytea not null,
    created_at timestamptz not null default now(),
    disabled_at timestamptz, -- from then on the token is not known any more
    constraint api_callers_role_check check (role in («roles»))
);
create unique index api_callers_token_hash_key on api_callers (token_hash);

-- Which row a request with an Idempotency-Key made.
create table idempotency_keys (
    caller_id uuid not null,
    key text not null,
    table_name text not null,
    body_digest bytea not null,
    row_id uuid not null,
    created_at timestamptz not null default now(),
    constraint idempotency_keys_pkey primary key (caller_id, key),
    constraint idempotency_keys_caller_id_fkey foreign key (caller_id) references api_callers (id)
);
create index idempotency_keys_created_at_idx on idempotency_keys (created_at); -- old keys, to be deleted
