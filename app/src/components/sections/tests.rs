//! What holds for the pieces of every section.

use std::{collections::HashSet, env, fs, sync::LazyLock};

use model::{Directive, Piece};
use serde_json::Value;
use server::composer::Composer;

use super::*;
use crate::pages::styleguide::sample;

const HOSTILE: &str = "\"'></code></pre></a><script>alert(1)</script><img src=x onerror=alert(1)>";

/// A product and a brand as the composer makes them, with the later sections of the style guide.
static WHOLE: LazyLock<Sections> =
    LazyLock::new(|| made("A register of bridges where engineers record their condition, even offline"));

fn made(directive: &str) -> Sections {
    let composer = Composer::new().unwrap();
    let directive = Directive::parse(directive).unwrap();
    let product = composer.product(&directive, None);
    let brand = composer.brand(&directive, None, &product);
    Sections { product, brand, ..sample::sections() }
}

/// Everything of some sections, with pages for files.
fn whole(sections: &Sections) -> Around<'_> {
    Around { sections, files: Some("/projects/x/files") }
}

fn page_html(sections: &Sections) -> String {
    Owner::new().with(|| Rendered::of(whole(sections)).view(&BTreeMap::new()).to_html())
}

/// A piece as the stream shows it, when what came before it is there.
fn streamed(so_far: &mut Sections, stage: Stage, piece: &Piece) -> String {
    so_far.apply(stage, piece).unwrap();
    let mut alone = Sections::default();
    alone.apply(stage, piece).unwrap();
    piece_html(&alone, whole(so_far), stage, &piece.path)
}

#[test]
fn every_part_shows_something_of_a_whole_project() {
    for stage in STAGES {
        for part in parts(stage) {
            assert!(!slot_html(part, whole(&WHOLE)).is_empty(), "{stage} {}", part.slot);
        }
    }
}

#[test]
fn every_piece_has_markup_of_its_own_that_says_where_it_belongs_and_brings_no_styles() {
    for stage in STAGES {
        let mut so_far = Sections::default();
        for piece in WHOLE.pieces(stage) {
            let html = streamed(&mut so_far, stage, &piece);
            assert_eq!(html.matches("data-piece=").count(), 1, "{html}");
            assert!(html.contains(&format!("data-piece=\"{}\"", piece.path)), "{} in {html}", piece.path);
            assert!(!html.contains("style=") && !html.contains("<script") && !html.contains("<style"), "{html}");
            if let Some(id) = piece.path.id() {
                assert!(
                    html.contains(&format!(" id=\"{}-{id}\"", piece.path.part())),
                    "{} can be linked to",
                    piece.path
                );
            }
        }
    }
}

#[test]
fn what_streams_in_becomes_what_a_page_loads() {
    for sections in [WHOLE.clone(), sample::sections()] {
        let mut so_far = Sections::default();
        for stage in STAGES {
            let mut slots: Vec<(Part, String)> = parts(stage).map(|part| (part, String::new())).collect();
            for piece in sections.pieces(stage) {
                let html = streamed(&mut so_far, stage, &piece);
                let drawn = drawn_from(whole(&so_far), stage, &piece.path);
                for (part, held) in &mut slots {
                    if part.slot == piece.path.part() {
                        held.push_str(&html);
                    }
                    if let Some((_, html)) = drawn.as_ref().filter(|(slot, _)| *slot == part.slot) {
                        held.clone_from(html);
                    }
                }
            }
            for (part, held) in slots {
                assert_eq!(held, slot_html(part, whole(&sections)), "{stage} {}", part.slot);
            }
        }
    }
}

#[test]
fn parts_are_made_in_the_order_that_pages_wait_for() {
    for stage in STAGES {
        let order = parts_as_made(stage);
        let place = |slot: &str| order.iter().position(|made| *made == slot).unwrap();
        let made: Vec<usize> = WHOLE.pieces(stage).iter().map(|piece| place(piece.path.part())).collect();
        assert!(made.is_sorted(), "{stage}: {made:?}");
        assert!(parts(stage).all(|part| order.contains(&part.slot)) && order.len() == parts(stage).count(), "{stage}");
    }
}

#[test]
fn a_piece_that_comes_again_looks_as_it_did() {
    let sections = &*WHOLE;
    let mut so_far = sections.clone();
    for stage in STAGES {
        for piece in sections.pieces(stage) {
            let html = streamed(&mut so_far, stage, &piece);
            assert!(
                parts(stage).any(|part| slot_html(part, whole(sections)).contains(&html)),
                "{stage} {}",
                piece.path
            );
        }
    }
}

#[test]
fn links_lead_to_pieces_that_are_there_and_no_two_have_one_id() {
    let page = page_html(&sample::sections());
    let values = |name: &str| -> Vec<String> {
        page.split(name).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    };
    let ids = values(" id=\"");
    let known: HashSet<&String> = ids.iter().collect();
    assert_eq!(known.len(), ids.len(), "{ids:?}");
    let links = values("href=\"#");
    assert!(links.len() > 20);
    for link in links {
        assert!(known.contains(&link), "{link} in {ids:?}");
    }
}

#[test]
fn hostile_words_are_words_wherever_they_stand() {
    let sections = &*WHOLE;
    for stage in STAGES {
        let content: Value = serde_json::from_str(&sections.content(stage).unwrap()).unwrap();
        let mut places = Vec::new();
        strings(&content, String::new(), &mut places);
        let all = poisoned(stage, content, &places);
        let mut hostile = Sections::default();
        hostile.restore(stage, &all.to_string()).unwrap();
        let page = page_html(&hostile);
        assert!(page.contains("alert(1)"), "{stage}");
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("\"'>"), "{stage}");
    }
}

/// The content with hostile words in these places, but where there must be one of a few words.
fn poisoned(stage: Stage, content: Value, places: &[String]) -> Value {
    let mut all = content.clone();
    for place in places {
        *all.pointer_mut(place).unwrap() = HOSTILE.into();
    }
    if Sections::default().restore(stage, &all.to_string()).is_ok() {
        return all;
    }
    if places.len() < 2 {
        return content;
    }
    let (some, others) = places.split_at(places.len() / 2);
    poisoned(stage, poisoned(stage, content, some), others)
}

/// JSON pointers to every string.
fn strings(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| strings(item, format!("{at}/{index}"), found));
        }
        Value::Object(fields) => fields.iter().for_each(|(name, field)| strings(field, format!("{at}/{name}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn drawings_that_could_act_are_not_shown_and_what_belongs_to_them_is() {
    let mut sections = sample::sections();
    let trap = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"></svg>";
    sections.design.screens[0].wireframe = trap.into();
    sections.architecture.diagrams[0].svg = trap.into();
    let page = page_html(&sections);
    assert!(!page.contains("onload"));
    assert!(
        page.contains(&sections.design.screens[0].title) && page.contains(&sections.architecture.diagrams[0].about)
    );
}

#[test]
fn a_figure_beyond_measure_does_not_break_the_page() {
    let mut sections = sample::sections();
    sections.design.type_scale[0].size = 1e300;
    sections.design.type_scale[0].line_height = -1e300;
    sections.design.space_scale[0].pixels = u16::MAX;
    let page = page_html(&sections);
    assert!(page.contains("font-size=\"8rem\"") && page.contains("width=\"600\""));
}

/// `cargo test -p app --features ssr --lib sections::tests::sheet -- --ignored` writes a page to look at. `DIRECTIVE` and
/// `SECTIONS` say what: the latter names a file with sections as JSON, by stage.
#[test]
#[ignore = "writes a page for people to look at"]
fn sheet() {
    let mut sections = env::var("DIRECTIVE").map_or_else(|_| WHOLE.clone(), |directive| made(&directive));
    if let Ok(file) = env::var("SECTIONS") {
        let stored: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        for stage in STAGES.into_iter().filter(|stage| stored.get(stage.as_str()).is_some()) {
            sections.restore(stage, &stored[stage.as_str()].to_string()).unwrap();
        }
    }
    let rendered = Rendered::of(whole(&sections));
    let held = Some(rendered.held());
    let body = Owner::new().with(|| {
        view! { <crate::components::layout::Contents made=held /> {rendered.view(&BTreeMap::new())} }.to_html()
    });
    let css = concat!(env!("CARGO_MANIFEST_DIR"), "/../style/main.css");
    for theme in ["light", "dark"] {
        let page = format!(
            "<!doctype html><html lang=en data-theme={theme}><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>Sections</title><link rel=stylesheet href=\"file://{css}\"><main><article class=\"project\"><header class=\"project-head\"><h1>Sections</h1></header>{body}</article></main></html>"
        );
        fs::write(env::temp_dir().join(format!("atlas9-{theme}.html")), page).unwrap();
    }
}
