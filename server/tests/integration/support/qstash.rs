//! A small QStash. The official local server (`@upstash/qstash-cli`) downloads a program when it is installed, which tests must not depend on; this
//! one keeps to what is documented of the HTTP API, version 2 (https://upstash.com/docs/qstash: api, features/retry, features/deduplication,
//! features/callbacks, features/schedules, features/batch, features/security) as far as this program uses it: it stores messages in memory, delivers
//! them with a signed `Upstash-Signature`, tries again after a pause (`Retry-After`, or its own, a hundred times shorter here), honours 489, knows
//! duplicates for ten minutes, keeps schedules, tells callbacks, and has the limits of the free plan. Flow control is accepted and not enforced.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    str::FromStr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, ToSpan, Zoned};
use serde_json::{Value, json};
use server::jobs::parse_delay;
use sha2::{Digest, Sha256};

use crate::web::{client, listen};

pub const TOKEN: &str = "test-token";
pub const CURRENT_KEY: &str = "sig_current_key";
pub const NEXT_KEY: &str = "sig_next_key";
const WINDOW: Duration = Duration::from_secs(600);
/// So much faster than QStash are its own pauses here, and those of a minute or more that it is asked for.
const HURRY: f64 = 100.0;
const HURRY_LONG: u32 = 10;
/// What its free plan allows.
const RETRIES_MAX: u16 = 3;

/// A QStash of a test's own.
#[derive(Clone)]
pub struct FakeQstash {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    http: reqwest::Client,
    key: Mutex<String>,
    count: AtomicU64,
    known: Mutex<HashMap<String, (String, Instant)>>,
    schedules: Mutex<BTreeMap<String, Planned>>,
    minute: Mutex<Zoned>,
    deliveries: Mutex<Vec<Delivery>>,
    faults: Mutex<VecDeque<Fault>>,
}

/// What goes wrong with a call.
struct Fault {
    status: u16,
    retry_after: Option<&'static str>,
    /// Whether it did what it was asked all the same.
    is_done: bool,
}

/// One request that it made.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub url: String,
    pub signature: String,
    pub body: String,
    pub status: u16,
}

#[derive(Clone)]
struct Planned {
    cron: String,
    destination: String,
    headers: HashMap<String, String>,
    body: String,
}

#[derive(Clone)]
struct Message {
    id: String,
    destination: String,
    headers: HashMap<String, String>,
    body: String,
}

impl FakeQstash {
    pub async fn start() -> Self {
        let (listener, url) = listen().await;
        let shared = Shared {
            http: client(),
            key: Mutex::new(CURRENT_KEY.to_owned()),
            count: AtomicU64::new(0),
            known: Mutex::default(),
            schedules: Mutex::default(),
            minute: Mutex::new(Zoned::now()),
            deliveries: Mutex::default(),
            faults: Mutex::default(),
        };
        let qstash = Self { url, shared: Arc::new(shared) };
        let routes = Router::new()
            .route("/v2/publish/{*destination}", post(publish))
            .route("/v2/batch", post(batch))
            .route("/v2/schedules", get(list_schedules))
            .route("/v2/schedules/{*destination}", post(create_schedule).delete(delete_schedule))
            .layer(middleware::from_fn_with_state(qstash.clone(), admit))
            .with_state(qstash.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        qstash
    }

    /// Answers the next call with this instead.
    pub fn fail_next(&self, status: u16, retry_after: Option<&'static str>) {
        self.shared.faults.lock().unwrap().push_back(Fault { status, retry_after, is_done: false });
    }

    /// Does what the next call asks, and answers it with this.
    pub fn fail_next_answer(&self, status: u16) {
        self.shared.faults.lock().unwrap().push_back(Fault { status, retry_after: None, is_done: true });
    }

    /// Signs with the next key from now on.
    pub fn roll_keys(&self) {
        *self.shared.key.lock().unwrap() = NEXT_KEY.to_owned();
    }

    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.deliveries.lock().unwrap().clone()
    }

    /// What is due in the next minute is published.
    pub fn pass_a_minute(&self) {
        let now = {
            let mut minute = self.shared.minute.lock().unwrap();
            *minute = minute.checked_add(1.minute()).unwrap();
            minute.with().second(0).subsec_nanosecond(0).build().unwrap()
        };
        for planned in self.shared.schedules.lock().unwrap().values().cloned() {
            let (zone, pattern) = zone_and_pattern(&planned.cron);
            let there = now.in_tz(zone).unwrap();
            if croner::Cron::from_str(pattern).unwrap().is_time_matching(&there).unwrap() {
                self.accept(planned.destination, planned.headers, planned.body).unwrap();
            }
        }
    }

    /// A token for a request of ours, as QStash signs one.
    pub fn sign(&self, url: &str, body: &str) -> String {
        let now = Timestamp::now().as_second();
        let header = json!({"alg": "HS256", "typ": "JWT"});
        let hash = URL_SAFE.encode(Sha256::digest(body));
        let claims = json!({
            "iss": "Upstash", "sub": url, "exp": now + 300, "nbf": now, "iat": now,
            "jti": format!("jwt_{}", self.next()), "body": hash,
        });
        let head =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.shared.key.lock().unwrap().as_bytes()).unwrap();
        mac.update(head.as_bytes());
        format!("{head}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn next(&self) -> u64 {
        self.shared.count.fetch_add(1, Ordering::SeqCst)
    }

    /// Takes a message, unless the same was taken lately.
    fn accept(
        &self,
        destination: String,
        headers: HashMap<String, String>,
        body: String,
    ) -> Result<(StatusCode, Value), String> {
        if !destination.starts_with("http://") && !destination.starts_with("https://") {
            return Err(format!("invalid destination url: {destination}"));
        }
        let by_content = headers.get("upstash-content-based-deduplication").is_some_and(|value| value == "true");
        let key = match headers.get("upstash-deduplication-id") {
            Some(id) if id.contains(':') => return Err("DeduplicationId cannot contain ':'".to_owned()),
            Some(id) => Some(id.clone()),
            None => by_content.then(|| format!("{destination} {:?} {body}", headers.get("content-type"))),
        };
        let id = format!("msg_{}", self.next());
        if let Some(key) = key {
            let mut known = self.shared.known.lock().unwrap();
            known.retain(|_, (_, since)| since.elapsed() < WINDOW);
            if let Some((first, _)) = known.get(&key) {
                return Ok((StatusCode::ACCEPTED, json!({"messageId": first, "deduplicated": true})));
            }
            known.insert(key, (id.clone(), Instant::now()));
        }
        if headers.get("upstash-retries").is_some_and(|retries| retries.parse::<u16>().unwrap() > RETRIES_MAX) {
            return Err("quota maxRetries exceeded".to_owned());
        }
        let pause = pause_of(&headers)?;
        let message = Message { id: id.clone(), destination, headers, body };
        tokio::spawn(self.clone().deliver(message, pause));
        Ok((StatusCode::CREATED, json!({"messageId": id})))
    }

    /// Delivers a message until it is taken or given up.
    async fn deliver(self, message: Message, pause: Duration) {
        tokio::time::sleep(pause).await;
        let retries = message.headers.get("upstash-retries").map_or(3, |retries| retries.parse().unwrap());
        for retried in 0..=retries {
            let (status, headers, body) = self.try_once(&message, retried).await;
            let report = self.report(&message, status, &headers, &body, retried, retries);
            self.tell(&message, "upstash-callback", &report);
            if (200..300).contains(&status) {
                return;
            }
            let is_final =
                status == 489 && headers.get("upstash-nonretryable-error").is_some_and(|value| value == "true");
            if is_final || retried == retries {
                return self.tell(&message, "upstash-failure-callback", &report);
            }
            let own = (2.5 * f64::from(retried + 1)).exp().min(86_400.0) / HURRY;
            let asked = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            let asked = asked.map(Duration::from_secs);
            let asked = asked.map(|asked| if asked.as_secs() < 60 { asked } else { asked / HURRY_LONG });
            tokio::time::sleep(asked.unwrap_or(Duration::from_secs_f64(own))).await;
        }
    }

    async fn try_once(&self, message: &Message, retried: u16) -> (u16, HeaderMap, String) {
        let signature = self.sign(&message.destination, &message.body);
        let timeout =
            message.headers.get("upstash-timeout").map_or(Duration::from_secs(900), |text| parse_delay(text).unwrap());
        let mut request = self.shared.http.post(&message.destination).timeout(timeout).body(message.body.clone());
        for (name, value) in &message.headers {
            if let Some(name) = name.strip_prefix("upstash-forward-") {
                request = request.header(name, value);
            }
        }
        let content_type = message.headers.get("content-type").map_or("text/plain", String::as_str);
        let request = request
            .header("User-Agent", "Upstash-QStash")
            .header("Content-Type", content_type)
            .header("Upstash-Signature", &signature)
            .header("Upstash-Message-Id", &message.id)
            .header("Upstash-Retried", retried);
        let (status, headers, body) = match request.send().await {
            Ok(answer) => {
                let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
                (status, headers, answer.text().await.unwrap_or_default())
            }
            Err(error) => (0, HeaderMap::new(), error.to_string()),
        };
        let delivery = Delivery { url: message.destination.clone(), signature, body: message.body.clone(), status };
        self.shared.deliveries.lock().unwrap().push(delivery);
        (status, headers, body)
    }

    fn report(
        &self,
        message: &Message,
        status: u16,
        headers: &HeaderMap,
        body: &str,
        retried: u16,
        most: u16,
    ) -> Value {
        let header = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
            (name.to_string(), json!([value.to_str().unwrap_or_default()]))
        };
        json!({
            "status": status,
            "header": headers.iter().map(header).collect::<serde_json::Map<_, _>>(),
            "body": STANDARD.encode(body),
            "retried": retried,
            "maxRetries": most,
            "dlqId": format!("{}-0", self.next()),
            "sourceMessageId": message.id,
            "url": message.destination,
            "method": "POST",
            "sourceHeader": {},
            "sourceBody": STANDARD.encode(&message.body),
            "notBefore": "0",
            "createdAt": "0",
            "callerIP": "127.0.0.1",
        })
    }

    /// Callbacks are messages of their own.
    fn tell(&self, message: &Message, which: &str, report: &Value) {
        if let Some(destination) = message.headers.get(which) {
            let mut headers = HashMap::from([("content-type".to_owned(), "application/json".to_owned())]);
            let retries = message.headers.get(&format!("{which}-retries"));
            headers.extend(retries.map(|retries| ("upstash-retries".to_owned(), retries.clone())));
            self.accept(destination.clone(), headers, report.to_string()).unwrap();
        }
    }
}

/// Only with the token, and unless something is to go wrong.
async fn admit(State(qstash): State<FakeQstash>, request: axum::extract::Request, next: Next) -> Response {
    if request.headers().get(header::AUTHORIZATION).is_none_or(|value| value != &format!("Bearer {TOKEN}")) {
        return refusal(StatusCode::UNAUTHORIZED, "invalid token");
    }
    let fault = qstash.shared.faults.lock().unwrap().pop_front();
    let Some(fault) = fault else { return next.run(request).await };
    if fault.is_done {
        next.run(request).await;
    }
    let mut response = refusal(StatusCode::from_u16(fault.status).unwrap(), "as the test asked for");
    if let Some(wait) = fault.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, wait.parse().unwrap());
    }
    response
}

fn refusal(status: StatusCode, words: &str) -> Response {
    (status, Json(json!({"error": words}))).into_response()
}

async fn publish(
    State(qstash): State<FakeQstash>,
    Path(destination): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    match qstash.accept(destination, plain(&headers), body) {
        Ok((status, answer)) => (status, Json(answer)).into_response(),
        Err(words) => refusal(StatusCode::BAD_REQUEST, &words),
    }
}

async fn batch(State(qstash): State<FakeQstash>, body: Bytes) -> Json<Value> {
    let entries: Vec<Value> = serde_json::from_slice(&body).unwrap();
    let answer = |entry: Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let headers = entry["headers"].as_object().cloned().unwrap_or_default();
        let headers = headers.iter().map(|(name, value)| (name.to_lowercase(), text(value))).collect();
        match qstash.accept(text(&entry["destination"]), headers, text(&entry["body"])) {
            Ok((_, answer)) => answer,
            Err(words) => json!({"error": words}),
        }
    };
    Json(entries.into_iter().map(answer).collect())
}

async fn create_schedule(
    State(qstash): State<FakeQstash>,
    Path(destination): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let headers = plain(&headers);
    let cron = headers.get("upstash-cron").cloned().unwrap_or_default();
    let (zone, pattern) = zone_and_pattern(&cron);
    let is_known = jiff::tz::TimeZone::get(zone).is_ok();
    if pattern.split(' ').count() != 5 || croner::Cron::from_str(pattern).is_err() || !is_known {
        return refusal(StatusCode::BAD_REQUEST, "invalid cron");
    }
    let id = headers.get("upstash-schedule-id").cloned().unwrap_or_else(|| format!("scd_{}", qstash.next()));
    let planned = Planned { cron, destination, headers, body };
    qstash.shared.schedules.lock().unwrap().insert(id.clone(), planned);
    (StatusCode::CREATED, Json(json!({"scheduleId": id}))).into_response()
}

async fn list_schedules(State(qstash): State<FakeQstash>) -> Json<Value> {
    let schedules = qstash.shared.schedules.lock().unwrap();
    let list = schedules.iter().map(|(id, planned)| {
        json!({"scheduleId": id, "cron": planned.cron, "destination": planned.destination, "method": "POST", "createdAt": 0, "retries": 3, "isPaused": false})
    });
    Json(list.collect())
}

async fn delete_schedule(State(qstash): State<FakeQstash>, Path(id): Path<String>) -> Response {
    match qstash.shared.schedules.lock().unwrap().remove(&id) {
        Some(_) => StatusCode::OK.into_response(),
        None => refusal(StatusCode::NOT_FOUND, "schedule not found"),
    }
}

fn plain(headers: &HeaderMap) -> HashMap<String, String> {
    headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
}

fn zone_and_pattern(cron: &str) -> (&str, &str) {
    cron.strip_prefix("CRON_TZ=").and_then(|rest| rest.split_once(' ')).unwrap_or(("UTC", cron))
}

fn pause_of(headers: &HashMap<String, String>) -> Result<Duration, String> {
    if let Some(text) = headers.get("upstash-not-before") {
        let moment: i64 = text.parse().map_err(|_| "invalid not before".to_owned())?;
        let left = Timestamp::from_second(moment).unwrap().duration_since(Timestamp::now());
        return Ok(Duration::try_from(left).unwrap_or_default());
    }
    let delay = headers.get("upstash-delay").map(|text| parse_delay(text).map_err(|error| error.to_string()));
    Ok(delay.transpose()?.unwrap_or_default())
}
