//! What only QStash can do to us.

use std::sync::atomic::Ordering;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use pretty_assertions::assert_eq;
use serde_json::json;
use server::{
    jobs::{CannotGoOutside, Options, PAYLOAD_MAX},
    services::CannotStart,
};

use super::{Ground, How, Way, task};
use crate::{
    fake::{CURRENT_KEY, Delivery, TOKEN},
    support::{Scratch, until},
    web::client,
};

/// What was told of a job that was given up, as soon as that was taken.
async fn failure(ground: &Ground) -> Delivery {
    let told = || {
        let mut deliveries = ground.fake.deliveries().into_iter();
        deliveries.find(|delivery| delivery.url.ends_with("/failure") && delivery.status == 200)
    };
    until("the failure is told", async || told().is_some()).await;
    told().unwrap()
}

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
    let told = failure(&ground).await;
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
    let finished = "select count(*) from jobs_finished";
    until("it is handed over", async || ground.scratch.count(finished).await == 1).await;
    // As if the acknowledgement had been lost: the job is here again, as it was published.
    let back = "insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts, created_at)
                select id, kind, 'usual', '{\"name\": \"once\", \"how\": \"Well\"}', 1, now(), 3, created_at from jobs_finished";
    assert_eq!(ground.scratch.break_it(back).await, 1);
    until("it is handed over again", async || ground.scratch.count(finished).await == 2).await;
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
    let told = failure(&ground).await;
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
    let told = failure(&ground).await;
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
