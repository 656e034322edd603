//! A shared cache in front of everything, such as a content delivery network.

use http::HeaderValue;
use reqwest::Url;

use super::{BadConfig, Variables, bad};

/// How a shared cache is told what to forget. Without one, shared caches keep nothing that may have to be taken back.
#[derive(Debug, Clone)]
pub struct SharedCacheConfig {
    /// `ATLAS9_PURGE_URL`: takes `POST {"tags": […]}`.
    pub purge_url: Url,
    /// `ATLAS9_PURGE_TOKEN`, as `Authorization: Bearer` has it. Marked as sensitive, so that nothing shows it.
    pub token: Option<HeaderValue>,
}

impl SharedCacheConfig {
    pub(super) fn read(variables: &Variables) -> Result<Option<Self>, BadConfig> {
        let Some(text) = variables.text("ATLAS9_PURGE_URL") else { return Ok(None) };
        let takes = "it takes the address that is told by POST what a shared cache is to forget, with http:// or https:// before it";
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        // The address may hold a secret.
        let purge_url = url.ok_or_else(|| bad("ATLAS9_PURGE_URL", "…", takes))?;
        let token = variables.text("ATLAS9_PURGE_TOKEN").map(|token| {
            let mut header = HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| bad("ATLAS9_PURGE_TOKEN", "…", "it takes letters, digits and signs on one line"))?;
            header.set_sensitive(true);
            Ok(header)
        });
        Ok(Some(Self { purge_url, token: token.transpose()? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<SharedCacheConfig>, BadConfig> {
        SharedCacheConfig::read(&Variables::new(pairs.iter().copied()))
    }

    #[test]
    fn a_token_is_never_shown_and_an_address_must_be_one() {
        assert!(read(&[("ATLAS9_PURGE_TOKEN", "x")]).unwrap().is_none());
        let config = read(&[("ATLAS9_PURGE_URL", "https://cdn.example/purge"), ("ATLAS9_PURGE_TOKEN", "hunter2")]);
        let config = config.unwrap().unwrap();
        assert_eq!(config.token.as_ref().unwrap().to_str().unwrap(), "Bearer hunter2");
        assert!(!format!("{config:?}").contains("hunter2"));
        for wrong in ["cdn.example", "ftp://cdn.example", "http://"] {
            assert_eq!(read(&[("ATLAS9_PURGE_URL", wrong)]).unwrap_err().variable, "ATLAS9_PURGE_URL");
        }
        let wrong = read(&[("ATLAS9_PURGE_URL", "https://cdn.example"), ("ATLAS9_PURGE_TOKEN", "a\nb")]);
        assert_eq!(wrong.unwrap_err().variable, "ATLAS9_PURGE_TOKEN");
    }
}
