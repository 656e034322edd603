-- Members beside guests, what they are let in with, and what they may hide, share and throw away.

alter table users
    -- As typed, normalised to NFC; mail goes here and nowhere else.
    add column email text check (char_length(email) between 3 and 320),
    -- The form in which two spellings of one address are equal.
    add column email_key text,
    add column name text check (char_length(name) between 1 and 80),
    -- PHC string with algorithm and parameters.
    add column password_hash text,
    add column role text not null default 'member' check (role in ('member', 'admin')),
    add column theme text not null default 'system' check (theme in ('system', 'light', 'dark')),
    add column disabled_at timestamptz,
    add constraint users_member_can_sign_in check (
        kind = 'guest' or (email is not null and email_key is not null and password_hash is not null and name is not null)
    ),
    add constraint users_guest_is_nobody check (kind = 'member' or (email is null and email_key is null and role = 'member'));
create unique index users_email_key on users (email_key);
-- Serves `atlas9 users list`.
create index users_newest on users (created_at desc, id desc);

alter table sessions
    -- No use keeps a session open beyond this.
    add column ends_at timestamptz,
    -- Which browser on which system, as a list of devices shows it.
    add column device text not null default '' check (char_length(device) <= 80);
update sessions set ends_at = created_at + interval '400 days';
alter table sessions alter column ends_at set not null;

-- Sessions that were ended or whose user changed, until the cache in Redis is known to have forgotten them.
create table session_drops (
    session_id uuid primary key,
    created_at timestamptz not null
);

-- What a link in a mail stands for. The link is the id with a signature, so that what is stored here opens nothing.
create table mail_links (
    id uuid primary key,
    purpose text not null check (purpose in ('confirm-sign-up', 'confirm-address', 'reset-password')),
    -- Whose account it changes; none while it is still to be made.
    user_id uuid references users (id) on delete cascade,
    -- For a new account or address: what was typed.
    email text,
    email_key text,
    name text,
    password_hash text,
    -- The guest who signed up. Their projects go into the account.
    guest_id uuid references users (id) on delete set null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index mail_links_user_id on mail_links (user_id);
create index mail_links_guest_id on mail_links (guest_id);
create index mail_links_expires_at on mail_links (expires_at);

-- Mail on its way out: written with what causes it, sent later, again after a failure.
create table mails (
    id uuid primary key,
    kind text not null,
    recipient text not null,
    data jsonb not null,
    attempts integer not null default 0,
    due_at timestamptz not null,
    created_at timestamptz not null,
    sent_at timestamptz,
    failed_at timestamptz,
    failure text,
    constraint mails_have_one_end check (sent_at is null or failed_at is null)
);
create index mails_due on mails (due_at) where sent_at is null and failed_at is null;
create index mails_created_at on mails (created_at);

-- For programs. Only a hash of the secret is kept.
create table api_tokens (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    name text not null check (char_length(name) between 1 and 80),
    secret_hash bytea not null,
    scopes text[] not null check (cardinality(scopes) between 1 and 2 and scopes <@ array['read', 'write']),
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz
);
create index api_tokens_user_id on api_tokens (user_id, created_at desc, id desc);

alter table projects
    -- What the owner calls it; the beginning of the directive until then.
    add column title text check (char_length(title) between 1 and 120),
    add column updated_at timestamptz,
    add column archived_at timestamptz,
    -- Thrown away, and gone for good some days later.
    add column deleted_at timestamptz,
    -- The last part of the shared page's address: cannot be guessed, and stays when sharing ends, so that it can begin again.
    add column slug text check (char_length(slug) between 16 and 120),
    -- When it became public; /explore lists by it.
    add column shared_at timestamptz,
    add constraint projects_shared_have_address check (visibility = 'private' or (slug is not null and shared_at is not null));
create unique index projects_slug on projects (slug);
update projects set updated_at = created_at;
alter table projects alter column updated_at set not null;
create index projects_owner_updated on projects (owner_id, updated_at desc, id desc);
create index projects_owner_title on projects (owner_id, lower(coalesce(title, left(directive, 120))), id);
-- Serves /explore.
create index projects_public_newest on projects (shared_at desc, id desc)
    where visibility = 'public' and deleted_at is null and archived_at is null;
create index projects_deleted on projects (deleted_at) where deleted_at is not null;
