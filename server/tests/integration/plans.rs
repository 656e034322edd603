//! How PostgreSQL goes about every query of ours when tables have a million rows: by an index, whoever asks and whatever for. And no page asks more often
//! when it shows more.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::support::{OwnPostgres, Scratch};

/// A table with as many rows is never read as a whole.
const LARGE: f32 = 50_000.0;

/// Queries that do read a table as a whole, by words that are in no other, and why they may.
const MAY: [(&str, &str); 8] = [
    (
        "delete from blobs where digest",
        "an hourly sweep, of the first blob that nothing uses: all are used here, so that it looks at all",
    ),
    (
        "delete from domain_events where id = any(array(\n             select id from domain_events e",
        "likewise, of events whose owner is gone",
    ),
    ("delete from job_flows", "likewise, of limits that were not asked for in a day"),
    (
        "delete from jobs_finished using old",
        "it takes the first that lie there, which are the oldest, and as many as it is told",
    ),
    ("select id from webhook_endpoints w", "an hourly look at every endpoint for one that was told too often"),
    (
        "from vital_hours\n         where hour > (select hour from vital_rolled)",
        "what is not rolled up yet is what there is: the rest is deleted by then",
    ),
    ("select not exists (select from vital_hours)", "it ends with the first row"),
    (
        "select queue as \"queue!\", kind as \"kind!\", case when state",
        "it counts all jobs, for the console and the figures of the queue, every few seconds at most",
    ),
];

/// Every query of the program, as sqlx keeps them.
fn queries() -> Vec<(String, usize)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../.sqlx");
    let files = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let mut queries: Vec<_> = files
        .map(|text| {
            let known: Value = serde_json::from_str(&text).unwrap();
            let parameters = known["describe"]["parameters"]["Left"].as_array().map_or(0, Vec::len);
            (known["query"].as_str().unwrap().to_owned(), parameters)
        })
        .collect();
    queries.sort();
    queries
}

/// Tables that are large, and indexes that hold some of their rows.
struct Large {
    tables: BTreeSet<String>,
    partial: BTreeSet<String>,
}

impl Large {
    async fn of(connection: &mut PgConnection) -> Self {
        let tables = "select relname::text from pg_class where relkind in ('r', 'p') and reltuples >= $1";
        let tables: Vec<String> = sqlx::query_scalar(tables).bind(LARGE).fetch_all(&mut *connection).await.unwrap();
        let partial = "select indexrelid::regclass::text from pg_index where indpred is not null";
        let partial: Vec<String> = sqlx::query_scalar(partial).fetch_all(connection).await.unwrap();
        Self { tables: tables.into_iter().collect(), partial: partial.into_iter().collect() }
    }
}

/// Tables that a plan reads as a whole: row by row, or along an index from one end to the other with nothing that stops it.
/// An index of some rows only is there to be read so.
fn read_whole(plan: &Value, is_stopped: bool, large: &Large, found: &mut BTreeSet<String>) {
    let text = |name: &str| plan[name].as_str().unwrap_or_default();
    let is_stopped = is_stopped || text("Node Type") == "Limit";
    let is_whole = match text("Node Type") {
        "Seq Scan" | "Parallel Seq Scan" => true,
        "Index Scan" | "Index Only Scan" => {
            plan.get("Index Cond").is_none() && !is_stopped && !large.partial.contains(text("Index Name"))
        }
        _ => false,
    };
    if is_whole && large.tables.contains(text("Relation Name")) {
        found.insert(format!("{} of {}", text("Node Type"), text("Relation Name")));
    }
    // What has to be read to the end before anything is known, a limit above it does not stop.
    let is_stopped = is_stopped && !matches!(text("Node Type"), "Sort" | "Aggregate" | "Hash" | "HashAggregate");
    for below in plan["Plans"].as_array().into_iter().flatten() {
        read_whole(below, is_stopped, large, found);
    }
}

async fn plan(connection: &mut PgConnection, query: &str, parameters: usize) -> Value {
    let run = |sql: String| sqlx::raw_sql(AssertSqlSafe(sql));
    run(format!("prepare one as {query}")).execute(&mut *connection).await.unwrap_or_else(|e| panic!("{e}: {query}"));
    let values = vec!["null"; parameters].join(", ");
    let values = if values.is_empty() { values } else { format!("({values})") };
    let told = run(format!("explain (format json) execute one{values}")).fetch_one(&mut *connection).await;
    let told: Value = told.unwrap_or_else(|e| panic!("{e}: {query}")).get(0);
    run("deallocate one".to_owned()).execute(connection).await.unwrap();
    told[0]["Plan"].clone()
}

#[tokio::test]
async fn no_query_reads_a_large_table_as_a_whole() {
    let postgres = OwnPostgres::start().await;
    let scratch = Scratch::on(&postgres.url).await;
    let mut connection = PgConnection::connect(&scratch.url).await.unwrap();
    for statement in ["set statement_timeout = 0", include_str!("../data/million.sql")] {
        // One after another: `vacuum` runs in no transaction with others.
        for one in statements(statement) {
            sqlx::raw_sql(AssertSqlSafe(one.clone()))
                .execute(&mut connection)
                .await
                .unwrap_or_else(|e| panic!("{e}: {one}"));
        }
    }
    let large = Large::of(&mut connection).await;
    assert!(large.tables.contains("projects") && large.tables.contains("webhook_deliveries"), "{:?}", large.tables);
    // As a plan is that serves any values, which is what a connection comes to use.
    sqlx::raw_sql("set plan_cache_mode = force_generic_plan").execute(&mut connection).await.unwrap();
    let (mut wrong, queries) = (Vec::new(), queries());
    for (query, parameters) in &queries {
        let mut found = BTreeSet::new();
        read_whole(&plan(&mut connection, query, *parameters).await, false, &large, &mut found);
        if !found.is_empty() && !MAY.iter().any(|(words, _)| query.contains(words)) {
            wrong.push(format!("{found:?}\n{query}"));
        }
    }
    println!("{} queries were looked at, {} large tables", queries.len(), large.tables.len());
    assert!(wrong.is_empty(), "{} of {} queries:\n\n{}", wrong.len(), queries.len(), wrong.join("\n\n"));
}

/// The statements of a script, which has no semicolon at the end of a line but after one.
fn statements(script: &str) -> Vec<String> {
    let code: Vec<&str> = script.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    let code = code.join("\n");
    code.split(";\n").map(str::trim).filter(|one| !one.is_empty()).map(|one| format!("{one};")).collect()
}
