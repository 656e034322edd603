//! Sending spans to a collector. Nobody waits for it, and when it is away that is said once a minute.

use std::{
    mem,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry_proto::{
    tonic::collector::trace::v1::ExportTraceServiceRequest,
    transform::{common::tonic::ResourceAttributesWithSchema, trace::tonic::group_spans_by_resource_and_scope},
};
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{SpanData, SpanExporter},
};
use prost::Message;
use reqwest::{
    Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use server::outbound;
use tokio::runtime::Handle;

use super::words::conventional;

/// How long a collector may take for a batch.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is said that it takes nothing.
const SAY_EVERY: Duration = Duration::from_secs(60);

/// Sends batches of spans to one collector.
#[derive(Debug)]
pub(super) struct Exporter {
    client: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    resource: ResourceAttributesWithSchema,
    runtime: Handle,
    losses: Mutex<Losses>,
}

/// Spans that were lost since that was said last.
#[derive(Debug, Default)]
struct Losses {
    spans: usize,
    said: Option<Instant>,
}

impl Exporter {
    /// In the runtime on which it sends.
    pub(super) fn new(url: Url, mut headers: HeaderMap) -> anyhow::Result<Self> {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(outbound::tls()?)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .user_agent("atlas9")
            .build()?;
        let (resource, runtime) = (ResourceAttributesWithSchema::default(), Handle::try_current()?);
        Ok(Self { client, url, headers, resource, runtime, losses: Mutex::default() })
    }

    async fn send(&self, request: ExportTraceServiceRequest) -> anyhow::Result<()> {
        let request = self.client.post(self.url.clone()).headers(self.headers.clone()).body(request.encode_to_vec());
        // Whoever calls this is a thread of its own, on which there are neither connections nor timers.
        let answer = self.runtime.spawn(async { request.send().await });
        let answer = answer.await?.map_err(reqwest::Error::without_url)?;
        anyhow::ensure!(answer.status().is_success(), "it answered {}", answer.status());
        Ok(())
    }

    /// Says now and then what was lost. Nothing that is logged is traced, so that this ends here.
    fn lost(&self, spans: usize, reason: &anyhow::Error) {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        losses.spans += spans;
        if losses.said.is_none_or(|said| said.elapsed() >= SAY_EVERY) {
            let spans = mem::take(&mut losses.spans);
            tracing::warn!(spans, reason = format!("{reason:#}"), "traces were lost: the collector does not take them");
            losses.said = Some(Instant::now());
        }
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let many = batch.len();
        let spans = batch.into_iter().map(conventional).collect();
        let resource_spans = group_spans_by_resource_and_scope(spans, &self.resource);
        self.send(ExportTraceServiceRequest { resource_spans }).await.map_err(|error| {
            self.lost(many, &error);
            OTelSdkError::InternalFailure(error.to_string())
        })
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}
