//! A service that speaks Pusher's protocol, for those who have one.

use std::fmt;

use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::{BadConfig, Variables, bad};

/// `ATLAS9_PUSHER_URL`: an app of the service, with its key and secret, `https://KEY:SECRET@host/apps/APP_ID`.
#[derive(Clone)]
pub struct PusherConfig {
    /// Where the app is, without key and secret and without a slash at the end.
    pub app: Url,
    /// Says who signs.
    pub key: String,
    secret: String,
}

impl PusherConfig {
    pub(super) fn read(variables: &Variables) -> Result<Option<Self>, BadConfig> {
        let Some(text) = variables.text("ATLAS9_PUSHER_URL") else { return Ok(None) };
        let takes = "it takes the address of an app with its key and secret, such as https://KEY:SECRET@api-eu.pusher.com/apps/APP_ID, signs in the secret percent-encoded";
        // The secret may be anywhere in it.
        Self::parse(text).map(Some).ok_or_else(|| bad("ATLAS9_PUSHER_URL", "…", takes))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut app: Url = text.parse().ok()?;
        let (key, id) = (app.username().to_owned(), app.path().strip_prefix("/apps/")?.to_owned());
        let id = id.strip_suffix('/').unwrap_or(&id);
        let secret = percent_decode_str(app.password()?).decode_utf8().ok()?.into_owned();
        let is_plain = app.query().is_none() && app.fragment().is_none() && !secret.is_empty();
        if !matches!(app.scheme(), "http" | "https") || !is_plain || !is_name(&key) || !is_name(id) {
            return None;
        }
        app.set_username("").ok()?;
        app.set_password(None).ok()?;
        app.set_path(&format!("/apps/{id}"));
        Some(Self { app, key, secret })
    }

    /// Signs. It is shown to nobody.
    pub fn secret(&self) -> &str {
        &self.secret
    }
}

/// Of nothing that would be written in another way in an address: what is signed is what is sent.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

impl fmt::Debug for PusherConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PusherConfig").field("app", &self.app.as_str()).field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<PusherConfig>, BadConfig> {
        PusherConfig::read(&Variables::new([("ATLAS9_PUSHER_URL", text)]))
    }

    #[test]
    fn an_app_is_named_with_its_key_and_its_secret_is_never_shown() {
        assert!(read("").unwrap().is_none());
        let config = read("https://a-key:hunter2%2F+%20@api-eu.pusher.com/apps/1234").unwrap().unwrap();
        assert_eq!((config.app.as_str(), config.key.as_str()), ("https://api-eu.pusher.com/apps/1234", "a-key"));
        assert_eq!(config.secret(), "hunter2/+ ");
        assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
        let config = read("http://app-key:app-secret@127.0.0.1:6001/apps/app-id/").unwrap().unwrap();
        assert_eq!(config.app.as_str(), "http://127.0.0.1:6001/apps/app-id");
    }

    #[test]
    fn what_names_no_app_is_refused_without_showing_what_may_be_a_secret() {
        for text in [
            "key:hunter2@soketi:6001/apps/7",
            "wss://key:hunter2@soketi/apps/7",
            "https://soketi/apps/7",
            "https://hunter2@soketi/apps/7",
            "https://hunter2:@soketi/apps/7",
            "https://:hunter2@soketi/apps/7",
            "https://a%20key:hunter2@soketi/apps/7",
            "https://key:hunter2@soketi",
            "https://key:hunter2@soketi/apps/",
            "https://key:hunter2@soketi/apps/7/events",
            "https://key:hunter2@soketi/apps/7?cluster=eu",
            "https://key:hunter2@soketi/apps/7#eu",
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.variable, "ATLAS9_PUSHER_URL");
            let words = error.to_string();
            assert!(words.contains("/apps/APP_ID") && !words.contains("hunter2"), "{text}: {words}");
        }
    }
}
