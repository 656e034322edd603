drop index projects_words;
