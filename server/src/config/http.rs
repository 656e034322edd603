//! How it is reached.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use ipnet::IpNet;

use super::{BadConfig, Variables};

/// The HTTP listener.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// `ATLAS9_ADDR`: where to listen. Port 0 picks a free one.
    pub address: SocketAddr,
    /// `ATLAS9_CONNECTIONS`: the most connections.
    pub connections: usize,
    /// `ATLAS9_UNDER_WAY`: the most requests that are being answered at once; more are refused with 503.
    pub under_way: usize,
    /// `ATLAS9_METRICS_ADDR`: a listener of its own for `/metrics`; without it the main one answers loopback only.
    pub metrics: Option<SocketAddr>,
    /// `ATLAS9_SITE`: the built site, when it is not where the build puts it.
    pub site: Option<PathBuf>,
    /// `ATLAS9_TRUSTED_PROXIES`: networks whose `X-Forwarded-For` is believed, beside this machine itself.
    pub proxies: Vec<IpNet>,
    /// `ATLAS9_RELEASE`: what this release is called in figures, when that is not to be its version and build.
    pub release: Option<String>,
    /// `ATLAS9_STYLEGUIDE`: whether `/styleguide` is served, which is of use to whoever builds pages and to nobody else.
    pub styleguide: bool,
}

impl HttpConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let takes = "it takes an address and a port, such as 127.0.0.1:3000";
        let default = SocketAddr::from(([127, 0, 0, 1], 3000));
        let metrics = variables.text("ATLAS9_METRICS_ADDR").is_some();
        Ok(Self {
            address: variables.value("ATLAS9_ADDR", default, takes, |_| true)?,
            connections: variables.value("ATLAS9_CONNECTIONS", 10_000, "the most connections, 10 to 1000000", |n| {
                (10..=1_000_000).contains(n)
            })?,
            under_way: variables.value(
                "ATLAS9_UNDER_WAY",
                512,
                "the most requests answered at once, 8 to 100000",
                |n| (8..=100_000).contains(n),
            )?,
            metrics: if metrics {
                Some(variables.value("ATLAS9_METRICS_ADDR", default, takes, |_| true)?)
            } else {
                None
            },
            site: variables.text("ATLAS9_SITE").map(PathBuf::from),
            proxies: variables.networks("ATLAS9_TRUSTED_PROXIES")?,
            release: release(variables)?,
            styleguide: variables.value("ATLAS9_STYLEGUIDE", false, "it takes true or false", |_| true)?,
        })
    }

    /// Whether `X-Forwarded-For` from this address is believed.
    pub fn trusts(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.proxies.iter().any(|network| network.contains(&address))
    }
}

fn release(variables: &Variables) -> Result<Option<String>, BadConfig> {
    let Some(release) = variables.text("ATLAS9_RELEASE") else { return Ok(None) };
    let takes = "it takes 1 to 40 letters, digits, dots, pluses and hyphens";
    let is_name = crate::vitals::is_release(release);
    let bad =
        || BadConfig { variable: "ATLAS9_RELEASE", value: release.chars().take(40).collect(), takes: takes.to_owned() };
    is_name.then(|| Some(release.to_owned())).ok_or_else(bad)
}
