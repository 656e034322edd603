//! Pictures that people bring: covers of projects, pictures of themselves, and what they show each other in rooms. What was sent is looked at when it comes, made into the sizes that are
//! shown by a job, and forgotten; what is shown lies under the hash of its content and never changes.

mod jobs;
mod pixels;
mod store;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use model::{DESCRIPTION_MAX_CHARS, ImageId, MessageId, Picture, PictureFormat, PictureSize, ProjectId, UserId};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

pub use jobs::{ImageGivenUp, MakeImage};
pub use pixels::BadImage;

use crate::{
    blobs::{Blobs, BlobsError, Digest},
    cache::Tag,
    clock::Clock,
    db::{Database, DbError},
    jobs::{Failure, Jobs, JobsError, Kinds, Options},
    limits::{Limited, Limits, Quota},
    notices::NoticesError,
    rooms::Rooms,
    shown::Shown,
};
use pixels::{AVATAR, COVER, Made, SHOWN, Sizes};
use store::Tx;

/// The most bytes of a picture that is sent.
pub const IMAGE_MAX_BYTES: usize = 12 * 1_024 * 1_024;
/// Pictures on their way in, each as large as it may be.
const ARRIVING: usize = 4;
/// Pictures made at the same time by one process: the points of one may take a few hundred megabytes. Their queue has one slot as well; but a job that ran out of
/// time leaves a decoder at work behind it, and one that came from outside has no slot.
const AT_ONCE: usize = 1;
/// How long a picture waits for its turn in one process before it stands in line again, where another may take it.
const TURN_WITHIN: Duration = Duration::from_secs(20);
/// What whoever sent a picture is told when it is not its fault.
const NOT_MADE: &str = "it could not be made ready. Send it again in a moment";
/// Pictures that one person may send.
const SENT: Quota = Quota { name: "images", burst: 20, every: Duration::from_secs(30) };

/// The images domain.
#[derive(Clone)]
pub struct Images {
    db: Database,
    clock: Clock,
    shown: Shown,
    blobs: Blobs,
    jobs: Jobs,
    limits: Limits,
    rooms: Rooms,
    arriving: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// What the domain works with.
pub struct Parts {
    /// Where it is written down which pictures there are.
    pub db: Database,
    /// Time and ids.
    pub clock: Clock,
    /// Where pictures are shown, and kept.
    pub shown: Shown,
    /// Where files lie.
    pub blobs: Blobs,
    /// Who makes them.
    pub jobs: Jobs,
    /// Who sends too many.
    pub limits: Limits,
    /// Where people show each other pictures.
    pub rooms: Rooms,
}

/// What a picture is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// It is the cover of a project.
    Project(ProjectId),
    /// It is the picture of a member.
    User(UserId),
    /// It came with a message.
    Message(MessageId),
}

/// What is known of a picture that was sent and is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// It is being made ready, or about to be.
    ForItsTurn,
    /// It cannot be, for this reason.
    Refused(String),
}

/// Who may see a file of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewed {
    /// Whoever has its address.
    ByEverybody,
    /// Those to whom a private project or a message is shown.
    ByOwner,
}

/// A file of a picture.
#[derive(Debug)]
pub struct ImageFile {
    /// Its content; none when whoever asks has it already.
    pub bytes: Option<Bytes>,
    /// Who may see it.
    pub viewed: Viewed,
    /// On what that hangs.
    pub tags: Vec<Tag>,
}

/// Something that could not be done with a picture.
#[derive(Debug, thiserror::Error)]
pub enum ImagesError {
    /// No such project or picture, or not for whoever asks.
    #[error("there is no such picture")]
    NotFound,
    /// The file.
    #[error("the picture was not taken: {0}")]
    Bad(#[from] BadImage),
    /// The description.
    #[error("a description has at most {DESCRIPTION_MAX_CHARS} characters, and no control characters")]
    BadDescription,
    /// Too many from one person.
    #[error("too many pictures at once; the next may come in {} seconds", .0.retry_after.as_secs().max(1))]
    Limited(#[from] Limited),
    /// Everybody sends one now.
    #[error("many pictures are arriving right now: try again in a moment")]
    Busy,
    /// The files.
    #[error(transparent)]
    Blobs(#[from] BlobsError),
    /// Telling whoever sent it.
    #[error(transparent)]
    Notices(#[from] NoticesError),
    /// The job.
    #[error(transparent)]
    Jobs(#[from] JobsError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Images {
    /// Makes the domain.
    pub fn new(parts: Parts) -> Self {
        let Parts { db, clock, shown, blobs, jobs, limits, rooms } = parts;
        let (arriving, turns) = (Arc::new(Semaphore::new(ARRIVING)), Arc::new(Semaphore::new(AT_ONCE)));
        Self { db, clock, shown, blobs, jobs, limits, rooms, arriving, turns }
    }

    /// A place for a picture of somebody that is about to arrive, which is held in memory until it has.
    ///
    /// # Errors
    /// [`ImagesError::NotFound`] for nobody; [`ImagesError::Limited`]; [`ImagesError::Busy`] when all are taken.
    pub async fn place(&self, user: Option<UserId>) -> Result<OwnedSemaphorePermit, ImagesError> {
        let user = user.ok_or(ImagesError::NotFound)?;
        self.limits.admit(&SENT, &user.to_string()).await?;
        Arc::clone(&self.arriving).try_acquire_owned().map_err(|_| ImagesError::Busy)
    }

    /// Makes sure that this is a project of theirs that was not thrown away, they themselves as a member, or a message of their own.
    ///
    /// # Errors
    /// [`ImagesError::NotFound`] when it is not.
    pub async fn make_sure(&self, user: Option<UserId>, subject: Subject) -> Result<UserId, ImagesError> {
        let user = user.ok_or(ImagesError::NotFound)?;
        let is_theirs = store::is_theirs(self.db.primary(), subject, user).await?;
        if is_theirs { Ok(user) } else { Err(ImagesError::NotFound) }
    }

    /// Takes a picture of a project or a person; a job makes it ready. Until it is, and when it cannot be, the one before is shown.
    ///
    /// # Errors
    /// [`ImagesError::Bad`] for what is no picture, by what it says of itself; [`ImagesError::NotFound`] for everybody but the owner;
    /// [`ImagesError::BadDescription`]. The caller has a [`Images::place`] for it.
    pub async fn set(
        &self,
        user: Option<UserId>,
        subject: Subject,
        file: Bytes,
        description: &str,
    ) -> Result<ImageId, ImagesError> {
        let description = described(description)?;
        let user = self.make_sure(user, subject).await?;
        look(&file).await?;
        let original = self.blobs.store(file, "application/octet-stream").await?;
        let id = ImageId(self.clock.new_id());
        let new = store::New { id, subject, original: &original, description: &description, now: self.clock.now() };
        let mut tx = store::begin(self.db.primary()).await?;
        store::lock(&mut tx, subject).await?;
        if !store::is_theirs(&mut *tx, subject, user).await? {
            return Err(ImagesError::NotFound);
        }
        store::insert(&mut tx, &new).await?;
        self.jobs.publish(&mut tx, &MakeImage { image: id }, &Options::default()).await?;
        store::commit(tx).await?;
        self.jobs.wake::<MakeImage>();
        Ok(id)
    }

    /// Takes the picture away, also one that is not ready yet. May be asked twice.
    ///
    /// # Errors
    /// [`ImagesError::NotFound`] for everybody but the owner.
    pub async fn remove(&self, user: Option<UserId>, subject: Subject) -> Result<(), ImagesError> {
        let user = user.ok_or(ImagesError::NotFound)?;
        let mut tx = store::begin(self.db.primary()).await?;
        store::lock(&mut tx, subject).await?;
        if !store::is_theirs(&mut *tx, subject, user).await? {
            return Err(ImagesError::NotFound);
        }
        if !store::delete(&mut tx, subject).await? {
            return Ok(());
        }
        self.commit_change(tx, subject).await
    }

    /// What is known of the picture that was sent last, unless it is shown. The caller has made sure that it may be known.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn waiting(&self, subject: Subject) -> Result<Option<Waiting>, DbError> {
        store::waiting(self.db.primary(), subject).await
    }

    /// Whether a picture was sent, whatever became of it.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn is_there(&self, subject: Subject) -> Result<bool, DbError> {
        store::is_there(self.db.primary(), subject).await
    }

    /// The picture of a person.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn avatar(&self, user: UserId) -> Result<Option<Picture>, DbError> {
        store::avatar(self.db.primary(), user).await
    }

    /// A file of a picture, for whoever may see the picture: everybody, unless it is the cover of a private project. `known` is the `If-None-Match` of whoever asks.
    ///
    /// # Errors
    /// [`ImagesError::NotFound`] when it is none, or not for them.
    pub async fn file(
        &self,
        user: Option<UserId>,
        name: &str,
        known: bool,
    ) -> Result<(ImageFile, PictureFormat), ImagesError> {
        let (digest, extension) = name.split_once('.').ok_or(ImagesError::NotFound)?;
        let format = PictureFormat::named(extension).ok_or(ImagesError::NotFound)?;
        let digest = Digest::named(digest).ok_or(ImagesError::NotFound)?;
        let (viewed, tags) = store::viewed(self.db.primary(), &digest, user).await?.ok_or(ImagesError::NotFound)?;
        let bytes = match known {
            true => None,
            false => Some(self.blobs.get(&digest).await?),
        };
        Ok((ImageFile { bytes, viewed, tags }, format))
    }

    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let (images, teller) = (self.clone(), self.clone());
        let kinds = kinds.on::<ImageGivenUp, _, _>(move |job, _| {
            let images = teller.clone();
            async move {
                let job: MakeImage = serde_json::from_str(&job.0.payload).map_err(Failure::give_up)?;
                images.refuse(job.image, NOT_MADE).await.map_err(Failure::retry)
            }
        });
        kinds.on::<MakeImage, _, _>(move |job, _| {
            let images = images.clone();
            async move {
                // Before anything is held in memory.
                let turn = timeout(TURN_WITHIN, Arc::clone(&images.turns).acquire_owned()).await;
                let Ok(Ok(turn)) = turn else { return Err(Failure::put_off("other pictures come first", TURN_WITHIN)) };
                images.make(job.image, turn).await.map_err(Failure::retry)
            }
        })
    }

    /// Makes a picture ready. May be asked twice: what is ready, refused or replaced stays as it is.
    async fn make(&self, id: ImageId, turn: OwnedSemaphorePermit) -> Result<(), ImagesError> {
        let Some(sent) = store::sent(self.db.primary(), id).await? else { return Ok(()) };
        let sizes = match sent.subject {
            Subject::Project(_) => COVER,
            Subject::User(_) => AVATAR,
            Subject::Message(_) => SHOWN,
        };
        let original = self.blobs.get(&sent.original).await?;
        let made = match pixels_of(original, sizes, turn).await {
            Ok(made) => made,
            Err(reason) => return self.refuse(id, &reason.to_string()).await,
        };
        let mut picture = Picture { description: sent.description, sizes: Vec::new() };
        for size in made {
            let Made { width, height, avif, webp } = size;
            let avif = self.blobs.store(avif.into(), PictureFormat::Avif.media_type()).await?;
            let webp = self.blobs.store(webp.into(), PictureFormat::WebP.media_type()).await?;
            let (avif, webp) = (avif.as_str().to_owned(), webp.as_str().to_owned());
            picture.sizes.push(PictureSize { width, height, avif, webp });
        }
        let mut tx = store::begin(self.db.primary()).await?;
        if !store::set_ready(&mut tx, id, sent.subject, &picture).await? {
            return Ok(());
        }
        if let Subject::Message(message) = sent.subject
            && !self.rooms.picture_ready(&mut tx, message, &picture).await?
        {
            store::delete(&mut tx, sent.subject).await?;
        }
        self.commit_change(tx, sent.subject).await
    }

    /// A picture cannot be made ready. Whoever sent it with a message looks at no form that would say so.
    async fn refuse(&self, id: ImageId, reason: &str) -> Result<(), ImagesError> {
        let sent = store::sent(self.db.primary(), id).await?;
        if let Some(Subject::Message(message)) = sent.map(|sent| sent.subject) {
            self.rooms.picture_refused(message, reason).await?;
        }
        Ok(store::refuse(self.db.primary(), id, reason).await?)
    }

    /// Commits a change of what is shown.
    async fn commit_change(&self, mut tx: Tx, subject: Subject) -> Result<(), ImagesError> {
        let (is_shown, changing) = match subject {
            Subject::Project(project) => (store::is_shown(&mut tx, project).await?, self.shown.changing(project)),
            Subject::User(user) => (true, self.shown.changing_person(user)),
            // It stands on no page that is kept.
            Subject::Message(_) => {
                store::commit(tx).await?;
                self.rooms.look_at_noted();
                return Ok(());
            }
        };
        store::commit(tx).await?;
        changing.is_committed_if_shown(is_shown).await;
        Ok(())
    }
}

/// Whether a file is a picture that is taken, by what it says of itself.
///
/// # Errors
/// [`BadImage`] when it is not.
pub async fn look(file: &Bytes) -> Result<(), BadImage> {
    let bytes = file.clone();
    let looked = tokio::task::spawn_blocking(move || pixels::look(&bytes)).await;
    looked.unwrap_or(Err(BadImage::Damaged)).map(drop)
}

/// What takes a core and memory, off the async threads, and for as long as it takes whoever waits. A decoder that panics over a file has met one that it
/// cannot read.
async fn pixels_of(original: Bytes, sizes: Sizes, turn: OwnedSemaphorePermit) -> Result<Vec<Made>, BadImage> {
    let made = tokio::task::spawn_blocking(move || {
        let made = pixels::make(&original, sizes);
        drop(turn);
        made
    });
    made.await.unwrap_or(Err(BadImage::Damaged))
}

fn described(typed: &str) -> Result<String, ImagesError> {
    let description = typed.trim();
    let is_fine = description.chars().count() <= DESCRIPTION_MAX_CHARS && !description.chars().any(char::is_control);
    if is_fine { Ok(description.to_owned()) } else { Err(ImagesError::BadDescription) }
}

#[cfg(feature = "fuzz")]
pub(crate) fn fuzzed(bytes: &[u8]) {
    pixels::fuzzed(bytes);
}
