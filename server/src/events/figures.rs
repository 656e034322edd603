//! How often what happens: a subscriber that counts.

use std::{collections::BTreeMap, time::Duration};

use sqlx::PgConnection;
use time::Date;

use super::{StoredEvent, Subscriber, Taking, store};
use crate::jobs::Failure;

/// Counts events by day and name, some seconds of them at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct FiguresSubscriber;

impl Subscriber for FiguresSubscriber {
    fn name(&self) -> &'static str {
        "figures"
    }

    fn window(&self) -> Option<Duration> {
        Some(Duration::from_secs(5))
    }

    /// What is told again did not happen again.
    fn takes_replays(&self) -> bool {
        false
    }

    fn take<'a>(&'a self, tx: &'a mut PgConnection, events: &'a [StoredEvent]) -> Taking<'a> {
        Box::pin(async move {
            let mut counts: BTreeMap<(Date, &str), i64> = BTreeMap::new();
            for event in events {
                *counts.entry((event.created_at.to_offset(time::UtcOffset::UTC).date(), &event.name)).or_default() += 1;
            }
            store::count(tx, &counts).await.map_err(Failure::retry)
        })
    }
}
