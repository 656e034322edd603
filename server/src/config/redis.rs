//! Where instances talk to each other.

use std::fmt;

use super::{BadConfig, Variables, bad, without_password};

/// Redis.
#[derive(Clone)]
pub struct RedisConfig {
    /// `REDIS_URL`.
    pub url: String,
}

impl RedisConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let url = variables.text("REDIS_URL").unwrap_or("redis://127.0.0.1:6379/0");
        if url.starts_with("redis://") {
            Ok(Self { url: url.to_owned() })
        } else {
            Err(bad(
                "REDIS_URL",
                &without_password(url),
                "it takes an address such as redis://host:6379/0; TLS is for a tunnel beside the program",
            ))
        }
    }
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConfig").field("url", &without_password(&self.url)).finish()
    }
}
