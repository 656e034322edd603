drop index projects_public_words;
