//! Beacons at a fixed rate against a server that runs: how soon each is answered, counted from when it was due, and what the server takes meanwhile; and how
//! soon percentiles of many measurements are told. `bin/bench vitals` starts the server on a database of its own.
//!
//! Usage: vitals URL PID ingest SECONDS | vitals URL PID summary

#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench may"
)]

mod support;

use std::{
    env, fs,
    time::{Duration, Instant},
};

use support::{percentile, row};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Measurements of one beacon, as a page life sends them.
const VITALS: [(&str, &str); 5] =
    [("LCP", "812.4"), ("INP", "48"), ("CLS", "0.004"), ("FCP", "431.7"), ("TTFB", "92.1")];
const ROUTES: [&str; 6] = ["/", "/explore", "/projects", "/projects/{id}", "/projects/{id}/edit", "/p/{slug}"];
const DEVICES: [&str; 3] = ["phone", "tablet", "desktop"];
/// Connections that beacons come over.
const CONNECTIONS: usize = 64;
/// Beacons a second: 20,000 measurements.
const OFFERED: f64 = 4_000.0;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [url, pid, what, rest @ ..] = &arguments[..] else { panic!("vitals URL PID ingest SECONDS | summary") };
    let host = url.trim_start_matches("http://").to_owned();
    match what.as_str() {
        "ingest" => ingest(&host, pid, rest[0].parse().unwrap()).await,
        "summary" => summary(&host).await,
        other => panic!("{other}: ingest or summary"),
    }
}

async fn ingest(host: &str, pid: &str, seconds: u64) {
    let length = Duration::from_secs(seconds);
    offer(host, OFFERED / 4.0, Duration::from_secs(3)).await;
    let (memory, cpu) = (memory(pid), cpu(pid));
    let began = Instant::now();
    let mut half = None;
    let watch = tokio::spawn({
        let pid = pid.to_owned();
        async move {
            tokio::time::sleep(length / 2).await;
            self::memory(&pid)
        }
    });
    let (mut waits, mut answers) = offer(host, OFFERED, length).await;
    let took = began.elapsed().as_secs_f64();
    half.replace(watch.await.unwrap());
    waits.sort_unstable();
    answers.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "beacons of a minute")]
    let rate = waits.len() as f64 * VITALS.len() as f64 / took;
    row("measurements taken a second, in beacons of five", "20,000", &format!("{rate:.0}"));
    // Our own clock wakes a sender up to a millisecond late, and both share the processors: the truth is between the two.
    for (from, times) in [("due", &waits), ("sent", &answers)] {
        for (share, target) in [(0.5, ""), (0.95, ""), (0.99, "5 ms"), (0.999, "")] {
            let what = format!("a beacon answered, p{}, from when it was {from}", share * 100.0);
            row(&what, target, &percentile(times, share));
        }
    }
    let memories = format!("{memory} → {} → {} MB", half.unwrap_or(0), self::memory(pid));
    row("memory of the server at the start, half-way, at the end", "flat", &memories);
    row("processors of the server", "", &format!("{:.2}", (self::cpu(pid) - cpu) / took));
}

/// Sends beacons at a rate, and returns the microseconds that each took from when it was due, and from when it was sent.
async fn offer(host: &str, rate: f64, length: Duration) -> (Vec<u64>, Vec<u64>) {
    let mut senders = JoinSet::new();
    #[expect(clippy::cast_precision_loss, reason = "few connections")]
    let every = Duration::from_secs_f64(CONNECTIONS as f64 / rate);
    for number in 0..CONNECTIONS {
        let host = host.to_owned();
        senders.spawn(async move { send(&host, number, every, length).await });
    }
    senders.join_all().await.concat().into_iter().unzip()
}

async fn send(host: &str, number: usize, every: Duration, length: Duration) -> Vec<(u64, u64)> {
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut waits = Vec::new();
    #[expect(clippy::cast_possible_truncation, reason = "few connections")]
    let first = Instant::now() + every * number as u32 / CONNECTIONS as u32;
    let mut due = first;
    let mut answer = vec![0; 4_096];
    for beacon in 0_usize.. {
        if due > first + length {
            break;
        }
        tokio::time::sleep_until(due.into()).await;
        let request = request(host, number, beacon);
        let sent = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        let read = stream.read(&mut answer).await.unwrap();
        let status = String::from_utf8_lossy(&answer[..read]);
        assert!(status.starts_with("HTTP/1.1 204"), "{status}");
        let micros = |since: Instant| u64::try_from(since.elapsed().as_micros()).unwrap();
        waits.push((micros(due), micros(sent)));
        due += every;
    }
    waits
}

/// A beacon of another network each time, so that none is refused as a flood.
fn request(host: &str, number: usize, beacon: usize) -> String {
    let route = ROUTES[(number + beacon) % ROUTES.len()];
    let device = DEVICES[beacon % DEVICES.len()];
    let one = |(name, value): (&str, &str)| {
        format!(
            r#"{{"name":"{name}","value":{value},"id":"p{number}","navigationType":"navigate","route":"{route}","release":"x","device":"{device}","connection":"4g"}}"#
        )
    };
    let body = format!("[{}]", VITALS.map(one).join(","));
    let address = format!("10.{number}.{}.{}", beacon / 256 % 256, beacon % 256);
    format!(
        "POST /api/analytics HTTP/1.1\r\nhost: {host}\r\nx-forwarded-for: {address}\r\ncontent-type: text/plain;charset=UTF-8\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn summary(host: &str) {
    let asked = [
        ("everything", "days=90"),
        ("one route", "days=90&vital=INP&route=/"),
        ("a route on a device", "days=90&route=/explore&device=phone"),
        ("a device, a connection and a release", "days=90&vital=FCP&device=phone&connection=4g&release=other"),
        ("a week", "days=7"),
    ];
    for (what, query) in asked {
        let mut waits = Vec::new();
        for _ in 0..41 {
            waits.push(ask(host, &format!("/api/analytics/summary?{query}")).await);
        }
        waits.remove(0);
        waits.sort_unstable();
        let told = format!("{} / {}", percentile(&waits, 0.5), percentile(&waits, 0.95));
        row(&format!("percentiles of {what}, p50 / p95"), "50 ms", &told);
    }
}

async fn ask(host: &str, path: &str) -> u64 {
    let began = Instant::now();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    began.elapsed().as_micros().try_into().unwrap()
}

/// Megabytes that a process has.
fn memory(pid: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1_000
}

/// Seconds of processors that a process has used.
fn cpu(pid: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let behind = stat.rsplit_once(')').unwrap().1;
    behind.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}
