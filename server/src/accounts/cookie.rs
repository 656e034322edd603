//! The session cookie: id and secret, signed, so that a forged one costs a hash and no query.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use model::SessionId;
use sha2::Sha256;
use uuid::Uuid;

use crate::config::Secret;

/// The cookie's name.
pub const COOKIE_NAME: &str = "atlas9_session";

const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const MAC_BYTES: usize = 32;
/// Separates this use of the key from any other.
const PURPOSE: &[u8] = b"atlas9 session v1";

/// What a cookie proves.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) session: SessionId,
    pub(super) secret: [u8; SECRET_BYTES],
}

/// Signs and checks cookies with HMAC-SHA-256 (RFC 2104).
#[derive(Clone)]
pub(super) struct Signer {
    key: Vec<u8>,
}

impl Signer {
    pub(super) fn new(secret: &Secret) -> Self {
        Self { key: secret.bytes().to_vec() }
    }

    /// The cookie value for a token.
    pub(super) fn seal(&self, token: &Token) -> String {
        let mut bytes = Vec::with_capacity(ID_BYTES + SECRET_BYTES + MAC_BYTES);
        bytes.extend_from_slice(token.session.0.as_bytes());
        bytes.extend_from_slice(&token.secret);
        if let Some(mac) = self.mac(&bytes) {
            bytes.extend_from_slice(&mac.finalize().into_bytes());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The token of a cookie value, if we signed it.
    pub(super) fn open(&self, value: &str) -> Option<Token> {
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        if bytes.len() != ID_BYTES + SECRET_BYTES + MAC_BYTES {
            return None;
        }
        let (signed, mac) = bytes.split_at(ID_BYTES + SECRET_BYTES);
        self.mac(signed)?.verify_slice(mac).ok()?;
        let (id, secret) = signed.split_at(ID_BYTES);
        Some(Token { session: SessionId(Uuid::from_slice(id).ok()?), secret: secret.try_into().ok()? })
    }

    /// HMAC takes keys of any length, so this is never `None`.
    fn mac(&self, bytes: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(PURPOSE);
        mac.update(bytes);
        Some(mac)
    }
}

/// Our cookie's value in a `Cookie` header.
pub(super) fn find(header: &str) -> Option<&str> {
    let named = |pair: &str| pair.trim().split_once('=').is_some_and(|(name, _)| name == COOKIE_NAME);
    header.split(';').find(|pair| named(pair))?.trim().split_once('=').map(|(_, value)| value)
}

/// A `Set-Cookie` header: not for scripts, not for other sites' requests, and under TLS for nothing else.
pub(super) fn set(value: &str, age: Duration, over_tls: bool) -> String {
    let secure = if over_tls { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", age.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Variables};

    fn signer(secret: &str) -> Signer {
        let config = Config::from_variables(&Variables::new([("ATLAS9_SECRET", secret)])).unwrap();
        Signer::new(&config.secret)
    }

    #[test]
    fn only_what_we_signed_opens() {
        let token = Token { session: SessionId(Uuid::from_u128(9)), secret: [7; 32] };
        let ours = signer("0123456789abcdef0123456789abcdef");
        let value = ours.seal(&token);
        assert_eq!(ours.open(&value), Some(token));
        assert_eq!(signer("another-secret-of-32-characters!").open(&value), None);
        for at in 0..value.len() {
            let mut forged = value.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            // The last character carries spare bits; a forgery must still not give another token.
            assert!(ours.open(&forged).is_none(), "position {at}");
        }
        for bad in ["", "x", "%%%", &"A".repeat(4_000)] {
            assert_eq!(ours.open(bad), None);
        }
    }

    #[test]
    fn our_cookie_is_found_among_others() {
        assert_eq!(find("a=1; atlas9_session=xyz; b=2"), Some("xyz"));
        assert_eq!(find("atlas9_sessionx=1; b"), None);
        assert_eq!(find(""), None);
    }
}
