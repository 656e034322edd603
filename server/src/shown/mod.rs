//! What everybody is shown: public pages and lists, which are kept here and by shared caches outside, and are taken back from both when what they show changes.
//!
//! Whoever changes something tells it around the commit ([`Shown::changing`]), also when they give up in between. Should the process die there, the outbox tells
//! once more of what has an event ([`ShownSubscriber`]): who may see a project, where it is put, and changes by hand. Everything else is then old by itself,
//! here after five minutes and outside after an hour.

mod purge;
mod store;
mod subscriber;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::{ProjectId, UserId};
use reqwest::Client;

pub use purge::PurgeShared;
pub use subscriber::ShownSubscriber;

use crate::{
    cache::{Cache, Changing, Tag},
    config::SharedCacheConfig,
    jobs::{Jobs, JobsError, Kinds, Options},
    tasks::Tasks,
};

/// A page whose rendering began before a change may be sent after it: what is kept outside is told once more when that is over.
const TOLD_AGAIN: Duration = Duration::from_secs(20);
/// How often, and after which pause, a change is written down for outside that the database did not take.
const WRITES: u32 = 60;
const WRITE_AGAIN: Duration = Duration::from_secs(2);
/// Tags of one job, and those that wait for Redis at most; past that all projects are told of.
const TAGS_AT_ONCE: usize = 100;
const LATER_MAX: usize = 10_000;

/// What hangs on which projects everybody may see, and what they are called.
pub fn list_tag() -> Tag {
    Tag::new("explore", &[])
}

/// What shows a project to others.
pub fn project_tag(project: ProjectId) -> Tag {
    Tag::new("shown", &[&project])
}

/// What shows any project to others.
pub fn projects_tag() -> Tag {
    Tag::new("shown", &[])
}

/// What shows a person to others.
pub fn person_tag(user: UserId) -> Tag {
    Tag::new("person", &[&user])
}

/// What everybody is shown, here and in shared caches.
#[derive(Clone)]
pub struct Shown(Arc<Parts>);

struct Parts {
    cache: Cache,
    jobs: Jobs,
    tasks: Tasks,
    client: Client,
    outside: Option<SharedCacheConfig>,
    /// Tags that are told once more when other instances hear of changes again.
    later: Mutex<BTreeSet<String>>,
}

/// A change of what everybody is shown that may be committed at any moment.
#[must_use = "dropped, it counts as committed"]
pub struct Showing {
    /// None once it is known what became of it.
    changing: Option<Changing>,
    tags: Vec<Tag>,
    shown: Shown,
}

impl Drop for Showing {
    fn drop(&mut self) {
        // The cache's half tells by itself.
        if self.changing.is_some() {
            self.shown.tell_outside(&self.tags);
        }
    }
}

impl Showing {
    /// It is committed: nobody is shown what was there before, but by a shared cache for as long as the job takes that tells it.
    pub async fn is_committed(mut self) {
        self.shown.tell_outside(&self.tags);
        if let Some(changing) = self.changing.take() {
            changing.is_committed().await;
        }
    }

    /// It is committed, and concerns others if the project is shown to them, or was.
    pub async fn is_committed_if_shown(mut self, is_shown: bool) {
        if is_shown {
            self.is_committed().await;
        } else if let Some(changing) = self.changing.take() {
            changing.withdraw();
        }
    }
}

impl Shown {
    /// Over this cache, and the one outside if there is one.
    pub fn new(cache: Cache, jobs: Jobs, tasks: Tasks, client: Client, outside: Option<SharedCacheConfig>) -> Self {
        Self(Arc::new(Parts { cache, jobs, tasks, client, outside, later: Mutex::default() }))
    }

    /// Whether shared caches may keep what everybody is shown: they are told when it changes.
    pub fn is_kept_outside(&self) -> bool {
        self.0.outside.is_some()
    }

    /// A project is about to change in what it shows, or in whether it is shown.
    pub fn changing(&self, project: ProjectId) -> Showing {
        self.changing_tags(vec![list_tag(), project_tag(project)])
    }

    /// A person is about to change in what others see of them.
    pub fn changing_person(&self, user: UserId) -> Showing {
        self.changing_tags(vec![person_tag(user)])
    }

    /// A person is about to go, with all of their projects.
    pub fn changing_of(&self, user: UserId) -> Showing {
        self.changing_tags(vec![list_tag(), projects_tag(), person_tag(user)])
    }

    fn changing_tags(&self, tags: Vec<Tag>) -> Showing {
        Showing { changing: Some(self.0.cache.changing(tags.clone())), tags, shown: self.clone() }
    }

    /// By a job, because whoever keeps pages outside may be away. Nobody waits for it, and whoever caused it may go away.
    fn tell_outside(&self, tags: &[Tag]) {
        if self.0.outside.is_none() {
            return;
        }
        let (shown, job) = (self.clone(), PurgeShared { tags: tags.iter().map(Tag::for_others).collect() });
        self.0.tasks.spawn("purge", async move {
            shown.write_until_taken(&job).await;
            // A moment later it is known whether the other instances were told as well.
            if !shown.is_stopped_within(WRITE_AGAIN).await && !shown.0.cache.has_told_all() {
                shown.tell_again_when_told(job.tags);
            }
        });
    }

    /// The other instances do not hear of a change while this one is cut off from them, and may have it shown as it was to a shared cache that has just
    /// forgotten it.
    fn tell_again_when_told(&self, tags: Vec<String>) {
        let mut later = self.later();
        let is_first = later.is_empty();
        if later.len() + tags.len() <= LATER_MAX {
            later.extend(tags);
        } else {
            // What is known so far stays; these stand for all projects.
            later.extend([list_tag(), projects_tag()].map(|tag| tag.for_others()));
        }
        drop(later);
        if !is_first {
            return;
        }
        let shown = self.clone();
        self.0.tasks.spawn("purge-later", async move {
            // Whoever stops before that writes it down as well: it is better told too early than never.
            while !shown.0.cache.has_told_all() && !shown.is_stopped_within(WRITE_AGAIN).await {}
            let tags: Vec<String> = std::mem::take(&mut *shown.later()).into_iter().collect();
            for tags in tags.chunks(TAGS_AT_ONCE) {
                shown.write_until_taken(&PurgeShared { tags: tags.to_vec() }).await;
            }
        });
    }

    fn later(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.later.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write_until_taken(&self, job: &PurgeShared) {
        for _ in 0..WRITES {
            match self.write_down(job).await {
                Ok(()) => return,
                Err(error) => {
                    let tags = job.tags.join(",");
                    tracing::warn!(%error, tags, "shared caches are not told of a change yet");
                }
            }
            tokio::time::sleep(WRITE_AGAIN).await;
        }
    }

    async fn is_stopped_within(&self, pause: Duration) -> bool {
        tokio::time::timeout(pause, self.0.tasks.stopping()).await.is_ok()
    }

    async fn write_down(&self, job: &PurgeShared) -> Result<(), JobsError> {
        let again = Options { delay: Some(TOLD_AGAIN), ..Options::default() };
        self.0.jobs.publish_now(job, &Options::default()).await?;
        self.0.jobs.publish_now(job, &again).await.map(drop)
    }

    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let shown = self.clone();
        kinds.on::<PurgeShared, _, _>(move |job, _| {
            let shown = shown.clone();
            async move { purge::purge(&shown.0.client, shown.0.outside.as_ref(), &job).await }
        })
    }
}
