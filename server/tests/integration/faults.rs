//! What goes wrong where work is done: processes that are killed, stopped or kill themselves, a database that restarts, a network that is cut or
//! slow. After each of it every job is done as often as it should be, and nothing is left running.

use std::{
    env,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use model::{ProjectId, Stage};
use pretty_assertions::assert_eq;
use serde::{Deserialize, Serialize};
use server::{
    blobs::{Purpose, Use},
    clock::Clock,
    config::{Config, Variables},
    jobs::{Backoff, Failure, Job, Kinds, Options, Rules},
    services::Services,
};
use sqlx::PgPool;

use crate::support::{
    Instance, OwnPostgres, OwnRedis, PATIENCE, SYNTHESIZERS, Scratch, Wire, assert_sound, files_below, until,
};

/// A job that leaves traces in the database: that it was begun, and its effect.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Work {
    /// Takes a while; the effect comes last.
    Takes { milliseconds: u64 },
    /// The first time it hangs between its effect and its end.
    HangsAfterItsEffect,
    /// Effect and acknowledgement in one transaction, after a while.
    CompletesItself { milliseconds: u64 },
    /// Keeps a hundred kilobytes in the blob store.
    KeepsABlob { project: ProjectId },
    /// Takes its process with it.
    Aborts,
}

impl Job for Work {
    const KIND: &'static str = "work";
    const RULES: Rules = Rules {
        attempts: 3,
        time_limit: Duration::from_secs(60),
        backoff: Backoff { first: Duration::from_millis(100), most: Duration::from_secs(1) },
        ..Rules::USUAL
    };
}

const TRACES: &str =
    "create table begun (job uuid, attempt integer, process integer); create table effects (job uuid primary key);
                      create table completions (job uuid)";

fn kinds(services: &Services) -> Kinds {
    let services = services.clone();
    services.clone().kinds().on::<Work, _, _>(move |work, context| {
        let (jobs, db, blobs) = (services.jobs.clone(), services.db.clone(), services.blobs.clone());
        async move {
            let begun =
                sqlx::query("insert into begun values ($1, $2, $3)").bind(context.id).bind(i32::from(context.attempt));
            let begun = begun.bind(i32::try_from(std::process::id()).unwrap()).execute(db.primary()).await;
            begun.map_err(Failure::retry)?;
            let effect = sqlx::query("insert into effects values ($1) on conflict do nothing").bind(context.id);
            match work {
                Work::Takes { milliseconds } => {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                    effect.execute(db.primary()).await.map_err(Failure::retry)?;
                }
                Work::HangsAfterItsEffect => {
                    effect.execute(db.primary()).await.map_err(Failure::retry)?;
                    if context.attempt == 1 {
                        tokio::time::sleep(Duration::from_secs(50)).await;
                    }
                }
                Work::CompletesItself { milliseconds } => {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                    let mut tx = db.primary().begin().await.map_err(Failure::retry)?;
                    let completion = sqlx::query("insert into completions values ($1)").bind(context.id);
                    completion.execute(&mut *tx).await.map_err(Failure::retry)?;
                    jobs.complete(&mut tx, &context).await.map_err(Failure::give_up)?;
                    tx.commit().await.map_err(Failure::retry)?;
                }
                Work::KeepsABlob { project } => {
                    let kept = Use { project, purpose: Purpose::Export, made_of: "a fault".to_owned() };
                    let put = blobs.put(vec![7; 100_000].into(), "application/zip", &kept).await;
                    put.map_err(Failure::retry)?;
                    effect.execute(db.primary()).await.map_err(Failure::retry)?;
                }
                Work::Aborts => std::process::abort(),
            }
            Ok(())
        }
    })
}

/// A process of its own that works, until something happens to it.
struct Process(Child);

impl Process {
    fn start(scratch: &Scratch) -> Self {
        Self::run(Command::new(env::current_exe().unwrap()), scratch)
    }

    /// One for which a disk is full after 16 kB of each file.
    fn on_a_full_disk(scratch: &Scratch) -> Self {
        let mut command = Command::new("bash");
        command.args(["-c", r#"trap '' XFSZ; ulimit -f 16; exec "$0" "$@""#]).arg(env::current_exe().unwrap());
        Self::run(command, scratch)
    }

    fn run(mut command: Command, scratch: &Scratch) -> Self {
        command.args(["--exact", "faults::a_process_that_works", "--ignored", "--nocapture"]);
        command.env("FAULTS_VARIABLES", serde_json::to_string(&scratch.variables()).unwrap());
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap().success());
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    fn has_died(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What [`Process`] runs; by itself it has nothing to do.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "other tests start it as a process of its own"]
async fn a_process_that_works() {
    let Ok(variables) = env::var("FAULTS_VARIABLES") else { return };
    let variables: Vec<(String, String)> = serde_json::from_str(&variables).unwrap();
    let variables = Variables::new(variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let services = Services::start(Config::from_variables(&variables).unwrap(), Clock::system()).await.unwrap();
    let worker = services.jobs.worker(kinds(&services));
    services.tasks.spawn("worker", worker.run());
    // Nobody waits for it longer than this.
    tokio::time::sleep(Duration::from_secs(120)).await;
}

fn work(instance: &Instance) {
    instance.services.tasks.spawn("worker", instance.services.jobs.worker(kinds(&instance.services)).run());
}

async fn publish(instance: &Instance, work: Work, many: usize) {
    let mut tx = instance.services.db.primary().begin().await.unwrap();
    instance.services.jobs.publish_bulk(&mut tx, vec![work; many], &Options::default()).await.unwrap();
    tx.commit().await.unwrap();
    instance.services.jobs.wake::<Work>();
}

/// Waits until a query counts this many.
async fn until_many(scratch: &Scratch, sql: &'static str, many: i64) {
    let pool = PgPool::connect(&scratch.url).await.unwrap();
    let enough = async {
        while sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap_or(-1) != many {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(PATIENCE * 2, enough).await.is_err() {
        let left = "select coalesce(string_agg(format('%s %s %s %s %s %s', kind, state, attempt, crashes, run_at - now(), error), E'\\n'), 'nothing') from jobs";
        let left: String = sqlx::query_scalar(left).fetch_one(&pool).await.unwrap();
        panic!("{sql} never was {many}; there are left:\n{left}");
    }
    pool.close().await;
}

const LIVE: &str = "select count(*) from jobs";
const DONE: &str = "select count(*) from jobs_finished where kind = 'work' and outcome = 'done'";
const DEAD: &str = "select count(*) from jobs_dead";
const EFFECTS: &str = "select count(*) from effects";
const BEGUN: &str = "select count(*) from begun";

async fn scratch() -> Scratch {
    let scratch = Scratch::new().await.with("ATLAS9_LEASE_SECONDS", "2");
    scratch.break_it_all(TRACES).await;
    scratch
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_in_mid_job_loses_no_job() {
    let scratch = scratch().await;
    let instance = scratch.instance().await;
    publish(&instance, Work::Takes { milliseconds: 10_000 }, 20).await;
    let mut process = Process::start(&scratch);
    until_many(&scratch, BEGUN, 20).await;
    process.kill();
    assert_eq!(scratch.count(EFFECTS).await, 0);
    scratch.break_it("update jobs set payload = replace(payload, '10000', '1')").await;
    work(&instance);
    until_many(&scratch, LIVE, 0).await;
    assert_eq!((scratch.count(DONE).await, scratch.count(EFFECTS).await, scratch.count(DEAD).await), (20, 20, 0));
    assert_eq!(
        scratch.count("select count(*) from begun where attempt = 2").await,
        20,
        "the crash counts as an attempt"
    );
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_between_the_effect_and_the_acknowledgement_leaves_the_effect_there_once() {
    let scratch = scratch().await;
    let instance = scratch.instance().await;
    publish(&instance, Work::HangsAfterItsEffect, 5).await;
    let mut process = Process::start(&scratch);
    until_many(&scratch, EFFECTS, 5).await;
    process.kill();
    work(&instance);
    until_many(&scratch, LIVE, 0).await;
    assert_eq!((scratch.count(BEGUN).await, scratch.count(EFFECTS).await, scratch.count(DONE).await), (10, 5, 5));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_process_ends_as_a_dead_letter_and_those_beside_it_do_not() {
    let scratch = scratch().await;
    let instance = scratch.instance().await;
    publish(&instance, Work::Takes { milliseconds: 300 }, 15).await;
    publish(&instance, Work::Aborts, 1).await;
    publish(&instance, Work::Takes { milliseconds: 300 }, 15).await;
    let (mut deaths, began) = (0, Instant::now());
    let mut process = Process::start(&scratch);
    while scratch.count(LIVE).await > 0 {
        assert!(
            began.elapsed() < Duration::from_secs(90),
            "{} live jobs after {deaths} deaths",
            scratch.count(LIVE).await
        );
        if process.has_died() {
            deaths += 1;
            process = Process::start(&scratch);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(deaths, 3, "as often as it may be tried");
    assert_eq!(scratch.count("select count(*) from jobs_dead where cause = 'crashed' and crashes = 3").await, 1);
    assert_eq!((scratch.count(DEAD).await, scratch.count(EFFECTS).await, scratch.count(DONE).await), (1, 30, 30));
    drop(process);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_stopped_past_its_lease_finishes_nothing_when_it_wakes_and_then_works_on() {
    let scratch = scratch().await;
    let (instance, other) = (scratch.instance().await, scratch.instance().await);
    publish(&instance, Work::CompletesItself { milliseconds: 700 }, 3).await;
    publish(&instance, Work::Takes { milliseconds: 700 }, 3).await;
    let process = Process::start(&scratch);
    until_many(&scratch, BEGUN, 6).await;
    process.signal("-STOP");
    work(&other);
    until_many(&scratch, LIVE, 0).await;
    process.signal("-CONT");
    tokio::time::sleep(Duration::from_secs(3)).await;
    // What it was in the middle of has become of nothing: those that acknowledge with their effect have one each.
    assert_eq!(scratch.count("select count(*) from completions").await, 3);
    assert_eq!((scratch.count(DONE).await, scratch.count(EFFECTS).await, scratch.count(DEAD).await), (6, 3, 0));
    assert!(other.services.stop(Duration::from_secs(5)).await);
    publish(&instance, Work::Takes { milliseconds: 1 }, 4).await;
    until_many(&scratch, DONE, 10).await;
    drop(process);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_a_claim_whose_answer_was_lost_are_given_back() {
    let scratch = scratch().await;
    let instance = scratch.instance().await;
    work(&instance);
    publish(&instance, Work::Takes { milliseconds: 4_000 }, 1).await;
    until_many(&scratch, BEGUN, 1).await;
    // As a claim leaves them that was committed just before the connection broke, half a minute ago; and one that is known, from as long ago.
    scratch
        .break_it(
            "insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts, state, attempt, worker, started_at)
             select gen_random_uuid(), kind, queue, '{\"Takes\":{\"milliseconds\":1}}', priority, now(), 1, state, 1, worker, now()
             from jobs, generate_series(1, 3)",
        )
        .await;
    scratch.break_it("update jobs set started_at = now() - interval '30 seconds'").await;
    until_many(&scratch, LIVE, 0).await;
    assert_eq!((scratch.count(DONE).await, scratch.count(EFFECTS).await, scratch.count(BEGUN).await), (4, 4, 4));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_stopped_in_the_middle_of_a_transaction_leads_no_longer() {
    let scratch = scratch().await;
    let (stopped, instance) = (scratch.instance().await, scratch.instance().await);
    let mut leads = stopped.services.db.worker().begin().await.unwrap();
    let led: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock($1)")
        .bind(server::jobs::LEADER)
        .fetch_one(&mut *leads)
        .await
        .unwrap();
    assert!(led);
    work(&instance);
    publish(&instance, Work::Takes { milliseconds: 1 }, 1).await;
    until_many(&scratch, LIVE, 0).await;
    // Held by a process that is no more.
    scratch.break_it("insert into job_workers (id, name, lease_until) values (gen_random_uuid(), 'gone', now())").await;
    until_many(&scratch, "select count(*) from job_workers where name = 'gone'", 0).await;
    drop(leads);
    scratch.finish([stopped, instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_whose_worker_is_killed_goes_on_at_the_stage_that_was_running() {
    let scratch = Scratch::new().await.with("ATLAS9_LEASE_SECONDS", "2").with("ATLAS9_COMPOSER_PACE_MS", "15");
    scratch.break_it_all(TRACES).await;
    let reader = scratch.instance().await;
    let user = reader.guest().await;
    let started = reader.start(user, SYNTHESIZERS).await;
    let mut process = Process::start(&scratch);
    let (log, ()) = tokio::join!(reader.log(user, started.generation, 0), async {
        let design_begun = "select least(count(*), 1) from generation_events where kind = 'piece' and data like '%\"stage\":\"design\"%'";
        until_many(&scratch, design_begun, 1).await;
        process.kill();
        // Another process takes over.
        process = Process::start(&scratch);
    });
    assert_sound(&log);
    assert_eq!(log.last().unwrap().kind, "done");
    let done = |stage: Stage| {
        log.iter().filter(|event| event.kind == "stage_done" && event.data.contains(stage.as_str())).count()
    };
    assert!(Stage::ALL.iter().all(|stage| done(*stage) == 1), "no stage is made twice");
    assert!(
        !log.iter().any(|event| event.kind == "restart" && event.data.contains("\"product\"")),
        "what is made stays made"
    );
    assert!(log.iter().any(|event| event.kind == "restart"));
    let draft = reader.services.studio.draft(Some(user), started.generation).await.unwrap();
    assert_eq!(draft.receipt.unwrap().attempts, 2);
    until_many(&scratch, LIVE, 0).await;
    drop(process);
    scratch.finish([reader]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_restarted_in_the_middle_costs_a_moment_and_no_job() {
    let postgres = OwnPostgres::start().await;
    let mut scratch =
        Scratch::on(&postgres.url).await.with("ATLAS9_LEASE_SECONDS", "5").with("ATLAS9_COMPOSER_PACE_MS", "5");
    scratch.set("DATABASE_POOL", "8");
    scratch.break_it_all(TRACES).await;
    let instance = scratch.instance().await;
    work(&instance);
    let user = instance.guest().await;
    let started = instance.start(user, SYNTHESIZERS).await;
    publish(&instance, Work::Takes { milliseconds: 150 }, 400).await;
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        postgres.restart();
    }
    until_many(&scratch, LIVE, 0).await;
    assert_eq!((scratch.count(DONE).await, scratch.count(EFFECTS).await, scratch.count(DEAD).await), (400, 400, 0));
    let log = instance.log(user, started.generation, 0).await;
    assert_sound(&log);
    assert_eq!(log.last().unwrap().kind, "done");
    scratch.finish([instance]).await;
    drop(postgres);
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_killed_and_started_again_costs_nobody_an_event() {
    let mut redis = OwnRedis::start().await;
    let mut scratch = Scratch::new().await.with("ATLAS9_COMPOSER_PACE_MS", "15");
    scratch.redis = redis.url.clone();
    let (worker, elsewhere) = (scratch.worker().await, scratch.instance().await);
    let user = worker.guest().await;
    let started = worker.start(user, SYNTHESIZERS).await;
    let (log, ()) = tokio::join!(elsewhere.log(user, started.generation, 0), async {
        worker.until_logged(user, started.generation, 20).await;
        redis.kill();
        tokio::time::sleep(Duration::from_millis(800)).await;
        redis.start_again().await;
    });
    assert_sound(&log);
    assert_eq!(log, worker.log(user, started.generation, 0).await);
    until_many(&scratch, LIVE, 0).await;
    scratch.finish([worker, elsewhere]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_the_blob_store_leaves_nothing_half_written_and_the_job_is_done_when_there_is_room() {
    let scratch = scratch().await;
    let instance = scratch.instance().await;
    let user = instance.guest().await;
    let started = instance.start(user, SYNTHESIZERS).await;
    instance.services.studio.cancel(Some(user), started.generation).await.unwrap();
    let options = Options { attempts: Some(100), ..Options::default() };
    instance.services.jobs.publish_now(&Work::KeepsABlob { project: started.project }, &options).await.unwrap();
    let mut process = Process::on_a_full_disk(&scratch);
    until_many(&scratch, "select least(count(*), 2) from begun", 2).await;
    let told = "select count(*) from jobs where error like '%blob store%'";
    until_many(&scratch, told, 1).await;
    // While it is tried again, what is being written is there for a moment.
    until("nothing is left", async || files_below(&scratch.blobs()).is_empty()).await;
    assert_eq!(scratch.count("select count(*) from blob_uses").await, 0);
    process.kill();
    work(&instance);
    until_many(&scratch, LIVE, 0).await;
    assert_eq!((scratch.count(DONE).await, scratch.count(EFFECTS).await, scratch.count(DEAD).await), (1, 1, 0));
    // What a killed process was writing has a name of its own, and is no blob.
    let mut files = files_below(&scratch.blobs());
    files.retain(|file| !file.to_string_lossy().contains('#'));
    assert_eq!(files.len(), 1);
    assert_eq!(std::fs::metadata(&files[0]).unwrap().len(), 100_000);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_is_cut_or_slow_costs_time_and_no_job() {
    // As many jobs at once as have a connection each: those that wait for one longer than it takes count as failures of their own.
    let scratch = scratch().await.with("ATLAS9_LEASE_SECONDS", "5").with("ATLAS9_JOBS", "6");
    let wire = Wire::to(&scratch.url).await;
    let near = scratch.instance().await;
    let far = scratch.instance_at(&wire.instead_of(&scratch.url)).await;
    work(&far);
    publish(&near, Work::Takes { milliseconds: 100 }, 40).await;
    until_many(&scratch, "select least(count(*), 1) from effects", 1).await;
    wire.cut();
    tokio::time::sleep(Duration::from_secs(7)).await;
    wire.mend();
    until_many(&scratch, LIVE, 0).await;
    assert_eq!((scratch.count(DONE).await, scratch.count(EFFECTS).await, scratch.count(DEAD).await), (40, 40, 0));

    // Half a second each way: slow, and nothing else.
    wire.delay(Duration::from_millis(250));
    let began = Instant::now();
    publish(&near, Work::Takes { milliseconds: 10 }, 20).await;
    until_many(&scratch, LIVE, 0).await;
    assert_eq!((scratch.count(DONE).await, scratch.count(EFFECTS).await, scratch.count(DEAD).await), (60, 60, 0));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    wire.delay(Duration::ZERO);
    scratch.finish([near, far]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_swallows_everything_is_given_up_in_time() {
    let scratch = scratch().await;
    let wire = Wire::to(&scratch.url).await;
    let near = scratch.instance().await;
    let far = scratch.instance_at(&wire.instead_of(&scratch.url)).await;
    work(&far);
    publish(&near, Work::Takes { milliseconds: 300 }, 10).await;
    until_many(&scratch, BEGUN, 10).await;
    // No connection is closed; nothing comes through. The lease runs out, and another does the work.
    wire.swallow(true);
    work(&near);
    until_many(&scratch, LIVE, 0).await;
    assert_eq!((scratch.count(DONE).await, scratch.count(EFFECTS).await, scratch.count(DEAD).await), (10, 10, 0));
    wire.swallow(false);
    assert!(near.services.stop(Duration::from_secs(5)).await);
    // Whoever was cut off works again.
    let other = scratch.instance().await;
    publish(&other, Work::Takes { milliseconds: 1 }, 5).await;
    until_many(&scratch, DONE, 15).await;
    wire.cut();
    scratch.finish([other]).await;
}
