//! Whose webhooks are taken.

use std::collections::BTreeMap;

use super::{BadConfig, Variables, bad};
use crate::events::SigningSecret;

/// Secrets of one source: the one that counts, and the one that counted or will count.
const SECRETS_MAX: usize = 2;
const NAME_MAX: usize = 40;

/// `ATLAS9_HOOKS`: sources and what they sign with, `shop=whsec_…,bank=whsec_…`. A source may be named twice while its secret is being replaced.
#[derive(Debug, Clone, Default)]
pub struct HooksConfig {
    sources: BTreeMap<String, Vec<SigningSecret>>,
}

impl HooksConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let mut config = Self::default();
        for entry in variables.text("ATLAS9_HOOKS").unwrap_or_default().split(',').map(str::trim) {
            if !entry.is_empty() {
                config.add(entry)?;
            }
        }
        Ok(config)
    }

    fn add(&mut self, entry: &str) -> Result<(), BadConfig> {
        let takes = "it takes sources and their secrets, such as shop=whsec_…, separated by commas; a source has a name of a-z, 0-9 and -, \
                     and at most two secrets of 24 to 64 bytes in base64";
        let (name, secret) = entry.split_once('=').unwrap_or(("(no source)", ""));
        // What follows the name is a secret, however badly it is written.
        let bad = || bad("ATLAS9_HOOKS", &format!("{name}=…"), takes);
        let secret = SigningSecret::parse(secret).filter(|_| is_name(name)).ok_or_else(bad)?;
        let secrets = self.sources.entry(name.to_owned()).or_default();
        secrets.push(secret);
        if secrets.len() > SECRETS_MAX { Err(bad()) } else { Ok(()) }
    }

    /// Names of all sources.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.keys().map(String::as_str)
    }

    /// What a source may sign with; nothing when it is not one.
    pub fn secrets(&self, source: &str) -> Option<&[SigningSecret]> {
        self.sources.get(source).map(Vec::as_slice)
    }
}

fn is_name(name: &str) -> bool {
    (1..=NAME_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn read(text: &str) -> Result<HooksConfig, BadConfig> {
        HooksConfig::read(&Variables::new([("ATLAS9_HOOKS", text)]))
    }

    #[test]
    fn a_source_has_one_secret_or_two_and_none_is_ever_shown() {
        let config = read(&format!("shop={SECRET}, git-hub={SECRET},shop={SECRET}")).unwrap();
        assert_eq!(config.secrets("shop").map(<[_]>::len), Some(2));
        assert_eq!(config.secrets("git-hub").map(<[_]>::len), Some(1));
        assert!(config.secrets("bank").is_none());
        assert_eq!(config.sources().collect::<Vec<_>>(), ["git-hub", "shop"]);
        assert!(!format!("{config:?}").contains("MfKQ"), "{config:?}");
        assert!(read("").unwrap().secrets("").is_none());
    }

    #[test]
    fn what_makes_no_sense_is_refused_without_showing_what_may_be_a_secret() {
        let thrice = format!("shop={SECRET},shop={SECRET},shop={SECRET}");
        for text in
            ["shop=hunter2", "hunter2", "Shop=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "=hunter2", thrice.as_str()]
        {
            let error = read(text).unwrap_err();
            assert_eq!(error.variable, "ATLAS9_HOOKS");
            assert!(!error.to_string().contains("hunter2") && !error.to_string().contains("MfKQ"), "{error}");
        }
    }
}
