//! Documents end where they end.
//!
//! Leptos appends what hydration of a whole page would need, as inline scripts behind `</html>`, whether or not anything is hydrated
//! (`SsrSharedContext::pending_data`, hydration_context 0.3). Nothing here is, inline scripts are not allowed, and public pages are to be
//! the same bytes for everyone, so that what follows the document is left out.

use axum::{
    body::{Body, Bytes},
    http::header,
    response::Response,
};
use futures::StreamExt;

const END: &[u8] = b"</html>";

/// Cuts an HTML answer off after its `</html>`. The rest is still read, so that the renderer comes to its own end.
pub(crate) fn end_with_the_document(response: Response) -> Response {
    let content_type = response.headers().get(header::CONTENT_TYPE).map(|value| value.as_bytes().to_vec());
    if !content_type.is_some_and(|kind| kind.starts_with(b"text/html")) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let mut end = End::default();
    let cut = body.into_data_stream().map(move |chunk| chunk.map(|bytes| end.cut(bytes)));
    Response::from_parts(
        parts,
        Body::from_stream(cut.filter(|chunk| {
            let empty = chunk.as_ref().is_ok_and(Bytes::is_empty);
            std::future::ready(!empty)
        })),
    )
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
        for (at, byte) in bytes.iter().enumerate() {
            self.matched = if *byte == END[self.matched] { self.matched + 1 } else { usize::from(*byte == END[0]) };
            if self.matched == END.len() {
                self.reached = true;
                return bytes.slice(..=at);
            }
        }
        bytes
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
