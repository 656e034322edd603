//! What a job may rely on, whichever way it takes: PostgreSQL's own workers, or QStash. Each promise is kept on both.

mod client;
mod promises;
mod qstash;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use pretty_assertions::assert_eq;
use serde::{Deserialize, Serialize};
use server::{
    config::{Config, Variables},
    http,
    jobs::{Backoff, Dead, Failure, Found, GivenUp, Job, Kinds, Options, Published, Qstash, Rules},
};
use uuid::Uuid;

use crate::{
    fake::{CURRENT_KEY, FakeQstash, NEXT_KEY, TOKEN},
    support::{Instance, PATIENCE, Scratch, until},
    web::{client, listen, serve},
};

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

    /// A job that was given up, as soon as that is written down.
    async fn dead(&self, id: Uuid) -> Dead {
        let mut dead = None;
        until("it is given up", async || {
            if let Ok(Found::Dead(found)) = self.instance.services.jobs.find(id).await {
                dead = Some(found);
            }
            dead.is_some()
        })
        .await;
        dead.unwrap()
    }

    /// Everything went the way it was to go, and nothing waits. What was done may have yet to be answered.
    async fn finish(self) {
        let is_outside = self.way == Way::Qstash;
        until("the way it was to go", async || self.fake.deliveries().is_empty() != is_outside).await;
        until("no job is left over", async || self.scratch.count("select count(*) from jobs").await == 0).await;
        self.scratch.finish([self.instance]).await;
    }
}
