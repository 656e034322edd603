//! Files of releases, kept for the others: while a release is rolled out, a page of one instance asks another for its files, and a page that was opened
//! yesterday asks for those of yesterday. Their names change with their content, so that what is kept under one never does.

mod store;

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;

use crate::{
    blobs::{Blobs, BlobsError},
    clock::Clock,
    db::{Database, DbError},
    tasks::Tasks,
};

/// How long a file is kept that no instance has any more.
pub const KEEP: time::Duration = time::Duration::days(14);
/// How often an instance says that it still has its files, and how soon it tries again when it could not.
const SAY_EVERY: Duration = Duration::from_secs(12 * 3_600);
const TRY_AGAIN: Duration = Duration::from_secs(30);
/// More files, or larger ones, no release has.
const FILES_MAX: usize = 100;
const BYTES_MAX: u64 = 8 << 20;
const NAME_MAX: usize = 120;

/// Files of all releases of the last days.
#[derive(Clone)]
pub struct Releases {
    db: Database,
    clock: Clock,
    blobs: Blobs,
}

/// A file of a release.
#[derive(Debug, Clone)]
pub struct ReleaseFile {
    /// Its content.
    pub bytes: Bytes,
    /// What kind of file it is.
    pub media_type: &'static str,
}

/// Why files were not kept.
#[derive(Debug, thiserror::Error)]
pub enum ReleasesError {
    /// They cannot be read.
    #[error("the files of this release cannot be read: {0}")]
    Files(#[from] io::Error),
    /// They cannot be stored.
    #[error(transparent)]
    Blobs(#[from] BlobsError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Releases {
    /// Makes the domain.
    pub fn new(db: Database, clock: Clock, blobs: Blobs) -> Self {
        Self { db, clock, blobs }
    }

    /// Keeps the files in a folder for the others, until the program stops.
    pub async fn keep(self, folder: PathBuf, tasks: Tasks) {
        loop {
            let pause = match self.keep_once(&folder).await {
                Ok(_) => SAY_EVERY,
                Err(error) => {
                    tracing::debug!(%error, "other instances do not have the files of this release yet");
                    TRY_AGAIN
                }
            };
            tokio::select! { () = tasks.stopping() => return, () = tokio::time::sleep(pause) => {} }
        }
    }

    /// Keeps the files in a folder, and forgets what nobody has had for long; returns how many there are. May be done twice, also at once.
    ///
    /// # Errors
    /// [`ReleasesError`] when they cannot be read or stored.
    pub async fn keep_once(&self, folder: &Path) -> Result<usize, ReleasesError> {
        let mut entries = tokio::fs::read_dir(folder).await?;
        let mut kept = 0;
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(media_type) = media_type(&name) else { continue };
            if entry.metadata().await?.len() > BYTES_MAX || kept == FILES_MAX {
                continue;
            }
            let bytes = Bytes::from(tokio::fs::read(entry.path()).await?);
            let digest = self.blobs.store(bytes, media_type).await?;
            store::insert(self.db.primary(), &name, &digest, self.clock.now()).await?;
            kept += 1;
        }
        store::forget(self.db.primary(), self.clock.now() - KEEP).await?;
        Ok(kept)
    }

    /// A file of another release, by its name.
    ///
    /// # Errors
    /// [`ReleasesError`] when the store does not answer.
    pub async fn file(&self, name: &str) -> Result<Option<ReleaseFile>, ReleasesError> {
        let Some(media_type) = media_type(name) else { return Ok(None) };
        let Some(digest) = store::get(self.db.reader().await, name).await? else { return Ok(None) };
        match self.blobs.get(&digest).await {
            Ok(bytes) => Ok(Some(ReleaseFile { bytes, media_type })),
            Err(BlobsError::Missing) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// The kind of a file that is named by its content, such as `atlas9.KzP3_a.css`.
fn media_type(name: &str) -> Option<&'static str> {
    let is_name = name.len() <= NAME_MAX
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if !is_name || name.matches('.').count() < 2 {
        return None;
    }
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "wasm" => Some("application/wasm"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_are_named_by_their_content_are_kept() {
        assert_eq!(media_type("atlas9.KzP3_a-9.css"), Some("text/css; charset=utf-8"));
        assert_eq!(media_type("atlas9.abc.wasm"), Some("application/wasm"));
        for name in
            ["atlas9.css", "atlas9.abc.css.br", "..", "../a.b.js", "a.b.html", "", &format!("{}.b.js", "a".repeat(120))]
        {
            assert_eq!(media_type(name), None, "{name}");
        }
    }
}
