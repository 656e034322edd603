use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf, sync::LazyLock};

use model::{
    sections::{Entity, Field, Scheme, ScreenKind, Token, TokenKind, alias},
    svg,
};
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use serde_json::Value;

use crate::{
    composer::{Files, tests::golden::directives},
    markdown,
};

use super::*;

static COMPOSER: LazyLock<Composer> = LazyLock::new(|| Composer::new().unwrap());

const SYNTHESIZERS: &str =
    "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading";

/// Designs kept as golden files, to be read as a diff after every change of knowledge or code.
/// `ATLAS9_BLESS=1 cargo test -p server golden` writes them anew.
const GOLDEN: [&str; 6] = ["synthesizers", "beekeepers", "invented", "pharmacy", "german", "couriers"];

fn parse(text: &str) -> Directive {
    Directive::parse(text).unwrap()
}

fn design(text: &str, note: Option<&str>) -> (Product, Design) {
    let directive = parse(text);
    let product = COMPOSER.product(&directive, None);
    let design = COMPOSER.design(&directive, note, &product, None);
    (product, design)
}

#[test]
fn golden_designs_are_what_the_composer_says_today() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    #[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the tests")]
    let bless = std::env::var_os("ATLAS9_BLESS").is_some();
    let all = directives();
    for name in GOLDEN {
        let (_, design) = design(&all[name], None);
        let mut said = markdown::design(&parse(&all[name]), &design);
        said.push_str("\n## Words in the wireframes\n\n");
        for screen in &design.screens {
            let _ = writeln!(said, "- {}: {}", screen.id, words(&screen.wireframe).join(" · "));
        }
        let file = folder.join(format!("design-{name}.md"));
        if bless {
            fs::write(&file, &said).unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap_or_default(), said, "{name}");
    }
}

/// The words of a drawing, its title left out.
fn words(svg: &str) -> Vec<String> {
    let texts = svg.split("<text ").skip(1).filter_map(|text| text.split_once('>')?.1.split_once("</text>"));
    texts.map(|(words, _)| words.to_owned()).collect()
}

/// What every design must be, whatever it is for.
fn assert_sound(product: &Product, design: &Design, directive: &str) {
    let unique = |ids: Vec<&str>| assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{ids:?}");
    unique(design.tokens.iter().map(|token| token.id.as_str()).collect());
    unique(design.screens.iter().map(|screen| screen.id.as_str()).collect());
    unique(design.screens.iter().map(|screen| screen.title.as_str()).collect());
    unique(design.components.iter().map(|component| component.id.as_str()).collect());
    assert!(!design.approach.is_empty() && design.approach.len() < 900, "{directive:?}");
    assert_tokens(design);
    assert!(design.type_scale.is_sorted_by(|a, b| a.size >= b.size) && (6..=7).contains(&design.type_scale.len()));
    assert!(design.space_scale.is_sorted_by_key(|step| step.pixels) && design.space_scale.len() == 7);
    let count = design.components.len();
    assert!(product.entities.is_empty() || (8..=16).contains(&count), "{count} components for {directive:?}");
    for screen in &design.screens {
        assert!((3..=5).contains(&screen.states.len()), "{:?} of {directive:?}", screen.states);
        assert!(!screen.title.is_empty() && !screen.purpose.is_empty());
        assert!(screen.features.iter().all(|id| product.features.iter().any(|feature| feature.id == *id)));
        assert!(screen.entities.iter().all(|id| product.entity(id).is_some()));
        assert!(screen.leads_to.iter().all(|id| design.screen(id).is_some() && *id != screen.id), "{screen:?}");
        assert!(screen.components.iter().all(|id| design.components.iter().any(|component| component.id == *id)));
        assert_drawing(&screen.wireframe);
    }
    for component in &design.components {
        assert!(design.screens.iter().any(|screen| screen.components.contains(&component.id)), "{}", component.id);
        assert!(component.tokens.iter().all(|id| design.tokens.iter().any(|token| token.id == *id)), "{component:?}");
        assert!(!component.name.is_empty() && !component.purpose.is_empty(), "{component:?}");
    }
    let mut again = Design::default();
    for piece in design.pieces() {
        again.apply(&piece).unwrap();
    }
    assert_eq!(&again, design, "pieces put together for {directive:?}");
}

/// Every alias resolves in both themes, to a token of its own type that comes before it.
fn assert_tokens(design: &Design) {
    for (at, token) in design.tokens.iter().enumerate() {
        for scheme in [Scheme::Light, Scheme::Dark] {
            let value = token.value(scheme);
            match alias(value) {
                Some(name) => {
                    let target = design.tokens[..at].iter().find(|target| target.name() == name);
                    assert_eq!(target.map(|target| target.kind), Some(token.kind), "{} → {name}", token.id);
                }
                None => assert!(fits(token, value), "{token:?}"),
            }
        }
    }
}

/// Whether a value has the shape that its type has in the Design Tokens format.
fn fits(token: &Token, value: &Value) -> bool {
    let measured = |units: [&str; 2]| value["value"].is_number() && units.contains(&value["unit"].as_str().unwrap());
    match token.kind {
        TokenKind::Color => {
            value["components"].as_array().unwrap().len() == 3 && value["hex"].as_str().unwrap().len() == 7
        }
        TokenKind::Dimension => measured(["px", "rem"]),
        TokenKind::Duration => measured(["ms", "s"]),
        TokenKind::FontFamily => value.as_array().is_some_and(|names| !names.is_empty()),
        TokenKind::FontWeight => (1..=1000).contains(&value.as_u64().unwrap()),
        TokenKind::Number => value.is_number(),
        TokenKind::CubicBezier => value.as_array().unwrap().len() == 4,
    }
}

/// A drawing is harmless, small, and lets no word run out of it.
fn assert_drawing(drawing: &str) {
    svg::check(drawing).unwrap();
    assert!((1_000..9_000).contains(&drawing.len()), "{} bytes", drawing.len());
    assert!(drawing.contains("role=\"img\"") && drawing.contains("<title>"), "{drawing}");
    for text in drawing.split("<text ").skip(1) {
        let at = |name: &str| -> f64 {
            text.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
        };
        assert!((0.0..=640.0).contains(&at("x")) && (0.0..=420.0).contains(&at("y")), "{text}");
    }
}

#[test]
fn very_different_directives_get_sound_designs_in_clean_english() {
    for (name, directive) in directives() {
        let (product, design) = design(&directive, None);
        assert_sound(&product, &design, &directive);
        for sentence in sentences(&design) {
            for slip in ["{", "}", "  ", " a a ", " a an ", " an a ", " the the ", "..", "a some ", " ,"] {
                assert!(!sentence.contains(slip), "{slip:?} in {sentence:?} for {name}");
            }
        }
    }
}

/// Everything a design says, but for what holds for every product: access, tokens.
fn sentences(design: &Design) -> BTreeSet<String> {
    let mut all = vec![design.approach.clone()];
    for screen in &design.screens {
        all.extend([screen.title.clone(), screen.purpose.clone()]);
        all.extend(screen.states.iter().flat_map(|state| [state.name.clone(), state.shows.clone()]));
    }
    all.extend(design.components.iter().flat_map(|component| [component.name.clone(), component.purpose.clone()]));
    // Names such as "Button" and "empty" are no sentences.
    all.into_iter().filter(|text| text.split(' ').count() > 3).collect()
}

#[test]
fn two_products_of_one_kind_read_and_look_different() {
    let (_, one) = design(SYNTHESIZERS, None);
    let (_, other) = design("A marketplace for used wedding dresses", None);
    let shared = sentences(&one).intersection(&sentences(&other)).count();
    let least = sentences(&one).len().min(sentences(&other).len());
    assert!(shared * 100 / least < 40, "{shared} of {least} sentences are the same");
    let drawn = |design: &Design| design.screens.iter().map(|screen| screen.wireframe.clone()).collect::<BTreeSet<_>>();
    assert_eq!(drawn(&one).intersection(&drawn(&other)).count(), 0);
}

#[test]
fn a_wireframe_speaks_of_its_product() {
    let (product, design) = design(SYNTHESIZERS, None);
    for screen in &design.screens {
        let own: BTreeSet<String> = screen
            .entities
            .iter()
            .filter_map(|id| product.entity(id))
            .flat_map(|entity| {
                let fields = entity.fields.iter().map(|field| field.name.to_lowercase());
                fields.chain(entity.states.iter().cloned()).chain([entity.name.to_lowercase()])
            })
            .collect();
        let said = words(&screen.wireframe).into_iter().map(|word| word.to_lowercase()).collect::<BTreeSet<_>>();
        assert!(said.iter().any(|word| own.contains(word.trim_end_matches(" *"))), "{}: {said:?}", screen.id);
    }
}

#[test]
fn colours_and_typefaces_are_those_the_brand_will_have() {
    for note in [None, Some("make it green"), Some("playful"), Some("try something else")] {
        let directive = parse(SYNTHESIZERS);
        let product = COMPOSER.product(&directive, None);
        let brand = COMPOSER.brand(&directive, note, &product);
        let alone = COMPOSER.design(&directive, note, &product, None);
        assert_eq!(alone.tokens, COMPOSER.design(&directive, note, &product, Some(&brand)).tokens, "{note:?}");
        for colour in &brand.palette {
            let token = alone.tokens.iter().find(|token| token.id == format!("color-{}", colour.id)).unwrap();
            assert_eq!(token.value(Scheme::Light)["hex"], colour.light.hex);
            assert_eq!(token.value(Scheme::Dark)["hex"], colour.dark.hex);
        }
        let family = alone.tokens.iter().find(|token| token.id == "font-display").unwrap();
        assert_eq!(family.light[0], brand.typography.unwrap().display.family);
    }
}

#[test]
fn a_brand_of_any_make_lends_what_it_has() {
    let directive = parse(SYNTHESIZERS);
    let product = COMPOSER.product(&directive, None);
    let mut brand = COMPOSER.brand(&directive, None, &product);
    brand.palette.retain(|colour| colour.id != "edge");
    brand.palette[0].light.oklch = "oklch(calc 1 2)".to_owned();
    brand.palette[1].id = "text".to_owned();
    brand.typography = None;
    assert_sound(&product, &COMPOSER.design(&directive, None, &product, Some(&brand)), "a brand with gaps");
}

#[test]
fn a_note_is_followed_and_changes_what_it_speaks_of() {
    let plain = design(SYNTHESIZERS, None).1;
    let with = |note: &str| design(SYNTHESIZERS, Some(note)).1;
    let step = |design: &Design, id: &str| design.type_scale.iter().find(|step| step.id == id).unwrap().size;
    let token = |design: &Design, id: &str| design.tokens.iter().find(|token| token.id == id).unwrap().light.clone();
    let titles = |design: &Design| design.screens.iter().map(|screen| screen.title.clone()).collect::<Vec<_>>();

    let dense = with("make it dense");
    assert!(step(&dense, "text") < step(&plain, "text") && dense.space_scale[4].pixels < plain.space_scale[4].pixels);
    assert!(dense.approach.contains("compare more than they read"), "{}", dense.approach);
    assert_eq!(
        (titles(&dense), &dense.components.len()),
        (titles(&plain), &plain.components.len()),
        "only sizes change"
    );
    let bigger = with("bigger type");
    assert!(step(&bigger, "text") > step(&plain, "text"));
    assert_eq!((&bigger.space_scale, titles(&bigger)), (&plain.space_scale, titles(&plain)));
    let playful = with("playful");
    assert!(token(&playful, "radius-control")["value"].as_u64() > token(&plain, "radius-control")["value"].as_u64());
    assert_eq!(token(&with("no animations"), "duration-quick")["value"], 0);
    assert!(with("dark first").approach.contains("dark ground"));
    assert_eq!(token(&with("high contrast"), "color-border"), "{color.edge}");
    assert!(with("sidebar").screens[0].wireframe != plain.screens[0].wireframe);

    let (product, fewer) = design(SYNTHESIZERS, Some("fewer screens"));
    assert!(fewer.screens.len() < plain.screens.len() && fewer.screens.len() >= 4);
    assert_sound(&product, &fewer, "fewer screens");
    for feature in &product.features {
        let served = fewer.screens.iter().any(|screen| screen.features.contains(&feature.id));
        assert!(served, "{} lost its screen", feature.id);
    }
}

#[test]
fn every_kind_of_screen_can_be_drawn_of_anything() {
    let directive = parse(SYNTHESIZERS);
    let product = COMPOSER.product(&directive, None);
    let strange = [
        "",
        "&<>\"'",
        "Übergabeprotokollvordrucksammelmappenverzeichniseintragungsnummernkreis",
        "本の状態報告書",
        "\u{7}x",
    ];
    for kind in ScreenKind::ALL {
        for name in strange {
            let mut product = product.clone();
            let field = |kind: &str| Field { name: name.to_owned(), kind: kind.to_owned(), required: true };
            product.entities = vec![Entity {
                id: "x".to_owned(),
                name: name.to_owned(),
                purpose: name.to_owned(),
                fields: vec![field("text"), field("choice of a, b"), field("nonsense"), field("image list")],
                states: vec![name.to_owned(), "over".to_owned()],
                transitions: vec![],
                relations: vec![],
            }];
            for feature in &mut product.features {
                feature.entities = vec!["x".to_owned()];
                feature.acts.clear();
                feature.screen = Some(model::sections::ScreenHint { kind: *kind, of: "x".to_owned() });
            }
            let design = COMPOSER.design(&directive, None, &product, None);
            assert_eq!(design.screens[0].kind, *kind);
            design.screens.iter().for_each(|screen| assert_drawing(&screen.wireframe));
        }
    }
}

#[test]
fn a_product_without_anything_still_has_tokens() {
    let design = COMPOSER.design(&parse("Invoice tracker"), None, &Product::default(), None);
    assert!(design.screens.is_empty() && design.components.is_empty());
    assert_tokens(&design);
    assert!(!design.approach.is_empty());
}

#[test]
fn a_mistake_in_a_design_file_is_told_with_file_and_field() {
    let all = Files::sources();
    let broken: Vec<(&str, String)> = all
        .iter()
        .map(|(path, text)| match path.as_str() {
            "design/components.toml" => (path.as_str(), text.replacen("\"space-card\"", "\"space-unknown\"", 1)),
            "design/screens.toml" => (path.as_str(), text.replacen("{many}", "{nonsense}", 1)),
            "design/approach.toml" => (path.as_str(), text.replacen("\ncore = ", "\nother = ", 1)),
            _ => (path.as_str(), text.clone()),
        })
        .collect();
    let texts: Vec<(&str, &str)> = broken.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let told: Vec<String> =
        Composer::from_files(&Files::from_texts(&texts)).unwrap().faults().iter().map(ToString::to_string).collect();
    for (file, word) in [
        ("design/components.toml", "space-unknown"),
        ("design/screens.toml", "{nonsense}"),
        ("design/approach.toml", "archetypes.core"),
    ] {
        assert!(told.iter().any(|fault| fault.contains(file) && fault.contains(word)), "{word} in {told:?}");
    }
    let missing: Vec<(&str, &str)> = texts.into_iter().filter(|(path, _)| *path != "design/scales.toml").collect();
    let composer = Composer::from_files(&Files::from_texts(&missing)).unwrap();
    assert!(composer.design_faults().unwrap().to_string().contains("design/scales.toml"));
    assert_eq!(composer.design(&parse("Invoice tracker"), None, &Product::default(), None), Design::default());
}

#[test]
fn the_design_files_are_sound() {
    let faults = COMPOSER.design.open().map_or_else(<[Fault]>::to_vec, DesignKnowledge::check);
    assert!(faults.is_empty(), "{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_text_and_note_give_a_sound_design_and_always_the_same(text in "\\PC{1,120}", note in "\\PC{0,40}") {
        if let Ok(directive) = Directive::parse(&text) {
            let product = COMPOSER.product(&directive, None);
            let design = COMPOSER.design(&directive, Some(&note), &product, None);
            assert_sound(&product, &design, directive.as_str());
            prop_assert_eq!(COMPOSER.design(&directive, Some(&note), &product, None), design);
        }
    }
}

#[test]
#[ignore = "writes designs and how long they took, to be looked at"]
fn look() {
    let folder = std::env::temp_dir().join("design-look");
    fs::create_dir_all(&folder).unwrap();
    for (name, directive) in directives() {
        let product = COMPOSER.product(&parse(&directive), None);
        let began = std::time::Instant::now();
        let design = COMPOSER.design(&parse(&directive), None, &product, None);
        println!("{name}: {:?}, {} screens", began.elapsed(), design.screens.len());
        fs::write(folder.join(format!("{name}.json")), serde_json::to_string(&design).unwrap()).unwrap();
    }
}
