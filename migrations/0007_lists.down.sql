drop trigger projects_follow_generations on generations;
drop function projects_follow_generations();
alter table projects drop column latest_generation, drop column latest_status;
