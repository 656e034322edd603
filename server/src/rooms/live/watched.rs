//! Generations that people of rooms watch: one task for each tells everybody here, from the same log and with the same numbers as the stream of
//! server-sent events. What is told is drawn and written once, however many watch.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::{Draft, GenerationId, Logged, ProjectId, RoomId, Seq, UserId};
use serde::Serialize;
use serde_json::{Value, json};
use socketioxide::{SendError, SocketError, SocketIo, extract::SocketRef};
use tokio::runtime::Handle;

use super::{A, NAMESPACE, Reason, parting::Parting};
use crate::{
    studio::{Follower, Studio, StudioError},
    tasks::Tasks,
};

/// What is told at once to whoever begins to watch; whoever missed more asks again from there.
const MISSED_MAX: usize = 500;
/// How often it is looked whether anybody watches still, while nothing happens.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Generations that one connection watches.
const WATCHED_MAX: usize = 10;

/// An event as whoever looks at it sees it.
#[derive(Debug, Clone, Default)]
pub struct Drawn {
    /// What it says with the markup of what came; nothing when it says what was written down.
    pub data: Option<Value>,
    /// Another piece that is drawn anew because this one came.
    pub also: Option<Value>,
}

/// An event as it is told.
#[derive(Debug, Clone, Serialize)]
struct Told {
    seq: Seq,
    kind: String,
    data: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    also: Option<Value>,
}

/// Draws the events of one generation, one after the other.
pub type Drawing = Box<dyn FnMut(&Logged) -> Drawn + Send>;
/// Begins to draw a generation of a project, of which this is there.
pub type Draw = Arc<dyn Fn(ProjectId, Draft) -> Drawing + Send + Sync>;

/// What is told to whom: only those in the room watch, so that whoever is taken out of it or leaves it hears nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Watch {
    /// The room of its project.
    pub(super) room: RoomId,
    /// What is watched.
    pub(super) generation: GenerationId,
    /// Whether it is drawn, or told as it was written down.
    pub(super) is_drawn: bool,
}

/// Everything that is watched by way of this instance.
#[derive(Clone)]
pub(super) struct Watched {
    studio: Studio,
    io: SocketIo<A>,
    tasks: Tasks,
    draw: Draw,
    parting: Parting,
    /// Where drawing is done.
    runtime: Handle,
    tails: Arc<Mutex<HashSet<Watch>>>,
}

/// Why something cannot be watched.
#[derive(Debug, thiserror::Error)]
pub(super) enum CannotWatch {
    #[error("One connection watches at most {WATCHED_MAX} generations.")]
    TooMany,
    #[error(transparent)]
    Studio(#[from] StudioError),
}

impl Watched {
    pub(super) fn new(
        studio: Studio,
        io: SocketIo<A>,
        tasks: Tasks,
        draw: Draw,
        parting: Parting,
        runtime: Handle,
    ) -> Self {
        Self { studio, io, tasks, draw, parting, runtime, tails: Arc::default() }
    }

    /// Somebody watches from an event on: what they missed, whether that is all there was so far, and whether there will be more.
    pub(super) async fn watch(
        &self,
        socket: &SocketRef<A>,
        user: UserId,
        watch: Watch,
        after: Seq,
    ) -> Result<Value, CannotWatch> {
        let Watch { generation, is_drawn, .. } = watch;
        let user = Some(user);
        let begun = self.studio.generation(user, generation).await?;
        let draft = self.studio.project_draft(user, generation).await?;
        let (name, joined) = (watch.name(), socket.rooms());
        if joined.iter().filter(|other| other.starts_with(PREFIX)).count() >= WATCHED_MAX && !joined.contains(&name) {
            return Err(CannotWatch::TooMany);
        }
        if !begun.status.is_final() {
            socket.join(name);
            self.tell_of(watch, user, begun.last_seq, (begun.project, &draft)).await?;
        }
        // Listened first and read then: what happens in between is told twice rather than never.
        let known = self.studio.generation(user, generation).await?;
        let mut is_over = known.status.is_final();
        let mut pen = self.pen(is_drawn, known.project, draft);
        let (mut missed, mut follower) = (Vec::new(), self.studio.follow(user, generation, after).await?);
        let mut at = after.max(0);
        while at < known.last_seq && missed.len() < MISSED_MAX {
            let Some(events) = follower.next().await else { break };
            at = events.last().map_or(at, |last| last.seq);
            is_over |= events.last().is_some_and(Logged::is_last);
            missed.extend(events.iter().map(|logged| told(logged, pen(logged))));
        }
        Ok(json!({ "events": missed, "more": at < known.last_seq, "is_over": is_over }))
    }

    /// Somebody watches a generation no more.
    pub(super) fn leave(socket: &SocketRef<A>, generation: GenerationId) {
        let ends = [true, false].map(|is_drawn| end_of_name(generation, is_drawn));
        leave(socket, |name| ends.iter().any(|end| name.ends_with(end)));
    }

    /// Somebody is in a room no more, and watches nothing of it.
    pub(super) fn leave_room(socket: &SocketRef<A>, room: RoomId) {
        let begin = format!("{PREFIX}{room}:");
        leave(socket, |name| name.starts_with(&begin));
    }

    fn pen(&self, is_drawn: bool, project: ProjectId, so_far: Draft) -> Drawing {
        if is_drawn { (self.draw)(project, so_far) } else { Box::new(|_| Drawn::default()) }
    }

    /// Begins to tell of a generation, unless that is done already.
    async fn tell_of(
        &self,
        watch: Watch,
        user: Option<UserId>,
        from: Seq,
        (project, draft): (ProjectId, &Draft),
    ) -> Result<(), StudioError> {
        if !self.lock().insert(watch) {
            return Ok(());
        }
        let begun = self.studio.follow(user, watch.generation, from).await;
        let follower = match begun {
            Ok(follower) => follower,
            Err(error) => {
                self.lock().remove(&watch);
                return Err(error);
            }
        };
        let (watched, pen) = (self.clone(), self.pen(watch.is_drawn, project, draft.clone()));
        let _there = self.runtime.enter();
        self.tasks.spawn("watched generation", async move { watched.keep_told(watch, follower, pen).await });
        Ok(())
    }

    /// Tells everybody who watches, until it is over or nobody does any more.
    async fn keep_told(self, watch: Watch, mut follower: Follower, mut pen: Drawing) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            let events = tokio::select! {
                events = follower.next() => events,
                _ = look.tick() => {
                    // Whoever comes now either is seen here or finds that nobody is told.
                    let mut tails = self.lock();
                    if self.here(watch).is_empty() {
                        tails.remove(&watch);
                        return;
                    }
                    continue;
                }
            };
            let Some(events) = events else { break };
            let told: Vec<Told> = events.iter().map(|logged| told(logged, pen(logged))).collect();
            self.tell(watch, &told).await;
        }
        self.lock().remove(&watch);
        for socket in self.here(watch) {
            socket.leave(watch.name());
        }
    }

    /// As entries of a room are told: written once, and whoever does not keep up is let go.
    async fn tell(&self, watch: Watch, told: &[Told]) {
        let Some(all) = self.io.of(NAMESPACE) else { return };
        if all.local().to(watch.name()).emit("generated", &(watch.generation, told)).await.is_ok() {
            return;
        }
        for socket in self.here(watch) {
            if let Err(SendError::Socket(SocketError::InternalChannelFull)) =
                socket.emit("generated", &(watch.generation, told))
            {
                self.parting.part(&socket, Reason::TooSlow);
            }
        }
    }

    fn here(&self, watch: Watch) -> Vec<SocketRef<A>> {
        self.io.of(NAMESPACE).map_or_else(Vec::new, |all| all.local().within(watch.name()).sockets())
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Watch>> {
        self.tails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const PREFIX: &str = "generation:";

impl Watch {
    /// What those who watch are together in, as socket.io knows it.
    fn name(self) -> Cow<'static, str> {
        format!("{PREFIX}{}{}", self.room, end_of_name(self.generation, self.is_drawn)).into()
    }
}

fn end_of_name(generation: GenerationId, is_drawn: bool) -> String {
    format!(":{generation}{}", if is_drawn { ":drawn" } else { "" })
}

fn leave(socket: &SocketRef<A>, of: impl Fn(&str) -> bool) {
    for name in socket.rooms().into_iter().filter(|name| name.starts_with(PREFIX) && of(name)) {
        socket.leave(name);
    }
}

fn told(logged: &Logged, drawn: Drawn) -> Told {
    // What was written down is JSON of this program's.
    let data = drawn.data.unwrap_or_else(|| serde_json::from_str(&logged.data).unwrap_or_default());
    Told { seq: logged.seq, kind: logged.kind.clone(), data, also: drawn.also }
}
