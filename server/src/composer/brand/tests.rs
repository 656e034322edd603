use std::sync::LazyLock;

use model::Directive;

use super::*;

static COMPOSER: LazyLock<Composer> = LazyLock::new(|| Composer::new().unwrap());

fn brand(text: &str, note: Option<&str>) -> Brand {
    let directive = Directive::parse(text).unwrap();
    let product = COMPOSER.product(&directive, None);
    COMPOSER.brand(&directive, note, &product)
}

#[test]
fn peek() {
    for text in [
        "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading",
        "Help beekeepers log hive inspections, even offline, with reminders for the next visit",
        "A marketplace where blorps buy and sell quaxed zindles, with escrow and flumox grading",
    ] {
        let brand = brand(text, None);
        println!("\n{text}\n  {:?} — {}", brand.name, brand.tagline);
        for name in &brand.names {
            println!("  {:3} {:12} {}", name.score, name.name, name.reason);
        }
        for colour in &brand.palette {
            println!(
                "  {:12} {:22} {} {} {:?}",
                colour.id,
                colour.name,
                colour.light.hex,
                colour.dark.hex,
                colour.light.contrasts.iter().map(|c| c.ratio).collect::<Vec<_>>()
            );
        }
    }
}
