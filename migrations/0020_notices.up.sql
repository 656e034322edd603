-- What people are told of while they look elsewhere, where they want to hear it, and when not.

-- Gives up rather than keep everybody waiting behind it: `atlas9 migrate` may be run again.
set local lock_timeout = '5s';

create table notices (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- What it is about: of each thing there is one, which tells what is new of it.
    key text not null check (char_length(key) between 1 and 200),
    -- JSON (`server::notices::About`).
    data text not null check (octet_length(data) <= 8192),
    -- How far it tells: nobody is told twice of the same.
    upto bigint not null,
    created_at timestamptz not null,
    seen_at timestamptz,
    -- When it was sent elsewhere, or what somebody had not been sent before they wanted that.
    mailed_at timestamptz,
    pushed_at timestamptz,
    constraint notices_once unique (user_id, key)
);
create index notices_newest on notices (user_id, created_at desc, id desc);
create index notices_created_at on notices (created_at);

-- Browsers that may show something when no page is open.
create table push_subscriptions (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- With whose end the browser is told no more.
    session_id uuid not null references sessions (id) on delete cascade,
    endpoint text not null unique check (char_length(endpoint) <= 1000),
    p256dh bytea not null check (octet_length(p256dh) = 65),
    auth bytea not null check (octet_length(auth) = 16),
    created_at timestamptz not null
);
create index push_subscriptions_user on push_subscriptions (user_id, created_at);
create index push_subscriptions_session on push_subscriptions (session_id);

create index users_admins on users (id) where role = 'admin';

alter table users
    -- Whether mail is wanted for what they were not there to see.
    add column mail_notices boolean not null default true,
    -- Nothing is mailed or pushed before.
    add column quiet_until timestamptz;
