//! One way to lay a page out for each kind of screen.

mod figures;
mod overview;
mod pay;
mod single;
mod talk;
mod time_place;
mod work;

use model::sections::ScreenKind;

use super::{
    kit::Kit,
    pen::{Area, Face, Pen},
    scene::{Fact, FactKind, Scene},
};

/// Draws the content of a page.
pub fn draw(kind: ScreenKind, kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    use ScreenKind as K;
    let draw = match kind {
        K::List => overview::list,
        K::Search => overview::search,
        K::Board => overview::board,
        K::Detail => single::detail,
        K::Form => single::form,
        K::Steps => single::steps,
        K::Thread => talk::thread,
        K::Timeline => talk::timeline,
        K::Queue => talk::queue,
        K::Calendar => time_place::calendar,
        K::Map => time_place::map,
        K::Dashboard => figures::dashboard,
        K::Report => figures::report,
        K::Compare => figures::compare,
        K::Checklist => work::checklist,
        K::Scan => work::scan,
        K::Player => work::player,
        K::Checkout => pay::checkout,
        K::Settings => pay::settings,
    };
    draw(kit, scene, body);
}

/// Facts that are compared in columns: sums and choices first, and none that already names the thing.
fn columns<'s>(scene: &'s Scene<'_>, most: usize) -> Vec<&'s Fact> {
    let mut facts = scene.short_facts();
    facts.retain(|fact| !scene.thing.name.starts_with(&fact.name));
    facts.sort_by_key(|fact| fact.rank());
    facts.truncate(most);
    facts
}

/// What is said in a sentence: no moment of a step, no long text.
fn said<'s>(scene: &'s Scene<'_>) -> Option<&'s Fact> {
    columns(scene, 1).into_iter().find(|fact| fact.rank() < 5)
}

/// Words on up to two lines, the first at `y`.
fn two_lines(pen: &mut Pen, face: Face, x: f64, y: f64, max: f64, text: &str) {
    let mut first = String::new();
    let mut rest = text.split(' ').peekable();
    while let Some(word) = rest.peek() {
        let longer = if first.is_empty() { (*word).to_owned() } else { format!("{first} {word}") };
        if Pen::width(face, &longer) > max {
            break;
        }
        first = longer;
        rest.next();
    }
    if first.is_empty() {
        pen.words(face, x, y, max, text);
        return;
    }
    pen.words(face, x, y, max, &first);
    let second: Vec<&str> = rest.collect();
    pen.words(face, x, y + face.size() * 1.25, max, &second.join(" "));
}
