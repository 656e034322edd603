//! For connections that outlive a request: what let them in may end before they do.

use std::collections::HashSet;

use bytes::Bytes;
use model::{SessionId, TokenId};
use tokio::sync::broadcast::{self, error::RecvError};
use uuid::Uuid;

use super::{Accounts, session_cache::DROPPED, store};
use crate::db::DbError;

/// Where instances tell each other of tokens that were revoked.
pub(super) const REVOKED: &str = "atlas9:tokens:revoked";

/// What somebody was let in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    /// A browser's session.
    Session(SessionId),
    /// A program's token.
    Token(TokenId),
}

impl Pass {
    fn id(self) -> Uuid {
        match self {
            Self::Session(SessionId(id)) | Self::Token(TokenId(id)) => id,
        }
    }
}

/// Hears of passes that may have ended, on any instance.
pub struct Endings {
    sessions: broadcast::Receiver<Bytes>,
    tokens: broadcast::Receiver<Bytes>,
}

impl Endings {
    /// The ids of those that should be looked at; nothing when it cannot be told, so that all have to be. `None` when nothing comes any more.
    pub async fn next(&mut self) -> Option<HashSet<Uuid>> {
        let heard = tokio::select! {
            heard = self.sessions.recv() => heard,
            heard = self.tokens.recv() => heard,
        };
        match heard {
            Ok(ids) => {
                let ids = std::str::from_utf8(&ids).unwrap_or_default();
                Some(ids.split(' ').filter_map(|id| id.parse().ok()).collect())
            }
            Err(RecvError::Lagged(_)) => Some(HashSet::new()),
            Err(RecvError::Closed) => None,
        }
    }

    /// Whether a pass is one of these.
    pub fn concerns(ids: &HashSet<Uuid>, pass: Pass) -> bool {
        ids.is_empty() || ids.contains(&pass.id())
    }
}

impl Accounts {
    /// Hears of passes that may have ended, from now on. Messages get lost when Redis is away: whoever listens looks now and then too.
    pub fn endings(&self) -> Endings {
        Endings { sessions: self.bus.listen(DROPPED), tokens: self.bus.listen(REVOKED) }
    }

    /// Those of some passes that let somebody in still.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn still_open(&self, passes: &[Pass]) -> Result<HashSet<Pass>, DbError> {
        let (mut sessions, mut tokens) = (Vec::new(), Vec::new());
        for pass in passes {
            match pass {
                Pass::Session(session) => sessions.push(session.0),
                Pass::Token(token) => tokens.push(token.0),
            }
        }
        let (pool, now, mut open) = (self.db.primary(), self.clock.now(), HashSet::new());
        if !sessions.is_empty() {
            open.extend(store::sessions::open(pool, &sessions, now).await?.into_iter().map(Pass::Session));
        }
        if !tokens.is_empty() {
            open.extend(store::tokens::open(pool, &tokens, now).await?.into_iter().map(Pass::Token));
        }
        Ok(open)
    }

    /// Tells of a token that was revoked.
    pub(super) fn tell_revoked(&self, token: TokenId) {
        self.bus.publish(REVOKED, token.to_string().into());
    }
}
