//! The one who writes for all: events of the generations that run here, many in one statement. Hundreds that stream at once would
//! otherwise keep the database busy with transactions of one event each. While one batch is being written the next gathers, so that nobody
//! waits for others when there are none.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::{
    fanout::Fanout,
    store::{self, AppendError, Entry},
};
use crate::{
    db::{Database, DbError},
    metrics::Metrics,
    tasks::Tasks,
};

/// The most entries, and about the most bytes, of one statement.
const ENTRIES_MAX: usize = 256;
const BYTES_MAX: usize = 2 * 1_024 * 1_024;

/// Writes entries of the log and tells those who follow.
#[derive(Clone)]
pub(super) struct Scribe {
    db: Database,
    fanout: Fanout,
    metrics: Metrics,
    tasks: Tasks,
    desk: Arc<Mutex<Desk>>,
}

/// What waits to be written. Each run has one entry here at a time, so that the desk is as small as the number of runs.
#[derive(Default)]
struct Desk {
    waiting: VecDeque<Note>,
    is_writing: bool,
}

struct Note {
    entry: Entry,
    written: oneshot::Sender<Result<(), AppendError>>,
}

impl Scribe {
    pub(super) fn new(db: Database, fanout: Fanout, metrics: Metrics, tasks: Tasks) -> Self {
        Self { db, fanout, metrics, tasks, desk: Arc::default() }
    }

    /// Writes an entry and announces it. Once handed in it is written even when the caller leaves, as long as its lease holds.
    pub(super) async fn write(&self, entry: Entry) -> Result<(), AppendError> {
        let (written, known) = oneshot::channel();
        let begins = {
            let mut desk = self.desk();
            desk.waiting.push_back(Note { entry, written });
            !std::mem::replace(&mut desk.is_writing, true)
        };
        if begins {
            let scribe = self.clone();
            self.tasks.spawn("scribe", async move { scribe.write_all().await });
        }
        known.await.unwrap_or_else(|_| Err(lost().into()))
    }

    /// Writes until nothing waits.
    async fn write_all(&self) {
        loop {
            let notes = self.next();
            if notes.is_empty() {
                return;
            }
            self.write_together(notes).await;
        }
    }

    fn next(&self) -> Vec<Note> {
        let mut desk = self.desk();
        let (mut notes, mut bytes) = (Vec::new(), 0);
        while notes.len() < ENTRIES_MAX && (notes.is_empty() || bytes < BYTES_MAX) {
            let Some(note) = desk.waiting.pop_front() else { break };
            bytes += note.entry.bytes();
            notes.push(note);
        }
        desk.is_writing = !notes.is_empty();
        notes
    }

    async fn write_together(&self, notes: Vec<Note>) {
        let (entries, written): (Vec<Entry>, Vec<_>) = notes.into_iter().map(|note| (note.entry, note.written)).unzip();
        match self.append(&entries).await {
            Ok(outcomes) => {
                for (written, outcome) in written.into_iter().zip(outcomes) {
                    let _ = written.send(outcome);
                }
            }
            // What one of them holds is not refused to the others.
            Err(DbError::Refused(_)) if entries.len() > 1 => {
                for (entry, written) in entries.into_iter().zip(written) {
                    let outcome = self.append(&[entry]).await;
                    let _ = written.send(outcome.map_err(AppendError::from).and_then(|mut one| one.remove(0)));
                }
            }
            Err(error) => {
                tracing::warn!(%error, entries = entries.len(), "events could not be written");
                let mut error = Some(error);
                for written in written {
                    let _ = written.send(Err(error.take().unwrap_or_else(lost).into()));
                }
            }
        }
    }

    /// One outcome for each entry, in order.
    async fn append(&self, entries: &[Entry]) -> Result<Vec<Result<(), AppendError>>, DbError> {
        let appended = store::append_many(self.db.primary(), entries).await?;
        let outcome = |(entry, last): (&Entry, Option<i64>)| {
            let last = last.ok_or(AppendError::LeaseLost)?;
            self.metrics.events_appended.inc_by(u64::try_from(entry.events.len()).unwrap_or_default());
            self.fanout.announce(entry.generation, entry.logged(last));
            Ok(())
        };
        Ok(entries.iter().zip(appended).map(outcome).collect())
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What those are told whose entry went down with others'.
fn lost() -> DbError {
    DbError::Away(sqlx::Error::WorkerCrashed)
}
