//! Connections for queries that are asked often and take next to nothing. sqlx asks every connection that is given back whether it is still there, in a
//! task of its own, which costs as much as such a query: these are given back without a word when all was read, and to sqlx when not.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{PgConnection, PgPool, Postgres, pool::PoolConnection};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use super::{DbError, TRUSTED};

/// How long a connection is kept here at a stretch: sqlx's own rules of age hold again after that.
const KEPT: Duration = Duration::from_secs(60);

/// Connections that wait here, beside those that are out.
#[derive(Debug, Clone)]
pub(super) struct Leases {
    pool: PgPool,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Idle>>>,
    patience: Duration,
}

#[derive(Debug)]
struct Idle {
    connection: PoolConnection<Postgres>,
    since: Instant,
    used: Instant,
}

/// A connection, until it is done with.
#[derive(Debug)]
pub struct Lease {
    connection: PoolConnection<Postgres>,
    /// Where it goes, the place that it takes there, and since when it is kept.
    home: Option<(Leases, OwnedSemaphorePermit, Instant)>,
}

impl Leases {
    /// As many at once as the pool has, which must be used by nobody else.
    pub(super) fn new(pool: PgPool, patience: Duration) -> Self {
        let places = Arc::new(Semaphore::new(pool.options().get_max_connections() as usize));
        Self { pool, places, idle: Arc::default(), patience }
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(super) async fn close(&self) {
        self.idle().clear();
        self.pool.close().await;
    }

    pub(super) async fn lease(&self) -> Result<Lease, DbError> {
        let place = timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(Ok(place)) = place else { return Err(DbError::Away(sqlx::Error::PoolTimedOut)) };
        let (connection, since) = match self.trusted() {
            Some(idle) => (idle.connection, idle.since),
            None => (self.pool.acquire().await?, Instant::now()),
        };
        Ok(Lease { connection, home: Some((self.clone(), place, since)) })
    }

    /// The one that was used last, if that was a moment ago. All others go to sqlx, which looks after them.
    fn trusted(&self) -> Option<Idle> {
        let mut idle = self.idle();
        let newest = idle.pop()?;
        if newest.used.elapsed() < TRUSTED && newest.since.elapsed() < KEPT {
            return Some(newest);
        }
        idle.clear();
        None
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Of another pool, to which it goes back in the ordinary way.
    pub(super) fn of(connection: PoolConnection<Postgres>) -> Self {
        Self { connection, home: None }
    }

    /// All that was asked was read to its end, without an error: the next may have it. One that is dropped instead is looked at first.
    pub fn done(self) {
        let Self { connection, home } = self;
        if let Some((leases, _place, since)) = home {
            leases.idle().push(Idle { connection, since, used: Instant::now() });
        }
    }
}

impl Deref for Lease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
