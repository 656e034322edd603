//! Who pushes: the key by which a push service knows this installation (VAPID, RFC 8292).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use p256::{
    SecretKey,
    ecdsa::{self, Signature, SigningKey, signature::Signer},
};
use serde_json::json;
use sha2::Sha256;
use time::{Duration, OffsetDateTime};

use crate::config::Secret;

/// What sets this use of the secret apart from all others. Another label is another key, under which no subscription counts any more.
const LABEL: &str = "atlas9 web push v1";
/// How long a token counts. The standard allows a day.
const VALID_FOR: Duration = Duration::hours(12);

/// The key pair of this installation.
#[derive(Clone)]
pub struct Keys {
    signing: SigningKey,
    public: String,
}

/// Why there is no key, or no token.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No number that follows from the secret is a key. Chance does not bring that about.
    #[error("no key follows from the secret")]
    NoKey,
    /// The token cannot be signed.
    #[error("the token cannot be signed: {0}")]
    Unsigned(#[from] ecdsa::Error),
}

impl Keys {
    /// The key pair that follows from the program's secret: the same at every start and in every instance.
    ///
    /// # Errors
    /// [`KeyError::NoKey`].
    pub fn new(secret: &Secret) -> Result<Self, KeyError> {
        let signing = SigningKey::from(derived(secret.bytes(), LABEL)?);
        let public = URL_SAFE_NO_PAD.encode(signing.verifying_key().to_sec1_point(false).as_bytes());
        Ok(Self { signing, public })
    }

    /// What `PushManager.subscribe` takes as `applicationServerKey`: the uncompressed point, 65 bytes in base64url without padding.
    pub fn public_key(&self) -> &str {
        &self.public
    }

    /// The `Authorization` of a message to a push service (its origin, such as `https://push.example`). The subject is where its people reach ours:
    /// `mailto:` and an address, or a site that begins with `https://`; some services refuse any other.
    ///
    /// # Errors
    /// [`KeyError::Unsigned`].
    pub fn authorization(&self, endpoint_origin: &str, subject: &str, now: OffsetDateTime) -> Result<String, KeyError> {
        let claims = json!({ "aud": endpoint_origin, "exp": (now + VALID_FOR).unix_timestamp(), "sub": subject });
        let head = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature: Signature = self.signing.try_sign(signed.as_bytes())?;
        let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
        Ok(format!("vapid t={signed}.{signature}, k={}", self.public))
    }
}

/// The key that follows from a secret and a label. Of the numbers that do, one in four thousand million is too large for the curve: the next is taken.
pub(super) fn derived(secret: &[u8], label: &str) -> Result<SecretKey, KeyError> {
    let hkdf = Hkdf::<Sha256>::new(None, secret);
    let key = |counter: u8| {
        let mut number = [0; 32];
        hkdf.expand_multi_info(&[label.as_bytes(), &[counter]], &mut number).ok()?;
        SecretKey::from_slice(&number).ok()
    };
    (0..=u8::MAX).find_map(key).ok_or(KeyError::NoKey)
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::{VerifyingKey, signature::Verifier};
    use serde_json::Value;
    use time::macros::datetime;

    use super::*;
    use crate::config::{Config, Variables};

    fn keys(secret: &str) -> Keys {
        let config = Config::from_variables(&Variables::new([("ATLAS9_SECRET", secret)])).unwrap();
        Keys::new(&config.secret).unwrap()
    }

    #[test]
    fn the_key_follows_from_the_secret_and_never_changes() {
        // As worked out by OpenSSL. Another one would void every subscription there is.
        let expected = "BJxppuleGl7Qa6l3yYtgrZKHWeul0kX_01eDaKDP_1a4-FKu617Uyu9oY1E8hB7SX-Wzd_SVBzEwPy0T71QnhE8";
        assert_eq!(keys("0123456789abcdef0123456789abcdef").public_key(), expected);
        assert_ne!(keys("another-secret-of-32-characters!").public_key(), expected);
        let point = URL_SAFE_NO_PAD.decode(expected).unwrap();
        assert_eq!((point.len(), point[0]), (65, 4));
    }

    #[test]
    fn a_token_says_for_whom_until_when_and_from_whom_and_is_signed() {
        let (keys, now) = (keys("0123456789abcdef0123456789abcdef"), datetime!(2026-11-23 06:00 UTC));
        let header = keys.authorization("https://push.example", "mailto:us@atlas9.example", now).unwrap();
        let (token, key) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(key, keys.public_key());

        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let json = |text: &str| serde_json::from_slice::<Value>(&bytes(text)).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (head, claims) = signed.split_once('.').unwrap();
        assert_eq!(json(head), json!({ "typ": "JWT", "alg": "ES256" }));
        let until = datetime!(2026-11-23 18:00 UTC).unix_timestamp();
        let expected = json!({ "aud": "https://push.example", "exp": until, "sub": "mailto:us@atlas9.example" });
        assert_eq!(json(claims), expected);

        let signature = Signature::from_slice(&bytes(signature)).unwrap();
        let key = VerifyingKey::from_sec1_bytes(&bytes(key)).unwrap();
        key.verify(signed.as_bytes(), &signature).unwrap();
        assert!(key.verify(b"something else", &signature).is_err());
    }

    #[test]
    fn each_use_of_a_secret_has_a_key_of_its_own() {
        assert_ne!(derived(b"secret", "one").unwrap(), derived(b"secret", "other").unwrap());
    }
}
