//! Signatures of webhooks, as Standard Webhooks has them (https://github.com/standard-webhooks/standard-webhooks, `spec/standard-webhooks.md`):
//! HMAC-SHA-256 over `id.timestamp.body`, in base64 behind `v1,`; several are separated by spaces while a secret is being replaced.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use time::OffsetDateTime;

/// How far a timestamp may be from now, either way.
pub const TOLERANCE: Duration = Duration::from_secs(300);
/// Secrets have 24 to 64 bytes.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const PREFIX: &str = "whsec_";
/// More signatures than anybody sends.
const SIGNATURES_MAX: usize = 10;

/// Why a message is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// A header is missing or has another form.
    #[error("webhook-id, webhook-timestamp or webhook-signature is missing or malformed")]
    Malformed,
    /// It is too old, or from the future.
    #[error("the timestamp is more than five minutes from now")]
    Untimely,
    /// None of its signatures is ours.
    #[error("the signature does not match")]
    Wrong,
}

/// What both sides know.
#[derive(Clone)]
pub struct SigningSecret(Vec<u8>);

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SigningSecret(…)")
    }
}

impl SigningSecret {
    /// A secret of these random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes.to_vec())
    }

    /// Reads `whsec_` and base64 of 24 to 64 bytes; nothing for everything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim().strip_prefix(PREFIX)?).ok()?;
        SECRET_BYTES.contains(&bytes.len()).then_some(Self(bytes))
    }

    /// As it is shown to whoever sets up the other side.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The signature of a message.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        format!("v1,{}", STANDARD.encode(self.mac(id, timestamp, body).finalize().into_bytes()))
    }

    /// Whether a message was signed with this secret, and not long ago.
    ///
    /// # Errors
    /// [`BadSignature`], which says why not.
    pub fn verify(
        &self,
        id: &str,
        timestamp: &str,
        signatures: &str,
        body: &[u8],
        now: OffsetDateTime,
    ) -> Result<(), BadSignature> {
        let at: i64 = timestamp.parse().map_err(|_| BadSignature::Malformed)?;
        if id.is_empty() || signatures.is_empty() {
            return Err(BadSignature::Malformed);
        }
        if now.unix_timestamp().abs_diff(at) > TOLERANCE.as_secs() {
            return Err(BadSignature::Untimely);
        }
        // Once, however many signatures somebody sends.
        let mac = self.mac(id, at, body);
        let is_ours = |signature: &str| {
            let given = signature.strip_prefix("v1,").and_then(|text| STANDARD.decode(text).ok());
            given.is_some_and(|given| mac.clone().verify_slice(&given).is_ok())
        };
        if signatures.split(' ').take(SIGNATURES_MAX).any(is_ours) { Ok(()) } else { Err(BadSignature::Wrong) }
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    fn mac(&self, id: &str, timestamp: i64, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length");
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(secret.reveal(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }

    #[test]
    fn only_what_was_signed_with_the_secret_and_lately_is_believed() {
        let (secret, other) = (SigningSecret::new([7; 32]), SigningSecret::new([8; 32]));
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        let (at, body) = (now.unix_timestamp(), b"{}");
        let both = format!("{} {}", other.sign("m", at, body), secret.sign("m", at, body));
        let verify = |id, at: i64, signatures: &str, body| secret.verify(id, &at.to_string(), signatures, body, now);
        assert_eq!(verify("m", at, &both, body), Ok(()));
        assert_eq!(verify("n", at, &both, body), Err(BadSignature::Wrong));
        assert_eq!(verify("m", at, &both, b"{ }"), Err(BadSignature::Wrong));
        assert_eq!(verify("m", at + 1, &both, body), Err(BadSignature::Wrong));
        assert_eq!(verify("m", at - 301, &secret.sign("m", at - 301, body), body), Err(BadSignature::Untimely));
        assert_eq!(verify("m", at, &other.sign("m", at, body), body), Err(BadSignature::Wrong));
        assert_eq!(secret.verify("m", "soon", &both, body, now), Err(BadSignature::Malformed));
        assert_eq!(verify("", at, &both, body), Err(BadSignature::Malformed));
        for bad in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!"] {
            assert!(SigningSecret::parse(bad).is_none(), "{bad}");
        }
    }
}
