use std::{collections::BTreeSet, fs, path::PathBuf, sync::LazyLock};

use model::{
    openapi,
    sections::{Act, ColumnKind, Deed, Entity, Field, Relation, Transition},
    svg,
};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::*;
use crate::{
    composer::{Files, tests::golden::directives},
    markdown,
};

static COMPOSER: LazyLock<Composer> = LazyLock::new(|| Composer::new().unwrap());

const SYNTHESIZERS: &str =
    "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading";

/// Architectures kept as golden files, to be read as a diff after every change of knowledge or code.
/// `ATLAS9_BLESS=1 cargo test -p server golden` writes them anew.
const GOLDEN: [&str; 6] = ["synthesizers", "beekeepers", "pharmacy", "rivers", "open-air", "german"];

fn architecture(text: &str, note: Option<&str>) -> (Product, Architecture) {
    let directive = Directive::parse(text).unwrap();
    let product = COMPOSER.product(&directive, None);
    let architecture = COMPOSER.architecture(&directive, note, &product);
    (product, architecture)
}

#[test]
fn golden_architectures_are_what_the_composer_says_today() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    #[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the tests")]
    let bless = std::env::var_os("ATLAS9_BLESS").is_some();
    let directives = directives();
    for name in GOLDEN {
        let directive = &directives[name];
        let said = markdown::architecture(&Directive::parse(directive).unwrap(), &architecture(directive, None).1);
        let file = folder.join(format!("architecture-{name}.md"));
        if bless {
            fs::write(&file, &said).unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap_or_default(), said, "{name}");
    }
}

/// What holds for every architecture, whatever it is of.
fn assert_sound(product: &Product, section: &Architecture, about: &str) {
    let unique = |what: &str, ids: Vec<&str>| {
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{what} of {about:?}: {ids:?}");
    };
    unique("decisions", section.decisions.iter().map(|one| one.id.as_str()).collect());
    unique("threats", section.threats.iter().map(|one| one.id.as_str()).collect());
    unique("units", section.deployment.iter().map(|one| one.id.as_str()).collect());
    unique("loads", section.capacity.iter().map(|one| one.id.as_str()).collect());
    unique("operations", section.operations.iter().map(|one| one.id.as_str()).collect());
    unique("columns", section.tables.iter().map(|one| one.name.as_str()).collect());
    let features: Vec<&str> = product.features.iter().map(|feature| feature.id.as_str()).collect();
    let linked = section.decisions.iter().flat_map(|one| &one.features);
    for feature in linked.chain(section.threats.iter().flat_map(|one| &one.features)) {
        assert!(features.contains(&feature.as_str()), "{feature} of {about:?}");
    }
    for operation in section.threats.iter().flat_map(|one| &one.operations) {
        assert!(section.operation(operation).is_some(), "{operation} of {about:?}");
    }
    if !product.entities.is_empty() {
        assert!((decisions::LEAST..=8).contains(&section.decisions.len()), "{:#?}", section.decisions);
        assert!((threats::LEAST..=10).contains(&section.threats.len()), "{:#?}", section.threats);
        assert!((3..=9).contains(&section.deployment.len()), "{:#?}", section.deployment);
        assert!((5..=8).contains(&section.capacity.len()), "{:#?}", section.capacity);
        assert_eq!(
            section.diagrams.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            ["context", "components", "data"]
        );
    }
    for diagram in &section.diagrams {
        svg::check(&diagram.svg).unwrap();
        assert!(diagram.svg.len() < 24_000, "{} has {} bytes", diagram.id, diagram.svg.len());
        assert!(!diagram.about.is_empty() && diagram.mermaid.lines().count() > 1);
    }
    // Whoever types "_a" gets a thing called "a", and one of it is "an a".
    let is_letter = product.entities.iter().any(|entity| entity.name.eq_ignore_ascii_case("a"));
    for text in texts(section) {
        for slip in ["{", "}", "  ", " a a ", " an a ", ". .", "..", " ,", "“”", "()"] {
            assert!(
                is_letter && slip.contains(" a ") || !text.contains(slip) || text.contains("{id}"),
                "{slip:?} in {text:?} of {about:?}"
            );
        }
        assert!(text.chars().count() < 1200, "{text:?}");
    }
    let document = openapi::document(about, &section.overview, section);
    assert_eq!(openapi::faults(&document), vec![], "{about:?}");
    assert_eq!(openapi::missing(&document, section), vec![], "{about:?}");
    let mut again = Architecture::default();
    for piece in section.pieces() {
        again.apply(&piece).unwrap();
    }
    assert_eq!(&again, section, "pieces put together for {about:?}");
}

/// Everything it says in sentences.
fn texts(section: &Architecture) -> Vec<String> {
    let mut all = vec![section.overview.clone()];
    for one in &section.decisions {
        all.extend([&one.title, &one.context, &one.choice, &one.consequences].map(Clone::clone));
        all.extend(one.alternatives.clone());
    }
    all.extend(section.deployment.iter().flat_map(|one| [one.does.clone(), one.scaling.clone(), one.failure.clone()]));
    all.extend(
        section.capacity.iter().flat_map(|one| [one.assumption.clone(), one.figure.clone(), one.consequence.clone()]),
    );
    all.extend(section.threats.iter().flat_map(|one| [one.text.clone(), one.mitigation.clone()]));
    all
}

#[test]
fn every_golden_directive_has_a_sound_architecture_and_always_the_same() {
    for directive in directives().values() {
        let (product, section) = architecture(directive, None);
        assert_sound(&product, &section, directive);
        assert_eq!(architecture(directive, None).1, section);
    }
}

#[test]
fn the_example_of_the_landing_page_decides_about_money_and_draws_who_takes_part() {
    let (_, section) = architecture(SYNTHESIZERS, None);
    let decided: Vec<&str> = section.decisions.iter().map(|one| one.id.as_str()).collect();
    assert!(decided.contains(&"held-money"), "{decided:?}");
    let context = &section.diagrams[0];
    for words in ["Payment provider", "Carriers", "Collector who sells", "The marketplace"] {
        assert!(context.mermaid.contains(words), "{words} in {}", context.mermaid);
    }
    assert!(section.threats.iter().any(|one| one.id == "false-paid"));
    assert!(section.deployment.iter().any(|one| one.id == "objects"), "pictures are kept apart");
    let data = &section.diagrams[2];
    assert!(data.mermaid.contains("\"listings\" ||--o{ \"offers\" : \"listing_id\""), "{}", data.mermaid);
}

#[test]
fn what_a_product_does_not_need_is_not_there() {
    let (_, section) = architecture("Invoice tracker", None);
    let context = &section.diagrams[0].mermaid;
    assert!(!context.contains("Maps") && !context.contains("Carriers"), "{context}");
    assert!(section.deployment.iter().all(|one| one.id != "cache" && one.id != "intake"));
}

#[test]
fn two_products_share_few_of_their_sentences() {
    // Those of one kind keep the same sort of things, and much of what is said of those holds for both.
    let pairs = [
        (SYNTHESIZERS, "A marketplace for used wedding dresses", 55),
        ("A booking site for yoga studios", "Patients book appointments at a dental clinic, with reminders", 55),
        ("Invoice tracker", "Track houseplants and when to water them", 55),
        ("Monitor river levels with cheap sensors", "Help beekeepers log hive inspections, even offline", 30),
        ("Neighbours vote on proposals by secret ballot", "A ticket shop for open-air concerts with coupons", 30),
    ];
    for (one, other, most) in pairs {
        let [first, second] = [one, other].map(|text| {
            let all = texts(&architecture(text, None).1).join(" ");
            all.split(". ").map(str::to_owned).collect::<BTreeSet<String>>()
        });
        let shared = first.intersection(&second).count() * 100 / first.len().min(second.len());
        assert!(shared < most, "{one} / {other}: {shared} % of the sentences are the same");
    }
}

#[test]
fn a_note_is_followed_and_changes_nothing_else() {
    let (_, plain) = architecture(SYNTHESIZERS, None);
    let noted = |note: &str| architecture(SYNTHESIZERS, Some(note)).1;
    let decided = |section: &Architecture, id: &str| section.decisions.iter().any(|one| one.id == id);
    let runs = |section: &Architecture, id: &str| section.deployment.iter().any(|one| one.id == id);

    let sqlite = noted("use SQLite");
    assert!(decided(&sqlite, "sqlite") && sqlite.overview.contains("SQLite") && !plain.overview.contains("SQLite"));
    assert_eq!(
        (&sqlite.tables, &sqlite.operations, &sqlite.threats),
        (&plain.tables, &plain.operations, &plain.threats)
    );

    let single = noted("no microservices please");
    assert!(decided(&single, "one-process") && runs(&plain, "worker") && !runs(&single, "worker"));
    assert_eq!((&single.diagrams[0], &single.diagrams[2]), (&plain.diagrams[0], &plain.diagrams[2]));
    assert_ne!(single.diagrams[1], plain.diagrams[1]);

    assert!(decided(&noted("add an audit log"), "audit-log"));
    assert!(decided(&noted("self-hosted"), "self-hosted"));
    assert!(decided(&noted("for enterprise"), "available"));
    assert!(runs(&noted("with Redis"), "cache") && !runs(&plain, "cache"));
    assert!(noted("sign in with SSO").diagrams[0].mermaid.contains("Company directory"));
    let fewer = noted("fewer decisions");
    assert_eq!((fewer.decisions.len(), fewer.threats.len()), (decisions::LEAST, threats::LEAST));
    assert_eq!(fewer.decisions[..], plain.decisions[..decisions::LEAST]);

    let people = noted("for 2,000,000 users");
    let figure = |section: &Architecture, id: &str| {
        section.capacity.iter().find(|one| one.id == id).map(|one| one.figure.clone()).unwrap()
    };
    assert_eq!(figure(&people, "people"), "2,000,000 accounts");
    assert_ne!(figure(&people, "requests"), figure(&plain, "requests"));
    assert_eq!(people.tables, plain.tables);

    let other = noted("something completely different");
    assert_eq!((&other.tables, &other.operations), (&plain.tables, &plain.operations));
}

#[test]
fn figures_follow_from_the_tables() {
    let directive = Directive::parse(SYNTHESIZERS).unwrap();
    let mut product = COMPOSER.product(&directive, None);
    let size = |product: &Product| {
        let section = COMPOSER.architecture(&directive, None, product);
        section.capacity.into_iter().find(|one| one.id == "database").unwrap().figure
    };
    let before = size(&product);
    for entity in &mut product.entities {
        entity.fields.extend((0..20).map(|nth| Field {
            name: format!("remark {nth}"),
            kind: "long text".into(),
            required: true,
        }));
    }
    assert_ne!(size(&product), before, "wider rows take more room");
}

/// A product that nobody composed: names in other scripts, circles, hints that lead nowhere, ids one would not choose.
fn foreign() -> Product {
    let mut product = COMPOSER.product(&Directive::parse("Invoice tracker").unwrap(), None);
    product.basis = None;
    let entity = |id: &str, name: &str, to: &str| Entity {
        id: id.into(),
        name: name.into(),
        purpose: String::new(),
        fields: vec![
            Field { name: "価格".into(), kind: "money".into(), required: true },
            Field { name: "state".into(), kind: "something else".into(), required: true },
            Field { name: "x ".repeat(300), kind: "choice of ".into(), required: false },
        ],
        states: vec!["new".into(), "new".into(), "done ✓".into()],
        transitions: vec![
            Transition {
                verb: "—".into(),
                from: vec!["new".into()],
                to: "done ✓".into(),
                by: vec!["Some Body!".into()],
            },
            Transition { verb: "finish it ".repeat(30), from: vec![], to: "nowhere".into(), by: vec![] },
        ],
        relations: vec![
            Relation { kind: "belongs to".into(), to: to.into(), role: None },
            Relation { kind: "belongs to".into(), to: id.into(), role: Some("親".into()) },
        ],
    };
    product.entities =
        vec![entity("ein-ding", "商品", "b"), entity("b", "<b>&\"x\"</b>", "ein-ding"), entity("c", "🎉", "missing")];
    for feature in &mut product.features {
        feature.actor = "Some Body! ".repeat(40);
        feature.entities = vec!["b".into(), "missing".into()];
        feature.acts = vec![Act { verb: "frobnicate".into(), entity: "b".into() }];
        feature.title = "<script>alert(1)</script> & \"more\" ".repeat(9);
        feature.screen = None;
    }
    product
}

#[test]
fn a_product_that_nobody_composed_has_an_architecture_too() {
    let directive = Directive::parse("本を貸す").unwrap();
    let product = foreign();
    let section = COMPOSER.architecture(&directive, Some("<svg onload=x>"), &product);
    let document = openapi::document("本", &section.overview, &section);
    assert_eq!(openapi::faults(&document), vec![]);
    for diagram in &section.diagrams {
        svg::check(&diagram.svg).unwrap();
    }
    let mut again = Architecture::default();
    section.pieces().iter().for_each(|piece| again.apply(piece).unwrap());
    assert_eq!(again, section);
    assert!(section.decisions.len() >= decisions::LEAST && section.threats.len() >= threats::LEAST);
}

#[test]
fn an_empty_product_has_an_empty_but_sound_architecture() {
    let directive = Directive::parse("Nothing yet").unwrap();
    let section = COMPOSER.architecture(&directive, None, &Product::default());
    assert_sound(&Product::default(), &section, "Nothing yet");
    assert!(section.tables.is_empty() && !section.overview.is_empty());
}

#[test]
fn a_large_product_stays_legible_and_small() {
    let directive = Directive::parse(SYNTHESIZERS).unwrap();
    let mut product = COMPOSER.product(&directive, None);
    let pattern = product.entities.clone();
    for nth in 1..12 {
        product.entities.extend(pattern.iter().cloned().map(|mut entity| {
            entity.id = format!("{}-{nth}", entity.id);
            entity
        }));
    }
    let section = COMPOSER.architecture(&directive, None, &product);
    assert_eq!(section.tables.len(), product.entities.len());
    for diagram in &section.diagrams {
        svg::check(&diagram.svg).unwrap();
        assert!(diagram.svg.len() < 40_000, "{} has {} bytes", diagram.id, diagram.svg.len());
    }
}

#[test]
fn steps_in_openapi_match_the_product() {
    let (product, section) = architecture(SYNTHESIZERS, None);
    let steps = section.operations.iter().filter(|one| matches!(one.deed, Deed::Step { .. })).count();
    assert_eq!(steps, product.entities.iter().map(|entity| entity.transitions.len()).sum::<usize>());
    assert!(section.tables.iter().flat_map(|table| &table.columns).any(|column| column.kind == ColumnKind::Money));
}

#[test]
fn the_knowledge_about_architectures_is_sound() {
    let faults: Vec<String> = COMPOSER.faults().iter().map(ToString::to_string).collect();
    let faults: Vec<&String> = faults.iter().filter(|fault| fault.starts_with("architecture/")).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let known: BTreeSet<&str> = COMPOSER.knowledge.archetypes.iter().map(|kind| kind.id.as_str()).collect();
    let knowledge = COMPOSER.architecture.open().unwrap();
    let used: BTreeSet<&str> = knowledge.capacity.kinds.keys().map(String::as_str).collect();
    assert_eq!(used, known, "every kind of product says how it is used");
}

#[test]
fn a_mistake_is_told_with_its_file() {
    let told = |file: &str, from: &str, to: &str| {
        let files = Files::sources();
        let texts: Vec<(&str, String)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), if path == file { text.replacen(from, to, 1) } else { text.clone() }))
            .collect();
        let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let faults = Composer::from_files(&Files::from_texts(&texts)).unwrap().faults();
        faults
            .iter()
            .map(ToString::to_string)
            .filter(|fault| fault.starts_with("architecture/"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    for (file, from, to, reason) in [
        ("architecture/systems.toml", "{entities}", "{enteties}", "there is no slot {enteties}"),
        (
            "architecture/systems.toml",
            "why = \"Its rates",
            "why = \"{systems} and its rates",
            "may not list the systems",
        ),
        ("architecture/capacity.toml", "id = \"people\"", "id = \"horses\"", "nobody can compute \"horses\""),
        ("architecture/capacity.toml", "[kinds.core]", "[kinds.center]", "kinds.core is missing"),
        ("architecture/deployment.toml", "does = [", "doez = [", "doez"),
        ("architecture/decisions-always.toml", "id = \"ids\"", "id = \"Repeats\"", "lower-case"),
        ("architecture/threats-always.toml", "id = \"flood\"", "id = \"token-stolen\"", "there twice"),
        (
            "architecture/decisions-data.toml",
            "context = \"Money stands in {moneys}",
            "context = \"{moneys}",
            "may not begin",
        ),
    ] {
        let faults = told(file, from, to);
        assert!(faults.contains(reason), "{reason}: {faults}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_a_sound_architecture(text in "\\PC{1,160}", note in proptest::option::of("\\PC{1,40}")) {
        if let Ok(directive) = Directive::parse(&text) {
            let product = COMPOSER.product(&directive, None);
            let section = COMPOSER.architecture(&directive, note.as_deref(), &product);
            assert_sound(&product, &section, directive.as_str());
        }
    }
}

/// `cargo test -p server --lib look_at_architectures -- --ignored` writes pages and pictures of all directives to a folder to look at.
#[test]
#[ignore = "writes files for whoever wants to look at them"]
fn look_at_architectures() {
    let out = std::env::temp_dir().join("architectures");
    fs::create_dir_all(&out).unwrap();
    for (name, directive) in directives() {
        let section = architecture(&directive, None).1;
        let page = markdown::architecture(&Directive::parse(&directive).unwrap(), &section);
        fs::write(out.join(format!("{name}.md")), page).unwrap();
        for diagram in &section.diagrams {
            fs::write(out.join(format!("{name}-{}.svg", diagram.id)), &diagram.svg).unwrap();
            fs::write(out.join(format!("{name}-{}.mmd", diagram.id)), &diagram.mermaid).unwrap();
        }
        let document = openapi::document(&directive, &section.overview, &section);
        fs::write(out.join(format!("{name}.json")), serde_json::to_string_pretty(&document).unwrap()).unwrap();
    }
}
