drop table check_incidents, check_states, check_days, check_runs;
drop function vital_partitions_drop(date), vital_partitions(date, integer);
drop table vital_rolled, vital_days, vital_hours, releases, vital_samples;
delete from jobs where kind in ('tidy-vitals', 'tidy-checks', 'check-paths', 'check-generation', 'send-alert');
delete from jobs_dead where kind in ('tidy-vitals', 'tidy-checks', 'check-paths', 'check-generation', 'send-alert');
delete from job_schedules where kind in ('tidy-vitals', 'tidy-checks', 'check-paths', 'check-generation', 'send-alert');
