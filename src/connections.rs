//! Connections, with HTTP/1.1 or HTTP/2 on them and TLS left to the balancer. There are only so many, whoever opens one has to ask in time, and what
//! they ask with has a size.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
    response::{IntoResponse, Response},
    routing::future::RouteFuture,
};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::Service,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use server::rooms::live::Lane;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long the head of a request may take to come, and how long a connection may lie idle between two of them. Longer than a balancer keeps one that
/// it does not use, so that it is the balancer who closes it.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of a request's head; more is answered with 431.
const HEAD_MAX: u32 = 32 << 10;
/// How long it may take until it is known which HTTP is spoken.
const TOLD_WITHIN: Duration = Duration::from_secs(10);
/// Streams on one HTTP/2 connection.
const STREAMS_MAX: u32 = 128;
/// How long an HTTP/2 connection may be silent before it is asked whether anybody is there, and how long an answer may take.
const SILENCE: Duration = Duration::from_secs(30);
const REPLY_WITHIN: Duration = Duration::from_secs(10);
/// How long nobody is let in when the system has no file descriptor to spare.
const OUT_OF_BREATH: Duration = Duration::from_millis(50);

/// How HTTP/2 begins when both sides know beforehand that it will be spoken (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What whoever comes when all places are taken is told, if they listen.
const NO_PLACE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Bytes of a request's first line by which it is known where a connection is kept.
const LINE_BYTES: usize = 128;

/// What connections are kept with.
#[derive(Clone)]
struct Keeper {
    app: Router,
    /// Where those are kept that become WebSockets of rooms.
    lane: Lane,
    open: TaskTracker,
    stop: CancellationToken,
}

/// How a connection begins.
enum Beginning {
    Http1,
    Http2,
    /// With the request to become a WebSocket of rooms.
    Room,
}

/// Serves until told to stop, and then until everybody who had asked is answered.
pub(crate) async fn serve(listener: TcpListener, app: Router, lane: Lane, most: usize, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(most));
    let keeper = Keeper { app, lane, open: TaskTracker::new(), stop };
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = keeper.stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => drop(keeper.open.spawn(keeper.clone().begin(stream, place, peer))),
                // Whether it is heard does not matter: a connection that is closed says as much.
                Err(_) => drop(stream.try_write(NO_PLACE)),
            },
            Err(error) if is_of_one(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken");
                tokio::time::sleep(OUT_OF_BREATH).await;
            }
        }
    }
    drop(listener);
    keeper.open.close();
    keeper.open.wait().await;
}

/// Whether an error is of one connection, which is gone, and not of all.
fn is_of_one(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}

/// A connection with its place, which is free again when the connection is gone: one that becomes a WebSocket outlives what is done here.
struct Placed {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for Placed {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Placed {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Keeper {
    /// Finds out what is spoken, and keeps the connection where it belongs.
    async fn begin(self, stream: TcpStream, place: OwnedSemaphorePermit, peer: SocketAddr) {
        // Answers are written whole: to wait for more to send with them would only delay them.
        let _ = stream.set_nodelay(true);
        let beginning = tokio::select! {
            beginning = tokio::time::timeout(TOLD_WITHIN, self.beginning(&stream)) => beginning,
            () = self.stop.cancelled() => return,
        };
        let Ok(Ok(beginning)) = beginning else { return };
        if matches!(beginning, Beginning::Room) {
            let Ok(stream) = stream.into_std() else { return };
            let (open, thread) = (self.open.clone(), self.lane.thread().clone());
            open.spawn_on(
                async move {
                    // From here on it is this thread that the system wakes.
                    let Ok(stream) = TcpStream::from_std(stream) else { return };
                    self.keep(stream, place, peer, beginning).await;
                },
                &thread,
            );
            return;
        }
        self.keep(stream, place, peer, beginning).await;
    }

    async fn keep(self, stream: TcpStream, place: OwnedSemaphorePermit, peer: SocketAddr, beginning: Beginning) {
        let (io, answering) = (TokioIo::new(Placed { stream, _place: place }), Answering { app: self.app, peer });
        let kept = match beginning {
            Beginning::Http1 => keep_http1(io, answering, true, self.stop).await,
            Beginning::Http2 => keep_http2(io, answering, self.stop).await,
            // It becomes what it said, or ends: pages are not drawn there.
            Beginning::Room => keep_http1(io, answering, false, self.stop).await,
        };
        if let Err(error) = kept {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    /// Nothing is taken from the connection. Fails when it ends before it is known how it begins.
    async fn beginning(&self, stream: &TcpStream) -> io::Result<Beginning> {
        let (mut begun, mut pause) = ([0; LINE_BYTES], Duration::from_millis(1));
        loop {
            let length = stream.peek(&mut begun).await?;
            let begun = &begun[..length];
            if begun.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if begun.starts_with(PREFACE) {
                return Ok(Beginning::Http2);
            }
            if !PREFACE.starts_with(begun) {
                return Ok(if self.lane.takes(begun) { Beginning::Room } else { Beginning::Http1 });
            }
            // What has come stays there to be seen, so that waiting for it would not wait.
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(200));
        }
    }
}

/// The program's answers on one connection.
struct Answering {
    app: Router,
    peer: SocketAddr,
}

impl Service<Request<Incoming>> for Answering {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        // A router is always ready.
        if head_bytes(&request) > HEAD_MAX as usize {
            return tower::Service::call(&mut Router::new().fallback(too_large), request);
        }
        tower::Service::call(&mut self.app.clone(), request)
    }
}

/// Bytes of a request's head, about as they came. hyper looks at its bound only while the head is not whole, so that one that comes at once may be larger.
fn head_bytes(request: &Request<Body>) -> usize {
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    headers.sum::<usize>() + request.uri().path().len() + request.uri().query().map_or(0, str::len)
}

async fn too_large() -> impl IntoResponse {
    (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, [(header::CONNECTION, "close")])
}

async fn keep_http1(
    io: TokioIo<Placed>,
    answering: Answering,
    asks_again: bool,
    stop: CancellationToken,
) -> hyper::Result<()> {
    let mut http1 = http1::Builder::new();
    http1
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_header_size(HEAD_MAX as usize)
        .keep_alive(asks_again);
    let mut connection = std::pin::pin!(http1.serve_connection(io, answering).with_upgrades());
    tokio::select! { ended = connection.as_mut() => return ended, () = stop.cancelled() => {} }
    connection.as_mut().graceful_shutdown();
    connection.await
}

async fn keep_http2(io: TokioIo<Placed>, answering: Answering, stop: CancellationToken) -> hyper::Result<()> {
    let mut http2 = http2::Builder::new(TokioExecutor::new());
    http2
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_MAX)
        .keep_alive_interval(SILENCE)
        .keep_alive_timeout(REPLY_WITHIN);
    let mut connection = std::pin::pin!(http2.serve_connection(io, answering));
    tokio::select! { ended = connection.as_mut() => return ended, () = stop.cancelled() => {} }
    connection.as_mut().graceful_shutdown();
    connection.await
}
