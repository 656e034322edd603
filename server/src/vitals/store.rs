//! All SQL of vitals.

use std::collections::HashMap;

use model::vitals::{Histogram, Vital};
use sqlx::{PgConnection, PgPool};
use time::{Date, OffsetDateTime};
use tracing::instrument;
use uuid::Uuid;

use super::{
    buffer::{Key, Sample},
    cube::{Cell, Combination, Filter, Parts, Side},
    summary::Release,
};
use crate::db::DbError;

/// Writes samples as they came.
#[instrument(name = "db.vital_samples.insert", skip_all)]
pub(super) async fn insert_samples(pool: &PgPool, samples: &[Sample]) -> Result<(), DbError> {
    let column = |of: fn(&Sample) -> &str| samples.iter().map(of).collect::<Vec<&str>>();
    let at: Vec<OffsetDateTime> = samples.iter().map(|sample| sample.at).collect();
    let values: Vec<f64> = samples.iter().map(|sample| sample.measurement.value).collect();
    sqlx::query!(
        "insert into vital_samples (at, vital, value, route, device, connection, navigation, release, page)
         select * from unnest($1::timestamptz[], $2::text[], $3::float8[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])",
        &at,
        &column(|sample| sample.measurement.vital.as_str()) as &[&str],
        &values,
        &column(|sample| sample.measurement.dimensions.route) as &[&str],
        &column(|sample| sample.measurement.dimensions.device) as &[&str],
        &column(|sample| sample.measurement.dimensions.connection) as &[&str],
        &column(|sample| sample.measurement.navigation) as &[&str],
        &column(|sample| sample.measurement.dimensions.release.as_str()) as &[&str],
        &column(|sample| sample.measurement.page.as_str()) as &[&str]
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Writes what a writer has counted, in the place of what it had written of the same before.
#[instrument(name = "db.vital_hours.set", skip_all)]
pub(super) async fn set_hours(pool: &PgPool, writer: Uuid, rows: &[(&Key, Vec<u8>)]) -> Result<(), DbError> {
    let column = |of: fn(&Key) -> &str| rows.iter().map(|(key, _)| of(key)).collect::<Vec<&str>>();
    let hours: Vec<OffsetDateTime> = rows.iter().map(|(key, _)| key.hour).collect();
    let sketches: Vec<&[u8]> = rows.iter().map(|(_, sketch)| sketch.as_slice()).collect();
    sqlx::query!(
        "insert into vital_hours (hour, writer, vital, route, device, connection, release, sketch)
         select hour, $1, vital, route, device, connection, release, sketch
         from unnest($2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])
              as new (hour, vital, route, device, connection, release, sketch)
         on conflict (hour, vital, route, device, connection, release, writer) do update set sketch = excluded.sketch",
        writer,
        &hours,
        &column(|key| key.vital.as_str()) as &[&str],
        &column(|key| key.dimensions.route) as &[&str],
        &column(|key| key.dimensions.device) as &[&str],
        &column(|key| key.dimensions.connection) as &[&str],
        &column(|key| key.dimensions.release.as_str()) as &[&str],
        &sketches as &[&[u8]]
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Says that there is a release.
#[instrument(name = "db.releases.set", skip_all)]
pub(super) async fn set_release(pool: &PgPool, name: &str, at: OffsetDateTime) -> Result<(), DbError> {
    let set =
        sqlx::query!("insert into releases (name, first_seen_at) values ($1, $2) on conflict do nothing", name, at);
    set.execute(pool).await?;
    Ok(())
}

/// When releases came, the latest first.
#[instrument(name = "db.releases.list", skip_all)]
pub(super) async fn releases(pool: &PgPool, most: i64) -> Result<Vec<Release>, DbError> {
    let releases =
        sqlx::query_as!(Release, "select name, first_seen_at from releases order by first_seen_at desc limit $1", most);
    Ok(releases.fetch_all(pool).await?)
}

/// Makes room for samples of so many days.
#[instrument(name = "db.vital_samples.partition", skip_all)]
pub(super) async fn make_partitions(pool: &PgPool, first: Date, days: i32) -> Result<(), DbError> {
    sqlx::query!("select vital_partitions($1, $2)", first, days).execute(pool).await?;
    Ok(())
}

/// Drops samples of days before a day, and returns how many days.
#[instrument(name = "db.vital_samples.drop", skip_all)]
pub(super) async fn drop_partitions(pool: &PgPool, before: Date) -> Result<i32, DbError> {
    let dropped = sqlx::query_scalar!(r#"select vital_partitions_drop($1) as "dropped!""#, before);
    Ok(dropped.fetch_one(pool).await?)
}

/// The last hour that is part of a day, locked until the caller's transaction ends.
#[instrument(name = "db.vital_rolled.lock", skip_all)]
pub(super) async fn lock_rolled(tx: &mut PgConnection) -> Result<OffsetDateTime, DbError> {
    Ok(sqlx::query_scalar!("select hour from vital_rolled for update").fetch_one(tx).await?)
}

/// Says up to which hour all are part of a day.
#[instrument(name = "db.vital_rolled.set", skip_all)]
pub(super) async fn set_rolled(tx: &mut PgConnection, hour: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!("update vital_rolled set hour = $1", hour).execute(tx).await?;
    Ok(())
}

/// The first hour after one in which something was measured.
#[instrument(name = "db.vital_hours.first", skip_all)]
pub(super) async fn first_hour_after(
    tx: &mut PgConnection,
    hour: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, DbError> {
    let first = sqlx::query_scalar!(r#"select min(hour) as "first?" from vital_hours where hour > $1"#, hour);
    Ok(first.fetch_one(tx).await?)
}

/// What was measured of a vital in some hours, of all writers.
#[instrument(name = "db.vital_hours.list", skip_all)]
pub(super) async fn combinations(
    tx: &mut PgConnection,
    vital: Vital,
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> Result<Vec<Combination>, DbError> {
    let rows = sqlx::query!(
        "select route, device, connection, release, sketch from vital_hours where hour >= $1 and hour < $2 and vital = $3",
        from,
        to,
        vital.as_str()
    );
    let combination =
        |parts: Parts, sketch: Vec<u8>| Some(Combination { vital, parts, histogram: Histogram::from_bytes(&sketch)? });
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.filter_map(|row| combination([row.route, row.device, row.connection, row.release], row.sketch)).collect())
}

/// What was measured in hours that are not part of a day yet, of what a filter lets through, with the hour.
#[instrument(name = "db.vital_hours.under_way", skip_all)]
pub(super) async fn combinations_under_way(
    pool: &PgPool,
    since: OffsetDateTime,
    filter: &Filter,
) -> Result<Vec<(Date, Combination)>, DbError> {
    let [route, device, connection, release] = filter.parts();
    let rows = sqlx::query!(
        "select hour, vital, route, device, connection, release, sketch from vital_hours
         where hour > (select hour from vital_rolled) and hour >= $1
           and ($2::text is null or route = $2) and ($3::text is null or device = $3)
           and ($4::text is null or connection = $4) and ($5::text is null or release = $5)",
        since,
        route,
        device,
        connection,
        release
    );
    let rows = rows.fetch_all(pool).await?.into_iter().filter_map(|row| {
        let parts = [row.route, row.device, row.connection, row.release];
        let combination =
            Combination { vital: row.vital.parse().ok()?, parts, histogram: Histogram::from_bytes(&row.sketch)? };
        Some((row.hour.date(), combination))
    });
    Ok(rows.collect())
}

/// Cells of a day that are there already.
#[instrument(name = "db.vital_days.get", skip_all)]
pub(super) async fn cells(
    tx: &mut PgConnection,
    day: Date,
    wanted: &HashMap<Cell, Histogram>,
) -> Result<Vec<(Cell, Histogram)>, DbError> {
    let (sides, vitals, [route, device, connection, release]) = columns(wanted.keys());
    let rows = sqlx::query!(
        r#"select side as "side!", vital as "vital!", route as "route!", device as "device!", connection as "connection!",
                  release as "release!", sketch as "sketch!"
           from unnest($2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
                as wanted (side, vital, route, device, connection, release)
                join vital_days using (side, vital, route, device, connection, release)
           where day = $1"#,
        day,
        &sides,
        &vitals as &[&str],
        &route as &[&str],
        &device as &[&str],
        &connection as &[&str],
        &release as &[&str]
    );
    let rows = rows.fetch_all(tx).await?.into_iter().filter_map(|row| {
        let parts = [row.route, row.device, row.connection, row.release];
        let cell = Cell { side: row.side, vital: row.vital.parse().ok()?, parts };
        Some((cell, Histogram::from_bytes(&row.sketch)?))
    });
    Ok(rows.collect())
}

/// Writes cells of a day, in the place of those that were there.
#[instrument(name = "db.vital_days.set", skip_all)]
pub(super) async fn set_cells(
    tx: &mut PgConnection,
    day: Date,
    cells: &HashMap<Cell, Histogram>,
) -> Result<(), DbError> {
    let (sides, vitals, [route, device, connection, release]) = columns(cells.keys());
    let sketches: Vec<Vec<u8>> = cells.values().map(Histogram::to_bytes).collect();
    sqlx::query!(
        "insert into vital_days (day, side, vital, route, device, connection, release, sketch)
         select $1, * from unnest($2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])
         on conflict (side, vital, route, device, connection, release, day) do update set sketch = excluded.sketch",
        day,
        &sides,
        &vitals as &[&str],
        &route as &[&str],
        &device as &[&str],
        &connection as &[&str],
        &release as &[&str],
        &sketches
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Cells as columns: their sides, vitals, and four parts.
fn columns<'a>(cells: impl Iterator<Item = &'a Cell> + Clone) -> (Vec<Side>, Vec<&'a str>, [Vec<&'a str>; 4]) {
    let part = |place: usize| cells.clone().map(|cell| cell.parts[place].as_str()).collect();
    let sides = cells.clone().map(|cell| cell.side).collect();
    (sides, cells.clone().map(|cell| cell.vital.as_str()).collect(), [0, 1, 2, 3].map(part))
}

/// Forgets hours before a moment that are part of a day, and returns how many rows.
#[instrument(name = "db.vital_hours.prune", skip_all)]
pub(super) async fn prune_hours(pool: &PgPool, before: OffsetDateTime, most: i64) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from vital_hours where ctid = any(array(
             select ctid from vital_hours where hour < $1 and hour <= (select hour from vital_rolled) order by hour limit $2))",
        before,
        most
    );
    Ok(gone.execute(pool).await?.rows_affected())
}

/// Forgets days before a day, and before another those that are told by more than one part; returns how many rows.
#[instrument(name = "db.vital_days.prune", skip_all)]
pub(super) async fn prune_days(pool: &PgPool, before: Date, combined_before: Date, most: i64) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from vital_days where ctid = any(array(
             select ctid from vital_days
             where day < greatest($1::date, $2::date) and (day < $1 or side not in (0, 1, 2, 4, 8)) order by day limit $3))",
        before,
        combined_before,
        most
    );
    Ok(gone.execute(pool).await?.rows_affected())
}

/// All vitals since a day, of exactly what a filter says, by the day.
#[instrument(name = "db.vital_days.totals", skip_all)]
pub(super) async fn totals(
    pool: &PgPool,
    since: Date,
    filter: &Filter,
) -> Result<Vec<(Date, Vital, Histogram)>, DbError> {
    let [route, device, connection, release] = filter.parts().map(Option::unwrap_or_default);
    let names = Vital::ALL.map(Vital::as_str);
    let rows = sqlx::query!(
        "select day, vital, sketch from vital_days
         where side = $1 and vital = any($2) and route = $3 and device = $4 and connection = $5 and release = $6 and day >= $7",
        filter.side(),
        &names as &[&str],
        route,
        device,
        connection,
        release,
        since
    );
    let rows = rows.fetch_all(pool).await?.into_iter();
    Ok(rows.filter_map(|row| Some((row.day, row.vital.parse().ok()?, Histogram::from_bytes(&row.sketch)?))).collect())
}

/// One vital since a day, of what a filter lets through, told by one more part.
#[instrument(name = "db.vital_days.by", skip_all)]
pub(super) async fn by_part(
    pool: &PgPool,
    since: Date,
    vital: Vital,
    sides: &[Side],
    filter: &Filter,
) -> Result<Vec<(Side, Parts, Histogram)>, DbError> {
    let [route, device, connection, release] = filter.parts();
    let rows = sqlx::query!(
        "select side, route, device, connection, release, sketch from vital_days
         where side = any($1) and vital = $2 and day >= $3
           and ($4::text is null or route = $4) and ($5::text is null or device = $5)
           and ($6::text is null or connection = $6) and ($7::text is null or release = $7)",
        sides,
        vital.as_str(),
        since,
        route,
        device,
        connection,
        release
    );
    let rows = rows.fetch_all(pool).await?.into_iter().filter_map(|row| {
        let parts = [row.route, row.device, row.connection, row.release];
        Some((row.side, parts, Histogram::from_bytes(&row.sketch)?))
    });
    Ok(rows.collect())
}

/// Whether nothing was ever measured.
#[instrument(name = "db.vital_hours.exists", skip_all)]
pub(super) async fn is_empty(pool: &PgPool) -> Result<bool, DbError> {
    let empty = sqlx::query_scalar!(
        r#"select not exists (select from vital_hours) and not exists (select from vital_days) as "empty!""#
    );
    Ok(empty.fetch_one(pool).await?)
}
