delete from jobs where kind in ('dispatch-event', 'deliver-event', 'collect-events', 'send-webhook', 'tidy-events');
delete from jobs_dead where kind in ('dispatch-event', 'deliver-event', 'collect-events', 'send-webhook', 'tidy-events');
delete from job_schedules where kind = 'tidy-events';
drop table webhook_deliveries, webhook_endpoints, event_counts, event_pending, domain_events;
