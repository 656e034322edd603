//! The queue: what is published is done, once where once is asked for, in order, and told when it cannot be done.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use pretty_assertions::assert_eq;
use serde::{Deserialize, Serialize};
use server::{
    db::DbError,
    jobs::{
        Backoff, Dedup, Failure, Flow, Found, GivenUp, Job, JobState, JobsError, Kinds, Options, Rules, Schedule,
        Selection,
    },
};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::support::{Instance, PATIENCE, Scratch, until};

/// A job that says what is to happen.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Task {
    name: String,
    how: How,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum How {
    Well,
    /// Fails so many times.
    FailsFirst(u16),
    FailsAlways,
    Refused,
    Busy {
        seconds: u64,
    },
    Panics,
    Takes {
        milliseconds: u64,
    },
}

const SOON: Backoff = Backoff { first: Duration::from_millis(20), most: Duration::from_millis(50) };

impl Job for Task {
    const KIND: &'static str = "task";
    const RULES: Rules = Rules {
        time_limit: Duration::from_millis(700),
        backoff: SOON,
        on_failure: Some(TaskGivenUp::KIND),
        ..Rules::USUAL
    };

    fn validate(&self) -> Result<(), String> {
        if self.name.is_empty() { Err("it has no name".to_owned()) } else { Ok(()) }
    }
}

/// A job that is under way until it is let go.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Held {
    name: String,
}

impl Job for Held {
    const KIND: &'static str = "held";
    const RULES: Rules = Rules { on_failure: Some(TaskGivenUp::KIND), ..Rules::USUAL };
}

fn held(name: &str) -> Held {
    Held { name: name.to_owned() }
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

/// What happened, and what those wait for that are held.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>, Arc<Notify>);

impl Log {
    fn add(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn let_go(&self) {
        self.1.notify_waiters();
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    async fn until(&self, count: usize) -> Vec<String> {
        let enough = async {
            while self.lines().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, enough).await.unwrap_or_else(|_| panic!("only {:?}", self.lines()));
        self.lines()
    }

    fn kinds(&self) -> Kinds {
        let (log, holding, told) = (self.clone(), self.clone(), self.clone());
        Kinds::default()
            .on::<Task, _, _>(move |task: Task, context| {
                let log = log.clone();
                async move {
                    log.add(format!("{} {}", task.name, context.attempt));
                    match task.how {
                        How::Well => Ok(()),
                        How::FailsFirst(times) if context.attempt > times => Ok(()),
                        How::FailsFirst(_) | How::FailsAlways => Err(Failure::retry("it rained")),
                        How::Refused => Err(Failure::give_up("no such address")),
                        How::Busy { seconds } if context.attempt == 1 => {
                            Err(Failure::retry_after("busy", Duration::from_secs(seconds)))
                        }
                        How::Busy { .. } => Ok(()),
                        How::Panics => panic!("on purpose"),
                        How::Takes { milliseconds } => {
                            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                            log.add(format!("{} ended", task.name));
                            Ok(())
                        }
                    }
                }
            })
            .on::<Held, _, _>(move |held: Held, context| {
                let log = holding.clone();
                async move {
                    let let_go = log.1.notified();
                    log.add(format!("{} {}", held.name, context.attempt));
                    let_go.await;
                    log.add(format!("{} ended", held.name));
                    Ok(())
                }
            })
            .on::<TaskGivenUp, _, _>(move |job: TaskGivenUp, _| {
                let told = told.clone();
                async move {
                    told.add(format!("given up: {} ({})", job.0.error, job.0.cause));
                    Ok(())
                }
            })
    }

    fn work(&self, instance: &Instance) {
        instance.services.tasks.spawn("worker", instance.services.jobs.worker(self.kinds()).run());
    }
}

async fn publish(instance: &Instance, job: &impl Job, options: &Options) -> Uuid {
    instance.services.jobs.publish_now(job, options).await.unwrap().id
}

/// Waits until nothing is left to do.
async fn until_idle(scratch: &Scratch) {
    let idle = async {
        while scratch.count("select count(*) from jobs").await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, idle).await.expect("all jobs end in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_in_a_transaction_is_there_when_that_is_committed_and_not_otherwise() {
    let scratch = Scratch::new().await;
    let (instance, log) = (scratch.instance().await, Log::default());
    log.work(&instance);
    let jobs = &instance.services.jobs;
    let mut undone = instance.services.db.primary().begin().await.unwrap();
    jobs.publish(&mut undone, &task("undone", How::Well), &Options::default()).await.unwrap();
    undone.rollback().await.unwrap();
    let mut done = instance.services.db.primary().begin().await.unwrap();
    let published = jobs.publish(&mut done, &task("done", How::Well), &Options::default()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(log.lines().is_empty(), "nothing begins before the commit");
    done.commit().await.unwrap();
    assert_eq!(log.until(1).await, ["done 1"], "found without being told as well");
    until_idle(&scratch).await;
    assert!(matches!(jobs.find(published.id).await, Ok(Found::Finished { outcome, .. }) if outcome == "done"));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_urgent_go_first_and_the_delayed_when_their_time_has_come() {
    let scratch = Scratch::new().await.with("ATLAS9_JOBS", "1");
    let (instance, log) = (scratch.instance().await, Log::default());
    let (began, delay) = (Instant::now(), Duration::from_secs(4));
    let later = Options { delay: Some(delay), priority: Some(0), ..Options::default() };
    publish(&instance, &task("later", How::Well), &later).await;
    publish(&instance, &task("usual", How::Well), &Options::default()).await;
    publish(&instance, &task("last", How::Well), &Options { priority: Some(3), ..Options::default() }).await;
    publish(&instance, &task("urgent", How::Well), &Options { priority: Some(0), ..Options::default() }).await;
    let scheduled = Selection { state: Some(JobState::Scheduled), ..Selection::default() };
    assert_eq!(instance.services.jobs.list(&scheduled).await.unwrap().len(), 1);
    log.work(&instance);
    assert_eq!(log.until(4).await, ["urgent 1", "usual 1", "last 1", "later 1"]);
    assert!(began.elapsed() > delay, "{:?}", began.elapsed());
    until_idle(&scratch).await;
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_tried_again_and_end_as_dead_letters_that_can_be_redriven() {
    let scratch = Scratch::new().await;
    let (instance, log) = (scratch.instance().await, Log::default());
    let jobs = &instance.services.jobs;
    log.work(&instance);
    publish(&instance, &task("twice", How::FailsFirst(2)), &Options::default()).await;
    assert_eq!(log.until(3).await, ["twice 1", "twice 2", "twice 3"]);
    let never = publish(&instance, &task("never", How::FailsAlways), &Options::default()).await;
    assert_eq!(log.until(7).await[3..], ["never 1", "never 2", "never 3", "given up: it rained (attempts)"]);
    let refused = publish(&instance, &task("refused", How::Refused), &Options::default()).await;
    assert_eq!(log.until(9).await[7..], ["refused 1", "given up: no such address (refused)"]);
    until_idle(&scratch).await;

    let dead = jobs.dead(None, None).await.unwrap();
    let told: HashMap<Uuid, (&str, &str, i32)> =
        dead.iter().map(|dead| (dead.id, (dead.cause.as_str(), dead.error.as_str(), dead.attempt))).collect();
    assert_eq!(told[&never], ("attempts", "it rained", 3));
    assert_eq!(told[&refused], ("refused", "no such address", 1));

    jobs.redrive(never).await.unwrap();
    assert_eq!(log.until(13).await[9..12], ["never 1", "never 2", "never 3"], "with all its attempts");
    until_idle(&scratch).await;
    assert_eq!(jobs.redrive_all(Some("no-such-kind")).await.unwrap(), 0);
    assert_eq!(jobs.redrive_all(Some("task")).await.unwrap(), 2);
    log.until(19).await;
    until_idle(&scratch).await;
    jobs.bury(never).await.unwrap();
    assert!(matches!(jobs.bury(never).await, Err(JobsError::NotFound)), "twice changes nothing");
    assert_eq!(jobs.bury_all(None).await.unwrap(), 1);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_when_to_come_again_is_asked_no_sooner() {
    let scratch = Scratch::new().await;
    let (instance, log) = (scratch.instance().await, Log::default());
    log.work(&instance);
    let began = Instant::now();
    publish(&instance, &task("busy", How::Busy { seconds: 60 }), &Options::default()).await;
    assert_eq!(log.until(2).await, ["busy 1", "busy 2"]);
    // A minute is more than this kind waits at most.
    assert!(began.elapsed() >= Duration::from_millis(50) && began.elapsed() < Duration::from_secs(5));
    until_idle(&scratch).await;
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_panics_or_takes_too_long_or_cannot_be_read_harms_nobody_else() {
    let scratch = Scratch::new().await;
    let (instance, log) = (scratch.instance().await, Log::default());
    log.work(&instance);
    let once = Options { attempts: Some(1), ..Options::default() };
    let panics = publish(&instance, &task("panics", How::Panics), &once).await;
    let slow = publish(&instance, &task("slow", How::Takes { milliseconds: 60_000 }), &once).await;
    let unreadable =
        publish(&instance, &task("unreadable", How::Well), &Options { delay: Some(Duration::from_secs(60)), ..once })
            .await;
    let spoil = r#"update jobs set payload = '{"name": ""}', run_at = now() where payload like '%unreadable%'"#;
    scratch.break_it(spoil).await;
    publish(&instance, &task("well", How::Well), &Options::default()).await;
    log.until(6).await;
    until_idle(&scratch).await;
    let dead = instance.services.jobs.dead(None, None).await.unwrap();
    let of = |id: Uuid| {
        dead.iter().find(|dead| dead.id == id).map(|dead| (dead.cause.as_str(), dead.error.as_str())).unwrap()
    };
    assert_eq!(of(panics), ("attempts", "The program panicked over it: on purpose"));
    assert_eq!(of(slow), ("attempts", "It took longer than 0.7 seconds."));
    assert_eq!(of(unreadable).0, "unreadable");
    assert!(log.lines().contains(&"well 1".to_owned()));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_before_it_is_published() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let jobs = &instance.services.jobs;
    let well = task("well", How::Well);
    let refused = |error: JobsError| error.to_string();
    let flow = |parallelism, rate| Some(Flow { key: "f".to_owned(), parallelism, rate });
    for (options, hint) in [
        (Options { priority: Some(4), ..Options::default() }, "priority"),
        (Options { attempts: Some(0), ..Options::default() }, "1 to 100"),
        (Options { delay: Some(Duration::from_secs(400 * 86_400)), ..Options::default() }, "a year"),
        (Options { flow: flow(Some(0), None), ..Options::default() }, "at once"),
        (Options { flow: flow(None, Some((0, Duration::from_secs(1)))), ..Options::default() }, "rate"),
    ] {
        let told = refused(jobs.publish_now(&well, &options).await.unwrap_err());
        assert!(told.contains(hint), "{told}");
    }
    assert!(
        refused(jobs.publish_now(&task("", How::Well), &Options::default()).await.unwrap_err()).contains("no name")
    );
    let long = task(&"x".repeat(300_000), How::Well);
    assert!(refused(jobs.publish_now(&long, &Options::default()).await.unwrap_err()).contains("262144"));
    let mut tx = instance.services.db.primary().begin().await.unwrap();
    let many = vec![well; 101];
    assert!(matches!(jobs.publish_all(&mut tx, &many, &Options::default()).await, Err(JobsError::TooMany(101))));
    assert_eq!(jobs.publish_bulk(&mut tx, many, &Options::default()).await.unwrap(), 101);
    tx.rollback().await.unwrap();
    assert_eq!(scratch.count("select count(*) from jobs").await, 0);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_thing_published_a_thousand_times_at_once_is_one_job() {
    let scratch = Scratch::new().await.with("DATABASE_POOL", "20");
    let (instance, log) = (scratch.instance().await, Log::default());
    log.work(&instance);
    let published = (0..1_000).map(|_| {
        let jobs = instance.services.jobs.clone();
        async move {
            let options = Options { dedup: Dedup::ById("order-17".to_owned()), ..Options::default() };
            // Whoever gets no connection in time comes again, as a sender of webhooks would.
            loop {
                match jobs.publish_now(&task("order", How::Well), &options).await {
                    Err(JobsError::Db(DbError::Away(_))) => {}
                    published => return published.unwrap(),
                }
            }
        }
    });
    let published = futures::future::join_all(published).await;
    assert_eq!(published.iter().filter(|published| !published.is_duplicate).count(), 1);
    assert!(published.iter().all(|one| one.id == published[0].id), "every one is told the first one's id");
    until_idle(&scratch).await;
    assert_eq!(log.lines(), ["order 1"]);

    // By content, in one batch and beside what was there before; another kind of sameness is another job.
    let jobs = &instance.services.jobs;
    let same = Options { dedup: Dedup::ByContent, ..Options::default() };
    let mut tx = instance.services.db.primary().begin().await.unwrap();
    let batch = [task("a", How::Well), task("b", How::Well), task("a", How::Well)];
    let batch = jobs.publish_all(&mut tx, &batch, &same).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(batch.iter().map(|one| one.is_duplicate).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(batch[2].id, batch[0].id);
    assert_eq!(jobs.publish_now(&task("b", How::Well), &same).await.unwrap().id, batch[1].id);
    // Ten minutes later it is another.
    assert!(scratch.break_it("update job_keys set until = now() - interval '1 second'").await >= 3);
    assert!(!jobs.publish_now(&task("b", How::Well), &same).await.unwrap().is_duplicate);
    until_idle(&scratch).await;
    assert_eq!(log.lines().len(), 4);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_lets_only_so_many_run_at_once() {
    let scratch = Scratch::new().await;
    let (one, two, log) = (scratch.instance().await, scratch.instance().await, Log::default());
    log.work(&one);
    log.work(&two);
    let flow = Some(Flow { key: "printer".to_owned(), parallelism: Some(2), rate: None });
    for at in 0..12 {
        publish(
            &one,
            &task(&format!("page{at}"), How::Takes { milliseconds: 60 }),
            &Options { flow: flow.clone(), ..Options::default() },
        )
        .await;
    }
    let lines = log.until(24).await;
    let mut at_once = 0_i32;
    for line in &lines {
        at_once += if line.ends_with("ended") { -1 } else { 1 };
        assert!(at_once <= 2, "{lines:?}");
    }
    until_idle(&scratch).await;
    scratch.finish([one, two]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_lets_only_so_many_begin_within_a_time() {
    let scratch = Scratch::new().await;
    let (instance, log) = (scratch.instance().await, Log::default());
    let flow = Some(Flow { key: "api".to_owned(), parallelism: None, rate: Some((10, Duration::from_secs(1))) });
    for at in 0..16 {
        publish(
            &instance,
            &task(&format!("call{at}"), How::Well),
            &Options { flow: flow.clone(), ..Options::default() },
        )
        .await;
    }
    let began = Instant::now();
    log.work(&instance);
    log.until(16).await;
    let took = began.elapsed();
    assert!(took > Duration::from_millis(1_400) && took < Duration::from_secs(15), "16 at 10 a second took {took:?}");
    until_idle(&scratch).await;
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_cancelled_whether_it_waits_or_runs() {
    let scratch = Scratch::new().await;
    let (one, two, log) = (scratch.instance().await, scratch.instance().await, Log::default());
    let jobs = &one.services.jobs;
    let waiting = publish(
        &one,
        &task("waits", How::Well),
        &Options { delay: Some(Duration::from_secs(60)), ..Options::default() },
    )
    .await;
    jobs.cancel(waiting).await.unwrap();
    assert!(matches!(jobs.cancel(waiting).await, Err(JobsError::NotFound)), "twice changes nothing");
    assert!(matches!(jobs.find(waiting).await, Ok(Found::Finished { outcome, .. }) if outcome == "cancelled"));
    // It runs in another process than the one that cancels.
    log.work(&two);
    log.until(1).await;
    let running = publish(&one, &held("runs"), &Options::default()).await;
    log.until(2).await;
    jobs.cancel(running).await.unwrap();
    let lines = log.until(3).await;
    assert_eq!(lines[2], "given up: Somebody cancelled it. (cancelled)");
    until("whoever was at it stops", async || two.services.metrics.jobs.lanes()[0].1 == 0).await;
    log.let_go();
    until_idle(&scratch).await;
    assert!(!log.lines().contains(&"runs ended".to_owned()));
    scratch.finish([one, two]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_schedulers_publish_once_at_each_moment() {
    let scratch = Scratch::new().await;
    let (one, two, log) = (scratch.instance().await, scratch.instance().await, Log::default());
    let every_second = Schedule { name: "tick".to_owned(), cron: "* * * * * *".to_owned(), zone: "UTC".to_owned() };
    for instance in [&one, &two] {
        instance.services.jobs.schedule(&every_second, &task("tick", How::Well)).await.unwrap();
        log.work(instance);
    }
    log.until(3).await;
    one.services.jobs.pause_schedule("tick").await.unwrap();
    until_idle(&scratch).await;
    let ticks = log.lines().len();
    let twice = "select count(*) - count(distinct date_trunc('second', created_at)) from jobs_finished";
    assert_eq!(scratch.count(twice).await, 0, "of {ticks} ticks");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(log.lines().len(), ticks, "paused");
    let paused = one.services.jobs.schedules().await.unwrap();
    assert!(paused[0].paused_at.is_some() && paused[0].last_job.is_some());
    // Moments that passed meanwhile are made up for by one.
    scratch
        .break_it("update job_schedules set paused_at = null, next_at = now() - interval '1 hour', cron = '0 0 1 1 *'")
        .await;
    log.until(ticks + 1).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(log.lines().len(), ticks + 1);
    let bad = Schedule { cron: "whenever".to_owned(), ..every_second };
    assert!(matches!(one.services.jobs.schedule(&bad, &task("tick", How::Well)).await, Err(JobsError::BadSchedule(_))));
    scratch.finish([one, two]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_and_its_acknowledgement_are_one_transaction_where_the_handler_wants_it() {
    let scratch = Scratch::new().await;
    scratch.break_it("create table effects (job uuid, attempt integer)").await;
    let instance = scratch.instance().await;
    let (jobs, db) = (instance.services.jobs.clone(), instance.services.db.clone());
    let kinds = Kinds::default().on::<Task, _, _>(move |task: Task, context| {
        let (jobs, db) = (jobs.clone(), db.clone());
        async move {
            let mut tx = db.primary().begin().await.unwrap();
            sqlx::query("insert into effects values ($1, $2)")
                .bind(context.id)
                .bind(i32::from(context.attempt))
                .execute(&mut *tx)
                .await
                .unwrap();
            jobs.complete(&mut tx, &context).await.map_err(Failure::give_up)?;
            if let (How::FailsFirst(_), 1) = (&task.how, context.attempt) {
                return Err(Failure::retry("before the commit"));
            }
            tx.commit().await.unwrap();
            // Whatever comes after the commit changes nothing any more.
            if matches!(task.how, How::FailsAlways) { Err(Failure::retry("after the commit")) } else { Ok(()) }
        }
    });
    instance.services.tasks.spawn("worker", instance.services.jobs.worker(kinds).run());
    for how in [How::Well, How::FailsFirst(1), How::FailsAlways] {
        publish(&instance, &task("effect", how), &Options::default()).await;
    }
    until_idle(&scratch).await;
    assert_eq!(scratch.count("select count(*) from effects").await, 3, "each effect once");
    assert_eq!(scratch.count("select count(*) from jobs_finished where outcome = 'done'").await, 3);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_a_minute_ahead_or_behind_changes_nothing() {
    let scratch = Scratch::new().await;
    let behind = scratch.instance().await;
    let log = Log::default();
    let ahead = scratch.instance_ahead(60).await;
    let lagging = scratch.instance_ahead(-60).await;
    log.work(&ahead);
    log.work(&lagging);
    let began = Instant::now();
    for (instance, name) in [(&behind, "a"), (&ahead, "b"), (&lagging, "c")] {
        publish(instance, &task(name, How::FailsFirst(1)), &Options::default()).await;
    }
    log.until(6).await;
    until_idle(&scratch).await;
    assert!(began.elapsed() < Duration::from_secs(20), "nobody waits a minute: {:?}", began.elapsed());
    let delayed = Options { delay: Some(Duration::from_secs(1)), ..Options::default() };
    let began = Instant::now();
    publish(&lagging, &task("d", How::Well), &delayed).await;
    log.until(7).await;
    assert!(began.elapsed() >= Duration::from_millis(950) && began.elapsed() < Duration::from_secs(20));
    until_idle(&scratch).await;
    scratch.finish([behind, ahead, lagging]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_when_the_program_stops_is_given_back_and_does_not_count() {
    let scratch = Scratch::new().await;
    let (leaving, log) = (scratch.instance().await, Log::default());
    log.work(&leaving);
    let id = publish(
        &leaving,
        &task("long", How::Takes { milliseconds: 650 }),
        &Options { attempts: Some(1), ..Options::default() },
    )
    .await;
    log.until(1).await;
    scratch.break_it(r#"update jobs set payload = replace(payload, '650', '1')"#).await;
    // Less patience than the job takes: it is dropped. Its only attempt is not used up.
    assert!(leaving.services.stop(Duration::from_secs(5)).await);
    let staying = scratch.instance().await;
    let found = staying.services.jobs.find(id).await.unwrap();
    if let Found::Live(job) = &found {
        assert_eq!((job.attempt, job.worker.clone()), (0, None));
    }
    log.work(&staying);
    until_idle(&scratch).await;
    assert!(matches!(staying.services.jobs.find(id).await, Ok(Found::Finished { .. })));
    scratch.finish([staying]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_counted_for_metrics_and_the_console() {
    let scratch = Scratch::new().await;
    let (instance, log) = (scratch.instance().await, Log::default());
    log.work(&instance);
    publish(&instance, &task("well", How::Well), &Options::default()).await;
    publish(&instance, &task("fails", How::FailsFirst(1)), &Options::default()).await;
    publish(&instance, &task("refused", How::Refused), &Options::default()).await;
    log.until(5).await;
    until_idle(&scratch).await;
    let lines = [
        r#"atlas9_jobs_published_total{kind="task"} 3"#,
        r#"atlas9_jobs_started_total{kind="task"} 4"#,
        r#"atlas9_jobs_finished_total{kind="task"} 2"#,
        r#"atlas9_jobs_failed_total{kind="task"} 2"#,
        r#"atlas9_jobs_retried_total{kind="task"} 1"#,
        r#"atlas9_jobs_dead_total{kind="task"} 1"#,
        r#"atlas9_jobs_wait_seconds_count{kind="task"} 4"#,
        r#"atlas9_jobs_run_seconds_count{kind="task"} 4"#,
    ];
    // What is written down is counted a moment later.
    let counted = async {
        while !lines.iter().all(|line| instance.services.metrics.encode().contains(line)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, counted).await;
    in_time.unwrap_or_else(|_| panic!("{lines:#?} are not all in\n{}", instance.services.metrics.encode()));
    // A worker that ends writes down what it has counted.
    instance.services.stop(Duration::from_secs(5)).await;
    let console = scratch.instance().await;
    let figures = console.services.jobs.figures(60).await.unwrap();
    let of = figures.minutes.iter().filter(|minute| minute.kind == "task");
    let sums = of.fold([0; 4], |sums, minute| {
        assert_eq!((minute.waits.len(), minute.runs.len()), (20, 20));
        [sums[0] + minute.published, sums[1] + minute.done, sums[2] + minute.failed, sums[3] + minute.dead]
    });
    assert_eq!(sums, [3, 2, 2, 1], "published, done, failed, dead");
    assert_eq!(figures.queues.iter().filter(|queue| queue.state == "dead").map(|queue| queue.jobs).sum::<u64>(), 1);
    scratch.finish([console]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_are_told_as_used_from_when_a_job_is_claimed_until_it_is_written_down() {
    let scratch = Scratch::new().await.with("ATLAS9_JOBS", "3");
    let (instance, log) = (scratch.instance().await, Log::default());
    let usual = || instance.services.metrics.jobs.lanes()[0];
    assert_eq!(usual(), ("usual", 0, 0), "nobody works yet");
    log.work(&instance);
    for name in ["one", "two"] {
        publish(&instance, &held(name), &Options::default()).await;
    }
    log.until(2).await;
    assert_eq!(usual(), ("usual", 2, 3));
    log.let_go();
    log.until(4).await;
    until_idle(&scratch).await;
    until("slots are free", async || usual() == ("usual", 0, 3)).await;
    scratch.finish([instance]).await;
}
