//! What a call may cost, and what it did.

use super::{
    engine::Provider,
    ledger::{Caps, Denied, Reservation},
    prices,
    wire::Signal,
};
use crate::{config::Price, studio::EngineError};

/// An answer of fewer tokens is not worth asking for.
const LEAST_TOKENS: u64 = 1_000;

/// What a call has used up so far: as the provider counts, and by its length until the provider says.
pub(super) struct Count {
    price: Price,
    estimated: u64,
    text_bytes: u64,
    sent: Option<u64>,
    received: Option<u64>,
}

/// What a call may be.
pub(super) struct Leave {
    pub reservation: Reservation,
    /// The most tokens it may bring.
    pub output_tokens: u64,
}

/// Sets aside what a call can cost at most. Less than that is taken when less is left, and the answer is then bounded accordingly.
pub(super) async fn leave(
    provider: &Provider,
    generation: &str,
    model: &str,
    question_bytes: usize,
    most: u64,
) -> Result<Leave, EngineError> {
    let ledger = &provider.shared.ledger;
    let price = provider.price(model).unwrap_or_default();
    let sent = tokens_at_most(question_bytes);
    let (want, least) = (prices::cost(price, sent, most), prices::cost(price, sent, most.min(LEAST_TOKENS)));
    let reserved = ledger.reserve(generation, want, least).await;
    let reservation = reserved.map_err(|denied| match denied {
        Denied::DayFull => day_full(ledger.caps()),
        Denied::GenerationFull => generation_full(ledger.caps()),
        Denied::Away => EngineError {
            message: "What is spent cannot be counted at the moment, so nothing is spent.".to_owned(),
            retryable: true,
        },
    })?;
    let output_tokens = prices::affordable(price, reservation.granted(), sent, most);
    Ok(Leave { reservation, output_tokens })
}

pub(super) fn day_full(caps: Caps) -> EngineError {
    let message =
        format!("The spending cap of the day ({}) is reached. It begins anew at 00:00 UTC.", dollars(caps.day));
    EngineError { message, retryable: true }
}

fn generation_full(caps: Caps) -> EngineError {
    let message = format!("The spending cap of one generation ({}) is reached.", dollars(caps.generation));
    EngineError { message, retryable: false }
}

fn dollars(micros: u64) -> String {
    format!("${}.{:02}", micros / 1_000_000, micros / 10_000 % 100)
}

/// English has about four bytes a token; other languages and JSON have fewer.
fn tokens_at_most(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(3)).unwrap_or(u64::MAX)
}

impl Count {
    pub(super) fn new(price: Price, question_bytes: usize) -> Self {
        Self { price, estimated: tokens_at_most(question_bytes), text_bytes: 0, sent: None, received: None }
    }

    pub(super) fn note(&mut self, signal: &Signal) {
        self.sent = signal.sent.or(self.sent);
        self.received = signal.received.or(self.received);
        self.text_bytes += signal.text.as_ref().map_or(0, |text| u64::try_from(text.len()).unwrap_or_default());
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.unwrap_or(self.estimated)
    }

    /// Anthropic counts one token at the beginning and all of them at the end; in between the text tells more.
    pub(super) fn received(&self, ended: bool) -> u64 {
        let by_length = self.text_bytes.div_ceil(4);
        match self.received {
            Some(tokens) if ended => tokens,
            Some(tokens) if by_length > 0 => tokens.max(by_length),
            _ => by_length,
        }
    }

    pub(super) fn cost(&self, ended: bool) -> u64 {
        prices::cost(self.price, self.sent(), self.received(ended))
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn what_the_provider_counts_comes_before_what_was_estimated() {
        let mut count = Count::new(Price { sent: 1.0, received: 10.0 }, 300);
        count.note(&Signal { text: Some("x".repeat(40)), ..Signal::default() });
        assert_eq!((count.sent(), count.received(false), count.cost(false)), (100, 10, 200));
        count.note(&Signal { sent: Some(70), received: Some(3), ..Signal::default() });
        assert_eq!((count.sent(), count.received(false), count.cost(true)), (70, 10, 100));
    }

    #[test]
    fn money_is_told_in_dollars() {
        assert_eq!(
            (dollars(2_000_000), dollars(123_456_789), dollars(5_000)),
            ("$2.00".into(), "$123.45".into(), "$0.00".into())
        );
    }
}
