//! What those who run the house are told of without looking: work that was given up, promises of speed that are not kept, and paths that do not work.

use std::collections::BTreeMap;

use model::vitals::{Rating, Vital};
use serde::{Deserialize, Serialize};
use time::Duration;

use super::{About, Notices, NoticesError};
use crate::{
    clock::Clock,
    db::DbError,
    jobs::{Failure, Job, Jobs, JobsError, Kinds, Queue, Rules},
    vitals::{Filter, Vitals, checks::Checks},
};

/// Dead letters of the last while are told of, those of one kind once an hour.
const LATELY: Duration = Duration::minutes(10);
/// Of the last days it is told whether pages are as fast as they should be.
const DAYS: u16 = 1;
/// What is promised of pages in the field.
const PROMISED: [Vital; 3] = [Vital::Lcp, Vital::Inp, Vital::Cls];

/// Looks whether there is something to tell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LookAtHouse {}

impl Job for LookAtHouse {
    const KIND: &'static str = "look-at-house";
    const RULES: Rules = Rules { queue: Queue::Upkeep, ..Rules::USUAL };
}

/// Whoever looks after the house.
#[derive(Clone)]
pub struct House {
    notices: Notices,
    clock: Clock,
    jobs: Jobs,
    checks: Checks,
    vitals: Vitals,
}

/// Something could not be looked at, or not be told.
#[derive(Debug, thiserror::Error)]
enum HouseError {
    #[error(transparent)]
    Notices(#[from] NoticesError),
    #[error(transparent)]
    Jobs(#[from] JobsError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl House {
    /// Makes it.
    pub fn new(notices: Notices, jobs: Jobs, checks: Checks, vitals: Vitals) -> Self {
        let clock = notices.clock.clone();
        Self { notices, clock, jobs, checks, vitals }
    }

    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let house = self.clone();
        kinds.on::<LookAtHouse, _, _>(move |_, _| {
            let house = house.clone();
            async move { house.look().await.map_err(Failure::retry) }
        })
    }

    /// Tells of everything that there is to tell of; of what was told before, nobody is told again.
    async fn look(&self) -> Result<(), HouseError> {
        for (key, about) in self.dead_letters().await?.into_iter().chain(self.broken().await?).chain(self.slow().await?)
        {
            self.notices.tell_administrators(&key, &about).await?;
        }
        Ok(())
    }

    async fn dead_letters(&self) -> Result<Vec<(String, About)>, HouseError> {
        let now = self.clock.now();
        let lately = self.jobs.dead(None, None).await?.into_iter().filter(|dead| dead.died_at > now - LATELY);
        let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for dead in lately {
            kinds.entry(dead.kind).or_default().push(dead.error);
        }
        let hour = now.unix_timestamp() / 3_600;
        let told = kinds.into_iter().map(|(kind, errors)| {
            let about = About::Words {
                title: format!("Work was given up: {kind}"),
                text: format!(
                    "{} lately. The last: {}",
                    errors.len(),
                    errors.first().map_or("", |error| shortened(error))
                ),
                href: format!("/jobs/dead?kind={kind}"),
            };
            (format!("dead:{kind}:{hour}"), about)
        });
        Ok(told.collect())
    }

    async fn broken(&self) -> Result<Vec<(String, About)>, HouseError> {
        let status = self.checks.status().await?;
        let told = status.incidents.into_iter().filter(|incident| incident.ended_at.is_none()).map(|incident| {
            let path = incident.path.words();
            let about = About::Words {
                title: format!("{path} does not work"),
                text: shortened(&incident.reason).to_owned(),
                href: "/status".to_owned(),
            };
            (format!("check:{path}:{}", incident.began_at.unix_timestamp()), about)
        });
        Ok(told.collect())
    }

    async fn slow(&self) -> Result<Vec<(String, About)>, HouseError> {
        let summary = self.vitals.summary(&Filter::default(), Vital::Lcp, DAYS).await?;
        let is_promised = |name: &str| PROMISED.iter().any(|vital| vital.as_str() == name);
        let not_kept = summary.vitals.into_iter().filter(|vital| {
            is_promised(vital.name) && matches!(vital.figures.rating, Some(Rating::NeedsWork | Rating::Poor))
        });
        let told = not_kept.map(|vital| {
            let about = About::Words {
                title: format!("{} is not what is promised", vital.name),
                text: format!(
                    "For three of four visits it is {:.2} today, of {}.",
                    vital.figures.p75, vital.figures.samples
                ),
                href: format!("/speed?vital={}", vital.name),
            };
            (format!("speed:{}:{}", vital.name, summary.since), about)
        });
        Ok(told.collect())
    }
}

/// The first line, as much as a notice holds.
fn shortened(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let end = line.char_indices().nth(300).map_or(line.len(), |(at, _)| at);
    &line[..end]
}
