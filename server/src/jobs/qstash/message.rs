//! What is published to QStash, and the headers that say how it is to be treated.

use std::{fmt, time::Duration};

use time::OffsetDateTime;

use crate::jobs::Flow;

/// A message to QStash.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// The address that it is delivered to.
    pub destination: String,
    /// JSON.
    pub body: String,
    /// Not before so much time has passed.
    pub delay: Option<Duration>,
    /// Not before this moment.
    pub not_before: Option<OffsetDateTime>,
    /// How often it is delivered again after a failure.
    pub retries: Option<u16>,
    /// How long a delivery may take.
    pub timeout: Option<Duration>,
    /// When it is the same as another.
    pub sameness: Sameness,
    /// Who is told of every delivery.
    pub callback: Option<String>,
    /// Who is told when it was given up.
    pub failure_callback: Option<String>,
    /// How often that is told again after a failure.
    pub failure_callback_retries: Option<u16>,
    /// What holds it back.
    pub flow: Option<Flow>,
}

/// When QStash takes a message for one that it knows. The second is not delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Sameness {
    /// Never.
    #[default]
    Off,
    /// When this id is the same. It may hold no colon.
    ById(String),
    /// When address and body are the same.
    ByContent,
}

impl Message {
    /// How QStash is told of it.
    pub(super) fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("Content-Type", "application/json".to_owned()), ("Upstash-Method", "POST".to_owned())];
        let mut add = |name: &'static str, value: Option<String>| headers.extend(value.map(|value| (name, value)));
        add("Upstash-Delay", self.delay.map(seconds));
        add("Upstash-Not-Before", self.not_before.map(|moment| moment.unix_timestamp().to_string()));
        add("Upstash-Retries", self.retries.map(|retries| retries.to_string()));
        add("Upstash-Timeout", self.timeout.map(seconds));
        match &self.sameness {
            Sameness::Off => {}
            Sameness::ById(id) => add("Upstash-Deduplication-Id", Some(id.clone())),
            Sameness::ByContent => add("Upstash-Content-Based-Deduplication", Some("true".to_owned())),
        }
        add("Upstash-Callback", self.callback.clone());
        add("Upstash-Failure-Callback", self.failure_callback.clone());
        add("Upstash-Failure-Callback-Retries", self.failure_callback_retries.map(|retries| retries.to_string()));
        if let Some(flow) = &self.flow {
            add("Upstash-Flow-Control-Key", Some(flow.key.clone()));
            add("Upstash-Flow-Control-Value", Some(limits(flow)));
        }
        headers
    }
}

/// Whole seconds, none lost.
fn seconds(time: Duration) -> String {
    format!("{}s", time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

fn limits(flow: &Flow) -> String {
    let parallelism = flow.parallelism.map(|most| format!("parallelism={most}"));
    let rate = flow.rate.map(|(most, period)| format!("rate={most}, period={}", seconds(period)));
    parallelism.into_iter().chain(rate).collect::<Vec<_>>().join(", ")
}

/// An id that is one part of a path.
pub(super) struct PathSafe<'a>(&'a str);

impl<'a> PathSafe<'a> {
    pub(super) fn parse(id: &'a str) -> Option<Self> {
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (!id.is_empty() && id.bytes().all(is_safe)).then_some(Self(id))
    }
}

impl fmt::Display for PathSafe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn what_is_asked_for_is_said_in_the_headers_that_are_documented_for_it() {
        let message = Message {
            delay: Some(Duration::from_millis(90_100)),
            not_before: Some(datetime!(2026-11-21 12:00 UTC)),
            retries: Some(2),
            timeout: Some(Duration::from_secs(30)),
            sameness: Sameness::ById("a".to_owned()),
            callback: Some("https://a/b".to_owned()),
            failure_callback: Some("https://a/c".to_owned()),
            failure_callback_retries: Some(5),
            flow: Some(Flow { key: "k".to_owned(), parallelism: Some(3), rate: Some((10, Duration::from_secs(60))) }),
            ..Message::default()
        };
        let said: Vec<String> = message.headers().iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            said[1..],
            [
                "Upstash-Method: POST",
                "Upstash-Delay: 91s",
                "Upstash-Not-Before: 1795262400",
                "Upstash-Retries: 2",
                "Upstash-Timeout: 30s",
                "Upstash-Deduplication-Id: a",
                "Upstash-Callback: https://a/b",
                "Upstash-Failure-Callback: https://a/c",
                "Upstash-Failure-Callback-Retries: 5",
                "Upstash-Flow-Control-Key: k",
                "Upstash-Flow-Control-Value: parallelism=3, rate=10, period=60s",
            ]
        );
        assert!(
            PathSafe::parse("").is_none() && PathSafe::parse("a/b").is_none() && PathSafe::parse("scd_1").is_some()
        );
    }
}
