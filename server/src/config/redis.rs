//! Where instances talk to each other.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::{BadConfig, Variables, bad, without_password};

/// Redis.
#[derive(Clone)]
pub struct RedisConfig {
    /// `REDIS_URL`.
    pub url: String,
    /// What it says.
    pub place: RedisPlace,
}

/// One server, or several.
#[derive(Clone, PartialEq, Eq)]
pub enum RedisPlace {
    /// `redis://user:password@host:6379/0`.
    One(String),
    /// `redis+sentinel://user:password@host:26379,host:26379/primary/0`: sentinels, what they call the primary, and how it is entered.
    Sentinel {
        /// Hosts and ports.
        sentinels: Vec<(String, u16)>,
        /// The name under which they watch it.
        primary: String,
        /// Its user.
        user: Option<String>,
        /// And password.
        password: Option<String>,
        /// Its database.
        database: i64,
    },
    /// `redis+cluster://user:password@host:6379,host:6379`: some of its nodes, each with how it is entered.
    Cluster(Vec<String>),
}

const SENTINEL_PORT: u16 = 26_379;
const SENTINEL: &str = "redis+sentinel://";
const CLUSTER: &str = "redis+cluster://";

impl RedisConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let url = variables.text("REDIS_URL").unwrap_or("redis://127.0.0.1:6379/0");
        let place = place(url).ok_or_else(|| {
            bad(
                "REDIS_URL",
                &without_password(url),
                "it takes an address such as redis://host:6379/0, redis+sentinel://host:26379,host:26379/primary or \
                 redis+cluster://host:6379,host:6379; TLS is for a tunnel beside the program",
            )
        })?;
        Ok(Self { url: url.to_owned(), place })
    }
}

fn place(url: &str) -> Option<RedisPlace> {
    if url.starts_with("redis://") {
        return Some(RedisPlace::One(url.to_owned()));
    }
    if let Some(rest) = url.strip_prefix(CLUSTER) {
        let (entry, hosts) = rest.rsplit_once('@').map_or(("", rest), |(entry, hosts)| (entry, hosts));
        let at = if entry.is_empty() { "" } else { "@" };
        let hosts: Vec<_> =
            hosts.trim_end_matches('/').split(',').map(|host| host_of(host, 6_379)).collect::<Option<_>>()?;
        let node = |(host, port): (String, u16)| format!("redis://{entry}{at}{host}:{port}");
        return Some(RedisPlace::Cluster(hosts.into_iter().map(node).collect()));
    }
    let rest = url.strip_prefix(SENTINEL)?;
    let (entry, rest) = rest.rsplit_once('@').map_or((None, rest), |(entry, rest)| (Some(entry), rest));
    let (hosts, path) = rest.split_once('/')?;
    let (primary, database) = path.split_once('/').unwrap_or((path, "0"));
    let sentinel =
        |host| host_of(host, SENTINEL_PORT).map(|(host, port)| (host.trim_matches(['[', ']']).to_owned(), port));
    let sentinels = hosts.split(',').map(sentinel).collect::<Option<Vec<_>>>()?;
    let (user, password) = entry.map_or(("", ""), |entry| entry.split_once(':').unwrap_or((entry, "")));
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8_lossy().into_owned();
        (!text.is_empty()).then_some(text)
    };
    Some(RedisPlace::Sentinel {
        sentinels,
        primary: decoded(primary)?,
        user: decoded(user),
        password: decoded(password),
        database: database.parse().ok().filter(|database| (0..=15).contains(database))?,
    })
}

/// A host with its port; an address of IPv6 stands in brackets.
fn host_of(text: &str, usual: u16) -> Option<(String, u16)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (text, usual),
    };
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConfig").field("url", &without_password(&self.url)).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_sentinels_and_a_cluster_are_told_apart() {
        assert!(place("redis://h/1") == Some(RedisPlace::One("redis://h/1".to_owned())));
        let sentinel = |sentinels: &[(&str, u16)], user: Option<&str>, password: Option<&str>, database| {
            let sentinels = sentinels.iter().map(|(host, port)| ((*host).to_owned(), *port)).collect();
            let (user, password) = (user.map(str::to_owned), password.map(str::to_owned));
            Some(RedisPlace::Sentinel { sentinels, primary: "main".to_owned(), user, password, database })
        };
        assert!(place("redis+sentinel://a,b:7/main") == sentinel(&[("a", 26_379), ("b", 7)], None, None, 0));
        let entered = place("redis+sentinel://:p%40w@[::1]:7/main/3");
        assert!(entered == sentinel(&[("::1", 7)], None, Some("p@w"), 3));
        let nodes = ["redis://u:p@a:6379", "redis://u:p@b:7"].map(str::to_owned).to_vec();
        assert!(place("redis+cluster://u:p@a,b:7") == Some(RedisPlace::Cluster(nodes)));
        for wrong in [
            "rediss://h",
            "h:6379",
            "redis+sentinel://a",
            "redis+sentinel://a/",
            "redis+sentinel://a/main/16",
            "redis+cluster://",
        ] {
            assert!(place(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for url in ["redis://:hunter2@h", "redis+sentinel://:hunter2@a,b/main", "redis+cluster://u:hunter2@a,b"] {
            let config = RedisConfig::read(&Variables::new([("REDIS_URL", url)])).unwrap();
            assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
        }
    }
}
