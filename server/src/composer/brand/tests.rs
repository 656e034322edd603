use std::{collections::BTreeSet, fs, path::PathBuf, sync::LazyLock};

use model::{Directive, sections::NameCandidate, svg};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use crate::{composer::Files, markdown};

use super::*;

static COMPOSER: LazyLock<Composer> = LazyLock::new(|| Composer::new().unwrap());

const SYNTHESIZERS: &str =
    "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading";

/// Brands kept as golden files, to be read as a diff after every change of knowledge or code.
/// `ATLAS9_BLESS=1 cargo test -p server golden` writes them anew.
const GOLDEN: [(&str, &str); 6] = [
    ("synthesizers", SYNTHESIZERS),
    ("beekeepers", "Help beekeepers log hive inspections, even offline, with reminders for the next visit"),
    ("invented", "A marketplace where blorps buy and sell quaxed zindles, with escrow and flumox grading"),
    (
        "pharmacy",
        "A tool for a hospital pharmacy. Nurses request medicines for their ward, pharmacists check every request against the patient's allergies and dispense the doses",
    ),
    ("german", "Eine App, mit der Imker ihre Völker durchsehen und den Honigertrag festhalten"),
    ("couriers", "Dispatch bike couriers in Lisbon, with live location, under 30 minutes, without ads"),
];

fn brand(text: &str, note: Option<&str>) -> Brand {
    let directive = Directive::parse(text).unwrap();
    let product = COMPOSER.product(&directive, None);
    COMPOSER.brand(&directive, note, &product)
}

fn chosen(brand: &Brand) -> &str {
    &brand.name.as_ref().unwrap().name
}

#[test]
fn golden_brands_are_what_the_composer_says_today() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    #[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the tests")]
    let bless = std::env::var_os("ATLAS9_BLESS").is_some();
    for (name, directive) in GOLDEN {
        let said = markdown::brand(&Directive::parse(directive).unwrap(), &brand(directive, None));
        let file = folder.join(format!("brand-{name}.md"));
        if bless {
            fs::write(&file, &said).unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap_or_default(), said, "{name}");
    }
}

/// What every brand must be, whatever it is for.
fn assert_sound(brand: &Brand, directive: &str) {
    assert!((4..=10).contains(&brand.names.len()), "{} names for {directive:?}", brand.names.len());
    let ids: BTreeSet<&str> = brand.names.iter().map(|name| name.id.as_str()).collect();
    assert_eq!(ids.len(), brand.names.len(), "ids are unique for {directive:?}");
    for candidate in &brand.names {
        assert_eq!(candidate.marks.len(), 6);
        assert!(candidate.score <= 100 && !candidate.reason.is_empty(), "{candidate:?}");
    }
    assert!(
        brand.names.is_sorted_by_key(|name| std::cmp::Reverse(name.score)) || brand.names[0].reason.contains("note")
    );
    let words = brand.tagline.split_whitespace().count();
    assert!((3..=8).contains(&words), "{:?} for {directive:?}", brand.tagline);
    let roles: Vec<&str> = brand.palette.iter().map(|colour| colour.id.as_str()).collect();
    assert_eq!(
        roles,
        [
            "paper",
            "raised",
            "ink",
            "quiet",
            "line",
            "edge",
            "accent",
            "accent-wash",
            "on-accent",
            "success",
            "warning",
            "danger"
        ]
    );
    for contrast in brand.palette.iter().flat_map(|c| c.light.contrasts.iter().chain(&c.dark.contrasts)) {
        assert!(contrast.ratio >= contrast.needs, "{contrast:?} for {directive:?}");
    }
    let voice = brand.voice.as_ref().unwrap();
    assert!(
        (3..=4).contains(&voice.traits.len())
            && (3..=4).contains(&voice.dos.len())
            && (3..=4).contains(&voice.donts.len()),
        "{voice:?} for {directive:?}"
    );
    assert!((6..=9).contains(&brand.samples.len()), "{:?} for {directive:?}", brand.samples);
    svg::check(&brand.logo.as_ref().unwrap().svg).unwrap();
    let typography = brand.typography.as_ref().unwrap();
    assert!(typography.display.stack.starts_with(&format!("\"{}\"", typography.display.family)));
    let mut again = Brand::default();
    for piece in brand.pieces() {
        again.apply(&piece).unwrap();
    }
    assert_eq!(&again, brand, "pieces put together for {directive:?}");
}

/// Everything a brand says, but for names.
fn sentences(brand: &Brand) -> Vec<String> {
    let voice = brand.voice.clone().unwrap();
    let mut all = vec![brand.tagline.clone(), brand.typography.clone().unwrap().reason];
    all.extend(voice.traits.into_iter().map(|one| one.meaning));
    all.extend(voice.dos.into_iter().chain(voice.donts));
    all.extend(brand.samples.iter().flat_map(|sample| [sample.place.clone(), sample.text.clone()]));
    all.extend(brand.palette.iter().flat_map(|colour| [colour.name.clone(), colour.purpose.clone()]));
    all
}

#[test]
fn very_different_directives_get_sound_brands_in_clean_english() {
    let mut names = BTreeSet::new();
    for directive in READ {
        let brand = brand(directive, None);
        assert_sound(&brand, directive);
        for sentence in sentences(&brand) {
            for slip in ["{", "}", "  ", " a a ", " a an ", " an a ", " the the ", " some some ", "..", "a some"] {
                assert!(!sentence.contains(slip), "{slip:?} in {sentence:?} for {directive:?}");
            }
        }
        assert!(names.insert(chosen(&brand).to_owned()), "{} is chosen twice", chosen(&brand));
    }
}

#[test]
fn names_can_be_said_are_nobodys_and_are_not_just_the_noun() {
    let shelf = COMPOSER.brand.open().unwrap();
    for directive in READ {
        for candidate in brand(directive, None).names {
            let (text, curated) = (candidate.name.to_lowercase(), candidate.reason.starts_with("A real word"));
            assert!(text.len() <= 12 && text.chars().all(|c| c.is_ascii_lowercase()), "{text}");
            assert!(sounds::spoken(&text).is_some() || candidate.reason.contains(", and *"), "{text} cannot be said");
            assert!(!shelf.avoid.known.contains(&text), "{text} is somebody's");
            assert!(
                curated || !shelf.avoid.substrings.iter().any(|bad| text.contains(bad.as_str())),
                "{text} is unfortunate"
            );
            assert!(
                curated || !shelf.avoid.endings.iter().any(|end| text.ends_with(end.as_str())),
                "{text} has a worn ending"
            );
            let words = directive.to_lowercase();
            assert!(
                !words.split(|c: char| !c.is_alphanumeric()).any(|word| word.trim_end_matches('s') == text),
                "{text} is just a noun"
            );
        }
    }
}

#[test]
fn invented_words_enter_names() {
    let brand = brand("A marketplace where blorps buy and sell quaxed zindles", None);
    let of_directive =
        |name: &&NameCandidate| ["zind", "blorp"].iter().any(|word| name.name.to_lowercase().contains(word));
    assert!(brand.names.iter().filter(of_directive).count() >= 2, "{:?}", brand.names);
}

#[test]
fn two_products_of_one_kind_have_brands_of_their_own() {
    for (one, other) in [
        (SYNTHESIZERS, "A marketplace for used wedding dresses"),
        ("A marketplace for old synthesizers", "A marketplace for rare synthesizers and drum machines"),
        (
            "A booking site for yoga studios with waitlists",
            "Patients book appointments at a dental clinic, with reminders",
        ),
        ("Track houseplants and when to water them", "Track my running shoes and kilometres"),
    ] {
        let (first, second) = (brand(one, None), brand(other, None));
        assert_ne!(chosen(&first), chosen(&second), "{one} / {other}");
        assert_ne!(first.palette, second.palette, "{one} / {other}");
        assert_ne!(first.logo, second.logo, "{one} / {other}");
    }
}

#[test]
fn a_note_is_followed_and_changes_what_it_speaks_of() {
    let plain = brand(SYNTHESIZERS, None);
    let with = |note: &str| brand(SYNTHESIZERS, Some(note));
    let hue = |brand: &Brand| -> f64 {
        let css = &brand.colour("accent").unwrap().light.oklch;
        css.trim_end_matches(')').rsplit(' ').next().unwrap().parse().unwrap()
    };

    let green = with("make it green");
    assert!((135.0..=165.0).contains(&hue(&green)), "{}", hue(&green));
    assert_eq!(
        (&green.names, &green.voice, &green.logo),
        (&plain.names, &plain.voice, &plain.logo),
        "only colours change"
    );
    let warmer = with("warmer colours");
    assert!(hue(&warmer) < 100.0, "{}", hue(&warmer));

    let called = with("call it Foo");
    assert_eq!((chosen(&called), called.names[0].name.as_str()), ("Foo", "Foo"));
    assert_eq!(called.names[0].marks.len(), 6);
    assert!(called.samples.iter().any(|sample| sample.text.contains("Foo")));
    let google = with("call it Google");
    assert!(google.names[0].marks.iter().any(|mark| mark.about == "distinct" && mark.points < 20), "honest marks");

    let length = |brand: &Brand| brand.names.iter().map(|name| name.name.len()).sum::<usize>() / brand.names.len();
    assert!(length(&with("shorter names")) < length(&plain), "{:?}", with("shorter names").names);
    let playful = with("playful");
    assert!(playful.voice != plain.voice && playful.typography != plain.typography);
    let serious = with("serious, for enterprise");
    assert_eq!(serious.typography.unwrap().text.family, "IBM Plex Sans");
    assert!(with("use the letter").logo.unwrap().idea.starts_with("The letter"));
    assert_ne!(with("try something else").names, plain.names);
}

#[test]
fn other_languages_and_pictograms_keep_out_of_english_sentences() {
    for directive in
        [GOLDEN[4].1, "🎉", "養蜂家のための巣箱の記録", "Un marché où des collectionneurs vendent des synthétiseurs"]
    {
        let brand = brand(directive, None);
        assert_sound(&brand, directive);
        for sample in &brand.samples {
            assert!(
                !sample.text.contains("Völker") && !sample.text.contains('🎉') && !sample.text.contains('養'),
                "{sample:?}"
            );
        }
    }
}

#[test]
fn every_mark_can_be_looked_at_and_nothing_else() {
    for name in logo::all().map(|construction| construction.name) {
        for seed in 0..60 {
            let mark = logo::sample(name, seed * 104_729);
            svg::check(&mark.svg).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(mark.svg.contains(r#"viewBox="0 0 64 64""#) && mark.svg.contains("currentColor"), "{name}");
        }
    }
    for letter in 'A'..='Z' {
        svg::check(&logo::sample_letter(letter, 2).svg).unwrap();
    }
    let once: BTreeSet<&str> = logo::names().into_iter().collect();
    assert_eq!(once.len(), logo::names().len(), "names of constructions are unique");
}

#[test]
fn a_mistake_in_a_brand_file_is_told_with_file_and_field() {
    let all = Files::sources();
    let broken: Vec<(&str, String)> = all
        .iter()
        .map(|(path, text)| match path.as_str() {
            "brand/marks.toml" => (path.as_str(), text.replace("\"hexagons\"", "\"unicorn\"")),
            "brand/samples.toml" => (path.as_str(), text.replacen("{head}", "{nonsense}", 1)),
            _ => (path.as_str(), text.clone()),
        })
        .collect();
    let texts: Vec<(&str, &str)> = broken.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let told: Vec<String> =
        Composer::from_files(&Files::from_texts(&texts)).unwrap().faults().iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|f| f.contains("brand/marks.toml") && f.contains("unicorn")), "{told:?}");
    assert!(told.iter().any(|f| f.contains("brand/samples.toml") && f.contains("{nonsense}")), "{told:?}");

    let missing: Vec<(&str, &str)> = texts.into_iter().filter(|(path, _)| *path != "brand/names.toml").collect();
    let composer = Composer::from_files(&Files::from_texts(&missing)).unwrap();
    assert!(composer.brand_faults().unwrap().to_string().contains("brand/names.toml"));
    let directive = Directive::parse("Invoice tracker").unwrap();
    assert_eq!(composer.brand(&directive, None, &Product::default()), Brand::default());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_text_and_note_give_a_sound_brand_and_always_the_same(text in "\\PC{1,120}", note in "\\PC{0,40}") {
        if let Ok(directive) = Directive::parse(&text) {
            let product = COMPOSER.product(&directive, None);
            let brand = COMPOSER.brand(&directive, Some(&note), &product);
            assert_sound(&brand, directive.as_str());
            prop_assert_eq!(COMPOSER.brand(&directive, Some(&note), &product), brand);
        }
    }

    #[test]
    fn a_name_asked_for_is_the_name(name in "[A-Z][a-z]{1,14}( [A-Z][a-z]{1,8})?") {
        let brand = brand("Invoice tracker", Some(&format!("call it {name}")));
        prop_assert_eq!(chosen(&brand), name.as_str());
        assert_sound(&brand, &name);
    }
}

/// Very different directives, to be read as a brand designer would.
const READ: [&str; 26] = [
    "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading",
    "Help beekeepers log hive inspections, even offline, with reminders for the next visit",
    "A marketplace where blorps buy and sell quaxed zindles, with escrow and flumox grading",
    "A booking site where yoga studios offer classes and members reserve mats, with a waitlist and deposits",
    "A tool for a hospital pharmacy. Nurses request medicines for their ward, pharmacists check every request against the patient's allergies and dispense the doses",
    "A marketplace for used wedding dresses",
    "Invoice tracker",
    "Where zorbers frizzle mimsies",
    "Eine App, mit der Imker ihre Völker durchsehen und den Honigertrag festhalten",
    "Monitor river levels with cheap sensors and warn villages before a flood",
    "Dispatch bike couriers in Lisbon, with live location, under 30 minutes, without ads",
    "🎉",
    "A reading app for children learning to read in two languages",
    "Splitting shared expenses in a flat of students",
    "A community for people who restore old tractors",
    "Match retired engineers with schools that need a mentor",
    "Incident reports for a cloud team with on-call shifts and postmortems",
    "Sell tickets for a small theatre, with seat selection and a returns list",
    "Lend tools in a neighbourhood, with a deposit and photos",
    "Sourdough bakery subscription with weekly delivery and pausing",
    "A tenant portal where tenants report defects and the landlord sends a plumber",
    "Football referees report on matches and get assigned to fixtures",
    "Track my houseplants and when to water them",
    "Prayer times for a mosque with announcements",
    "Dog walkers and owners, with photos of each walk",
    "Contract review for a law firm with two signatures",
];

#[test]
#[ignore = "prints brands for people to read"]
fn peek() {
    #[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the tests")]
    let only = std::env::var("PEEK").ok();
    for text in READ.iter().filter(|text| only.as_ref().is_none_or(|only| text.contains(only.as_str()))) {
        let began = std::time::Instant::now();
        let brand = brand(text, None);
        println!("\n{:.1} ms with the product", began.elapsed().as_secs_f64() * 1_000.0);
        let (name, logo) = (brand.name.unwrap(), brand.logo.unwrap());
        let accent = brand.palette.iter().find(|colour| colour.id == "accent").unwrap();
        let faces = brand.typography.unwrap();
        println!(
            "\n## {text}\n**{}** — {} [{} / {} | {} {} | {}]",
            name.name, brand.tagline, faces.display.family, faces.text.family, accent.name, accent.light.hex, logo.idea
        );
        println!("{}", name.reason);
        for name in &brand.names {
            println!(
                "  {:3} {:12} {} {:?}",
                name.score,
                name.name,
                name.reason,
                name.marks.iter().map(|mark| mark.points).collect::<Vec<_>>()
            );
        }
        if only.is_some() {
            println!("{:#?}\n{:#?}", brand.voice, brand.samples);
        }
    }
}

/// `cargo test -p server --lib sheet -- --ignored` draws every mark in several sizes, to be looked at.
#[test]
#[ignore = "writes a sheet for people to look at"]
fn sheet_of_marks() {
    let mut cells = String::new();
    for name in logo::names() {
        for seed in [3, 17_011] {
            let mark = if name == "monogram" { continue } else { logo::sample(name, seed * 7_919) };
            cells.push_str(&cell(&mark.svg, name));
        }
    }
    for (nth, letter) in ('A'..='Z').enumerate() {
        cells.push_str(&cell(&logo::sample_letter(letter, u64::try_from(nth).unwrap()).svg, &letter.to_string()));
    }
    let page = format!(
        "<!doctype html><meta charset=utf-8><style>body{{margin:8px;font:11px sans-serif}}main{{display:flex;flex-wrap:wrap;gap:6px}}\
         .c{{width:150px;border:1px solid #ddd}}.c>div{{display:flex;align-items:center;gap:5px;padding:6px}}.l{{background:#faf8f3;color:#1d1a14;--mark-accent:#a93212;--mark-paper:#faf8f3}}\
         .d{{background:#16150f;color:#ebe5d7;--mark-accent:#f28a63;--mark-paper:#16150f}}.a svg{{width:64px}}.b svg{{width:32px}}.e svg{{width:16px}}</style><main>{cells}</main>"
    );
    fs::write(std::env::temp_dir().join("atlas9-marks.html"), page).unwrap();
}

fn cell(svg: &str, name: &str) -> String {
    let sizes = format!("<span class=a>{svg}</span><span class=b>{svg}</span><span class=e>{svg}</span>");
    format!("<div class=c><div class=l>{sizes}</div><div class=d>{sizes}</div>{name}</div>")
}
