//! What is said while sections are made: on a terminal a line for each that counts its pieces, and as lines of JSON the pieces themselves.

use std::{
    convert::Infallible,
    io::{self, IsTerminal},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use model::{Event, Stage, StageReceipt};
use serde_json::json;
use server::studio::Sink;

use super::output::say;

/// Lines on stderr, and pieces on stdout where they are wanted.
pub(super) struct Progress {
    lines: MultiProgress,
    stream: bool,
}

/// One section's line.
pub(super) struct Line {
    bar: ProgressBar,
    stage: Stage,
    /// Whether its pieces are printed as they come.
    prints: bool,
    pieces: AtomicU32,
}

impl Progress {
    /// Draws on a terminal only.
    pub(super) fn new(stream: bool) -> Self {
        Self { lines: MultiProgress::new(), stream }
    }

    /// The line of a section. Pieces of one that was not asked for are not printed.
    pub(super) fn of(&self, stage: Stage, is_asked: bool) -> Line {
        let bar = self.lines.add(ProgressBar::new_spinner());
        // The pattern is ours; should it not be one, the usual style serves.
        let style = ProgressStyle::with_template("{spinner} {prefix:12} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(stage.to_string());
        bar.enable_steady_tick(Duration::from_millis(100));
        Line { bar, stage, prints: self.stream && is_asked, pieces: AtomicU32::new(0) }
    }

    /// Clears the lines: what follows is the receipt.
    pub(super) fn over(&self) {
        // A terminal that is gone shows nothing.
        let _ = self.lines.clear();
    }
}

impl Line {
    pub(super) fn finish(&self) {
        self.bar.finish_with_message(format!("{} pieces", self.pieces.load(Ordering::Relaxed)));
    }

    fn print(&self, line: &serde_json::Value) {
        // Whoever reads may have gone; the sections are made all the same.
        let _ = say(&format!("{line}\n"));
    }
}

impl Sink for Line {
    type Error = Infallible;

    async fn write(&self, event: Event) -> Result<(), Infallible> {
        match event {
            Event::Piece { stage, path, value } => {
                let count = self.pieces.fetch_add(1, Ordering::Relaxed) + 1;
                self.bar.set_message(format!("{count} pieces, {path}"));
                if self.prints {
                    self.print(&json!({ "stage": stage, "path": path, "value": value }));
                }
            }
            Event::Delta { stage, path, text } if self.prints => {
                self.print(&json!({ "stage": stage, "path": path, "append": text }));
            }
            Event::Restart { stage, .. } => {
                self.pieces.store(0, Ordering::Relaxed);
                if self.prints {
                    self.print(&json!({ "stage": stage, "restart": true }));
                }
            }
            Event::Fallback { from, to, reason, .. } => {
                tell(&format!("{}: {to} takes over from {from}: {reason}", self.stage));
            }
            _ => {}
        }
        Ok(())
    }

    async fn flush(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A receipt as a line.
pub(super) fn line(receipt: &StageReceipt) -> String {
    let before: Vec<String> = receipt.fallbacks.iter().map(ToString::to_string).collect();
    let before = if before.is_empty() { String::new() } else { format!(", after {} gave up", before.join(", ")) };
    let money = if receipt.tokens_out == 0 {
        String::new()
    } else {
        let dollars = receipt.cost_micros / 100;
        format!(
            ", {} tokens in, {} out, ${}.{:04}",
            receipt.tokens_in,
            receipt.tokens_out,
            dollars / 10_000,
            dollars % 10_000
        )
    };
    format!(
        "{}: {} pieces by the {} ({}), first after {:.1} ms, all after {:.1} ms{money}{before}",
        receipt.stage, receipt.pieces, receipt.engine, receipt.model, receipt.first_piece_ms, receipt.total_ms
    )
}

/// Progress and receipt: on a terminal dimmed, so that the section stands out.
#[expect(clippy::print_stderr, reason = "this is where the command speaks to whoever runs it")]
pub(super) fn tell(line: &str) {
    if io::stderr().is_terminal() { eprintln!("\u{1b}[2m{line}\u{1b}[0m") } else { eprintln!("{line}") }
}
