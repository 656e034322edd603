//! Generations that people of rooms watch: one task for each tells everybody here, from the same log and with the same numbers as the stream of
//! server-sent events. What is told is drawn and written once, however many watch.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::{Draft, GenerationId, Logged, ProjectId, Seq, UserId};
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

/// Which events are told: drawn, or as they were written down.
type Key = (GenerationId, bool);

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
    tails: Arc<Mutex<HashSet<Key>>>,
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
        (generation, is_drawn): Key,
        after: Seq,
    ) -> Result<Value, CannotWatch> {
        let user = Some(user);
        let known = self.studio.generation(user, generation).await?;
        let draft = self.studio.project_draft(user, generation).await?;
        let name = name((generation, is_drawn));
        let watches = socket.rooms().iter().filter(|room| room.starts_with(PREFIX)).count();
        if watches >= WATCHED_MAX && !socket.rooms().iter().any(|room| **room == *name) {
            return Err(CannotWatch::TooMany);
        }
        let mut is_over = known.status.is_final();
        if !is_over {
            // Listened first and read then: what happens in between is told twice rather than never.
            socket.join(name);
            self.tell_of((generation, is_drawn), user, known.last_seq, (known.project, &draft)).await?;
        }
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

    /// Somebody watches no more.
    pub(super) fn leave(socket: &SocketRef<A>, generation: GenerationId) {
        socket.leave([name((generation, true)), name((generation, false))]);
    }

    fn pen(&self, is_drawn: bool, project: ProjectId, so_far: Draft) -> Drawing {
        if is_drawn { (self.draw)(project, so_far) } else { Box::new(|_| Drawn::default()) }
    }

    /// Begins to tell of a generation, unless that is done already.
    async fn tell_of(
        &self,
        key: Key,
        user: Option<UserId>,
        from: Seq,
        (project, draft): (ProjectId, &Draft),
    ) -> Result<(), StudioError> {
        if !self.lock().insert(key) {
            return Ok(());
        }
        let begun = self.studio.follow(user, key.0, from).await;
        let follower = match begun {
            Ok(follower) => follower,
            Err(error) => {
                self.lock().remove(&key);
                return Err(error);
            }
        };
        let (watched, pen) = (self.clone(), self.pen(key.1, project, draft.clone()));
        let _there = self.runtime.enter();
        self.tasks.spawn("watched generation", async move { watched.keep_told(key, follower, pen).await });
        Ok(())
    }

    /// Tells everybody who watches, until it is over or nobody does any more.
    async fn keep_told(self, key: Key, mut follower: Follower, mut pen: Drawing) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            let events = tokio::select! {
                events = follower.next() => events,
                _ = look.tick() => {
                    // Whoever comes now either is seen here or finds that nobody is told.
                    let mut tails = self.lock();
                    if self.here(key).is_empty() {
                        tails.remove(&key);
                        return;
                    }
                    continue;
                }
            };
            let Some(events) = events else { break };
            let told: Vec<Told> = events.iter().map(|logged| told(logged, pen(logged))).collect();
            self.tell(key, &told).await;
        }
        self.lock().remove(&key);
        for socket in self.here(key) {
            socket.leave(name(key));
        }
    }

    /// As entries of a room are told: written once, and whoever does not keep up is let go.
    async fn tell(&self, key: Key, told: &[Told]) {
        let Some(all) = self.io.of(NAMESPACE) else { return };
        if all.local().to(name(key)).emit("generated", &(key.0, told)).await.is_ok() {
            return;
        }
        for socket in self.here(key) {
            if let Err(SendError::Socket(SocketError::InternalChannelFull)) = socket.emit("generated", &(key.0, told)) {
                self.parting.part(&socket, Reason::TooSlow);
            }
        }
    }

    fn here(&self, key: Key) -> Vec<SocketRef<A>> {
        self.io.of(NAMESPACE).map_or_else(Vec::new, |all| all.local().within(name(key)).sockets())
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.tails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const PREFIX: &str = "generation:";

fn name((generation, is_drawn): Key) -> String {
    format!("{PREFIX}{generation}{}", if is_drawn { ":drawn" } else { "" })
}

fn told(logged: &Logged, drawn: Drawn) -> Told {
    // What was written down is JSON of this program's.
    let data = drawn.data.unwrap_or_else(|| serde_json::from_str(&logged.data).unwrap_or_default());
    Told { seq: logged.seq, kind: logged.kind.clone(), data, also: drawn.also }
}
