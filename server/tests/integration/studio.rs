//! Generations from start to end, and what can happen in between.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures::future::join_all;
use model::{Ending, GenerationStatus, Stage};
use pretty_assertions::assert_eq;
use server::studio::{StudioError, Wish};

use crate::support::{OwnRedis, SYNTHESIZERS, Scratch, assert_sound, directive, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_directive_becomes_a_stored_section_with_a_log_that_reads_the_same_twice() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let user = instance.guest().await;
    let began = Instant::now();
    let started = instance.start(user, SYNTHESIZERS).await;
    assert!(began.elapsed() < Duration::from_secs(5), "starting waits for nothing");

    let log = instance.log(user, started.generation, 0).await;
    assert_sound(&log);
    assert_eq!(instance.log(user, started.generation, 0).await, log);

    let draft = instance.services.studio.draft(Some(user), started.generation).await.unwrap();
    assert_eq!(draft.ending, Some(Ending::Done));
    assert_eq!(draft.stages[&Stage::Product].revision, Some(1));
    assert!(draft.sections.product.features.iter().any(|feature| feature.title.contains("synthesizer")));
    let receipt = draft.receipt.unwrap();
    assert_eq!((receipt.attempts, receipt.pace_ms), (1, 0));
    assert_eq!(receipt.stages[0].engine.to_string(), "composer");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_gets_exactly_what_it_has_not_seen_from_any_point() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let user = instance.guest().await;
    let started = instance.start(user, SYNTHESIZERS).await;
    let log = instance.log(user, started.generation, 0).await;
    for (seen, at) in [0, 1, 17, log.len() - 1, log.len()].into_iter().zip([0, 1, 17, log.len() - 1, log.len()]) {
        let rest = instance.log(user, started.generation, i64::try_from(seen).unwrap()).await;
        assert_eq!(rest, log[at..], "after {seen}");
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_wish_sent_twice_is_one_project() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let user = instance.guest().await;
    let (one, two) = tokio::join!(instance.start(user, SYNTHESIZERS), instance.start(user, SYNTHESIZERS));
    assert_eq!(one, two);
    let other = instance.start(user, "Help beekeepers log hive inspections").await;
    assert_ne!(other, one);
    for started in [one, other] {
        instance.log(user, started.generation, 0).await;
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_takes_effect_at_once_and_keeps_what_was_made() {
    let scratch = Scratch::new().await.with("ATLAS9_COMPOSER_PACE_MS", "50");
    let instance = scratch.worker().await;
    let user = instance.guest().await;
    let started = instance.start(user, SYNTHESIZERS).await;
    instance.until_logged(user, started.generation, 5).await;

    let asked = Instant::now();
    instance.services.studio.cancel(Some(user), started.generation).await.unwrap();
    let log = instance.log(user, started.generation, 0).await;
    assert!(asked.elapsed() < Duration::from_secs(5), "took {:?}", asked.elapsed());
    assert_sound(&log);
    assert_eq!(log.last().unwrap().kind, "cancelled");

    // The worker that was at it writes nothing more, and stopping again changes nothing.
    instance.services.studio.cancel(Some(user), started.generation).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(instance.log(user, started.generation, 0).await, log);
    let draft = instance.services.studio.draft(Some(user), started.generation).await.unwrap();
    assert_eq!(draft.ending, Some(Ending::Cancelled));
    assert!(!draft.sections.product.summary.is_empty());
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_what_no_worker_has_begun_ends_it_too() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let user = instance.guest().await;
    let started = instance.start(user, SYNTHESIZERS).await;
    instance.services.studio.cancel(Some(user), started.generation).await.unwrap();
    let log = instance.log(user, started.generation, 0).await;
    assert_sound(&log);
    assert_eq!(log.len(), 1);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_lease_writes_nothing_more_and_another_begins_the_stage_again() {
    let scratch = Scratch::new().await.with("ATLAS9_COMPOSER_PACE_MS", "30").with("ATLAS9_LEASE_SECONDS", "60");
    let zombie = scratch.worker().await;
    let user = zombie.guest().await;
    let started = zombie.start(user, SYNTHESIZERS).await;
    zombie.until_logged(user, started.generation, 8).await;

    // As if it had been silent past its lease. It is alive: it goes on writing, or tries to.
    let other = scratch.worker().await;
    let silent = "update job_workers set lease_until = now() - interval '1 second' where started_at = (select min(started_at) from job_workers)";
    assert_eq!(scratch.break_it(silent).await, 1);
    let log = other.log(user, started.generation, 0).await;
    assert_sound(&log);
    // What ran when it was taken over is begun again: one stage, or the three that run side by side. What was made is not made again.
    let restarts = log.iter().filter(|event| event.kind == "restart").count();
    assert!((1..=3).contains(&restarts), "{restarts} restarts");
    assert_eq!(log.iter().filter(|event| event.kind == "stage_done").count(), 5);

    let draft = other.services.studio.draft(Some(user), started.generation).await.unwrap();
    assert_eq!(draft.receipt.unwrap().attempts, 2);
    let untouched = other.start(user, "Help beekeepers log hive inspections").await;
    other.log(user, untouched.generation, 0).await;
    scratch.finish([zombie, other]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_gives_its_work_back_at_once() {
    let scratch = Scratch::new().await.with("ATLAS9_COMPOSER_PACE_MS", "30").with("ATLAS9_LEASE_SECONDS", "60");
    let leaving = scratch.worker().await;
    let user = leaving.guest().await;
    let started = leaving.start(user, SYNTHESIZERS).await;
    leaving.until_logged(user, started.generation, 5).await;
    assert!(leaving.services.stop(Duration::from_secs(5)).await);

    let staying = scratch.worker().await;
    let log = staying.log(user, started.generation, 0).await;
    assert_sound(&log);
    assert_eq!(log.last().unwrap().kind, "done");
    scratch.finish([staying]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_kills_its_workers_is_given_up() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let user = instance.guest().await;
    let started = instance.start(user, SYNTHESIZERS).await;
    // As if the fifth process in a row had died over it.
    scratch.break_it("insert into job_workers (id, name, lease_until) values (gen_random_uuid(), 'gone', now() - interval '1 second')").await;
    let held = "update jobs set state = 'running', attempt = 5, crashes = 4, worker = (select id from job_workers), started_at = now()
                where kind = 'make-generation'";
    assert_eq!(scratch.break_it(held).await, 1);
    instance.work();
    let log = instance.log(user, started.generation, 0).await;
    assert_sound(&log);
    assert_eq!(log.last().unwrap().kind, "failed");
    assert!(log.last().unwrap().data.contains("worker-died"));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_on_other_instances_miss_nothing_even_when_redis_dies_in_mid_stream() {
    let mut redis = OwnRedis::start().await;
    let mut scratch = Scratch::new().await.with("ATLAS9_COMPOSER_PACE_MS", "40");
    scratch.redis = redis.url.clone();
    let worker = scratch.worker().await;
    let elsewhere = scratch.instance().await;
    let user = worker.guest().await;
    let started = worker.start(user, SYNTHESIZERS).await;
    let (log, ()) = tokio::join!(elsewhere.log(user, started.generation, 0), async {
        worker.until_logged(user, started.generation, 10).await;
        redis.kill();
    });
    assert_sound(&log);
    assert_eq!(log.last().unwrap().kind, "done");
    assert_eq!(log, worker.log(user, started.generation, 0).await);
    scratch.finish([worker, elsewhere]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_changes_what_is_made_and_one_generation_runs_at_a_time() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let user = instance.guest().await;
    let started = instance.start(user, SYNTHESIZERS).await;
    instance.log(user, started.generation, 0).await;
    let first = instance.services.studio.draft(Some(user), started.generation).await.unwrap();

    let wish = Wish { note: Some("fewer features, without escrow".to_owned()), ..Wish::default() };
    let studio = &instance.services.studio;
    let (one, two) = tokio::join!(
        studio.generate(user, started.project, wish.clone()),
        studio.generate(user, started.project, wish.clone())
    );
    let again = one.or(two).expect("one of two simultaneous wishes is taken");
    instance.log(user, again, 0).await;
    let second = studio.draft(Some(user), again).await.unwrap();
    assert!(second.sections.product.features.len() < first.sections.product.features.len());
    assert!(!second.sections.product.features.iter().any(|feature| feature.source == "escrow"));
    assert_eq!(second.stages[&Stage::Product].revision, Some(2));

    let long = studio.generate(user, started.project, Wish { note: Some("x".repeat(4_001)), ..Wish::default() }).await;
    assert!(matches!(long, Err(StudioError::NoteTooLong(4_001))));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_cannot_fill_the_queue() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let user = instance.guest().await;
    let mut started = Vec::new();
    for number in 0..5 {
        started.push(instance.start(user, &format!("A shelf for {number} books")).await);
    }
    let sixth = instance.services.studio.start_project(user, &directive("A sixth shelf")).await;
    assert!(matches!(sixth, Err(StudioError::TooMany)));
    let stranger = instance.guest().await;
    started.push(instance.start(stranger, "Another person's shelf").await);
    instance.work();
    for one in &started[..5] {
        instance.log(user, one.generation, 0).await;
    }
    instance.log(stranger, started[5].generation, 0).await;
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_somebody_elses_does_not_exist() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let (owner, stranger) = (instance.guest().await, instance.guest().await);
    let started = instance.start(owner, SYNTHESIZERS).await;
    instance.log(owner, started.generation, 0).await;
    let studio = &instance.services.studio;
    for user in [Some(stranger), None] {
        assert!(matches!(studio.generation(user, started.generation).await, Err(StudioError::NotFound)));
        assert!(matches!(studio.draft(user, started.generation).await, Err(StudioError::NotFound)));
        assert!(matches!(studio.cancel(user, started.generation).await, Err(StudioError::NotFound)));
        assert!(studio.follow(user, started.generation, 0).await.is_err());
        assert!(instance.services.projects.get(user, started.project).await.is_err());
    }
    assert!(matches!(studio.generate(stranger, started.project, Wish::default()).await, Err(StudioError::NotFound)));
    let kept = studio.generation(Some(owner), started.generation).await.unwrap();
    assert_eq!(kept.status, GenerationStatus::Done);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_soon_first_pieces_came_is_asked_once_for_all_who_want_to_know() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let user = instance.guest().await;
    let started = instance.start(user, SYNTHESIZERS).await;
    instance.log(user, started.generation, 0).await;

    // While nobody can read what was made, whoever asks waits.
    let mut connection = instance.services.db.worker().acquire().await.unwrap();
    sqlx::raw_sql("begin; lock table revisions in access exclusive mode").execute(&mut *connection).await.unwrap();
    let waiting = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock' and query like '%percentile_cont%'";
    let looked_at = async {
        until("somebody asks", async || scratch.count(waiting).await > 0).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let asked = scratch.count(waiting).await;
        sqlx::raw_sql("rollback").execute(&mut *connection).await.unwrap();
        asked
    };
    let asking = join_all((0..20).map(|_| instance.services.studio.first_pieces()));
    let (told, asked) = tokio::join!(asking, looked_at);
    assert_eq!(asked, 1, "the others wait for that one");
    drop(connection);
    let told: Vec<_> = told.into_iter().map(Result::unwrap).collect();
    // Stages that are made side by side end in either order.
    let samples: BTreeMap<_, _> = told[0].iter().map(|of| (of.stage, of.samples)).collect();
    assert_eq!(samples, Stage::ALL.map(|stage| (stage, 1)).into());
    assert!(told.iter().all(|other| *other == told[0]));

    // What is made meanwhile is told of in a minute.
    let other = instance.start(user, "Help beekeepers log hive inspections").await;
    instance.log(user, other.generation, 0).await;
    assert_eq!(instance.services.studio.first_pieces().await.unwrap(), told[0]);
    scratch.finish([instance]).await;
}
