//! What our side adds to a model provider's answer: the time from the first whole line on the wire to the first piece, beside a bare
//! reader of the same bytes, one stream at a time and many at once. `bin/bench providers` runs it.
//!
//! The provider is a script on a thread of its own. It writes the time into the first line just before it sends it, so that nothing but
//! the way from its socket to the piece is measured.

#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement, which ends when something is wrong and prints what it finds"
)]

use std::{
    sync::Arc,
    sync::LazyLock,
    time::{Duration, Instant},
};

use futures::{StreamExt, future::join_all};
use model::{Directive, Stage};
use serde_json::{Value, json};
use server::{
    clock::Clock,
    config::{Config, Variables},
    metrics::Metrics,
    providers::Providers,
    studio::{Brief, Made, StageEngine},
    tasks::Tasks,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const RUNS: usize = 5;
const STREAMS: usize = 100;
const AT_ONCE: usize = 128;
/// How many words a second a stream brings, about as a fast model does.
const PAUSE: Duration = Duration::from_millis(10);
const TARGET_MS: f64 = 5.0;

static BASE: LazyLock<Instant> = LazyLock::new(Instant::now);

fn main() {
    LazyLock::force(&BASE);
    let url = start_provider();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&url));
}

async fn measure(url: &str) {
    let (bare, ours) = (Bare::new(url), Ours::new(url));
    bare.clone().first().await;
    ours.clone().first().await;
    println!("First whole line on the wire to first piece, milliseconds; medians of {RUNS} runs\n");
    println!("{:<34} {:>8} {:>12} {:>8} {:>8}", "", "target", "bare reader", "ours", "added");
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..STREAMS {
            a.push(bare.clone().first().await);
            b.push(ours.clone().first().await);
        }
        one.push(a);
        other.push(b);
    }
    row("one stream at a time, p50", &one, &other, 0.5);
    row("one stream at a time, p95", &one, &other, 0.95);
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        one.push(at_once(|| bare.clone().first()).await);
        other.push(at_once(|| ours.clone().first()).await);
    }
    row(&format!("{AT_ONCE} streams at once, p50"), &one, &other, 0.5);
    row(&format!("{AT_ONCE} streams at once, p95"), &one, &other, 0.95);
    let whole = other.iter().map(Vec::len).sum::<usize>();
    println!("\n{whole} of {} sections were made in full while {AT_ONCE} were read at once.", AT_ONCE * RUNS);
}

/// Each stream in a task of its own, as generations are.
async fn at_once<F: Future<Output = f64> + Send + 'static>(first: impl Fn() -> F) -> Vec<f64> {
    let tasks: Vec<_> = (0..AT_ONCE).map(|_| tokio::spawn(first())).collect();
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

/// The median over runs of a percentile of each.
fn row(what: &str, bare: &[Vec<f64>], ours: &[Vec<f64>], share: f64) {
    let of = |runs: &[Vec<f64>]| middle(&mut runs.iter().map(|run| percentile(run, share)).collect::<Vec<_>>());
    let (bare, ours) = (of(bare), of(ours));
    println!("{what:<34} {:>8} {bare:>12.3} {ours:>8.3} {:>8.3}", format!("< {TARGET_MS}"), ours - bare);
}

fn percentile(times: &[f64], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (f64::from(u32::try_from(sorted.len()).unwrap()) * share).floor();
    sorted[(at as usize).min(sorted.len() - 1)]
}

fn middle(times: &mut [f64]) -> f64 {
    percentile(times, 0.5)
}

/// Milliseconds since the time that a line holds.
fn since(line: &str) -> f64 {
    let nanos: u64 = line.rsplit(' ').next().unwrap().parse().expect("a line with its time");
    (BASE.elapsed() - Duration::from_nanos(nanos)).as_secs_f64() * 1_000.0
}

// ── The readers ─────────────────────────────────────────────────────────────────────────────────────────────────

/// As little as can be done: bytes, events, text, until the first line is whole.
#[derive(Clone)]
struct Bare {
    client: reqwest::Client,
    url: String,
}

impl Bare {
    fn new(url: &str) -> Self {
        Self {
            client: server::providers::client(&config(url).providers).unwrap(),
            url: format!("{url}/v1/chat/completions"),
        }
    }

    async fn first(self) -> f64 {
        let answer = self.client.post(&self.url).body("{}").send().await.unwrap();
        let (mut bytes, mut events, mut text, mut found) = (answer.bytes_stream(), String::new(), String::new(), None);
        while let Some(chunk) = bytes.next().await {
            events.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
            while let Some(end) = events.find("\n\n") {
                let event: String = events.drain(..end + 2).collect();
                let Ok(data) = serde_json::from_str::<Value>(event.trim_start_matches("data: ").trim()) else {
                    continue;
                };
                text.push_str(data["choices"][0]["delta"]["content"].as_str().unwrap_or_default());
                if found.is_none() && text.contains('\n') {
                    let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
                    found = Some(since(line["value"].as_str().unwrap()));
                }
            }
        }
        found.unwrap()
    }
}

#[derive(Clone)]
struct Ours(std::sync::Arc<dyn StageEngine>);

impl Ours {
    fn new(url: &str) -> Self {
        let config = config(url).providers;
        let client = server::providers::client(&config).unwrap();
        let providers =
            Providers::new(config, client, None, Clock::system(), &Metrics::new(&Tasks::default()), Tasks::default());
        Self(providers.chain().remove(0))
    }

    async fn first(self) -> f64 {
        let mut made = self.0.make(brief());
        let mut found = None;
        while let Some(made) = made.next().await {
            if let (None, Made::Piece(piece)) = (&found, made.expect("the section is made")) {
                found = Some(since(piece.value.as_str().unwrap()));
            }
        }
        found.unwrap()
    }
}

fn config(url: &str) -> Config {
    let base = format!("{url}/v1");
    let pairs = [
        ("OPENAI_BASE_URL", base.as_str()),
        ("OPENAI_MODEL_STRONG", "scripted"),
        ("ATLAS9_MODEL_PRICES", "scripted=0/0"),
    ];
    Config::from_variables(&Variables::new(pairs)).unwrap()
}

fn brief() -> Brief {
    Brief {
        generation: None,
        directive: Directive::parse("A shelf where neighbours lend each other tools").unwrap(),
        note: None,
        stage: Stage::Product,
        made: Arc::default(),
        together: vec![],
        locked: vec![],
        reuse: false,
    }
}

// ── The provider ────────────────────────────────────────────────────────────────────────────────────────────────

fn start_provider() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                tokio::spawn(answer(stream));
            }
        });
    });
    url
}

async fn answer(mut stream: TcpStream) {
    read_request(&mut stream).await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    write(&mut stream, "{\"path\":\"summary\",\"value\":\"Neighbours lend tools; the time is").await;
    tokio::time::sleep(PAUSE).await;
    let now = u64::try_from(BASE.elapsed().as_nanos()).unwrap();
    write(&mut stream, &format!(" {now}\"}}\n")).await;
    for line in rest() {
        for part in line.as_bytes().chunks(40) {
            tokio::time::sleep(PAUSE / 4).await;
            write(&mut stream, std::str::from_utf8(part).unwrap()).await;
        }
    }
    stream
        .write_all(b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
        .await
        .unwrap();
}

async fn write(stream: &mut TcpStream, text: &str) {
    let chunk = json!({ "id": "x", "object": "chat.completion.chunk", "choices": [{ "index": 0, "delta": { "content": text } }] });
    // Who has heard enough may hang up.
    let _ = stream.write_all(format!("data: {chunk}\n\n").as_bytes()).await;
}

async fn read_request(stream: &mut TcpStream) {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 16_384];
        let count = stream.read(&mut chunk).await.unwrap();
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if count == 0 || body.len() >= length.parse().unwrap() {
            return;
        }
    }
}

/// What a product section needs besides its summary.
fn rest() -> Vec<String> {
    let mut lines = vec![
        json!({ "path": "problem", "value": "Everybody buys a drill." }),
        json!({ "path": "personas/a", "value": { "id": "a", "name": "n", "goal": "g", "pain": "p", "answers": [] } }),
        json!({ "path": "entities/a", "value": { "id": "a", "name": "A", "purpose": "p", "fields": [], "states": [], "relations": [] } }),
        json!({ "path": "journeys/a", "value": { "id": "a", "title": "t", "actor": "a", "steps": [] } }),
        json!({ "path": "out_of_scope/a", "value": { "id": "a", "what": "w", "why": "y" } }),
    ];
    for id in ["a", "b", "c", "d"] {
        lines.push(json!({ "path": format!("features/{id}"), "value": { "id": id, "title": "t",
            "story": { "who": "w", "want": "w", "so": "s" }, "criteria": ["c"], "priority": "must", "effort": "S", "answers": [],
            "entities": ["a"], "source": "s" } }));
        lines.push(json!({ "path": format!("metrics/{id}"), "value": { "id": id, "name": "n", "measure": "m", "target": "t" } }));
        lines.push(json!({ "path": format!("risks/{id}"), "value": { "id": id, "text": "t", "mitigation": "m", "severity": "low" } }));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}
