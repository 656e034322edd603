-- Work that is done later: what waits and runs, what came of it, and who is at work.

-- One row a process that works. A heartbeat renews the lease of all its jobs at once.
create table job_workers (
    id uuid primary key,
    -- Host and process, for whoever looks.
    name text not null check (char_length(name) between 1 and 120),
    started_at timestamptz not null default now(),
    lease_until timestamptz not null
);

-- What waits or runs, and nothing else: a job that is over goes to jobs_finished or jobs_dead, so that this stays small.
create table jobs (
    id uuid primary key,
    kind text not null check (char_length(kind) between 1 and 60),
    -- Kinds of one queue share the slots of a worker.
    queue text not null check (char_length(queue) between 1 and 40),
    -- JSON. Text, since nobody looks into it here.
    payload text not null check (octet_length(payload) <= 262144),
    -- 0 goes first.
    priority smallint not null check (priority between 0 and 3),
    -- Parked: held back by its flow. Suspect: it was running in a process that died, so that it runs beside few others.
    state text not null default 'ready' check (state in ('ready', 'running', 'parked', 'suspect')),
    run_at timestamptz not null,
    -- How often a worker began it. With the worker's id it is the token of an attempt: whoever lost either can acknowledge nothing.
    attempt integer not null default 0,
    max_attempts integer not null check (max_attempts between 1 and 100),
    -- How often it was running in a process that died.
    crashes integer not null default 0,
    worker uuid,
    -- Jobs of one flow are held back by the flow's limits.
    flow text check (char_length(flow) between 1 and 120),
    -- The kind of the job that is told when this one is given up or cancelled.
    on_failure text check (char_length(on_failure) between 1 and 60),
    -- Why the last attempt failed.
    error text,
    created_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    constraint jobs_worker_while_running check ((state = 'running') = (worker is not null))
) with (
    fillfactor = 80,
    -- Rows come and go by the thousand: dead ones are swept up long before a share of the table is dead.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0
);
-- What a worker takes next.
create index jobs_ready on jobs (queue, priority, run_at, id) where state = 'ready';
create index jobs_suspect on jobs (crashes, run_at, id) where state = 'suspect';
-- What a worker holds that fell silent.
create index jobs_running on jobs (worker) where state = 'running';
-- What a flow lets go next, and what it has let go.
create index jobs_parked on jobs (flow, priority, run_at, id) where state = 'parked';
create index jobs_let_go on jobs (flow) where flow is not null and state <> 'parked';

-- How many jobs of one key may run at once, and how many may begin within a time.
create table job_flows (
    key text primary key check (char_length(key) between 1 and 120),
    parallelism integer check (parallelism between 1 and 10000),
    rate integer check (rate between 1 and 100000),
    period interval check (period > interval '0'),
    -- When the next one may begin, by the rate.
    next_at timestamptz not null default '-infinity',
    used_at timestamptz not null default now(),
    constraint job_flows_rate_has_period check ((rate is null) = (period is null))
);

create table jobs_finished (
    id uuid not null,
    kind text not null,
    outcome text not null check (outcome in ('done', 'cancelled')),
    attempt integer not null,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz not null default now()
);
-- They come in the order of time, as do their ids, so that a few bytes for each hundred pages are enough.
create index jobs_finished_when on jobs_finished using brin (finished_at, id uuid_minmax_multi_ops) with (autosummarize = on, pages_per_range = 32);

-- What was given up, with the reason, until somebody decides.
create table jobs_dead (
    id uuid primary key,
    kind text not null,
    queue text not null,
    payload text not null,
    priority smallint not null,
    max_attempts integer not null,
    flow text,
    on_failure text,
    attempt integer not null,
    crashes integer not null,
    cause text not null check (cause in ('attempts', 'refused', 'unreadable', 'crashed')),
    error text not null,
    created_at timestamptz not null,
    died_at timestamptz not null default now()
);
create index jobs_dead_newest on jobs_dead (died_at desc, id desc);

-- What was asked for lately, by the hash of its kind and id or content: asked for again it is the same job.
create table job_keys (
    key bytea primary key check (octet_length(key) = 32),
    job_id uuid not null,
    until timestamptz not null
);
create index job_keys_until on job_keys (until);

-- What is published again and again.
create table job_schedules (
    name text primary key check (char_length(name) between 1 and 120),
    kind text not null,
    payload text not null check (octet_length(payload) <= 262144),
    -- Five or six fields, in the time of a zone of the IANA database.
    cron text not null check (char_length(cron) between 1 and 200),
    zone text not null check (char_length(zone) between 1 and 60),
    next_at timestamptz not null,
    last_at timestamptz,
    last_job uuid,
    paused_at timestamptz,
    created_at timestamptz not null default now()
);
create index job_schedules_due on job_schedules (next_at) where paused_at is null;

-- How each kind did, minute by minute. The two arrays count durations: up to 1 ms, 2 ms, 4 ms … and, last, everything longer.
create table job_minutes (
    kind text not null,
    minute timestamptz not null,
    published bigint not null default 0,
    done bigint not null default 0,
    failed bigint not null default 0,
    dead bigint not null default 0,
    waits bigint[] not null,
    runs bigint[] not null,
    primary key (minute, kind)
);

-- Generations run as jobs: a job's lease takes the place of theirs. The token stays, and keeps others from writing to the log.
alter table generations
    drop constraint generations_lease_has_end,
    drop column lease_until,
    drop column lost;
insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts, on_failure, created_at)
select id, 'make-generation', 'studio', json_build_object('generation', id)::text, 1, now(), 5, 'generation-given-up', created_at
from generations where status in ('queued', 'running');
update generations set status = 'queued', lease_token = null where status = 'running';

-- Mail is sent by jobs as well: what is tried when, and how often, is theirs to know.
insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts, created_at)
select id, 'send-mail', 'mail', json_build_object('mail', id)::text, 1, greatest(due_at, now()), 10, created_at
from mails where sent_at is null and failed_at is null;
drop index mails_due;
alter table mails
    drop column due_at,
    drop column attempts;
