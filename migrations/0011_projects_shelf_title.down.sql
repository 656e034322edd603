drop index projects_shelf_title;
