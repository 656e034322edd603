//! Telling a shared cache outside what it is to forget, by tag.

use std::time::Duration;

use reqwest::{Client, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    config::SharedCacheConfig,
    jobs::{Backoff, Failure, Job, Rules},
};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Has answers with these tags forgotten outside. May be done twice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PurgeShared {
    /// As they stand in `Cache-Tag`.
    pub tags: Vec<String>,
}

impl Job for PurgeShared {
    const KIND: &'static str = "purge-shared";
    // For three hours: pages are old by themselves after one, pictures are not, and then somebody has to look.
    const RULES: Rules = Rules {
        attempts: 44,
        backoff: Backoff { first: Duration::from_secs(1), most: Duration::from_secs(300) },
        priority: 0,
        ..Rules::USUAL
    };
}

/// `POST {"tags": […]}` with the token, as Cloudflare's `purge_cache` takes it
/// (<https://developers.cloudflare.com/cache/how-to/purge-cache/purge-by-tags/>).
pub(super) async fn purge(
    client: &Client,
    outside: Option<&SharedCacheConfig>,
    job: &PurgeShared,
) -> Result<(), Failure> {
    let Some(outside) = outside else { return Ok(()) };
    let mut request = client.post(outside.purge_url.clone()).timeout(ANSWER_WITHIN);
    if let Some(token) = &outside.token {
        request = request.header(header::AUTHORIZATION, token.clone());
    }
    let body = json!({ "tags": job.tags }).to_string();
    let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
    let response = request.send().await.map_err(|error| Failure::retry(error.without_url()))?;
    match response.status() {
        status if status.is_success() => Ok(()),
        status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            Err(Failure::retry(format!("the shared cache answers {status}: ATLAS9_PURGE_TOKEN may be wrong")))
        }
        status => Err(Failure::retry(format!("the shared cache answers {status}"))),
    }
}
