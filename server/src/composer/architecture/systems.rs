//! What lies outside of the product and is needed all the same.

use super::{entries::Caller, subject::Subject};

/// An outside system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Unique among systems.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What passes between.
    pub wire: String,
    /// What it is for here.
    pub why: String,
    /// Who talks to it.
    pub by: Caller,
    /// Whether it calls back.
    pub calls_back: bool,
}

/// More than these nobody can take in at a glance.
const MOST: usize = 6;

/// The systems that the product's features need, in the order of the knowledge.
pub fn systems(subject: &Subject<'_>) -> Vec<System> {
    let called = subject.knowledge.systems.iter().filter_map(|entry| {
        let focus = subject.called(&entry.when, entry.also.as_ref(), entry.unless.as_ref())?;
        Some(System {
            id: entry.id.clone(),
            name: entry.name.clone(),
            wire: entry.wire.clone(),
            why: subject.tell(&entry.why, &focus, &format!("systems/{}", entry.id))?,
            by: entry.by,
            calls_back: entry.calls_back,
        })
    });
    called.take(MOST).collect()
}
