//! What an editor sees of a project beside its sections: what is out of date, what waits to be accepted, how it was checked, and the keys.

use std::collections::BTreeMap;

use leptos::prelude::*;
use model::{Address, CheckResult, GenerationId, ProjectId, Stage, trace::Staleness};

use super::sections::stage_title;
use crate::functions::revisions::piece_anchor;

/// The most pieces that are named one by one.
const NAMED_MAX: usize = 12;

/// Revisions that wait for the owner's word.
#[component]
pub(crate) fn Proposal(project: ProjectId, generation: GenerationId, proposed: Vec<(Stage, u32)>) -> impl IntoView {
    let links = proposed.iter().map(|(stage, number)| {
        let href = format!("/projects/{project}/revisions/{stage}/{number}");
        view! { <li><a href=href>"Compare " {stage_title(*stage)}</a></li> }
    });
    let links = links.collect_view();
    let verdict = |verdict: &'static str, label: &'static str, class: &'static str| {
        view! {
            <form method="post" action="/fn/decide_proposal">
                <input type="hidden" name="generation" value=generation.to_string() />
                <input type="hidden" name="verdict" value=verdict />
                <button type="submit" class=class>{label}</button>
            </form>
        }
    };
    view! {
        <section class="notice proposal" aria-labelledby="proposal-heading">
            <h2 id="proposal-heading">"A new version waits"</h2>
            <p>"What you see below is still the version in use."</p>
            <ul role="list">{links}</ul>
            <div class="row">{verdict("accept", "Use the new version", "primary")} {verdict("refuse", "Keep the one in use", "")}</div>
        </section>
    }
    .into_any()
}

/// What is out of date, and the button that makes only that anew.
#[component]
pub(crate) fn OutOfDate(project: ProjectId, staleness: Staleness) -> impl IntoView {
    let more = staleness.stale.len().saturating_sub(NAMED_MAX);
    let stale: Vec<AnyView> = staleness
        .stale
        .iter()
        .take(NAMED_MAX)
        .map(|stale| {
            let href = format!("#{}", piece_anchor(&stale.piece));
            let because = stale.because.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            view! { <li><a href=href><code>{stale.piece.to_string()}</code></a> " " <span class="quiet">"because of " {because}</span></li> }
                .into_any()
        })
        .collect();
    let lacking: Vec<AnyView> = staleness
        .unanswered
        .iter()
        .map(|(stage, fresh)| {
            let names: Vec<String> = fresh.iter().take(NAMED_MAX).map(ToString::to_string).collect();
            view! { <li>{stage_title(*stage)} " does not answer yet: " <code>{names.join(", ")}</code></li> }.into_any()
        })
        .collect();
    view! {
        <section class="notice stale" aria-labelledby="stale-heading">
            <h2 id="stale-heading">"Out of date"</h2>
            <ul>{stale} {lacking} {(more > 0).then(|| view! { <li>{format!("and {more} more")}</li> })}</ul>
            <form method="post" action="/fn/rebuild_stale" class="row">
                <input type="hidden" name="project" value=project.to_string() />
                <button type="submit" class="primary">"Rebuild only this"</button>
                <label><input type="checkbox" name="review" value="yes" /> " show me the difference first"</label>
            </form>
        </section>
    }
    .into_any()
}

/// How a section stands up to its checks, passed or failed with the reason.
pub(crate) fn checks_view(results: &[CheckResult]) -> AnyView {
    let passed = results.iter().filter(|result| result.passed).count();
    let rows: Vec<AnyView> = results
        .iter()
        .map(|result| {
            let (class, word) = if result.passed { ("pass", "pass") } else { ("fail", "fail") };
            view! {
                <li class=class>
                    <span class="verdict">{word}</span> " " {result.name.clone()} ": " <span class="quiet" dir="auto">{result.reason.clone()}</span>
                </li>
            }
            .into_any()
        })
        .collect();
    let failed = results.len() - passed;
    let summary = if failed == 0 {
        format!("{passed} checks pass")
    } else {
        format!("{failed} of {} checks fail", results.len())
    };
    let is_open = failed > 0;
    view! {
        <details class="checks" data-piece="checks" open=is_open>
            <summary>{summary}</summary>
            <ul role="list">{rows}</ul>
        </details>
    }
    .into_any()
}

/// Likewise as markup, for the stream.
pub(crate) fn checks_html(results: &[CheckResult]) -> String {
    Owner::new().with(|| checks_view(results).to_html())
}

/// The place of a section's checks; a stream fills it later.
pub(crate) fn checks_slot(stage: Stage, checks: &BTreeMap<Stage, Vec<CheckResult>>) -> AnyView {
    let html = checks
        .get(&stage)
        .filter(|results| !results.is_empty())
        .map(|results| checks_html(results))
        .unwrap_or_default();
    view! { <div class="slot" data-slot="checks" inner_html=html></div> }.into_any()
}

/// The bar that the island puts beside a piece. Hidden without it.
#[component]
pub(crate) fn PieceBar() -> impl IntoView {
    view! {
        <div class="piece-bar" data-piece-bar="" hidden role="toolbar" aria-label="This piece">
            <a data-edit="" href="">"Edit"</a>
            <button type="button" data-lock="">"Lock"</button>
        </div>
    }
    .into_any()
}

const KEYS: [(&str, &str); 8] = [
    ("j", "The next piece"),
    ("k", "The piece before"),
    ("e", "Edit the chosen piece"),
    ("l", "Lock it, so that it stays; or unlock it"),
    ("n", "Write a note and make it again"),
    ("s", "Stop"),
    ("Esc", "Leave an edit as it was"),
    ("?", "This help"),
];

/// The sheet of keys. The island opens it; without it there are none.
#[component]
pub(crate) fn KeyHelp() -> impl IntoView {
    let rows = KEYS.map(|(key, does)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div> });
    view! {
        <dialog class="keys" data-help="" aria-labelledby="keys-heading">
            <h2 id="keys-heading">"Keys"</h2>
            <dl>{rows.into_iter().collect_view()}</dl>
            <form method="dialog"><button type="submit">"Close"</button></form>
        </dialog>
    }
    .into_any()
}

/// Addresses as an attribute that the island reads.
pub(crate) fn listed<'a>(addresses: impl Iterator<Item = &'a Address>) -> String {
    addresses.map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
