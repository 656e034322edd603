//! Telling whoever is to know, in the form that Slack and many others take: https://api.slack.com/messaging/webhooks.

use std::time::Duration;

use reqwest::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::{OffsetDateTime, macros::format_description};

use super::{Checks, Path};
use crate::{
    jobs::{Backoff, Failure, Job, Rules},
    outbound::retry_after,
};

/// How long the other side may take.
const WITHIN: Duration = Duration::from_secs(10);

/// Tells that a path broke or is whole again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendAlert {
    /// Which path.
    pub(super) path: Path,
    /// When it turned.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    /// How.
    pub(super) alert: Alert,
}

/// What happened to a path.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Alert {
    /// It does not work.
    Broken {
        /// Why.
        reason: String,
    },
    /// It works again.
    Whole {
        /// When it broke.
        #[serde(with = "time::serde::rfc3339")]
        since: OffsetDateTime,
    },
}

impl Job for SendAlert {
    const KIND: &'static str = "send-alert";
    const RULES: Rules = Rules {
        attempts: 8,
        backoff: Backoff { first: Duration::from_secs(10), most: Duration::from_secs(900) },
        ..Rules::USUAL
    };
}

impl SendAlert {
    /// In words, as Slack's markup has them.
    fn words(&self, site: &str) -> String {
        let (path, time) = (self.path.words(), clock(self.at));
        match &self.alert {
            Alert::Broken { reason } => {
                format!(":red_circle: *{path}* is broken since {time}. {} <{site}/status|Status>", escaped(reason))
            }
            Alert::Whole { since } => {
                let minutes = (self.at - *since).whole_minutes().max(1);
                format!(
                    ":large_green_circle: *{path}* works again since {time}, after {minutes} min. <{site}/status|Status>"
                )
            }
        }
    }
}

impl Checks {
    /// Sends an alert.
    pub(super) async fn send(&self, alert: &SendAlert) -> Result<(), Failure> {
        let Some(url) = &self.config.alerts else { return Ok(()) };
        let body = json!({ "text": alert.words(&self.site) }).to_string();
        let request = self.client.post(url.clone()).header(header::CONTENT_TYPE, "application/json").body(body);
        // Its address is a secret, and errors of the client hold it.
        let answer = request.timeout(WITHIN).send().await.map_err(|error| Failure::retry(error.without_url()))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let failure = format!("the receiver of alerts answered {}", status.as_u16());
        match retry_after(answer.headers(), self.clock.now()) {
            Some(pause) => Err(Failure::retry_after(failure, pause)),
            None if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
                Err(Failure::give_up(failure))
            }
            None => Err(Failure::retry(failure)),
        }
    }
}

fn clock(at: OffsetDateTime) -> String {
    at.format(format_description!("[hour]:[minute] UTC")).unwrap_or_default()
}

/// Slack's three special characters.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_alert_says_what_since_when_and_where_to_look() {
        let at = datetime!(2026-11-21 12:34 UTC);
        let told = |alert| SendAlert { path: Path::Landing, at, alert }.words("https://atlas9.example");
        assert_eq!(
            told(Alert::Broken { reason: "/ answered <500>.".to_owned() }),
            ":red_circle: *First page* is broken since 12:34 UTC. / answered &lt;500&gt;. <https://atlas9.example/status|Status>"
        );
        assert_eq!(
            told(Alert::Whole { since: datetime!(2026-11-21 12:04 UTC) }),
            ":large_green_circle: *First page* works again since 12:34 UTC, after 30 min. <https://atlas9.example/status|Status>"
        );
    }
}
