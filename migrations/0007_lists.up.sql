-- What a list of projects shows of each one's latest generation, beside the project: a page of a list is then one walk of one index.
-- Adding columns without a default rewrites nothing, and the trigger serves programs of the version before as well.

-- Gives up rather than keep everybody waiting behind it: `atlas9 migrate` may be run again.
set local lock_timeout = '5s';
alter table projects
    add column latest_generation uuid,
    add column latest_status text;

create function projects_follow_generations() returns trigger language plpgsql as $$
begin
    update projects
    set latest_generation = new.id, latest_status = new.status
    where id = new.project_id
      and (latest_generation is null or latest_generation = new.id or not exists (
          select from generations later
          where later.project_id = new.project_id and (later.created_at, later.id) > (new.created_at, new.id)
      ));
    return null;
end
$$;

create trigger projects_follow_generations
    after insert or update of status on generations
    for each row execute function projects_follow_generations();
