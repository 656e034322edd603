-- What the indexes by shelf replace. Gives up rather than keep everybody waiting: `atlas9 migrate` may be run again.
set local lock_timeout = '5s';
drop index projects_owner_newest, projects_owner_updated, projects_owner_title;
