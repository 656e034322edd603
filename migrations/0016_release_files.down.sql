drop table release_files;
