drop table revisions;
drop table generation_events;
drop table generations;
drop table projects;
drop table sessions;
drop table users;
