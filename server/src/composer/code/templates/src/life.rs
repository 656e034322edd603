//! Steps in the life of what is kept.

use crate::{problem::Problem, words::Words};

/// A step: what is done, the states it can be done in, and the state it leads to.
#[derive(Debug)]
pub struct Step<S: 'static> {
    /// What is done: "accept".
    pub verb: &'static str,
    /// Where it can be done.
    pub from: &'static [S],
    /// Where it leads.
    pub to: S,
}

impl<S: Words> Step<S> {
    /// What to say of a row that the guarded update left alone. Whoever repeats a step finds it done; everybody else learns
    /// where the row is and where it would have to be.
    ///
    /// # Errors
    /// [`Problem::Conflict`] when the row is somewhere else.
    pub fn was_taken(&self, state: S) -> Result<(), Problem> {
        if state == self.to {
            return Ok(());
        }
        let needed: Vec<&str> = self.from.iter().map(|state| state.as_str()).collect();
        let (verb, state, needed) = (self.verb, state.as_str(), needed.join("\" or \""));
        Err(Problem::Conflict(format!("\"{verb}\" needs the state \"{needed}\"; this one is \"{state}\".")))
    }
}
