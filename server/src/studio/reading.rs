//! What pages and exports show: a project's sections as they are, with what is known about them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
    time::Duration,
};

use model::{
    Address, CheckResult, Draft, GenerationId, ProjectId, Receipt, Seq, Stage, UserId, checks,
    sections::Sections,
    trace::{Basis, Staleness, staleness},
};
use moka::{future::Cache, sync::Cache as Memory};

use super::{Generation, Studio, StudioError, store};
use crate::db::DbError;

/// A project's sections as they are.
#[derive(Debug, Clone, Default)]
pub struct Current {
    /// The newest accepted revision of each.
    pub sections: Sections,
    /// Their numbers; a stage without one is not made yet.
    pub numbers: BTreeMap<Stage, u32>,
    /// What their pieces were made from.
    pub bases: BTreeMap<Stage, Basis>,
    /// Checks that take a parser, as they came out when the section was stored.
    own_checks: Checks,
    /// All of them, once somebody has asked.
    checked: Arc<OnceLock<Checks>>,
}

/// How sections stand up to their checks.
pub type Checks = BTreeMap<Stage, Vec<CheckResult>>;

impl Current {
    fn of(stored: Vec<store::Stored>) -> Self {
        let mut current = Self::default();
        for section in stored {
            match current.sections.restore(section.stage, &section.content) {
                Ok(()) => current.take(section),
                Err(error) => tracing::error!(%error, "a stored section is broken"),
            }
        }
        current
    }

    fn take(&mut self, section: store::Stored) {
        self.numbers.insert(section.stage, section.number);
        self.bases.extend(section.basis.map(|basis| (section.stage, basis)));
        self.own_checks.insert(section.stage, section.checks);
    }

    /// All checks of the sections that are there.
    pub fn checks(&self) -> Checks {
        let of = |stage: &Stage| {
            let own = self.own_checks.get(stage).cloned().unwrap_or_default();
            (*stage, [checks::check(*stage, &self.sections), own].concat())
        };
        self.checked.get_or_init(|| self.numbers.keys().map(of).collect()).clone()
    }

    /// What is out of date.
    pub fn staleness(&self) -> Staleness {
        staleness(&self.sections, &self.bases)
    }
}

/// Projects whose checks are remembered: each is some ten kilobytes.
const CHECKED_MAX: u64 = 300;

/// How the sections of projects stood up to their checks lately, which costs more than to show them. A revision never changes, so that the numbers of all
/// sections say what they were.
#[derive(Clone)]
pub(super) struct CheckedLately(Memory<AsNumbered, Arc<OnceLock<Checks>>>);

/// A project with the numbers of its sections.
type AsNumbered = (ProjectId, BTreeMap<Stage, u32>);

impl Default for CheckedLately {
    fn default() -> Self {
        Self(Memory::new(CHECKED_MAX))
    }
}

/// How soon sections had their first piece, in milliseconds since their stage began.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstPieces {
    /// Of which stage.
    pub stage: Stage,
    /// Who made them.
    pub engine: String,
    /// How many.
    pub samples: u64,
    /// Half came no later.
    pub p50: f64,
    /// Three of four came no later.
    pub p75: f64,
    /// Nineteen of twenty came no later.
    pub p95: f64,
}

/// Of what time first pieces are told, and of how many sections at most.
const FIRST_PIECES_OF: time::Duration = time::Duration::days(28);
const FIRST_PIECES_MAX: i64 = 5_000;
/// How long it is told again without asking the database. The page that tells it is everybody's, and weeks hardly change in a minute.
const FIRST_PIECES_FOR: Duration = Duration::from_secs(60);

/// How soon first pieces came, as it was asked within the last minute: by the first who wanted to know, for all who did meanwhile.
#[derive(Clone)]
pub(super) struct FirstPiecesLately(Cache<(), Vec<FirstPieces>>);

impl Default for FirstPiecesLately {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(1).time_to_live(FIRST_PIECES_FOR).build())
    }
}

/// Everything an editor has to know about a project.
#[derive(Debug, Clone)]
pub struct Workbench {
    /// Its latest generation.
    pub generation: Generation,
    /// What that one has made and said; once it is over, the sections as they are.
    pub draft: Draft,
    /// Numbers of the sections as they are.
    pub numbers: BTreeMap<Stage, u32>,
    /// Pieces that stay.
    pub locks: BTreeSet<Address>,
    /// What is out of date. Nothing while a generation is under way.
    pub staleness: Staleness,
    /// How the sections stand up to their checks.
    pub checks: Checks,
    /// Revisions of that generation that wait to be accepted.
    pub proposed: Vec<(Stage, u32)>,
}

impl Studio {
    /// What a generation has made so far.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn draft(&self, user: Option<UserId>, id: GenerationId) -> Result<Draft, StudioError> {
        self.generation(user, id).await?;
        Ok(self.fold(id, true).await?)
    }

    /// The log folded, with what was made or without.
    async fn fold(&self, id: GenerationId, pieces: bool) -> Result<Draft, DbError> {
        let mut draft = Draft::default();
        loop {
            let events = if pieces {
                store::events(self.db.primary(), id, draft.seq).await?
            } else {
                store::events_but_pieces(self.db.primary(), id, draft.seq).await?
            };
            if events.is_empty() {
                return Ok(draft);
            }
            draft.read(&events);
        }
    }

    /// What a project's page shows: its sections as they are, and those under way as far as they are made. A section that no generation has
    /// brought to its end yet is shown as far as the latest one came.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn project_draft(&self, user: Option<UserId>, id: GenerationId) -> Result<Draft, StudioError> {
        Ok(self.draft_and_current(user, id).await?.0)
    }

    /// The same, with how the sections stand up to their checks; none while a generation is under way.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn checked_draft(&self, user: Option<UserId>, id: GenerationId) -> Result<(Draft, Checks), StudioError> {
        let (draft, current) = self.draft_and_current(user, id).await?;
        let checks = if draft.ending.is_some() { current.checks() } else { Checks::new() };
        Ok((draft, checks))
    }

    async fn draft_and_current(&self, user: Option<UserId>, id: GenerationId) -> Result<(Draft, Current), StudioError> {
        let generation = self.generation(user, id).await?;
        let current = self.current(generation.project).await?;
        Ok((self.shown(&generation, &current).await?, current))
    }

    /// Everything an editor has to know.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn workbench(&self, user: Option<UserId>, id: GenerationId) -> Result<Workbench, StudioError> {
        let generation = self.generation(user, id).await?;
        let current = self.current(generation.project).await?;
        let draft = self.shown(&generation, &current).await?;
        let is_over = draft.ending.is_some();
        Ok(Workbench {
            locks: store::locks(self.db.primary(), generation.project).await?.into_iter().collect(),
            proposed: if is_over { store::proposed(self.db.primary(), id).await? } else { Vec::new() },
            staleness: if is_over { current.staleness() } else { Staleness::default() },
            checks: if is_over { current.checks() } else { Checks::new() },
            numbers: current.numbers,
            generation,
            draft,
        })
    }

    async fn shown(&self, generation: &Generation, current: &Current) -> Result<Draft, DbError> {
        let is_there = |stage: &Stage| current.numbers.contains_key(stage);
        let is_over = generation.status.is_final();
        // What is stored need not be put together again from the log.
        let mut draft = self.fold(generation.id, !is_over || !generation.stages.iter().all(is_there)).await?;
        for stage in Stage::ALL.into_iter().filter(is_there) {
            let being_made = generation.stages.contains(&stage) && draft.ending.is_none();
            if !being_made {
                draft.sections.take(stage, &current.sections);
            }
        }
        Ok(draft)
    }

    /// A project's sections as they are. The caller has made sure that they may be shown.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn current(&self, project: ProjectId) -> Result<Current, DbError> {
        let mut current = Current::of(store::current(self.db.primary(), project).await?);
        current.checked = self.checked.0.get_with((project, current.numbers.clone()), Arc::default);
        Ok(current)
    }

    /// How soon the first pieces of the last weeks came, by engine and stage, as it was a minute ago at most. However many want to know, the database
    /// is asked once.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked; whoever waited with the one that asked is told the same.
    pub async fn first_pieces(&self) -> Result<Vec<FirstPieces>, DbError> {
        let asked = async {
            let since = self.clock.now() - FIRST_PIECES_OF;
            store::first_pieces(self.db.reader().await, since, FIRST_PIECES_MAX).await
        };
        self.first_pieces.0.try_get_with((), asked).await.map_err(|error| DbError::from(&*error))
    }

    /// The numbers of a project's sections, without the sections. The caller has made sure that they may be shown.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn numbers(&self, project: ProjectId) -> Result<BTreeMap<Stage, u32>, DbError> {
        store::numbers(self.db.primary(), project).await
    }

    /// The sections that a generation's project had when that generation was over: its own, and those it found.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn as_made(&self, user: Option<UserId>, id: GenerationId) -> Result<Current, StudioError> {
        let generation = self.generation(user, id).await?;
        Ok(Current::of(store::as_made(self.db.primary(), generation.project, id).await?))
    }

    /// A generation as it was after its event `at`, and where its stages begin in the log.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn replay(
        &self,
        user: Option<UserId>,
        id: GenerationId,
        at: Seq,
    ) -> Result<(Draft, Vec<(Stage, Seq)>), StudioError> {
        self.generation(user, id).await?;
        let mut draft = Draft::default();
        while draft.seq < at {
            let events = store::events(self.db.primary(), id, draft.seq).await?;
            let upto: Vec<_> = events.into_iter().take_while(|event| event.seq <= at).collect();
            if upto.is_empty() {
                break;
            }
            draft.read(&upto);
        }
        Ok((draft, store::stage_marks(self.db.primary(), id).await?))
    }

    /// What a generation cost: its receipt once it is done, what is known of it before or when it was stopped.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn receipt(&self, user: Option<UserId>, id: GenerationId) -> Result<Receipt, StudioError> {
        let generation = self.generation(user, id).await?;
        if let Some(receipt) = self.fold(id, false).await?.receipt {
            return Ok(receipt);
        }
        let end = generation.finished_at.unwrap_or_else(|| self.clock.now());
        Ok(Receipt {
            stages: store::receipts(self.db.primary(), id).await?,
            total_ms: (end - generation.created_at).as_seconds_f64() * 1_000.0,
            queued_ms: 0.0,
            attempts: generation.attempt,
            pace_ms: self.engines.pace_ms(),
        })
    }
}
