-- Tables as they are after years: a million rows where there may be as many. Only what plans depend on is made up with care: who owns how much, what is
-- current and what is not, and that times and ids go together.
set session_replication_role = replica;
set synchronous_commit = off;
set maintenance_work_mem = '256MB';

-- Indexes that no constraint needs are made afterwards, which takes a tenth of the time.
create temporary table later as
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
    from pg_index
    join pg_class on pg_class.oid = indexrelid
    where relnamespace = 'public'::regnamespace and relkind = 'i' and not indisprimary
      and not exists (select from pg_constraint where conindid = indexrelid);
do $$ declare one text; begin for one in select name from later loop execute 'drop index ' || one; end loop; end $$;

create function pg_temp.id(kind integer, n bigint) returns uuid language sql immutable as
    $$ select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(kind), 12, '0'))::uuid $$;
create function pg_temp.at(n bigint) returns timestamptz language sql immutable as $$ select '2024-01-01'::timestamptz + n * interval '1 minute' $$;

insert into users (id, kind, created_at, email, email_key, name, password_hash)
    select pg_temp.id(1, n), case when n % 4 = 0 then 'member' else 'guest' end, pg_temp.at(n),
           case when n % 4 = 0 then n || '@x.example' end, case when n % 4 = 0 then n || '@x.example' end,
           case when n % 4 = 0 then 'N' end, case when n % 4 = 0 then 'x' end
    from generate_series(1, 200000) n;
insert into sessions (id, user_id, secret_hash, created_at, last_seen_at, expires_at, ends_at)
    select pg_temp.id(2, n), pg_temp.id(1, 1 + n % 200000), decode(md5(n::text), 'hex'), pg_temp.at(n), pg_temp.at(n), pg_temp.at(n + 260000), pg_temp.at(n + 260000)
    from generate_series(1, 300000) n;
insert into api_tokens (id, user_id, name, secret_hash, scopes, created_at)
    select pg_temp.id(3, n), pg_temp.id(1, 1 + n % 200000), 'T', '\x00', '{read}', pg_temp.at(n) from generate_series(1, 100000) n;
insert into mail_links (id, purpose, user_id, created_at, expires_at)
    select pg_temp.id(4, n), 'reset-password', pg_temp.id(1, 1 + n % 200000), pg_temp.at(n), pg_temp.at(n + 60) from generate_series(1, 100000) n;
insert into mails (id, kind, recipient, data, created_at, sent_at)
    select pg_temp.id(5, n), 'x', 'x@x.example', '{}', pg_temp.at(n), pg_temp.at(n) from generate_series(1, 200000) n;

-- One owner has a tenth of everything. Two of a hundred are in the bin, eight in the archive, five public.
insert into projects (id, owner_id, directive, title, visibility, slug, shared_at, archived_at, deleted_at, created_at, updated_at, latest_generation, latest_status)
    select pg_temp.id(6, n), pg_temp.id(1, case when n % 10 = 0 then 1 else 1 + n % 200000 end), 'A marketplace for synthesizers, number ' || n,
           'Market ' || n, case when n % 20 = 0 then 'public' else 'private' end, case when n % 20 = 0 then 'market-' || md5(n::text) end,
           case when n % 20 = 0 then pg_temp.at(n) end, case when n % 100 < 8 then pg_temp.at(n) end, case when n % 100 in (8, 9) then pg_temp.at(n) end,
           pg_temp.at(n), pg_temp.at(n), pg_temp.id(7, n), 'done'
    from generate_series(1, 1000000) n;
insert into generations (id, project_id, stages, status, last_seq, created_at, finished_at)
    select pg_temp.id(7, n), pg_temp.id(6, n), '{product}', 'done', 1, pg_temp.at(n), pg_temp.at(n) from generate_series(1, 1000000) n;
insert into generation_events (generation_id, seq, kind, data)
    select pg_temp.id(7, n), 1, 'generation.done', '{}' from generate_series(1, 1000000) n;
insert into revisions (id, project_id, stage, number, generation_id, content, receipt, created_at, accepted_at)
    select pg_temp.id(8, n), pg_temp.id(6, n), 'product', 1, pg_temp.id(7, n), '{}', '{}', pg_temp.at(n), pg_temp.at(n) from generate_series(1, 1000000) n;
insert into piece_locks (project_id, address, created_at)
    select pg_temp.id(6, n), 'product/name', pg_temp.at(n) from generate_series(1, 100000) n;
insert into blobs (digest, media_type, size, created_at)
    select encode(sha256(n::text::bytea), 'hex'), 'image/png', 1, pg_temp.at(n) from generate_series(1, 200000) n;
insert into blob_uses (digest, project_id, purpose, made_of, created_at)
    select encode(sha256(n::text::bytea), 'hex'), pg_temp.id(6, n), 'card', 'x', pg_temp.at(n) from generate_series(1, 200000) n;

insert into jobs (id, kind, queue, payload, priority, state, run_at, max_attempts)
    select pg_temp.id(9, n), 'x', 'q' || n % 4, '{}', n % 4, 'ready', pg_temp.at(n), 5 from generate_series(1, 300000) n;
insert into jobs_finished (id, kind, outcome, attempt, created_at, finished_at)
    select pg_temp.id(10, n), 'x', 'done', 1, pg_temp.at(n), pg_temp.at(n) from generate_series(1, 1000000) n;
insert into jobs_dead (id, kind, queue, payload, priority, max_attempts, attempt, crashes, cause, error, created_at, died_at)
    select pg_temp.id(11, n), 'x', 'q', '{}', 1, 5, 5, 0, 'attempts', 'x', pg_temp.at(n), pg_temp.at(n) from generate_series(1, 100000) n;
insert into job_keys (key, job_id, until) select sha256(n::text::bytea), pg_temp.id(9, n), pg_temp.at(n) from generate_series(1, 200000) n;
insert into job_minutes (kind, minute, waits, runs)
    select 'k' || n % 20, pg_temp.at(n / 20), '{}', '{}' from generate_series(1, 200000) n;

insert into domain_events (id, name, owner, subject, data, created_at)
    select pg_temp.id(12, n), 'project.created', pg_temp.id(1, 1 + n % 200000), pg_temp.id(6, n), '{}', pg_temp.at(n) from generate_series(1, 1000000) n;
insert into event_pending (subscriber, event_id) select 'figures', pg_temp.id(12, n) from generate_series(1, 100000) n;
insert into webhook_endpoints (id, owner_id, url, events, secret, created_at)
    select pg_temp.id(13, n), pg_temp.id(1, n), 'https://x.example', '{project.created}', sha256(n::text::bytea), pg_temp.at(n) from generate_series(1, 60000) n;
insert into webhook_deliveries (id, endpoint_id, event_id, name, attempt, status, request_headers, request_body, duration_ms, created_at)
    select pg_temp.id(14, n), pg_temp.id(13, 1 + n % 60000), pg_temp.id(12, n), 'project.created', 1, 'ok', '', '', 1, pg_temp.at(n)
    from generate_series(1, 1000000) n;

-- One room has a tenth of what was said, and one person is in a tenth of all rooms.
insert into rooms (id, project_id, epoch, last_offset, created_at)
    select pg_temp.id(17, n), pg_temp.id(6, n), pg_temp.id(17, n), 1000000, pg_temp.at(n) from generate_series(1, 200000) n;
insert into room_members (room_id, user_id, role, joined_at)
    select pg_temp.id(17, n), pg_temp.id(1, 2 + n % 199998), 'owner', pg_temp.at(n) from generate_series(1, 200000) n
    union all select pg_temp.id(17, n), pg_temp.id(1, 1), 'commenter', pg_temp.at(n) from generate_series(10, 200000, 10) n;
insert into messages (id, room_id, "offset", author_id, client_id, body, html, stage, revision, replies, created_at, deleted_at, pinned_at)
    select pg_temp.id(18, n), pg_temp.id(17, case when n % 10 = 0 then 1 else 1 + n % 200000 end), n, pg_temp.id(1, 1 + n % 200000), n::text, 'x', 'x',
           case when n % 20 = 0 then 'product' end, case when n % 20 = 0 then 1 end, 0, pg_temp.at(n), case when n % 50 = 1 then pg_temp.at(n) end,
           case when n % 500 = 0 then pg_temp.at(n) end
    from generate_series(1, 1000000) n;
update messages set thread = pg_temp.id(18, ('x' || left(id::text, 8))::bit(32)::bigint - 1) where left(id::text, 8) like '%3';
insert into reactions (message_id, user_id, emoji, created_at)
    select pg_temp.id(18, n), pg_temp.id(1, 1 + n % 200000), '+', pg_temp.at(n) from generate_series(1, 200000) n;
insert into mentions (message_id, user_id) select pg_temp.id(18, n), pg_temp.id(1, 1 + n % 200000) from generate_series(1, 200000) n;
insert into room_log (room_id, "offset", kind, data, created_at)
    select pg_temp.id(17, case when n % 10 = 0 then 1 else 1 + n % 200000 end), n, 'message', '{}', pg_temp.at(n) from generate_series(1, 1000000) n;
insert into room_invitations (id, room_id, token_hash, role, created_at, expires_at, uses_max)
    select pg_temp.id(19, n), pg_temp.id(17, 1 + n % 200000), sha256(n::text::bytea), 'viewer', pg_temp.at(n), pg_temp.at(n + 10000), 1
    from generate_series(1, 100000) n;

select vital_partitions(current_date - 2, 4);
insert into vital_samples (at, vital, value, route, device, connection, navigation, release, page)
    select now() - n * interval '0.1 second', 'LCP', 100, '/', 'mobile', '4g', 'navigate', 'r', 'p' from generate_series(1, 1000000) n;
insert into vital_hours (hour, writer, vital, route, device, connection, release, sketch)
    select '2024-01-01'::timestamptz + n % 700 * interval '1 hour', pg_temp.id(15, n / 700), 'LCP', '/', 'mobile', '4g', 'r', '' from generate_series(1, 200000) n;
insert into vital_days (side, vital, route, device, connection, release, day, sketch)
    select n % 16, 'LCP', 'r' || n % 31, '', '', '', '2024-01-01'::date + (n / 496)::integer, '' from generate_series(1, 200000) n;
insert into check_runs (name, at, outcome, milliseconds)
    select 'c' || n % 8, pg_temp.at(n), 'passed', 1 from generate_series(1, 300000) n;
insert into check_days (name, day, sketch) select 'c' || n % 8, '2000-01-01'::date + n / 8, '' from generate_series(0, 719) n;
insert into check_incidents (id, name, began_at, ended_at, reason)
    select pg_temp.id(16, n), 'c', pg_temp.at(n), pg_temp.at(n + 1), 'x' from generate_series(1, 1000) n;

do $$ declare one text; begin for one in select definition from later loop execute one; end loop; end $$;
vacuum analyze;
