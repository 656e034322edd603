//! A thread of its own for connections of rooms. What is said to twenty people wakes twenty tasks that each write a line: on one thread they run one after
//! the other; on several, most of the time goes into waking threads.

use std::{
    future::pending,
    io,
    task::{Context, Poll},
};

use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Request, header};
use hyper::upgrade::OnUpgrade;
use tokio::runtime::{Builder, Handle};
use tower::{Layer, Service};

use super::PATH;

/// What of a request's head is asked for by whoever answers here.
static ASKED_FOR: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::COOKIE,
    header::HOST,
    header::ORIGIN,
    header::SEC_WEBSOCKET_KEY,
    header::UPGRADE,
];

/// How whoever connects here says that the connection is to be a WebSocket (Engine.IO, version 4).
const WEBSOCKET: &[u8] = b"transport=websocket";

/// Has requests below an address answered on a thread of their own, and whatever begins there go on there.
#[derive(Debug, Clone)]
pub struct Lane {
    below: &'static str,
    thread: Handle,
}

/// A service behind a [`Lane`].
#[derive(Debug, Clone)]
pub struct InLane<S> {
    lane: Lane,
    inner: S,
}

impl Lane {
    /// Starts the thread, which lives as long as the program.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let thread = runtime.handle().clone();
        // What runs there is told to stop with all tasks; the thread itself has nothing to lose when the program ends.
        std::thread::Builder::new().name("rooms".to_owned()).spawn(move || runtime.block_on(pending::<()>()))?;
        Ok(Self { below: PATH, thread })
    }

    /// Whether a connection that begins so will be a WebSocket of ours. It is better off with the thread from its beginning on, on which the system then tells
    /// of what comes.
    pub fn takes(&self, begun: &[u8]) -> bool {
        let line = begun.split(|byte| *byte == b'\r').next().unwrap_or_default();
        line.strip_prefix(b"GET ").is_some_and(|target| target.starts_with(self.below.as_bytes()))
            && line.windows(WEBSOCKET.len()).any(|part| part == WEBSOCKET)
    }

    /// Where to go on with it.
    pub fn thread(&self) -> &Handle {
        &self.thread
    }
}

impl<S> Layer<S> for Lane {
    type Service = InLane<S>;

    fn layer(&self, inner: S) -> InLane<S> {
        InLane { lane: self.clone(), inner }
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for InLane<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        let is_below = request.uri().path().starts_with(self.lane.below);
        if !is_below {
            return self.inner.call(request);
        }
        let _there = self.lane.thread.enter();
        self.inner.call(detached(request))
    }
}

/// A connection keeps the head of the request that it began with for as long as it lasts; and each part of a head keeps all that was read with it, 8 kB and
/// more. So it gets a head of its own, with what is asked for and nothing else.
fn detached<B>(request: Request<B>) -> Request<B> {
    let (mut head, body) = request.into_parts();
    let asked_for = head.headers.iter().filter(|(name, _)| ASKED_FOR.contains(name));
    let copies = asked_for.filter_map(|(name, value)| {
        let mut copy = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        copy.set_sensitive(value.is_sensitive());
        Some((name.clone(), copy))
    });
    head.headers = copies.collect::<HeaderMap>();
    if let Ok(address) = head.uri.to_string().parse() {
        head.uri = address;
    }
    // The router's copy of the address is part of what was read, too. How the connection is changed over to a WebSocket is all that is needed of what it put there.
    let change = head.extensions.remove::<OnUpgrade>();
    head.extensions = Extensions::new();
    change.map(|change| head.extensions.insert(change));
    Request::from_parts(head, body)
}

#[cfg(test)]
mod tests {
    use axum::extract::OriginalUri;

    use super::*;

    #[test]
    fn a_connection_belongs_here_from_its_beginning_on_if_it_asks_to_become_a_websocket_of_rooms() {
        let lane = Lane::start().unwrap();
        for (begun, belongs) in [
            ("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\n", true),
            ("GET /socket.io/?EIO=4&transport=websocket&sid=x", true),
            ("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nreferer: /?transport=websocket\r\n", false),
            ("POST /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n", false),
            ("GET /projects?transport=websocket HTTP/1.1\r\n", false),
            ("GET /soc", false),
            ("", false),
        ] {
            assert_eq!(lane.takes(begun.as_bytes()), belongs, "{begun}");
        }
    }

    #[test]
    fn what_a_connection_is_let_in_by_stays_and_the_rest_of_its_head_goes() {
        let request = Request::get("/socket.io/?EIO=4&transport=websocket")
            .header(header::COOKIE, "one=1")
            .header(header::COOKIE, "two=2")
            .header(header::SEC_WEBSOCKET_KEY, "x")
            .header(header::USER_AGENT, "a long story")
            .extension(OriginalUri("/socket.io/?EIO=4&transport=websocket".parse().unwrap()))
            .body("what is in it")
            .unwrap();
        let detached = detached(request);
        let cookies: Vec<_> = detached.headers().get_all(header::COOKIE).iter().collect();
        assert_eq!(cookies, ["one=1", "two=2"]);
        assert_eq!(detached.headers().len(), 3);
        assert_eq!(detached.uri(), "/socket.io/?EIO=4&transport=websocket");
        assert!(detached.extensions().is_empty());
        assert_eq!(*detached.body(), "what is in it");
    }
}
