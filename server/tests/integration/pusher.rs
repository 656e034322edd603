//! Pusher: what happens to a project is told on its channel, signed, again when nobody answers, and not to a service that refuses it.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{Response, request::Parts},
};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use model::ProjectId;
use pretty_assertions::assert_eq;
use serde_json::Value;
use server::{
    clock::Clock,
    events::{About, DispatchEvent, Event, Selection, pusher::TellPusher},
    jobs::{Job, Options},
};
use sha2::Sha256;
use uuid::Uuid;

use crate::support::{Instance, SYNTHESIZERS, Scratch, until};

const KEY: &str = "an-app-key";
const SECRET: &str = "a-secret-of-the-app";
const PATH: &str = "/apps/7/batch_events";

/// What the service was asked.
#[derive(Debug, Clone)]
struct Asked {
    is_signed: bool,
    body: Bytes,
}

impl Asked {
    /// Channel, name and data of each event.
    fn events(&self) -> Vec<(String, String, Value)> {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        let event = |event: &Value| {
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            (text("channel"), text("name"), serde_json::from_str(&text("data")).unwrap())
        };
        body["batch"].as_array().unwrap().iter().map(event).collect()
    }
}

/// A service that believes what is signed as the API's reference says: answers that as it is told to, then 200, and everything else 401.
#[derive(Clone, Default)]
struct Service {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<VecDeque<(u16, &'static str)>>>,
    address: Option<SocketAddr>,
}

impl Service {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = Self { address: Some(listener.local_addr().unwrap()), ..Self::default() };
        let app = Router::new().fallback(receive).with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        service
    }

    /// An installation that tells this service.
    async fn scratch(&self) -> Scratch {
        let url = format!("http://{KEY}:{SECRET}@{}/apps/7", self.address.unwrap());
        Scratch::new().await.with("ATLAS9_PUSHER_URL", &url)
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Answers the next request with this, and with when to come again.
    fn answer(&self, status: u16, retry_after: &'static str) {
        self.answers.lock().unwrap().push_back((status, retry_after));
    }
}

async fn receive(State(service): State<Service>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let is_signed = is_signed(&parts, &body);
    service.asked.lock().unwrap().push(Asked { is_signed, body });
    let answer = service.answers.lock().unwrap().pop_front();
    let (status, retry_after) = answer.filter(|_| is_signed).unwrap_or((if is_signed { 200 } else { 401 }, ""));
    let response = Response::builder().status(status).header("retry-after", retry_after);
    response.body(Body::from("said the service")).unwrap()
}

/// Whether a request is one for events, and its query what the secret signs for this very body.
fn is_signed(parts: &Parts, body: &[u8]) -> bool {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let mut query: BTreeMap<String, String> = url::form_urlencoded::parse(query).into_owned().collect();
    let signature = query.remove("auth_signature").unwrap_or_default();
    let at = query.get("auth_timestamp").cloned().unwrap_or_default();
    let sorted: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let sorted = sorted.join("&");
    let hash = hex(&Md5::digest(body));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("POST\n{PATH}\n{sorted}").as_bytes());
    let now = Clock::system().now().unix_timestamp();
    let content = parts.headers.get("content-type").and_then(|value| value.to_str().ok());
    (parts.method.as_str(), parts.uri.path(), content) == ("POST", PATH, Some("application/json"))
        && sorted == format!("auth_key={KEY}&auth_timestamp={at}&auth_version=1.0&body_md5={hash}")
        && signature == hex(&mac.finalize().into_bytes())
        && at.parse::<i64>().is_ok_and(|at| now.abs_diff(at) < 600)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn thrown_away() -> Event {
    Event::ProjectDeleted(About { project: ProjectId(Uuid::from_u128(1)), title: "A shop".to_owned() })
}

async fn publish(instance: &Instance, event: &Event) {
    let events = &instance.services.events;
    let mut tx = instance.services.db.primary().begin().await.unwrap();
    events.publish(&mut tx, None, event).await.unwrap();
    tx.commit().await.unwrap();
    events.wake();
}

/// Nothing is left to be told.
async fn until_told(scratch: &Scratch) {
    let left = "select count(*) from jobs where kind in ('dispatch-event', 'deliver-event', 'tell-pusher')";
    until("all is told", async || scratch.count(left).await == 0).await;
}

/// Lets the one job that waits to be tried again begin at once, and says how many seconds it would have waited.
async fn hurry(scratch: &Scratch) -> i64 {
    let waiting = "select count(*) from jobs where kind = 'tell-pusher' and state = 'parked' and run_at > now()";
    until("it waits", async || scratch.count(waiting).await == 1).await;
    let pause = "select extract(epoch from run_at - now())::bigint from jobs where kind = 'tell-pusher'";
    let pause = scratch.count(pause).await;
    scratch.break_it("update jobs set run_at = now() where kind = 'tell-pusher'").await;
    pause
}

/// Likewise, where it may have begun by itself; then it says 0.
const HURRY: &str = "with waits as (
         select id, extract(epoch from run_at - now())::bigint as pause from jobs where kind = 'tell-pusher' and run_at > now()
         for update
     ), hurried as (update jobs set run_at = now() from waits where jobs.id = waits.id)
     select coalesce(max(pause), 0) from waits";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_is_told_on_the_projects_channel_once_and_signed() {
    let service = Service::start().await;
    let scratch = service.scratch().await;
    let instance = scratch.worker().await;
    let (events, jobs) = (&instance.services.events, &instance.services.jobs);
    let user = instance.guest().await;
    let started = instance.start(user, SYNTHESIZERS).await;
    instance.log(user, started.generation, 0).await;
    publish(&instance, &Event::AccountCreated(user)).await;
    let happened = events.list(&Selection::default(), 10).await.unwrap();
    for event in &happened {
        let again = DispatchEvent { event: event.id, name: event.name.clone() };
        jobs.publish_now(&again, &Options::default()).await.unwrap();
    }
    until_told(&scratch).await;

    let asked = service.asked();
    assert!(asked.iter().all(|asked| asked.is_signed));
    let mut told: Vec<_> = asked.iter().flat_map(Asked::events).collect();
    told.sort_by_key(|(_, name, _)| name.clone());
    let of_project = |name: &str| {
        let event = happened.iter().find(|event| event.name == name).unwrap();
        let channel = format!("private-project-{}", started.project);
        (channel, name.to_owned(), serde_json::from_str::<Value>(&event.data).unwrap())
    };
    assert_eq!(told, ["generation.finished", "project.created"].map(of_project));

    let again = events.replay(&Selection::default(), Some("pusher"), false).await.unwrap();
    assert_eq!((again.events, again.deliveries), (3, 2), "an account has no channel");
    until("they are told again", async || service.asked().len() == 4).await;
    until_told(&scratch).await;
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_fails_twice_is_told_again_and_hears_it_in_the_end() {
    let service = Service::start().await;
    let scratch = service.scratch().await;
    let instance = scratch.worker().await;
    for _ in 0..2 {
        service.answer(500, "900");
    }
    publish(&instance, &thrown_away()).await;
    until("it is heard", async || {
        let pause = scratch.count(HURRY).await;
        assert!(pause <= 4, "only 429 and 503 say when: {pause} seconds");
        service.asked().len() == 3
    })
    .await;
    until_told(&scratch).await;
    let asked = service.asked();
    assert!(asked.iter().all(|one| one.is_signed && one.body == asked[0].body));
    assert_eq!(scratch.count("select count(*) from jobs_dead").await, 0);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_says_when_to_come_again_is_asked_no_sooner() {
    let service = Service::start().await;
    let scratch = service.scratch().await;
    let instance = scratch.worker().await;
    for status in [429, 503] {
        service.answer(status, "900");
    }
    publish(&instance, &thrown_away()).await;
    for _ in 0..2 {
        let pause = hurry(&scratch).await;
        assert!((890..=900).contains(&pause), "{pause} seconds");
    }
    until_told(&scratch).await;
    assert_eq!(service.asked().len(), 3);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_refuses_the_signature_is_not_asked_again() {
    let service = Service::start().await;
    let scratch = service.scratch().await;
    let instance = scratch.worker().await;
    let jobs = &instance.services.jobs;
    service.answer(401, "");
    publish(&instance, &thrown_away()).await;
    until("it is given up", async || !jobs.dead(Some(TellPusher::KIND), None).await.unwrap().is_empty()).await;
    let dead = jobs.dead(Some(TellPusher::KIND), None).await.unwrap().remove(0);
    assert_eq!((dead.cause.as_str(), dead.attempt, service.asked().len()), ("refused", 1, 1));
    for words in ["401", "ATLAS9_PUSHER_URL", "clock", "said the service"] {
        assert!(dead.error.contains(words), "{}", dead.error);
    }
    assert!(!dead.error.contains(SECRET), "{}", dead.error);

    jobs.redrive(dead.id).await.unwrap();
    until("it is told once that is mended", async || service.asked().len() == 2).await;
    until_told(&scratch).await;
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_service_nothing_is_enqueued_for_one() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    publish(&instance, &thrown_away()).await;
    until_told(&scratch).await;
    let ever = "select (select count(*) from jobs_finished where kind = 'tell-pusher')
              + (select count(*) from jobs_dead where kind = 'tell-pusher')";
    assert_eq!(scratch.count(ever).await, 0);
    let services = &instance.services;
    assert!(services.pusher.is_none() && !services.kinds().names().contains(&TellPusher::KIND.to_owned()));
    let nobody = services.events.replay(&Selection::default(), Some("pusher"), true).await.unwrap_err();
    assert!(nobody.to_string().contains("webhooks"), "{nobody}");
    scratch.finish([instance]).await;
}
