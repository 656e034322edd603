//! How a generation is doing, in words.

use leptos::prelude::*;
use model::{Draft, Ending, GenerationStatus, Receipt};

/// A word for a list.
pub(crate) fn status_word(status: GenerationStatus) -> &'static str {
    match status {
        GenerationStatus::Queued => "waiting",
        GenerationStatus::Running => "being made",
        GenerationStatus::Done => "complete",
        GenerationStatus::Failed => "failed",
        GenerationStatus::Cancelled => "stopped",
    }
}

/// What the page's state is called where the style sheet and the island look for it.
pub(crate) fn state(draft: &Draft) -> &'static str {
    match draft.ending {
        None => "running",
        Some(Ending::Done) => "done",
        Some(Ending::Failed { .. }) => "failed",
        Some(Ending::Cancelled) => "cancelled",
    }
}

/// The sentence a person reads, and a screen reader hears when it changes.
pub(crate) fn status_sentence(draft: &Draft) -> String {
    let now = draft.stages.values().rev().find(|stage| !stage.is_done()).map(|stage| stage.message.clone());
    match &draft.ending {
        Some(Ending::Done) => "Done".to_owned(),
        Some(Ending::Cancelled) => "Stopped. What was made is kept.".to_owned(),
        Some(Ending::Failed { message, .. }) => message.clone(),
        None => now.filter(|message| !message.is_empty()).unwrap_or_else(|| "Waiting for a worker".to_owned()),
    }
}

/// What it cost, once known; a stream fills the place later.
pub(crate) fn receipt_view(receipt: Option<&Receipt>) -> impl IntoView + use<> {
    view! { <div class="slot" data-slot="receipt" inner_html=receipt.map(receipt_html).unwrap_or_default()></div> }
}

/// What it cost, in one line, as markup.
pub(crate) fn receipt_html(receipt: &Receipt) -> String {
    Owner::new().with(|| receipt_line(receipt).to_html())
}

fn receipt_line(receipt: &Receipt) -> impl IntoView + use<> {
    let stages = receipt.stages.iter().map(|stage| {
        format!(
            "{}: {} pieces by the {} ({}), the first after {}, all after {}",
            stage.stage,
            stage.pieces,
            stage.engine,
            stage.model,
            spoken(stage.first_piece_ms),
            spoken(stage.total_ms)
        )
    });
    let paced = (receipt.pace_ms > 0).then(|| format!(" Paced for a test, {} ms a piece.", receipt.pace_ms));
    let again = (receipt.attempts > 1).then(|| format!(" Begun {} times.", receipt.attempts));
    let line = stages.collect::<Vec<_>>().join("; ");
    view! { <p class="receipt" data-piece="receipt"><span class="label">"Receipt"</span> {line} "." {again} {paced}</p> }
}

/// A span as people say it.
pub(crate) fn spoken(milliseconds: f64) -> String {
    if milliseconds < 1_000.0 { format!("{milliseconds:.1} ms") } else { format!("{:.1} s", milliseconds / 1_000.0) }
}
