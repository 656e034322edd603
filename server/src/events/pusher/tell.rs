//! One attempt to tell the service, and what follows from what it answers.

use std::{error::Error, time::Duration};

use reqwest::{RequestBuilder, Response, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Pusher, request::signed_query};
use crate::{
    jobs::{Context, Failure, Job, Kinds, Queue, Rules},
    outbound,
};

/// The most events of one request.
pub const EVENTS_MAX: usize = 10;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The most of the service's own words that is kept, in bytes and in characters.
const WORDS_MAX: usize = 500;

/// Tells the service of what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TellPusher {
    /// At most [`EVENTS_MAX`].
    pub events: Vec<ChannelEvent>,
}

/// What is told on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelEvent {
    /// `private-project-` and the project's id.
    pub channel: String,
    /// Our own name of it, such as `generation.finished`.
    pub name: String,
    /// JSON, in a string as the protocol has it.
    pub data: String,
}

impl Job for TellPusher {
    const KIND: &'static str = "tell-pusher";
    // For a quarter of an hour: later it is no news to whoever looks at a page.
    const RULES: Rules = Rules { queue: Queue::Webhooks, attempts: 10, ..Rules::USUAL };

    fn validate(&self) -> Result<(), String> {
        match self.events.len() {
            1..=EVENTS_MAX => Ok(()),
            count => Err(format!("it has {count} events; 1 to {EVENTS_MAX} are told at once")),
        }
    }
}

impl Pusher {
    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let pusher = self.clone();
        kinds.on::<TellPusher, _, _>(move |job, context| {
            let pusher = pusher.clone();
            async move { pusher.tell(&job, &context).await }
        })
    }

    /// May run twice: then whoever listens hears it twice.
    async fn tell(&self, job: &TellPusher, context: &Context) -> Result<(), Failure> {
        let response = self.request(job).send().await.map_err(unanswered)?;
        if response.status().is_success() { Ok(()) } else { Err(self.refused(response, context).await) }
    }

    fn request(&self, job: &TellPusher) -> RequestBuilder {
        let (mut url, body) = (self.config.app.clone(), json!({ "batch": job.events }).to_string());
        url.set_path(&format!("{}/batch_events", self.config.app.path()));
        let signer = (self.config.key.as_str(), self.config.secret());
        let query = signed_query(url.path(), body.as_bytes(), signer, self.clock.now());
        url.set_query(Some(&query));
        let request = self.client.post(url).timeout(ANSWER_WITHIN);
        request.header(header::CONTENT_TYPE, "application/json").body(body)
    }

    async fn refused(&self, response: Response, context: &Context) -> Failure {
        let (status, asked) = (response.status(), outbound::retry_after(response.headers(), self.clock.now()));
        let reason = reason(status, &words(response).await);
        match status {
            // The same would be refused again.
            StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::PAYLOAD_TOO_LARGE => Failure::give_up(reason),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let usual = TellPusher::RULES.backoff.pause(context.attempt, self.clock.chance());
                Failure::retry_after(reason, usual.max(asked.unwrap_or_default()))
            }
            _ => Failure::retry(reason),
        }
    }
}

/// What the service answers, what to do about it, and what it says itself.
fn reason(status: StatusCode, words: &str) -> String {
    let advice = match status {
        StatusCode::UNAUTHORIZED => {
            " It refuses the signature: look at key and secret in ATLAS9_PUSHER_URL, and at this machine's clock."
        }
        StatusCode::FORBIDDEN => " The app is switched off there, or over its limits.",
        StatusCode::NOT_FOUND => " Look at host and app in ATLAS9_PUSHER_URL.",
        _ => "",
    };
    let said = if words.is_empty() { String::new() } else { format!(" It says: {words}") };
    format!("The Pusher service answers {}.{advice}{said}", status.as_u16())
}

async fn words(mut response: Response) -> String {
    let mut said = Vec::new();
    while said.len() < WORDS_MAX {
        let Ok(Some(part)) = response.chunk().await else { break };
        said.extend_from_slice(&part);
    }
    String::from_utf8_lossy(&said).trim().chars().take(WORDS_MAX).collect()
}

/// Why there was no answer, without the address: it is signed.
fn unanswered(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Failure::retry(format!("The Pusher service does not answer: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_service_answers_is_told_with_what_to_do_about_it() {
        assert_eq!(reason(StatusCode::BAD_GATEWAY, ""), "The Pusher service answers 502.");
        let words = reason(StatusCode::UNAUTHORIZED, "Invalid signature");
        assert!(words.contains("ATLAS9_PUSHER_URL") && words.ends_with(" It says: Invalid signature"), "{words}");
    }

    #[test]
    fn one_request_tells_of_one_to_ten_events() {
        let event = ChannelEvent { channel: "c".to_owned(), name: "n".to_owned(), data: "{}".to_owned() };
        for (count, is_fit) in [(0, false), (1, true), (EVENTS_MAX, true), (EVENTS_MAX + 1, false)] {
            assert_eq!(TellPusher { events: vec![event.clone(); count] }.validate().is_ok(), is_fit, "{count}");
        }
    }
}
