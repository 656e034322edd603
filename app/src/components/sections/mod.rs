//! The sections of a project, a file each. One piece has one markup, whether it comes with the page or over the stream.

mod brand;
mod product;

use std::collections::BTreeMap;

use leptos::prelude::*;
use model::{CheckResult, PiecePath, Stage, sections::Sections};

use super::workbench::checks_slot;

/// A part of a section: the address its pieces begin with, and its heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) stage: Stage,
    pub(crate) slot: &'static str,
    pub(crate) heading: &'static str,
}

/// The stages that have a section, in reading order.
pub(crate) const STAGES: [Stage; 2] = [Stage::Product, Stage::Brand];

const PRODUCT: [(&str, &str); 10] = [
    ("basis", ""),
    ("summary", ""),
    ("problem", "The problem"),
    ("personas", "Who it is for"),
    ("features", "What they can do"),
    ("entities", "What it keeps"),
    ("journeys", "How it goes"),
    ("metrics", "How you know it works"),
    ("risks", "What can go wrong"),
    ("out_of_scope", "Left out on purpose"),
];

const BRAND: [(&str, &str); 8] = [
    ("name", ""),
    ("tagline", ""),
    ("logo", "The mark"),
    ("palette", "Colours"),
    ("typography", "Type"),
    ("voice", "How it speaks"),
    ("samples", "In its own words"),
    ("names", "Names considered"),
];

/// The parts of a stage's section in reading order.
pub(crate) fn parts(stage: Stage) -> impl Iterator<Item = Part> + Clone {
    let parts: &'static [(&str, &str)] = match stage {
        Stage::Product => &PRODUCT,
        Stage::Brand => &BRAND,
        Stage::Design | Stage::Architecture | Stage::Code => &[],
    };
    parts.iter().map(move |(slot, heading)| Part { stage, slot, heading })
}

/// What a section is called on a page.
pub(crate) fn stage_title(stage: Stage) -> &'static str {
    match stage {
        Stage::Product => "Product",
        Stage::Brand => "Brand",
        Stage::Design => "Design",
        Stage::Architecture => "Architecture",
        Stage::Code => "Code",
    }
}

/// All sections as far as they are made. Parts without pieces are there but hidden, so that a stream can fill them.
pub(crate) fn sections_view(sections: &Sections, checks: &BTreeMap<Stage, Vec<CheckResult>>) -> impl IntoView + use<> {
    let stages = STAGES.map(|stage| {
        let parts = parts(stage).map(|part| part_view(part, sections)).collect_view();
        let checks = checks_slot(stage, checks);
        view! { <StageFrame stage>{parts} {checks}</StageFrame> }
    });
    stages.into_iter().collect_view()
}

/// A section's frame with its heading; its children are its parts.
#[component]
pub(crate) fn StageFrame(stage: Stage, children: Children) -> impl IntoView {
    let (label, heading) = (format!("{stage}-heading"), format!("{stage}-heading"));
    view! {
        <section class="stage" id=stage.as_str() data-stage=stage.as_str() aria-labelledby=label>
            <h2 id=heading>{stage_title(stage)}</h2>
            {children()}
        </section>
    }
    .into_any()
}

/// One part of a section.
pub(crate) fn part_view(part: Part, sections: &Sections) -> impl IntoView + use<> {
    let label = format!("{}-{}", part.stage, part.slot);
    let heading = (!part.heading.is_empty()).then(|| view! { <h3 id=label.clone()>{part.heading}</h3> });
    let labelled = heading.is_some().then_some(label);
    view! {
        <section class=format!("part {}", part.slot) aria-labelledby=labelled>
            {heading}
            // As text, so that nothing but pieces stands between them: a streamed page is then the same as a loaded one.
            <div class="slot" data-slot=part.slot inner_html=html(pieces(sections, part.stage, part.slot))></div>
        </section>
    }
}

/// The markup of one piece, for the stream; empty when the section has no such piece.
pub(crate) fn piece_html(sections: &Sections, stage: Stage, path: &PiecePath) -> String {
    Owner::new().with(|| html(pieces(sections, stage, path.part())))
}

fn html(pieces: Vec<AnyView>) -> String {
    pieces.into_iter().map(RenderHtml::to_html).collect()
}

fn pieces(sections: &Sections, stage: Stage, slot: &str) -> Vec<AnyView> {
    match stage {
        Stage::Product => product::pieces(&sections.product, slot),
        Stage::Brand => brand::pieces(&sections.brand, slot),
        Stage::Design | Stage::Architecture | Stage::Code => Vec::new(),
    }
}

fn running_text(slot: &'static str, text: &str) -> Vec<AnyView> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![view! { <p class="running" data-piece=slot dir="auto">{text.to_owned()}</p> }.into_any()]
}

/// Words of the directive, marked as such.
fn words(words: Vec<String>) -> impl IntoView {
    let last = words.len().saturating_sub(1);
    let marked = words.into_iter().enumerate().map(move |(at, word)| {
        view! { <q dir="auto">{word}</q> {(at < last).then_some(", ")} }
    });
    marked.collect_view()
}
