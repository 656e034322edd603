//! Files under the hash of their content: in a folder or in a bucket, with a row each in the database that says why they are kept.
//!
//! The row comes first and the file after it, and a file is taken away while its row is locked: whatever happens in between, there may be a
//! row without a file, which whoever looks makes again, but never a file that nothing knows of.

mod jobs;
mod open;
mod store;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use model::ProjectId;
use object_store::{DynObjectStore, ObjectStoreExt, path::Path};
use sha2::{Digest as _, Sha256};

pub use jobs::TidyBlobs;

use crate::{
    clock::Clock,
    config::BlobsConfig,
    db::{Database, DbError},
    jobs::{Failure, Kinds},
    limits::hex,
};

/// The most bytes of one blob.
pub const BLOB_MAX_BYTES: usize = 32 * 1_024 * 1_024;
/// The longest that the store may take for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// A use is forgotten after this, so that a later version of the program makes its own in time; whoever needs it again makes it again.
pub const KEEP_USES: time::Duration = time::Duration::days(7);
/// A blob that nothing uses stays this long: somebody may be about to use it.
pub const KEEP_UNUSED: time::Duration = time::Duration::hours(1);

/// The SHA-256 of a content, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Digest(String);

impl Digest {
    /// Of these bytes. Takes about a millisecond a megabyte.
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex(&Sha256::digest(bytes)))
    }

    /// Its 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digest that is written like this, if one is.
    pub fn named(text: &str) -> Option<Self> {
        let is_one = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_one.then(|| Self(text.to_owned()))
    }

    /// Where it lies below `prefix`: no folder gets too full to be listed.
    fn path(&self, prefix: &Path) -> Path {
        let parts = [self.0.get(..2), self.0.get(2..4), Some(&self.0)];
        let below = parts.into_iter().flatten();
        prefix.parts().map(|part| part.as_ref().to_owned()).chain(below.map(str::to_owned)).collect()
    }
}

/// What a blob is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A project to take away.
    Export,
    /// The picture that other sites show of a project.
    Card,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Card => "card",
        }
    }
}

/// Why a blob is kept: one for each project, purpose and what it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Of which project.
    pub project: ProjectId,
    /// What for.
    pub purpose: Purpose,
    /// What it was made of, in full: the same words stand for the same bytes.
    pub made_of: String,
}

/// Files under the hash of their content.
#[derive(Clone)]
pub struct Blobs {
    db: Database,
    clock: Clock,
    files: Arc<DynObjectStore>,
    prefix: Path,
}

/// Something the store could not do.
#[derive(Debug, thiserror::Error)]
pub enum BlobsError {
    /// It is not there, or not any more.
    #[error("there is no such blob")]
    Missing,
    /// What is there is something else.
    #[error("the blob {0} does not have the content that it is called by")]
    Damaged(String),
    /// It is too big.
    #[error("a blob has {0} bytes; {BLOB_MAX_BYTES} is the most")]
    TooBig(u64),
    /// The store does not answer, or refuses.
    #[error("the blob store does not do as asked: {0}")]
    Away(String),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<object_store::Error> for BlobsError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Missing,
            other => Self::Away(other.to_string()),
        }
    }
}

/// Where the configuration keeps files, in words, if the store answers there.
///
/// # Errors
/// A sentence when it does not.
pub async fn reach(config: &BlobsConfig) -> Result<String, String> {
    let (files, prefix) = open::open(config)?;
    match within(files.head(&Digest::of(&[]).path(&prefix))).await {
        Ok(_) | Err(BlobsError::Missing) => Ok(format!("kept in {files}")),
        Err(error) => Err(format!("{error}. ATLAS9_BLOBS says where files are kept")),
    }
}

impl Blobs {
    /// Opens the store. Makes the folder, if it is one; asks nobody, if it is a bucket.
    ///
    /// # Errors
    /// A sentence when it cannot be used as configured.
    pub fn new(db: Database, clock: Clock, config: &BlobsConfig) -> Result<Self, String> {
        let (files, prefix) = open::open(config)?;
        Ok(Self { db, clock, files, prefix })
    }

    /// Keeps a content, in place of what was kept for this project and purpose before. May be done twice, also at once.
    ///
    /// # Errors
    /// [`BlobsError::TooBig`]; [`BlobsError::Away`] when the store does not take it.
    pub async fn put(&self, bytes: Bytes, media_type: &str, kept: &Use) -> Result<Digest, BlobsError> {
        let digest = self.store(bytes, media_type).await?;
        store::insert_use(self.db.primary(), kept, &digest, self.clock.now()).await?;
        Ok(digest)
    }

    /// Keeps a content for [`KEEP_UNUSED`]: by then the caller has written down what it is used for. May be done twice, also at once.
    ///
    /// # Errors
    /// As [`Blobs::put`].
    pub async fn store(&self, bytes: Bytes, media_type: &str) -> Result<Digest, BlobsError> {
        if bytes.len() > BLOB_MAX_BYTES {
            return Err(BlobsError::TooBig(bytes.len() as u64));
        }
        let (digest, bytes) = digest_of(bytes).await;
        store::insert(self.db.primary(), &digest, media_type, bytes.len(), self.clock.now()).await?;
        within(self.files.put(&digest.path(&self.prefix), bytes.into())).await?;
        Ok(digest)
    }

    /// The digest of what was made of the same before, if it was.
    ///
    /// # Errors
    /// [`BlobsError::Db`].
    pub async fn made(&self, of: &Use) -> Result<Option<Digest>, BlobsError> {
        Ok(store::used(self.db.primary(), of).await?)
    }

    /// A content, which is what it is called by.
    ///
    /// # Errors
    /// [`BlobsError::Missing`]; [`BlobsError::Damaged`] when somebody changed it; [`BlobsError::Away`].
    pub async fn get(&self, digest: &Digest) -> Result<Bytes, BlobsError> {
        let found = within(self.files.get(&digest.path(&self.prefix))).await?;
        if found.meta.size > BLOB_MAX_BYTES as u64 {
            return Err(BlobsError::TooBig(found.meta.size));
        }
        let (actual, bytes) = digest_of(within(found.bytes()).await?).await;
        if actual == *digest { Ok(bytes) } else { Err(BlobsError::Damaged(digest.0.clone())) }
    }

    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let blobs = self.clone();
        kinds.on::<TidyBlobs, _, _>(move |_, _| {
            let blobs = blobs.clone();
            async move { blobs.sweep().await.map(drop).map_err(Failure::retry) }
        })
    }

    /// Forgets old uses and takes away what nothing uses; returns how many blobs went.
    ///
    /// # Errors
    /// [`BlobsError`] when the store or the database does not answer; what is left is taken away next time.
    pub async fn sweep(&self) -> Result<u64, BlobsError> {
        let now = self.clock.now();
        store::forget_uses(self.db.primary(), now - KEEP_USES).await?;
        let (mut gone, mut place) = (0, None);
        loop {
            let (unused, next) = store::unused(self.db.primary(), now - KEEP_UNUSED, place.as_ref()).await?;
            if next.is_none() {
                return Ok(gone);
            }
            place = next;
            // One at a time, so that no lock outlives one answer of the store.
            for digest in unused {
                let Some(tx) = store::delete_unused(self.db.primary(), &digest, now - KEEP_UNUSED).await? else {
                    continue;
                };
                match within(self.files.delete(&digest.path(&self.prefix))).await {
                    Ok(()) | Err(BlobsError::Missing) => store::commit(tx).await?,
                    Err(error) => return Err(error),
                }
                gone += 1;
            }
        }
    }
}

async fn digest_of(bytes: Bytes) -> (Digest, Bytes) {
    let given = bytes.clone();
    let hashed = tokio::task::spawn_blocking(move || Digest::of(&given)).await;
    // The task can only fail when the program ends; then nobody will look.
    (hashed.unwrap_or_else(|_| Digest::of(&[])), bytes)
}

async fn within<T>(answer: impl Future<Output = Result<T, object_store::Error>>) -> Result<T, BlobsError> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(BlobsError::Away(format!("no answer within {} seconds", ANSWER_WITHIN.as_secs()))),
    }
}
