//! What models cost. A price of a dollar for a million tokens is a millionth of a dollar for one.

use std::collections::BTreeMap;

use crate::config::Price;

/// List prices of models that are often used, in US dollars for a million tokens, as of October 2026. `ATLAS9_MODEL_PRICES` comes first.
const KNOWN: [(&str, f64, f64); 18] = [
    ("gpt-5.5", 5.0, 30.0),
    ("gpt-5.4", 2.5, 15.0),
    ("gpt-5.4-mini", 0.75, 4.5),
    ("gpt-5.4-nano", 0.2, 1.25),
    ("gpt-5.2", 1.75, 14.0),
    ("gpt-5.1", 1.25, 10.0),
    ("gpt-5", 1.25, 10.0),
    ("gpt-5-mini", 0.25, 2.0),
    ("gpt-4.1", 2.0, 8.0),
    ("gpt-4.1-mini", 0.4, 1.6),
    ("gpt-4o", 2.5, 10.0),
    ("gpt-4o-mini", 0.15, 0.6),
    ("claude-opus-4-7", 5.0, 25.0),
    ("claude-opus-4-6", 5.0, 25.0),
    ("claude-opus-4-5", 5.0, 25.0),
    ("claude-sonnet-4-6", 3.0, 15.0),
    ("claude-sonnet-4-5", 3.0, 15.0),
    ("claude-haiku-4-5", 1.0, 5.0),
];

/// The price of a model, when one is known.
pub(super) fn price(configured: &BTreeMap<String, Price>, model: &str) -> Option<Price> {
    configured.get(model).copied().or_else(|| {
        // Routers put the vendor before the name.
        let bare = model.rsplit('/').next().unwrap_or(model);
        let known = KNOWN.iter().find(|(name, ..)| is_version_of(bare, name))?;
        Some(Price { sent: known.1, received: known.2 })
    })
}

/// Whether a name is the given one, or the given one with a date.
fn is_version_of(model: &str, name: &str) -> bool {
    let Some(rest) = model.strip_prefix(name) else { return false };
    let dated = |date: &str| date.len() >= 8 && date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    rest.is_empty() || rest.strip_prefix('-').is_some_and(dated)
}

/// Millionths of a dollar, rounded up.
pub(super) fn cost(price: Price, sent: u64, received: u64) -> u64 {
    #[expect(clippy::cast_precision_loss, reason = "no count of tokens comes near 2^52")]
    let micros = (sent as f64 * price.sent + received as f64 * price.received).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and far from the limit")]
    let micros = micros as u64;
    micros
}

/// How many tokens may be received for what is left of `micros` after `sent` tokens, at most `most`.
pub(super) fn affordable(price: Price, micros: u64, sent: u64, most: u64) -> u64 {
    if price.received <= 0.0 {
        return most;
    }
    #[expect(clippy::cast_precision_loss, reason = "no sum of money comes near 2^52 millionths")]
    let tokens = micros.saturating_sub(cost(price, sent, 0)) as f64 / price.received;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and cut to the most")]
    let tokens = tokens.floor() as u64;
    tokens.min(most)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn a_dated_model_has_the_price_of_its_name_and_another_does_not() {
        let none = BTreeMap::new();
        let dollars = |model: &str| price(&none, model).map(|price| (price.sent, price.received));
        assert_eq!(dollars("gpt-5.4-mini-2026-03-17"), Some((0.75, 4.5)));
        assert_eq!(dollars("claude-haiku-4-5-20251001"), Some((1.0, 5.0)));
        assert_eq!(dollars("openai/gpt-5.4"), Some((2.5, 15.0)));
        assert_eq!((dollars("gpt-5.4-pro"), dollars("llama3.3"), dollars("gpt-5.49")), (None, None, None));
    }

    #[test]
    fn what_was_configured_comes_first() {
        let own = BTreeMap::from([("gpt-5.4".to_owned(), Price { sent: 1.0, received: 2.0 })]);
        assert_eq!(price(&own, "gpt-5.4").map(|price| cost(price, 1_000, 500)), Some(2_000));
    }

    #[test]
    fn cost_is_rounded_up_and_what_is_left_buys_whole_tokens() {
        let price = Price { sent: 0.4, received: 1.6 };
        assert_eq!((cost(price, 1, 0), cost(price, 1_000_000, 1_000_000)), (1, 2_000_000));
        assert_eq!((affordable(price, 1_000, 1_000, 9_999), affordable(price, 100, 1_000, 9_999)), (375, 0));
        assert_eq!(affordable(Price::default(), 0, 9, 7), 7);
    }
}
