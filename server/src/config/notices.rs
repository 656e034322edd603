//! When people are told of what they were not there to see.

use std::time::Duration;

use super::{BadConfig, Variables};

/// Notices.
#[derive(Debug, Clone)]
pub struct NoticesConfig {
    /// `ATLAS9_NOTICES_AFTER_S`: how long something has been said in a room before those who have not seen it are told, so that they are told once of what is
    /// said at once.
    pub after: Duration,
    /// `ATLAS9_NOTICES_MAIL_EVERY_S`: nobody gets more than one letter in this time.
    pub mail_every: Duration,
}

impl NoticesConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let seconds = |variable, default, most: u64| {
            let takes = format!("a number of seconds, 1 to {most}");
            variables.value(variable, default, takes, |n| (1..=most).contains(n)).map(Duration::from_secs)
        };
        Ok(Self {
            after: seconds("ATLAS9_NOTICES_AFTER_S", 30, 3_600)?,
            mail_every: seconds("ATLAS9_NOTICES_MAIL_EVERY_S", 900, 86_400)?,
        })
    }
}
