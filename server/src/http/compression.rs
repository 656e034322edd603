//! Answers made on request are compressed on the way out; files of the build are compressed already.

use axum::{
    body::HttpBody,
    http::{Response, header},
};
use tower::layer::util::Stack;
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{And, DefaultPredicate, NotForContentType, Predicate},
    },
};

/// A level at which a page costs about a millisecond and is within a few per cent of the smallest.
const OF_PAGES: CompressionLevel = CompressionLevel::Precise(4);
/// Programs ask more often, for less: at this level a list of twenty is a tenth larger than at that of pages, in half of the time (1,429 bytes in 26 µs, 1,299
/// in 54).
const OF_JSON: CompressionLevel = CompressionLevel::Precise(2);

/// Neither typefaces and archives, which are packed already, nor what streams.
type Gains = And<And<And<DefaultPredicate, NotForContentType>, NotForContentType>, NotStreamed>;

/// Compresses with brotli or gzip what gains by it and does not stream.
pub fn compression_layer() -> Stack<CompressionLayer<And<Gains, Json>>, CompressionLayer<Gains>> {
    let (fonts, archives) = (NotForContentType::const_new("font/"), NotForContentType::const_new("application/zip"));
    let gains = DefaultPredicate::new().and(fonts).and(archives).and(NotStreamed);
    let of_json = CompressionLayer::new().quality(OF_JSON).compress_when(gains.clone().and(Json));
    // What the inner one has compressed the outer one leaves alone.
    Stack::new(of_json, CompressionLayer::new().quality(OF_PAGES).compress_when(gains))
}

/// What programs read.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl Predicate for Json {
    fn should_compress<B: HttpBody>(&self, response: &Response<B>) -> bool {
        let kind = response.headers().get(header::CONTENT_TYPE);
        kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
    }
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
