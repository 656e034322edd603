//! Server-sent events as the output of a server function.

use std::pin::Pin;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use server::http::EVENT_STREAM;
use server_fn::{
    ContentType,
    codec::{Encoding, FromRes, IntoRes},
    error::{FromServerFnError, IntoAppError, ServerFnErrorErr},
    response::{ClientRes, TryRes},
};

/// The encoding `text/event-stream`, asked for with GET.
pub(crate) struct EventStream;

impl ContentType for EventStream {
    const CONTENT_TYPE: &'static str = EVENT_STREAM;
}

impl Encoding for EventStream {
    const METHOD: axum::http::Method = axum::http::Method::GET;
}

/// Frames on their way to a browser.
pub(crate) struct Frames(Pin<Box<dyn Stream<Item = Bytes> + Send>>);

impl Frames {
    pub(crate) fn new(frames: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Self(Box::pin(frames))
    }

    /// No frames at all.
    pub(crate) fn none() -> Self {
        Self::new(futures::stream::empty())
    }
}

impl<E, Response> IntoRes<EventStream, Response, E> for Frames
where
    Response: TryRes<E>,
    E: FromServerFnError,
{
    async fn into_res(self) -> Result<Response, E> {
        Response::try_from_stream(EVENT_STREAM, self.0.map(Ok))
    }
}

/// Browsers read the stream with `EventSource`; nothing else here opens it.
impl<E, Response> FromRes<EventStream, Response, E> for Frames
where
    Response: ClientRes<E> + Send,
    E: FromServerFnError,
{
    async fn from_res(_: Response) -> Result<Self, E> {
        Err(ServerFnErrorErr::UnsupportedRequestMethod("open it with EventSource".to_owned()).into_app_error())
    }
}
