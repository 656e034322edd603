//! QStash: an outside transport for jobs, for those who want one.

use std::fmt;

use super::{BadConfig, Variables, bad, without_password};

/// Where QStash is and what goes there. Nothing by default.
#[derive(Debug, Clone)]
pub struct QstashConfig {
    /// `QSTASH_URL`, without a slash at the end.
    pub url: String,
    /// `QSTASH_TOKEN`: lets this program publish.
    pub token: Option<QstashKey>,
    /// `QSTASH_CURRENT_SIGNING_KEY` and `QSTASH_NEXT_SIGNING_KEY`: what deliveries are signed with, now or after the next replacement.
    pub signing_keys: Vec<QstashKey>,
    /// `ATLAS9_QSTASH_RETRIES`: how often the plan lets a message be delivered again at most.
    pub retries: u16,
    /// `ATLAS9_QSTASH_KINDS`: kinds of jobs that QStash delivers, separated by commas.
    pub kinds: Vec<String>,
}

/// A token or key. It is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct QstashKey(String);

impl QstashKey {
    /// A key of these characters.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The key itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for QstashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QstashKey(…)")
    }
}

impl QstashConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let keys = [key(variables, "QSTASH_CURRENT_SIGNING_KEY")?, key(variables, "QSTASH_NEXT_SIGNING_KEY")?];
        let config = Self {
            url: url(variables)?,
            token: key(variables, "QSTASH_TOKEN")?,
            signing_keys: keys.into_iter().flatten().collect(),
            retries: variables
                .value("ATLAS9_QSTASH_RETRIES", 3_u16, "retries of the plan, 1 to 100", |n| (1..=100).contains(n))?,
            kinds: kinds(variables.text("ATLAS9_QSTASH_KINDS").unwrap_or_default()),
        };
        let is_ready =
            config.token.is_some() && !config.signing_keys.is_empty() && variables.text("ATLAS9_URL").is_some();
        if config.kinds.is_empty() || is_ready {
            return Ok(config);
        }
        let takes = "for kinds to go outside it takes QSTASH_TOKEN, QSTASH_CURRENT_SIGNING_KEY, and in ATLAS9_URL the address that QStash delivers to";
        Err(bad("ATLAS9_QSTASH_KINDS", &config.kinds.join(","), takes))
    }
}

/// Each once: what was handed over cannot be handed over again.
fn kinds(text: &str) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for kind in text.split(',').map(str::trim).filter(|kind| !kind.is_empty()) {
        if !kinds.iter().any(|known| known == kind) {
            kinds.push(kind.to_owned());
        }
    }
    kinds
}

fn key(variables: &Variables, variable: &'static str) -> Result<Option<QstashKey>, BadConfig> {
    match variables.text(variable) {
        Some(key) if key.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Some(QstashKey::new(key))),
        Some(_) => Err(bad(variable, "(hidden)", "it takes a key without blanks or line breaks")),
        None => Ok(None),
    }
}

fn url(variables: &Variables) -> Result<String, BadConfig> {
    let text = variables.text("QSTASH_URL").unwrap_or("https://qstash.upstash.io");
    let is_plain = |url: &reqwest::Url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    match reqwest::Url::parse(text) {
        Ok(url) if is_plain(&url) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err(bad("QSTASH_URL", &without_password(text), "it takes an address such as https://qstash.upstash.io")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: [(&str, &str); 4] = [
        ("QSTASH_TOKEN", "hunter2"),
        ("QSTASH_CURRENT_SIGNING_KEY", "sig_hunter2"),
        ("ATLAS9_QSTASH_KINDS", "send-mail, received-hook,send-mail,"),
        ("ATLAS9_URL", "https://atlas9.example.com"),
    ];

    #[test]
    fn nothing_goes_outside_unless_it_is_asked_for() {
        let config = QstashConfig::read(&Variables::default()).unwrap();
        assert_eq!((config.url.as_str(), config.kinds.len()), ("https://qstash.upstash.io", 0));
    }

    #[test]
    fn what_goes_outside_needs_a_token_a_key_and_an_address_and_shows_none_of_them() {
        let config = QstashConfig::read(&Variables::new(READY)).unwrap();
        assert_eq!(config.kinds, ["send-mail", "received-hook"]);
        assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
        for missing in ["QSTASH_TOKEN", "QSTASH_CURRENT_SIGNING_KEY", "ATLAS9_URL"] {
            let error = QstashConfig::read(&Variables::new(READY.into_iter().filter(|(name, _)| *name != missing)));
            assert!(error.unwrap_err().to_string().contains(missing));
        }
        let bad = QstashConfig::read(&Variables::new([("QSTASH_URL", "https://me:hunter2@qstash")])).unwrap_err();
        assert!(!bad.to_string().contains("hunter2"), "{bad}");
    }
}
