//! QStash, an outside transport: jobs of chosen kinds are published here like all others, in the transaction that causes them; a worker hands them
//! over instead of doing them, and QStash delivers them to `/api/jobs/{kind}`, to whichever instance answers there.

mod client;
mod forward;
mod message;
mod receive;
mod signature;

use std::sync::Arc;

pub use client::{Accepted, QstashClient, QstashError, QstashSchedule};
pub use forward::CannotGoOutside;
pub use message::{Message, Sameness};
pub use receive::{Delivery, ReceiveError};
pub use signature::BadToken;

use super::Jobs;

use crate::{
    config::{QstashConfig, QstashKey},
    rest::Rest,
};

/// The names of the problems that an attempt can end with for good: what is answered comes back when a job was given up.
pub(crate) const UNREADABLE: &str = "job-unreadable";
/// Likewise.
pub(crate) const REFUSED: &str = "job-refused";

/// Jobs that another delivers.
#[derive(Clone)]
pub struct Qstash {
    shared: Arc<Shared>,
    jobs: Jobs,
}

struct Shared {
    client: Option<QstashClient>,
    signing_keys: Vec<QstashKey>,
    kinds: Vec<String>,
    site: String,
    /// The most that the plan lets a message be delivered again.
    retries: u16,
    rest: Rest,
}

impl Qstash {
    /// As configured, for a site at this address. Without a token nothing goes outside, without a key nothing is taken from there.
    pub fn new(config: &QstashConfig, site: &str, http: reqwest::Client, jobs: Jobs) -> Self {
        let client = config.token.clone().map(|token| QstashClient::new(http, &config.url, token, jobs.clock.clone()));
        let shared = Shared {
            client,
            signing_keys: config.signing_keys.clone(),
            kinds: config.kinds.clone(),
            site: site.to_owned(),
            retries: config.retries,
            rest: Rest::default(),
        };
        Self { shared: Arc::new(shared), jobs }
    }

    /// What the metrics call the kinds that are delivered.
    pub(crate) fn kinds_outside(&self) -> Vec<String> {
        self.shared.kinds.iter().map(|kind| outside(kind)).collect()
    }

    /// Where jobs of a kind are delivered. A signature holds for this address alone.
    fn address(&self, kind: &str) -> String {
        format!("{}/api/jobs/{kind}", self.shared.site)
    }

    /// Where it is told that one was given up.
    fn failure_address(&self, kind: &str) -> String {
        format!("{}/failure", self.address(kind))
    }
}

/// What the metrics call jobs of a kind that are done here when they are delivered: handing one over is another thing, and counted beside it.
fn outside(kind: &str) -> String {
    format!("{kind} outside")
}
