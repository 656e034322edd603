//! Rooms: where the people of a project talk. What is said stands in PostgreSQL before anybody is told of it, numbered without gaps in one order for all
//! ([`model::RoomEntry`]), so that whoever comes back can tell whether they missed something and what.

mod away;
mod direct;
mod follow;
mod here;
mod jobs;
pub mod live;
mod made;
mod members;
mod messages;
mod seed;
mod store;
pub mod text;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use model::{BadCursor, Notify, ProjectId, RoomId, RoomPlace, RoomRole, RoomSummary, Speaker, UserId};
use moka::sync::Cache as Memory;

pub use follow::{RoomFollower, Since};
pub use jobs::{NotifyRoom, TidyRooms};
pub use made::MadeSubscriber;
pub use members::Invited;
pub use messages::{Said, Saying};
pub use store::{Invitation, Way};
pub use text::BadMessage;

use crate::{
    bus::Bus,
    clock::{Clock, NoRandomness},
    db::{Database, DbError},
    jobs::{Failure, Jobs, Kinds},
    limits::{Limited, Limits, Quota},
    notices::Notices,
    tasks::Tasks,
};
use follow::News;
use here::Here;

/// What somebody is called in a room is remembered this long, of so many.
const SPEAKER_FOR: Duration = Duration::from_secs(30);
const SPEAKERS_MAX: u64 = 20_000;
/// Rooms in which nobody said anything for so long are forgotten by whoever tells the absent.
const TOLD_FOR: Duration = Duration::from_secs(3_600);

/// Messages of one person, on each instance: as fast as anybody types, and a good many at once.
const MESSAGES: Quota = Quota { name: "messages", burst: 30, every: Duration::from_secs(1) };
/// Marks, pins and changes of messages.
const TOUCHES: Quota = Quota { name: "message-changes", burst: 60, every: Duration::from_secs(1) };
/// Changes of who is in a room, and ways in.
const DOORS: Quota = Quota { name: "room-members", burst: 30, every: Duration::from_secs(10) };

/// How long it is known what happened in a room, for whoever comes back; and which ways in there were.
const KEEP_LOG: time::Duration = time::Duration::days(30);
const KEEP_WAYS: time::Duration = time::Duration::days(30);
/// Rows that go at once, so that no statement takes long.
const AT_ONCE: i64 = 500;
/// Rooms of one person that are listed, and how far unread messages are counted.
const ROOMS_MAX: i64 = 200;
const UNREAD_MAX: i64 = 100;

/// The rooms domain.
#[derive(Clone)]
pub struct Rooms {
    db: Database,
    clock: Clock,
    limits: Limits,
    tasks: Tasks,
    site: Arc<str>,
    news: News,
    here: Here,
    jobs: Jobs,
    notices: Notices,
    /// For which turn those who are not there are told already.
    told: Memory<RoomId, i128>,
    /// Who people are in their rooms, as it was lately.
    speakers: Memory<(RoomId, UserId), (Speaker, RoomRole)>,
    /// Rooms into whose logs something was written that nobody was told of yet.
    noted: Arc<Mutex<Vec<RoomId>>>,
}

/// What the domain works with.
pub struct Parts {
    /// PostgreSQL.
    pub db: Database,
    /// Redis.
    pub bus: Bus,
    /// Time and ids.
    pub clock: Clock,
    /// How often who may try what.
    pub limits: Limits,
    /// Tasks of this process.
    pub tasks: Tasks,
    /// What is done later.
    pub jobs: Jobs,
    /// Who tells those who are not there.
    pub notices: Notices,
    /// The site's address, for links.
    pub site: String,
}

/// What somebody is in a room, and how far its log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Which room.
    pub room: RoomId,
    /// Whose it is; of no project when two people talk alone.
    pub project: Option<ProjectId>,
    /// The newest entry of its log.
    pub place: RoomPlace,
    /// What they may do.
    pub role: RoomRole,
    /// The newest entry that they have seen.
    pub read_to: i64,
}

impl Standing {
    /// Its page.
    pub fn page(&self) -> String {
        room_page(self.room, self.project)
    }
}

/// The page of a room: beside those of its project, if it has one.
pub fn room_page(room: RoomId, project: Option<ProjectId>) -> String {
    project.map_or_else(|| format!("/rooms/{room}"), |project| format!("/projects/{project}/room"))
}

/// Something the rooms domain could not do.
#[derive(Debug, thiserror::Error)]
pub enum RoomsError {
    /// It does not exist, or not for whoever asks: the two cannot be told apart.
    #[error("there is no such room, or nothing of this kind in it")]
    NotFound,
    /// They are in the room and may not do this there.
    #[error("{0}")]
    Forbidden(&'static str),
    /// What was to be said.
    #[error(transparent)]
    BadMessage(#[from] BadMessage),
    /// Something else that was sent.
    #[error("{0}")]
    Bad(String),
    /// A list was asked for from nowhere.
    #[error(transparent)]
    BadCursor(#[from] BadCursor),
    /// Too much at once.
    #[error("Too much at once. Wait {} seconds and try again.", .0.retry_after.as_secs().max(1))]
    Limited(#[from] Limited),
    /// No link can be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Rooms {
    /// Makes the domain.
    pub fn new(parts: Parts) -> Self {
        let Parts { db, bus, clock, limits, tasks, jobs, notices, site } = parts;
        let speakers = Memory::builder().max_capacity(SPEAKERS_MAX).time_to_live(SPEAKER_FOR).build();
        let (news, here) = (News::new(bus.clone()), Here::new(bus, clock.clone()));
        let told = Memory::builder().max_capacity(SPEAKERS_MAX).time_to_idle(TOLD_FOR).build();
        let (site, noted) = (site.into(), Arc::default());
        Self { db, clock, limits, tasks, site, news, here, jobs, notices, told, speakers, noted }
    }

    /// What somebody is in the room of a project. The room is there as soon as the project's owner looks for it.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is not in it.
    pub async fn of_project(&self, user: Option<UserId>, project: ProjectId) -> Result<Standing, RoomsError> {
        let user = user.ok_or(RoomsError::NotFound)?;
        if let Some(standing) = store::of_project(self.db.primary(), project, user).await? {
            return Ok(standing);
        }
        let mut tx = store::begin(self.db.primary()).await?;
        let (id, epoch) = (RoomId(self.clock.new_id()), self.clock.new_id());
        store::open(&mut tx, (project, user), id, epoch, self.clock.now()).await?;
        tx.commit().await.map_err(DbError::from)?;
        store::of_project(self.db.primary(), project, user).await?.ok_or(RoomsError::NotFound)
    }

    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let (rooms, notifying) = (self.clone(), self.clone());
        let kinds = kinds.on::<NotifyRoom, _, _>(move |job, _| {
            let rooms = notifying.clone();
            async move { rooms.notify(job.room).await }
        });
        kinds.on::<TidyRooms, _, _>(move |_, _| {
            let rooms = rooms.clone();
            async move { rooms.tidy().await.map_err(Failure::retry) }
        })
    }

    /// Forgets what happened long ago, and ways in that ended. What was said stays.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn tidy(&self) -> Result<(), DbError> {
        let now = self.clock.now();
        while store::forget_before(self.db.primary(), now - KEEP_LOG, AT_ONCE).await? > 0 {}
        while store::forget_invitations(self.db.primary(), now - KEEP_WAYS, AT_ONCE).await? > 0 {}
        Ok(())
    }

    /// Somebody's rooms, those in which something was said last first.
    ///
    /// # Errors
    /// [`RoomsError::Db`].
    pub async fn list(&self, user: UserId) -> Result<Vec<RoomSummary>, RoomsError> {
        Ok(store::list(self.db.primary(), user, ROOMS_MAX, UNREAD_MAX).await?)
    }

    /// What somebody is in a room.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is not in it.
    pub async fn standing(&self, user: Option<UserId>, room: RoomId) -> Result<Standing, RoomsError> {
        let user = user.ok_or(RoomsError::NotFound)?;
        store::standing(self.db.primary(), room, user).await?.ok_or(RoomsError::NotFound)
    }

    /// What somebody is told of a room while they are not there.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is not in it.
    pub async fn notify_of(&self, user: UserId, room: RoomId) -> Result<Notify, RoomsError> {
        store::notify(self.db.primary(), room, user).await?.ok_or(RoomsError::NotFound)
    }

    /// Likewise, of somebody who may do `what` takes a role for which `may` holds.
    async fn may(
        &self,
        user: Option<UserId>,
        room: RoomId,
        may: fn(RoomRole) -> bool,
        otherwise: &'static str,
    ) -> Result<(UserId, Standing), RoomsError> {
        let standing = self.standing(user, room).await?;
        let user = user.ok_or(RoomsError::NotFound)?;
        if may(standing.role) { Ok((user, standing)) } else { Err(RoomsError::Forbidden(otherwise)) }
    }
}
