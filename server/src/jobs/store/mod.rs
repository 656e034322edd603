//! All SQL of the jobs domain. It runs on pools of its own where a worker asks, so that jobs that use up the program's connections do not keep
//! their own worker from giving a sign of life.

mod attempts;
mod flows;
mod leases;
mod look;
mod outside;
mod publish;
mod schedules;

pub(super) use {attempts::*, flows::*, leases::*, look::*, outside::*, publish::*, schedules::*};

/// A bounded count that PostgreSQL gives, as it is used here.
pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
