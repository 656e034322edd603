//! What every page of a product has: the sheet, the main screens to go to, who is using it, and a heading.

use model::sections::ScreenKind;

use crate::composer::{
    blueprint::ScreenPlan,
    design::{Subject, knowledge::Density, wishes::Nav},
};

use super::{
    Place,
    kit::{CONTROL, Kit, crisp},
    pen::{Anchor, Area, Face, HEIGHT, Paint, Pen, WIDTH},
    scene::Scene,
};

/// The height of a bar above the page.
const BAR: f64 = 46.0;
/// The width of a rail beside it.
const RAIL: f64 = 148.0;
/// Around the content.
const MARGIN: f64 = 28.0;

/// Draws what is around a page's content, and returns where that goes.
pub fn frame(kit: &mut Kit, scene: &Scene<'_>, subject: &Subject<'_>, plan: &ScreenPlan, places: &[Place]) -> Area {
    let sheet = Area::new(0.0, 0.0, WIDTH, HEIGHT);
    kit.pen.rect(Paint::Sheet, sheet, 10.0);
    kit.pen.rect(Paint::Hair, crisp(sheet), 10.0);
    let places = own_places(plan, places);
    let current = current(plan, &places);
    let beside = match subject.wishes.nav {
        Some(nav) => nav == Nav::Side,
        None => subject.density == Density::Dense,
    };
    let page = if beside { rail(kit, scene, &places, current) } else { bar(kit, scene, &places, current) };
    heading(kit, scene, plan.kind, page)
}

/// The main screens of whoever uses this one; all of them when that leaves too few to go to.
fn own_places<'p>(plan: &ScreenPlan, places: &'p [Place]) -> Vec<&'p Place> {
    let shares = |place: &&Place| {
        place.actors.is_empty()
            || plan.actors.is_empty()
            || place.actors.iter().any(|actor| plan.actors.contains(actor))
    };
    let own: Vec<&Place> = places.iter().filter(shares).collect();
    let also = |place: &&Place| shares(place) || place.is_overview;
    if own.len() < 3 { places.iter().filter(also).collect() } else { own }
}

/// The place one is at: the screen itself, else one that it leads back to.
fn current(plan: &ScreenPlan, places: &[&Place]) -> Option<usize> {
    let itself = places.iter().position(|place| place.screen == plan.id);
    itself.or_else(|| places.iter().position(|place| plan.leads_to.contains(&place.screen)))
}

fn bar(kit: &mut Kit, scene: &Scene<'_>, places: &[&Place], current: Option<usize>) -> Area {
    kit.uses("navigation");
    mark(kit, MARGIN, BAR / 2.0);
    let person = scene.people.first().map(String::as_str).unwrap_or_default();
    let room = (Pen::width(Face::Small, person) + 25.0).min(150.0);
    if !person.is_empty() {
        kit.person(WIDTH - MARGIN - room, BAR / 2.0, room + 1.0, person);
    }
    let (mut x, end) = (MARGIN + 34.0, WIDTH - MARGIN - room - 16.0);
    for (at, place) in places.iter().enumerate() {
        let here = current == Some(at);
        let face = if here { Face::Strong } else { Face::Text };
        let w = Pen::width(face, &place.name);
        if x + w > end {
            break;
        }
        kit.pen.words(face, x, BAR / 2.0 + 4.6, w + 1.0, &place.name);
        if here {
            kit.pen.rect(Paint::Accent, Area::new(x, BAR - 2.5, w, 2.5), 0.0);
        }
        x += w + 22.0;
    }
    kit.pen.across(Paint::Hair, 0.0, BAR, WIDTH);
    Area::new(MARGIN, BAR + 22.0, WIDTH - 2.0 * MARGIN, HEIGHT - BAR - 22.0 - 22.0)
}

fn rail(kit: &mut Kit, scene: &Scene<'_>, places: &[&Place], current: Option<usize>) -> Area {
    kit.uses("navigation");
    mark(kit, 20.0, 34.0);
    for (row, (at, place)) in (0_u32..).zip(places.iter().enumerate()).take(8) {
        let y = 72.0 + 30.0 * f64::from(row);
        let here = current == Some(at);
        if here {
            kit.pen.rect(Paint::Glow, Area::new(10.0, y - 14.0, RAIL - 20.0, 28.0), kit.control.min(8.0));
        }
        kit.pen.words(if here { Face::Strong } else { Face::Text }, 20.0, y + 4.6, RAIL - 32.0, &place.name);
    }
    if let Some(person) = scene.people.first() {
        kit.person(18.0, HEIGHT - 30.0, RAIL - 26.0, person);
    }
    kit.pen.down(Paint::Hair, RAIL, 0.0, HEIGHT);
    Area::new(RAIL + 24.0, 24.0, WIDTH - RAIL - 48.0, HEIGHT - 24.0 - 20.0)
}

/// Where the product's own mark will stand.
fn mark(kit: &mut Kit, x: f64, middle: f64) {
    kit.pen.rect(Paint::Accent, Area::new(x, middle - 8.0, 16.0, 16.0), kit.control.clamp(1.0, 8.0));
}

/// The title, and the main action beside it where the page below has none of its own.
fn heading(kit: &mut Kit, scene: &Scene<'_>, kind: ScreenKind, page: Area) -> Area {
    use ScreenKind as K;
    let acts = matches!(kind, K::List | K::Board | K::Calendar | K::Dashboard | K::Timeline | K::Report | K::Settings);
    let (head, body) = page.split_top(CONTROL, 14.0);
    let mut room = head.w;
    if acts && !scene.main.is_empty() {
        let most = (head.w - Pen::width(Face::LongTitle, scene.title) - 16.0).clamp(head.w * 0.3, head.w * 0.45);
        let say = Kit::short(&scene.main, most);
        let w = Kit::button_width(say, most);
        kit.main_button(Area { x: head.right() - w, w, ..head }, say);
        room -= w + 16.0;
    }
    let faces = [Face::Title, Face::LongTitle, Face::LongestTitle];
    let fits = faces.into_iter().find(|face| Pen::width(*face, scene.title) <= room);
    kit.pen.set(fits.unwrap_or(Face::LongestTitle), Anchor::Start, head.x, head.y + 23.0, room, scene.title);
    body
}
