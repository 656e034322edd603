drop index projects_shelf_newest;
