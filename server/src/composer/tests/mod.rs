use std::{collections::BTreeSet, sync::LazyLock};

use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::*;

pub mod golden;
mod planning;

static COMPOSER: LazyLock<Composer> = LazyLock::new(|| Composer::new().unwrap());

/// The example of the landing page.
const SYNTHESIZERS: &str =
    "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading";

fn product(text: &str) -> Product {
    COMPOSER.product(&Directive::parse(text).unwrap(), None)
}

#[test]
fn the_example_of_the_landing_page_brings_what_an_expert_expects() {
    let product = product(SYNTHESIZERS);
    let names: Vec<&str> = product.entities.iter().map(|entity| entity.name.as_str()).collect();
    for name in ["Listing", "Synthesizer", "ConditionReport", "Offer", "Order", "EscrowHold", "Dispute", "Shipment"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let who: BTreeSet<&str> = product.features.iter().map(|feature| feature.story.who.as_str()).collect();
    assert!(who.contains("collector who sells") && who.contains("collector who buys"), "{who:?}");
    let criteria: Vec<&String> = product.features.iter().flat_map(|feature| &feature.criteria).collect();
    assert!(
        criteria.iter().any(|line| line.contains("released only") && line.contains("without a dispute")
            || line.contains("no dispute open"))
    );
    assert!(product.features.iter().any(|feature| feature.answers.iter().any(|word| word == "condition grading")));
}

#[test]
fn what_the_directive_rules_out_is_left_out_and_said_so() {
    let product = product("A marketplace for stamps without escrow, for at most 50 members");
    assert!(product.features.iter().all(|feature| feature.source != "escrow"));
    assert_eq!(product.out_of_scope[0].what, "Escrow");
    assert!(product.metrics.iter().any(|metric| metric.name.contains("at most 50 members")));
}

#[test]
fn a_note_is_followed() {
    let directive = Directive::parse(SYNTHESIZERS).unwrap();
    let plain = COMPOSER.product(&directive, None);
    let fewer = COMPOSER.product(&directive, Some("fewer features"));
    assert!(fewer.features.len() <= 6 && fewer.features.len() < plain.features.len());
    let more = COMPOSER.product(&directive, Some("add SMS reminders"));
    assert!(more.features.iter().any(|feature| feature.source.contains("reminder")), "{:?}", sources(&more));
    let without = COMPOSER.product(&directive, Some("without escrow"));
    assert!(!sources(&without).contains(&"escrow"));
}

fn sources(product: &Product) -> Vec<&str> {
    product.features.iter().map(|feature| feature.source.as_str()).collect()
}

#[test]
fn other_languages_keep_their_words_and_the_page_says_what_was_not_read() {
    let product = product("Eine App, mit der Imker ihre Völker durchsehen und den Honigertrag festhalten");
    let basis = product.basis.clone().unwrap();
    assert_eq!(basis.language, "de");
    assert!(basis.caveats[0].contains("German"));
    let text = sentences(&product).into_iter().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Imker") && text.contains("Völker") && !text.contains("Imkers") && !text.contains("Völkers"));
}

#[test]
fn two_products_of_one_kind_differ_where_their_directives_differ() {
    let pairs = [
        (
            "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading",
            "A marketplace for used wedding dresses",
        ),
        (
            "A marketplace where farmers sell vegetables to restaurants",
            "A marketplace where collectors buy and sell rare stamps with sealed bids",
        ),
        (
            "A booking site for yoga studios with waitlists",
            "Patients book appointments at a dental clinic, with reminders",
        ),
        ("Track houseplants and when to water them", "Track my running shoes and kilometres"),
        ("A course platform where choirs learn new pieces", "Language lessons for nurses, with quizzes and streaks"),
        ("Crowdfunding for village playgrounds", "Crowdfunding where fans back a comic, with shipping"),
        ("A ticket shop for open-air concerts with coupons", "Tickets for a village theatre with numbered seats"),
        ("The inventory of a fire brigade", "A pantry where families take stock of jars, with reminders"),
        ("An online shop for e-bikes with monthly instalments", "A museum shop for prints with gift vouchers"),
        ("Tenants report broken lifts", "A support desk for a hospital's software, with service levels"),
        ("Kayak rental on a lake, with deposits", "A tool library where neighbours borrow ladders"),
        ("A chess tournament for schools", "A photo contest with a judging panel"),
        ("A meal planner for a family", "A rota for mountain rescuers with shift swaps"),
        ("Estimate what a house move costs", "Roofers quote repairs, with an electronic signature"),
        ("Caseworkers accompany refugees", "A hospice follows families for a year, with messaging"),
    ];
    for (one, other) in pairs {
        let (first, second) = (sentences(&product(one)), sentences(&product(other)));
        let shared = first.intersection(&second).count();
        let share = shared * 100 / first.len().min(second.len());
        assert!(share < 40, "{one} / {other}: {share} % of the sentences are the same");
    }
}

/// Every sentence of a section.
fn sentences(product: &Product) -> BTreeSet<String> {
    let mut texts: Vec<String> = vec![product.summary.clone(), product.problem.clone()];
    texts.extend(product.personas.iter().flat_map(|p| [p.name.clone(), p.goal.clone(), p.pain.clone()]));
    for feature in &product.features {
        texts.extend([feature.title.clone(), feature.story.want.clone(), feature.story.so.clone()]);
        texts.extend(feature.criteria.clone());
    }
    texts.extend(product.entities.iter().flat_map(|e| [e.name.clone(), e.purpose.clone()]));
    texts.extend(product.journeys.iter().flat_map(|j| j.steps.iter().cloned().chain([j.title.clone()])));
    texts.extend(product.metrics.iter().flat_map(|m| [m.name.clone(), m.measure.clone()]));
    texts.extend(product.risks.iter().flat_map(|r| [r.text.clone(), r.mitigation.clone()]));
    texts.extend(product.out_of_scope.iter().flat_map(|x| [x.what.clone(), x.why.clone()]));
    texts.iter().flat_map(|text| text.split(". ")).map(|s| s.trim_end_matches('.').to_owned()).collect()
}

/// Asserts what holds for every section, whatever it is about.
fn assert_sound(product: &Product, directive: &str) {
    let unique = |ids: Vec<&str>| ids.len() == ids.iter().collect::<BTreeSet<_>>().len();
    assert!((4..=14).contains(&product.features.len()), "{} features for {directive:?}", product.features.len());
    assert!((1..=14).contains(&product.entities.len()), "{} entities for {directive:?}", product.entities.len());
    assert!(unique(product.features.iter().map(|f| f.id.as_str()).collect()), "feature ids for {directive:?}");
    assert!(unique(product.features.iter().map(|f| f.title.as_str()).collect()), "feature titles for {directive:?}");
    assert!(unique(product.entities.iter().map(|e| e.id.as_str()).collect()), "entity ids for {directive:?}");
    assert!(unique(product.entities.iter().map(|e| e.name.as_str()).collect()), "entity names for {directive:?}");
    assert!(unique(product.personas.iter().map(|p| p.id.as_str()).collect()), "persona ids for {directive:?}");
    assert!(unique(product.risks.iter().map(|r| r.id.as_str()).collect()), "risk ids for {directive:?}");
    assert!(unique(product.metrics.iter().map(|m| m.id.as_str()).collect()), "metric ids for {directive:?}");
    assert!(unique(product.out_of_scope.iter().map(|x| x.id.as_str()).collect()), "exclusion ids for {directive:?}");
    for feature in &product.features {
        assert!(!feature.answers.is_empty(), "{} answers nothing in {directive:?}", feature.id);
        for word in &feature.answers {
            assert!(directive.contains(word.as_str()), "{word:?} is not in {directive:?}");
        }
        for entity in &feature.entities {
            assert!(product.entity(entity).is_some(), "{} refers to {entity} in {directive:?}", feature.id);
        }
    }
    for relation in product.entities.iter().flat_map(|entity| &entity.relations) {
        assert!(product.entity(&relation.to).is_some(), "a relation to {} in {directive:?}", relation.to);
    }
    let mut again = Product::default();
    for piece in product.pieces() {
        again.apply(&piece).unwrap();
    }
    assert_eq!(&again, product, "pieces put together for {directive:?}");
}

#[test]
fn the_directives_read_by_hand_give_sound_and_clean_english() {
    let file: toml::Table = toml::from_str(include_str!("../../../tests/data/readings.toml")).unwrap();
    for reading in file["reading"].as_array().unwrap() {
        let directive = reading["directive"].as_str().unwrap();
        let product = product(directive);
        assert_sound(&product, directive);
        for sentence in sentences(&product) {
            for slip in ["{", "}", "  ", " a a ", " a an ", " an a ", "synthesizerss", " the the ", " some some ", ".."]
            {
                assert!(!sentence.contains(slip), "{slip:?} in {sentence:?} for {directive:?}");
            }
        }
    }
}

#[test]
fn what_the_program_carries_says_what_was_written() {
    let texts = Files::sources();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let written = Composer::from_files(&Files::from_texts(&texts)).unwrap();
    for directive in golden::directives().values().step_by(6) {
        assert_eq!(product(directive), written.product(&Directive::parse(directive).unwrap(), None), "{directive}");
    }
}

#[test]
fn the_knowledge_speaks_plainly() {
    const HYPE: [&str; 12] = [
        "seamless",
        "robust",
        "leverage",
        "empower",
        "revolutioni",
        "cutting-edge",
        "intuitive",
        "user-friendly",
        "powerful",
        "comprehensive",
        "streamline",
        "AI-powered",
    ];
    for (path, text) in Files::sources() {
        if !path.starts_with("lexicon") {
            for word in HYPE {
                assert!(!text.to_lowercase().contains(&word.to_lowercase()), "{word} in {path}");
            }
        }
    }
}

/// Words nobody has heard of.
fn invented() -> impl Strategy<Value = String> {
    "(bl|fr|gl|kr|pl|qu|sn|tr|v|z)[aiou](mb|nd|rf|lk|zz|pp)(le|ok|ab|ux|im)"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn invented_nouns_reappear_in_features_and_entities(who in invented(), what in invented(), extra in invented(), form in 0..5_usize) {
        prop_assume!(who != what && what != extra && who != extra);
        let directive = match form {
            0 => format!("A marketplace where {who}s buy and sell {what}s, with escrow and {extra} grading"),
            1 => format!("An app for {who}s to track {what}s and {extra}s"),
            2 => format!("Let {who}s book {what}s, with reminders about {extra}s"),
            3 => format!("A tool where {who}s record {what}s and share {extra}s"),
            _ => format!("Where {who}s collect {what}s, with a list of {extra}s"),
        };
        let product = product(&directive);
        assert_sound(&product, &directive);
        let features: String = product.features.iter().map(|f| format!("{} {} {} {} ", f.title, f.story.who, f.story.want, f.criteria.join(" "))).collect();
        let entities: String = product.entities.iter().map(|e| format!("{} {} ", e.name, e.purpose)).collect::<String>().to_lowercase();
        for word in [&who, &what, &extra] {
            prop_assert!(features.contains(word.as_str()), "{word} is in no feature of {directive:?}");
            prop_assert!(entities.contains(word.as_str()), "{word} is in no entity of {directive:?}");
        }
    }

    #[test]
    fn any_text_gives_a_sound_section_and_always_the_same(text in "\\PC{1,160}") {
        if let Ok(directive) = Directive::parse(&text) {
            let product = COMPOSER.product(&directive, None);
            assert_sound(&product, directive.as_str());
            prop_assert_eq!(COMPOSER.product(&directive, None), product);
        }
    }

    #[test]
    fn sentences_of_known_and_unknown_words_give_a_sound_section(
        words in proptest::collection::vec(prop_oneof![
            Just("nurses".to_owned()), Just("track".to_owned()), Just("and".to_owned()), Just("with".to_owned()), Just("for".to_owned()),
            Just("book".to_owned()), Just("escrow".to_owned()), Just("without".to_owned()), Just(",".to_owned()), Just("who".to_owned()),
            Just("under 10 seconds".to_owned()), Just("private".to_owned()), Just("marketplace".to_owned()), Just(".".to_owned()), Just("to".to_owned()),
            invented(),
        ], 1..24),
        note in "\\PC{0,40}",
    ) {
        if let Ok(directive) = Directive::parse(&words.join(" ")) {
            let asked = format!("{} {note}", directive.as_str());
            assert_sound(&COMPOSER.product(&directive, Some(&note)), &asked);
        }
    }
}
