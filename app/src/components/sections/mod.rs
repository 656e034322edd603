//! The sections of a project, a file each. One piece has one markup, whether it comes with the page or over the stream.

mod architecture;
mod brand;
mod code;
mod design;
mod links;
mod product;
#[cfg(all(test, feature = "ssr"))]
mod tests;

pub(crate) use {code::program_file, links::anchor};

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
pub(crate) const STAGES: [Stage; 5] = Stage::ALL;

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

const DESIGN: [(&str, &str); 6] = [
    ("approach", ""),
    ("screens", "What people see"),
    ("components", "What screens are built from"),
    ("type_scale", "Sizes of type"),
    ("space_scale", "Distances"),
    ("tokens", "Every value by name"),
];

const ARCHITECTURE: [(&str, &str); 9] = [
    ("overview", ""),
    ("diagrams", "How it hangs together"),
    ("roles", "Who may call it"),
    ("tables", "How it is stored"),
    ("operations", "The API"),
    ("decisions", "What was decided"),
    ("deployment", "What runs where"),
    ("capacity", "How much it carries"),
    ("threats", "How it is attacked"),
];

/// The tree is no piece that an engine makes: it is drawn from the files, and anew with each that comes.
const CODE: [(&str, &str); 3] = [("overview", ""), (TREE, "The program"), ("files", "File by file")];
const TREE: &str = "tree";

/// The parts of a stage's section in reading order.
pub(crate) fn parts(stage: Stage) -> impl Iterator<Item = Part> + Clone {
    let parts: &'static [(&str, &str)] = match stage {
        Stage::Product => &PRODUCT,
        Stage::Brand => &BRAND,
        Stage::Design => &DESIGN,
        Stage::Architecture => &ARCHITECTURE,
        Stage::Code => &CODE,
    };
    parts.iter().map(move |(slot, heading)| Part { stage, slot, heading })
}

/// The parts of a stage in the order in which its pieces are made, which is not everywhere the order in which they are read: colours come before
/// the mark that is shown in them, and the names considered before the one that was chosen.
pub(crate) fn parts_as_made(stage: Stage) -> Vec<&'static str> {
    match stage {
        Stage::Brand => vec!["names", "name", "tagline", "palette", "logo", "typography", "voice", "samples"],
        _ => parts(stage).map(|part| part.slot).collect(),
    }
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

/// What pieces stand among.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'a> {
    /// What was made before them.
    pub(crate) sections: &'a Sections,
    /// Below which address the program's files have their pages; `None` where they have none.
    pub(crate) files: Option<&'a str>,
}

/// The markup of every part, so that a page knows what there is before it shows it.
pub(crate) struct Rendered(Vec<(Part, String)>);

impl Rendered {
    pub(crate) fn of(all: Around<'_>) -> Self {
        Self(STAGES.into_iter().flat_map(parts).map(|part| (part, slot_html(part, all))).collect())
    }

    /// The parts that hold something.
    pub(crate) fn held(&self) -> Vec<Part> {
        self.0.iter().filter(|(_, html)| !html.is_empty()).map(|(part, _)| *part).collect()
    }

    /// All sections as far as they are made. Parts without pieces are there but hidden, so that a stream can fill them.
    pub(crate) fn view(self, checks: &BTreeMap<Stage, Vec<CheckResult>>) -> impl IntoView + use<> {
        let held = self.held();
        let mut rendered = self.0;
        let stages = STAGES.map(|stage| {
            let parts: Vec<AnyView> = rendered
                .extract_if(.., |(part, _)| part.stage == stage)
                .map(|(part, html)| part_view(part, html).into_any())
                .collect();
            let checks = checks_slot(stage, checks);
            view! { <StageFrame stage bare=held.iter().all(|part| part.stage != stage)>{parts} {checks}</StageFrame> }
        });
        stages.into_iter().collect_view()
    }
}

/// A section's frame with its heading; its children are its parts. Whether it is bare, and so hidden, a page that is still coming does not
/// know: there the style sheet looks. Elsewhere it must not, since it would look over the whole section again with every piece.
#[component]
pub(crate) fn StageFrame(stage: Stage, #[prop(optional)] bare: Option<bool>, children: Children) -> impl IntoView {
    let (label, heading) = (format!("{stage}-heading"), format!("{stage}-heading"));
    view! {
        <section
            class=if bare.is_some() { "stage" } else { "stage fills" }
            id=stage.as_str()
            data-stage=stage.as_str()
            data-bare=(bare == Some(true)).then_some("")
            aria-labelledby=label
        >
            <h2 id=heading>{stage_title(stage)}</h2>
            {children()}
        </section>
    }
    .into_any()
}

/// One part of a section, with the markup of its pieces.
pub(crate) fn part_view(part: Part, html: String) -> impl IntoView + use<> {
    let label = format!("{}-{}", part.stage, part.slot);
    let heading = (!part.heading.is_empty()).then(|| view! { <h3 id=label.clone()>{part.heading}</h3> });
    let labelled = heading.is_some().then(|| label.clone());
    // A heading is the place of its part; without one, the part itself is.
    let id = heading.is_none().then(|| label.clone());
    let bare = html.is_empty().then_some("");
    view! {
        <section class=format!("part {}", part.slot) id=id data-bare=bare aria-labelledby=labelled>
            {heading}
            // As text, so that nothing but pieces stands between them: a streamed page is then the same as a loaded one.
            <div class="slot" data-slot=part.slot inner_html=html></div>
        </section>
    }
}

/// The markup of all pieces of a part.
pub(crate) fn slot_html(part: Part, all: Around<'_>) -> String {
    Owner::new().with(|| html(pieces(all.sections, all, part.stage, part.slot)))
}

/// The markup of a piece that stands alone in its section, for the stream: the same as on the page with everything `around` it. Empty
/// when there is no such piece.
pub(crate) fn piece_html(alone: &Sections, around: Around<'_>, stage: Stage, path: &PiecePath) -> String {
    Owner::new().with(|| html(pieces(alone, around, stage, path.part())))
}

/// What has to be drawn anew when a piece has come: a part that is made of pieces of another, and its markup.
pub(crate) fn drawn_from(all: Around<'_>, stage: Stage, path: &PiecePath) -> Option<(&'static str, String)> {
    (stage == Stage::Code && path.part() == "files")
        .then(|| (TREE, Owner::new().with(|| html(pieces(all.sections, all, stage, TREE)))))
}

/// Whether a part is whole only when its stage is.
pub(crate) fn is_drawn_from_others(part: Part) -> bool {
    part.stage == Stage::Code && part.slot == TREE
}

fn html(pieces: Vec<AnyView>) -> String {
    pieces.into_iter().map(RenderHtml::to_html).collect()
}

/// The pieces that `shown` has of a part, as views. They may take from `around` what was made before them and nothing else, so that a
/// piece looks the same whenever it is shown: what its stage needs, and what stands before it in its own list.
fn pieces(shown: &Sections, around: Around<'_>, stage: Stage, slot: &str) -> Vec<AnyView> {
    let among = around.sections;
    match stage {
        Stage::Product => product::pieces(&shown.product, slot),
        Stage::Brand => brand::pieces(&shown.brand, &among.brand, slot),
        Stage::Design => design::pieces(&shown.design, among, slot),
        Stage::Architecture => architecture::pieces(&shown.architecture, among, slot),
        Stage::Code => code::pieces(&shown.code, around.files, slot),
    }
}

fn running_text(slot: &'static str, text: &str) -> Vec<AnyView> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![view! { <p class="running" data-piece=slot dir="auto">{with_code(text)}</p> }.into_any()]
}

/// Text whose words between backticks are words of a program.
fn with_code(text: &str) -> AnyView {
    with_marks(text, '`', |words| view! { <code>{words}</code> }.into_any())
}

/// Text whose words between two of a mark are shown in their own way.
fn with_marks(text: &str, mark: char, show: fn(String) -> AnyView) -> AnyView {
    let parts: Vec<String> = text.split(mark).map(str::to_owned).collect();
    // A mark without its partner is just a mark, and most texts have none.
    if parts.len() == 1 || parts.len().is_multiple_of(2) {
        return text.to_owned().into_any();
    }
    let told = parts.into_iter().enumerate();
    let told = told.map(|(at, part)| if at.is_multiple_of(2) { part.into_any() } else { show(part) });
    told.collect_view().into_any()
}

/// Words of the directive, marked as such.
fn words(words: Vec<String>) -> impl IntoView {
    let last = words.len().saturating_sub(1);
    let marked = words.into_iter().enumerate().map(move |(at, word)| {
        view! { <q dir="auto">{word}</q> {(at < last).then_some(", ")} }
    });
    marked.collect_view()
}
