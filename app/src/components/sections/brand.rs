//! The brand section. Its colours come as attributes of small drawings: the page allows no styles of its own making.

use leptos::prelude::*;
use model::{
    sections::{Brand, ChosenName, Colour, Contrast, Logo, NameCandidate, Sample, Tone, Typeface, Typography, Voice},
    svg,
};

use super::{links::anchor, running_text, with_marks};

/// The pieces of a part as views; a mark is shown in the colours of the palette that is there.
pub(super) fn pieces(brand: &Brand, among: &Brand, slot: &str) -> Vec<AnyView> {
    match slot {
        "name" => brand.name.iter().map(|name| name_view(name).into_any()).collect(),
        "tagline" => running_text("tagline", &brand.tagline),
        "logo" => brand.logo.iter().filter_map(|logo| logo_view(logo, among)).collect(),
        "palette" => brand.palette.iter().map(|colour| colour_view(colour).into_any()).collect(),
        "typography" => brand.typography.iter().map(|pair| typography_view(pair).into_any()).collect(),
        "voice" => brand.voice.iter().map(|voice| voice_view(voice).into_any()).collect(),
        "samples" => brand.samples.iter().map(|sample| sample_view(sample).into_any()).collect(),
        "names" => brand.names.iter().map(|candidate| candidate_view(candidate).into_any()).collect(),
        _ => Vec::new(),
    }
}

fn name_view(name: &ChosenName) -> impl IntoView + use<> {
    view! {
        <div class="chosen-name" data-piece="name">
            <p class="wordmark" dir="auto">{name.name.clone()}</p>
            <p class="quiet" dir="auto">{name.reason.clone()}</p>
        </div>
    }
}

/// The mark on the grounds it has to stand on, and as small as it will be.
fn logo_view(logo: &Logo, brand: &Brand) -> Option<AnyView> {
    // Whoever stored it has checked it; this is where it would do harm.
    svg::check(&logo.svg).ok()?;
    let light = Ground::of(brand, |colour| &colour.light);
    let dark = Ground::of(brand, |colour| &colour.dark);
    let grounds = [
        light.plate(logo, "On paper"),
        light.on_accent().plate(logo, "On the accent"),
        dark.plate(logo, "In the dark"),
    ];
    let sizes = [32, 24, 16].map(|pixels| {
        let mark = light.mark(logo, &format!("width=\"{pixels}\" height=\"{pixels}\" aria-hidden=\"true\""));
        view! { <li><span inner_html=mark></span> <span class="quiet">{pixels} " px"</span></li> }
    });
    let view = view! {
        <figure class="mark" data-piece="logo">
            <ul class="plates" role="list">{grounds.into_iter().collect_view()}</ul>
            <ul class="sizes" role="list" aria-label="Small sizes">{sizes.into_iter().collect_view()}</ul>
            <figcaption dir="auto">{logo.idea.clone()} "."</figcaption>
        </figure>
    };
    Some(view.into_any())
}

/// The colours a mark is shown in.
#[derive(Clone)]
struct Ground {
    paper: String,
    ink: String,
    accent: String,
    on_accent: String,
}

impl Ground {
    /// A theme's; the page's own where the palette is not made yet.
    fn of(brand: &Brand, theme: fn(&Colour) -> &Tone) -> Self {
        let role = |role: &str, otherwise: &str| {
            brand.colour(role).map_or_else(|| otherwise.to_owned(), |colour| theme(colour).hex.clone())
        };
        Self {
            paper: role("paper", "Canvas"),
            ink: role("ink", "currentColor"),
            accent: role("accent", "currentColor"),
            on_accent: role("on-accent", "Canvas"),
        }
    }

    /// One colour on the accent.
    fn on_accent(&self) -> Self {
        Self { paper: self.accent.clone(), ink: self.on_accent.clone(), accent: self.on_accent.clone(), ..self.clone() }
    }

    fn mark(&self, logo: &Logo, attributes: &str) -> String {
        // The names of the properties first: their fallbacks hold the other's words.
        let coloured = logo
            .svg
            .replace("var(--mark-accent, currentColor)", &self.accent)
            .replace("var(--mark-paper, Canvas)", &self.paper)
            .replace("currentColor", &self.ink);
        coloured.replacen("<svg ", &format!("<svg {attributes} "), 1)
    }

    fn plate(&self, logo: &Logo, label: &'static str) -> impl IntoView + use<> {
        let mark = self.mark(logo, "x=\"40\" y=\"24\" width=\"80\" height=\"80\"");
        let drawing = format!(
            "<svg class=\"plate\" viewBox=\"0 0 160 128\" role=\"img\" aria-label=\"{label}\"><rect width=\"160\" height=\"128\" fill=\"{}\"/>{mark}</svg>",
            self.paper
        );
        view! { <li><span inner_html=drawing></span> <span class="quiet" aria-hidden="true">{label}</span></li> }
    }
}

fn colour_view(colour: &Colour) -> impl IntoView + use<> {
    view! {
        <article class="colour" id=anchor("palette", &colour.id) data-piece=format!("palette/{}", colour.id)>
            <h4 dir="auto">{colour.name.clone()}</h4>
            <p class="use"><code>{colour.id.clone()}</code> " " <span class="quiet" dir="auto">{colour.purpose.clone()}</span></p>
            <div class="tones">{tone_view("Light", &colour.light)} {tone_view("Dark", &colour.dark)}</div>
        </article>
    }
}

fn tone_view(theme: &'static str, tone: &Tone) -> impl IntoView + use<> {
    let contrasts = tone.contrasts.iter().map(contrast_view).collect_view();
    let stated = (!tone.contrasts.is_empty()).then(|| view! { <ul class="contrasts" role="list">{contrasts}</ul> });
    view! {
        <div class="tone">
            <svg class="chip" viewBox="0 0 8 4" preserveAspectRatio="none" aria-hidden="true">
                <rect width="8" height="4" fill=tone.hex.clone()></rect>
            </svg>
            <p><span class="label">{theme}</span> " " <code>{tone.hex.clone()}</code></p>
            <p class="quiet"><code>{tone.oklch.clone()}</code></p>
            {stated}
        </div>
    }
}

fn contrast_view(contrast: &Contrast) -> impl IntoView + use<> {
    let verdict = match (contrast.ratio >= contrast.needs, contrast.needs < 4.5) {
        (true, false) => "AA",
        (true, true) => "AA for controls",
        (false, _) => "below AA",
    };
    view! { <li>{format!("{:.1} : 1", floored(contrast.ratio))} " on " {contrast.on.clone()} " · " {verdict}</li> }
}

/// To one decimal, never up: 4.49 is not 4.5.
fn floored(ratio: f64) -> f64 {
    (ratio * 10.0).floor() / 10.0
}

fn typography_view(pair: &Typography) -> impl IntoView + use<> {
    view! {
        <div class="pair" data-piece="typography">
            <div class="faces">{face_view("Headings", &pair.display)} {face_view("Text", &pair.text)}</div>
            <p dir="auto">{pair.reason.clone()}</p>
            <p class="quiet note">
                "Shown in letters of this site or your system: no typefaces are loaded from elsewhere here."
            </p>
        </div>
    }
}

fn face_view(what: &'static str, face: &Typeface) -> impl IntoView + use<> {
    let kind = if face.stack.ends_with("sans-serif") { "specimen sans" } else { "specimen serif" };
    let weights: Vec<String> = face.weights.iter().map(ToString::to_string).collect();
    view! {
        <article class="face">
            <p class="label">{what}</p>
            <h4 class=kind>{face.family.clone()}</h4>
            <dl>
                <div><dt>"Weights"</dt><dd>{weights.join(", ")}</dd></div>
                <div><dt>"Stack"</dt><dd><code>{face.stack.clone()}</code></dd></div>
                <div><dt>"Licence"</dt><dd>{face.licence.clone()}</dd></div>
            </dl>
        </article>
    }
}

fn voice_view(voice: &Voice) -> impl IntoView + use<> {
    let traits = voice.traits.clone().into_iter().map(|one| {
        view! { <div><dt>{one.name}</dt><dd dir="auto">{one.meaning}</dd></div> }
    });
    let list = |lines: &[String]| lines.iter().cloned().map(|line| view! { <li dir="auto">{line}</li> }).collect_view();
    view! {
        <div class="speech" data-piece="voice">
            <dl class="traits">{traits.collect_view()}</dl>
            <div class="rules">
                <div class="dos"><h4>"Do"</h4><ul role="list">{list(&voice.dos)}</ul></div>
                <div class="donts"><h4>"Don’t"</h4><ul role="list">{list(&voice.donts)}</ul></div>
            </div>
        </div>
    }
}

fn sample_view(sample: &Sample) -> impl IntoView + use<> {
    view! {
        <article class=format!("sample {}", sample.id) id=anchor("samples", &sample.id) data-piece=format!("samples/{}", sample.id)>
            <h4 dir="auto">{sample.place.clone()}</h4>
            <p dir="auto">{sample.text.clone()}</p>
        </article>
    }
}

fn candidate_view(candidate: &NameCandidate) -> impl IntoView + use<> {
    let marks = candidate.marks.clone().into_iter().map(|mark| {
        view! { <div><dt>{mark.about}</dt><dd><span class="points">{mark.points}</span> " " <span class="quiet">{mark.why}</span></dd></div> }
    });
    view! {
        <article class="candidate" id=anchor("names", &candidate.id) data-piece=format!("names/{}", candidate.id)>
            <header>
                <h4 dir="auto">{candidate.name.clone()}</h4>
                <p class="score">{candidate.score} <span class="quiet">" of 100"</span></p>
            </header>
            <p dir="auto">{emphasised(&candidate.reason)}</p>
            <details>
                <summary>"Why " {candidate.score}</summary>
                <dl class="marks">{marks.collect_view()}</dl>
            </details>
        </article>
    }
}

/// Words between asterisks are words spoken about, and set in italics.
fn emphasised(text: &str) -> AnyView {
    with_marks(text, '*', |words| view! { <em>{words}</em> }.into_any())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use std::{env, fs};

    use model::{Directive, PiecePath, Stage, sections::Sections};
    use server::composer::Composer;

    use super::super::{Around, Rendered, parts, piece_html};
    use super::*;

    fn made(directive: &str) -> Sections {
        let composer = Composer::new().unwrap();
        let directive = Directive::parse(directive).unwrap();
        let product = composer.product(&directive, None);
        let brand = composer.brand(&directive, None, &product);
        Sections { product, brand, ..Sections::default() }
    }

    fn around(sections: &Sections) -> Around<'_> {
        Around { sections, files: None }
    }

    #[test]
    fn every_piece_has_markup_of_its_own_that_says_where_it_belongs_and_brings_no_styles() {
        let sections =
            made("A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading");
        for piece in sections.brand.pieces() {
            let html =
                piece_html(&sections, around(&sections), Stage::Brand, &PiecePath::parse(piece.path.part()).unwrap());
            assert!(html.contains(&format!("data-piece=\"{}\"", piece.path)), "{} in {html}", piece.path);
            assert!(!html.contains("style=") && !html.contains("var(--mark"), "{html}");
        }
        assert!(parts(Stage::Brand).all(|part| {
            !piece_html(&sections, around(&sections), Stage::Brand, &PiecePath::parse(part.slot).unwrap()).is_empty()
        }));
    }

    #[test]
    fn a_mark_that_could_act_is_not_shown() {
        let mut sections = made("Invoice tracker");
        sections.brand.logo = Some(Logo { idea: "A trap".into(), svg: "<svg onload=\"alert(1)\"></svg>".into() });
        assert!(pieces(&sections.brand, &sections.brand, "logo").is_empty());
    }

    #[test]
    fn asterisks_in_pairs_set_words_in_italics() {
        let html = |text: &str| Owner::new().with(|| emphasised(text).to_html());
        assert!(html("*patch*, the cable").contains("<em>patch</em>"));
        assert!(!html("five * stars").contains("<em>"));
    }

    /// `cargo test -p app --features ssr --lib sheet -- --ignored` writes a page to look at.
    #[test]
    #[ignore = "writes a page for people to look at"]
    fn sheet() {
        let mut sections = made(
            &env::var("DIRECTIVE").unwrap_or_else(|_| "Help beekeepers log hive inspections, even offline".to_owned()),
        );
        sections.product = model::sections::Product::default();
        let body =
            Owner::new().with(|| Rendered::of(around(&sections)).view(&std::collections::BTreeMap::new()).to_html());
        let css = concat!(env!("CARGO_MANIFEST_DIR"), "/../style/main.css");
        let page = format!(
            "<!doctype html><meta charset=utf-8><link rel=stylesheet href=\"file://{css}\"><main class=\"project\">{body}</main>"
        );
        fs::write(env::temp_dir().join("atlas9-brand.html"), page).unwrap();
    }
}
