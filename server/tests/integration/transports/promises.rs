//! What is kept whichever way a job takes.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use pretty_assertions::assert_eq;
use server::jobs::{Dedup, Found, Options, Schedule};

use super::{Ground, How, Task, Way, task};
use crate::support::{PATIENCE, until};

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
    let is_finished = async || matches!(ground.instance.services.jobs.find(id).await, Ok(Found::Finished { .. }));
    until("that is written down", is_finished).await;
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
