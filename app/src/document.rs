//! Documents end where they end.
//!
//! Leptos appends what hydration of a whole page would need, as inline scripts behind `</html>`, whether or not anything is hydrated
//! (`SsrSharedContext::pending_data`, hydration_context 0.3). Nothing here is, inline scripts are not allowed, and public pages are to be
//! the same bytes for everyone, so that what follows the document is left out.

use std::future::ready;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::Response,
};
use futures::{StreamExt, stream};
use memchr::memmem;

const END: &[u8] = b"</html>";

/// Cuts an HTML answer off after its `</html>`. The rest is still read, so that the renderer comes to its own end. A document that comes as a whole, as all
/// but those that stream do, is sent with its length.
pub(crate) async fn end_with_the_document(response: Response) -> Response {
    let content_type = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !content_type.is_some_and(|kind| kind.starts_with(b"text/html")) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let (mut chunks, mut end) = (body.into_data_stream(), End::default());
    let first = match chunks.next().await {
        Some(Ok(bytes)) => end.cut(bytes),
        Some(Err(error)) => {
            return Response::from_parts(parts, Body::from_stream(stream::once(ready(Err::<Bytes, _>(error)))));
        }
        None => Bytes::new(),
    };
    if end.reached {
        while chunks.next().await.is_some() {}
        return Response::from_parts(parts, Body::from(first));
    }
    let rest = chunks.map(move |chunk| chunk.map(|bytes| end.cut(bytes)));
    let rest = rest.filter(|chunk| ready(!chunk.as_ref().is_ok_and(Bytes::is_empty)));
    Response::from_parts(parts, Body::from_stream(stream::once(ready(Ok(first))).chain(rest)))
}

/// Finds the end of the document, even when it is split between chunks.
#[derive(Default)]
struct End {
    /// How many bytes of [`END`] the last chunk ended with.
    matched: usize,
    reached: bool,
}

impl End {
    fn cut(&mut self, bytes: Bytes) -> Bytes {
        if self.reached {
            return Bytes::new();
        }
        let Some(end) = self.end_in(&bytes) else { return bytes };
        self.reached = true;
        bytes.slice(..end)
    }

    /// Where the document ends in this chunk. Byte by byte only as far as a chunk before began it.
    fn end_in(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while self.matched > 0 {
            let byte = *bytes.get(at)?;
            self.matched = if byte == END[self.matched] { self.matched + 1 } else { usize::from(byte == END[0]) };
            at += 1;
            if self.matched == END.len() {
                return Some(at);
            }
        }
        let rest = &bytes[at..];
        let found = memmem::find(rest, END);
        if found.is_none() {
            self.matched = (1..END.len()).rev().find(|begun| rest.ends_with(&END[..*begun])).unwrap_or(0);
        }
        found.map(|place| at + place + END.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(chunks: &[&'static str]) -> String {
        let mut end = End::default();
        chunks
            .iter()
            .map(|chunk| String::from_utf8(end.cut(Bytes::from_static(chunk.as_bytes())).to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn nothing_follows_the_document_however_it_is_split() {
        assert_eq!(cut(&["<html>a</html><script>x</script>", "more"]), "<html>a</html>");
        assert_eq!(cut(&["<html>a</ht", "ml>", "<script>"]), "<html>a</html>");
        assert_eq!(cut(&["a<", "</html", ">x"]), "a<</html>");
        assert_eq!(cut(&["</h1></htm", "no end"]), "</h1></htmno end");
    }
}
