//! Out of the house by HTTP, and never back in: a name is resolved once, refused when any of its addresses is not public, and only what was looked at is
//! connected to. No redirect is followed and no proxy asked, since either would lead elsewhere.

use std::{
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use ipnet::IpNet;
use reqwest::{Body, Response, Url, header::HeaderMap, redirect::Policy};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};

use super::address::may_reach;
use crate::{
    clock::Clock,
    config::WebhooksConfig,
    outbound::{self, NoClient},
};

/// All of it together, from the name to the end of the answer.
const WITHIN: Duration = Duration::from_secs(10);
const RESOLVE_WITHIN: Duration = Duration::from_secs(5);
/// Names looked up at once: each takes a thread for as long as name servers are silent, and others need threads too.
const LOOKUPS: usize = 32;
/// An answer is read up to this, so that the other side sees its end, and kept up to that.
const READ_BYTES: usize = 64 * 1_024;
const KEEP_BYTES: usize = 4 * 1_024;
/// The longest address, in characters.
const URL_MAX_CHARS: usize = 2_000;
/// The longest pause that an answer can ask for.
const PAUSE_MAX: Duration = Duration::from_secs(6 * 3_600);

/// Sends webhooks, and whatever else goes to an address that a stranger gave.
#[derive(Clone)]
pub(crate) struct Sender {
    tls: rustls::ClientConfig,
    allowed: Arc<[IpNet]>,
    lookups: Arc<Semaphore>,
    clock: Clock,
}

/// What the other side said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// One a line.
    pub(super) headers: String,
    /// The beginning.
    pub(super) body: String,
    /// How long to leave it alone, where it says so.
    pub(crate) retry_after: Option<Duration>,
}

/// Why nothing was said.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsent {
    /// The address leads inside.
    #[error("The address does not lead to the public internet.")]
    Inside,
    /// The name has no address.
    #[error("The name cannot be resolved.")]
    Unresolved,
    /// It took too long.
    #[error("There was no whole answer within {} seconds.", WITHIN.as_secs())]
    TooSlow,
    /// No connection, or one that broke.
    #[error("{0}")]
    Broken(String),
}

impl Sender {
    /// Prepares encryption once: reading the system's certificates for every delivery would cost more than the delivery.
    pub(crate) fn new(config: &WebhooksConfig, clock: Clock) -> Result<Self, NoClient> {
        let lookups = Arc::new(Semaphore::new(LOOKUPS));
        Ok(Self { tls: outbound::tls()?, allowed: config.allow.clone().into(), lookups, clock })
    }

    /// Reads where webhooks are to go; what is wrong with it is said for whoever typed it.
    pub(crate) fn read_url(&self, typed: &str) -> Result<Url, String> {
        let typed = typed.trim();
        if typed.chars().count() > URL_MAX_CHARS {
            return Err(format!("An address has at most {URL_MAX_CHARS} characters."));
        }
        let mut url: Url = typed.parse().map_err(|_| "Type a whole address, such as https://example.com/hooks.")?;
        if !["https", "http"].contains(&url.scheme()) {
            return Err("The address begins with https:// or http://.".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("Leave name and password out of the address; the signature says who sends.".to_owned());
        }
        if literal(&url).is_some_and(|address| !may_reach(address, &self.allowed)) {
            return Err(Unsent::Inside.to_string());
        }
        url.set_fragment(None);
        Ok(url)
    }

    /// Posts a body, and says what came back and how long that took. What is answered in time counts, also when the rest of the answer does not come.
    pub(crate) async fn post(
        &self,
        url: &str,
        headers: HeaderMap,
        body: impl Into<Body>,
    ) -> (Result<Answer, Unsent>, Duration) {
        let began = Instant::now();
        let until = began + WITHIN;
        let answer = match timeout_at(until, self.answered(url, headers, body.into())).await {
            Ok(Ok(response)) => Ok(self.read(response, until).await),
            Ok(Err(unsent)) => Err(unsent),
            Err(_) => Err(Unsent::TooSlow),
        };
        (answer, began.elapsed())
    }

    async fn answered(&self, url: &str, headers: HeaderMap, body: Body) -> Result<Response, Unsent> {
        let url = self.read_url(url).map_err(Unsent::Broken)?;
        let addresses = self.resolve(&url).await?;
        let client = self.client(&url, &addresses).map_err(|error| broken(&error))?;
        client.post(url).headers(headers).body(body).send().await.map_err(|error| broken(&error))
    }

    async fn read(&self, mut response: Response, until: Instant) -> Answer {
        let (status, headers) = (response.status().as_u16(), lines(response.headers()));
        let retry_after = outbound::retry_after(response.headers(), self.clock.now()).map(|pause| pause.min(PAUSE_MAX));
        let (mut body, mut bytes) = (Vec::new(), 0);
        while bytes < READ_BYTES {
            let Ok(Ok(Some(chunk))) = timeout_at(until, response.chunk()).await else { break };
            bytes += chunk.len();
            let room = KEEP_BYTES.saturating_sub(body.len());
            body.extend_from_slice(&chunk[..room.min(chunk.len())]);
        }
        Answer { status, headers, body: storable(&body), retry_after }
    }

    /// The addresses of a name, all of which may be reached.
    async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, Unsent> {
        let port = url.port_or_known_default().unwrap_or(443);
        let addresses: Vec<SocketAddr> = match literal(url) {
            Some(address) => vec![(address, port).into()],
            None => {
                let found = timeout(RESOLVE_WITHIN, self.look_up(url.host_str().unwrap_or_default(), port)).await;
                found.ok().flatten().ok_or(Unsent::Unresolved)?
            }
        };
        match addresses.iter().all(|address| may_reach(address.ip(), &self.allowed)) {
            _ if addresses.is_empty() => Err(Unsent::Unresolved),
            true => Ok(addresses),
            false => Err(Unsent::Inside),
        }
    }

    /// Asks the system. Whoever stops waiting leaves the question open, which keeps its place until it is answered.
    async fn look_up(&self, host: &str, port: u16) -> Option<Vec<SocketAddr>> {
        let place = Arc::clone(&self.lookups).acquire_owned().await.ok()?;
        let host = host.to_owned();
        let asked = tokio::task::spawn_blocking(move || {
            let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
            drop(place);
            found
        });
        asked.await.ok()?.ok()
    }

    /// A client for one delivery: it knows one name, and the addresses that were looked at. One that lived longer would resolve anew, or keep connections
    /// that somebody else's answer depends on.
    fn client(&self, url: &Url, addresses: &[SocketAddr]) -> Result<reqwest::Client, reqwest::Error> {
        reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .resolve_to_addrs(url.host_str().unwrap_or_default(), addresses)
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .pool_max_idle_per_host(0)
            .build()
    }
}

/// The address that stands in a URL in place of a name. However it was spelt, it is normal by now.
fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).parse().ok()
}

/// Headers as they are kept: one a line, up to a limit.
pub(super) fn lines(headers: &HeaderMap) -> String {
    let mut text = Vec::new();
    for (name, value) in headers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.push(b'\n');
    }
    text.truncate(KEEP_BYTES);
    storable(&text)
}

/// Bytes as PostgreSQL takes text. What is no letter takes three bytes then, so that it may become longer.
fn storable(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(KEEP_BYTES));
    text
}

/// What broke, without the address, which whoever reads it knows.
fn broken(error: &reqwest::Error) -> Unsent {
    if error.is_timeout() {
        return Unsent::TooSlow;
    }
    let mut words = if error.is_connect() { "No connection" } else { "The connection broke" }.to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.source().is_none() {
            words = format!("{words}: {error}");
        }
        cause = error.source();
    }
    Unsent::Broken(words.chars().take(400).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(allow: &[&str]) -> Sender {
        let allow = allow.iter().map(|network| network.parse().unwrap()).collect();
        Sender::new(&WebhooksConfig { allow }, Clock::system()).unwrap()
    }

    #[test]
    fn an_address_is_read_or_refused_in_words() {
        let sender = sender(&[]);
        for (typed, words) in [
            ("", "whole address"),
            ("example.com/hooks", "whole address"),
            ("ftp://example.com/", "https://"),
            ("file:///etc/passwd", "https://"),
            ("https://me:secret@example.com/", "password"),
            ("https://me@example.com/", "password"),
            ("http://127.0.0.1/", "public"),
            ("http://2130706433/", "public"),
            ("http://0x7f.1/", "public"),
            ("http://0177.0.0.1/", "public"),
            ("http://127.1:9000/", "public"),
            ("http://[::1]/", "public"),
            ("http://[::ffff:127.0.0.1]/", "public"),
            ("http://[fd00:ec2::254]/", "public"),
            ("http://169.254.169.254/latest/meta-data/", "public"),
            ("http://①②⑦.0.0.1/", "public"),
        ] {
            let refused = sender.read_url(typed).unwrap_err();
            assert!(refused.contains(words), "{typed}: {refused}");
        }
        assert!(sender.read_url(&format!("https://example.com/{}", "x".repeat(2_000))).is_err());
        let read = sender.read_url(" https://Example.com:8443/hooks?of=me#part ").unwrap();
        assert_eq!(read.as_str(), "https://example.com:8443/hooks?of=me");
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused() {
        for url in ["http://localhost:9/", "http://localhost.:9/"] {
            let (answer, _) = sender(&[]).post(url, HeaderMap::new(), String::new()).await;
            assert!(matches!(answer, Err(Unsent::Inside | Unsent::Unresolved)), "{url}: {answer:?}");
        }
        let (answer, _) = sender(&[]).post("http://localhost:9/", HeaderMap::new(), String::new()).await;
        assert!(matches!(answer, Err(Unsent::Inside)), "{answer:?}");
        let allowed = sender(&["127.0.0.0/8", "::1/128"]);
        let (answer, _) = allowed.post("http://localhost:9/", HeaderMap::new(), String::new()).await;
        assert!(matches!(&answer, Err(Unsent::Broken(words)) if words.starts_with("No connection")), "{answer:?}");
    }

    #[test]
    fn what_is_kept_is_text_of_a_limited_length() {
        assert_eq!(storable(b"a\0b"), "a\u{fffd}b");
        assert!(storable(&[0xff; KEEP_BYTES]).len() <= KEEP_BYTES);
    }
}
