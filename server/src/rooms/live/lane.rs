//! A thread of its own for connections of rooms. What is said to twenty people wakes twenty tasks that each write a line: on one thread they run one after
//! the other; on several, most of the time goes into waking threads.

use std::{
    future::pending,
    io,
    task::{Context, Poll},
};

use axum::http::Request;
use tokio::runtime::{Builder, Handle};
use tower::{Layer, Service};

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
    pub(super) fn start(below: &'static str) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let thread = runtime.handle().clone();
        // What runs there is told to stop with all tasks; the thread itself has nothing to lose when the program ends.
        std::thread::Builder::new().name("rooms".to_owned()).spawn(move || runtime.block_on(pending::<()>()))?;
        Ok(Self { below, thread })
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
        let _there = is_below.then(|| self.lane.thread.enter());
        self.inner.call(request)
    }
}
