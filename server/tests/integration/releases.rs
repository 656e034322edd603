//! A new release comes while the one before still runs: its schema must serve the old program's queries, and what the old one writes must be whole for
//! the new one. `data/releases` holds the queries of each release that may still run, under the number of its last migration.

use std::fs;

use model::{PageLimit, UserId};
use serde_json::Value;
use server::projects::Listing;
use sqlx::{AssertSqlSafe, Column, Connection, Executor, PgConnection, SqlSafeStr, Statement, TypeInfo};

use crate::support::{Instance, Scratch};

/// A query as the old program was compiled with it.
struct Query {
    text: String,
    parameters: Vec<String>,
    columns: Vec<(String, String)>,
}

fn queries_of(release: &str) -> Vec<Query> {
    let file = format!("{}/tests/data/releases/{release}.json", env!("CARGO_MANIFEST_DIR"));
    let known: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let query = |one: &Value| Query {
        text: text(&one["query"]),
        parameters: one["parameters"].as_array().unwrap().iter().map(text).collect(),
        columns: one["columns"].as_array().unwrap().iter().map(|column| (text(&column[0]), text(&column[1]))).collect(),
    };
    known.as_array().unwrap().iter().map(query).collect()
}

/// A value of a type as sqlx calls it, and the type as PostgreSQL does.
fn sample(kind: &str) -> (String, String) {
    if let Some(of) = kind.strip_suffix("Array") {
        let (value, of) = sample(of);
        return (format!("array[{value}]"), format!("{of}[]"));
    }
    let (value, name) = match kind {
        "Bool" => ("true", "boolean"),
        "Bytea" => (r"'\x0000000000000000000000000000000000000000000000000000000000000000'::bytea", "bytea"),
        "Date" => ("current_date", "date"),
        "Float4" => ("1::real", "real"),
        "Float8" => ("1::double precision", "double precision"),
        "Int2" => ("1::smallint", "smallint"),
        "Int4" => ("1", "integer"),
        "Int8" => ("1::bigint", "bigint"),
        "Jsonb" => ("'{}'::jsonb", "jsonb"),
        "Text" => ("'x'::text", "text"),
        "Timestamptz" => ("now()", "timestamptz"),
        "Uuid" => ("'01890000-0000-7000-8000-000000000001'::uuid", "uuid"),
        _ => panic!("no sample of {kind}"),
    };
    (value.to_owned(), name.to_owned())
}

#[tokio::test]
async fn the_program_of_the_release_before_runs_on_this_schema() {
    let scratch = Scratch::new().await;
    let mut connection = PgConnection::connect(&scratch.url).await.unwrap();
    let queries = queries_of("0006");
    assert!(queries.len() > 200);
    for query in &queries {
        let statement = connection.prepare(AssertSqlSafe(query.text.clone()).into_sql_str()).await;
        let statement = statement.unwrap_or_else(|e| panic!("{e}: {}", query.text));
        let kind = |column: &sqlx::postgres::PgColumn| column.type_info().name().replace("[]", "Array").to_lowercase();
        let columns: Vec<_> =
            statement.columns().iter().map(|column| (column.name().to_owned(), kind(column))).collect();
        let then: Vec<_> = query.columns.iter().map(|(name, kind)| (name.clone(), kind.to_lowercase())).collect();
        assert_eq!(columns, then, "{}", query.text);
        run(&mut connection, query).await;
    }
    scratch.finish([]).await;
}

/// Runs a query and takes back what it did. What the samples cannot fulfil is no fault of the schema; what it lacks is.
async fn run(connection: &mut PgConnection, query: &Query) {
    let (values, types): (Vec<_>, Vec<_>) = query.parameters.iter().map(|kind| sample(kind)).unzip();
    let list = |of: Vec<String>| if of.is_empty() { String::new() } else { format!("({})", of.join(", ")) };
    let (values, types) = (list(values), list(types));
    let sql = format!("begin; prepare one{types} as {}; execute one{values};", query.text);
    let ran = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await;
    sqlx::raw_sql("rollback; deallocate all").execute(connection).await.unwrap();
    let Err(sqlx::Error::Database(error)) = ran else { return };
    let class = error.code().unwrap_or_default()[..2].to_owned();
    assert!(["22", "23"].contains(&class.as_str()), "{error}: {}", query.text);
}

/// What is asked of whoever writes into tables that the release before knows: columns that must be given, rules and unique keys about columns that it gives.
const ASKED: &str = "
    with tables as (
        select now.oid as now, before.oid as before from pg_class now join pg_class before using (relname)
        where now.relnamespace = 'public'::regnamespace and before.relnamespace = 'before'::regnamespace and now.relkind = 'r'
    ), known as (
        select tables.now, new.attnum, new.attname from tables join pg_attribute old on old.attrelid = before and old.attnum > 0
        join pg_attribute new on new.attrelid = tables.now and new.attname = old.attname
    )
    select format('%s.%s must be given', now::regclass, a.attname) from tables join pg_attribute a on a.attrelid = now
    where attnum > 0 and attnotnull and not attisdropped and not atthasdef and attidentity = ''
      and not exists (select from pg_attribute old where old.attrelid = before and old.attname = a.attname and old.attnotnull)
    union all
    select format('%s: %s', now::regclass, pg_get_constraintdef(c.oid)) from tables join pg_constraint c on c.conrelid = now
    where contype in ('c', 'f', 'u', 'x') and exists (select from known where known.now = tables.now and attnum = any(conkey))
      and not exists (
          select from pg_constraint old where old.conrelid = before
            and replace(pg_get_constraintdef(old.oid), 'before.', '') = replace(pg_get_constraintdef(c.oid), 'public.', ''))
    union all
    select format('%s: %s', now::regclass, pg_get_indexdef(i.indexrelid)) from tables join pg_index i on i.indrelid = now
    where indisunique and exists (select from known where known.now = tables.now and attnum = any(indkey::int2[]))
      and not exists (
          select from pg_index old where old.indrelid = before and old.indisunique
            and regexp_replace(pg_get_indexdef(old.indexrelid), '^.* USING ', '') = regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', ''))";

#[tokio::test]
async fn nothing_more_is_asked_of_what_the_release_before_writes() {
    let scratch = Scratch::new().await;
    let mut connection = PgConnection::connect(&scratch.url).await.unwrap();
    sqlx::raw_sql("create schema before; set search_path = before").execute(&mut connection).await.unwrap();
    let folder = format!("{}/../migrations", env!("CARGO_MANIFEST_DIR"));
    let names = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".up.sql") && name.as_str() < "0007").collect();
    names.sort();
    assert_eq!(names.len(), 6);
    for name in names {
        let sql = fs::read_to_string(format!("{folder}/{name}")).unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap_or_else(|e| panic!("{e}: {name}"));
    }
    let asked: Vec<String> = sqlx::query_scalar(ASKED).fetch_all(&mut connection).await.unwrap();
    assert!(asked.is_empty(), "{}", asked.join("\n"));
    drop(connection);
    scratch.finish([]).await;
}

#[tokio::test]
async fn what_the_release_before_writes_stands_in_the_lists_of_this_one() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let user = instance.guest().await;
    let mut connection = PgConnection::connect(&scratch.url).await.unwrap();
    // As the program of 0006 starts a project, runs it, and makes it again.
    let statements = [
        "insert into projects (id, owner_id, directive, created_at, updated_at)
         values ('01890000-0000-7000-8000-000000000001', $1, 'A bakery', now(), now())",
        "insert into generations (id, project_id, stages, status, created_at, finished_at)
         select '01890000-0000-7000-8000-000000000002', id, '{product}', 'done', now(), now() from projects where owner_id = $1",
        "insert into generations (id, project_id, stages, status, created_at)
         select '01890000-0000-7000-8000-000000000003', id, '{product}', 'queued', now() from projects where owner_id = $1",
        "update generations set status = 'cancelled', finished_at = now()
         where status = 'queued' and project_id in (select id from projects where owner_id = $1)",
    ];
    let mut seen = Vec::new();
    for statement in statements {
        sqlx::query(statement).bind(user.0).execute(&mut connection).await.unwrap();
        seen.push(statuses(&instance, user).await);
    }
    assert_eq!(seen[1..], [vec!["done"], vec!["queued"], vec!["cancelled"]]);
    scratch.finish([instance]).await;
}

async fn statuses(instance: &Instance, user: UserId) -> Vec<&'static str> {
    let projects = &instance.services.projects;
    let page = projects.list(Some(user), &Listing::default(), None, PageLimit::DEFAULT).await;
    page.map_or_else(|_| Vec::new(), |page| page.items.iter().map(|project| project.status.as_str()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_a_migration_left_unfinished_is_made_anew_by_the_next() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let is_valid = "select count(*) from pg_index where indexrelid = 'projects_shelf_newest'::regclass and indisvalid";
    assert_eq!(scratch.count(is_valid).await, 1);
    // As when whoever made it concurrently was killed: it is there, serves nobody, and the migration counts as not done.
    let unfinished = "update pg_index set indisvalid = false where indexrelid = 'projects_shelf_newest'::regclass";
    scratch.break_it(unfinished).await;
    scratch.break_it("delete from _sqlx_migrations where version = 9").await;
    assert_eq!(scratch.count(is_valid).await, 0);
    instance.services.db.migrate().await.unwrap();
    assert_eq!(scratch.count(is_valid).await, 1);
    scratch.finish([instance]).await;
}
