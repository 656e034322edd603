//! Events: published with what causes them, told to each subscriber in a job of its own, and told again.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use model::{EventId, UserId, Visibility};
use pretty_assertions::assert_eq;
use server::{
    events::{DispatchEvent, Event, EventName, Events, Selection, StoredEvent, Subscriber, Taking},
    jobs::{Failure, Kinds, Options},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{created, publish, until_told};
use crate::support::{Instance, SYNTHESIZERS, Scratch, until};

/// Somebody who is told, and notes it.
#[derive(Clone)]
struct Listener {
    name: &'static str,
    window: Option<Duration>,
    fails: bool,
    batches: Arc<Mutex<Vec<Vec<EventId>>>>,
}

impl Listener {
    fn new(name: &'static str) -> Self {
        Self { name, window: None, fails: false, batches: Arc::default() }
    }

    fn batches(&self) -> Vec<Vec<EventId>> {
        self.batches.lock().unwrap().clone()
    }

    fn events(&self) -> Vec<EventId> {
        self.batches().concat()
    }
}

impl Subscriber for Listener {
    fn name(&self) -> &'static str {
        self.name
    }

    fn window(&self) -> Option<Duration> {
        self.window
    }

    fn take<'a>(&'a self, _: &'a mut PgConnection, events: &'a [StoredEvent]) -> Taking<'a> {
        Box::pin(async move {
            self.batches.lock().unwrap().push(events.iter().map(|event| event.id).collect());
            if self.fails { Err(Failure::retry("it is away")) } else { Ok(()) }
        })
    }
}

/// Events told to these listeners and nobody else, by a worker of their own.
fn events_for(instance: &Instance, listeners: &[&Listener]) -> Events {
    let services = &instance.services;
    let subscribers = listeners.iter().map(|listener| Arc::new((*listener).clone()) as Arc<dyn Subscriber>);
    let events = Events::new(services.db.clone(), services.clock.clone(), services.jobs.clone(), subscribers.collect());
    let worker = services.jobs.worker(events.kinds(Kinds::default())).run();
    services.tasks.spawn("worker", worker);
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rolled_back_did_not_happen() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let events = &instance.services.events;
    let mut tx = instance.services.db.primary().begin().await.unwrap();
    events.publish(&mut tx, None, &created(1)).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(scratch.count("select count(*) from domain_events").await, 0);
    assert_eq!(scratch.count("select count(*) from jobs").await, 0);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_subscriber_is_told_once_though_an_event_is_dispatched_twice() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let listeners = [Listener::new("one"), Listener::new("two")];
    let events = events_for(&instance, &[&listeners[0], &listeners[1]]);
    let event = publish(&instance, &events, None, &created(1)).await;
    let again = DispatchEvent { event, name: EventName::ProjectDeleted.to_string() };
    instance.services.jobs.publish_now(&again, &Options::default()).await.unwrap();
    until_told(&scratch).await;
    for listener in &listeners {
        assert_eq!(listener.batches(), [[event]], "{}", listener.name);
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_that_fails_does_not_hold_the_others() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let (failing, sound) = (Listener { fails: true, ..Listener::new("failing") }, Listener::new("sound"));
    let events = events_for(&instance, &[&failing, &sound]);
    let mut told = Vec::new();
    for number in 1..=3 {
        told.push(publish(&instance, &events, None, &created(number)).await);
    }
    until("the sound one is told", async || sound.events().len() == 3).await;
    let mut heard = sound.events();
    heard.sort_unstable();
    assert_eq!(heard, told);
    until("the other was asked", async || !failing.events().is_empty()).await;
    let waiting = "select count(*) from jobs where kind = 'deliver-event' and payload like '%failing%'";
    assert_eq!(scratch.count(waiting).await, 3, "they come again");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_collected_over_the_window() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let slow = Listener { window: Some(Duration::from_secs(2)), ..Listener::new("slow") };
    let events = events_for(&instance, &[&slow]);
    let (mut told, numbers) = (Vec::new(), (1..=250).collect::<Vec<u128>>());
    for numbers in numbers.chunks(50) {
        let mut tx = instance.services.db.primary().begin().await.unwrap();
        for number in numbers {
            told.push(events.publish(&mut tx, None, &created(*number)).await.unwrap());
        }
        tx.commit().await.unwrap();
        events.wake();
    }
    until("all are told", async || slow.events().len() == 250).await;
    let (mut heard, batches) = (slow.events(), slow.batches());
    assert!(batches.len() <= 8 && batches.iter().all(|batch| batch.len() <= 100), "{}", batches.len());
    assert!(batches.iter().all(|batch| batch.is_sorted()), "in their order");
    heard.sort_unstable();
    assert_eq!(heard, told, "each once");
    until("nothing is left", async || {
        scratch.count("select count(*) from event_pending").await == 0
            && scratch.count("select count(*) from jobs where kind like '%-event%'").await == 0
    })
    .await;
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_count_what_happens_and_not_what_is_told_again() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    for number in 1..=3 {
        publish(&instance, &instance.services.events, None, &created(number)).await;
    }
    let counted = "select coalesce(sum(count), 0)::bigint from event_counts where name = 'project.deleted'";
    until("they are counted", async || scratch.count(counted).await == 3).await;
    let replayed = instance.services.events.replay(&Selection::default(), None, false).await.unwrap();
    assert_eq!((replayed.events, replayed.deliveries), (3, 3), "to webhooks alone");
    let by_name = instance.services.events.replay(&Selection::default(), Some("figures"), false).await.unwrap();
    assert_eq!(by_name.deliveries, 3);
    until("they are counted by wish", async || scratch.count(counted).await == 6).await;
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_told_again_by_name_and_time() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let listeners = [Listener::new("one"), Listener::new("two")];
    let events = events_for(&instance, &[&listeners[0], &listeners[1]]);
    let first = publish(&instance, &events, None, &created(1)).await;
    until_told(&scratch).await;
    scratch.pass(Duration::from_secs(3_600));
    let second = publish(&instance, &events, None, &Event::AccountCreated(UserId(Uuid::from_u128(2)))).await;
    until_told(&scratch).await;

    let rehearsed = events.replay(&Selection::default(), None, true).await.unwrap();
    assert_eq!((rehearsed.events, rehearsed.deliveries, rehearsed.more_after), (2, 4, None));
    assert_eq!(scratch.count("select count(*) from jobs").await, 0, "a rehearsal publishes nothing");

    let later = Selection { after: Some(first), ..Selection::default() };
    assert_eq!(events.replay(&later, None, true).await.unwrap().events, 1, "from where another stopped");
    let early =
        Selection { until: Some(instance.services.clock.now() - Duration::from_secs(60)), ..Default::default() };
    events.replay(&early, None, false).await.unwrap();
    until_told(&scratch).await;
    let by_name = Selection { name: Some(EventName::AccountCreated), ..Selection::default() };
    assert_eq!(events.replay(&by_name, Some("two"), false).await.unwrap().deliveries, 1);
    until_told(&scratch).await;
    assert_eq!(listeners[0].events(), [first, second, first]);
    assert_eq!(listeners[1].events(), [first, second, first, second]);
    assert!(events.replay(&by_name, Some("three"), false).await.unwrap_err().to_string().contains("one, two"));
    assert_eq!(events.list(&Selection::default(), 1).await.unwrap()[0].id, second);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_is_told_under_its_name() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let (studio, projects) = (&instance.services.studio, &instance.services.projects);
    let user = instance.guest().await;
    let stopped = instance.start(user, "A tracker for bees").await;
    for _ in 0..2 {
        studio.cancel(Some(user), stopped.generation).await.unwrap();
    }
    instance.work();
    let started = instance.start(user, SYNTHESIZERS).await;
    instance.log(user, started.generation, 0).await;
    for _ in 0..2 {
        projects.share(Some(user), started.project, Visibility::Public).await.unwrap();
    }
    let forked = studio.fork(user, started.generation, model::Stage::Code, None).await.unwrap();
    instance.log(user, forked.generation, 0).await;
    for shelf in [model::Shelf::Deleted, model::Shelf::Active, model::Shelf::Deleted] {
        for _ in 0..2 {
            projects.shelve(Some(user), started.project, shelf).await.unwrap();
        }
    }
    let told = instance.services.events.list(&Selection::default(), 50).await.unwrap();
    let mut names: Vec<&str> = told.iter().map(|event| event.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "generation.cancelled",
            "generation.finished",
            "generation.finished",
            "project.created",
            "project.created",
            "project.created",
            "project.deleted",
            "project.deleted",
            "project.restored",
            "project.shared",
        ]
    );
    assert!(told.iter().all(|event| event.owner == Some(user)));
    let finished = told.iter().rfind(|event| event.name == "generation.finished").unwrap();
    let data: serde_json::Value = serde_json::from_str(&finished.data).unwrap();
    assert_eq!(data["generation_id"], started.generation.to_string());
    assert_eq!(data["project_id"], started.project.to_string());
    assert!(data["title"].as_str().unwrap().starts_with("A marketplace"));
    until_told(&scratch).await;
    scratch.finish([instance]).await;
}
