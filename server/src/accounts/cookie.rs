//! What we hand out and know again: the session cookie, API tokens and links in mails. All are signed, so that a forged one costs a hash
//! and no query.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use model::MailLinkId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::config::Secret;

/// The cookie's name where there is no TLS, as on a developer's machine.
pub const COOKIE_NAME: &str = "atlas9_session";
/// Its name under TLS. Browsers take a cookie so called from this very host alone, so that no host beside it can set one (RFC 6265bis, section 4.1.3.2).
const SECURE_COOKIE_NAME: &str = "__Host-atlas9_session";

const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const MAC_BYTES: usize = 32;
/// What API tokens begin with, so that a scanner for leaked secrets recognises one.
const API_TOKEN_PREFIX: &str = "atlas9_";

/// What is signed. Each use of the key has a name of its own, so that one cannot stand in for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Session,
    ApiToken,
    Link(LinkPurpose),
}

/// What a link in a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// To make an account for this address.
    ConfirmSignUp,
    /// To give an account this address.
    ConfirmAddress,
    /// To choose a new password.
    ResetPassword,
}

impl LinkPurpose {
    /// Its name in the database.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ConfirmSignUp => "confirm-sign-up",
            Self::ConfirmAddress => "confirm-address",
            Self::ResetPassword => "reset-password",
        }
    }
}

impl Purpose {
    fn label(self) -> String {
        match self {
            Self::Session => "atlas9 session v1".to_owned(),
            Self::ApiToken => "atlas9 api token v1".to_owned(),
            Self::Link(purpose) => format!("atlas9 link v1 {}", purpose.as_str()),
        }
    }
}

/// An id and a secret that only whoever holds the cookie or token knows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) id: Uuid,
    pub(super) secret: [u8; SECRET_BYTES],
}

impl Token {
    /// What is stored of the secret. It is 32 random bytes, so that a plain hash is enough: there is nothing to guess.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }
}

/// Signs and checks with HMAC-SHA-256 (RFC 2104).
#[derive(Clone)]
pub(super) struct Signer {
    key: Vec<u8>,
}

impl Signer {
    pub(super) fn new(secret: &Secret) -> Self {
        Self { key: secret.bytes().to_vec() }
    }

    /// The cookie value for a session.
    pub(super) fn seal_session(&self, token: &Token) -> String {
        self.seal(Purpose::Session, &bytes(token))
    }

    /// The session of a cookie value, if we signed it.
    pub(super) fn open_session(&self, value: &str) -> Option<Token> {
        token(&self.open(Purpose::Session, value, ID_BYTES + SECRET_BYTES)?)
    }

    /// The words for an API token.
    pub(super) fn seal_api_token(&self, token: &Token) -> String {
        format!("{API_TOKEN_PREFIX}{}", self.seal(Purpose::ApiToken, &bytes(token)))
    }

    /// The API token of these words, if we signed it.
    pub(super) fn open_api_token(&self, words: &str) -> Option<Token> {
        let sealed = words.strip_prefix(API_TOKEN_PREFIX)?;
        token(&self.open(Purpose::ApiToken, sealed, ID_BYTES + SECRET_BYTES)?)
    }

    /// The last part of a link's address. Nothing but its id is stored: whoever reads the database cannot make the link.
    pub(super) fn seal_link(&self, purpose: LinkPurpose, id: MailLinkId) -> String {
        self.seal(Purpose::Link(purpose), id.0.as_bytes())
    }

    /// The link of an address, if we signed it for this purpose.
    pub(super) fn open_link(&self, purpose: LinkPurpose, sealed: &str) -> Option<MailLinkId> {
        Uuid::from_slice(&self.open(Purpose::Link(purpose), sealed, ID_BYTES)?).ok().map(MailLinkId)
    }

    fn seal(&self, purpose: Purpose, content: &[u8]) -> String {
        let mut bytes = content.to_vec();
        if let Some(mac) = self.mac(purpose, content) {
            bytes.extend_from_slice(&mac.finalize().into_bytes());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn open(&self, purpose: Purpose, sealed: &str, length: usize) -> Option<Vec<u8>> {
        // Four characters carry three bytes: a longer text is not worth decoding.
        if sealed.len() != (length + MAC_BYTES).div_ceil(3) * 4 - (3 - (length + MAC_BYTES) % 3) % 3 {
            return None;
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let mac = bytes.split_off(length);
        self.mac(purpose, &bytes)?.verify_slice(&mac).ok()?;
        Some(bytes)
    }

    /// HMAC takes keys of any length, so this is never `None`.
    fn mac(&self, purpose: Purpose, content: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(purpose.label().as_bytes());
        mac.update(content);
        Some(mac)
    }
}

fn bytes(token: &Token) -> Vec<u8> {
    [token.id.as_bytes().as_slice(), &token.secret].concat()
}

fn token(bytes: &[u8]) -> Option<Token> {
    let (id, secret) = bytes.split_at_checked(ID_BYTES)?;
    Some(Token { id: Uuid::from_slice(id).ok()?, secret: secret.try_into().ok()? })
}

/// Our cookie's value in a `Cookie` header. A site that is reached by TLS alone knows no other than the one of that.
pub(super) fn find(header: &str, by_tls_alone: bool) -> Option<&str> {
    let value = |wanted: &str| {
        let mut pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
    };
    value(SECURE_COOKIE_NAME).or_else(|| value(COOKIE_NAME).filter(|_| !by_tls_alone))
}

/// A `Set-Cookie` header that makes a browser forget the session.
pub(super) fn forget(over_tls: bool) -> String {
    set("", Duration::ZERO, over_tls)
}

/// A `Set-Cookie` header: not for scripts, not for other sites' requests, and under TLS for nothing else.
pub(super) fn set(value: &str, age: Duration, over_tls: bool) -> String {
    let (name, secure) = if over_tls { (SECURE_COOKIE_NAME, "; Secure") } else { (COOKIE_NAME, "") };
    format!("{name}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", age.as_secs())
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
        let token = Token { id: Uuid::from_u128(9), secret: [7; 32] };
        let ours = signer("0123456789abcdef0123456789abcdef");
        let value = ours.seal_session(&token);
        assert_eq!(ours.open_session(&value), Some(token));
        assert_eq!(signer("another-secret-of-32-characters!").open_session(&value), None);
        for at in 0..value.len() {
            let mut forged = value.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            // The last character carries spare bits; a forgery must still not give another token.
            assert!(ours.open_session(&forged).is_none(), "position {at}");
        }
        for bad in ["", "x", "%%%", &"A".repeat(4_000)] {
            assert_eq!(ours.open_session(bad), None);
        }
    }

    /// Whoever is shown one thing we signed must not be able to use it as another.
    #[test]
    fn what_was_signed_for_one_purpose_opens_nothing_else() {
        let ours = signer("0123456789abcdef0123456789abcdef");
        let token = Token { id: Uuid::from_u128(9), secret: [7; 32] };
        let (cookie, api) = (ours.seal_session(&token), ours.seal_api_token(&token));
        assert_eq!(ours.open_api_token(&api), Some(Token { id: Uuid::from_u128(9), secret: [7; 32] }));
        assert_eq!(ours.open_api_token(&format!("{API_TOKEN_PREFIX}{cookie}")), None);
        assert_eq!(ours.open_session(api.trim_start_matches(API_TOKEN_PREFIX)), None);
        let link = ours.seal_link(LinkPurpose::ResetPassword, MailLinkId(Uuid::from_u128(3)));
        assert_eq!(ours.open_link(LinkPurpose::ResetPassword, &link), Some(MailLinkId(Uuid::from_u128(3))));
        assert_eq!(ours.open_link(LinkPurpose::ConfirmSignUp, &link), None);
    }

    #[test]
    fn our_cookie_is_found_among_others() {
        assert_eq!(find("a=1; atlas9_session=xyz; b=2", false), Some("xyz"));
        assert_eq!(find("atlas9_sessionx=1; b", false), None);
        assert_eq!(find("", false), None);
    }

    #[test]
    fn under_tls_no_cookie_counts_that_another_host_may_have_set() {
        let planted = "atlas9_session=planted; __Host-atlas9_session=ours";
        assert_eq!((find(planted, true), find(planted, false)), (Some("ours"), Some("ours")));
        assert_eq!(find("atlas9_session=planted", true), None);
        assert!(set("x", Duration::from_secs(1), true).starts_with("__Host-atlas9_session=x; Path=/; "));
    }
}
