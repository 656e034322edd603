//! One thing: read, entered, come to step by step.

use super::{Area, Face, FactKind, Kit, Pen, Scene};
use crate::composer::design::{
    subject::label,
    wireframe::{
        kit::{CONTROL, crisp},
        pen::{Anchor, N, Paint},
        scene::Fact,
    },
};

/// A field with its name.
const FIELD: f64 = 18.0 + CONTROL;

/// The way it has come, its facts, what can be done, and what belongs to it.
pub fn detail(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let rest = if scene.course.len() > 1 {
        let (track, rest) = body.split_top(40.0, 14.0);
        state_track(kit, scene, track);
        rest
    } else {
        body
    };
    let (left, right) = rest.split_left(rest.w * if rest.w > 500.0 { 0.6 } else { 0.56 }, 24.0);
    actions(kit, scene, right);
    let lower = scene.child.as_ref().filter(|child| !child.many.is_empty());
    let (upper, below) =
        if lower.is_some() { left.split_bottom(30.0 + scene.row.min(34.0) * 2.0, 12.0) } else { (left, left) };
    let facts = scene.short_facts();
    let row = scene.row.min(34.0) - 2.0;
    if scene.thing.pictured {
        let (picture, facts_at) = upper.split_left(upper.w * 0.4, 16.0);
        kit.picture(Area { h: (row * 4.0).min(upper.h), ..picture });
        kit.facts(facts_at, &facts, row);
    } else {
        kit.facts(upper, &facts, row);
    }
    if let Some(child) = lower {
        kit.uses("row");
        kit.pen.words(Face::Head, below.x, below.y + 14.0, below.w, &child.many);
        let (_, rows) = below.split_top(22.0, 2.0);
        for (nth, (at, row)) in (0..).zip(rows.rows(scene.row.min(34.0)).into_iter().enumerate()) {
            kit.pen.across(Paint::Hair, row.x, row.y, row.w);
            kit.bar(row.x, row.middle(), row.w * 0.32, nth);
            if let Some(fact) = child.facts.iter().find(|fact| matches!(fact.kind, FactKind::Figure(_))) {
                kit.value(fact, row.x + row.w * 0.4, row.middle(), row.w * 0.28, nth);
            }
            if let Some(state) = child.states.get((at + 1) % child.states.len().max(1)) {
                kit.chip_left_of(row.right(), row.middle() - 10.0, row.w * 0.36, state);
            }
        }
    }
}

/// The usual way, with a mark where it is.
fn state_track(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("state-track");
    let most = if area.w > 500.0 { 6 } else { 5 };
    let stops: Vec<String> = scene.course.iter().map(|stop| label(&stop.state)).take(most).collect();
    let places = area.columns(u32::try_from(stops.len()).unwrap_or(1), 0.0);
    let y = area.y + 8.0;
    let here = scene.present.min(stops.len().saturating_sub(1));
    if let (Some(first), Some(at), Some(last)) = (places.first(), places.get(here), places.last()) {
        kit.pen.path(Paint::Edge, &format!("M{} {}H{}", N(first.x + 6.0), N(y), N(last.x + 6.0)));
        kit.pen.path(Paint::Line, &format!("M{} {}h{}", N(first.x + 6.0), N(y), N(at.x - first.x)));
    }
    kit.pen.above();
    for (at, (stop, place)) in stops.iter().zip(&places).enumerate() {
        if at > here {
            kit.pen.round(Paint::Sheet, place.x + 6.0, y, 5.0);
            kit.pen.round(Paint::Edge, place.x + 6.0, y, 4.5);
        } else {
            kit.pen.round(Paint::Accent, place.x + 6.0, y, if at == here { 6.0 } else { 4.0 });
        }
        let face = if at == here { Face::Strong } else { Face::Small };
        kit.pen.words(face, place.x, y + 25.0, place.w - 8.0, stop);
    }
}

/// The steps that are possible now, beside who is concerned.
fn actions(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("panel");
    let inside = kit.panel(area);
    let mut y = inside.y;
    let name = scene.course.get(scene.present).map(|stop| stop.state.clone());
    if let Some(state) = name.and_then(|name| scene.thing.states.iter().find(|state| state.name == name)) {
        kit.chip(inside.x, inside.y, inside.w, state);
        y += 34.0;
    }
    for person in scene.people.iter().take(2) {
        kit.person(inside.x, y + 8.0, inside.w, person);
        y += 27.0;
    }
    let room = Area { y: y + 8.0, h: (inside.bottom() - y - 8.0).max(CONTROL), ..inside };
    let end = kit.stacked(room, &scene.answers(3));
    if end + 34.0 < inside.bottom() {
        kit.lines(Area { y: end + 6.0, h: (inside.bottom() - end - 6.0).min(45.0), ..inside }, 1);
    }
}

/// Fields in two columns, pictures and a long text across.
pub fn form(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let (fields, foot) = body.split_bottom(CONTROL, 16.0);
    let pictured = scene.entered.iter().any(|fact| fact.kind == FactKind::Image);
    let long = scene.entered.iter().find(|fact| fact.kind == FactKind::Long);
    let short: Vec<&Fact> =
        scene.entered.iter().filter(|fact| !matches!(fact.kind, FactKind::Image | FactKind::Long)).collect();
    let (mut y, mut nth) = (fields.y, 0);
    // One row less where pictures or a long text need the room.
    let rows = ((fields.h + 12.0) / (FIELD + 12.0)).floor();
    let reserved = if pictured || long.is_some() { 1.0 } else { 0.0 };
    for pair in short.chunks(2) {
        if y + FIELD > fields.y + (rows - reserved).max(1.0) * (FIELD + 12.0) {
            break;
        }
        let places = Area { y, h: FIELD, ..fields }.columns(2, 20.0);
        for (fact, place) in pair.iter().zip(places) {
            kit.field(place, fact, nth);
            nth += 1;
        }
        y += FIELD + 12.0;
    }
    let room = fields.bottom() - y;
    let (picture_w, text_x) =
        if pictured && long.is_some() { (fields.w / 2.0 - 10.0, fields.w / 2.0 + 10.0) } else { (fields.w, 0.0) };
    if pictured && room > 40.0 {
        pictures(kit, Area { y: y + 18.0, h: (room - 18.0).min(60.0), w: picture_w, ..fields });
        kit.pen.words(Face::Small, fields.x, y + 11.0, picture_w, &picture_name(scene));
    }
    if let Some(fact) = long.filter(|_| room > FIELD - 10.0) {
        kit.field(Area { x: fields.x + text_x, y, w: fields.w - text_x, h: room.min(96.0) }, fact, nth);
    }
    let below = if pictured || long.is_some() { foot.y } else { (y + 8.0).min(foot.y) };
    let foot = Area { y: below, ..foot };
    kit.buttons(foot, &scene.answers(1));
    kit.pen.set(Face::Small, Anchor::End, foot.right(), foot.middle() + 4.4, foot.w * 0.3, "* needed");
    // What becomes of it, where there is room to say so.
    if scene.course.len() > 1 && body.bottom() - foot.bottom() > 66.0 {
        let track = Area::new(body.x, body.bottom() - 40.0, body.w, 40.0);
        state_track(kit, scene, track);
    }
}

fn picture_name(scene: &Scene<'_>) -> String {
    let pictures = scene.entered.iter().find(|fact| fact.kind == FactKind::Image);
    pictures.map_or_else(String::new, |fact| fact.name.clone())
}

/// Pictures that are there, and a place for one more.
fn pictures(kit: &mut Kit, area: Area) {
    let mut x = area.x;
    for _ in 0..3 {
        if x + 158.0 > area.right() {
            break;
        }
        kit.picture(Area::new(x, area.y, 74.0, area.h));
        x += 84.0;
    }
    let free = Area::new(x, area.y, 74.0, area.h);
    kit.pen.rect(Paint::Edge, crisp(free), kit.card.min(8.0));
    let (cx, cy) = ((free.x + 37.0).round(), free.middle().round());
    kit.pen.path(Paint::Line, &format!("M{} {cy}h14M{cx} {}v14", cx - 7.0, cy - 7.0));
}

/// A row of steps, the present one large.
pub fn steps(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let facts = &scene.entered;
    let present = facts
        .iter()
        .position(|fact| matches!(&fact.kind, FactKind::Choice(options) if options.len() > 2))
        .or_else(|| facts.iter().position(|fact| matches!(fact.kind, FactKind::Choice(_) | FactKind::Rating)))
        .unwrap_or(0);
    let (row, rest) = body.split_top(34.0, 20.0);
    let names = step_names(scene, present);
    step_row(kit, row, &names);
    let (content, foot) = rest.split_bottom(CONTROL, 18.0);
    if let Some(fact) = facts.get(present) {
        kit.pen.words(Face::Head, content.x, content.y + 14.0, content.w, &fact.name);
        let (_, choices) = content.split_top(18.0, 10.0);
        large_choice(kit, choices, fact);
    }
    let asked =
        if facts.get(present).is_some_and(|fact| matches!(fact.kind, FactKind::Choice(_))) { 112.0 } else { 76.0 };
    let (_, evidence) = content.split_top(asked, 0.0);
    if scene.thing.pictured && evidence.h > 50.0 {
        pictures(kit, Area { h: evidence.h.min(72.0), ..evidence });
    } else if let Some(next) = facts.iter().skip(present + 1).find(|fact| fact.kind != FactKind::Image) {
        let h = if next.kind == FactKind::Long { evidence.h.min(96.0) } else { FIELD };
        kit.field(Area { w: evidence.w * 0.6, h, ..evidence }, next, 1);
    }
    let w = Kit::button_width(&scene.main, 220.0);
    kit.main_button(Area { x: foot.right() - w, w, ..foot }, &scene.main);
    kit.button(Area { w: 78.0, ..foot }, "Back");
}

/// Up to four steps: facts one after another, and a last look.
fn step_names(scene: &Scene<'_>, present: usize) -> Vec<String> {
    let facts = &scene.entered;
    let mut names: Vec<String> = Vec::new();
    if let Some(before) = present.checked_sub(1).and_then(|at| facts.get(at)).or_else(|| facts.get(1)) {
        names.push(before.name.clone());
    }
    names.extend(facts.get(present).map(|fact| fact.name.clone()));
    names.extend(facts.iter().skip(present + 1).find(|fact| !names.contains(&fact.name)).map(|fact| fact.name.clone()));
    names.push(scene.verb(0).unwrap_or_else(|| "Look it over".to_owned()));
    names
}

fn step_row(kit: &mut Kit, area: Area, names: &[String]) {
    kit.uses("step-row");
    let count = u32::try_from(names.len()).unwrap_or(1);
    for (at, (name, place)) in (0_u32..).zip(names.iter().zip(area.columns(count, 10.0))) {
        let (cx, cy) = (place.x + 11.0, place.y + 12.0);
        match at {
            0 => {
                kit.pen.round(Paint::Accent, cx, cy, 10.0);
                kit.pen.path(Paint::OnAccent, &format!("M{} {cy}l3 3 5.4 -6.4", cx - 4.0));
            }
            1 => {
                kit.pen.round(Paint::Line, cx, cy, 9.5);
                kit.pen.set(Face::Link, Anchor::Middle, cx, cy + 4.6, 20.0, "2");
            }
            _ => {
                kit.pen.round(Paint::Hair, cx, cy, 9.5);
                kit.pen.set(Face::Small, Anchor::Middle, cx, cy + 4.4, 20.0, &(at + 1).to_string());
            }
        }
        let face = if at == 1 { Face::Strong } else { Face::Small };
        kit.pen.words(face, place.x + 28.0, cy + 4.5, place.w - 34.0, name);
    }
    kit.pen.across(Paint::Hair, area.x, area.bottom(), area.w);
}

/// The present question, with room around each answer.
fn large_choice(kit: &mut Kit, area: Area, fact: &Fact) {
    let area = Area { h: 66.0, ..area };
    let FactKind::Choice(options) = &fact.kind else {
        let place = Area { h: CONTROL + 6.0, w: area.w * 0.6, ..area };
        kit.uses("field");
        kit.pen.rect(Paint::Line, crisp(place), kit.control);
        kit.value(fact, place.x + 12.0, place.middle(), place.w - 24.0, 1);
        return;
    };
    kit.uses("choice");
    let longest = options.iter().map(|option| Pen::width(Face::Strong, option) + 22.0).fold(70.0, f64::max);
    let fit = options
        .len()
        .min(5)
        .min(((area.w + 10.0) / (longest.min(area.w) + 10.0)).floor().max(2.0).to_string().parse().unwrap_or(2));
    let count = u32::try_from(fit).unwrap_or(2);
    for (at, (option, place)) in options.iter().zip(area.columns(count, 10.0)).enumerate() {
        let chosen = at == 1;
        if chosen {
            kit.pen.rect(Paint::Glow, place, kit.card);
        }
        kit.pen.rect(if chosen { Paint::Line } else { Paint::Edge }, crisp(place), kit.card);
        let face = if chosen { Face::Link } else { Face::Strong };
        kit.label(face, Area { h: 40.0, ..place }, option);
        kit.bar(place.x + 12.0, place.y + 47.0, place.w - 24.0, u32::try_from(at).unwrap_or(0) + 2);
    }
}
