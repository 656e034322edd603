create index projects_owner_newest on projects (owner_id, created_at desc, id desc);
create index projects_owner_updated on projects (owner_id, updated_at desc, id desc);
create index projects_owner_title on projects (owner_id, lower(coalesce(title, left(directive, 120))), id);
