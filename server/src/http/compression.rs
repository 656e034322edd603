//! Answers made on request are compressed on the way out; files of the build are compressed already.

use axum::{body::HttpBody, http::Response};
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{And, DefaultPredicate, NotForContentType, Predicate},
    },
};

/// A level at which a page costs about a millisecond and is within a few per cent of the smallest.
const LEVEL: CompressionLevel = CompressionLevel::Precise(4);

/// What gains by it: neither fonts nor archives, which are compressed already, nor what streams.
type Worth = And<And<And<DefaultPredicate, NotForContentType>, NotForContentType>, NotStreamed>;

/// Compresses with brotli or gzip what gains by it and does not stream.
pub fn compression_layer() -> CompressionLayer<Worth> {
    let (fonts, archives) = (NotForContentType::const_new("font/"), NotForContentType::const_new("application/zip"));
    CompressionLayer::new()
        .quality(LEVEL)
        .compress_when(DefaultPredicate::new().and(fonts).and(archives).and(NotStreamed))
}

/// An encoder holds back what it has until it has enough; an answer that comes piece by piece would come in lumps. Such answers say so
/// with the header that tells proxies not to buffer them.
#[derive(Debug, Clone, Copy)]
pub struct NotStreamed;

impl Predicate for NotStreamed {
    fn should_compress<B: HttpBody>(&self, response: &Response<B>) -> bool {
        !response.headers().contains_key("x-accel-buffering")
    }
}
