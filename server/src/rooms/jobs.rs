//! The rooms' background jobs.

use model::RoomId;
use serde::{Deserialize, Serialize};

use crate::jobs::{Job, Queue, Rules};

/// Forgets entries of logs and ways in that nobody can use any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TidyRooms {}

impl Job for TidyRooms {
    const KIND: &'static str = "tidy-rooms";
    const RULES: Rules = Rules { queue: Queue::Upkeep, ..Rules::USUAL };
}

/// Tells those who were not in a room that something was said there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NotifyRoom {
    /// Which.
    pub room: RoomId,
}

impl Job for NotifyRoom {
    const KIND: &'static str = "notify-room";
}
