//! How the figures come about, and what is not kept.

use leptos::prelude::*;
use server::vitals::{KEEP_SAMPLES, SAMPLES_MIN};

use super::{asked::Asked, histogram::exactness};

/// In words, with the way to the figures for programs.
pub(super) fn method(asked: &Asked) -> AnyView {
    view! {
        <p>
            "Your browser measures, with Google’s "
            <a href="https://github.com/GoogleChrome/web-vitals">"web-vitals"</a>
            ", and says so when you leave: which page by its pattern, never its address; whether on a phone, a tablet or a desktop; how fast the connection is said to be; and the release. "
            "No cookie, no network address and nothing of who you are is kept with it. Whoever sends Global Privacy Control or Do Not Track is not measured."
        </p>
        <p>
            "Samples are kept for " {KEEP_SAMPLES.whole_days()} " days, and longer only as histograms, whose percentiles are within " {exactness()} " of the true ones. "
            "p75 is what three of four visits had no worse. With fewer than " {SAMPLES_MIN} " samples it is not told."
        </p>
        <p><a href=asked.at("/api/analytics/summary")>"The same figures as JSON"</a></p>
    }
    .into_any()
}
