//! People and their browsers: guests, members, and what lets them in.
//!
//! The first thing somebody makes makes a guest, known by one browser's cookie. A guest who signs up becomes a member with an address and a
//! password, and keeps everything; a guest who signs in hands everything over. Which addresses have an account is nobody's business:
//! signing up, signing in and asking for a new password answer the same, in the same time, whether they have or not.

mod address;
mod admin;
mod cookie;
mod endings;
mod error;
mod janitor;
mod jobs;
mod letters;
mod password;
mod password_reset;
mod profile;
mod seed;
mod session_cache;
mod sessions;
mod sign_in;
mod sign_up;
mod store;
mod tokens;

use std::{net::IpAddr, sync::Arc, time::Duration};

use model::{Picture, Role, Scope, SessionId, Theme, TokenId, UserId, UserKind};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

pub use address::{BadAddress, EmailAddress};
pub use admin::Change;
pub use cookie::{COOKIE_NAME, LinkPurpose};
pub use endings::{Endings, Pass};
pub use error::AccountsError;
pub use jobs::TidyAccounts;
pub use password::{BadPassword, PASSWORD_MIN_CHARS};
pub use session_cache::SessionMetrics;
pub use sign_in::Entry;
pub use sign_up::Registration;
pub use tokens::{Bearer, NewApiToken};

use cookie::Signer;
use password::Hasher;
use session_cache::SessionCache;

use crate::{
    bus::Bus,
    clock::Clock,
    config::Secret,
    db::Database,
    events::Events,
    limits::{Limits, Quota, hex},
    mail::Postman,
    shown::Shown,
};

/// The longest name of a person, token or device, in characters.
pub const NAME_MAX_CHARS: usize = 80;

/// Tries to sign in from one network address, and into one account.
const SIGN_INS_FROM: Quota = Quota { name: "sign-in-from", burst: 20, every: Duration::from_secs(15) };
const SIGN_INS_INTO: Quota = Quota { name: "sign-in-into", burst: 10, every: Duration::from_secs(60) };
/// Sign-ups and requests for a new password from one network address, and for one mail address.
const LETTERS_FROM: Quota = Quota { name: "letters-from", burst: 10, every: Duration::from_secs(120) };
const LETTERS_TO: Quota = Quota { name: "letters-to", burst: 5, every: Duration::from_secs(600) };

/// Guests from one network address: somebody who forgets every cookie is not somebody new each time. This machine itself is let through.
const GUESTS_FROM: Quota = Quota { name: "guests-from", burst: 60, every: Duration::from_secs(10) };

/// The accounts domain.
#[derive(Clone)]
pub struct Accounts {
    db: Database,
    clock: Clock,
    bus: Bus,
    signer: Signer,
    hasher: Hasher,
    sessions: SessionCache,
    shown: Shown,
    limits: Limits,
    postman: Postman,
    events: Events,
    /// What links in mails begin with.
    site: Arc<str>,
    by_tls_alone: bool,
}

/// Somebody with a valid session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// Who.
    pub user: UserId,
    /// In which browser.
    pub session: SessionId,
    /// Guest or member.
    pub kind: UserKind,
    /// What they may do.
    pub role: Role,
    /// What a member is called.
    pub name: Option<String>,
    /// Light or dark.
    pub theme: Theme,
}

impl Visitor {
    /// Whether they can come back from another browser.
    pub fn is_member(&self) -> bool {
        self.kind == UserKind::Member
    }

    /// Whether they look after the installation.
    pub fn is_admin(&self) -> bool {
        self.is_member() && self.role == Role::Admin
    }
}

/// From where somebody asks.
#[derive(Debug, Clone)]
pub struct Client {
    /// The network address, as far as it can be known.
    pub address: IpAddr,
    /// Browser and system, as a list of devices shows them.
    pub device: String,
    /// Whether the browser came by HTTPS, so that the cookie never leaves it otherwise.
    pub over_tls: bool,
}

impl Client {
    /// This machine itself, for programs that act without a browser.
    pub fn here(device: &str) -> Self {
        Self { address: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), device: device.to_owned(), over_tls: false }
    }

    /// What tries are counted by: the address, or the network of 2⁶⁴ that one line of an IPv6 provider has.
    pub fn network(&self) -> String {
        match self.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) => address.to_string(),
                None => format!("{:x?}", &address.segments()[..4]),
            },
        }
    }

    /// As the log is told of it: lines of one network can be put together, and none says which it is.
    pub(crate) fn told(&self) -> String {
        hex(&Sha256::digest(self.network())[..8])
    }
}

/// A session that was just opened, and what the browser is to keep.
#[derive(Debug)]
pub struct Opened {
    /// Who came in.
    pub visitor: Visitor,
    /// The value of a `Set-Cookie` header.
    pub set_cookie: String,
}

/// What somebody's settings page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Who.
    pub user: UserId,
    /// Guest or member.
    pub kind: UserKind,
    /// What they may do.
    pub role: Role,
    /// A member's address.
    pub email: Option<String>,
    /// A member's name.
    pub name: Option<String>,
    /// Light or dark.
    pub theme: Theme,
    /// Since when we know them.
    pub since: OffsetDateTime,
    /// What they look like, if they gave a picture.
    pub avatar: Option<Picture>,
}

/// A browser somebody is signed in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its session.
    pub session: SessionId,
    /// Browser and system.
    pub name: String,
    /// When it signed in.
    pub since: OffsetDateTime,
    /// When it was last used, within the hour.
    pub last_seen: OffsetDateTime,
}

/// An API token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Which.
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it ends by itself.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was last used, within the hour.
    pub last_used_at: Option<OffsetDateTime>,
}

/// A user as an operator sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserLine {
    /// Who.
    pub user: UserId,
    /// Guest or member.
    pub kind: UserKind,
    /// What they may do.
    pub role: Role,
    /// A member's address.
    pub email: Option<String>,
    /// A member's name.
    pub name: Option<String>,
    /// Since when we know them.
    pub since: OffsetDateTime,
    /// Whether they are kept out.
    pub is_disabled: bool,
    /// How many projects they have.
    pub projects: i64,
}

/// What the domain is made of.
pub struct Parts {
    /// PostgreSQL.
    pub db: Database,
    /// Time and ids.
    pub clock: Clock,
    /// Redis.
    pub bus: Bus,
    /// What everybody is shown.
    pub shown: Shown,
    /// Counts tries.
    pub limits: Limits,
    /// Sends letters.
    pub postman: Postman,
    /// Tells of new accounts.
    pub events: Events,
    /// What is measured of sessions.
    pub metrics: SessionMetrics,
    /// What links in mails begin with, without a slash at its end.
    pub site: String,
}

impl Accounts {
    /// Makes the domain.
    ///
    /// # Errors
    /// [`AccountsError`] when passwords cannot be hashed here.
    pub fn new(parts: Parts, secret: &Secret) -> Result<Self, AccountsError> {
        Ok(Self {
            hasher: Hasher::new(parts.clock.clone())?,
            sessions: SessionCache::new(parts.bus.clone(), parts.clock.clone(), parts.metrics),
            bus: parts.bus,
            shown: parts.shown,
            signer: Signer::new(secret),
            db: parts.db,
            clock: parts.clock,
            limits: parts.limits,
            postman: parts.postman,
            events: parts.events,
            by_tls_alone: parts.site.starts_with("https://"),
            site: parts.site.into(),
        })
    }

    /// The folder in which mail ends up on a machine that has no server for it.
    pub fn mail_folder(&self) -> Option<&std::path::PathBuf> {
        self.postman.transport().folder()
    }

    /// The address of the page behind a link.
    fn link(&self, purpose: LinkPurpose, id: model::MailLinkId) -> String {
        let page = match purpose {
            LinkPurpose::ConfirmSignUp => "signup/confirm",
            LinkPurpose::ConfirmAddress => "settings/confirm",
            LinkPurpose::ResetPassword => "reset",
        };
        format!("{}/{page}/{}", self.site, self.signer.seal_link(purpose, id))
    }
}

/// A name as it is stored.
fn name(raw: &str) -> Result<String, AccountsError> {
    let name: String = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = name.chars().count();
    if (1..=NAME_MAX_CHARS).contains(&length) && !name.chars().any(char::is_control) {
        Ok(name)
    } else {
        Err(AccountsError::Name)
    }
}
