//! What tests of model providers stand on: an independent implementation of both APIs, raw servers for what it cannot do, and an engine.

use std::{
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::StreamExt;
use model::{Directive, GenerationId, Piece, Stage, sections::Sections};
use serde_json::{Value, json};
use server::{
    bus::Bus,
    clock::Clock,
    config::{Config, ProvidersConfig, Variables},
    metrics::Metrics,
    providers::Providers,
    studio::{Brief, EngineError, Made, StageEngine, Usage},
    tasks::Tasks,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdin, Command},
    time::timeout,
};
use uuid::Uuid;

/// Nothing here takes longer on a machine that works.
pub const PATIENCE: Duration = Duration::from_secs(30);

// ── The independent implementation ──────────────────────────────────────────────────────────────────────────────

/// aimock, as a process of its own.
pub struct Mock {
    pub url: String,
    _process: Child,
    _alive: ChildStdin,
}

impl Mock {
    pub async fn start(fixtures: Value) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration/support/provider.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node is installed, and bin/setup --test has installed the packages");
        let mut stdin = process.stdin.take().unwrap();
        stdin.write_all(format!("{fixtures}\n").as_bytes()).await.unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        timeout(PATIENCE, stdout.read_line(&mut line)).await.expect("aimock starts in time").unwrap();
        assert!(line.starts_with("http"), "aimock did not start: run bin/setup --test ({line:?})");
        Self { url: line.trim().to_owned(), _process: process, _alive: stdin }
    }

    /// One that answers everything with this text.
    pub async fn saying(text: &str) -> Self {
        Self::start(json!([{ "match": {}, "response": { "content": text }, "chunkSize": 11 }])).await
    }

    /// The requests it got, in order.
    pub async fn requests(&self) -> Vec<Value> {
        let journal = reqwest_client().get(format!("{}/__aimock/journal", self.url)).send().await.unwrap();
        let journal: Value = journal.json().await.unwrap();
        journal.as_array().cloned().unwrap_or_else(|| journal["entries"].as_array().cloned().unwrap())
    }

    pub fn openai(&self) -> Told {
        Told::openai(&self.url)
    }

    pub fn anthropic(&self) -> Told {
        Told(vec![("ANTHROPIC_BASE_URL".into(), self.url.clone()), ("ANTHROPIC_API_KEY".into(), "sk-ant-test".into())])
    }
}

fn reqwest_client() -> reqwest::Client {
    server::providers::client(&Told(vec![]).config()).unwrap()
}

// ── Raw servers ─────────────────────────────────────────────────────────────────────────────────────────────────

/// What a raw server does once it has read a request.
#[derive(Clone)]
pub enum Step {
    Write(Vec<u8>),
    /// Nothing more, but the connection stays.
    Hang,
}

/// A server that does as it is told, byte for byte: one list of steps for each connection in turn, the last one for all others.
pub struct Raw {
    pub url: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default, Clone)]
pub struct Seen {
    pub requests: Vec<String>,
    /// Connections that the client has closed.
    pub closed: usize,
}

impl Raw {
    pub async fn start(connections: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            for number in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let steps = connections.get(number).or(connections.last()).cloned().unwrap_or_default();
                tokio::spawn(Self::connection(stream, steps, Arc::clone(&shared)));
            }
        });
        Self { url, seen }
    }

    async fn connection(mut stream: TcpStream, steps: Vec<Step>, seen: Arc<Mutex<Seen>>) {
        let Some(request) = read_request(&mut stream).await else { return };
        seen.lock().unwrap().requests.push(request);
        for step in steps {
            match step {
                Step::Write(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        break;
                    }
                }
                Step::Hang => {
                    while !matches!(stream.read(&mut [0; 64]).await, Ok(0) | Err(_)) {}
                    seen.lock().unwrap().closed += 1;
                }
            }
        }
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    pub fn openai(&self) -> Told {
        Told::openai(&self.url)
    }

    pub fn anthropic(&self) -> Told {
        Told(vec![("ANTHROPIC_BASE_URL".into(), self.url.clone()), ("ANTHROPIC_API_KEY".into(), "sk-ant-test".into())])
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 8_192];
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
        if body.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
            return Some(text);
        }
    }
}

pub fn answer(status: &str, headers: &str, body: &str) -> Step {
    let length = body.len();
    Step::Write(
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}").into(),
    )
}

/// The head of a streamed answer that ends with its connection.
pub fn stream() -> Step {
    Step::Write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n".to_vec())
}

/// Text as OpenAI streams it.
pub fn words(text: &str) -> Step {
    Step::Write(format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": text } }] })).into())
}

/// The end as OpenAI streams it.
pub fn end() -> Step {
    let reason = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] });
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 1_000, "completion_tokens": 500 } });
    Step::Write(format!("data: {reason}\n\ndata: {usage}\n\ndata: [DONE]\n\n").into())
}

// ── Engines ─────────────────────────────────────────────────────────────────────────────────────────────────────

/// How a provider is configured.
#[derive(Clone)]
pub struct Told(pub Vec<(String, String)>);

impl Told {
    pub fn openai(url: &str) -> Self {
        let pairs = [
            ("OPENAI_BASE_URL", format!("{url}/v1")),
            ("OPENAI_MODEL_STRONG", "gpt-5.4".into()),
            ("OPENAI_API_KEY", "sk-test".into()),
        ];
        Self(pairs.map(|(name, value)| (name.to_owned(), value)).to_vec())
    }

    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.0.push((variable.to_owned(), value.to_owned()));
        self
    }

    pub fn config(&self) -> ProvidersConfig {
        let pairs = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Config::from_variables(&Variables::new(pairs)).unwrap().providers
    }

    /// The engine, with waits that are over before a test gives up.
    pub async fn engine(&self) -> Engine {
        Engine::new(self.config(), None).await
    }

    /// Likewise, with a Redis to count money and keep answers in.
    pub async fn engine_at(&self, redis: &str) -> Engine {
        Engine::new(self.config(), Some(redis)).await
    }
}

pub struct Engine {
    pub engine: Arc<dyn StageEngine>,
    pub metrics: Metrics,
}

impl Engine {
    async fn new(mut config: ProvidersConfig, redis: Option<&str>) -> Self {
        config.waits.first_token = Duration::from_secs(15);
        config.waits.token = Duration::from_secs(10);
        config.waits.stage = Duration::from_secs(25);
        Self::exactly(config, redis).await
    }

    pub async fn exactly(config: ProvidersConfig, redis: Option<&str>) -> Self {
        let tasks = Tasks::default();
        let metrics = Metrics::new(&tasks);
        let client = server::providers::client(&config).unwrap();
        let redis = match redis {
            Some(url) => {
                let config = Config::from_variables(&Variables::new([("REDIS_URL", url)])).unwrap();
                Some(Bus::connect(&config.redis, &tasks).await.unwrap().connection())
            }
            None => None,
        };
        let providers = Providers::new(config, client, redis, Clock::system(), &metrics, tasks);
        Self { engine: providers.chain().remove(0), metrics }
    }

    /// Makes the product section.
    pub async fn make(&self) -> Outcome {
        self.make_of(brief()).await
    }

    pub async fn make_of(&self, brief: Brief) -> Outcome {
        let stage = brief.stage;
        let made: Vec<Result<Made, EngineError>> =
            timeout(PATIENCE, self.engine.make(brief).collect()).await.expect("the engine comes to an end");
        let mut outcome =
            Outcome { pieces: vec![], usage: Usage::default(), error: None, sections: Sections::default() };
        for made in made {
            assert!(outcome.error.is_none(), "nothing follows an error");
            match made {
                Ok(Made::Piece(piece)) => {
                    outcome.sections.apply(stage, &piece).expect("what comes out fits");
                    outcome.pieces.push(piece);
                }
                Ok(Made::Text { path, text }) => {
                    outcome.sections.append(stage, &path, &text).expect("what comes out fits");
                }
                Ok(Made::Usage(usage)) => outcome.usage = usage,
                Err(error) => outcome.error = Some(error),
            }
        }
        outcome
    }

    /// The value of a metric, by the beginning of its line.
    pub fn measured(&self, line: &str) -> f64 {
        let text = self.metrics.encode();
        let found =
            text.lines().find(|other| other.starts_with(line)).unwrap_or_else(|| panic!("no {line} in\n{text}"));
        found.rsplit(' ').next().unwrap().parse().unwrap()
    }
}

/// What came of making a section.
pub struct Outcome {
    pub pieces: Vec<Piece>,
    pub usage: Usage,
    pub error: Option<EngineError>,
    pub sections: Sections,
}

impl Outcome {
    pub fn is_whole(&self) -> bool {
        self.error.is_none() && self.sections.product.features.len() >= 4
    }

    pub fn message(&self) -> &str {
        self.error.as_ref().map_or("", |error| &error.message)
    }
}

/// A generation of its own.
pub fn generation() -> GenerationId {
    GenerationId(Uuid::new_v4())
}

pub fn brief() -> Brief {
    Brief {
        generation: Some(generation()),
        directive: Directive::parse("A shelf where neighbours lend each other tools").unwrap(),
        note: None,
        stage: Stage::Product,
        made: Arc::default(),
        together: vec![],
        locked: vec![],
        reuse: false,
    }
}

/// A product section that lacks nothing, line by line.
pub fn product() -> Vec<String> {
    let mut lines = vec![
        json!({ "path": "summary", "value": "Neighbours lend tools — “Werkzeug”, 🔧 and Café chairs alike." }),
        json!({ "path": "problem", "value": "Everybody buys a drill." }),
        json!({ "path": "personas/lender", "value": { "id": "lender", "name": "Lender", "goal": "lend", "pain": "forgets", "answers": [] } }),
        json!({ "path": "entities/tool", "value": { "id": "tool", "name": "Tool", "purpose": "A tool.", "fields": [], "states": [], "relations": [] } }),
    ];
    for id in ["put-up", "ask", "agree", "return"] {
        lines.push(json!({ "path": format!("features/{id}"), "value": {
            "id": id, "title": id, "story": { "who": "neighbour", "want": "it", "so": "it works" }, "criteria": ["It is so."],
            "priority": "must", "effort": "S", "answers": [], "entities": ["tool"], "source": "Lending",
        } }));
    }
    lines.push(json!({ "path": "journeys/j", "value": { "id": "j", "title": "t", "actor": "a", "steps": ["s"] } }));
    for id in ["one", "two"] {
        lines.push(json!({ "path": format!("metrics/{id}"), "value": { "id": id, "name": "n", "measure": "m", "target": "t" } }));
        lines.push(json!({ "path": format!("risks/{id}"), "value": { "id": id, "text": "t", "mitigation": "m", "severity": "low" } }));
    }
    lines.push(json!({ "path": "out_of_scope/x", "value": { "id": "x", "what": "w", "why": "y" } }));
    lines.iter().map(ToString::to_string).collect()
}

pub fn product_text() -> String {
    product().join("\n") + "\n"
}
