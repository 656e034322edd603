-- What visitors feel: measurements of their browsers, for two weeks as they came and for good as histograms; and what the program finds when it
-- visits itself.

-- As they came. One partition a day, which is dropped as a whole.
create table vital_samples (
    at timestamptz not null,
    vital text not null,
    value double precision not null,
    route text not null,
    device text not null,
    connection text not null,
    navigation text not null,
    release text not null,
    -- One page life; it says nothing of whose.
    page text not null
) partition by range (at);

-- Releases of the program, written by the program: no browser can make one up.
create table releases (
    name text primary key check (char_length(name) between 1 and 40),
    first_seen_at timestamptz not null default now()
);
create index releases_first_seen_at on releases (first_seen_at);

-- By the hour, each writer its own rows: it knows all that they hold and writes them anew, so that nobody waits for another.
create table vital_hours (
    hour timestamptz not null,
    writer uuid not null,
    vital text not null,
    route text not null,
    device text not null,
    connection text not null,
    release text not null,
    -- A histogram: pairs of a bucket, from the one before, and how much it holds, as variable-length integers.
    sketch bytea not null,
    primary key (hour, vital, route, device, connection, release, writer)
);

-- By the day, of all hours that are over: a cube. Whatever is asked of is a row a day, and is found without reading others.
create table vital_days (
    -- Which parts are told apart, as bits: 1 route, 2 device, 4 connection, 8 release. A part that is not is ''.
    side smallint not null check (side between 0 and 15),
    vital text not null,
    route text not null,
    device text not null,
    connection text not null,
    release text not null,
    day date not null,
    sketch bytea not null,
    primary key (side, vital, route, device, connection, release, day)
);
create index vital_days_day on vital_days (day);

-- The last hour that is in vital_days.
create table vital_rolled (
    is_only boolean primary key default true check (is_only),
    hour timestamptz not null
);
insert into vital_rolled (hour) values ('2000-01-01 00:00:00+00');

-- Makes room for samples of so many days, from a day on.
create function vital_partitions(first date, days integer) returns void language plpgsql as $$
declare
    one date;
begin
    -- Whoever does the same at this moment waits, and finds it done.
    perform pg_advisory_xact_lock(hashtext('vital_samples'));
    for one in select first + n from generate_series(0, days - 1) as n loop
        execute format(
            'create table if not exists %I partition of vital_samples for values from (%L) to (%L)',
            'vital_samples_' || to_char(one, 'YYYYMMDD'), one::timestamp at time zone 'UTC', (one + 1)::timestamp at time zone 'UTC'
        );
    end loop;
end
$$;

-- Drops samples of days before a day, and returns how many days those were.
create function vital_partitions_drop(before date) returns integer language plpgsql as $$
declare
    one text;
    dropped integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('vital_samples'));
    for one in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'vital_samples'::regclass and c.relname < 'vital_samples_' || to_char(before, 'YYYYMMDD')
    loop
        execute format('drop table %I', one);
        dropped := dropped + 1;
    end loop;
    return dropped;
end
$$;

-- Visits of the program to itself, as they went.
create table check_runs (
    name text not null,
    at timestamptz not null,
    outcome text not null check (outcome in ('passed', 'slow', 'failed')),
    milliseconds double precision not null,
    -- Why it did not pass.
    reason text check (char_length(reason) <= 300),
    primary key (name, at)
);
create index check_runs_at on check_runs (at);

-- The same by the day, for ninety of them.
create table check_days (
    name text not null,
    day date not null,
    passed integer not null default 0,
    slow integer not null default 0,
    failed integer not null default 0,
    -- How long they took that did not fail; a histogram as in vital_hours.
    sketch bytea not null,
    primary key (name, day)
);

-- How a check stands: a state changes only after several runs in a row say so.
create table check_states (
    name text primary key,
    is_failing boolean not null,
    -- Runs in a row that said the contrary of the state.
    contrary integer not null default 0,
    since timestamptz not null
);

create table check_incidents (
    id uuid primary key,
    name text not null,
    began_at timestamptz not null,
    ended_at timestamptz,
    reason text not null check (char_length(reason) <= 300)
);
create unique index check_incidents_open on check_incidents (name) where ended_at is null;
create index check_incidents_began_at on check_incidents (began_at);
