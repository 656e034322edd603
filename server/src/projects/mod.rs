//! Projects: what somebody asked for, listed and opened.

mod store;

use model::{
    BadCursor, Cursor, Directive, GenerationId, GenerationStatus, Page, PageLimit, ProjectId, ProjectSummary, UserId,
    Visibility,
};
use time::OffsetDateTime;

use crate::db::{Database, DbError};

/// The projects domain.
#[derive(Clone)]
pub struct Projects {
    db: Database,
}

/// A project with its latest generation.
#[derive(Debug, Clone)]
pub struct Project {
    /// Which.
    pub id: ProjectId,
    /// What was asked for.
    pub directive: Directive,
    /// Who may see it.
    pub visibility: Visibility,
    /// When it was started.
    pub created_at: OffsetDateTime,
    /// Its latest generation.
    pub generation: GenerationId,
    /// How that one is doing.
    pub status: GenerationStatus,
}

/// Something the projects domain could not do.
#[derive(Debug, thiserror::Error)]
pub enum ProjectsError {
    /// It does not exist, or not for whoever asks: the two cannot be told apart.
    #[error("there is no such project")]
    NotFound,
    /// The list was asked for from nowhere.
    #[error(transparent)]
    BadCursor(#[from] BadCursor),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Projects {
    /// Makes the domain.
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// One page of a user's projects, newest first. Nobody has none.
    ///
    /// # Errors
    /// [`ProjectsError::BadCursor`] for a cursor that we did not hand out.
    pub async fn list(
        &self,
        user: Option<UserId>,
        cursor: Option<&str>,
        limit: PageLimit,
    ) -> Result<Page<ProjectSummary>, ProjectsError> {
        let after = cursor.map(str::parse::<Cursor>).transpose()?;
        let Some(user) = user else { return Ok(Page { items: Vec::new(), next_cursor: None }) };
        // Whoever just started a project expects to see it on the first page; further down a moment's delay changes nothing.
        let pool = if after.is_none() { self.db.primary() } else { self.db.reader().await };
        let rows = store::list(pool, user, after, limit).await?;
        Ok(Page::cut(rows, limit, |row| Cursor { micros: micros(row.created_at), id: row.id.0 }))
    }

    /// A project, for its owner.
    ///
    /// # Errors
    /// [`ProjectsError::NotFound`] for everybody else.
    pub async fn get(&self, user: Option<UserId>, id: ProjectId) -> Result<Project, ProjectsError> {
        let user = user.ok_or(ProjectsError::NotFound)?;
        store::get(self.db.primary(), user, id).await?.ok_or(ProjectsError::NotFound)
    }
}

fn micros(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}
