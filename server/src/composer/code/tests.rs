use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
    time::Instant,
};

use model::{Directive, sections::*};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use crate::composer::{Composer, blueprint::Blueprint, tests::golden};

mod edited;

static COMPOSER: LazyLock<Composer> = LazyLock::new(|| Composer::new().unwrap());

/// A product with its architecture and its code.
struct Made {
    product: Product,
    architecture: Architecture,
    code: Code,
}

fn made(directive: &str, note: Option<&str>) -> Made {
    let directive = Directive::parse(directive).unwrap();
    let product = COMPOSER.product(&directive, None);
    let Blueprint { roles, tables, operations, .. } = Blueprint::of(&product, &COMPOSER.lexicon);
    let architecture = Architecture { roles, tables, operations, ..Architecture::default() };
    let code = COMPOSER.code(&directive, note, &product, &architecture);
    Made { product, architecture, code }
}

/// An edited architecture, in a program that describes itself.
fn edited() -> Made {
    let (product, architecture) = edited::architecture();
    let directive = Directive::parse("A shop for \"odd\" things").unwrap();
    let mut service = COMPOSER.service(&directive, Some("MIT licence"), &product, &architecture);
    service.openapi = Some("{\"openapi\":\"3.1.0\",\"paths\":{}}\n".to_owned());
    let code = super::compose(&service);
    Made { product, architecture, code }
}

/// What holds for every program, whatever it is for.
fn assert_sound(made: &Made) {
    let mut again = Code::default();
    for piece in made.code.pieces() {
        again.apply(&piece).unwrap();
    }
    assert_eq!(again, made.code);
    let unique: BTreeSet<&str> = made.code.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(unique.len(), made.code.files.len());
    for file in &made.code.files {
        assert_eq!(file.id, file_id(&file.path));
        assert!(!file.purpose.is_empty() && !file.content.is_empty(), "{}", file.path);
        assert!(file.operations.iter().all(|id| made.architecture.operation(id).is_some()), "{}", file.path);
        assert!(file.tables.iter().all(|id| made.architecture.table(id).is_some()), "{}", file.path);
        assert!(file.content.ends_with('\n') && !file.content.ends_with("\n\n"), "{}", file.path);
    }
}

/// Every operation has a handler, every feature that must be there a file that handles something for it.
fn assert_complete(made: &Made) {
    let handled: BTreeSet<&str> =
        made.code.files.iter().flat_map(|file| &file.operations).map(String::as_str).collect();
    for operation in &made.architecture.operations {
        assert!(handled.contains(operation.id.as_str()), "{} has no handler", operation.id);
        let route = format!("\"{}\"", operation.path);
        let written =
            made.code.files.iter().any(|f| f.path.starts_with("src/resources/") && f.content.contains(&route));
        assert!(written, "{route}");
    }
    for feature in &made.product.features {
        let serves =
            |file: &&SourceFile| file.path.starts_with("src/resources/") && file.features.contains(&feature.id);
        assert!(made.code.files.iter().any(|file| serves(&file)), "{} has no file", feature.id);
    }
    let migration = made.code.file("migrations/0001_init.sql").unwrap();
    for table in &made.architecture.tables {
        assert!(migration.tables.contains(&table.id) && migration.content.contains(&table.name), "{}", table.id);
    }
}

#[test]
fn every_golden_directive_has_a_program() {
    for (name, directive) in golden::directives() {
        let one = made(&directive, None);
        assert_sound(&one);
        assert_complete(&one);
        assert!(!one.code.files.iter().any(|file| file.content.contains('«')), "{name}");
    }
}

#[test]
fn the_life_of_an_offer_is_guarded_by_its_states() {
    let code = made("A marketplace where collectors buy and sell vintage synthesizers, with escrow", None).code;
    let offers = &code.file("src/resources/offers.rs").unwrap().content;
    assert!(offers.contains(
        "caller.must_be(&[Role::CollectorWhoSells])?;\n    let step = Step { verb: \"accept\", from: &[OfferState::Open"
    ));
    assert!(offers.contains("where id = $1 and state = any($2)"));
    let migration = &code.file("migrations/0001_init.sql").unwrap().content;
    assert!(migration.contains("constraint offers_state_check check (state in ('open', "));
    let tests = &code.file("tests/api/offers.rs").unwrap().content;
    assert!(tests.contains("path: \"/offers/{id}/accept\""));
}

#[test]
fn two_products_have_programs_of_their_own() {
    let bees = made("Help beekeepers log hive inspections, even offline", None).code;
    let yoga = made("A booking site where yoga studios offer classes and members reserve mats", None).code;
    let own = |code: &Code| -> BTreeSet<String> {
        let files = code.files.iter().filter(|f| f.path.starts_with("src/resources/") || f.path.ends_with(".sql"));
        files.flat_map(|file| file.content.lines()).filter(|line| line.len() > 40).map(str::to_owned).collect()
    };
    let (bees, yoga) = (own(&bees), own(&yoga));
    assert!(
        bees.intersection(&yoga).count() * 4 < bees.len(),
        "{:?}",
        bees.intersection(&yoga).take(20).collect::<Vec<_>>()
    );
}

#[test]
fn a_note_changes_the_files_it_speaks_of() {
    let directive = "A shop for handmade shoes";
    let plain = made(directive, None).code;
    assert_eq!(made(directive, Some("make it playful")).code, plain);
    let bare = made(directive, Some("without Docker, and GitLab instead of GitHub")).code;
    assert!(bare.file("Dockerfile").is_none() && bare.file("compose.yaml").is_none());
    assert!(bare.file(".gitlab-ci.yml").is_some() && bare.file(".github/workflows/ci.yml").is_none());
    assert_eq!(bare.file("src/auth.rs"), plain.file("src/auth.rs"));
    let port = made(directive, Some("it should listen on port 4000")).code;
    assert!(port.file("src/config.rs").unwrap().content.contains("127.0.0.1:4000"));
}

#[test]
fn an_architecture_that_was_edited_by_hand_still_has_a_program() {
    let made = edited();
    assert_sound(&made);
    let file = |path: &str| &made.code.file(path).unwrap_or_else(|| panic!("{path}")).content;
    assert!(file("src/resources/match_.rs").contains("pub type_: Option<String>"));
    assert!(file("src/resources/results.rs").contains("pub struct ResultRecord"));
    assert!(file("README.md").contains("have no handler yet"));
    assert!(file("migrations/0001_init.sql").contains("'it''s \"on\"'"));
}

#[test]
fn nothing_at_all_has_a_program_too() {
    let (product, architecture) = (Product::default(), Architecture::default());
    let code = COMPOSER.code(&Directive::parse("?").unwrap(), None, &product, &architecture);
    assert_sound(&Made { product, architecture, code });
}

/// What rustfmt would lay out otherwise. Needs the toolchain that builds the program anyway.
#[test]
fn what_is_written_is_what_rustfmt_leaves_alone() {
    let folder = std::env::temp_dir().join(format!("atlas9-layout-{}", std::process::id()));
    let named = ["synthesizers", "german", "emoji", "hut", "pharmacy", "asylum", "unknown", "forklift", "shipyard"];
    let directives = golden::directives();
    let mut all: Vec<(String, Made)> =
        named.iter().map(|name| ((*name).to_owned(), made(&directives[*name], None))).collect();
    all.push(("edited".to_owned(), edited()));
    for (name, made) in &all {
        let folder = folder.join(name);
        write(&folder, &made.code);
        let mut rustfmt = Command::new("rustfmt");
        rustfmt.args(["--check", "--edition", "2024", "build.rs", "src/lib.rs", "src/main.rs", "tests/api/main.rs"]);
        let output = rustfmt.current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{name}\n{}", String::from_utf8_lossy(&output.stdout));
    }
    fs::remove_dir_all(folder).unwrap();
}

fn write(folder: &Path, code: &Code) {
    for file in &code.files {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.content).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_a_program(text in "\\PC{1,160}") {
        if let Ok(directive) = Directive::parse(&text) {
            let one = made(directive.as_str(), None);
            assert_sound(&one);
            assert_eq!(made(directive.as_str(), None).code, one.code);
        }
    }

    #[test]
    fn any_names_have_a_program(names in prop::collection::vec("\\PC{0,40}", 12)) {
        let (product, mut architecture) = edited::architecture();
        edited::rename(&mut architecture, &names);
        let code = COMPOSER.code(&Directive::parse("Things").unwrap(), None, &product, &architecture);
        assert_sound(&Made { product, architecture, code });
    }
}

/// How long the code of each directive takes, the largest last.
#[test]
#[ignore = "prints times"]
fn times() {
    let mut times = Vec::new();
    for (name, directive) in golden::directives() {
        let directive = Directive::parse(&directive).unwrap();
        let Made { product, architecture, code } = made(directive.as_str(), None);
        let start = Instant::now();
        COMPOSER.code(&directive, None, &product, &architecture);
        let bytes: usize = code.files.iter().map(|file| file.content.len()).sum();
        times.push((start.elapsed(), bytes / 1_000, code.files.len(), name));
    }
    times.sort();
    times.iter().for_each(|(time, kilobytes, files, name)| println!("{time:?} {kilobytes} kB {files} files {name}"));
}

/// Programs kept as golden files: what they consist of, their schema and the first of their resources.
/// `ATLAS9_BLESS=1 cargo test -p server golden` writes them anew.
#[test]
fn golden_programs_are_what_the_composer_writes_today() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    #[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the tests")]
    let bless = std::env::var_os("ATLAS9_BLESS").is_some();
    for name in ["synthesizers", "beekeepers", "invented", "pharmacy", "german", "couriers"] {
        let said = page(&made(&golden::directives()[name], None));
        let file = folder.join(format!("code-{name}.md"));
        if bless {
            fs::write(&file, &said).unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap_or_default(), said, "{name}");
    }
}

fn page(made: &Made) -> String {
    let mut page = format!("{}\n\n", made.code.overview);
    for file in &made.code.files {
        let lines =
            if file.path == "Cargo.lock" { String::new() } else { format!(", {} lines", file.content.lines().count()) };
        let (operations, tables) = (file.operations.join(", "), file.tables.join(", "));
        page.push_str(&format!("- `{}`: {}{lines}; {operations}; {tables}\n", file.path, file.purpose));
    }
    let first = made.code.files.iter().find(|file| !file.operations.is_empty()).map_or("", |file| file.path.as_str());
    let tests = first.replace("src/resources", "tests/api");
    for path in ["README.md", "migrations/0001_init.sql", first, &tests] {
        let file = made.code.file(path).unwrap();
        page.push_str(&format!("\n## {path}\n\n~~~~\n{}~~~~\n", file.content));
    }
    page
}

/// Writes bundles into the folder of `ATLAS9_BUNDLES`, one for each line of its file `directives`: a name, or a name, a tab and a directive.
#[test]
#[ignore = "writes files for bin/bundles"]
#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the tests")]
fn bundles_are_written() {
    let folder = PathBuf::from(std::env::var("ATLAS9_BUNDLES").unwrap());
    let known = golden::directives();
    for line in fs::read_to_string(folder.join("directives")).unwrap().lines() {
        let (name, directive) = line.split_once('\t').unwrap_or((line, ""));
        let directive = if directive.is_empty() { known.get(name).map_or("", String::as_str) } else { directive };
        if name == "edited" {
            write(&folder.join(name), &edited().code);
            continue;
        }
        let one = made(directive, None);
        write(&folder.join(name), &one.code);
        let design = COMPOSER.design(&Directive::parse(directive).unwrap(), None, &one.product, None);
        for (theme, scheme) in [("light", Scheme::Light), ("dark", Scheme::Dark)] {
            let tokens = serde_json::to_string_pretty(&design.tokens_document(scheme)).unwrap();
            fs::write(folder.join(format!("{name}-tokens.{theme}.json")), tokens).unwrap();
        }
    }
}
