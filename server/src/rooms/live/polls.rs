//! What the protocol asks of long polling beyond what the library does: one post of a session at a time, and a session whose poll is broken off is over, rather
//! than believed to be there until it does not answer a ping.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use futures::future::{BoxFuture, Either};
use tower::{Layer, Service, ServiceExt};

use crate::tasks::Tasks;

/// The packet that ends a session: https://github.com/socketio/engine.io-protocol.
const CLOSE: &str = "1";
/// No session has this id.
const NOBODY: &str = "-";

/// Looks after sessions that poll.
#[derive(Clone)]
pub struct Polls {
    tasks: Tasks,
    /// Sessions of which something is being posted.
    posting: Arc<Mutex<HashSet<String>>>,
}

/// A service whose polling sessions are looked after.
#[derive(Clone)]
pub struct Polled<S> {
    polls: Polls,
    inner: S,
}

impl Polls {
    pub(super) fn new(tasks: Tasks) -> Self {
        Self { tasks, posting: Arc::default() }
    }

    /// A post of a session, unless there is one.
    fn post(&self, session: &str) -> Option<Posting> {
        let is_first = self.lock().insert(session.to_owned());
        is_first.then(|| Posting { polls: self.clone(), session: session.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.posting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Layer<S> for Polls {
    type Service = Polled<S>;

    fn layer(&self, inner: S) -> Polled<S> {
        Polled { polls: self.clone(), inner }
    }
}

impl<S> Service<Request<Body>> for Polled<S>
where
    S: Service<Request<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Response: Send,
    S::Error: Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<S::Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Some(session) = polling(&request) else { return Either::Left(self.inner.call(request)) };
        let end = End { session, inner: self.inner.clone(), tasks: self.polls.tasks.clone(), is_due: true };
        if request.method() == Method::GET {
            let polled = self.inner.call(request);
            return Either::Right(Box::pin(async move {
                let answered = polled.await;
                end.call_off();
                answered
            }));
        }
        let Some(posting) = self.polls.post(&end.session) else {
            // Two at once have no order. The session ends, and whoever posts is told as somebody without one.
            drop(end);
            return Either::Left(self.inner.call(post(NOBODY, Body::empty())));
        };
        end.call_off();
        let posted = self.inner.call(request);
        Either::Right(Box::pin(async move {
            let answered = posted.await;
            drop(posting);
            answered
        }))
    }
}

/// The session that polls or posts, if it is one that does so.
fn polling(request: &Request<Body>) -> Option<String> {
    if ![Method::GET, Method::POST].contains(request.method()) || !request.uri().path().starts_with(super::PATH) {
        return None;
    }
    let fields = || request.uri().query().unwrap_or_default().split('&').filter_map(|field| field.split_once('='));
    let value = |name: &str| fields().find(|(known, _)| *known == name).map(|(_, value)| value);
    value("sid").filter(|_| value("transport") == Some("polling")).map(str::to_owned)
}

/// What a client posts.
fn post(session: &str, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    let address = format!("{}/?EIO=4&transport=polling&sid={session}", super::PATH);
    // An id that cannot stand in an address is nobody's.
    *request.uri_mut() = address.parse().unwrap_or_default();
    request.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain;charset=UTF-8"));
    request
}

/// Something is being posted of a session, until this is dropped.
struct Posting {
    polls: Polls,
    session: String,
}

impl Drop for Posting {
    fn drop(&mut self) {
        self.polls.lock().remove(&self.session);
    }
}

/// Ends a session when it is dropped, if that is due.
struct End<S>
where
    S: Service<Request<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    session: String,
    inner: S,
    tasks: Tasks,
    is_due: bool,
}

impl<S> End<S>
where
    S: Service<Request<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    /// The session goes on.
    fn call_off(mut self) {
        self.is_due = false;
    }
}

impl<S> Drop for End<S>
where
    S: Service<Request<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    fn drop(&mut self) {
        if self.is_due && !self.tasks.is_stopping() {
            let closing = self.inner.clone().oneshot(post(&self.session, Body::from(CLOSE)));
            // A session that is over already says so.
            self.tasks.spawn("poll", async move { drop(closing.await) });
        }
    }
}
