//! Taking away and bringing back: a project as an archive, as one text, as one document, as a picture; and an archive as a project.

mod bring;
mod card;
mod drawing;
mod files;
mod manifest;
pub mod zip;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use model::{Directive, ProjectTitle, Stage, UserId, sections::Sections, trace::Basis};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use bring::BadArchive;
use card::Artist;

use crate::{
    blobs::{Blobs, BlobsError, Digest, Purpose, Use},
    db::DbError,
    limits::{Limited, Limits, Quota},
    projects::Project,
    studio::{Checks, Started, Studio, StudioError},
};

/// Part of what an export or a card is made of. They count up when the same sections would give other bytes.
const FILES_VERSION: u32 = 1;
const CARD_VERSION: u32 = 1;
/// Archives and pictures made, or read, at the same time, and the longest that somebody waits for their turn.
const AT_ONCE: usize = 2;
/// Archives on their way in, each as large as it may be.
const ARRIVING: usize = 8;
const TURN_WITHIN: Duration = Duration::from_secs(5);
/// Archives that one person may bring back.
const IMPORTS: Quota = Quota { name: "import", burst: 10, every: Duration::from_secs(60) };

/// The archive domain.
#[derive(Clone)]
pub struct Archive {
    studio: Studio,
    blobs: Blobs,
    limits: Limits,
    turns: Arc<Semaphore>,
    arriving: Arc<Semaphore>,
    artist: Arc<Artist>,
}

/// In which form a project is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Every file, with a manifest; can be brought back.
    Zip,
    /// One text.
    Markdown,
    /// One document.
    Json,
}

/// A file to send.
#[derive(Debug, Clone)]
pub struct File {
    /// The hash of its content.
    pub tag: Digest,
    /// Its content; none when whoever asks has it already.
    pub bytes: Option<Bytes>,
    /// What kind of file it is.
    pub media_type: &'static str,
    /// What to call it: letters, digits, hyphens and an extension.
    pub name: String,
}

/// A project about to be put into files.
#[derive(Debug, Clone)]
struct Taken {
    name: String,
    title: Option<String>,
    directive: Directive,
    sections: Sections,
    stages: Vec<Stage>,
    checks: Checks,
    bases: BTreeMap<Stage, Basis>,
}

/// Something that could not be taken away or brought back.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// No section is made yet.
    #[error("nothing is made yet: there is nothing to take away")]
    Nothing,
    /// The project does not fit into an archive.
    #[error("the project cannot be put into an archive: {0}")]
    TooBig(zip::BadZip),
    /// The archive is none that may be brought back.
    #[error("the archive was not brought back, and nothing was changed: {0}")]
    Bad(#[from] BadArchive),
    /// Too many archives from one person.
    #[error("too many archives at once; the next may come in {} seconds", .0.retry_after.as_secs().max(1))]
    Limited(#[from] Limited),
    /// Everybody wants one now.
    #[error("many archives are being made right now: try again in a moment")]
    Busy,
    /// A picture could not be drawn, or a task was lost.
    #[error("it could not be made: {0}")]
    Failed(String),
    /// The sections.
    #[error(transparent)]
    Studio(#[from] StudioError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Everything an archive of these sections holds, by path: for whoever writes files of their own.
pub fn bundle(directive: &Directive, sections: &Sections, stages: &[Stage]) -> Vec<(String, Vec<u8>)> {
    let checked = |stage: &Stage| {
        let own = crate::studio::own_checks(*stage, sections);
        (*stage, [model::checks::check(*stage, sections), own].concat())
    };
    let taken = Taken {
        name: directive.title(120),
        title: None,
        directive: directive.clone(),
        sections: sections.clone(),
        stages: stages.to_vec(),
        bases: stages.iter().map(|stage| (*stage, Basis::now(*stage, sections))).collect(),
        checks: stages.iter().map(checked).collect(),
    };
    files::files(&taken).into_iter().map(|entry| (entry.name, entry.bytes)).collect()
}

impl Archive {
    /// Makes the domain.
    pub fn new(studio: Studio, blobs: Blobs, limits: Limits) -> Self {
        Self {
            studio,
            blobs,
            limits,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            arriving: Arc::new(Semaphore::new(ARRIVING)),
            artist: Arc::default(),
        }
    }

    /// A project in files. The caller has made sure that it may be shown. `known` is the `If-None-Match` of whoever asks.
    ///
    /// The same sections, directive and title always give the same bytes.
    ///
    /// # Errors
    /// [`ArchiveError::Nothing`] before the first section; [`ArchiveError::TooBig`]; [`ArchiveError::Busy`].
    pub async fn export(&self, project: &Project, format: Format, known: Option<&str>) -> Result<File, ArchiveError> {
        let (media_type, extension) = match format {
            Format::Zip => ("application/zip", "zip"),
            Format::Markdown => ("text/markdown; charset=utf-8", "md"),
            Format::Json => ("application/json", "json"),
        };
        let name = format!("{}.{extension}", files::file_name(&project.name(), &project.directive));
        if format == Format::Zip {
            let kept = self.kept_for(project, Purpose::Export, FILES_VERSION).await?;
            let (tag, bytes) = self
                .once(kept, media_type, known, async { self.taken(project).await }, |taken| {
                    zip::write(files::files(&taken)).map_err(ArchiveError::TooBig)
                })
                .await?;
            return Ok(File { tag, bytes, media_type, name });
        }
        let taken = self.taken(project).await?;
        let made = self.in_turn(move || match format {
            Format::Json => files::json_document(&taken),
            Format::Markdown | Format::Zip => files::markdown_document(&taken).into_bytes(),
        });
        let bytes = Bytes::from(made.await?);
        let tag = Digest::of(&bytes);
        Ok(File { bytes: (!knows(known, &tag)).then_some(bytes), tag, media_type, name })
    }

    /// The picture that other sites show of a project: 1200 by 630 points, as PNG. The caller has made sure that it may be shown.
    ///
    /// # Errors
    /// [`ArchiveError::Busy`]; [`ArchiveError::Failed`].
    pub async fn card(&self, project: &Project, known: Option<&str>) -> Result<File, ArchiveError> {
        let kept = self.kept_for(project, Purpose::Card, CARD_VERSION).await?;
        let artist = Arc::clone(&self.artist);
        let (tag, bytes) = self
            .once(kept, "image/png", known, async { self.looked_at(project).await }, move |taken| {
                artist.draw(&card::Words::of(&taken.name, &taken.sections), &taken.sections.brand)
            })
            .await?;
        let name = format!("{}.png", files::file_name(&project.name(), &project.directive));
        Ok(File { tag, bytes, media_type: "image/png", name })
    }

    /// A place for an archive that is about to arrive, which is held in memory until it has.
    ///
    /// # Errors
    /// [`ArchiveError::Busy`] when all are taken.
    pub fn place(&self) -> Result<OwnedSemaphorePermit, ArchiveError> {
        Arc::clone(&self.arriving).try_acquire_owned().map_err(|_| ArchiveError::Busy)
    }

    /// Makes a project of an archive. Nothing is stored unless all of it is sound.
    ///
    /// # Errors
    /// [`ArchiveError::Bad`] with the reason; [`ArchiveError::Limited`]; [`ArchiveError::Busy`].
    pub async fn import(&self, owner: UserId, archive: Bytes) -> Result<Started, ArchiveError> {
        self.limits.admit(&IMPORTS, &owner.to_string()).await?;
        let incoming = self.in_turn(move || bring::bring(&archive)).await??;
        Ok(self.studio.import(owner, incoming).await?)
    }

    /// What was made of the same before; else it is made, and kept for the next who asks. A store that is away keeps nobody from a file.
    async fn once(
        &self,
        kept: Use,
        media_type: &str,
        known: Option<&str>,
        load: impl Future<Output = Result<Taken, ArchiveError>>,
        make: impl FnOnce(Taken) -> Result<Vec<u8>, ArchiveError> + Send + 'static,
    ) -> Result<(Digest, Option<Bytes>), ArchiveError> {
        if let Some(digest) = self.made(&kept).await? {
            if knows(known, &digest) {
                return Ok((digest, None));
            }
            match self.blobs.get(&digest).await {
                Ok(bytes) => return Ok((digest, Some(bytes))),
                Err(error) => {
                    tracing::warn!(%error, digest = digest.as_str(), "made again: it was kept, and cannot be read");
                }
            }
        }
        let taken = load.await?;
        let bytes = Bytes::from(self.in_turn(move || make(taken)).await??);
        let digest = match self.blobs.put(bytes.clone(), media_type, &kept).await {
            Ok(digest) => digest,
            Err(error) => {
                tracing::warn!(%error, project = %kept.project, "sent, but not kept for the next");
                Digest::of(&bytes)
            }
        };
        Ok((digest.clone(), (!knows(known, &digest)).then_some(bytes)))
    }

    async fn made(&self, kept: &Use) -> Result<Option<Digest>, ArchiveError> {
        match self.blobs.made(kept).await {
            Ok(digest) => Ok(digest),
            Err(BlobsError::Db(error)) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }

    /// Does what takes a core for a while off the async threads, when it is its turn.
    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ArchiveError> {
        let turn = tokio::time::timeout(TURN_WITHIN, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(ArchiveError::Busy) };
        // Whoever stops waiting does not stop the work, and so does not give the turn back early either.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        done.await.map_err(|e| ArchiveError::Failed(e.to_string()))
    }

    async fn taken(&self, project: &Project) -> Result<Taken, ArchiveError> {
        let taken = self.looked_at(project).await?;
        if taken.stages.is_empty() { Err(ArchiveError::Nothing) } else { Ok(taken) }
    }

    async fn looked_at(&self, project: &Project) -> Result<Taken, ArchiveError> {
        let current = self.studio.current(project.id).await?;
        // A section from before this was written down is taken for up to date, as everywhere.
        let basis = |stage: &Stage| {
            (*stage, current.bases.get(stage).cloned().unwrap_or_else(|| Basis::now(*stage, &current.sections)))
        };
        Ok(Taken {
            bases: current.numbers.keys().map(basis).collect(),
            name: project.name(),
            title: title(project),
            directive: project.directive.clone(),
            stages: current.numbers.keys().copied().collect(),
            checks: current.checks(),
            sections: current.sections,
        })
    }

    /// What a file would be made of now.
    async fn kept_for(&self, project: &Project, purpose: Purpose, version: u32) -> Result<Use, ArchiveError> {
        let numbers = self.studio.numbers(project.id).await?;
        let numbers: Vec<String> = numbers.iter().map(|(stage, number)| format!("{stage}={number}")).collect();
        let title = Digest::of(title(project).unwrap_or_default().as_bytes());
        let made_of = format!("{version} {} {}", numbers.join(" "), &title.as_str()[..16]);
        Ok(Use { project: project.id, purpose, made_of })
    }
}

fn title(project: &Project) -> Option<String> {
    project.title.as_ref().map(|title: &ProjectTitle| title.as_str().to_owned())
}

/// Whether an `If-None-Match` names this content.
fn knows(known: Option<&str>, tag: &Digest) -> bool {
    known.is_some_and(|known| known.trim() == "*" || known.contains(&format!("\"{}\"", tag.as_str())))
}

#[cfg(feature = "fuzz")]
pub(crate) fn fuzzed(bytes: &[u8]) {
    let _ = bring::bring(bytes);
    if let Ok(entries) = zip::read(bytes) {
        // What can be read can be written, and is the same again.
        let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
        if let Ok(written) = zip::write(entries) {
            let again = zip::read(&written).map(|entries| entries.len());
            assert_eq!(again.ok(), Some(names.len()), "{names:?}");
        }
    }
}
