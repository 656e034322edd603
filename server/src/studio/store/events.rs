//! The log.

use model::{Event, GenerationId, Logged, Seq, Stage};
use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::{AppendError, Claim, Fate, Tx, stages};
use crate::db::DbError;

/// Events read at once.
const EVENTS_AT_ONCE: i64 = 500;

/// The next events of a log after `after`, in order. Empty when there are none yet.
#[instrument(name = "db.generation_events.list", skip_all)]
pub(in crate::studio) async fn events(pool: &PgPool, id: GenerationId, after: Seq) -> Result<Vec<Logged>, DbError> {
    let rows = sqlx::query_as!(
        Logged,
        "select seq, kind, data from generation_events where generation_id = $1 and seq > $2 order by seq limit $3",
        id.0,
        after,
        EVENTS_AT_ONCE
    );
    Ok(rows.fetch_all(pool).await?)
}

/// Stages of which the log of this generation says something.
#[instrument(name = "db.generation_events.stages_begun", skip_all)]
pub(in crate::studio) async fn stages_begun(pool: &PgPool, id: GenerationId) -> Result<Vec<Stage>, DbError> {
    let names = sqlx::query_scalar!(
        r#"select distinct data::jsonb ->> 'stage' as "stage!" from generation_events where generation_id = $1 and kind = 'status'"#,
        id.0
    );
    stages(&names.fetch_all(pool).await?)
}

/// Appends events under the run's token; with the last event, ends the generation.
///
/// Contract: gapless, because numbering and inserting happen under the generation's row lock; fenced, because a worker whose token is
/// no longer the row's writes nothing.
#[instrument(name = "db.generation_events.append", skip_all)]
pub(in crate::studio) async fn append(
    tx: &mut Tx,
    claim: &Claim,
    events: &[Event],
    fate: Fate,
    now: OffsetDateTime,
) -> Result<Vec<Logged>, AppendError> {
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let kinds: Vec<String> = events.iter().map(|event| event.kind().to_owned()).collect();
    let data: Vec<String> = events.iter().map(Event::data).collect();
    let status = match fate {
        Fate::GoesOn => "running",
        Fate::Done => "done",
        Fate::Failed => "failed",
    };
    let last = sqlx::query_scalar!(
        r#"with held as (
               update generations
               set last_seq = last_seq + $3, status = $4,
                   lease_token = case when $4 = 'running' then lease_token end,
                   finished_at = case when $4 = 'running' then null else $5::timestamptz end
               where id = $1 and lease_token = $2
               returning last_seq
           ), added as (
               insert into generation_events (generation_id, seq, kind, data)
               select $1, held.last_seq - $3 + new.place, new.kind, new.data
               from held, unnest($6::text[], $7::text[]) with ordinality as new (kind, data, place)
           )
           select last_seq from held"#,
        claim.generation.0,
        claim.token,
        count,
        status,
        now,
        &kinds,
        &data
    )
    .fetch_optional(&mut **tx)
    .await
    .map_err(DbError::from)?
    .ok_or(AppendError::LeaseLost)?;
    let logged = kinds.into_iter().zip(data).zip(last - count + 1..);
    Ok(logged.map(|((kind, data), seq)| Logged { seq, kind, data }).collect())
}

/// Events of one run, under its token.
pub(in crate::studio) struct Entry {
    pub(in crate::studio) generation: GenerationId,
    pub(in crate::studio) token: Uuid,
    /// Kinds and data.
    pub(in crate::studio) events: Vec<(String, String)>,
}

impl Entry {
    pub(in crate::studio) fn of(claim: &Claim, events: &[Event]) -> Self {
        let events = events.iter().map(|event| (event.kind().to_owned(), event.data())).collect();
        Self { generation: claim.generation, token: claim.token, events }
    }

    /// About what it weighs.
    pub(in crate::studio) fn bytes(&self) -> usize {
        self.events.iter().map(|(_, data)| data.len() + 64).sum()
    }

    /// The events as they stand in the log when this is the number of the last one.
    pub(in crate::studio) fn logged(&self, last: Seq) -> Vec<Logged> {
        let first = last + 1 - i64::try_from(self.events.len()).unwrap_or_default();
        let numbered = self.events.iter().zip(first..);
        numbered.map(|((kind, data), seq)| Logged { seq, kind: kind.clone(), data: data.clone() }).collect()
    }
}

/// Appends events of several runs, each under its token. Returns for each entry the number of its last event, or nothing when another run has
/// taken over: then nothing of it is written.
///
/// Contract: as [`append`].
#[instrument(name = "db.generation_events.append_many", skip_all)]
pub(in crate::studio) async fn append_many(pool: &PgPool, entries: &[Entry]) -> Result<Vec<Option<Seq>>, DbError> {
    let (mut ids, mut tokens, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut of, mut places, mut kinds, mut data) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        ids.push(entry.generation.0);
        tokens.push(entry.token);
        counts.push(i64::try_from(entry.events.len()).unwrap_or(i64::MAX));
        for ((kind, text), place) in entry.events.iter().zip(1_i64..) {
            of.push(entry.token);
            places.push(place);
            kinds.push(kind.clone());
            data.push(text.clone());
        }
    }
    // A token is drawn for each claim, so that it names the run as well as the lease.
    let written = sqlx::query!(
        r#"with lines as (
               select * from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as line (id, token, count)
           ), held as (
               update generations g
               set last_seq = last_seq + line.count
               from lines line
               where g.id = line.id and g.lease_token = line.token
               returning g.id, line.token, g.last_seq, line.count
           ), added as (
               insert into generation_events (generation_id, seq, kind, data)
               select held.id, held.last_seq - held.count + new.place, new.kind, new.data
               from unnest($4::uuid[], $5::bigint[], $6::text[], $7::text[]) as new (token, place, kind, data)
               join held on held.token = new.token
           )
           select token as "token!", last_seq from held"#,
        &ids,
        &tokens,
        &counts,
        &of,
        &places,
        &kinds,
        &data
    )
    .fetch_all(pool)
    .await?;
    let last = |entry: &Entry| written.iter().find(|row| row.token == entry.token).map(|row| row.last_seq);
    Ok(entries.iter().map(last).collect())
}

/// The next events of a log without what was made: how it went.
#[instrument(name = "db.generation_events.list_but_pieces", skip_all)]
pub(in crate::studio) async fn events_but_pieces(
    pool: &PgPool,
    id: GenerationId,
    after: Seq,
) -> Result<Vec<Logged>, DbError> {
    let rows = sqlx::query_as!(
        Logged,
        "select seq, kind, data from generation_events
         where generation_id = $1 and seq > $2 and kind not in ('piece', 'delta') order by seq limit $3",
        id.0,
        after,
        EVENTS_AT_ONCE
    );
    Ok(rows.fetch_all(pool).await?)
}

/// Where the stages of a generation are first heard of.
#[instrument(name = "db.generation_events.stage_marks", skip_all)]
pub(in crate::studio) async fn stage_marks(pool: &PgPool, id: GenerationId) -> Result<Vec<(Stage, Seq)>, DbError> {
    let rows = sqlx::query!(
        r#"select data::jsonb ->> 'stage' as "stage!", min(seq) as "seq!" from generation_events
           where generation_id = $1 and kind = 'status' group by 1 order by 2"#,
        id.0
    );
    let rows = rows.fetch_all(pool).await?;
    rows.into_iter().map(|row| Ok((row.stage.parse().map_err(super::decode)?, row.seq))).collect()
}
