//! What states mean, so that the same kind of state looks the same everywhere.

use super::knowledge::Tones;

/// What a state asks of whoever sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Nothing in particular.
    Plain,
    /// It went well, or goes on as it should.
    Positive,
    /// Somebody should look.
    Caution,
    /// It went wrong.
    Negative,
    /// It is over before its usual end.
    Over,
}

impl Tones {
    /// What a state means: by the whole of it, else by one of its words.
    pub fn of(&self, state: &str) -> Tone {
        let lists = [
            (&self.negative, Tone::Negative),
            (&self.over, Tone::Over),
            (&self.caution, Tone::Caution),
            (&self.positive, Tone::Positive),
        ];
        let whole = lists.iter().find(|(list, _)| list.iter().any(|word| word == state));
        let by_word = || {
            let mut words = state.split(' ');
            words.find_map(|word| lists.iter().find(|(list, _)| list.iter().any(|known| known == word)))
        };
        whole.or_else(by_word).map_or(Tone::Plain, |(_, tone)| *tone)
    }
}
