//! Rooms: what people say to each other about a project, in the order in which everybody sees it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{GenerationId, MessageId, Picture, PiecePath, ProjectId, RoomId, Stage, UserId, person::words};

/// The most characters of a message.
pub const MESSAGE_MAX_CHARS: usize = 4_000;
/// The most characters of what a sender calls a message.
pub const CLIENT_ID_MAX_CHARS: usize = 64;
/// What may be answered to a message with one key.
pub const REACTIONS: [&str; 8] = ["👍", "❤️", "😄", "🎉", "🤔", "👀", "✅", "👎"];

words! {
    /// What a member of a room may do there.
    RoomRole {
        /// Whose project it is: everything, members too.
        Owner = "owner",
        /// Change the project, invite, and all that follows.
        Editor = "editor",
        /// Say something.
        Commenter = "commenter",
        /// Read and watch.
        Viewer = "viewer",
    }
}

impl RoomRole {
    /// Whether they may say something.
    pub fn may_talk(self) -> bool {
        self != Self::Viewer
    }

    /// Whether they may change what the room is about, pin, and invite others to less than they are.
    pub fn may_edit(self) -> bool {
        matches!(self, Self::Owner | Self::Editor)
    }
}

words! {
    /// What a member is told of while they are not in the room.
    Notify {
        /// Everything that is said.
        All = "all",
        /// What names them or answers them.
        Mentions = "mentions",
        /// Nothing.
        Nothing = "nothing",
    }
}

words! {
    /// How something that is made of a room's project is doing.
    Making {
        /// It was begun.
        Running = "running",
        /// Everything asked for is there.
        Done = "done",
        /// It could not be made.
        Failed = "failed",
        /// Somebody stopped it.
        Cancelled = "cancelled",
    }
}

/// A place in a room's log. Entries are numbered from 1 without gaps; another epoch is another log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomPlace {
    /// Which log.
    pub epoch: Uuid,
    /// The newest entry that is known; 0 before the first.
    pub offset: i64,
}

/// What a message is about: a section as it was in one revision, or one piece of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The section.
    pub stage: Stage,
    /// The number of its revision.
    pub revision: u32,
    /// The piece, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<PiecePath>,
}

/// Who says something, as others in the room see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speaker {
    /// Who.
    pub id: UserId,
    /// What they are called.
    pub name: String,
    /// Their picture, if they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
}

/// A message as everybody in the room gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The entry of the room's log that it came with: messages stand in this order. In the log itself it is 0, for there it stands beside.
    #[serde(default)]
    pub offset: i64,
    /// What its sender called it, by which they know it again.
    pub client_id: String,
    /// Who sent it; none of somebody who is gone.
    pub author: Option<Speaker>,
    /// As it was typed; empty once it is deleted.
    pub body: String,
    /// As it is shown: markup of ours, in which nothing of theirs can act.
    pub html: String,
    /// The picture that came with it, once it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
    /// The message whose thread it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<MessageId>,
    /// How many answers it has.
    #[serde(default)]
    pub replies: u32,
    /// Who reacted with what.
    #[serde(default)]
    pub reactions: Vec<Reaction>,
    /// When it was sent.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was changed last.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<OffsetDateTime>,
    /// When it was deleted.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<OffsetDateTime>,
    /// When it was pinned.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub pinned_at: Option<OffsetDateTime>,
}

/// One mark and those who left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// One of [`REACTIONS`].
    pub emoji: String,
    /// Who, the first first.
    pub by: Vec<UserId>,
}

/// A member of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    #[serde(flatten)]
    pub speaker: Speaker,
    /// What they may do.
    pub role: RoomRole,
    /// The newest entry that they have seen.
    pub read_to: i64,
}

/// A room in the list of somebody's rooms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSummary {
    /// Which.
    pub room: RoomId,
    /// Whose it is; of no project when two people talk alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// What the project, or the other of the two, is called.
    pub name: String,
    /// What they may do there.
    pub role: RoomRole,
    /// How many messages of others they have not seen, counted to a hundred.
    pub unread: u32,
    /// How many of those name them.
    pub named: u32,
    /// When something was said last.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub said_at: Option<OffsetDateTime>,
}

/// Somebody with whom one is in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Who.
    #[serde(flatten)]
    pub speaker: Speaker,
    /// Whether they are connected right now.
    pub is_here: bool,
}

/// What happens in a room, as everybody there is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case")]
pub enum Happened {
    /// Somebody said something.
    Message(Box<Message>),
    /// A message says something else now.
    Edited {
        /// Which.
        id: MessageId,
        /// As it was typed.
        body: String,
        /// As it is shown.
        html: String,
        /// When.
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
    /// A message was taken back.
    Deleted {
        /// Which.
        id: MessageId,
        /// When.
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
    /// Somebody left a mark on a message, or took it back.
    Reacted {
        /// Which.
        id: MessageId,
        /// One of [`REACTIONS`].
        emoji: String,
        /// Who.
        by: UserId,
        /// Whether it is there now.
        on: bool,
    },
    /// The picture of a message is ready.
    Pictured {
        /// Which message.
        id: MessageId,
        /// Its picture.
        picture: Picture,
    },
    /// A message was pinned for everybody, or let go.
    Pinned {
        /// Which.
        id: MessageId,
        /// Whether it is now.
        on: bool,
    },
    /// Somebody came in, or may do something else than before.
    Member(Box<Member>),
    /// Somebody is in the room no more.
    Left {
        /// Who.
        id: UserId,
    },
    /// Something is made of the room's project, or that ended.
    Made {
        /// What: its events can be watched.
        generation: GenerationId,
        /// How it is doing.
        state: Making,
        /// Which sections; none when that is not told.
        stages: Vec<Stage>,
        /// Who began it.
        by: Option<UserId>,
    },
    /// Something that only a later version of the program knows.
    Unknown,
}

impl Happened {
    /// Its word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Edited { .. } => "edited",
            Self::Deleted { .. } => "deleted",
            Self::Reacted { .. } => "reacted",
            Self::Pictured { .. } => "pictured",
            Self::Pinned { .. } => "pinned",
            Self::Member(_) => "member",
            Self::Left { .. } => "left",
            Self::Made { .. } => "made",
            Self::Unknown => "unknown",
        }
    }
}

/// An entry of a room's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEntry {
    /// Its number: one more than that of the entry before.
    pub offset: i64,
    /// What happened.
    #[serde(flatten)]
    pub happened: Happened,
}
