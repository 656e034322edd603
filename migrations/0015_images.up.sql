-- Pictures that people bring: the cover of a project, and the picture of a person.
-- New columns without a default rewrite nothing, and a program of the version before does not see them.

-- Gives up rather than keep everybody waiting behind it: `atlas9 migrate` may be run again.
set local lock_timeout = '5s';

create table images (
    id uuid primary key,
    -- What it is for: one of the two.
    project_id uuid references projects (id) on delete cascade,
    user_id uuid references users (id) on delete cascade,
    -- `waiting` until a job has made it `ready` or `refused` it with a reason.
    state text not null check (state in ('waiting', 'ready', 'refused')),
    reason text,
    -- What it shows, in words.
    description text not null check (char_length(description) <= 300),
    -- What was sent. It is let go of when it was made ready or refused.
    original text references blobs (digest),
    created_at timestamptz not null,
    check ((project_id is null) <> (user_id is null)),
    check ((state = 'waiting') = (original is not null)),
    check ((state = 'refused') = (reason is not null))
);
-- One of each state for a project and for a person: what is ready stays until the next is.
create unique index images_of_project on images (project_id, state) where project_id is not null;
create unique index images_of_user on images (user_id, state) where user_id is not null;
create index images_original on images (original) where original is not null;

-- The files of a picture. What is in here is not swept away.
create table image_files (
    image_id uuid not null references images (id) on delete cascade,
    digest text not null references blobs (digest),
    primary key (image_id, digest)
);
create index image_files_digest on image_files (digest);

-- The picture that is ready, as JSON (`model::Picture`), where lists and pages read it.
alter table projects add column cover text;
alter table users add column avatar text;
