//! What spans are called outside. Here they have a name each and attributes as OpenTelemetry's conventions call them; the rest follows from those,
//! and in part only from what is known when a span ends, such as the route of a request.

use std::borrow::Cow;

use opentelemetry::{
    KeyValue,
    trace::{SpanKind, Status},
};
use opentelemetry_sdk::trace::SpanData;

/// What the names of queries begin with: `db.<table>.<verb>`.
pub(super) const QUERY: &str = "db.";

/// A span with the name, kind and status that the conventions want.
pub(super) fn conventional(mut span: SpanData) -> SpanData {
    let name = match &*span.name {
        "request" => Some((SpanKind::Server, said(&span, &["http.request.method", "http.route"]))),
        "job" => Some((SpanKind::Consumer, format!("process {}", said(&span, &["job.kind"])))),
        "call" => Some((SpanKind::Client, said(&span, &["gen_ai.operation.name", "gen_ai.request.model"]))),
        _ => None,
    };
    if let Some((kind, name)) = name {
        (span.span_kind, span.name) = (kind, Cow::Owned(name));
    } else if span.name.starts_with(QUERY) {
        span.span_kind = SpanKind::Client;
        span.attributes.push(KeyValue::new("db.system.name", "postgresql"));
    }
    if span.attributes.iter().any(|attribute| attribute.key.as_str() == "error.type") {
        span.status = Status::error("");
    }
    span
}

/// Those of these attributes that a span has, in words.
fn said(span: &SpanData, keys: &[&str]) -> String {
    let value = |key: &&str| span.attributes.iter().find(|attribute| attribute.key.as_str() == *key);
    let values: Vec<_> = keys.iter().filter_map(value).map(|attribute| attribute.value.as_str()).collect();
    values.join(" ")
}
