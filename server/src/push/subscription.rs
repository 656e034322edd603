//! Where a browser is reached, in its own words. They come from a stranger.

use std::fmt;

use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use p256::PublicKey;
use serde::Deserialize;
use url::Url;

/// The longest address, in characters.
pub const ENDPOINT_MAX_CHARS: usize = 1_000;

/// With padding or without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where a browser is reached, and what it takes to write to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    /// An address at its push service. Whoever knows it reaches the browser: log [`Self::host`] instead.
    pub endpoint: Url,
    /// The browser's public key: an uncompressed point of P-256.
    pub p256dh: [u8; 65],
    /// What only the browser and we know.
    pub auth: [u8; 16],
}

/// Why this is no subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSubscription {
    /// It has another shape.
    #[error("A subscription is {{\"endpoint\": …, \"keys\": {{\"p256dh\": …, \"auth\": …}}}}.")]
    Unreadable,
    /// The endpoint is not a whole address.
    #[error("The endpoint is no address.")]
    NoAddress,
    /// The endpoint is reached without encryption, or otherwise than over the web.
    #[error("The endpoint begins with https://.")]
    NotHttps,
    /// The endpoint holds a name or a password.
    #[error("The endpoint has neither name nor password in it.")]
    HasPassword,
    /// The endpoint is too long.
    #[error("The endpoint has at most {ENDPOINT_MAX_CHARS} characters.")]
    TooLong,
    /// The browser's key is none.
    #[error("The key p256dh is an uncompressed point of P-256: 65 bytes, in base64url.")]
    BadKey,
    /// The secret has another length.
    #[error("The secret auth has 16 bytes, in base64url.")]
    BadAuth,
}

/// What `PushSubscription.toJSON()` gives (W3C Push API). It also says when the subscription ends; the push service says so as well, once it has.
#[derive(Deserialize)]
struct Said {
    endpoint: String,
    keys: SaidKeys,
}

#[derive(Deserialize)]
struct SaidKeys {
    p256dh: String,
    auth: String,
}

impl Subscription {
    /// Reads what `PushSubscription.toJSON()` gives, as text.
    ///
    /// # Errors
    /// The first [`BadSubscription`] found.
    pub fn parse(json: &str) -> Result<Self, BadSubscription> {
        let said: Said = serde_json::from_str(json).map_err(|_| BadSubscription::Unreadable)?;
        let p256dh = BASE64.decode(said.keys.p256dh).map_err(|_| BadSubscription::BadKey)?;
        let auth = BASE64.decode(said.keys.auth).map_err(|_| BadSubscription::BadAuth)?;
        Self::new(&said.endpoint, &p256dh, &auth)
    }

    /// A subscription of its parts.
    ///
    /// # Errors
    /// The first [`BadSubscription`] found.
    pub fn new(endpoint: &str, p256dh: &[u8], auth: &[u8]) -> Result<Self, BadSubscription> {
        let endpoint = read_endpoint(endpoint)?;
        let p256dh: [u8; 65] = p256dh.try_into().map_err(|_| BadSubscription::BadKey)?;
        PublicKey::from_sec1_bytes(&p256dh).map_err(|_| BadSubscription::BadKey)?;
        let auth: [u8; 16] = auth.try_into().map_err(|_| BadSubscription::BadAuth)?;
        Ok(Self { endpoint, p256dh, auth })
    }

    /// Whose push service it is. That much may be logged.
    pub fn host(&self) -> &str {
        self.endpoint.host_str().unwrap_or_default()
    }

    /// For whom a token to this endpoint is.
    pub(super) fn origin(&self) -> String {
        self.endpoint.origin().ascii_serialization()
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscription({}…)", self.origin())
    }
}

fn read_endpoint(text: &str) -> Result<Url, BadSubscription> {
    let mut url: Url = text.parse().map_err(|_| BadSubscription::NoAddress)?;
    url.set_fragment(None);
    if url.scheme() != "https" {
        return Err(BadSubscription::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadSubscription::HasPassword);
    }
    if url.as_str().len() > ENDPOINT_MAX_CHARS { Err(BadSubscription::TooLong) } else { Ok(url) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const KEY: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    fn parse(endpoint: &str, p256dh: &str, auth: &str) -> Result<Subscription, BadSubscription> {
        let keys = json!({ "p256dh": p256dh, "auth": auth });
        let said = json!({ "endpoint": endpoint, "expirationTime": null, "keys": keys });
        Subscription::parse(&said.to_string())
    }

    #[test]
    fn what_a_browser_says_is_read_with_padding_and_without() {
        let endpoint = "https://push.example/wpush/v2/secret?of=me";
        let plain = parse(&format!("{endpoint}#part"), KEY, AUTH).unwrap();
        assert_eq!((plain.endpoint.as_str(), plain.host()), (endpoint, "push.example"));
        assert_eq!((plain.p256dh[0], plain.auth[0]), (4, 5));
        assert_eq!(parse(endpoint, &format!("{KEY}="), &format!("{AUTH}==")).as_ref(), Ok(&plain));
        assert_eq!(Subscription::new(endpoint, &plain.p256dh, &plain.auth).as_ref(), Ok(&plain));
        assert_eq!(parse("https://push.example:8443/a", KEY, AUTH).unwrap().origin(), "https://push.example:8443");
    }

    #[test]
    fn what_could_reach_the_browser_is_not_printed() {
        let printed = format!("{:?}", parse("https://push.example/secret", KEY, AUTH).unwrap());
        assert_eq!(printed, "Subscription(https://push.example…)");
    }

    #[test]
    fn an_endpoint_that_is_no_address_of_the_web_is_refused() {
        let long = format!("https://push.example/{}", "x".repeat(ENDPOINT_MAX_CHARS));
        for (endpoint, error) in [
            ("", BadSubscription::NoAddress),
            ("push.example/a", BadSubscription::NoAddress),
            ("http://push.example/a", BadSubscription::NotHttps),
            ("file:///etc/passwd", BadSubscription::NotHttps),
            ("https://me:secret@push.example/", BadSubscription::HasPassword),
            (long.as_str(), BadSubscription::TooLong),
        ] {
            assert_eq!(parse(endpoint, KEY, AUTH), Err(error), "{endpoint}");
        }
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let endpoint = "https://push.example/a";
        let off_the_curve = KEY.replace("iw4", "iw8");
        // A compressed point, which is one, but not in the form that browsers give.
        let compressed = "AiVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx";
        let plain_base64 = KEY.replace('_', "/");
        for key in ["", "BCVx", "not base64url!", compressed, off_the_curve.as_str(), plain_base64.as_str()] {
            assert_eq!(parse(endpoint, key, AUTH), Err(BadSubscription::BadKey), "{key}");
        }
        for auth in ["", "BTBZ", "not base64url!", KEY] {
            assert_eq!(parse(endpoint, KEY, auth), Err(BadSubscription::BadAuth), "{auth}");
        }
    }

    #[test]
    fn another_shape_is_refused() {
        for said in [Value::Null, json!([]), json!({}), json!({ "endpoint": "https://push.example/a" })] {
            assert_eq!(Subscription::parse(&said.to_string()), Err(BadSubscription::Unreadable), "{said}");
        }
        assert_eq!(Subscription::parse("no JSON"), Err(BadSubscription::Unreadable));
    }
}
