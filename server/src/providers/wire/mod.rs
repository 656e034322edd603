//! How providers are spoken to: a question goes out, an answer comes back as signals.

mod anthropic;
mod openai;
pub(super) mod sse;

use std::time::Duration;

use futures::{StreamExt, stream::BoxStream};
use reqwest::{Response, StatusCode, header::CONTENT_TYPE};
use tokio::time::{Instant, timeout, timeout_at};

use self::sse::Events;
use super::error::{CallError, Wait};
use crate::{
    clock::Clock,
    config::{Api, ProviderConfig, Waits},
    outbound::retry_after,
};

/// Of an error's body, as much as is looked at for its code word.
const ERROR_MAX_BYTES: usize = 8 * 1_024;
const ERROR_WITHIN: Duration = Duration::from_secs(1);

/// A question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub system: &'a str,
    pub user: &'a str,
    pub model: &'a str,
    pub temperature: Option<f64>,
    pub output_tokens: u64,
}

/// What one event of an answer says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Signal {
    pub text: Option<String>,
    /// Tokens sent, as the provider counts them.
    pub sent: Option<u64>,
    /// Tokens received so far.
    pub received: Option<u64>,
    /// The model that answers, which may be named more exactly than the one that was asked.
    pub model: Option<String>,
    pub end: Option<End>,
    /// Nothing follows.
    pub is_last: bool,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It was said.
    Said,
    /// It would have been longer than allowed.
    CutOff,
    /// The model would not.
    Declined,
}

/// An answer on its way. Dropping it closes the connection.
pub(super) struct Answer {
    api: Api,
    body: BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    events: Events,
    waits: Waits,
    /// Until when the first token must be there; none when it is.
    first_by: Option<Instant>,
    ended: bool,
    over: bool,
}

/// Asks, and waits until the provider begins to answer.
pub(super) async fn ask(
    client: &reqwest::Client,
    clock: &Clock,
    provider: &ProviderConfig,
    waits: Waits,
    question: Question<'_>,
) -> Result<Answer, CallError> {
    let first_by = Instant::now() + waits.first_token;
    let request = match provider.api {
        Api::OpenAi => openai::request(client, provider, question),
        Api::Anthropic => anthropic::request(client, provider, question),
    };
    let sent = timeout_at(first_by, request.header(CONTENT_TYPE, "application/json").send()).await;
    let response = sent.map_err(|_| CallError::Slow(Wait::FirstToken))?.map_err(|error| not_sent(&error))?;
    if response.status() != StatusCode::OK {
        return Err(refusal(response, clock).await);
    }
    let body = response.bytes_stream().boxed();
    let (events, first_by) = (Events::default(), Some(first_by));
    Ok(Answer { api: provider.api, body, events, waits, first_by, ended: false, over: false })
}

impl Answer {
    /// The next signal; none when the answer came to its end.
    pub(super) async fn next(&mut self) -> Result<Option<Signal>, CallError> {
        loop {
            if let Some(data) = self.events.next() {
                let signal = match self.api {
                    Api::OpenAi => openai::signal(&data)?,
                    Api::Anthropic => anthropic::signal(&data)?,
                };
                self.ended |= signal.end.is_some();
                self.over |= signal.is_last;
                // Models that think first say signs of life before they say a word; each gives them more time, and the stage's limit ends it.
                let is_word = signal.text.as_ref().is_some_and(|text| !text.is_empty());
                self.first_by = self.first_by.filter(|_| !is_word).map(|_| Instant::now() + self.waits.first_token);
                return Ok(Some(signal));
            }
            if self.over {
                return Ok(None);
            }
            match self.chunk().await? {
                Some(bytes) => self.events.feed(&bytes).map_err(|_| CallError::Garbled)?,
                None => {
                    self.over = true;
                    self.events.finish();
                    // Some servers close the connection instead of saying that nothing follows. Only a reason to end tells an end from a
                    // broken connection.
                    if !self.ended && !self.will_end() {
                        return Err(CallError::Dropped);
                    }
                }
            }
        }
    }

    /// The last event may have come without the empty line after it.
    fn will_end(&mut self) -> bool {
        let Some(data) = self.events.next() else { return false };
        let signal = match self.api {
            Api::OpenAi => openai::signal(&data),
            Api::Anthropic => anthropic::signal(&data),
        };
        signal.is_ok_and(|signal| signal.end.is_some() || signal.is_last)
    }

    async fn chunk(&mut self) -> Result<Option<bytes::Bytes>, CallError> {
        let next = self.body.next();
        let (chunk, wait) = match self.first_by {
            Some(by) => (timeout_at(by, next).await, Wait::FirstToken),
            None => (timeout(self.waits.token, next).await, Wait::Token),
        };
        let chunk = chunk.map_err(|_| CallError::Slow(wait))?;
        chunk.transpose().map_err(|_| CallError::Dropped)
    }
}

fn not_sent(error: &reqwest::Error) -> CallError {
    // What reqwest says of an error holds the address, and nothing of the question or the key.
    tracing::debug!(%error, "a provider did not begin to answer");
    if error.is_connect() { CallError::Unreachable } else { CallError::Dropped }
}

async fn refusal(response: Response, clock: &Clock) -> CallError {
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers(), clock.now());
    match status {
        429 => CallError::Busy { retry_after },
        500.. => CallError::Failed { status, retry_after },
        _ => CallError::Refused { status, code: code(response).await },
    }
}

/// The provider's own word for what was wrong, for the log: `error.code` or `error.type`. The sentence beside it may quote the question or
/// the key, and is not read.
async fn code(response: Response) -> Option<String> {
    let mut body = response.bytes_stream();
    let mut bytes = Vec::new();
    let read = async {
        while let Some(Ok(chunk)) = body.next().await {
            bytes.extend_from_slice(&chunk[..chunk.len().min(ERROR_MAX_BYTES - bytes.len())]);
            if bytes.len() == ERROR_MAX_BYTES {
                break;
            }
        }
    };
    let _ = timeout(ERROR_WITHIN, read).await;
    let body: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    let word = ["code", "type"].iter().find_map(|name| body["error"][*name].as_str())?;
    let plain = word.len() <= 60 && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    plain.then(|| word.to_owned())
}

#[cfg(feature = "fuzz")]
pub(super) fn fuzzed(data: &str) {
    let _ = anthropic::signal(data);
    let _ = openai::signal(data);
}
