use std::{collections::BTreeSet, fs, path::PathBuf, sync::LazyLock};

use model::{openapi, svg};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::*;
use crate::{composer::tests::golden::directives, markdown};

static COMPOSER: LazyLock<Composer> = LazyLock::new(|| Composer::new().unwrap());

fn architecture(text: &str, note: Option<&str>) -> (Product, Architecture) {
    let directive = Directive::parse(text).unwrap();
    let product = COMPOSER.product(&directive, None);
    let architecture = COMPOSER.architecture(&directive, note, &product);
    (product, architecture)
}

#[test]
#[ignore = "writes what there is to look at"]
fn look() {
    let out = PathBuf::from("/tmp/arch-out");
    fs::create_dir_all(&out).unwrap();
    let faults: Vec<String> = COMPOSER.faults().iter().map(ToString::to_string).collect();
    println!("{}", faults.join("\n"));
    for (name, directive) in directives() {
        let started = std::time::Instant::now();
        let (_, section) = architecture(&directive, None);
        println!("{name}: {:?}", started.elapsed());
        fs::write(
            out.join(format!("{name}.md")),
            markdown::architecture(&Directive::parse(&directive).unwrap(), &section),
        )
        .unwrap();
        for diagram in &section.diagrams {
            println!("  {} {} bytes {:?}", diagram.id, diagram.svg.len(), svg::check(&diagram.svg));
            fs::write(out.join(format!("{name}-{}.svg", diagram.id)), &diagram.svg).unwrap();
            fs::write(out.join(format!("{name}-{}.mmd", diagram.id)), &diagram.mermaid).unwrap();
        }
        let document = openapi::document(&directive, &section.overview, &section);
        println!("  {:?} {:?}", openapi::faults(&document), openapi::missing(&document, &section));
        fs::write(out.join(format!("{name}.json")), serde_json::to_string_pretty(&document).unwrap()).unwrap();
    }
}
