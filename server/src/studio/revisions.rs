//! Changing sections: by hand, back to an earlier version, to a proposal, and only where they are out of date.

use std::sync::Arc;

use model::{
    Address, Cursor, GenerationId, Origin, Page, PageLimit, Piece, ProjectId, RevisionSummary, RoomRole, Stage, UserId,
    sections::Sections,
};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{LOCKS_MAX, Started, Studio, StudioError, Wish, checks, reading::Current, store, store::NewRevision};
use crate::{
    db::micros,
    events::{Event as Happened, Outset},
    limits::Limited,
};

/// A revision with its content.
#[derive(Debug, Clone)]
pub struct Revision {
    /// Of which section.
    pub stage: Stage,
    /// Its number.
    pub number: u32,
    /// Sections of which only that one is filled.
    pub sections: Sections,
}

/// A change that somebody makes by hand.
enum ByHand {
    Put(Piece),
    Remove(model::PiecePath),
    Restore(u32),
    Settle(model::PiecePath),
}

impl Studio {
    /// A project's revisions, newest first.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn revisions(
        &self,
        user: Option<UserId>,
        project: ProjectId,
        stage: Option<Stage>,
        cursor: Option<Cursor>,
        limit: PageLimit,
    ) -> Result<Page<RevisionSummary>, StudioError> {
        self.reader(user, project).await?;
        let rows = store::list(self.db.primary(), project, stage, cursor, limit.fetch()).await?;
        let page = Page::cut(rows, limit, |(id, row)| Cursor { micros: micros(row.created_at), id: *id });
        Ok(Page { items: page.items.into_iter().map(|(_, row)| row).collect(), next_cursor: page.next_cursor })
    }

    /// One revision.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner, and where there is none.
    pub async fn revision(
        &self,
        user: Option<UserId>,
        project: ProjectId,
        stage: Stage,
        number: u32,
    ) -> Result<Revision, StudioError> {
        self.reader(user, project).await?;
        let stored = store::revision(self.db.primary(), project, stage, number).await?.ok_or(StudioError::NotFound)?;
        let mut sections = Sections::default();
        sections.restore(stage, &stored.content).map_err(|_| StudioError::Unreadable)?;
        Ok(Revision { stage, number, sections })
    }

    /// Puts a piece in its place by hand. `expected` is the number of the section that whoever edits has seen. Returns the new number; an
    /// edit that changes nothing makes no revision.
    ///
    /// # Errors
    /// [`StudioError::Conflict`] when the section is at another number by now; [`StudioError::BadPiece`] when the value does not fit;
    /// [`StudioError::Busy`] while the section is being made.
    pub async fn edit(
        &self,
        user: UserId,
        project: ProjectId,
        at: &Address,
        value: Value,
        expected: u32,
    ) -> Result<u32, StudioError> {
        let piece = Piece { path: at.path.clone(), value };
        self.by_hand(user, project, at.stage, expected, ByHand::Put(piece)).await
    }

    /// Takes a piece away by hand. One that is gone already changes nothing.
    ///
    /// # Errors
    /// As [`Studio::edit`].
    pub async fn remove(
        &self,
        user: UserId,
        project: ProjectId,
        at: &Address,
        expected: u32,
    ) -> Result<u32, StudioError> {
        self.by_hand(user, project, at.stage, expected, ByHand::Remove(at.path.clone())).await
    }

    /// Says that a stale piece is right as it is.
    ///
    /// # Errors
    /// As [`Studio::edit`].
    pub async fn settle(
        &self,
        user: UserId,
        project: ProjectId,
        at: &Address,
        expected: u32,
    ) -> Result<u32, StudioError> {
        self.by_hand(user, project, at.stage, expected, ByHand::Settle(at.path.clone())).await
    }

    /// Makes an earlier revision the section again, as a new one.
    ///
    /// # Errors
    /// As [`Studio::edit`]; [`StudioError::NotFound`] where there is no such revision.
    pub async fn restore(
        &self,
        user: UserId,
        project: ProjectId,
        stage: Stage,
        number: u32,
        expected: u32,
    ) -> Result<u32, StudioError> {
        self.by_hand(user, project, stage, expected, ByHand::Restore(number)).await
    }

    /// One person changes one thing at a time: each change holds two connections, and those of one person wait for each other in the database.
    async fn hand(&self, user: UserId) -> Result<OwnedSemaphorePermit, StudioError> {
        self.limits.admit(&super::CHANGES, &user.to_string()).await?;
        let hand = self.hands.get_with(user, || Arc::new(Semaphore::new(1)));
        let waited = tokio::time::timeout(super::HAND_WITHIN, hand.acquire_owned()).await;
        waited.ok().and_then(Result::ok).ok_or(StudioError::Limited(Limited { retry_after: super::HAND_WITHIN }))
    }

    async fn by_hand(
        &self,
        user: UserId,
        project: ProjectId,
        stage: Stage,
        expected: u32,
        change: ByHand,
    ) -> Result<u32, StudioError> {
        let _hand = self.hand(user).await?;
        let mut tx = store::begin(self.db.primary()).await?;
        let owner = self.to_change(&mut tx, user, project).await?;
        if store::being_made(&mut tx, project).await?.contains(&stage) {
            return Err(StudioError::Busy);
        }
        let current = store::current_number(&mut tx, project, stage).await?;
        if current != expected {
            return Err(StudioError::Conflict { stage, current });
        }
        let before = self.current(project).await?;
        let Some(after) = self.changed(project, stage, &before, &change).await? else { return Ok(current) };
        let own = checks::own(stage, &after.sections);
        let basis = after.bases.get(&stage).cloned().unwrap_or_default();
        let content = after.sections.content(stage).map_err(|_| StudioError::Unreadable)?;
        let (origin, parent) = match change {
            ByHand::Restore(number) => (Origin::Restore, number),
            ByHand::Put(_) | ByHand::Remove(_) | ByHand::Settle(_) => (Origin::Edit, current),
        };
        let revision = NewRevision {
            id: self.clock.new_id(),
            project,
            stage,
            origin,
            content: &content,
            basis: &basis,
            generation: None,
            author: Some(user),
            parent: Some(parent),
            receipt: None,
            checks: &own,
            accepted: true,
        };
        let now = self.clock.now();
        let number = store::insert_revision(&mut tx, &revision, now).await;
        let number = number.map_err(|error| {
            if store::came_second(&error) {
                StudioError::Conflict { stage, current: current + 1 }
            } else {
                error.into()
            }
        })?;
        let is_shown = store::touch_project(&mut tx, project, now).await?;
        let happened = Happened::RevisionCreated(project, stage, number, origin);
        self.events.publish(&mut tx, Some(owner), &happened).await?;
        let changing = self.shown.changing(project);
        store::commit(tx).await?;
        changing.is_committed_if_shown(is_shown).await;
        self.events.wake();
        Ok(number)
    }

    /// The sections after a change by hand; none when it changes nothing.
    async fn changed(
        &self,
        project: ProjectId,
        stage: Stage,
        before: &Current,
        change: &ByHand,
    ) -> Result<Option<Current>, StudioError> {
        let mut after = before.clone();
        let basis = after.bases.entry(stage).or_default();
        match change {
            ByHand::Put(piece) => {
                after.sections.apply(stage, piece)?;
                basis.settle(&piece.path, stage, &after.sections);
            }
            ByHand::Remove(path) => {
                after.sections.remove(stage, path);
            }
            ByHand::Settle(path) => basis.settle(path, stage, &after.sections),
            ByHand::Restore(number) => {
                let stored = store::revision(self.db.primary(), project, stage, *number).await?;
                let stored = stored.ok_or(StudioError::NotFound)?;
                after.sections.restore(stage, &stored.content).map_err(|_| StudioError::Unreadable)?;
                *basis = stored.basis.unwrap_or_default();
            }
        }
        let same = after.sections == before.sections && after.bases.get(&stage) == before.bases.get(&stage);
        Ok((!same).then_some(after))
    }

    /// Accepts what a generation proposes, all of it or nothing.
    ///
    /// # Errors
    /// [`StudioError::Conflict`] when a section was changed since; [`StudioError::NotFound`] for everybody but the owner. Accepting what is
    /// accepted changes nothing.
    pub async fn accept(&self, user: UserId, id: GenerationId) -> Result<(), StudioError> {
        let generation = self.changeable(Some(user), id).await?;
        let proposed = store::proposed(self.db.primary(), id).await?;
        let mut tx = store::begin(self.db.primary()).await?;
        self.to_change(&mut tx, user, generation.project).await?;
        let (now, mut has_changed) = (self.clock.now(), false);
        for (stage, number) in proposed {
            if store::accept(&mut tx, generation.project, stage, number, now).await? {
                has_changed = true;
            } else {
                let current = store::current_number(&mut tx, generation.project, stage).await?;
                // Somebody else may have accepted it in the same moment.
                if current != number {
                    return Err(StudioError::Conflict { stage, current });
                }
            }
        }
        if !has_changed {
            return Ok(());
        }
        let is_shown = store::touch_project(&mut tx, generation.project, now).await?;
        let changing = self.shown.changing(generation.project);
        store::commit(tx).await?;
        changing.is_committed_if_shown(is_shown).await;
        Ok(())
    }

    /// Refuses what a generation proposes. It stays among the revisions.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn refuse(&self, user: UserId, id: GenerationId) -> Result<(), StudioError> {
        self.changeable(Some(user), id).await?;
        let mut tx = store::begin(self.db.primary()).await?;
        store::refuse(&mut tx, id, self.clock.now()).await?;
        store::commit(tx).await?;
        Ok(())
    }

    /// Keeps a piece as it is, whatever is made; or no longer.
    ///
    /// # Errors
    /// [`StudioError::TooManyLocks`]; [`StudioError::NotFound`] for everybody but the owner, and where there is no such piece.
    pub async fn lock(&self, user: UserId, project: ProjectId, at: &Address, locked: bool) -> Result<(), StudioError> {
        let _hand = self.hand(user).await?;
        let mut tx = store::begin(self.db.primary()).await?;
        self.to_change(&mut tx, user, project).await?;
        if !locked {
            store::unlock(&mut tx, project, at).await?;
        } else if self.current(project).await?.sections.piece(at).is_none() {
            return Err(StudioError::NotFound);
        } else {
            let most = i64::try_from(LOCKS_MAX).unwrap_or(i64::MAX);
            if !store::lock(&mut tx, project, at, most, self.clock.now()).await? {
                return Err(StudioError::TooManyLocks);
            }
        }
        store::commit(tx).await?;
        Ok(())
    }

    /// Makes what is out of date anew, and nothing else: every other piece of the sections concerned stays.
    ///
    /// # Errors
    /// [`StudioError::NothingStale`]; and as [`Studio::generate`].
    pub async fn rebuild(&self, user: UserId, project: ProjectId, wish: Wish) -> Result<GenerationId, StudioError> {
        self.reader(Some(user), project).await?;
        let current = self.current(project).await?;
        let staleness = current.staleness();
        let stages = staleness.stages();
        if stages.is_empty() {
            return Err(StudioError::NothingStale);
        }
        let stays = |at: &Address| staleness.of(at).is_none();
        let kept = stages.iter().flat_map(|stage| current.sections.addresses(*stage)).filter(stays).collect();
        self.generate(user, project, Wish { stages, locks: kept, ..wish }).await
    }

    /// Begins a new project with the sections that a generation's project had, up to where `from` begins; that stage and those after it are
    /// made anew.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner; [`StudioError::TooMany`].
    pub async fn fork(
        &self,
        user: UserId,
        id: GenerationId,
        from: Stage,
        note: Option<String>,
    ) -> Result<Started, StudioError> {
        // What is forked belongs to whose it was.
        if self.generation(Some(user), id).await?.role != RoomRole::Owner {
            return Err(StudioError::ReadOnly);
        }
        let made = self.as_made(Some(user), id).await?;
        let kept: Vec<Stage> = made.numbers.keys().copied().filter(|stage| !from.makes_stale(*stage)).collect();
        let stages: Vec<Stage> = Stage::ALL.into_iter().filter(|stage| !kept.contains(stage)).collect();
        let mut wish = Wish { stages, note, forked_from: Some(id), ..Wish::default() };
        self.check_wish(&mut wish)?;
        let now = self.clock.now();
        let mut tx = store::begin(self.db.primary()).await?;
        store::lock_owner(&mut tx, user).await?;
        if store::unfinished(&mut tx, user).await? >= super::UNFINISHED_MAX {
            return Err(StudioError::TooMany);
        }
        self.limits.admit(&super::GENERATIONS, &user.to_string()).await?;
        let started =
            Started { project: ProjectId(self.clock.new_id()), generation: GenerationId(self.clock.new_id()) };
        let about = store::copy_project(&mut tx, id, started.project, now).await?;
        for stage in kept {
            let content = made.sections.content(stage).map_err(|_| StudioError::Unreadable)?;
            let basis = made.bases.get(&stage).cloned().unwrap_or_default();
            let revision = NewRevision {
                id: self.clock.new_id(),
                project: started.project,
                stage,
                origin: Origin::Fork,
                content: &content,
                basis: &basis,
                generation: None,
                author: Some(user),
                parent: None,
                receipt: None,
                checks: &checks::own(stage, &made.sections),
                accepted: true,
            };
            store::insert_revision(&mut tx, &revision, now).await?;
        }
        self.enqueue(&mut tx, started.generation, started.project, &wish).await?;
        self.events.publish(&mut tx, Some(user), &Happened::ProjectCreated(about, Outset::Forked)).await?;
        store::commit(tx).await?;
        self.queued();
        self.events.wake();
        Ok(started)
    }

    /// Whoever asks owns the project, or is in its room.
    async fn reader(&self, user: Option<UserId>, project: ProjectId) -> Result<UserId, StudioError> {
        let user = user.ok_or(StudioError::NotFound)?;
        if store::may_read(self.db.primary(), user, project).await? { Ok(user) } else { Err(StudioError::NotFound) }
    }
}
