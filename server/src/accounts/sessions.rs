//! Who comes in, on which device, and how they leave again.

use std::time::Duration;

use model::{SessionId, UserId, UserKind};
use subtle::ConstantTimeEq;

use super::{
    Accounts, AccountsError, Client, Device, GUESTS_FROM, Opened, Visitor,
    cookie::{self, Token},
    session_cache::Record,
    store::{self, Tx},
};
use crate::db::DbError;

/// A session ends this long after its last use.
const GUEST_IDLE: Duration = Duration::from_secs(180 * DAY);
const MEMBER_IDLE: Duration = Duration::from_secs(30 * DAY);
/// And at the latest this long after it began. No browser keeps a cookie longer than 400 days.
const GUEST_ENDS: Duration = Duration::from_secs(400 * DAY);
const MEMBER_ENDS: Duration = Duration::from_secs(180 * DAY);
const DAY: u64 = 24 * 3_600;
/// That a session was used is written at most this often, so that reading a page does not write a row.
const SEEN_EVERY: Duration = Duration::from_secs(3_600);
/// Devices shown at once.
const DEVICES_MAX: i64 = 100;

impl From<Record> for Visitor {
    fn from(record: Record) -> Self {
        Self {
            user: record.user,
            session: record.session,
            kind: record.kind,
            role: record.role,
            name: record.name,
            theme: record.theme,
        }
    }
}

fn idle(kind: UserKind) -> Duration {
    match kind {
        UserKind::Guest => GUEST_IDLE,
        UserKind::Member => MEMBER_IDLE,
    }
}

impl Accounts {
    /// Who sends this `Cookie` header. The signature is checked before any store is asked; a forged, foreign, ended or expired cookie
    /// is the same as none.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn identify(&self, cookies: Option<&str>) -> Result<Option<Visitor>, DbError> {
        let Some(token) = cookies
            .and_then(|cookies| cookie::find(cookies, self.by_tls_alone))
            .and_then(|value| self.signer.open_session(value))
        else {
            return Ok(None);
        };
        let (hash, now) = (token.hash(), self.clock.now());
        if let Some(record) = self.sessions.get(SessionId(token.id), &hash).await
            && now - record.last_seen_at <= SEEN_EVERY
        {
            self.sessions.metrics.hits.inc();
            return Ok(Some(record.into()));
        }
        self.sessions.metrics.misses.inc();
        let Some(stored) = store::sessions::get(self.db.primary(), SessionId(token.id), now).await? else {
            return Ok(None);
        };
        if !bool::from(stored.secret_hash.ct_eq(&hash)) {
            return Ok(None);
        }
        let mut record = stored.record;
        if now - record.last_seen_at > SEEN_EVERY {
            record.last_seen_at = now;
            record.expires_at = (now + idle(record.kind)).min(stored.ends_at);
            store::sessions::touch(self.db.primary(), record.session, now, record.expires_at).await?;
        }
        self.sessions.put(&hash, &record).await;
        Ok(Some(record.into()))
    }

    /// Makes a guest with a session of whoever came without one; so many from one network address.
    ///
    /// # Errors
    /// As [`Accounts::create_guest`]; [`AccountsError::Limited`].
    pub async fn admit_guest(&self, client: &Client) -> Result<Opened, AccountsError> {
        if !client.address.is_loopback() {
            self.limits.admit(&GUESTS_FROM, &client.network()).await?;
        }
        self.create_guest(client).await
    }

    /// Makes a guest with a session.
    ///
    /// # Errors
    /// [`AccountsError`] when it cannot be stored or no secret can be made.
    pub async fn create_guest(&self, client: &Client) -> Result<Opened, AccountsError> {
        let user = UserId(self.clock.new_id());
        let mut tx = store::begin(self.db.primary()).await?;
        store::users::insert_guest(&mut tx, user, self.clock.now()).await?;
        let opened = self.open_session(&mut tx, user, UserKind::Guest, client).await?;
        store::commit(tx).await?;
        Ok(opened)
    }

    /// Opens a session for somebody who has proved who they are. It always has a new secret: what the browser held before lets nobody in.
    pub(super) async fn open_session(
        &self,
        tx: &mut Tx,
        user: UserId,
        kind: UserKind,
        client: &Client,
    ) -> Result<Opened, AccountsError> {
        let now = self.clock.now();
        let token = Token { id: self.clock.new_id(), secret: self.clock.new_secret()? };
        let lasts = match kind {
            UserKind::Guest => GUEST_ENDS,
            UserKind::Member => MEMBER_ENDS,
        };
        let new = store::sessions::NewSession {
            id: SessionId(token.id),
            user,
            secret_hash: &token.hash(),
            device: &client.device,
            now,
            expires_at: now + idle(kind),
            ends_at: now + lasts,
        };
        store::sessions::insert(tx, &new).await?;
        let profile = store::users::profile(&mut **tx, user).await?.ok_or(AccountsError::NotFound)?;
        let visitor = Visitor {
            user,
            session: new.id,
            kind: profile.kind,
            role: profile.role,
            name: profile.name,
            theme: profile.theme,
        };
        let over_tls = client.over_tls || self.by_tls_alone;
        Ok(Opened { visitor, set_cookie: cookie::set(&self.signer.seal_session(&token), lasts, over_tls) })
    }

    /// Ends this browser's session. Returns the value of a `Set-Cookie` header that makes it forget. May be asked twice.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot; then the session goes on.
    pub async fn sign_out(&self, visitor: Option<&Visitor>, over_tls: bool) -> Result<String, DbError> {
        if let Some(visitor) = visitor {
            self.end_sessions(visitor.user, Some(visitor.session), None).await?;
        }
        Ok(cookie::forget(over_tls))
    }

    /// Ends one of somebody's sessions, on whichever device. May be asked twice.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn sign_out_device(&self, visitor: &Visitor, session: SessionId) -> Result<(), DbError> {
        self.end_sessions(visitor.user, Some(session), None).await
    }

    /// Ends all of somebody's sessions but this one.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn sign_out_elsewhere(&self, visitor: &Visitor) -> Result<(), DbError> {
        self.end_sessions(visitor.user, None, Some(visitor.session)).await
    }

    async fn end_sessions(&self, user: UserId, one: Option<SessionId>, kept: Option<SessionId>) -> Result<(), DbError> {
        let mut tx = store::begin(self.db.primary()).await?;
        let ended = store::sessions::delete(&mut tx, user, one, kept, self.clock.now()).await?;
        store::commit(tx).await?;
        self.forget_sessions(user, ended).await;
        Ok(())
    }

    /// Makes the cache forget sessions. What it cannot be told now, the janitor tells it later.
    pub(super) async fn forget_sessions(&self, user: UserId, mut sessions: Vec<SessionId>) {
        sessions.extend(self.sessions.of_user(user).await);
        sessions.sort_unstable();
        sessions.dedup();
        if self.sessions.drop_sessions(&sessions).await
            && let Err(error) = store::sessions::dropped(self.db.primary(), &sessions).await
        {
            tracing::debug!(%error, "sessions will be dropped from the cache once more");
        }
    }

    /// The devices somebody is signed in on, the one used last first.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn devices(&self, visitor: &Visitor) -> Result<Vec<Device>, DbError> {
        store::sessions::list(self.db.primary(), visitor.user, self.clock.now(), DEVICES_MAX).await
    }
}
