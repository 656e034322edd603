//! What the composer says of many directives, as pages that can be read from top to bottom and as a diff.
//! `ATLAS9_BLESS=1 cargo test -p server golden` writes them anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::PathBuf,
};

use model::sections::{Entity, Feature, Product};
use pretty_assertions::assert_eq;

use super::{COMPOSER, assert_sound, product};

/// The directives by the names of their files.
pub fn directives() -> BTreeMap<String, String> {
    let file: BTreeMap<String, BTreeMap<String, String>> =
        toml::from_str(include_str!("../../../tests/data/directives.toml")).unwrap();
    file.into_values().flatten().collect()
}

#[test]
fn golden_pages_are_what_the_composer_says_today() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    #[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the tests")]
    let bless = std::env::var_os("ATLAS9_BLESS").is_some();
    for (name, directive) in directives() {
        let product = product(&directive);
        assert_sound(&product, &directive);
        let said = page(&name, &directive, &product);
        let file = folder.join(format!("{name}.md"));
        if bless {
            fs::write(&file, &said).unwrap();
        }
        let golden = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(golden, said, "{name}");
    }
}

#[test]
fn golden_directives_lead_to_every_kind_and_call_for_every_capability() {
    let bases: Vec<_> = directives().values().filter_map(|directive| product(directive).basis).collect();
    let kinds: BTreeSet<&str> = bases.iter().map(|basis| basis.kind.as_str()).collect();
    let called: BTreeSet<&str> = bases.iter().flat_map(|b| &b.called).map(|called| called.module.as_str()).collect();
    let knowledge = &COMPOSER.knowledge;
    let unled: Vec<&str> =
        knowledge.archetypes.iter().map(|m| m.label.as_str()).filter(|label| !kinds.contains(label)).collect();
    let uncalled: Vec<&str> =
        knowledge.capabilities.iter().map(|m| m.label.as_str()).filter(|label| !called.contains(label)).collect();
    assert!(unled.is_empty() && uncalled.is_empty(), "no directive leads to {unled:?}, none calls for {uncalled:?}");
}

/// Every part of a product, one line an item.
fn page(name: &str, directive: &str, product: &Product) -> String {
    let mut page = format!("# {name}\n\n> {directive}\n\n");
    basis(&mut page, product);
    let _ = write!(page, "\n{}\n\n{}\n\n## People\n\n", product.summary, product.problem);
    for persona in &product.personas {
        let words = quoted(&persona.answers);
        let _ = writeln!(
            page,
            "- **{}** `{}` wants to {}; {}. {words}",
            persona.name, persona.id, persona.goal, persona.pain
        );
    }
    page.push_str("\n## Features\n");
    product.features.iter().for_each(|item| feature(&mut page, item));
    page.push_str("\n## Entities\n\n");
    product.entities.iter().for_each(|item| entity(&mut page, item));
    rest(&mut page, product);
    page
}

fn basis(page: &mut String, product: &Product) {
    let Some(basis) = &product.basis else { return };
    let _ = writeln!(page, "Read as {} ({}).", basis.kind, basis.language);
    for called in &basis.called {
        let _ = writeln!(page, "- {}: {}", called.module, quoted(&called.words));
    }
    for caveat in &basis.caveats {
        let _ = writeln!(page, "- Caveat: {caveat}");
    }
}

fn feature(page: &mut String, item: &Feature) {
    let _ = writeln!(page, "\n### {} `{}`\n", item.title, item.id);
    let (priority, effort) = (format!("{:?}", item.priority).to_lowercase(), item.effort);
    let _ = writeln!(page, "{priority}, {effort:?}, {}: {}", item.source, quoted(&item.answers));
    let _ = writeln!(page, "As {} I want to {} so that {}.", item.story.who, item.story.want, item.story.so);
    for criterion in &item.criteria {
        let _ = writeln!(page, "- {criterion}");
    }
    if !item.entities.is_empty() {
        let _ = writeln!(page, "- Uses {}", item.entities.join(", "));
    }
}

fn entity(page: &mut String, item: &Entity) {
    let field = |field: &model::sections::Field| {
        format!("{}: {}{}", field.name, field.kind, if field.required { "" } else { "?" })
    };
    let fields: Vec<String> = item.fields.iter().map(field).collect();
    let _ = write!(page, "- **{}** `{}` {}: {}", item.name, item.id, item.purpose, fields.join("; "));
    if !item.states.is_empty() {
        let _ = write!(page, "; {}", item.states.join(" → "));
    }
    for relation in &item.relations {
        let role = relation.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
        let _ = write!(page, "; {} {}{role}", relation.kind, relation.to);
    }
    page.push('\n');
}

fn rest(page: &mut String, product: &Product) {
    page.push_str("\n## Journeys\n");
    for item in &product.journeys {
        let _ = writeln!(page, "\n### {} `{}`\n\n{}", item.title, item.id, item.actor);
        for (at, step) in item.steps.iter().enumerate() {
            let _ = writeln!(page, "{}. {step}", at + 1);
        }
    }
    page.push_str("\n## Metrics\n\n");
    for item in &product.metrics {
        let _ = writeln!(page, "- **{}** `{}` {}: {}", item.name, item.id, item.measure, item.target);
    }
    page.push_str("\n## Risks\n\n");
    for item in &product.risks {
        let severity = format!("{:?}", item.severity).to_lowercase();
        let _ = writeln!(page, "- `{}` ({severity}) {} → {}", item.id, item.text, item.mitigation);
    }
    page.push_str("\n## Out of scope\n\n");
    for item in &product.out_of_scope {
        let _ = writeln!(page, "- **{}** `{}` {}", item.what, item.id, item.why);
    }
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("“{word}”")).collect::<Vec<_>>().join(", ")
}
