//! QStash's HTTP API, version 2, as far as jobs need it (https://upstash.com/docs/qstash/api).

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::message::{Message, PathSafe};
use crate::{clock::Clock, config::QstashKey, jobs::BATCH_MAX, outbound};

/// The longest a call takes.
const CALL_WITHIN: Duration = Duration::from_secs(10);
/// The most bytes of an answer.
const ANSWER_MAX: usize = 1_024 * 1_024;
/// The most characters of QStash's own words that are kept.
const WORDS_MAX: usize = 500;

/// Talks to QStash.
#[derive(Clone)]
pub struct QstashClient {
    http: reqwest::Client,
    url: String,
    token: QstashKey,
    clock: Clock,
}

/// A message that QStash has taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// QStash's id of it; of a duplicate, that of the first one.
    pub message_id: String,
    /// Whether the same was published before, so that this one is not delivered.
    #[serde(default)]
    pub deduplicated: bool,
}

/// What QStash publishes again and again.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QstashSchedule {
    /// Its id.
    pub schedule_id: String,
    /// When, in UTC unless it begins with `CRON_TZ=`.
    pub cron: String,
    /// Where to.
    pub destination: String,
}

/// Why QStash did not do it.
#[derive(Debug, thiserror::Error)]
pub enum QstashError {
    /// It cannot be reached, or something is wrong on its side.
    #[error("QStash does not answer ({0})")]
    Away(String),
    /// Too much was asked of it.
    #[error("QStash is asked too much")]
    Busy {
        /// When it may be asked again, where it says so.
        retry_after: Option<Duration>,
    },
    /// The token does not count.
    #[error("QStash does not know this token")]
    Denied,
    /// It does not take this.
    #[error("QStash refuses ({status}): {words}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it says.
        words: String,
    },
    /// More at once than one call takes.
    #[error("{0} messages at once; {BATCH_MAX} is the most")]
    TooMany(usize),
}

#[derive(Serialize)]
struct BatchEntry<'a> {
    destination: &'a str,
    headers: serde_json::Map<String, Value>,
    body: &'a str,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum BatchAnswer {
    Accepted(Accepted),
    Refused { error: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScheduleAnswer {
    schedule_id: String,
}

impl QstashClient {
    /// Talks to QStash at `url` by way of this client.
    pub fn new(http: reqwest::Client, url: &str, token: QstashKey, clock: Clock) -> Self {
        Self { http, url: url.trim_end_matches('/').to_owned(), token, clock }
    }

    /// Publishes a message: `POST /v2/publish/{destination}`.
    ///
    /// # Errors
    /// [`QstashError`]. After [`QstashError::Away`] it may have been taken all the same; the same deduplication id makes asking again safe.
    pub async fn publish(&self, message: &Message) -> Result<Accepted, QstashError> {
        let request = self.request(Method::POST, &format!("/v2/publish/{}", message.destination))?;
        self.json(with_message(request, message)).await
    }

    /// Publishes up to a hundred messages in one call: `POST /v2/batch`. Each is taken or refused for itself; answers come in their order.
    ///
    /// # Errors
    /// [`QstashError`] when none was taken, or nobody knows.
    pub async fn publish_batch(&self, messages: &[Message]) -> Result<Vec<Result<Accepted, QstashError>>, QstashError> {
        if messages.len() > BATCH_MAX {
            return Err(QstashError::TooMany(messages.len()));
        }
        let entry = |message: &Message| {
            let headers = message.headers().into_iter().map(|(name, value)| (name.to_owned(), Value::String(value)));
            serde_json::to_value(BatchEntry {
                destination: &message.destination,
                headers: headers.collect(),
                body: &message.body,
            })
        };
        let entries: Result<Vec<Value>, _> = messages.iter().map(entry).collect();
        let body = Value::Array(entries.map_err(|error| unreadable(&error))?).to_string();
        let request = self.request(Method::POST, "/v2/batch")?.header(header::CONTENT_TYPE, "application/json");
        let answers: Vec<BatchAnswer> = self.json(request.body(body)).await?;
        if answers.len() != messages.len() {
            return Err(QstashError::Away(format!("{} answers to {} messages", answers.len(), messages.len())));
        }
        Ok(answers.into_iter().map(BatchAnswer::into_result).collect())
    }

    /// Publishes a message at each moment of a cron pattern, under an id of ours: what had that id before is replaced.
    /// `POST /v2/schedules/{destination}`. Returns the id.
    ///
    /// # Errors
    /// [`QstashError`].
    pub async fn create_schedule(
        &self,
        id: &str,
        cron: &str,
        zone: &str,
        message: &Message,
    ) -> Result<String, QstashError> {
        let cron = if zone == "UTC" { cron.to_owned() } else { format!("CRON_TZ={zone} {cron}") };
        let request = self.request(Method::POST, &format!("/v2/schedules/{}", message.destination))?;
        let request = request.header("Upstash-Cron", cron).header("Upstash-Schedule-Id", id);
        let answer: ScheduleAnswer = self.json(with_message(request, message)).await?;
        Ok(answer.schedule_id)
    }

    /// All schedules: `GET /v2/schedules`.
    ///
    /// # Errors
    /// [`QstashError`].
    pub async fn schedules(&self) -> Result<Vec<QstashSchedule>, QstashError> {
        self.json(self.request(Method::GET, "/v2/schedules")?).await
    }

    /// Forgets a schedule: `DELETE /v2/schedules/{id}`.
    ///
    /// # Errors
    /// [`QstashError::Refused`] with 404 when there is none.
    pub async fn delete_schedule(&self, id: &str) -> Result<(), QstashError> {
        // Without an id, the address would be that of all schedules.
        let id = PathSafe::parse(id).ok_or(QstashError::Refused { status: 404, words: "no such id".to_owned() })?;
        self.send(self.request(Method::DELETE, &format!("/v2/schedules/{id}"))?).await.map(drop)
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, QstashError> {
        let address = Url::parse(&format!("{}{path}", self.url));
        let address = address.map_err(|error| QstashError::Refused { status: 400, words: error.to_string() })?;
        Ok(self.http.request(method, address).bearer_auth(self.token.reveal()).timeout(CALL_WITHIN))
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, QstashError> {
        let mut response = self.send(request).await?;
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| away(&error))? {
            if body.len() + part.len() > ANSWER_MAX {
                return Err(QstashError::Away(format!("its answer has more than {ANSWER_MAX} bytes")));
            }
            body.extend_from_slice(&part);
        }
        serde_json::from_slice(&body).map_err(|error| unreadable(&error))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, QstashError> {
        let response = request.send().await.map_err(|error| away(&error))?;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(QstashError::Denied),
            StatusCode::TOO_MANY_REQUESTS => Err(QstashError::Busy { retry_after: self.retry_after(&response) }),
            status if status.is_server_error() => Err(QstashError::Away(status.to_string())),
            status => Err(QstashError::Refused { status: status.as_u16(), words: words(response).await }),
        }
    }

    /// `Retry-After`, or the moment at which the limit that was reached begins anew: the second's or the day's, whichever is later.
    fn retry_after(&self, response: &Response) -> Option<Duration> {
        let (headers, now) = (response.headers(), self.clock.now());
        let reset = |name: &str| {
            let moment = headers.get(name)?.to_str().ok()?.trim().parse().ok()?;
            let left = time::OffsetDateTime::from_unix_timestamp(moment).ok()? - now;
            Some(Duration::try_from(left).unwrap_or_default())
        };
        let resets = [reset("burst-ratelimit-reset"), reset("ratelimit-reset")];
        outbound::retry_after(headers, now).or_else(|| resets.into_iter().flatten().max())
    }
}

impl BatchAnswer {
    fn into_result(self) -> Result<Accepted, QstashError> {
        match self {
            Self::Accepted(accepted) => Ok(accepted),
            Self::Refused { error } => Err(QstashError::Refused { status: 400, words: short(&error) }),
        }
    }
}

fn with_message(mut request: RequestBuilder, message: &Message) -> RequestBuilder {
    for (name, value) in message.headers() {
        request = request.header(name, value);
    }
    request.body(message.body.clone())
}

async fn words(response: Response) -> String {
    let text = response.text().await.unwrap_or_default();
    let said = serde_json::from_str::<Value>(&text).ok();
    short(said.as_ref().and_then(|said| said["error"].as_str()).unwrap_or(&text))
}

fn short(text: &str) -> String {
    text.chars().take(WORDS_MAX).collect()
}

/// The address is left out: it says nothing that is not configured.
fn away(error: &reqwest::Error) -> QstashError {
    let what = [("timeout", error.is_timeout()), ("connection", error.is_connect()), ("answer", true)];
    let what = what.into_iter().find(|(_, is_it)| *is_it).map_or("answer", |(name, _)| name);
    QstashError::Away(what.to_owned())
}

fn unreadable(error: &serde_json::Error) -> QstashError {
    QstashError::Away(format!("its answer cannot be read: {error}"))
}
