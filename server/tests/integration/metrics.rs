//! Metrics: what docs/operations says there is, is there, under labels that nobody outside can make more of.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use pretty_assertions::assert_eq;
use server::http;

use crate::{
    models::{Raw, end, product_text, stream, words},
    support::{Instance, SYNTHESIZERS, Scratch, until},
};

const METRICS: &str = include_str!("../../../docs/operations/metrics.md");
const DASHBOARD: &str = include_str!("../../../docs/operations/grafana.json");
const ALERTS: &str = include_str!("../../../docs/operations/alerts.yml");
const TESTS_OF_ALERTS: &str = include_str!("../../../docs/operations/alerts.test.yml");

/// A metric: counter, gauge or histogram, and the names of its labels.
type Metric = (String, BTreeSet<String>);

/// Each metric that the page of metrics has a line for, but for those that Prometheus makes of others.
fn written_down() -> BTreeMap<String, Metric> {
    let rows = METRICS.lines().filter(|line| line.starts_with("| `")).map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let labels = cells[3].split(", ").filter(|label| !label.is_empty());
        let labels = labels.map(|label| label.trim_matches('`').to_owned()).collect();
        (cells[1].trim_matches('`').to_owned(), (cells[2].to_owned(), labels))
    });
    rows.filter(|(_, (kind, _))| kind != "recorded").collect()
}

/// Each series there is: its name, labels and value.
fn series(text: &str) -> Vec<(String, BTreeMap<String, String>, f64)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let read = lines.map(|line| {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.trim_end_matches('}').split_once('{').unwrap_or((series, ""));
        let labels = labels.split_terminator("\",").filter(|label| !label.is_empty());
        let labels = labels.map(|label| label.trim_end_matches('"').split_once("=\"").unwrap());
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        (name.to_owned(), labels, value.parse().unwrap())
    });
    read.collect()
}

/// Each metric that is served.
fn served(text: &str) -> BTreeMap<String, Metric> {
    let series = series(text);
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let metrics = types.map(|(name, kind)| {
        let name = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
        let of = if kind == "histogram" { format!("{name}_bucket") } else { name.clone() };
        let of_it = series.iter().filter(|(series, ..)| *series == of);
        let labels = of_it.flat_map(|(_, labels, _)| labels.keys().filter(|label| *label != "le").cloned()).collect();
        (name, (kind.to_owned(), labels))
    });
    metrics.collect()
}

/// The values that a label has anywhere.
fn values(text: &str, metric: &str, label: &str) -> BTreeSet<String> {
    let of_it = series(text).into_iter().filter(|(name, ..)| name == metric);
    of_it.filter_map(|(_, mut labels, _)| labels.remove(label)).collect()
}

/// Metrics that a file asks for: ours, and those of any process. What the alerts record has colons in its name.
fn asked_for(file: &str) -> BTreeSet<&str> {
    let words = file.split(|letter: char| !letter.is_ascii_alphanumeric() && !"_:".contains(letter));
    words.filter(|word| word.starts_with("atlas9_") || word.starts_with("process_")).collect()
}

fn told(instance: &Instance) -> String {
    instance.services.metrics.look(&instance.services.db);
    instance.services.metrics.encode()
}

/// An instance on which everything happened that is measured.
async fn busy(scratch: &mut Scratch) -> Instance {
    // A provider that makes one section, and is of no use for the others.
    let provider = Raw::start(vec![vec![stream(), words(&product_text()), end()]]).await;
    for (variable, value) in provider.openai().0 {
        scratch.set(&variable, &value);
    }
    scratch.set("DATABASE_REPLICA_URL", &scratch.url.clone());
    scratch.set("ATLAS9_HOOKS", "shop=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let dead = "insert into jobs_dead (id, kind, queue, payload, priority, attempt, max_attempts, crashes, cause, error, created_at)
                values (gen_random_uuid(), 'send-mail', 'mail', '{}', 1, 3, 3, 0, 'attempts', 'it rained', now())";
    scratch.break_it(dead).await;
    let instance = scratch.worker().await;
    let _routes = http::routes(instance.services.clone());
    instance.services.metrics.is_release("1.2.3");
    let now = instance.services.clock.now();
    instance.services.metrics.http.answered("/api/ready", "GET", 200, Duration::from_millis(1), now);
    let user = instance.guest().await;
    let started = instance.start(user, SYNTHESIZERS).await;
    instance.log(user, started.generation, 0).await;
    let counted = async || values(&told(&instance), "atlas9_jobs_workers", "state").len() == 2;
    until("workers are counted", counted).await;
    instance
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_served_is_written_down_and_dashboards_and_alerts_ask_for_nothing_else() {
    let mut scratch = Scratch::alone().await;
    let instance = busy(&mut scratch).await;
    let there = served(&told(&instance));
    assert_eq!(there, written_down(), "what is served, and what metrics.md says");

    let parts = |(name, (kind, _)): (&String, &Metric)| match kind.as_str() {
        "histogram" => ["_bucket", "_sum", "_count"].map(|part| format!("{name}{part}")).to_vec(),
        _ => vec![name.clone()],
    };
    let series: BTreeSet<String> = there.iter().flat_map(parts).collect();
    for (file, text) in [("grafana.json", DASHBOARD), ("alerts.yml", ALERTS), ("alerts.test.yml", TESTS_OF_ALERTS)] {
        let unknown: Vec<&str> = asked_for(text).into_iter().filter(|name| !series.contains(*name)).collect();
        assert!(asked_for(text).len() > 5 && unknown.is_empty(), "{file} asks for {unknown:?}");
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_are_names_of_the_program_and_its_configuration() {
    let mut scratch = Scratch::alone().await;
    let instance = busy(&mut scratch).await;
    let text = told(&instance);
    for metric in ["atlas9_first_piece_seconds_count", "atlas9_stage_seconds_count"] {
        let stages = ["architecture", "brand", "code", "design", "product"];
        assert_eq!(values(&text, metric, "stage"), stages.map(str::to_owned).into(), "{metric}");
        assert_eq!(values(&text, metric, "engine"), ["composer", "openai-compatible"].map(str::to_owned).into());
    }
    let queues = ["images", "mail", "studio", "suspects", "upkeep", "usual", "webhooks"];
    assert_eq!(values(&text, "atlas9_jobs_slots", "queue"), queues.map(str::to_owned).into());
    assert_eq!(values(&text, "atlas9_jobs_slots", "state"), ["most", "used"].map(str::to_owned).into());
    assert_eq!(values(&text, "atlas9_jobs_workers", "state"), ["alive", "silent"].map(str::to_owned).into());
    let pools = ["leased", "primary", "replica", "worker"];
    assert_eq!(values(&text, "atlas9_database_connections", "pool"), pools.map(str::to_owned).into());
    let kinds: BTreeSet<String> = instance.services.kinds().names().into_iter().collect();
    assert_eq!(values(&text, "atlas9_jobs_started_total", "kind"), kinds);
    assert_eq!(values(&text, "atlas9_provider_errors_total", "kind").len(), 10);
    assert_eq!(values(&text, "atlas9_hooks_received_total", "source"), ["shop".to_owned()].into());
    // A series for each bucket of each label: what a process has must not become more than Prometheus likes to keep.
    assert!(series(&text).len() < 2_000, "{} series", series(&text).len());
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_fail_is_counted_from_nothing_on() {
    let scratch =
        Scratch::new().await.with("OPENAI_BASE_URL", "http://127.0.0.1:9/v1").with("OPENAI_MODEL_STRONG", "x");
    let instance = scratch.instance().await;
    let _routes = http::routes(instance.services.clone());
    let text = told(&instance);
    for series in [
        r#"atlas9_http_requests_total{route="/api/projects",method="GET",status="5xx"}"#,
        r#"atlas9_http_requests_total{route="/api/projects",method="POST",status="5xx"}"#,
        r#"atlas9_http_requests_total{route="/api/projects/{id}/locks/{*address}",method="DELETE",status="5xx"}"#,
        r#"atlas9_http_requests_total{route="/api/jobs/{kind}",method="POST",status="5xx"}"#,
        r#"atlas9_provider_calls_total{provider="openai-compatible"}"#,
        r#"atlas9_provider_cost_micros_total{provider="openai-compatible"}"#,
        r#"atlas9_provider_errors_total{provider="openai-compatible",kind="unreachable"}"#,
        r#"atlas9_jobs_published_total{kind="make-generation"}"#,
        r#"atlas9_jobs_started_total{kind="check-paths"}"#,
        r#"atlas9_jobs_slots{queue="studio",state="most"}"#,
    ] {
        assert!(text.contains(&format!("\n{series} 0\n")), "{series} in {text}");
    }
    scratch.finish([instance]).await;
}
