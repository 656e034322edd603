//! Projects: what somebody asked for, listed, opened, named, put away, thrown away and shown to others.

mod jobs;
mod store;

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{
    BadCursor, Cursor, Directive, GenerationId, GenerationStatus, Page, PageLimit, Picture, ProjectId, ProjectSummary,
    ProjectTitle, RoomRole, SharedSummary, Shelf, Sorting, UserId, Visibility, WordsCursor,
};
use time::OffsetDateTime;

pub use jobs::TidyProjects;

use crate::{
    cache::{Answer, Cache, Space, Times, Unmade},
    clock::{Clock, NoRandomness},
    db::{Database, DbError, Lease, micros},
    events::{About, Event, Events},
    jobs::{Failure, Kinds},
    limits::{Limited, Limits, Quota},
    shown::{Showing, Shown, list_tag},
};

/// What was thrown away is gone for good after this.
pub const KEEP_DELETED: time::Duration = time::Duration::days(30);
/// The longest search, in characters.
pub const SEARCH_MAX_CHARS: usize = 200;
/// Changes that others are told of, by one person: enough for whoever tidies up, too few to keep everybody's webhooks busy.
const CHANGES: Quota = Quota { name: "project-changes", burst: 100, every: Duration::from_secs(2) };
/// The first page of what everybody may see, by how long it is.
static EXPLORE: Space<Page<SharedSummary>> = Space::new(
    "explore",
    2,
    Times {
        fresh: Duration::from_secs(5 * 60),
        stale: Duration::from_secs(10 * 60),
        spare: Duration::from_secs(60 * 60),
        absent: Duration::ZERO,
    },
);
/// Words of a title in a shared page's address, and all of it.
const SLUG_WORDS_CHARS: usize = 60;
const SLUG_MAX_CHARS: usize = 120;

/// The projects domain.
#[derive(Clone)]
pub struct Projects {
    db: Database,
    cache: Cache,
    clock: Clock,
    events: Events,
    limits: Limits,
    shown: Shown,
}

/// A project with its latest generation.
#[derive(Debug, Clone)]
pub struct Project {
    /// What whoever asked may do with it.
    pub role: RoomRole,
    /// Which.
    pub id: ProjectId,
    /// What its owner calls it.
    pub title: Option<ProjectTitle>,
    /// What was asked for.
    pub directive: Directive,
    /// Who may see it.
    pub visibility: Visibility,
    /// Where it is kept.
    pub shelf: Shelf,
    /// The last part of its shared page's address; none before it was shared for the first time.
    pub slug: Option<String>,
    /// When it was started.
    pub created_at: OffsetDateTime,
    /// When somebody last worked on it.
    pub updated_at: OffsetDateTime,
    /// Its latest generation.
    pub generation: GenerationId,
    /// How that one is doing.
    pub status: GenerationStatus,
    /// The picture that stands for it, if its owner gave it one.
    pub cover: Option<Picture>,
}

impl Project {
    /// What it is called: as its owner says, else the beginning of the directive.
    pub fn name(&self) -> String {
        named(self.title.as_ref().map(ProjectTitle::as_str), &self.directive)
    }
}

fn named(title: Option<&str>, directive: &Directive) -> String {
    title.map_or_else(|| directive.title(120), str::to_owned)
}

/// Which of somebody's projects, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Where they are kept.
    pub shelf: Shelf,
    /// In which order.
    pub sorting: Sorting,
    /// Words in their title or directive, if it matters.
    pub search: Option<String>,
}

impl Default for Listing {
    fn default() -> Self {
        Self { shelf: Shelf::Active, sorting: Sorting::Newest, search: None }
    }
}

/// Something the projects domain could not do.
#[derive(Debug, thiserror::Error)]
pub enum ProjectsError {
    /// It does not exist, or not for whoever asks: the two cannot be told apart.
    #[error("there is no such project")]
    NotFound,
    /// The title.
    #[error("{0}")]
    BadTitle(String),
    /// The search.
    #[error("Search for at most {SEARCH_MAX_CHARS} characters.")]
    SearchTooLong,
    /// The list was asked for from nowhere.
    #[error(transparent)]
    BadCursor(#[from] BadCursor),
    /// Too many changes that others are told of.
    #[error("Too many changes at once. Wait {} seconds and try again.", .0.retry_after.as_secs().max(1))]
    Limited(#[from] Limited),
    /// No address can be made for sharing without.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// What many ask for could not be read.
    #[error(transparent)]
    Unmade(#[from] Unmade),
}

impl Projects {
    /// Makes the domain.
    pub fn new(db: Database, cache: Cache, clock: Clock, events: Events, limits: Limits, shown: Shown) -> Self {
        cache.expect(&EXPLORE);
        Self { db, cache, clock, events, limits, shown }
    }

    /// One page of a user's projects. Nobody has none.
    ///
    /// # Errors
    /// [`ProjectsError::BadCursor`] for a cursor that we did not hand out for this order.
    pub async fn list(
        &self,
        user: Option<UserId>,
        listing: &Listing,
        cursor: Option<&str>,
        limit: PageLimit,
    ) -> Result<Page<ProjectSummary>, ProjectsError> {
        let words = words(listing.search.as_deref())?;
        let wanted = |owner| store::Wanted { owner, shelf: listing.shelf, words: words.as_deref(), limit };
        if listing.sorting == Sorting::Title {
            let after = cursor.map(str::parse::<WordsCursor>).transpose()?;
            let Some(user) = user else { return Ok(empty()) };
            let mut lease = self.lease(user, listing).await?;
            let rows = store::list_by_title(&mut lease, wanted(user), after.as_ref()).await?;
            lease.done();
            return Ok(Page::cut(rows, limit, |row| WordsCursor { words: store::title_key(row), id: row.id.0 }));
        }
        let after = cursor.map(str::parse::<Cursor>).transpose()?;
        let Some(user) = user else { return Ok(empty()) };
        let mut lease = self.lease(user, listing).await?;
        let rows = match listing.sorting {
            Sorting::Oldest => store::list_oldest(&mut lease, wanted(user), after).await?,
            Sorting::Updated => store::list_updated(&mut lease, wanted(user), after).await?,
            Sorting::Newest | Sorting::Title => store::list_newest(&mut lease, wanted(user), after).await?,
        };
        lease.done();
        let time = |row: &ProjectSummary| match listing.sorting {
            Sorting::Updated => row.updated_at,
            _ => row.created_at,
        };
        Ok(Page::cut(rows, limit, |row| Cursor { micros: micros(time(row)), id: row.id.0 }))
    }

    /// For a list. How a search is best planned depends on what is searched for.
    async fn lease(&self, user: UserId, listing: &Listing) -> Result<Lease, DbError> {
        match listing.search {
            None => self.db.lease_for(user).await,
            Some(_) => self.db.connection_for(user).await,
        }
    }

    /// A project, for its owner and whoever is in its room; for its owner also one that was thrown away, so that it can be taken back.
    ///
    /// # Errors
    /// [`ProjectsError::NotFound`] for everybody else.
    pub async fn get(&self, user: Option<UserId>, id: ProjectId) -> Result<Project, ProjectsError> {
        let user = user.ok_or(ProjectsError::NotFound)?;
        store::get(self.db.primary(), user, id).await?.ok_or(ProjectsError::NotFound)
    }

    /// Calls a project what was typed; nothing typed takes the name back.
    ///
    /// # Errors
    /// [`ProjectsError::BadTitle`], [`ProjectsError::Limited`], and [`ProjectsError::NotFound`] for everybody but the owner.
    pub async fn rename(&self, user: Option<UserId>, id: ProjectId, typed: &str) -> Result<(), ProjectsError> {
        let title = ProjectTitle::parse(typed).map_err(ProjectsError::BadTitle)?;
        let user = user.ok_or(ProjectsError::NotFound)?;
        let title = title.as_ref().map(ProjectTitle::as_str);
        self.limits.admit(&CHANGES, &user.to_string()).await?;
        let changing = self.shown.changing(id);
        let renamed = store::rename(self.db.primary(), user, id, title, self.clock.now()).await?;
        told(changing, renamed.as_slice()).await;
        renamed.map(drop).ok_or(ProjectsError::NotFound)
    }

    /// Puts a project on a shelf: away, into the bin, or back. May be asked twice.
    ///
    /// # Errors
    /// [`ProjectsError::NotFound`] for everybody but the owner; [`ProjectsError::Limited`].
    pub async fn shelve(&self, user: Option<UserId>, id: ProjectId, shelf: Shelf) -> Result<(), ProjectsError> {
        let user = user.ok_or(ProjectsError::NotFound)?;
        self.limits.admit(&CHANGES, &user.to_string()).await?;
        let mut tx = self.db.primary().begin().await.map_err(DbError::from)?;
        let before = store::shelve(&mut tx, user, id, shelf, self.clock.now()).await?;
        let before = before.ok_or(ProjectsError::NotFound)?;
        let happened = match (before.shelf, shelf) {
            (Shelf::Deleted, Shelf::Deleted) => None,
            (_, Shelf::Deleted) => Some(Event::ProjectDeleted(before.about)),
            (Shelf::Deleted, _) => Some(Event::ProjectRestored(before.about)),
            _ => None,
        };
        if let Some(happened) = happened {
            self.events.publish(&mut tx, Some(user), &happened).await?;
        }
        let changing = self.shown.changing(id);
        tx.commit().await.map_err(DbError::from)?;
        self.events.wake();
        told(changing, &[before.visibility]).await;
        Ok(())
    }

    /// Shows a project to others, or hides it again. An address that was handed out once works again when sharing does.
    ///
    /// # Errors
    /// [`ProjectsError::NotFound`] for everybody but the owner; [`ProjectsError::Limited`].
    pub async fn share(
        &self,
        user: Option<UserId>,
        id: ProjectId,
        visibility: Visibility,
    ) -> Result<(), ProjectsError> {
        let project = self.get(user, id).await?;
        let slug = match project.slug.clone() {
            Some(slug) => slug,
            None => self.new_slug(&project.name())?,
        };
        let user = user.ok_or(ProjectsError::NotFound)?;
        self.limits.admit(&CHANGES, &user.to_string()).await?;
        let mut tx = self.db.primary().begin().await.map_err(DbError::from)?;
        let before = store::share(&mut tx, user, id, visibility, &slug, self.clock.now()).await?;
        let before = before.ok_or(ProjectsError::NotFound)?;
        if before != visibility {
            let about = About { project: id, title: project.name() };
            self.events.publish(&mut tx, Some(user), &Event::ProjectShared(about, visibility)).await?;
        }
        let changing = self.shown.changing(id);
        tx.commit().await.map_err(DbError::from)?;
        self.events.wake();
        told(changing, &[before, visibility]).await;
        Ok(())
    }

    /// Words to recognise it by, and 128 bits nobody can guess.
    fn new_slug(&self, name: &str) -> Result<String, NoRandomness> {
        let mut slug = String::new();
        for c in name.chars().flat_map(char::to_lowercase) {
            match c {
                'a'..='z' | '0'..='9' => slug.push(c),
                _ if slug.ends_with('-') || slug.is_empty() => {}
                _ => slug.push('-'),
            }
            if slug.len() >= SLUG_WORDS_CHARS {
                break;
            }
        }
        let secret = URL_SAFE_NO_PAD.encode(&self.clock.new_secret()?[..16]);
        let joint = if slug.is_empty() || slug.ends_with('-') { "" } else { "-" };
        Ok(format!("{slug}{joint}{secret}"))
    }

    /// A project that its owner shows to others, for anybody who has its address.
    ///
    /// # Errors
    /// [`ProjectsError::NotFound`] when there is none, or it is shown no more.
    pub async fn shared(&self, slug: &str) -> Result<Project, ProjectsError> {
        // Of the primary: a replica may still have what its owner has hidden, and what is rendered of that would be kept.
        let found = if is_slug(slug) { store::shared(self.db.primary(), slug).await? } else { None };
        found.ok_or(ProjectsError::NotFound)
    }

    /// One page of what everybody may see, or of what of it says something, the latest first. The first of all is what everybody asks for, so that it
    /// is kept.
    ///
    /// # Errors
    /// [`ProjectsError::BadCursor`] for a cursor that we did not hand out, [`ProjectsError::SearchTooLong`].
    pub async fn explore(
        &self,
        search: Option<&str>,
        cursor: Option<&str>,
        limit: PageLimit,
    ) -> Result<Arc<Page<SharedSummary>>, ProjectsError> {
        let after = cursor.map(str::parse::<Cursor>).transpose()?;
        if let Some(words) = words(search)? {
            let rows = store::explore_words(self.db.reader().await, &words, after, limit).await?;
            return Ok(Arc::new(explored(rows, limit)));
        }
        if after.is_some() {
            let rows = store::explore(self.db.reader().await, after, limit).await?;
            return Ok(Arc::new(explored(rows, limit)));
        }
        let (db, key) = (self.db.clone(), EXPLORE.key(&[&limit.rows()]));
        let first = self.cache.get(&key, move || async move {
            // From the primary: what a replica does not have yet would be kept.
            let rows = store::explore(db.primary(), None, limit).await?;
            Ok::<_, DbError>(Answer::of(explored(rows, limit)).on([list_tag()]))
        });
        Ok(first.await?.unwrap_or_else(|| Arc::new(empty())))
    }

    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let projects = self.clone();
        kinds.on::<TidyProjects, _, _>(move |_, _| {
            let projects = projects.clone();
            async move { projects.purge().await.map(drop).map_err(Failure::retry) }
        })
    }

    /// Removes for good what was thrown away long enough ago.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn purge(&self) -> Result<u64, DbError> {
        let before = self.clock.now() - KEEP_DELETED;
        let mut gone = 0;
        loop {
            match store::purge(self.db.primary(), before).await? {
                0 => return Ok(gone),
                some => gone += some,
            }
        }
    }
}

/// A project changed that these may or might see.
async fn told(changing: Showing, seen_by: &[Visibility]) {
    let is_shown = seen_by.iter().any(|visibility| *visibility != Visibility::Private);
    changing.is_committed_if_shown(is_shown).await;
}

/// Whether this can be a shared page's address: what cannot is not asked for.
pub(crate) fn is_slug(slug: &str) -> bool {
    !slug.is_empty()
        && slug.len() <= SLUG_MAX_CHARS
        && slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn explored(rows: Vec<SharedSummary>, limit: PageLimit) -> Page<SharedSummary> {
    Page::cut(rows, limit, |row| Cursor { micros: micros(row.shared_at), id: row.id.0 })
}

fn empty<T>() -> Page<T> {
    Page { items: Vec::new(), next_cursor: None }
}

/// A search as `to_tsquery` reads it: each word, as the beginning of one that is there. Quoted, so that nothing in it means more than itself.
fn words(search: Option<&str>) -> Result<Option<String>, ProjectsError> {
    let typed = search.unwrap_or_default();
    if typed.chars().count() > SEARCH_MAX_CHARS {
        return Err(ProjectsError::SearchTooLong);
    }
    let plain: String = typed.chars().map(|c| if c.is_control() || c == '\\' { ' ' } else { c }).collect();
    let words: Vec<String> = plain.split_whitespace().map(|word| format!("'{}':*", word.replace('\'', "''"))).collect();
    Ok((!words.is_empty()).then(|| words.join(" & ")))
}
