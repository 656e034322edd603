//! Traces as a collector is sent them, by the program itself: what they say, what they never say, and that nobody waits for a collector.

use std::{
    fs,
    future::pending,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind, status::StatusCode as Outcome},
};
use prost::Message;
use serde_json::json;
use server::{
    config::{Config, Variables},
    providers,
};

use crate::support::{PATIENCE, Scratch, in_one_of_three, until};

/// Longer than any answer takes, and shorter than anybody waits for a collector.
const SOON: Duration = Duration::from_secs(2);

/// What came to a collector, and how it answers.
#[derive(Clone)]
struct Collector {
    url: String,
    came: Arc<Mutex<Vec<(HeaderMap, ExportTraceServiceRequest)>>>,
    /// Nothing for one that hangs.
    answer: Option<StatusCode>,
}

impl Collector {
    async fn start(answer: Option<StatusCode>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self { url, came: Arc::default(), answer };
        let routes = Router::new().route("/v1/traces", post(Self::take)).with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        collector
    }

    async fn take(State(collector): State<Self>, headers: HeaderMap, body: Bytes) -> StatusCode {
        let request = ExportTraceServiceRequest::decode(body).expect("protobuf");
        collector.came.lock().unwrap().push((headers, request));
        match collector.answer {
            Some(status) => status,
            None => pending().await,
        }
    }

    fn spans(&self) -> Vec<Span> {
        let came = self.came.lock().unwrap();
        let resources = came.iter().flat_map(|(_, request)| &request.resource_spans);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }

    /// The first span of this name, as soon as it is there.
    async fn span(&self, name: &str) -> Span {
        until(name, async || self.spans().iter().any(|span| span.name == name)).await;
        self.spans().into_iter().find(|span| span.name == name).unwrap()
    }
}

/// A program that serves until the test ends.
struct Program {
    process: Child,
    url: String,
    folder: PathBuf,
    client: reqwest::Client,
}

impl Program {
    async fn serve(scratch: &Scratch, collector: &str, more: &[(&str, &str)]) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_atlas9"));
        let folder = std::env::temp_dir().join(format!("atlas9-traces-{}", free.port()));
        build_site(&folder, binary);
        let process = Command::new(binary)
            .arg("serve")
            .envs(scratch.variables())
            .env("ATLAS9_ADDR", free.to_string())
            .env("ATLAS9_SITE", &folder)
            .env("ATLAS9_OTLP_URL", collector)
            .env("ATLAS9_LOG", "warn")
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stderr(fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let config = Config::from_variables(&Variables::default()).unwrap();
        let client = providers::client(&config.providers).unwrap();
        let program = Self { process, url: format!("http://{free}"), folder, client };
        until("the program serves", async || program.client.get(&program.url).send().await.is_ok()).await;
        program
    }

    async fn get(&self, path: &str) -> StatusCode {
        let asked = self.client.get(format!("{}{path}", self.url)).timeout(PATIENCE).send();
        asked.await.expect("an answer comes").status()
    }

    /// A project, whose generation is a job, and a look at its page. Where that is.
    async fn create(&self, directive: &str) -> String {
        let asked = self.client.post(format!("{}/api/projects", self.url)).header("content-type", "application/json");
        let made = asked.body(json!({ "directive": directive }).to_string()).send().await.unwrap();
        let cookie = made.headers()["set-cookie"].clone();
        let made: serde_json::Value = serde_json::from_str(&made.text().await.unwrap()).unwrap();
        let page = format!("/projects/{}", made["project_id"].as_str().unwrap());
        let looked = self.client.get(format!("{}{page}", self.url)).header("cookie", cookie).send().await.unwrap();
        assert_eq!(looked.status(), StatusCode::OK);
        page
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// As whoever looks after it does: how it ended, and after how long.
    fn stop(&mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        assert!(Command::new("kill").arg(self.process.id().to_string()).status().unwrap().success());
        (self.process.wait().unwrap(), began.elapsed())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// As much of a site as the program looks for: files by the hashes that stand beside it, where a build left some. And one that anybody may ask for.
fn build_site(folder: &Path, binary: &Path) {
    let hashes = fs::read_to_string(binary.with_file_name("hash.txt")).unwrap_or_default();
    fs::create_dir_all(folder.join("pkg")).unwrap();
    for kind in ["css", "js", "wasm"] {
        let hash = hashes.lines().find_map(|line| line.strip_prefix(&format!("{kind}:")));
        let name = hash.map_or_else(|| format!("atlas9.{kind}"), |hash| format!("atlas9.{}.{kind}", hash.trim()));
        fs::write(folder.join("pkg").join(name), "").unwrap();
    }
    fs::write(folder.join("robots.txt"), "").unwrap();
}

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?.value.as_ref()
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    match value(attributes, key) {
        Some(Value::StringValue(text)) => text.clone(),
        other => panic!("{key} is {other:?}"),
    }
}

fn keys(span: &Span) -> Vec<&str> {
    let mut keys: Vec<&str> = span.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    keys.sort_unstable();
    keys
}

fn has_failed(span: &Span) -> bool {
    span.status.as_ref().is_some_and(|status| status.code() == Outcome::Error)
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_jobs_and_calls_arrive_under_their_names_and_no_secret_does() {
    let (scratch, collector) = (Scratch::new().await, Collector::start(Some(StatusCode::OK)).await);
    let more = [
        ("ATLAS9_OTLP_HEADERS", "authorization=Bearer%20key%2C1"),
        ("ATLAS9_RELEASE", "9.9.9"),
        // A provider that is away: the composer makes everything, and the call is seen to fail.
        ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"),
        ("OPENAI_MODEL_STRONG", "some-model"),
        ("OPENAI_MODEL_CHEAP", "some-model"),
    ];
    let mut program = Program::serve(&scratch, &collector.url, &more).await;

    let theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let asked = program.client.get(format!("{}/api/health?key=hunter2", program.url)).header("traceparent", theirs);
    assert_eq!(asked.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(program.get("/hunter1/hunter2?key=hunter2").await, StatusCode::NOT_FOUND);
    assert_eq!(program.get("/reset/hunter2?key=hunter2").await, StatusCode::GONE);
    let path = program.create("A register of hunter2 bridges").await;

    let health = collector.span("GET /api/health").await;
    let usual = ["http.request.method", "http.response.status_code", "http.route", "request.id", "url.path"];
    assert_eq!(keys(&health), usual);
    assert_eq!(health.kind(), SpanKind::Server);
    assert_eq!(text(&health.attributes, "url.path"), "/api/health");
    assert_eq!(value(&health.attributes, "http.response.status_code"), Some(&Value::IntValue(200)));
    // Whoever asks says neither whose trace it is nor that there is one.
    assert!(health.parent_span_id.is_empty() && !theirs.contains(&hex(&health.trace_id)));
    assert!(!has_failed(&health) && health.events.is_empty());

    let nowhere = collector.span("GET").await;
    assert_eq!(
        (text(&nowhere.attributes, "url.path"), value(&nowhere.attributes, "http.route")),
        ("/hunter1/…".into(), None)
    );
    assert_eq!(value(&nowhere.attributes, "http.response.status_code"), Some(&Value::IntValue(404)));
    assert_eq!(text(&collector.span("GET /reset/{token}").await.attributes, "url.path"), "/reset/…");

    // What is asked of the database for somebody is in their request.
    let page = collector.span("GET /projects/{id}").await;
    assert_eq!(text(&page.attributes, "url.path"), path);
    assert_eq!(collector.span("db.projects.get").await.trace_id, page.trace_id);
    let created = collector.span("POST /api/projects").await;
    let published = collector.span("db.jobs.insert").await;
    assert_eq!((published.kind(), &published.trace_id), (SpanKind::Client, &created.trace_id));
    assert_eq!(text(&published.attributes, "db.system.name"), "postgresql");

    // A job has a trace of its own, found by its id; whom it calls is in it.
    let job = collector.span("process make-generation").await;
    assert_eq!((job.kind(), job.parent_span_id.is_empty()), (SpanKind::Consumer, true));
    assert_eq!(text(&job.attributes, "job.id"), text(&published.attributes, "job.id"));
    let call = collector.span("chat some-model").await;
    assert_eq!((call.kind(), &call.trace_id), (SpanKind::Client, &job.trace_id));
    assert_eq!(text(&call.attributes, "error.type"), "unreachable");
    assert!(has_failed(&call) && !has_failed(&job));

    // What was asked last arrives before the program ends.
    assert_eq!(program.get("/api/ready").await, StatusCode::OK);
    assert!(program.stop().0.success());
    assert!(collector.spans().iter().any(|span| span.name == "GET /api/ready"));

    // Nobody looks at the queue in a trace, and nothing that was typed, asked or logged is in one.
    let came = collector.came.lock().unwrap().clone();
    assert!(!format!("{came:?}").contains("hunter2"));
    let spans = collector.spans();
    assert!(spans.iter().all(|span| !(span.parent_span_id.is_empty() && span.name.starts_with("db."))));
    for (headers, request) in &came {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert_eq!(headers["authorization"], "Bearer key,1");
        for resource in &request.resource_spans {
            let who = &resource.resource.as_ref().unwrap().attributes;
            assert_eq!((text(who, "service.name"), text(who, "service.version")), ("atlas9".into(), "9.9.9".into()));
            assert!(!text(who, "service.instance.id").is_empty());
        }
    }
    drop(program);
    scratch.finish([]).await;
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_refuses_or_is_away_delays_nobody() {
    let scratch = Scratch::new().await;
    let (hanging, refusing) =
        (Collector::start(None).await, Collector::start(Some(StatusCode::INTERNAL_SERVER_ERROR)).await);
    let nobody = format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    tokio::join!(
        nobody_waits(&scratch, &hanging.url, "timed out"),
        nobody_waits(&scratch, &refusing.url, "it answered 500"),
        nobody_waits(&scratch, &nobody, "refused"),
    );
    assert!(!hanging.spans().is_empty() && refusing.came.lock().unwrap().len() > 1);
    scratch.finish([]).await;
}

async fn nobody_waits(scratch: &Scratch, collector: &str, words: &str) {
    in_one_of_three("it answers soon, and ends soon", (true, true), async |_| {
        let mut program = Program::serve(scratch, collector, &[("ATLAS9_OTLP_HEADERS", "x-key=hunter2")]).await;
        let mut slowest = Duration::ZERO;
        for _ in 0..2 {
            for _ in 0..50 {
                let began = Instant::now();
                // For which no database is waited for either.
                assert_eq!(program.get("/robots.txt").await, StatusCode::OK);
                slowest = slowest.max(began.elapsed());
            }
            until(words, async || program.log().contains(words)).await;
            // As long as spans wait for each other.
            tokio::time::sleep(SOON).await;
        }
        let (ended, after) = program.stop();
        assert!(ended.success(), "{collector}: {after:?}");
        let log = program.log();
        assert_eq!(log.matches("traces were lost").count(), 1, "once a minute: {log}");
        assert!(!log.contains("hunter2"), "{log}");
        (slowest < SOON, after < 2 * SOON)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_of_nothing_is_nothing() {
    let (scratch, collector) = (Scratch::new().await, Collector::start(Some(StatusCode::OK)).await);
    let mut program = Program::serve(&scratch, &collector.url, &[("ATLAS9_OTLP_SAMPLE", "0")]).await;
    assert_eq!(program.get("/api/health").await, StatusCode::OK);
    assert!(program.stop().0.success());
    assert!(collector.spans().is_empty());
    scratch.finish([]).await;
}
