-- Made-up projects to measure lists with: a million of one owner, and sixty of another. :many and :few are the owners' ids; they exist.
set synchronous_commit = off;
-- What each row would do for itself, once for all.
alter table generations disable trigger projects_follow_generations;
create temporary table made as
    select gen_random_uuid() as id, gen_random_uuid() as generation, n, case when n <= 60 then :'few'::uuid else :'many'::uuid end as owner,
           now() - n * interval '7 seconds' as at
    from generate_series(1, 60 + :rows) n;
insert into projects (id, owner_id, directive, title, created_at, updated_at, latest_generation, latest_status)
    select id, owner, 'A marketplace for vintage synthesizers, with escrow and repair diaries, number ' || n, 'Synthesizer market ' || n,
           at, at, generation, 'done'
    from made order by at;
insert into generations (id, project_id, stages, status, created_at, finished_at)
    select generation, id, '{product,brand,design,architecture,code}', 'done', at, at from made order by at;
alter table generations enable trigger projects_follow_generations;
drop table made;
vacuum analyze projects;
vacuum analyze generations;
