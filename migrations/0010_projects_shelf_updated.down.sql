drop index projects_shelf_updated;
