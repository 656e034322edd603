//! `Upstash-Signature`: a JSON Web Token (RFC 7519) under HS256 that says to which address a delivery was sent, until when it counts, and the hash of
//! its body (https://upstash.com/docs/qstash/features/security). Whoever replaces a key signs with the current one; the next one counts already.

use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use time::OffsetDateTime;

use crate::config::QstashKey;

/// How far the clocks of both sides may be apart, in seconds.
const LEEWAY: i64 = 60;
/// Tokens have some 400 bytes.
const TOKEN_MAX: usize = 4_096;
const ISSUER: &str = "Upstash";
const ALGORITHM: &str = "HS256";

/// With padding or without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// There is no token, or it is none.
    #[error("Upstash-Signature is missing or malformed")]
    Malformed,
    /// Neither key has signed it.
    #[error("the signature does not match")]
    Wrong,
    /// It is too old, or from the future.
    #[error("the signature does not count at this time")]
    Untimely,
    /// It was issued by somebody else, or for another address.
    #[error("the signature is for another address")]
    Elsewhere,
    /// The body is not the one that was signed.
    #[error("the signature is for another body")]
    OtherBody,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

/// What a token says. `iat` and `jti` are there as well; nothing depends on them.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: i64,
    nbf: i64,
    body: String,
}

/// Whether a delivery to `url` with this body was signed with one of the keys, and counts now.
///
/// # Errors
/// [`BadToken`], which says why not. What a token says is looked at only after its signature.
pub(super) fn verify(
    keys: &[QstashKey],
    token: &str,
    url: &str,
    body: &[u8],
    now: OffsetDateTime,
) -> Result<(), BadToken> {
    let claims = signed_claims(keys, token)?;
    if claims.iss != ISSUER || claims.sub != url {
        return Err(BadToken::Elsewhere);
    }
    let now = now.unix_timestamp();
    if claims.exp.saturating_add(LEEWAY) <= now || claims.nbf.saturating_sub(LEEWAY) > now {
        return Err(BadToken::Untimely);
    }
    let hash = BASE64.decode(claims.body).map_err(|_| BadToken::Malformed)?;
    if bool::from(hash.as_slice().ct_eq(Sha256::digest(body).as_slice())) { Ok(()) } else { Err(BadToken::OtherBody) }
}

fn signed_claims(keys: &[QstashKey], token: &str) -> Result<Claims, BadToken> {
    let mut parts = Some(token).filter(|token| token.len() <= TOKEN_MAX).unwrap_or_default().split('.');
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(BadToken::Malformed);
    };
    let decoded: Header = read(header)?;
    if decoded.alg != ALGORITHM {
        return Err(BadToken::Malformed);
    }
    let signature = BASE64.decode(signature).map_err(|_| BadToken::Malformed)?;
    let is_signed_with = |key: &QstashKey| mac(key, header, claims).verify_slice(&signature).is_ok();
    if keys.iter().any(is_signed_with) { read(claims) } else { Err(BadToken::Wrong) }
}

fn read<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, BadToken> {
    let json = BASE64.decode(part).map_err(|_| BadToken::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| BadToken::Malformed)
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn mac(key: &QstashKey, header: &str, claims: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.reveal().as_bytes()).expect("any length");
    mac.update(header.as_bytes());
    mac.update(b".");
    mac.update(claims.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const URL: &str = "https://atlas9.example.com/api/jobs/send-mail";
    const BODY: &[u8] = br#"{"job":null,"attempts":3,"payload":{}}"#;
    const NOW: i64 = 1_656_580_400;

    fn encode(bytes: impl AsRef<[u8]>) -> String {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    }

    fn keys() -> [QstashKey; 2] {
        ["sig_current", "sig_next"].map(QstashKey::new)
    }

    /// What the documentation shows of a token, for our address and body.
    fn claims() -> Value {
        json!({
            "iss": "Upstash", "sub": URL, "exp": 1_656_580_612, "nbf": 1_656_580_312, "iat": 1_656_580_312,
            "jti": "jwt_67kxXD6UBAk7DqU6hzuHMDdXFXfP",
            "body": base64::engine::general_purpose::URL_SAFE.encode(Sha256::digest(BODY)),
        })
    }

    fn token(key: &str, header: &Value, claims: &Value) -> String {
        let (header, claims) = (encode(header.to_string()), encode(claims.to_string()));
        let signature = mac(&QstashKey::new(key), &header, &claims).finalize().into_bytes();
        format!("{header}.{claims}.{}", encode(signature))
    }

    fn signed(claims: &Value) -> String {
        token("sig_current", &json!({"alg": "HS256", "typ": "JWT"}), claims)
    }

    fn verdict(token: &str) -> Result<(), BadToken> {
        verify(&keys(), token, URL, BODY, OffsetDateTime::from_unix_timestamp(NOW).unwrap())
    }

    fn with(name: &str, value: impl Into<Value>) -> String {
        let mut claims = claims();
        claims[name] = value.into();
        signed(&claims)
    }

    /// Made with `openssl dgst -sha256 -hmac sig_current` over the documented header and claims, and with nothing of ours.
    const ELSEWHERE_SIGNED: [&str; 3] = [
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        "eyJhdWQiOiIiLCJib2R5IjoiaUF2NVFXaUhzZE51NHVaMEt4UkRKbEowMENrQ1BSanY1Z3F1MzJ6Y0JOND0iLCJleHAiOjE2NTY1ODA2MTIsImlhdCI6MTY1NjU4MDMxMiwiaXNzIjoiVXBzdGFzaCIsImp0aSI6Imp3dF82N2t4WEQ2VUJBazdEcVU2aHp1SE1EZFhGWGZQIiwibmJmIjoxNjU2NTgwMzEyLCJzdWIiOiJodHRwczovL2F0bGFzOS5leGFtcGxlLmNvbS9hcGkvam9icy9zZW5kLW1haWwifQ",
        "2i96zVDozZQSIMy8TgLlnp8rO1jq3UO1sPk5H1Nkg10",
    ];

    #[test]
    fn what_another_program_signed_is_believed() {
        assert_eq!(verdict(&ELSEWHERE_SIGNED.join(".")), Ok(()));
        let [header, claims, signature] = ELSEWHERE_SIGNED;
        assert_eq!(verdict(&format!("{header}.{claims}.{}", signature.to_lowercase())), Err(BadToken::Wrong));
    }

    #[test]
    fn what_either_key_has_signed_is_believed() {
        assert_eq!(verdict(&signed(&claims())), Ok(()));
        let header = json!({"typ": "JWT", "alg": "HS256"});
        assert_eq!(verdict(&token("sig_next", &header, &claims())), Ok(()));
        assert_eq!(verdict(&token("sig_last", &header, &claims())), Err(BadToken::Wrong));
        assert_eq!(verify(&[], &signed(&claims()), URL, BODY, OffsetDateTime::UNIX_EPOCH), Err(BadToken::Wrong));
    }

    #[test]
    fn the_hash_of_the_body_may_be_padded_or_not() {
        assert_eq!(verdict(&with("body", encode(Sha256::digest(BODY)))), Ok(()));
        assert_eq!(verdict(&format!("{}=", signed(&claims()))), Ok(()));
    }

    #[test]
    fn a_token_counts_for_one_address_one_body_and_some_minutes() {
        assert_eq!(verdict(&with("sub", "https://atlas9.example.com/api/jobs/other")), Err(BadToken::Elsewhere));
        assert_eq!(verdict(&with("iss", "Downstash")), Err(BadToken::Elsewhere));
        assert_eq!(verdict(&with("exp", NOW - LEEWAY)), Err(BadToken::Untimely));
        assert_eq!(verdict(&with("nbf", NOW + LEEWAY + 1)), Err(BadToken::Untimely));
        assert_eq!(verdict(&with("exp", NOW - LEEWAY + 1)), Ok(()));
        assert_eq!(verdict(&with("nbf", NOW + LEEWAY)), Ok(()));
        assert_eq!(verdict(&with("body", encode(Sha256::digest(b"{}")))), Err(BadToken::OtherBody));
    }

    #[test]
    fn a_token_that_chooses_its_own_algorithm_or_is_none_is_refused() {
        for alg in ["none", "None", "HS512", "RS256", ""] {
            let header = json!({"alg": alg, "typ": "JWT"});
            assert_eq!(verdict(&token("sig_current", &header, &claims())), Err(BadToken::Malformed), "{alg}");
        }
        let unsigned = format!("{}.{}.", encode(json!({"alg": "none"}).to_string()), encode(claims().to_string()));
        for bad in ["", ".", "..", "a.b", "a.b.c.d", "!.!.!", &unsigned, &"x".repeat(5_000)] {
            assert_eq!(verdict(bad), Err(BadToken::Malformed), "{bad}");
        }
        let whole = signed(&claims());
        let (head, _) = whole.rsplit_once('.').unwrap();
        assert_eq!(verdict(&format!("{head}.")), Err(BadToken::Wrong));
        assert_eq!(
            verdict(&token("sig_current", &json!({"alg": "HS256"}), &json!({"iss": "Upstash"}))),
            Err(BadToken::Malformed)
        );
    }
}
