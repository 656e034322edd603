//! Somebody's server that is told, and a house that tells it.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Response, StatusCode},
};
use model::{EndpointId, EventId, PageLimit, UserKind};
use server::{
    accounts::{Client, Visitor},
    clock::Clock,
    events::{
        EventName, SigningSecret,
        webhooks::{Delivery, Endpoint, Wanted},
    },
};

use super::{created, publish};
use crate::support::{Instance, Scratch, until};

/// What an endpoint was sent.
#[derive(Debug, Clone)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn is_signed_with(&self, secret: &str) -> bool {
        let secret = SigningSecret::parse(secret).unwrap();
        let [id, at, signatures] =
            ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| self.header(name));
        secret.verify(id, at, signatures, &self.body, Clock::system().now()).is_ok()
    }
}

/// Somebody's server: answers as it is told to, then 204.
#[derive(Clone, Default)]
pub struct Receiver {
    received: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<VecDeque<Reply>>>,
    address: Option<SocketAddr>,
}

pub type Reply = Box<dyn Fn() -> Response<Body> + Send>;

impl Receiver {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self { address: Some(listener.local_addr().unwrap()), ..Self::default() };
        let app = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address.unwrap())
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub fn answer(&self, status: u16, headers: &'static [(&'static str, &'static str)]) {
        self.answer_with(move || {
            let response = Response::builder().status(status);
            let response = headers.iter().fold(response, |response, (name, value)| response.header(*name, *value));
            response.body(Body::from("said the receiver")).unwrap()
        });
    }

    pub fn answer_with(&self, reply: impl Fn() -> Response<Body> + Send + 'static) {
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
pub struct House {
    pub scratch: Scratch,
    pub instance: Instance,
    pub visitor: Visitor,
    pub receiver: Receiver,
    pub endpoint: EndpointId,
}

impl House {
    pub async fn new() -> Self {
        let scratch = Scratch::new().await.with("ATLAS9_WEBHOOKS_ALLOW", "127.0.0.0/8");
        let instance = scratch.worker().await;
        let visitor = member(&instance).await;
        let receiver = Receiver::start().await;
        let endpoint = instance.services.webhooks.add(&visitor, &wanted(&receiver.url("/hooks"))).await.unwrap();
        Self { scratch, instance, visitor, receiver, endpoint }
    }

    pub async fn happen(&self) -> EventId {
        publish(&self.instance, &self.instance.services.events, Some(self.visitor.user), &created(1)).await
    }

    pub async fn until_received(&self, count: usize) -> Vec<Received> {
        until("it is received", async || self.receiver.received().len() >= count).await;
        self.receiver.received()
    }

    /// The log, the latest first, once it has so many lines.
    pub async fn until_logged(&self, count: usize) -> Vec<Delivery> {
        until("it is written down", async || self.log().await.len() >= count).await;
        self.log().await
    }

    pub async fn log(&self) -> Vec<Delivery> {
        let webhooks = &self.instance.services.webhooks;
        webhooks.deliveries(&self.visitor, self.endpoint, None, PageLimit::DEFAULT).await.unwrap().items
    }

    pub async fn state(&self) -> Endpoint {
        self.instance.services.webhooks.get(&self.visitor, self.endpoint).await.unwrap()
    }

    /// Lets what waits to be tried again begin at once.
    pub async fn hurry(&self) {
        let waiting = "select count(*) from jobs where kind = 'send-webhook' and state = 'parked' and run_at > now()";
        until("it waits", async || self.scratch.count(waiting).await == 1).await;
        self.scratch.break_it("update jobs set run_at = now() where kind = 'send-webhook'").await;
    }

    /// How many seconds it waits to be tried again.
    pub async fn pause(&self) -> i64 {
        let waiting = "select count(*) from jobs where kind = 'send-webhook' and state = 'parked' and run_at > now()";
        until("it waits", async || self.scratch.count(waiting).await == 1).await;
        let pause = "select extract(epoch from run_at - now())::bigint from jobs where kind = 'send-webhook'";
        self.scratch.count(pause).await
    }

    pub async fn finish(self) {
        self.scratch.finish([self.instance]).await;
    }
}

/// Whoever asks, as a member: what makes one is told elsewhere.
pub async fn member(instance: &Instance) -> Visitor {
    let guest = instance.services.accounts.create_guest(&Client::here("a test")).await.unwrap();
    Visitor { kind: UserKind::Member, ..guest.visitor }
}

pub fn wanted(url: &str) -> Wanted {
    let events = EventName::FOR_WEBHOOKS.map(|name| name.to_string()).to_vec();
    Wanted { url: url.to_owned(), events, description: "A test".to_owned() }
}
