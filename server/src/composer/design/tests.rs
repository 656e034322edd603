use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf, sync::LazyLock, time::Instant};

use super::*;

static COMPOSER: LazyLock<Composer> = LazyLock::new(|| Composer::new().unwrap());

fn design(text: &str, note: Option<&str>) -> (Product, Design) {
    let directive = Directive::parse(text).unwrap();
    let product = COMPOSER.product(&directive, None);
    let design = COMPOSER.design(&directive, note, &product, None);
    (product, design)
}

#[test]
#[ignore = "writes designs, to be looked at"]
fn look() {
    let folder = PathBuf::from("/tmp/look");
    fs::create_dir_all(&folder).unwrap();
    let faults: Vec<String> =
        COMPOSER.faults().iter().map(ToString::to_string).filter(|f| f.contains("design/")).collect();
    println!("{}", faults.join("\n"));
    let mut all = String::new();
    for (name, directive) in crate::composer::tests::golden::directives() {
        let began = Instant::now();
        let (_, design) = design(&directive, None);
        let took = began.elapsed();
        let bytes = design.screens.iter().map(|s| s.wireframe.len()).sum::<usize>() / design.screens.len().max(1);
        let _ = writeln!(all, "{name}: {took:?}, {} screens of {bytes} bytes", design.screens.len());
        fs::write(folder.join(format!("{name}.json")), serde_json::to_string(&design).unwrap()).unwrap();
    }
    println!("{all}");
}
