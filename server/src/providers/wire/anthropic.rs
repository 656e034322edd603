//! Messages, as Anthropic speaks: <https://docs.anthropic.com/en/api/messages-streaming>.

use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::json;

use super::{End, Question, Signal};
use crate::{config::ProviderConfig, providers::error::CallError};

const VERSION: &str = "2023-06-01";

pub(super) fn request(client: &Client, provider: &ProviderConfig, question: Question<'_>) -> RequestBuilder {
    let mut body = json!({
        "model": question.model,
        "max_tokens": question.output_tokens,
        "system": question.system,
        "messages": [{ "role": "user", "content": question.user }],
        "stream": true,
    });
    if let Some(temperature) = question.temperature {
        // Its scale ends at 1.
        body["temperature"] = json!(temperature.min(1.0));
    }
    let request = client.post(format!("{}/v1/messages", provider.base_url)).body(body.to_string());
    let request = request.header("anthropic-version", VERSION);
    match &provider.key {
        Some(key) => request.header("x-api-key", key.expose()),
        None => request,
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Message,
    },
    ContentBlockDelta {
        delta: Delta,
    },
    MessageDelta {
        delta: Ending,
        usage: Option<Usage>,
    },
    MessageStop,
    Error,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Message {
    model: Option<String>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Delta {
    text: Option<String>,
}

#[derive(Deserialize)]
struct Ending {
    stop_reason: Option<String>,
}

/// Tokens that are read from or written to Anthropic's own cache are counted beside the others.
#[derive(Deserialize)]
struct Usage {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

impl Usage {
    fn sent(&self) -> Option<u64> {
        let cached = [self.cache_creation_input_tokens, self.cache_read_input_tokens];
        self.input_tokens.map(|tokens| tokens + cached.into_iter().flatten().sum::<u64>())
    }
}

pub(super) fn signal(data: &str) -> Result<Signal, CallError> {
    let event: Event = serde_json::from_str(data).map_err(|_| CallError::Garbled)?;
    Ok(match event {
        Event::MessageStart { message } => Signal {
            model: message.model,
            sent: message.usage.as_ref().and_then(Usage::sent),
            received: message.usage.and_then(|usage| usage.output_tokens),
            ..Signal::default()
        },
        Event::ContentBlockDelta { delta } => Signal { text: delta.text, ..Signal::default() },
        Event::MessageDelta { delta, usage } => Signal {
            sent: usage.as_ref().and_then(Usage::sent),
            received: usage.and_then(|usage| usage.output_tokens),
            end: delta.stop_reason.map(|reason| match reason.as_str() {
                "max_tokens" | "model_context_window_exceeded" => End::CutOff,
                "refusal" => End::Declined,
                _ => End::Said,
            }),
            ..Signal::default()
        },
        Event::MessageStop => Signal { is_last: true, end: Some(End::Said), ..Signal::default() },
        Event::Error => return Err(CallError::Broke),
        Event::Other => Signal::default(),
    })
}
