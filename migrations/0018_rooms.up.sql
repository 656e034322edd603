-- Rooms: where the people of a project talk.

-- Gives up rather than keep everybody waiting behind it: `atlas9 migrate` may be run again.
set local lock_timeout = '5s';

create table rooms (
    id uuid primary key,
    -- The project whose room it is.
    project_id uuid not null unique references projects (id) on delete cascade,
    -- Which log: another one after what happened cannot be told on from where it was.
    epoch uuid not null,
    -- The number of the log's newest entry. Whoever appends holds this row, so that offsets have no gaps and one order.
    last_offset bigint not null default 0 check (last_offset >= 0),
    created_at timestamptz not null
);

create table room_members (
    room_id uuid not null references rooms (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    role text not null check (role in ('owner', 'editor', 'commenter', 'viewer')),
    -- The newest message that they have seen, by its offset.
    read_to bigint not null default 0,
    -- What they are told of outside the room.
    notify text not null default 'all' check (notify in ('all', 'mentions', 'nothing')),
    joined_at timestamptz not null,
    primary key (room_id, user_id)
);
create index room_members_user on room_members (user_id, room_id);

create table messages (
    -- UUID v7.
    id uuid primary key,
    room_id uuid not null references rooms (id) on delete cascade,
    -- The entry of the log that it came with.
    "offset" bigint not null,
    -- None of somebody who is gone.
    author_id uuid references users (id) on delete set null,
    -- What its sender called it: sent twice, it is one message.
    client_id text not null check (char_length(client_id) between 1 and 64),
    -- As it was typed; empty once it is deleted.
    body text not null check (char_length(body) <= 4000),
    -- As it is shown, made once when it is sent: whoever reads a page of a hundred renders none.
    html text not null check (char_length(html) <= 80000),
    -- The piece that a thread is about, of an exact revision.
    stage text,
    revision integer check (revision > 0),
    piece text,
    -- The message that this answers.
    thread uuid references messages (id) on delete cascade,
    -- How many answers it has that were not taken back. A message that was taken back stays in the list as long as it has any.
    replies integer not null default 0 check (replies >= 0),
    created_at timestamptz not null,
    edited_at timestamptz,
    deleted_at timestamptz,
    pinned_at timestamptz,
    constraint messages_at unique (room_id, "offset"),
    constraint messages_sent_once unique (room_id, author_id, client_id),
    constraint messages_about check ((stage is null) = (revision is null) and (piece is null or stage is not null))
);
-- The list of a room, the latest first. By the offset, which is when it was written in an order that is the same for everybody.
create index messages_listed on messages (room_id, "offset" desc) where thread is null and (deleted_at is null or replies > 0);
create index messages_unread on messages (room_id, "offset") where deleted_at is null;
create index messages_thread on messages (thread, "offset") where thread is not null;
create index messages_author on messages (author_id) where author_id is not null;
create index messages_about on messages (room_id, stage, revision, "offset" desc) where stage is not null and deleted_at is null;
create index messages_pinned on messages (room_id, pinned_at desc) where pinned_at is not null and deleted_at is null;

create table reactions (
    message_id uuid not null references messages (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    emoji text not null check (char_length(emoji) between 1 and 16),
    created_at timestamptz not null,
    primary key (message_id, user_id, emoji)
);
create index reactions_user on reactions (user_id);

create table mentions (
    message_id uuid not null references messages (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    primary key (message_id, user_id)
);
create index mentions_user on mentions (user_id, message_id);

-- What happened in a room, numbered without gaps. Old entries go; a client that asks for one of them is told to load the room anew.
create table room_log (
    room_id uuid not null references rooms (id) on delete cascade,
    "offset" bigint not null,
    kind text not null check (char_length(kind) between 1 and 40),
    -- JSON. Text, since nobody looks into it here, and so that everybody is told with the same bytes.
    data text not null check (octet_length(data) <= 65536),
    created_at timestamptz not null,
    primary key (room_id, "offset")
);
create index room_log_created_at on room_log (created_at);

create table room_invitations (
    id uuid primary key,
    room_id uuid not null references rooms (id) on delete cascade,
    -- SHA-256 of what stands in the link.
    token_hash bytea not null unique check (octet_length(token_hash) = 32),
    role text not null check (role in ('editor', 'commenter', 'viewer')),
    -- Whom it is for: nobody else may use it. None of a link for whoever has it.
    address text check (char_length(address) <= 320),
    invited_by uuid references users (id) on delete set null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    -- How many came in by it, and how many may.
    used integer not null default 0,
    uses_max integer not null check (uses_max between 1 and 100),
    revoked_at timestamptz,
    constraint room_invitations_used check (used between 0 and uses_max)
);
create index room_invitations_expires on room_invitations (expires_at);
create index room_invitations_room on room_invitations (room_id, created_at desc, id desc);
create index room_invitations_invited_by on room_invitations (invited_by) where invited_by is not null;
