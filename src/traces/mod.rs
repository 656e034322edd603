//! Traces over OTLP, where a collector is configured: the spans that the log knows as well, and nothing of what is logged in them.

mod exporter;
mod words;

use std::{sync::OnceLock, time::Duration};

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, TraceId, TracerProvider},
};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SamplingResult, SdkTracerProvider, ShouldSample},
};
use server::{clock::Clock, config::Config};
use tracing::{Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use crate::site;
use exporter::Exporter;

/// Spans that wait for the collector at most, some megabytes of them. What comes beyond is dropped: nobody waits for a collector.
const WAITING_MAX: usize = 4_096;
/// Spans that are sent together, and how long they wait for each other.
const AT_ONCE: usize = 512;
const EVERY: Duration = Duration::from_secs(2);
/// When the program ends, the last spans get this long: what is left of ten seconds when all that ends before took its time.
const FLUSH: Duration = Duration::from_millis(750);

/// One for the process, as what is traced is. Nobody sees it but [`layer`] and [`flush`].
static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// What hands spans over, when a collector is configured.
///
/// # Errors
/// When nothing could be sent.
pub(crate) fn layer<S>(config: &Config) -> anyhow::Result<Option<impl Layer<S>>>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let Some(url) = config.traces.url.clone() else { return Ok(None) };
    let exporter = Exporter::new(url, config.traces.headers.clone())?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(WAITING_MAX)
        .with_max_export_batch_size(AT_ONCE)
        .with_scheduled_delay(EVERY)
        .build();
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Beginnings(Sampler::TraceIdRatioBased(config.traces.sample)))))
        .with_resource(resource(config))
        .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
        .build();
    let tracer = PROVIDER.get_or_init(|| provider).tracer("atlas9");
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_context_activation(false)
        .with_tracked_inactivity(false)
        .with_location(false)
        .with_target(false)
        .with_threads(false);
    Ok(Some(layer.with_filter(filter_fn(is_ours).with_max_level_hint(LevelFilter::INFO))))
}

/// Sends what is not sent yet, and waits a moment for that. The runtime that does it has to run still.
pub(crate) fn flush() {
    if let Some(provider) = PROVIDER.get()
        && let Err(error) = provider.shutdown_with_timeout(FLUSH)
    {
        tracing::warn!(%error, "the last traces did not reach the collector");
    }
}

/// Spans of this program. Its log stays here: it may name people, and what is said twice has to be kept from others twice.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    let house = metadata.target().split("::").next().unwrap_or_default();
    metadata.is_span() && *metadata.level() <= LevelFilter::INFO && ["app", "atlas9", "server"].contains(&house)
}

/// Who sends them.
fn resource(config: &Config) -> Resource {
    let instance = Clock::system().new_id().to_string();
    let who = [
        KeyValue::new("service.name", "atlas9"),
        KeyValue::new("service.version", site::release(config)),
        KeyValue::new("service.instance.id", instance),
    ];
    Resource::builder_empty().with_attributes(who).build()
}

/// Which traces are begun. Queries begin none: the queue is looked at several times a second, and what is asked for somebody is asked in a span.
#[derive(Debug, Clone)]
struct Beginnings(Sampler);

impl ShouldSample for Beginnings {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let sampler = if name.starts_with(words::QUERY) { &Sampler::AlwaysOff } else { &self.0 };
        sampler.should_sample(parent, trace, name, kind, attributes, links)
    }
}
