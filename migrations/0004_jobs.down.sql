alter table mails
    add column due_at timestamptz not null default now(),
    add column attempts integer not null default 0;
create index mails_due on mails (due_at) where sent_at is null and failed_at is null;
alter table generations
    add column lease_until timestamptz,
    add column lost integer not null default 0;
update generations set status = 'queued', lease_token = null where status = 'running';
alter table generations add constraint generations_lease_has_end check ((lease_token is null) = (lease_until is null));
drop table job_minutes, job_schedules, job_keys, jobs_dead, jobs_finished, job_flows, jobs, job_workers;
