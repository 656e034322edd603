//! What the program answers over HTTP, without its pages.

#![allow(dead_code, missing_docs, reason = "each test file uses its own part of this")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests may, and this is their ground"
)]

use std::net::SocketAddr;

use axum::{Router, middleware::map_response, response::Response};
use server::{
    config::{Config, Variables},
    events::SigningSecret,
    http::{ProblemParts, present_problem},
};
use tokio::net::TcpListener;

/// A listener on a port of its own, and its address.
pub async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Serves routes, with errors in the words they have outside, until the test ends.
pub fn serve(listener: TcpListener, routes: Router) {
    let present = |mut response: Response| async {
        match response.extensions_mut().remove::<ProblemParts>() {
            Some(parts) => present_problem(response, parts, "test"),
            None => response,
        }
    };
    let app = routes.layer(map_response(present)).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
}

/// The program's own client.
pub fn client() -> reqwest::Client {
    let config = Config::from_variables(&Variables::default()).unwrap();
    server::providers::client(&config.providers).unwrap()
}

/// A webhook as its source sends it.
#[derive(Debug, Clone)]
pub struct Hook {
    pub url: String,
    pub id: String,
    pub timestamp: i64,
    pub signature: String,
    pub body: String,
}

impl Hook {
    /// Signed now.
    pub fn new(site: &str, source: &str, id: &str, body: &str, secret: &SigningSecret) -> Self {
        Self::at(site, source, id, body, secret, time::OffsetDateTime::now_utc().unix_timestamp())
    }

    /// Signed at another time.
    pub fn at(site: &str, source: &str, id: &str, body: &str, secret: &SigningSecret, timestamp: i64) -> Self {
        let signature = secret.sign(id, timestamp, body.as_bytes());
        let (id, body) = (id.to_owned(), body.to_owned());
        Self { url: format!("{site}/api/hooks/{source}"), id, timestamp, signature, body }
    }

    /// Sends it; the answer.
    pub async fn send(&self, client: &reqwest::Client) -> reqwest::Response {
        let request = client.post(&self.url).header("webhook-id", &self.id);
        let request = request.header("webhook-timestamp", self.timestamp).header("webhook-signature", &self.signature);
        request.body(self.body.clone()).send().await.unwrap()
    }
}
