//! Posts to push services (RFC 8030).

use std::{sync::Arc, time::Duration};

use p256::SecretKey;
use reqwest::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue,
};

use super::{
    keys::{self, KeyError, Keys},
    message::{self, BadMessage},
    subscription::Subscription,
};
use crate::{
    clock::{Clock, NoRandomness},
    config::{Secret, WebhooksConfig},
    events::webhooks::{Answer, Sender, Unsent},
    outbound::NoClient,
};

/// The longest that push services keep a message for a browser that is away: four weeks.
const TTL_MAX: Duration = Duration::from_secs(28 * 24 * 3_600);
/// The longest topic, in characters.
const TOPIC_MAX_CHARS: usize = 32;

/// Tells browsers.
#[derive(Clone)]
pub struct Push {
    sender: Sender,
    keys: Keys,
    subject: Arc<str>,
    clock: Clock,
}

/// How soon a browser is to be told that saves its battery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// On power and Wi-Fi.
    VeryLow,
    /// On either.
    Low,
    /// On neither.
    Normal,
    /// Also when the battery is low.
    High,
}

/// A push service took a message. Whether the browser ever sees it, nobody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// What it answered.
    pub status: u16,
    /// How long that took.
    pub took: Duration,
}

/// Why a message was not taken. Nothing of it says what the endpoint's path is.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// There is no such subscription any more, nor will there be: forget it.
    #[error("the subscription is gone")]
    Gone,
    /// The push service takes only shorter ones.
    #[error("the message is too large for the push service")]
    TooLarge,
    /// Worth another try.
    #[error("{why}")]
    Later {
        /// What happened.
        why: String,
        /// How long the push service wants to be left alone, where it says so.
        after: Option<Duration>,
    },
    /// The push service does not want it, now or later. 401 and 403 mostly say that the subscription was made under another key.
    #[error("the push service refused the message with {0}")]
    Refused(u16),
    /// The endpoint is not to be reached from here.
    #[error("{0}")]
    Endpoint(String),
    /// The topic is none.
    #[error("a topic has 1 to {TOPIC_MAX_CHARS} characters, all of them letters, digits, - or _")]
    BadTopic,
    /// It cannot be encrypted for this browser.
    #[error(transparent)]
    Message(#[from] BadMessage),
    /// We cannot say who we are.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Nothing secret can be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// Who we are cannot stand in a header.
    #[error(transparent)]
    Header(#[from] InvalidHeaderValue),
}

/// Why nothing can be pushed from here at all.
#[derive(Debug, thiserror::Error)]
pub enum NoPush {
    /// There is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There are no connections.
    #[error(transparent)]
    Client(#[from] NoClient),
}

impl Push {
    /// Derives the key from the program's secret, and prepares encryption. The subject is as in [`Keys::authorization`]. Where messages may lead is
    /// told as for webhooks.
    ///
    /// # Errors
    /// [`NoPush`].
    pub fn new(secret: &Secret, subject: &str, config: &WebhooksConfig, clock: Clock) -> Result<Self, NoPush> {
        let (keys, sender) = (Keys::new(secret)?, Sender::new(config, clock.clone())?);
        Ok(Self { sender, keys, subject: subject.into(), clock })
    }

    /// What `PushManager.subscribe` takes as `applicationServerKey`.
    pub fn public_key(&self) -> &str {
        self.keys.public_key()
    }

    /// Sends a message, which the push service keeps for so long (whole seconds; four weeks at most) while the browser is away. There, one with a
    /// topic takes the place of an earlier one that has the same.
    ///
    /// # Errors
    /// [`PushError::Gone`] when the subscription is to be forgotten, [`PushError::Later`] when it is worth another try, and any other when it is not.
    pub async fn send(
        &self,
        to: &Subscription,
        payload: &[u8],
        ttl: Duration,
        topic: Option<&str>,
        urgency: Urgency,
    ) -> Result<Sent, PushError> {
        let url = self.sender.read_url(to.endpoint.as_str()).map_err(PushError::Endpoint)?;
        let (headers, body) = (self.headers(to, ttl, topic, urgency)?, self.body(to, payload)?);
        let (answer, took) = self.sender.post(url.as_str(), headers, body).await;
        Ok(Sent { status: taken(&answer?)?, took })
    }

    fn headers(
        &self,
        to: &Subscription,
        ttl: Duration,
        topic: Option<&str>,
        urgency: Urgency,
    ) -> Result<HeaderMap, PushError> {
        let authorization = self.keys.authorization(&to.origin(), &self.subject, self.clock.now())?;
        let mut authorization = HeaderValue::from_str(&authorization)?;
        authorization.set_sensitive(true);
        let mut headers = HeaderMap::from_iter([
            (AUTHORIZATION, authorization),
            (CONTENT_ENCODING, HeaderValue::from_static("aes128gcm")),
            (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
            (HeaderName::from_static("ttl"), HeaderValue::from(ttl.min(TTL_MAX).as_secs())),
            (HeaderName::from_static("urgency"), HeaderValue::from_static(urgency.as_str())),
        ]);
        if let Some(topic) = topic {
            headers.insert(HeaderName::from_static("topic"), read_topic(topic)?);
        }
        Ok(headers)
    }

    fn body(&self, to: &Subscription, payload: &[u8]) -> Result<Vec<u8>, PushError> {
        let mut salt = [0; 16];
        salt.copy_from_slice(&self.clock.new_secret()?[..16]);
        Ok(message::encrypt(to, &self.ephemeral()?, &salt, payload)?)
    }

    /// A key for one message. Bytes from the system might be no key, though what is derived from them is.
    fn ephemeral(&self) -> Result<SecretKey, PushError> {
        Ok(keys::derived(&self.clock.new_secret()?, "atlas9 web push message")?)
    }
}

impl Urgency {
    const fn as_str(self) -> &'static str {
        match self {
            Self::VeryLow => "very-low",
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

impl From<Unsent> for PushError {
    fn from(unsent: Unsent) -> Self {
        let why = unsent.to_string();
        match unsent {
            Unsent::Inside => Self::Endpoint(why),
            Unsent::Unresolved | Unsent::TooSlow | Unsent::Broken(_) => Self::Later { why, after: None },
        }
    }
}

/// The status of an answer that says that the message was taken.
fn taken(answer: &Answer) -> Result<u16, PushError> {
    match answer.status {
        status @ 200..=299 => Ok(status),
        404 | 410 => Err(PushError::Gone),
        413 => Err(PushError::TooLarge),
        status @ (429 | 500..=599) => {
            Err(PushError::Later { why: format!("The push service answered {status}."), after: answer.retry_after })
        }
        status => Err(PushError::Refused(status)),
    }
}

fn read_topic(topic: &str) -> Result<HeaderValue, PushError> {
    let is_fit = (1..=TOPIC_MAX_CHARS).contains(&topic.len())
        && topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_fit { Ok(HeaderValue::from_str(topic)?) } else { Err(PushError::BadTopic) }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use axum::{Router, body::Bytes, http::StatusCode};
    use tokio::net::TcpListener;

    use super::*;
    use crate::{
        config::{Config, Variables},
        push::message::tests::{browser, decrypt},
    };

    const TEXT: &[u8] = br#"{"title":"Your product is ready"}"#;
    const HOUR: Duration = Duration::from_secs(3_600);

    fn push(allow: &str) -> Push {
        let secret = ("ATLAS9_SECRET", "0123456789abcdef0123456789abcdef");
        let variables = Variables::new([secret, ("ATLAS9_WEBHOOKS_ALLOW", allow)]);
        let config = Config::from_variables(&variables).unwrap();
        Push::new(&config.secret, "https://atlas9.example", &config.webhooks, Clock::system()).unwrap()
    }

    /// Sends to a push service that answers so; says also what that was told.
    async fn sent(status: u16) -> (Result<Sent, PushError>, HeaderMap, Bytes) {
        let told = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&told);
        let service = Router::new().fallback(move |headers: HeaderMap, body: Bytes| {
            let keep = Arc::clone(&keep);
            async move {
                *keep.lock().unwrap() = Some((headers, body));
                (StatusCode::from_u16(status).unwrap(), [("retry-after", "7")])
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (_, to) = browser(&format!("http://{}/push/secret", listener.local_addr().unwrap()));
        let push = push("127.0.0.0/8");
        let result = tokio::select! {
            result = push.send(&to, TEXT, HOUR, Some("room_0-9"), Urgency::High) => result,
            _ = async { axum::serve(listener, service).await } => unreachable!("it serves for ever"),
        };
        let (headers, body) = told.lock().unwrap().take().unwrap();
        (result, headers, body)
    }

    #[tokio::test]
    async fn a_message_arrives_as_the_standard_has_it() {
        let (result, headers, body) = sent(201).await;
        assert_eq!(result.unwrap().status, 201);
        for (name, value) in [
            ("ttl", "3600"),
            ("urgency", "high"),
            ("topic", "room_0-9"),
            ("content-encoding", "aes128gcm"),
            ("content-type", "application/octet-stream"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        let authorization = headers["authorization"].to_str().unwrap();
        assert!(authorization.starts_with("vapid t="), "{authorization}");
        assert!(authorization.ends_with(&format!(", k={}", push("").public_key())), "{authorization}");
        let (theirs, to) = browser("https://push.example/abc");
        assert_eq!(decrypt(&theirs, &to.auth, &body), TEXT);
    }

    #[tokio::test]
    async fn no_two_messages_are_encrypted_alike() {
        let ((_, _, one), (_, _, other)) = (sent(204).await, sent(204).await);
        assert_ne!(one[..86], other[..86]);
        assert_ne!(one[..16], other[..16]);
    }

    #[tokio::test]
    async fn what_the_push_service_answers_says_what_to_do() {
        for status in [200, 201, 202, 204] {
            assert!(sent(status).await.0.is_ok(), "{status}");
        }
        for status in [404, 410] {
            let result = sent(status).await.0;
            assert!(matches!(result, Err(PushError::Gone)), "{status}: {result:?}");
        }
        let result = sent(413).await.0;
        assert!(matches!(result, Err(PushError::TooLarge)), "{result:?}");
        for status in [429, 500, 503] {
            let result = sent(status).await.0;
            let pause = Some(Duration::from_secs(7));
            assert!(matches!(&result, Err(PushError::Later { after, .. }) if *after == pause), "{status}: {result:?}");
        }
        for status in [301, 400, 401, 403] {
            let result = sent(status).await.0;
            assert!(matches!(result, Err(PushError::Refused(said)) if said == status), "{status}: {result:?}");
        }
    }

    #[tokio::test]
    async fn nothing_is_sent_inside_or_to_where_nobody_is() {
        for endpoint in ["https://127.0.0.1:9/secret", "https://localhost:9/secret", "https://[::1]:9/secret"] {
            let (_, to) = browser(endpoint);
            let result = push("").send(&to, TEXT, HOUR, None, Urgency::Normal).await;
            assert!(matches!(result, Err(PushError::Endpoint(_))), "{endpoint}: {result:?}");
        }
        let (_, to) = browser("https://127.0.0.1:9/secret");
        let error = push("127.0.0.0/8").send(&to, TEXT, HOUR, None, Urgency::Normal).await.unwrap_err();
        assert!(matches!(&error, PushError::Later { after: None, .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }

    #[tokio::test]
    async fn what_is_no_topic_and_what_is_too_long_is_not_sent() {
        let (push, (_, to)) = (push(""), browser("https://push.example/abc"));
        let long = "x".repeat(TOPIC_MAX_CHARS + 1);
        for topic in ["", "two words", "ü", long.as_str()] {
            let result = push.send(&to, TEXT, HOUR, Some(topic), Urgency::Low).await;
            assert!(matches!(result, Err(PushError::BadTopic)), "{topic}: {result:?}");
        }
        let text = vec![b'x'; message::TEXT_MAX_BYTES + 1];
        let result = push.send(&to, &text, HOUR, None, Urgency::VeryLow).await;
        assert!(matches!(result, Err(PushError::Message(BadMessage::TooLong))), "{result:?}");
    }
}
