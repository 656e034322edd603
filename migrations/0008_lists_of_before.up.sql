-- no-transaction
-- Fills in what the trigger of the migration before could not know, a few thousand projects at a time: nobody waits for a lock longer than that takes.
do $$
declare
    place uuid := '00000000-0000-0000-0000-000000000000';
    last uuid;
begin
    loop
        select id into last from (select id from projects where id > place order by id limit 5000) as chunk order by id desc limit 1;
        exit when last is null;
        update projects p
        set latest_generation = g.id, latest_status = g.status
        from projects found
        cross join lateral (
            select id, status from generations where project_id = found.id order by created_at desc, id desc limit 1
        ) g
        where found.id > place and found.id <= last and found.latest_generation is null and p.id = found.id;
        commit;
        place := last;
    end loop;
end
$$;
