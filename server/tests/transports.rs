//! What a job may rely on, whichever way it takes: PostgreSQL's own workers, or QStash. Each promise is kept on both.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may, and so may what they stand on"
)]

#[path = "support/qstash.rs"]
mod fake;
mod support;
#[path = "support/web.rs"]
mod web;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use fake::{CURRENT_KEY, FakeQstash, NEXT_KEY, TOKEN};
use pretty_assertions::assert_eq;
use serde::{Deserialize, Serialize};
use serde_json::json;
use server::{
    config::{Config, QstashKey, Variables},
    http,
    jobs::{
        Backoff, CannotGoOutside, Dead, Dedup, Failure, Found, GivenUp, Job, Kinds, Message, Options, PAYLOAD_MAX,
        Published, Qstash, QstashClient, QstashError, Rules, Sameness, Schedule,
    },
    services::CannotStart,
};
use support::{Instance, PATIENCE, Scratch, until};
use uuid::Uuid;
use web::{client, listen, serve};

/// A job that says what is to happen.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Task {
    name: String,
    how: How,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum How {
    Well,
    FailsOnce,
    FailsUntilMended,
    Refused,
    BusyOnce,
    PanicsOnce,
    TakesTooLongOnce,
}

impl Job for Task {
    const KIND: &'static str = "task";
    const RULES: Rules = Rules {
        time_limit: Duration::from_millis(500),
        backoff: Backoff { first: Duration::from_millis(20), most: Duration::from_secs(5) },
        on_failure: Some(TaskGivenUp::KIND),
        ..Rules::USUAL
    };
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct TaskGivenUp(GivenUp);

impl Job for TaskGivenUp {
    const KIND: &'static str = "task-given-up";
}

fn task(name: &str, how: How) -> Task {
    Task { name: name.to_owned(), how }
}

/// What happened, and when.
#[derive(Clone, Default)]
struct Log {
    lines: Arc<Mutex<Vec<(String, Instant)>>>,
    mended: Arc<AtomicBool>,
}

impl Log {
    fn add(&self, line: String) {
        self.lines.lock().unwrap().push((line, Instant::now()));
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().iter().map(|(line, _)| line.clone()).collect()
    }

    /// So many lines, and no more a moment later.
    async fn exactly(&self, count: usize) -> Vec<String> {
        let enough = async {
            while self.lines().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, enough).await.unwrap_or_else(|_| panic!("only {:?}", self.lines()));
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(self.lines().len(), count, "{:?}", self.lines());
        self.lines()
    }

    /// From one line to the next.
    fn pause_before(&self, line: usize) -> Duration {
        let lines = self.lines.lock().unwrap();
        lines[line].1 - lines[line - 1].1
    }

    fn kinds(&self) -> Kinds {
        let (log, told) = (self.clone(), self.clone());
        let kinds = Kinds::default().on::<Task, _, _>(move |task: Task, context| {
            let log = log.clone();
            async move {
                log.add(format!("{} {}", task.name, context.attempt));
                let is_first = context.attempt == 1;
                match task.how {
                    How::FailsOnce if is_first => Err(Failure::retry("it rained")),
                    How::FailsUntilMended if !log.mended.load(Ordering::SeqCst) => Err(Failure::retry("it rained")),
                    How::Refused => Err(Failure::give_up("no such address")),
                    How::BusyOnce if is_first => Err(Failure::retry_after("busy", Duration::from_secs(2))),
                    How::PanicsOnce if is_first => panic!("on purpose"),
                    How::TakesTooLongOnce if is_first => {
                        tokio::time::sleep(Duration::from_secs(30)).await;
                        Ok(())
                    }
                    _ => Ok(()),
                }
            }
        });
        kinds.on::<TaskGivenUp, _, _>(move |job: TaskGivenUp, _| {
            let told = told.clone();
            async move {
                told.add(format!("given up: {} ({})", job.0.error, job.0.cause));
                Ok(())
            }
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Postgres,
    Qstash,
}

/// One instance with a worker, and QStash where that is the way.
struct Ground {
    way: Way,
    scratch: Scratch,
    instance: Instance,
    log: Log,
    fake: FakeQstash,
    transport: Qstash,
    site: String,
}

impl Ground {
    async fn new(way: Way) -> Self {
        let fake = FakeQstash::start().await;
        let (listener, site) = listen().await;
        let (scratch, log) = (Scratch::new().await, Log::default());
        let instance = scratch.instance().await;
        let config = Config::from_variables(&Variables::new([
            ("QSTASH_URL", fake.url.as_str()),
            ("QSTASH_TOKEN", TOKEN),
            ("QSTASH_CURRENT_SIGNING_KEY", CURRENT_KEY),
            ("QSTASH_NEXT_SIGNING_KEY", NEXT_KEY),
            ("ATLAS9_QSTASH_KINDS", if way == Way::Qstash { Task::KIND } else { "" }),
            ("ATLAS9_URL", site.as_str()),
        ]));
        let config = config.unwrap();
        let transport = Qstash::new(&config.qstash, &config.site(), client(), instance.services.jobs.clone());
        serve(listener, http::job_routes(transport.clone(), log.kinds()));
        let kinds = transport.forwarding(log.kinds()).unwrap();
        instance.services.tasks.spawn("worker", instance.services.jobs.worker(kinds).run());
        Self { way, scratch, instance, log, fake, transport, site }
    }

    async fn publish(&self, task: &Task, options: &Options) -> Published {
        self.instance.services.jobs.publish_now(task, options).await.unwrap()
    }

    async fn go(&self, name: &str, how: How) -> Uuid {
        self.publish(&task(name, how), &Options::default()).await.id
    }

    async fn dead(&self, id: Uuid) -> Dead {
        match self.instance.services.jobs.find(id).await.unwrap() {
            Found::Dead(dead) => dead,
            other => panic!("{other:?}"),
        }
    }

    /// Everything went the way it was to go, and nothing waits.
    async fn finish(self) {
        let deliveries = self.fake.deliveries().len();
        assert_eq!(deliveries > 0, self.way == Way::Qstash, "{deliveries} deliveries");
        assert_eq!(self.scratch.count("select count(*) from jobs").await, 0, "jobs left over");
        self.scratch.finish([self.instance]).await;
    }
}

async fn what_is_published_is_done_exactly_once(ground: Ground) {
    for name in ["a", "b", "c"] {
        ground.go(name, How::Well).await;
    }
    let jobs = &ground.instance.services.jobs;
    let mut lost = ground.instance.services.db.primary().begin().await.unwrap();
    jobs.publish(&mut lost, &task("rolled back", How::Well), &Options::default()).await.unwrap();
    lost.rollback().await.unwrap();
    let mut lines = ground.log.exactly(3).await;
    lines.sort();
    assert_eq!(lines, ["a 1", "b 1", "c 1"]);
    ground.finish().await;
}

async fn a_delay_is_kept(ground: Ground) {
    let (began, delay) = (Instant::now(), Duration::from_millis(1_200));
    ground.publish(&task("later", How::Well), &Options { delay: Some(delay), ..Options::default() }).await;
    ground.log.exactly(1).await;
    assert!(ground.log.lines.lock().unwrap()[0].1 - began >= delay);
    ground.finish().await;
}

async fn what_has_the_same_id_is_done_once(ground: Ground) {
    let options = Options { dedup: Dedup::ById("order 7".to_owned()), ..Options::default() };
    let first = ground.publish(&task("first", How::Well), &options).await;
    let second = ground.publish(&task("second", How::Well), &options).await;
    assert_eq!((first.id, second.is_duplicate), (second.id, true));
    assert_eq!(ground.log.exactly(1).await, ["first 1"]);
    ground.finish().await;
}

async fn what_fails_is_tried_again_and_done(ground: Ground) {
    ground.go("rain", How::FailsOnce).await;
    assert_eq!(ground.log.exactly(2).await, ["rain 1", "rain 2"]);
    ground.finish().await;
}

async fn what_always_fails_is_a_dead_letter_after_its_attempts_with_the_reason(ground: Ground) {
    let id = ground.go("rain", How::FailsUntilMended).await;
    let lines = ground.log.exactly(4).await;
    assert_eq!(lines, ["rain 1", "rain 2", "rain 3", "given up: it rained (attempts)"]);
    let dead = ground.dead(id).await;
    assert_eq!((dead.cause.as_str(), dead.error.as_str(), dead.attempt), ("attempts", "it rained", 3));
    assert_eq!(serde_json::from_str::<Task>(&dead.payload).unwrap().name, "rain");
    ground.finish().await;
}

async fn a_dead_letter_that_is_redriven_is_done(ground: Ground) {
    let id = ground.go("rain", How::FailsUntilMended).await;
    ground.log.exactly(4).await;
    ground.log.mended.store(true, Ordering::SeqCst);
    ground.instance.services.jobs.redrive(id).await.unwrap();
    assert_eq!(ground.log.exactly(5).await[4], "rain 1");
    assert!(matches!(ground.instance.services.jobs.find(id).await.unwrap(), Found::Finished { .. }));
    ground.finish().await;
}

async fn what_is_given_up_is_not_tried_again(ground: Ground) {
    let id = ground.go("letter", How::Refused).await;
    assert_eq!(ground.log.exactly(2).await, ["letter 1", "given up: no such address (refused)"]);
    let dead = ground.dead(id).await;
    assert_eq!((dead.cause.as_str(), dead.attempt), ("refused", 1));
    ground.finish().await;
}

async fn who_is_busy_is_left_alone_as_long_as_it_says(ground: Ground) {
    ground.go("caller", How::BusyOnce).await;
    assert_eq!(ground.log.exactly(2).await, ["caller 1", "caller 2"]);
    assert!(ground.log.pause_before(1) >= Duration::from_secs(2));
    ground.finish().await;
}

async fn what_panics_or_takes_too_long_is_tried_again(ground: Ground) {
    ground.go("panic", How::PanicsOnce).await;
    assert_eq!(ground.log.exactly(2).await, ["panic 1", "panic 2"]);
    ground.go("slow", How::TakesTooLongOnce).await;
    assert_eq!(ground.log.exactly(4).await[2..], ["slow 1", "slow 2"]);
    ground.finish().await;
}

async fn a_hundred_at_once_are_done_once_each(ground: Ground) {
    let tasks: Vec<Task> = (0..100).map(|n| task(&format!("{n:03}"), How::Well)).collect();
    let mut tx = ground.instance.services.db.primary().begin().await.unwrap();
    ground.instance.services.jobs.publish_all(&mut tx, &tasks, &Options::default()).await.unwrap();
    tx.commit().await.unwrap();
    ground.instance.services.jobs.wake::<Task>();
    let mut lines = ground.log.exactly(100).await;
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 100);
    ground.finish().await;
}

async fn what_cannot_be_read_is_a_dead_letter_at_once(ground: Ground) {
    ground
        .scratch
        .break_it(
            "insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts)
             values ('0199f000-0000-7000-8000-000000000001', 'task', 'usual', '{\"name\": 7}', 1, now(), 3)",
        )
        .await;
    ground.go("after", How::Well).await;
    assert_eq!(ground.log.exactly(1).await, ["after 1"]);
    assert_eq!(ground.dead("0199f000-0000-7000-8000-000000000001".parse().unwrap()).await.cause, "unreadable");
    ground.finish().await;
}

async fn a_schedule_fires_at_each_of_its_moments(ground: Ground) {
    let schedule = |cron: &str| Schedule { name: "nightly".to_owned(), cron: cron.to_owned(), zone: "UTC".to_owned() };
    let job = task("nightly", How::Well);
    match ground.way {
        Way::Postgres => ground.instance.services.jobs.schedule(&schedule("* * * * * *"), &job).await.unwrap(),
        Way::Qstash => {
            ground.transport.schedule(&schedule("* * * * *"), &job).await.unwrap();
            ground.fake.pass_a_minute();
            ground.fake.pass_a_minute();
        }
    }
    let twice = async {
        while ground.log.lines().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, twice).await.unwrap();
    assert!(ground.log.lines().iter().all(|line| line == "nightly 1"));
    if ground.way == Way::Postgres {
        ground.instance.services.jobs.pause_schedule("nightly").await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    ground.finish().await;
}

macro_rules! on_both {
    ($($promise:ident),* $(,)?) => {
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                super::$promise(super::Ground::new(super::Way::Postgres).await).await;
            })*
        }
        mod qstash {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                super::$promise(super::Ground::new(super::Way::Qstash).await).await;
            })*
        }
    };
}

on_both!(
    what_is_published_is_done_exactly_once,
    a_delay_is_kept,
    what_has_the_same_id_is_done_once,
    what_fails_is_tried_again_and_done,
    what_always_fails_is_a_dead_letter_after_its_attempts_with_the_reason,
    a_dead_letter_that_is_redriven_is_done,
    what_is_given_up_is_not_tried_again,
    who_is_busy_is_left_alone_as_long_as_it_says,
    what_panics_or_takes_too_long_is_tried_again,
    a_hundred_at_once_are_done_once_each,
    what_cannot_be_read_is_a_dead_letter_at_once,
    a_schedule_fires_at_each_of_its_moments,
);

// ── What only QStash can do to us ────────────────────────────────────────────────────────────────────────────────

#[tokio::test(flavor = "multi_thread")]
async fn a_job_stays_here_until_qstash_takes_it_and_no_attempt_is_lost() {
    let ground = Ground::new(Way::Qstash).await;
    ground.fake.fail_next(429, Some("1"));
    ground.go("busy", How::Well).await;
    ground.log.exactly(1).await;
    ground.fake.fail_next(503, None);
    ground.go("away", How::Well).await;
    let waits = "select count(*) from jobs where error like 'QStash does not answer%'";
    until("the console says why it waits", async || ground.scratch.count(waits).await == 1).await;
    // Nobody asks again so soon, whatever else is to go.
    ground.go("behind", How::Well).await;
    let behind = "select count(*) from jobs where error like 'QStash is left alone%'";
    until("it waits as well", async || ground.scratch.count(behind).await == 1).await;
    let mut lines = ground.log.exactly(3).await;
    lines[1..].sort();
    assert_eq!(lines, ["busy 1", "away 1", "behind 1"]);
    let attempts = ground.scratch.count("select max(attempt)::bigint from jobs_finished").await;
    assert_eq!(attempts, 1, "to be put off is no attempt");
    ground.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_set_up_is_no_fault_of_the_job() {
    for status in [307, 402, 404] {
        let ground = Ground::new(Way::Qstash).await;
        ground.go("fine", How::Well).await;
        ground.log.exactly(1).await;
        ground.fake.fail_next(status, None);
        let id = ground.go("waits", How::Well).await;
        let waits =
            "select count(*) from jobs where error like 'QStash refuses (%' and run_at > now() + interval '50 seconds'";
        until("it waits for somebody to mend it", async || ground.scratch.count(waits).await == 1).await;
        ground.instance.services.jobs.cancel(id).await.unwrap();
        ground.log.exactly(2).await;
        ground.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_many_attempts_goes_out_with_as_many_as_the_plan_has() {
    let ground = Ground::new(Way::Qstash).await;
    let many = Options { attempts: Some(10), ..Options::default() };
    let id = ground.publish(&task("rain", How::FailsUntilMended), &many).await.id;
    assert_eq!(ground.log.exactly(5).await.last().unwrap(), "given up: it rained (attempts)");
    assert_eq!(ground.dead(id).await.attempt, 4, "three retries");
    ground.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_taken_though_the_answer_said_otherwise_is_not_lost_when_it_fails() {
    let ground = Ground::new(Way::Qstash).await;
    ground.fake.fail_next_answer(503);
    let id = ground.go("letter", How::Refused).await;
    let lines = ground.log.exactly(2).await;
    assert_eq!(lines, ["letter 1", "given up: no such address (refused)"]);
    assert_eq!(ground.dead(id).await.error, "no such address");
    let early = ground.fake.deliveries().iter().filter(|delivery| delivery.status == 503).count();
    assert!(early > 0, "it was told while the job was still here");
    ground.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_given_up_here_and_outside_can_be_redriven() {
    let ground = Ground::new(Way::Qstash).await;
    let id = ground.go("rain", How::FailsUntilMended).await;
    ground.log.exactly(4).await;
    let told = ground.fake.deliveries().into_iter().find(|delivery| delivery.url.ends_with("/failure")).unwrap();
    // As if its worker had died at the last attempt to hand it over, after QStash took it.
    let here = "update jobs_dead set cause = 'crashed', created_at = (select created_at from jobs_finished where kind = 'task')";
    assert_eq!(ground.scratch.break_it(here).await, 1);
    let again = client().post(&told.url).header("Upstash-Signature", &told.signature).body(told.body.clone());
    assert_eq!(again.send().await.unwrap().status(), 200);
    ground.log.mended.store(true, Ordering::SeqCst);
    ground.instance.services.jobs.redrive(id).await.unwrap();
    assert_eq!(ground.log.exactly(5).await.last().unwrap(), "rain 1", "and nobody was told a second time");
    ground.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_read_however_it_is_spelt() {
    let ground = Ground::new(Way::Qstash).await;
    ground.go("fine", How::Well).await;
    ground.log.exactly(1).await;
    let failures = format!("{}/api/jobs/task/failure", ground.site);
    let payload = json!({"name": "nightly", "how": "Well"});
    let source = STANDARD.encode(json!({"job": null, "attempts": 3, "payload": payload}).to_string());
    let tell = async |report: serde_json::Value| {
        let body = report.to_string();
        let request = client().post(&failures).header("Upstash-Signature", ground.fake.sign(&failures, &body));
        request.body(body).send().await.unwrap().status().as_u16()
    };
    for odd in [
        json!({"sourceMessasgeId": "msg_1", "status": -1, "sourceBody": source}),
        json!({"sourceMessageId": "msg_1", "sourceMessasgeId": "msg_1", "retried": null, "sourceBody": source}),
        json!({"sourceMessageId": "msg_2", "status": 500, "createdAt": 1_800_000_000_000_i64, "sourceBody": source}),
    ] {
        assert_eq!(tell(odd.clone()).await, 200, "{odd}");
    }
    let big = json!({"job": null, "attempts": 3, "payload": {"name": "x".repeat(PAYLOAD_MAX), "how": "Well"}});
    for bad in [
        json!({"status": 500, "sourceBody": source}),
        json!({"sourceMessageId": "msg_3"}),
        json!({"sourceMessageId": "msg_4", "sourceBody": STANDARD.encode(big.to_string())}),
    ] {
        assert_eq!(tell(bad).await, 400);
    }
    assert_eq!(ground.scratch.count("select count(*) from jobs_dead").await, 2);
    ground.log.exactly(3).await;
    ground.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_qstash_refuses_is_a_dead_letter_with_its_words() {
    let ground = Ground::new(Way::Qstash).await;
    ground.go("fine", How::Well).await;
    ground.log.exactly(1).await;
    ground.fake.fail_next(413, None);
    let id = ground.go("too large", How::Well).await;
    assert!(ground.log.exactly(2).await[1].starts_with("given up: QStash refuses (413)"));
    assert_eq!(ground.dead(id).await.error, "QStash refuses (413): as the test asked for");
    ground.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_before_it_hears_that_a_job_was_taken_hands_over_the_same_message() {
    let ground = Ground::new(Way::Qstash).await;
    ground.go("once", How::Well).await;
    ground.log.exactly(1).await;
    // As if the acknowledgement had been lost: the job is here again, as it was published.
    let back = "insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts, created_at)
                select id, kind, 'usual', '{\"name\": \"once\", \"how\": \"Well\"}', 1, now(), 3, created_at from jobs_finished";
    assert_eq!(ground.scratch.break_it(back).await, 1);
    let handed_over = async {
        while ground.scratch.count("select count(*) from jobs_finished").await < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, handed_over).await.expect("handed over again");
    assert_eq!(ground.log.exactly(1).await, ["once 1"]);
    ground.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_qstash_signed_for_this_address_is_done() {
    let ground = Ground::new(Way::Qstash).await;
    let (http, fake) = (client(), &ground.fake);
    let (here, failures) = (format!("{}/api/jobs/task", ground.site), format!("{}/api/jobs/task/failure", ground.site));
    let body = json!({"job": null, "attempts": 3, "payload": {"name": "signed", "how": "Well"}}).to_string();
    let send = async |url: &str, signature: String, body: &str| {
        let request = http.post(url).header("Upstash-Signature", signature).header("Upstash-Message-Id", "msg_x");
        request.body(body.to_owned()).send().await.unwrap()
    };
    for bad in [String::new(), "a.b.c".to_owned(), fake.sign(&failures, &body), fake.sign(&here, "{}")] {
        assert_eq!(send(&here, bad.clone(), &body).await.status(), 401);
        assert_eq!(send(&failures, fake.sign(&here, &body), &body).await.status(), 401);
    }
    let unknown = format!("{}/api/jobs/unknown", ground.site);
    assert_eq!(send(&unknown, fake.sign(&unknown, &body), &body).await.status(), 404);
    for unreadable in ["{}", r#"{"job": null, "attempts": 3, "payload": {"name": 7}}"#] {
        let answer = send(&here, fake.sign(&here, unreadable), unreadable).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["upstash-nonretryable-error"]),
            (489, &"true".parse().unwrap())
        );
    }
    assert_eq!(ground.log.exactly(0).await.len(), 0);
    assert_eq!(send(&here, fake.sign(&here, &body), &body).await.status(), 200);
    fake.roll_keys();
    assert_eq!(send(&here, fake.sign(&here, &body), &body).await.status(), 200);
    ground.go("delivered", How::Well).await;
    ground.log.exactly(3).await;
    ground.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_is_told_twice_is_one_dead_letter() {
    let ground = Ground::new(Way::Qstash).await;
    let id = ground.go("letter", How::Refused).await;
    ground.log.exactly(2).await;
    let told = ground.fake.deliveries().into_iter().find(|delivery| delivery.url.ends_with("/failure")).unwrap();
    let again = async || {
        let again = client().post(&told.url).header("Upstash-Signature", &told.signature).body(told.body.clone());
        again.send().await.unwrap().status()
    };
    assert_eq!(again().await, 200);
    ground.log.exactly(2).await;
    assert_eq!(ground.scratch.count("select count(*) from jobs_dead").await, 1);
    assert_eq!(ground.dead(id).await.error, "no such address");
    // Redriven it may fail anew, and what is told of the first time changes nothing.
    ground.instance.services.jobs.redrive(id).await.unwrap();
    ground.log.exactly(4).await;
    ground.instance.services.jobs.bury(id).await.unwrap();
    assert_eq!(again().await, 200);
    assert_eq!(ground.scratch.count("select count(*) from jobs_dead").await, 0);
    ground.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_is_told_before_the_job_has_left_is_told_again() {
    let ground = Ground::new(Way::Qstash).await;
    ground.go("letter", How::Refused).await;
    ground.log.exactly(2).await;
    let told = ground.fake.deliveries().into_iter().find(|delivery| delivery.url.ends_with("/failure")).unwrap();
    ground.scratch.break_it("delete from jobs_dead").await;
    // As if the acknowledgement were still on its way.
    let here = "insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts, created_at)
                select id, kind, 'nobody''s', '{}', 1, now(), 3, created_at from jobs_finished where kind = 'task'";
    ground.scratch.break_it(here).await;
    let again = async || {
        let again = client().post(&told.url).header("Upstash-Signature", &told.signature).body(told.body.clone());
        again.send().await.unwrap()
    };
    let soon = again().await;
    assert_eq!((soon.status().as_u16(), soon.headers().contains_key("retry-after")), (503, true));
    ground.scratch.break_it("delete from jobs").await;
    assert_eq!(again().await.status(), 200);
    assert_eq!(ground.scratch.count("select count(*) from jobs_dead").await, 1);
    ground.log.exactly(3).await;
    ground.finish().await;
}

#[tokio::test]
async fn what_is_acknowledged_in_postgresql_or_is_no_kind_cannot_go_outside() {
    let mut scratch = Scratch::new()
        .await
        .with("QSTASH_TOKEN", TOKEN)
        .with("QSTASH_CURRENT_SIGNING_KEY", CURRENT_KEY)
        .with("ATLAS9_URL", "https://atlas9.example.com")
        .with("ATLAS9_QSTASH_KINDS", "send-mail,make-generation");
    let start = async |scratch: &Scratch| {
        let started = server::services::Services::start(scratch.config(), server::clock::Clock::system()).await;
        started.err().expect("it does not start")
    };
    for needs_token in ["make-generation", "dispatch-event", "deliver-event", "collect-events"] {
        scratch.set("ATLAS9_QSTASH_KINDS", &format!("send-mail,{needs_token}"));
        let refused = start(&scratch).await;
        assert!(matches!(&refused, CannotStart::BadQstash(CannotGoOutside::NeedsToken(kind)) if kind == needs_token));
    }
    scratch.set("ATLAS9_QSTASH_KINDS", "send-male");
    let refused = start(&scratch).await.to_string();
    assert!(refused.contains("send-male") && refused.contains("send-mail, "), "{refused}");
    scratch.set("ATLAS9_QSTASH_KINDS", "send-mail");
    let instance = scratch.instance().await;
    scratch.finish([instance]).await;
}

// ── The client ───────────────────────────────────────────────────────────────────────────────────────────────────

/// A client, and a place to deliver to that notes what comes.
async fn outside() -> (FakeQstash, QstashClient, String, Arc<Mutex<Vec<String>>>) {
    let fake = FakeQstash::start().await;
    let qstash = QstashClient::new(client(), &fake.url, QstashKey::new(TOKEN), server::clock::Clock::system());
    let (listener, url) = listen().await;
    let came = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&came);
    let note = axum::routing::post(move |body: String| async move { notes.lock().unwrap().push(body) });
    serve(listener, axum::Router::new().route("/in", note));
    (fake, qstash, format!("{url}/in"), came)
}

fn message(destination: &str, body: &str) -> Message {
    Message { destination: destination.to_owned(), body: body.to_owned(), ..Message::default() }
}

#[tokio::test]
async fn the_client_publishes_alone_and_in_batches_and_knows_duplicates() {
    let (_fake, qstash, url, came) = outside().await;
    let by_id = |body| Message { sameness: Sameness::ById("a".to_owned()), ..message(&url, body) };
    let first = qstash.publish(&by_id("1")).await.unwrap();
    let second = qstash.publish(&by_id("2")).await.unwrap();
    assert_eq!((second.message_id, first.deduplicated, second.deduplicated), (first.message_id, false, true));
    let by_content = Message { sameness: Sameness::ByContent, ..message(&url, "3") };
    let batch = [by_content.clone(), by_content, message("nowhere", "4"), message(&url, "5")];
    let answers = qstash.publish_batch(&batch).await.unwrap();
    assert!(
        matches!(&answers[..], [Ok(a), Ok(b), Err(QstashError::Refused { .. }), Ok(_)] if a.message_id == b.message_id && b.deduplicated)
    );
    let soon = time::OffsetDateTime::now_utc() + Duration::from_secs(2);
    let (began, later) = (Instant::now(), Message { not_before: Some(soon), ..message(&url, "6") });
    qstash.publish(&later).await.unwrap();
    let all = async {
        while came.lock().unwrap().len() < 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(900));
    let mut came = came.lock().unwrap().clone();
    came.sort();
    assert_eq!(came, ["1", "3", "5", "6"]);
    let many = vec![message(&url, "7"); 101];
    assert!(matches!(qstash.publish_batch(&many).await, Err(QstashError::TooMany(101))));
    assert!(qstash.publish_batch(&many[..100]).await.unwrap().iter().all(Result::is_ok));
}

#[tokio::test]
async fn the_client_keeps_schedules() {
    let (fake, qstash, url, came) = outside().await;
    let id = qstash.create_schedule("nightly", "* * * * *", "Europe/Lisbon", &message(&url, "tick")).await.unwrap();
    qstash.create_schedule("nightly", "* * * * *", "Europe/Lisbon", &message(&url, "tock")).await.unwrap();
    let schedules = qstash.schedules().await.unwrap();
    assert_eq!((schedules.len(), &schedules[0].schedule_id, &schedules[0].destination), (1, &id, &url));
    assert_eq!(schedules[0].cron, "CRON_TZ=Europe/Lisbon * * * * *");
    let refused = qstash.create_schedule("daily", "tomorrow", "UTC", &message(&url, "")).await;
    assert!(matches!(refused, Err(QstashError::Refused { status: 400, words }) if words == "invalid cron"));
    fake.pass_a_minute();
    qstash.delete_schedule(&id).await.unwrap();
    assert!(matches!(qstash.delete_schedule(&id).await, Err(QstashError::Refused { status: 404, .. })));
    assert!(matches!(qstash.delete_schedule("").await, Err(QstashError::Refused { status: 404, .. })));
    fake.pass_a_minute();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(*came.lock().unwrap(), ["tock"]);
}

#[tokio::test]
async fn the_client_says_what_went_wrong() {
    let (fake, qstash, url, _) = outside().await;
    let sent = message(&url, "1");
    fake.fail_next(429, Some("7"));
    let seven = Some(Duration::from_secs(7));
    assert!(matches!(qstash.publish(&sent).await, Err(QstashError::Busy { retry_after }) if retry_after == seven));
    fake.fail_next(429, Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    let now = Some(Duration::ZERO);
    assert!(matches!(qstash.publish(&sent).await, Err(QstashError::Busy { retry_after }) if retry_after == now));
    fake.fail_next(502, None);
    assert!(matches!(qstash.publish(&sent).await, Err(QstashError::Away(_))));
    let stranger = QstashClient::new(client(), &fake.url, QstashKey::new("other"), server::clock::Clock::system());
    assert!(matches!(stranger.publish(&sent).await, Err(QstashError::Denied)));
    let nobody =
        QstashClient::new(client(), "http://127.0.0.1:9", QstashKey::new(TOKEN), server::clock::Clock::system());
    assert!(matches!(nobody.publish(&sent).await, Err(QstashError::Away(_))));
    let colon = Message { sameness: Sameness::ById("a:b".to_owned()), ..sent };
    assert!(
        matches!(qstash.publish(&colon).await, Err(QstashError::Refused { status: 400, words }) if words.contains(':'))
    );
}
