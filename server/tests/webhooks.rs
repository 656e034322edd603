//! Events and webhooks: what happens is told to everybody who is to know, as often as it should be, and leads nowhere inside.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may, and so may what they stand on"
)]

mod support;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Response, StatusCode},
};
use model::{EndpointId, EventId, GenerationId, PageLimit, ProjectId, UserId, UserKind, Visibility};
use pretty_assertions::assert_eq;
use server::{
    accounts::{Client, Visitor},
    clock::Clock,
    events::{
        About, DispatchEvent, Event, EventName, Events, Selection, SigningSecret, StoredEvent, Subscriber, Taking,
        webhooks::{Delivery, Disabled, ENDPOINTS_MAX, Endpoint, USER_AGENT, Wanted, WebhooksError},
    },
    jobs::{Failure, Kinds, Options},
};
use sqlx::PgConnection;
use support::{Instance, PATIENCE, SYNTHESIZERS, Scratch};
use uuid::Uuid;

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

fn created(number: u128) -> Event {
    let about = About { project: ProjectId(Uuid::from_u128(number)), title: "A shop".to_owned() };
    Event::ProjectDeleted(about)
}

async fn publish(instance: &Instance, events: &Events, owner: Option<UserId>, event: &Event) -> EventId {
    let mut tx = instance.services.db.primary().begin().await.unwrap();
    let id = events.publish(&mut tx, owner, event).await.unwrap();
    tx.commit().await.unwrap();
    events.wake();
    id
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let holds = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, holds).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

/// Nothing is left of events but what is to come again.
async fn until_told(scratch: &Scratch) {
    let left = "select count(*) from jobs where kind like '%-event%'";
    until("all is told", async || scratch.count(left).await == 0).await;
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
    let mut told = Vec::new();
    for number in 1..=250 {
        told.push(publish(&instance, &events, None, &created(number)).await);
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
    for _ in 0..2 {
        projects.shelve(Some(user), started.project, model::Shelf::Deleted).await.unwrap();
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

/// What an endpoint was sent.
#[derive(Debug, Clone)]
struct Received {
    headers: HeaderMap,
    body: Bytes,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    fn is_signed_with(&self, secret: &str) -> bool {
        let secret = SigningSecret::parse(secret).unwrap();
        let [id, at, signatures] =
            ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| self.header(name));
        secret.verify(id, at, signatures, &self.body, Clock::system().now()).is_ok()
    }
}

/// Somebody's server: answers as it is told to, then 204.
#[derive(Clone, Default)]
struct Receiver {
    received: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<VecDeque<Reply>>>,
    address: Option<SocketAddr>,
}

type Reply = Box<dyn Fn() -> Response<Body> + Send>;

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self { address: Some(listener.local_addr().unwrap()), ..Self::default() };
        let app = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address.unwrap())
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    fn answer(&self, status: u16, headers: &'static [(&'static str, &'static str)]) {
        self.answer_with(move || {
            let response = Response::builder().status(status);
            let response = headers.iter().fold(response, |response, (name, value)| response.header(*name, *value));
            response.body(Body::from("said the receiver")).unwrap()
        });
    }

    fn answer_with(&self, reply: impl Fn() -> Response<Body> + Send + 'static) {
        self.answers.lock().unwrap().push_back(Box::new(reply));
    }
}

async fn receive(State(receiver): State<Receiver>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    receiver.received.lock().unwrap().push(Received { headers: parts.headers, body });
    let reply = receiver.answers.lock().unwrap().pop_front();
    reply.map_or_else(
        || Response::builder().status(StatusCode::NO_CONTENT).body(Body::empty()).unwrap(),
        |reply| reply(),
    )
}

/// An instance that works, a member, and an endpoint of theirs at a receiver.
struct House {
    scratch: Scratch,
    instance: Instance,
    visitor: Visitor,
    receiver: Receiver,
    endpoint: EndpointId,
}

impl House {
    async fn new() -> Self {
        let scratch = Scratch::new().await.with("ATLAS9_WEBHOOKS_ALLOW", "127.0.0.0/8");
        let instance = scratch.worker().await;
        let visitor = member(&instance).await;
        let receiver = Receiver::start().await;
        let endpoint = instance.services.webhooks.add(&visitor, &wanted(&receiver.url("/hooks"))).await.unwrap();
        Self { scratch, instance, visitor, receiver, endpoint }
    }

    async fn happen(&self) -> EventId {
        publish(&self.instance, &self.instance.services.events, Some(self.visitor.user), &created(1)).await
    }

    async fn until_received(&self, count: usize) -> Vec<Received> {
        until("it is received", async || self.receiver.received().len() >= count).await;
        self.receiver.received()
    }

    /// The log, the latest first, once it has so many lines.
    async fn until_logged(&self, count: usize) -> Vec<Delivery> {
        until("it is written down", async || self.log().await.len() >= count).await;
        self.log().await
    }

    async fn log(&self) -> Vec<Delivery> {
        let webhooks = &self.instance.services.webhooks;
        webhooks.deliveries(&self.visitor, self.endpoint, None, PageLimit::DEFAULT).await.unwrap().items
    }

    async fn state(&self) -> Endpoint {
        self.instance.services.webhooks.get(&self.visitor, self.endpoint).await.unwrap()
    }

    /// Lets what waits to be tried again begin at once.
    async fn hurry(&self) {
        let waiting = "select count(*) from jobs where kind = 'send-webhook' and state = 'ready' and run_at > now()";
        until("it waits", async || self.scratch.count(waiting).await == 1).await;
        self.scratch.break_it("update jobs set run_at = now() where kind = 'send-webhook'").await;
    }

    /// How many seconds it waits to be tried again.
    async fn pause(&self) -> i64 {
        let waiting = "select count(*) from jobs where kind = 'send-webhook' and state = 'ready' and run_at > now()";
        until("it waits", async || self.scratch.count(waiting).await == 1).await;
        let pause = "select extract(epoch from run_at - now())::bigint from jobs where kind = 'send-webhook'";
        self.scratch.count(pause).await
    }

    async fn finish(self) {
        self.scratch.finish([self.instance]).await;
    }
}

/// Whoever asks, as a member: what makes one is told elsewhere.
async fn member(instance: &Instance) -> Visitor {
    let guest = instance.services.accounts.create_guest(&Client::here("a test")).await.unwrap();
    Visitor { kind: UserKind::Member, ..guest.visitor }
}

fn wanted(url: &str) -> Wanted {
    let events = EventName::FOR_WEBHOOKS.map(|name| name.to_string()).to_vec();
    Wanted { url: url.to_owned(), events, description: "A test".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_told_signed_and_the_old_secret_counts_for_a_day() {
    let house = House::new().await;
    let webhooks = &house.instance.services.webhooks;
    let old = webhooks.reveal(&house.visitor, house.endpoint).await.unwrap();
    let event = house.happen().await;
    let received = house.until_received(1).await.remove(0);
    assert!(received.is_signed_with(&old));
    assert_eq!(received.header("user-agent"), USER_AGENT);
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(received.header("webhook-id"), format!("evt_{}", event.0.simple()));
    let body: serde_json::Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(body["type"], "project.deleted");
    assert_eq!(body["data"]["title"], "A shop");
    assert!(body["timestamp"].as_str().unwrap().ends_with('Z'));
    let logged = house.until_logged(1).await.remove(0);
    assert!(logged.is_ok && logged.status == Some(204) && logged.attempt == 1 && logged.event == event);
    assert!(logged.request_headers.contains("webhook-signature: v1,"));
    assert_eq!(logged.request_body.as_bytes(), received.body);

    let new = webhooks.rotate(&house.visitor, house.endpoint).await.unwrap();
    assert_ne!(new, old);
    assert_eq!(webhooks.reveal(&house.visitor, house.endpoint).await.unwrap(), new);
    house.happen().await;
    let received = house.until_received(2).await.remove(1);
    assert!(received.is_signed_with(&new) && received.is_signed_with(&old));
    assert_eq!(received.header("webhook-signature").split(' ').count(), 2);

    house.scratch.pass(Duration::from_secs(25 * 3_600));
    house.happen().await;
    let received = house.until_received(3).await.remove(2);
    assert_eq!(received.header("webhook-signature").split(' ').count(), 1, "the old one is over");
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_with_the_same_id_and_bytes() {
    let house = House::new().await;
    house.receiver.answer(500, &[]);
    house.receiver.answer(404, &[]);
    house.happen().await;
    house.hurry().await;
    house.until_logged(2).await;
    house.hurry().await;
    let log = house.until_logged(3).await;
    let attempts: Vec<_> = log.iter().map(|delivery| (delivery.attempt, delivery.status, delivery.is_ok)).collect();
    assert_eq!(attempts, [(3, Some(204), true), (2, Some(404), false), (1, Some(500), false)]);
    assert_eq!(log[2].response_body.as_deref(), Some("said the receiver"));
    let received = house.receiver.received();
    assert!(received.iter().all(|one| one.header("webhook-id") == received[0].header("webhook-id")));
    assert!(received.iter().all(|one| one.body == received[0].body));
    assert_eq!(house.state().await.failing_since, None, "a success ends the failing");
    until_told(&house.scratch).await;
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_is_asked_for_is_kept() {
    let house = House::new().await;
    house.receiver.answer(429, &[("retry-after", "900")]);
    house.happen().await;
    let pause = house.pause().await;
    assert!((890..=900).contains(&pause), "{pause} seconds");
    house.receiver.answer(503, &[("retry-after", "1200")]);
    house.hurry().await;
    house.until_logged(2).await;
    let pause = house.pause().await;
    assert!((1_190..=1_200).contains(&pause), "{pause} seconds");
    house.receiver.answer(500, &[("retry-after", "900")]);
    house.hurry().await;
    house.until_logged(3).await;
    let pause = house.pause().await;
    assert!((140..=180).contains(&pause), "only 429 and 503 ask: {pause} seconds");
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_told_nothing_more() {
    let house = House::new().await;
    house.scratch.break_it(
        "update users set kind = 'member', email = 'sam@mail.example', email_key = 'sam@mail.example', name = 'Sam', password_hash = 'none'",
    )
    .await;
    house.receiver.answer(410, &[]);
    house.happen().await;
    house.until_logged(1).await;
    until("it is off", async || house.state().await.disabled.is_some()).await;
    assert_eq!(house.state().await.disabled.map(|(_, why)| why), Some(Disabled::Gone));
    until("a letter says so", async || !house.scratch.letters().is_empty()).await;
    let letter = house.scratch.letters().remove(0);
    assert!(
        letter.to.contains("sam@mail.example") && letter.text.contains(&house.receiver.url("/hooks")),
        "{letter:?}"
    );
    house.happen().await;
    until_told(&house.scratch).await;
    assert_eq!(house.receiver.received().len(), 1);
    let webhooks = &house.instance.services.webhooks;
    assert!(matches!(webhooks.test(&house.visitor, house.endpoint).await, Err(WebhooksError::Disabled)));
    for _ in 0..2 {
        webhooks.switch(&house.visitor, house.endpoint, true).await.unwrap();
    }
    house.happen().await;
    house.until_received(2).await;
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_fails_for_three_days_is_switched_off() {
    let house = House::new().await;
    for _ in 0..3 {
        house.receiver.answer(500, &[]);
    }
    house.happen().await;
    house.until_logged(1).await;
    let since = house.state().await.failing_since.unwrap();
    house.scratch.pass(Duration::from_secs(71 * 3_600));
    house.hurry().await;
    house.until_logged(2).await;
    assert_eq!(house.state().await.failing_since, Some(since), "the first failure counts");
    assert_eq!(house.state().await.disabled, None, "not three days yet");
    house.scratch.pass(Duration::from_secs(2 * 3_600));
    house.hurry().await;
    until("it is off", async || house.state().await.disabled.is_some()).await;
    assert_eq!(house.state().await.disabled.map(|(_, why)| why), Some(Disabled::Failing));
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_attempt_leaves_no_dead_letter() {
    let house = House::new().await;
    house.receiver.answer(500, &[]);
    house.receiver.answer(500, &[]);
    house.happen().await;
    house.until_logged(1).await;
    house.scratch.break_it("update jobs set max_attempts = 2 where kind = 'send-webhook'").await;
    house.hurry().await;
    house.until_logged(2).await;
    let left = "select count(*) from jobs where kind = 'send-webhook'";
    until("it is over", async || house.scratch.count(left).await == 0).await;
    assert_eq!(house.scratch.count("select count(*) from jobs_dead").await, 0);
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed_and_huge_answers_are_cut() {
    let house = House::new().await;
    house.receiver.answer(302, &[("location", "/elsewhere")]);
    house.happen().await;
    let logged = house.until_logged(1).await.remove(0);
    assert_eq!((logged.status, logged.is_ok), (Some(302), false));
    assert_eq!(house.receiver.received().len(), 1);
    house.receiver.answer_with(|| {
        let endless = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 8_192])));
        Response::new(Body::from_stream(endless))
    });
    house.hurry().await;
    let logged = house.until_logged(2).await.remove(0);
    assert!(logged.is_ok, "{logged:?}");
    assert_eq!(logged.response_body.unwrap().len(), 4_096);
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_is_not_waited_for() {
    let house = House::new().await;
    // Silent altogether: it takes the connection and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let webhooks = &house.instance.services.webhooks;
    webhooks.change(&house.visitor, house.endpoint, &wanted(&url)).await.unwrap();
    house.happen().await;
    let logged = house.until_logged(1).await.remove(0);
    assert!(!logged.is_ok && logged.status.is_none());
    assert!(logged.error.unwrap().contains("10 seconds"));
    assert!((9_900..=11_000).contains(&logged.milliseconds), "{}", logged.milliseconds);
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_inside_are_refused_when_they_are_typed_and_when_they_are_resolved() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let (webhooks, visitor) = (&instance.services.webhooks, member(&instance).await);
    for url in ["http://127.0.0.1/", "http://2130706433/", "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/"] {
        let refused = webhooks.add(&visitor, &wanted(url)).await;
        assert!(matches!(refused, Err(WebhooksError::Url(_))), "{url}: {refused:?}");
    }
    let endpoint = webhooks.add(&visitor, &wanted("http://localhost:9/")).await.unwrap();
    webhooks.test(&visitor, endpoint).await.unwrap();
    let log = async || webhooks.deliveries(&visitor, endpoint, None, PageLimit::DEFAULT).await.unwrap().items;
    until("it is tried", async || !log().await.is_empty()).await;
    let logged = log().await.remove(0);
    assert_eq!(logged.error.as_deref(), Some("The address does not lead to the public internet."));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_delivered_again_by_hand_has_the_same_id() {
    let house = House::new().await;
    let webhooks = &house.instance.services.webhooks;
    webhooks.test(&house.visitor, house.endpoint).await.unwrap();
    let logged = house.until_logged(1).await.remove(0);
    assert_eq!(logged.name, "webhook.test");
    webhooks.redeliver(&house.visitor, logged.id).await.unwrap();
    let received = house.until_received(2).await;
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
    assert_eq!(received[0].body, received[1].body);
    house.until_logged(2).await;
    let replayed = house.instance.services.events.replay(&Selection::default(), Some("webhooks"), false).await.unwrap();
    assert_eq!(replayed.deliveries, 0, "a test did not happen");
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_endpoint_does_not_exist() {
    let house = House::new().await;
    let (webhooks, other) = (&house.instance.services.webhooks, member(&house.instance).await);
    house.happen().await;
    let delivery = house.until_logged(1).await.remove(0).id;
    let id = house.endpoint;
    assert!(webhooks.list(&other).await.unwrap().is_empty());
    let refused = [
        webhooks.get(&other, id).await.map(drop),
        webhooks.change(&other, id, &wanted("https://example.com/")).await,
        webhooks.switch(&other, id, false).await,
        webhooks.reveal(&other, id).await.map(drop),
        webhooks.rotate(&other, id).await.map(drop),
        webhooks.deliveries(&other, id, None, PageLimit::DEFAULT).await.map(drop),
        webhooks.redeliver(&other, delivery).await.map(drop),
        webhooks.test(&other, id).await.map(drop),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(WebhooksError::NotFound)), "{refused:?}");
    }
    webhooks.remove(&other, id).await.unwrap();
    assert_eq!(house.state().await.disabled, None, "it is still there");
    publish(&house.instance, &house.instance.services.events, Some(other.user), &created(2)).await;
    until_told(&house.scratch).await;
    assert_eq!(house.receiver.received().len(), 1, "nor is it told what is not its owner's");
    for _ in 0..2 {
        webhooks.remove(&house.visitor, id).await.unwrap();
    }
    assert!(matches!(webhooks.get(&house.visitor, id).await, Err(WebhooksError::NotFound)));
    assert_eq!(house.scratch.count("select count(*) from webhook_deliveries").await, 0);
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_an_endpoint_is_refused_in_words() {
    let house = House::new().await;
    let webhooks = &house.instance.services.webhooks;
    let good = wanted("https://example.com/hooks");
    let guest = Visitor { kind: UserKind::Guest, ..house.visitor.clone() };
    assert!(matches!(webhooks.add(&guest, &good).await, Err(WebhooksError::NotMember)));
    let add = async |wanted: Wanted| webhooks.add(&house.visitor, &wanted).await;
    assert!(matches!(add(Wanted { events: Vec::new(), ..good.clone() }).await, Err(WebhooksError::NoEvents)));
    let unknown = Wanted { events: vec!["account.created".to_owned()], ..good.clone() };
    assert!(matches!(add(unknown).await, Err(WebhooksError::UnknownEvent(_))));
    let long = Wanted { description: "x".repeat(201), ..good.clone() };
    assert!(matches!(add(long).await, Err(WebhooksError::Description)));
    for _ in 1..ENDPOINTS_MAX {
        add(good.clone()).await.unwrap();
    }
    assert!(matches!(add(good).await, Err(WebhooksError::TooMany)));
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_an_endpoint_wants_is_told() {
    let house = House::new().await;
    let webhooks = &house.instance.services.webhooks;
    let only = Wanted { events: vec!["generation.failed".to_owned()], ..wanted(&house.receiver.url("/hooks")) };
    webhooks.change(&house.visitor, house.endpoint, &only).await.unwrap();
    house.happen().await;
    let about = About { project: ProjectId(Uuid::from_u128(1)), title: "A shop".to_owned() };
    let failed = Event::GenerationFailed(
        GenerationId(Uuid::from_u128(2)),
        about,
        "engine-failed".to_owned(),
        "The engine failed.".to_owned(),
    );
    let event = publish(&house.instance, &house.instance.services.events, Some(house.visitor.user), &failed).await;
    until_told(&house.scratch).await;
    let received = house.until_received(1).await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].header("webhook-id"), format!("evt_{}", event.0.simple()));
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_a_month_ago_is_forgotten_and_so_is_whoever_leaves() {
    let house = House::new().await;
    house.happen().await;
    house.until_logged(1).await;
    until_told(&house.scratch).await;
    house.scratch.pass(Duration::from_secs(31 * 24 * 3_600));
    let recent = house.happen().await;
    house.until_logged(2).await;
    let tidy = server::events::TidyEvents {};
    house.instance.services.jobs.publish_now(&tidy, &Options::default()).await.unwrap();
    until("it is forgotten", async || house.log().await.len() == 1).await;
    let left = house.instance.services.events.list(&Selection::default(), 9).await.unwrap();
    assert_eq!(left.iter().map(|event| event.id).collect::<Vec<_>>(), [recent]);
    let guest = Visitor { kind: UserKind::Guest, ..house.visitor.clone() };
    let accounts = &house.instance.services.accounts;
    accounts.delete_everything(&guest, "", &Client::here("a test")).await.unwrap();
    assert_eq!(house.scratch.count("select count(*) from domain_events").await, 0);
    assert_eq!(house.scratch.count("select count(*) from webhook_deliveries").await, 0);
    house.finish().await;
}
