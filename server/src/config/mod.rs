//! Configuration: one file a concern, read once from the environment. Every value has a default that runs; a wrong value is refused with
//! the variable's name and what it takes.

mod blobs;
mod checks;
mod database;
mod hooks;
mod http;
mod jobs;
mod mail;
mod notices;
mod providers;
mod pusher;
mod qstash;
mod redis;
mod secret;
mod shared_cache;
mod studio;
mod traces;
mod webhooks;

use std::{collections::HashMap, fmt::Display, net::IpAddr, str::FromStr};

use ipnet::IpNet;

pub use blobs::{BlobsConfig, S3Config, S3Keys};
pub use checks::ChecksConfig;
pub use database::DatabaseConfig;
pub use hooks::HooksConfig;
pub use http::HttpConfig;
pub use jobs::JobsConfig;
pub use mail::MailConfig;
pub use notices::NoticesConfig;
pub use providers::{Api, ApiKey, Models, Price, ProviderConfig, ProvidersConfig, Waits};
pub use pusher::PusherConfig;
pub use qstash::{QstashConfig, QstashKey};
pub use redis::{RedisConfig, RedisPlace};
pub use secret::Secret;
pub use shared_cache::SharedCacheConfig;
pub use studio::StudioConfig;
pub use traces::TracesConfig;
pub use webhooks::WebhooksConfig;

/// Everything the program can be told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the data is.
    pub database: DatabaseConfig,
    /// Where instances talk to each other.
    pub redis: RedisConfig,
    /// How it is reached.
    pub http: HttpConfig,
    /// How generations run.
    pub studio: StudioConfig,
    /// How jobs are done.
    pub jobs: JobsConfig,
    /// How mail is sent.
    pub mail: MailConfig,
    /// When people are told of what they were not there to see.
    pub notices: NoticesConfig,
    /// Which model providers there are.
    pub providers: ProvidersConfig,
    /// Where files are kept.
    pub blobs: BlobsConfig,
    /// How others are told of events.
    pub webhooks: WebhooksConfig,
    /// Which service tells pages and apps of events, if there is one.
    pub pusher: Option<PusherConfig>,
    /// Whose webhooks are taken.
    pub hooks: HooksConfig,
    /// Which jobs another delivers.
    pub qstash: QstashConfig,
    /// How the program looks after itself.
    pub checks: ChecksConfig,
    /// Where traces go.
    pub traces: TracesConfig,
    /// How a shared cache in front is told what to forget, if there is one.
    pub shared_cache: Option<SharedCacheConfig>,
    /// Signs cookies.
    pub secret: Secret,
}

/// A value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is \"{value}\": {takes}")]
pub struct BadConfig {
    /// The variable.
    pub variable: &'static str,
    /// What it is set to; shortened, and never a secret.
    pub value: String,
    /// What it takes, in words.
    pub takes: String,
}

impl Config {
    /// Reads the process environment.
    ///
    /// # Errors
    /// The first [`BadConfig`] found.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn from_env() -> Result<Self, BadConfig> {
        Self::from_variables(&Variables(std::env::vars().collect()))
    }

    /// Reads from given variables, for tests.
    ///
    /// # Errors
    /// The first [`BadConfig`] found.
    pub fn from_variables(variables: &Variables) -> Result<Self, BadConfig> {
        Ok(Self {
            database: DatabaseConfig::read(variables)?,
            redis: RedisConfig::read(variables)?,
            http: HttpConfig::read(variables)?,
            studio: StudioConfig::read(variables)?,
            jobs: JobsConfig::read(variables)?,
            mail: MailConfig::read(variables)?,
            notices: NoticesConfig::read(variables)?,
            providers: ProvidersConfig::read(variables)?,
            blobs: BlobsConfig::read(variables)?,
            webhooks: WebhooksConfig::read(variables)?,
            pusher: PusherConfig::read(variables)?,
            hooks: HooksConfig::read(variables)?,
            qstash: QstashConfig::read(variables)?,
            checks: ChecksConfig::read(variables)?,
            traces: TracesConfig::read(variables)?,
            shared_cache: SharedCacheConfig::read(variables)?,
            secret: Secret::read(variables)?,
        })
    }
}

impl Config {
    /// What addresses of this site begin with, without a slash at the end.
    pub fn site(&self) -> String {
        self.mail.site.clone().unwrap_or_else(|| format!("http://{}", self.http.address))
    }

    /// Whether people reach this site by TLS alone, which a balancer ends.
    pub fn is_https(&self) -> bool {
        self.mail.site.as_deref().is_some_and(|site| site.starts_with("https://"))
    }
}

/// Environment variables by name.
#[derive(Debug, Clone, Default)]
pub struct Variables(HashMap<String, String>);

impl Variables {
    /// Variables from pairs.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The text of a variable; an empty one counts as not set.
    fn text(&self, variable: &'static str) -> Option<&str> {
        self.0.get(variable).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A value that `accept` finds fit, or the default when the variable is not set.
    fn value<T: FromStr + Copy>(
        &self,
        variable: &'static str,
        default: T,
        takes: impl Display,
        accept: impl Fn(&T) -> bool,
    ) -> Result<T, BadConfig> {
        let Some(text) = self.text(variable) else { return Ok(default) };
        text.parse().ok().filter(accept).ok_or_else(|| bad(variable, text, takes))
    }

    /// Networks and addresses, separated by commas; none when the variable is not set.
    fn networks(&self, variable: &'static str) -> Result<Vec<IpNet>, BadConfig> {
        let Some(text) = self.text(variable) else { return Ok(Vec::new()) };
        let network = |part: &str| part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
        let networks: Result<_, _> = text.split(',').map(|part| network(part.trim())).collect();
        let takes = "it takes networks such as 10.0.0.0/8,192.168.1.5, separated by commas";
        networks.map_err(|_| bad(variable, text, takes))
    }
}

fn bad(variable: &'static str, value: &str, takes: impl Display) -> BadConfig {
    BadConfig { variable, value: value.chars().take(80).collect(), takes: takes.to_string() }
}

/// An address without the password it may carry.
pub(crate) fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 < at => {
            let user = url[scheme + 3..at].split(':').next().unwrap_or_default();
            format!("{}{user}{}", &url[..scheme + 3], &url[at..])
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_is_a_configuration_that_runs() {
        let config = Config::from_variables(&Variables::default()).unwrap();
        assert_eq!(config.http.address.to_string(), "127.0.0.1:3000");
        assert_eq!(config.database.replica, None);
        assert_eq!(config.studio.pace.as_millis(), 0);
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_name_and_what_it_takes() {
        for (variable, value, hint) in [
            ("ATLAS9_ADDR", "localhost", "127.0.0.1:3000"),
            ("ATLAS9_SECRET", "short", "32"),
            ("ATLAS9_COMPOSER_PACE_MS", "fast", "milliseconds"),
            ("ATLAS9_WORKERS", "0", "1 to 1024"),
            ("ATLAS9_JOBS", "many", "1 to 4096"),
            ("ATLAS9_LEASE_SECONDS", "-1", "seconds"),
            ("DATABASE_URL", "mysql://x", "postgres://"),
            ("DATABASE_POOL", "1000", "4 to 100"),
            ("REDIS_URL", "http://x", "redis://"),
            ("ATLAS9_SMTP_URL", "mail.example.com", "smtp://"),
            ("ATLAS9_MAIL_FROM", "Atlas9\r\nBcc: x@y.example", "sender"),
            ("ATLAS9_URL", "atlas9.example.com", "https://"),
            ("ATLAS9_TRUSTED_PROXIES", "proxy", "10.0.0.0/8"),
            ("ATLAS9_WEBHOOKS_ALLOW", "intranet", "10.0.0.0/8"),
            ("ATLAS9_PUSHER_URL", "https://soketi.example/apps/7", "KEY:SECRET@"),
        ] {
            let error = Config::from_variables(&Variables::new([(variable, value)])).unwrap_err();
            assert_eq!(error.variable, variable);
            assert!(error.to_string().contains(hint), "{error}");
        }
    }

    #[test]
    fn neither_errors_nor_debug_output_show_a_secret() {
        let secret = "0123456789abcdef0123456789abcdef";
        let config = Config::from_variables(&Variables::new([
            ("ATLAS9_SECRET", secret),
            ("DATABASE_URL", "postgres://me:hunter2@db/x"),
            ("ATLAS9_SMTP_URL", "smtp://me:hunter2@mail/"),
            ("REDIS_URL", "redis://:hunter2@cache/0"),
            ("ATLAS9_PUSHER_URL", "https://key:hunter2@soketi/apps/7"),
        ]))
        .unwrap();
        let told = format!("{config:?}");
        assert!(!told.contains("hunter2") && !told.contains(secret), "{told}");
        let error = Config::from_variables(&Variables::new([("ATLAS9_SECRET", "hunter2")])).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
