//! Why a call to a provider failed.

use std::time::Duration;

use crate::studio::EngineError;

/// A call that did not give an answer. It holds nothing that the provider said, but for a code word of its own that the log may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallError {
    /// 429: too many calls.
    Busy { retry_after: Option<Duration> },
    /// 5xx.
    Failed { status: u16, retry_after: Option<Duration> },
    /// Another status that is no answer: a wrong key, an unknown model, a parameter it does not take.
    Refused { status: u16, code: Option<String> },
    /// No connection.
    Unreachable,
    /// A wait came to its limit.
    Slow(Wait),
    /// The answer ended before its end.
    Dropped,
    /// It said in mid-answer that it cannot go on.
    Broke,
    /// What came is not the protocol.
    Garbled,
    /// The answer is longer than any section.
    TooMuch,
    /// It would not answer this question.
    Declined,
}

/// What was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    FirstToken,
    Token,
    Stage,
}

/// All names of [`CallError::kind`].
pub(super) const KINDS: [&str; 10] = [
    "rate_limited",
    "server_error",
    "refused",
    "unreachable",
    "timeout",
    "dropped",
    "broke_off",
    "garbled",
    "too_long",
    "declined",
];

impl CallError {
    /// Its name in metrics and logs.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "rate_limited",
            Self::Failed { .. } => "server_error",
            Self::Refused { .. } => "refused",
            Self::Unreachable => "unreachable",
            Self::Slow(_) => "timeout",
            Self::Dropped => "dropped",
            Self::Broke => "broke_off",
            Self::Garbled => "garbled",
            Self::TooMuch => "too_long",
            Self::Declined => "declined",
        }
    }

    /// Whether the provider itself is in trouble, so that the next caller would fare no better. What is wrong with one question is not.
    pub(super) fn is_outage(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 401..=404),
            Self::TooMuch | Self::Declined | Self::Slow(Wait::Stage) => false,
            _ => true,
        }
    }

    /// Whether the same call may go well a moment later. After a wait that came to its limit nobody waits as long again.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Unreachable | Self::Dropped | Self::Broke)
    }

    /// The same in words for people, who need not know the provider's own.
    pub(super) fn told(&self, provider: &str) -> EngineError {
        let (message, retryable) = match self {
            Self::Busy { .. } => ("has too many calls at the moment".to_owned(), true),
            Self::Failed { status, .. } => (format!("failed with status {status}"), true),
            Self::Refused { status: 401 | 403, .. } => ("does not accept its key".to_owned(), false),
            Self::Refused { status: 402, .. } => ("asks for payment".to_owned(), false),
            Self::Refused { status: 404, .. } => ("does not know the model or the address".to_owned(), false),
            Self::Refused { status, .. } => (format!("refused the request with status {status}"), false),
            Self::Unreachable => ("cannot be reached".to_owned(), true),
            Self::Slow(Wait::FirstToken) => ("did not begin to answer in time".to_owned(), true),
            Self::Slow(Wait::Token) => ("fell silent in the middle of its answer".to_owned(), true),
            Self::Slow(Wait::Stage) => ("took too long for the whole section".to_owned(), true),
            Self::Dropped => ("broke the connection before its answer was complete".to_owned(), true),
            Self::Broke => ("gave up in the middle of its answer".to_owned(), true),
            Self::Garbled => ("answered in a form that cannot be read".to_owned(), true),
            Self::TooMuch => ("answered at a length that no section has".to_owned(), true),
            Self::Declined => ("declined to answer".to_owned(), false),
        };
        EngineError { message: format!("The provider {provider} {message}."), retryable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_a_kind_that_is_expected() {
        let all = [
            CallError::Busy { retry_after: None },
            CallError::Failed { status: 500, retry_after: None },
            CallError::Refused { status: 401, code: None },
            CallError::Unreachable,
            CallError::Slow(Wait::Token),
            CallError::Dropped,
            CallError::Broke,
            CallError::Garbled,
            CallError::TooMuch,
            CallError::Declined,
        ];
        assert_eq!(all.map(|error| error.kind()), KINDS);
    }
}
