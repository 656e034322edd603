//! How the program looks after itself.

use super::{BadConfig, Variables};

/// Synthetic checks.
#[derive(Clone, Default)]
pub struct ChecksConfig {
    /// `ATLAS9_CHECKS`: whether the program visits itself.
    pub are_run: bool,
    /// `ATLAS9_CHECKS_URL`: where it visits itself, when that is not where people reach it. Without a slash at the end.
    pub site: Option<String>,
    /// `ATLAS9_ALERTS_URL`: a webhook such as Slack's that is told when a path breaks and when it works again. A secret.
    pub alerts: Option<reqwest::Url>,
}

impl std::fmt::Debug for ChecksConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let alerts = self.alerts.as_ref().map(|_| "…");
        formatter
            .debug_struct("ChecksConfig")
            .field("site", &self.site)
            .field("alerts", &alerts)
            .finish_non_exhaustive()
    }
}

impl ChecksConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let takes = "it takes an address that begins with http:// or https://";
        let url = |variable| -> Result<Option<reqwest::Url>, BadConfig> {
            let Some(text) = variables.text(variable) else { return Ok(None) };
            let url = text.parse::<reqwest::Url>().ok().filter(|url| ["http", "https"].contains(&url.scheme()));
            // It may hold a secret.
            let bad = || BadConfig { variable, value: "…".to_owned(), takes: takes.to_owned() };
            Ok(Some(url.ok_or_else(bad)?))
        };
        let site = url("ATLAS9_CHECKS_URL")?.map(|url| url.as_str().trim_end_matches('/').to_owned());
        Ok(Self {
            are_run: variables.value("ATLAS9_CHECKS", true, "it takes true or false", |_| true)?,
            site,
            alerts: url("ATLAS9_ALERTS_URL")?,
        })
    }
}
