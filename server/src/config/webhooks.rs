//! How others are told of events.

use ipnet::IpNet;

use super::{BadConfig, Variables};

/// Webhooks out.
#[derive(Debug, Clone, Default)]
pub struct WebhooksConfig {
    /// `ATLAS9_WEBHOOKS_ALLOW`: networks that webhooks may lead to although they are not public, such as an intranet.
    pub allow: Vec<IpNet>,
}

impl WebhooksConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        Ok(Self { allow: variables.networks("ATLAS9_WEBHOOKS_ALLOW")? })
    }
}
