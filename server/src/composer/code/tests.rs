use std::sync::LazyLock;

use model::{Directive, sections::*};

use crate::composer::{Composer, blueprint::Blueprint};

static COMPOSER: LazyLock<Composer> = LazyLock::new(|| Composer::new().unwrap());

fn architecture(product: &Product) -> Architecture {
    let Blueprint { roles, tables, operations, .. } = Blueprint::of(product, &COMPOSER.lexicon);
    Architecture { roles, tables, operations, ..Architecture::default() }
}

fn code(directive: &str) -> (Product, Architecture, Code) {
    let directive = Directive::parse(directive).unwrap();
    let product = COMPOSER.product(&directive, None);
    let architecture = architecture(&product);
    let code = COMPOSER.code(&directive, None, &product, &architecture);
    (product, architecture, code)
}

/// Writes bundles into the folder of `ATLAS9_BUNDLES`, one for each line of `name<TAB>directive` in its file `directives`.
#[test]
#[ignore = "writes files: bin/bundles runs it"]
#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the tests")]
fn bundles_are_written() {
    let folder = std::path::PathBuf::from(std::env::var("ATLAS9_BUNDLES").unwrap());
    for line in std::fs::read_to_string(folder.join("directives")).unwrap().lines() {
        let (name, directive) = line.split_once('\t').unwrap();
        let (_, _, code) = code(directive);
        for file in &code.files {
            let path = folder.join(name).join(&file.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &file.content).unwrap();
        }
    }
}
