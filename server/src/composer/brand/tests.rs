use std::{fs, sync::LazyLock};

use model::Directive;

use super::*;

static COMPOSER: LazyLock<Composer> = LazyLock::new(|| Composer::new().unwrap());

fn brand(text: &str, note: Option<&str>) -> Brand {
    let directive = Directive::parse(text).unwrap();
    let product = COMPOSER.product(&directive, None);
    COMPOSER.brand(&directive, note, &product)
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
        let brand = brand(text, None);
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
