//! What the benches print.

#![allow(dead_code, reason = "each bench uses its own part of this")]

/// A figure beside its target.
pub fn row(what: &str, target: &str, figure: &str) {
    println!("{what:<76} {target:>10} {figure:>10}");
}

/// So many of sorted microseconds are no longer than this, in words.
pub fn percentile(sorted: &[u64], share: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let at = (sorted.len() as f64 * share).ceil() as usize;
    let Some(micros) = sorted.get(at.clamp(1, sorted.len().max(1)) - 1) else { return "none".to_owned() };
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a wait")]
    let milliseconds = *micros as f64 / 1_000.0;
    format!("{milliseconds:.2} ms")
}

/// The one in the middle.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
