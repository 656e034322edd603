//! What everybody is shown: public pages and lists, which are kept here and by shared caches outside, and are taken back from both when what they show changes.
//!
//! Whoever changes something tells it around the commit ([`Shown::changing`]). Should they die in between, the outbox tells it once more
//! ([`ShownSubscriber`]); and nothing is kept without end.

mod purge;
mod subscriber;

use model::ProjectId;
use reqwest::Client;

pub use purge::PurgeShared;
pub use subscriber::ShownSubscriber;

use crate::{
    cache::{Cache, Changing, Tag},
    config::SharedCacheConfig,
    jobs::{Jobs, Kinds, Options},
};

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

/// What everybody is shown, here and in shared caches.
#[derive(Clone)]
pub struct Shown {
    cache: Cache,
    jobs: Jobs,
    client: Client,
    outside: Option<SharedCacheConfig>,
}

/// A change of what everybody is shown that may be committed at any moment.
#[must_use = "dropped, it counts as committed"]
pub struct Showing {
    changing: Changing,
    tags: Vec<Tag>,
    shown: Shown,
}

impl Showing {
    /// It is committed: nobody is shown what was there before, but by a shared cache for as long as the job takes that tells it.
    pub async fn is_committed(self) {
        self.changing.is_committed().await;
        self.shown.tell_outside(&self.tags).await;
    }

    /// It is committed, and concerns others if the project is shown to them, or was.
    pub async fn is_committed_if_shown(self, is_shown: bool) {
        match is_shown {
            true => self.is_committed().await,
            false => self.changing.withdraw(),
        }
    }
}

impl Shown {
    /// Over this cache, and the one outside if there is one.
    pub fn new(cache: Cache, jobs: Jobs, client: Client, outside: Option<SharedCacheConfig>) -> Self {
        Self { cache, jobs, client, outside }
    }

    /// Whether shared caches may keep what everybody is shown: they are told when it changes.
    pub fn is_kept_outside(&self) -> bool {
        self.outside.is_some()
    }

    /// A project is about to change in what it shows, or in whether it is shown.
    pub fn changing(&self, project: ProjectId) -> Showing {
        self.changing_tags(vec![list_tag(), project_tag(project)])
    }

    /// Any number of them may be.
    pub fn changing_many(&self) -> Showing {
        self.changing_tags(vec![list_tag(), projects_tag()])
    }

    fn changing_tags(&self, tags: Vec<Tag>) -> Showing {
        Showing { changing: self.cache.changing(tags.clone()), tags, shown: self.clone() }
    }

    /// A job, because whoever keeps pages outside may be away.
    async fn tell_outside(&self, tags: &[Tag]) {
        if self.outside.is_none() {
            return;
        }
        let job = PurgeShared { tags: tags.iter().map(Tag::for_others).collect() };
        if let Err(error) = self.jobs.publish_now(&job, &Options::default()).await {
            tracing::warn!(%error, "shared caches are not told of a change: they keep what they have for an hour at most");
        }
    }

    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let shown = self.clone();
        kinds.on::<PurgeShared, _, _>(move |job, _| {
            let shown = shown.clone();
            async move { purge::purge(&shown.client, shown.outside.as_ref(), &job).await }
        })
    }
}
