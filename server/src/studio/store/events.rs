//! The log.

use model::{Event, GenerationId, Logged, Seq, Stage};
use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::instrument;

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

/// Appends events under the lease, which it renews; with the last event, ends the generation.
///
/// Contract: gapless, because numbering and inserting happen under the generation's row lock; fenced, because a worker whose token is
/// no longer the row's writes nothing.
#[instrument(name = "db.generation_events.append", skip_all)]
pub(in crate::studio) async fn append(
    tx: &mut Tx,
    claim: &Claim,
    events: &[Event],
    fate: Fate,
    lease_seconds: f64,
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
                   lease_until = case when $4 = 'running' then now() + make_interval(secs => $5) end,
                   finished_at = case when $4 = 'running' then null else $6::timestamptz end
               where id = $1 and lease_token = $2
               returning last_seq
           ), added as (
               insert into generation_events (generation_id, seq, kind, data)
               select $1, held.last_seq - $3 + new.place, new.kind, new.data
               from held, unnest($7::text[], $8::text[]) with ordinality as new (kind, data, place)
           )
           select last_seq from held"#,
        claim.generation.0,
        claim.token,
        count,
        status,
        lease_seconds,
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

/// Likewise without what was made: how it went.
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
