//! The program's metrics as Prometheus meets them: on a listener of their own, with pages and without.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::support::{PATIENCE, SYNTHESIZERS, Scratch, until};

/// A program that runs until the test ends.
struct Program {
    process: Child,
    metrics: String,
}

impl Program {
    fn start(scratch: &Scratch, arguments: &[&str]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_atlas9"))
            .args(arguments)
            .envs(scratch.variables())
            .env("ATLAS9_METRICS_ADDR", free.to_string())
            .env("ATLAS9_RELEASE", "9.9.9")
            .env("ATLAS9_WORKERS", "7")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, metrics: free.to_string() }
    }

    /// What it answers; nothing while nobody listens.
    fn get(&self, path: &str) -> String {
        let Ok(mut stream) = TcpStream::connect(&self.metrics) else { return String::new() };
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    async fn until_it_tells(&self, line: &str) {
        until(line, async || self.get("/metrics").contains(&format!("\n{line}\n"))).await;
    }

    /// As whoever looks after it does.
    fn stop(mut self) -> bool {
        let told = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        told.success() && self.process.wait().unwrap().success()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_serves_its_metrics_and_nothing_else() {
    let scratch = Scratch::new().await;
    let worker = Program::start(&scratch, &["work"]);
    worker.until_it_tells(r#"atlas9_build{release="9.9.9"} 1"#).await;
    worker.until_it_tells(r#"atlas9_jobs_slots{queue="studio",state="most"} 7"#).await;
    worker.until_it_tells(r#"atlas9_jobs_workers{state="alive"} 1"#).await;
    let answer = worker.get("/metrics");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("application/openmetrics-text"), "{answer}");
    assert!(answer.contains("\natlas9_generations_done_total 0\n"), "{answer}");
    assert!(answer.lines().any(|line| line.starts_with("process_cpu_seconds_total ")), "{answer}");
    for path in ["/", "/api/health", "/jobs"] {
        assert!(worker.get(path).starts_with("HTTP/1.1 404 "), "{path}");
    }

    // What another process was asked for is made here, and counted here.
    let asked = scratch.instance().await;
    let user = asked.guest().await;
    let started = asked.start(user, SYNTHESIZERS).await;
    asked.log(user, started.generation, 0).await;
    worker.until_it_tells("atlas9_generations_done_total 1").await;
    worker.until_it_tells(r#"atlas9_first_piece_seconds_count{stage="product",engine="composer"} 1"#).await;
    worker.until_it_tells("atlas9_generations_running 0").await;
    assert!(worker.stop(), "it ends when it is told to, and well");
    scratch.finish([asked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_cannot_listen_says_so_and_does_not_work() {
    let scratch = Scratch::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = tokio::process::Command::new(env!("CARGO_BIN_EXE_atlas9"))
        .arg("work")
        .envs(scratch.variables())
        .env("ATLAS9_METRICS_ADDR", &address)
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, ended).await.expect("it ends").unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains(&format!("cannot listen on {address} (ATLAS9_METRICS_ADDR)")), "{told}");
    scratch.finish([]).await;
}
