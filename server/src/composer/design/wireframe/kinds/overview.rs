//! Many at once: rows, cards, columns.

use super::{Area, Face, FactKind, Kit, Pen, Scene, columns};
use crate::composer::design::{
    subject::label,
    wireframe::{
        kit::crisp,
        pen::{Anchor, Paint},
        scene::Fact,
    },
};

/// The widest a state chip becomes in a row.
const STATE: f64 = 112.0;

/// A table under tabs for the states.
pub fn list(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let rest = if scene.thing.states.is_empty() {
        body
    } else {
        let (tabs, rest) = body.split_top(26.0, 8.0);
        state_tabs(kit, scene, tabs);
        rest
    };
    let facts = columns(scene, if rest.w > 500.0 { 3 } else { 2 });
    table(kit, scene, rest, &facts);
}

/// "All" and the states, the first marked.
pub fn state_tabs(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("filters");
    let names = std::iter::once("All".to_owned()).chain(scene.thing.states.iter().map(|state| label(&state.name)));
    let mut x = area.x;
    for (at, name) in names.enumerate() {
        let face = if at == 0 { Face::Strong } else { Face::Small };
        let w = Pen::width(face, &name);
        if x + w > area.right() {
            break;
        }
        kit.pen.words(face, x, area.y + 15.0, w + 1.0, &name);
        if at == 0 {
            kit.pen.rect(Paint::Accent, Area::new(x, area.bottom() - 2.0, w, 2.0), 0.0);
        }
        x += w + 18.0;
    }
    kit.pen.across(Paint::Hair, area.x, area.bottom() - 0.5, area.w);
}

fn table(kit: &mut Kit, scene: &Scene<'_>, area: Area, facts: &[&Fact]) {
    kit.uses("row");
    let (head, rows) = area.split_top(20.0, 2.0);
    let pictured = scene.face().pictured;
    let state = if scene.thing.states.is_empty() { 14.0 } else { STATE + 14.0 };
    let lead = if pictured { scene.row } else { 0.0 };
    let count = u32::try_from(facts.len()).unwrap_or(0);
    let free = area.w - lead - state;
    let name_w = (free * if count > 2 { 0.31 } else { 0.38 }).max(90.0);
    let cells = Area { x: area.x + lead + name_w, w: free - name_w, ..head }.columns(count, 12.0);
    kit.pen.words(Face::Small, head.x + lead, head.y + 13.0, name_w - 10.0, &scene.face().name);
    for (fact, cell) in facts.iter().zip(&cells) {
        kit.pen.words(Face::Small, cell.x, head.y + 13.0, cell.w, &fact.name);
    }
    kit.pen.across(Paint::Hair, head.x, head.bottom(), head.w);
    for (nth, (at, row)) in (0..).zip(rows.rows(scene.row).into_iter().enumerate()) {
        if pictured {
            kit.picture(Area::new(row.x, row.y + 5.0, scene.row - 12.0, scene.row - 10.0));
        }
        kit.bar(row.x + lead, row.middle(), name_w - 24.0, nth + scene.vary(nth, 3));
        for (fact, cell) in facts.iter().zip(&cells) {
            kit.value(fact, cell.x, row.middle(), cell.w, nth);
        }
        if let Some(state) = scene.state_of(at) {
            kit.chip(row.right() - STATE - 14.0, row.middle() - 10.0, STATE, state);
        }
        kit.onward(row.right() - 6.0, row.middle());
        kit.pen.across(Paint::Hair, row.x, row.bottom(), row.w);
    }
}

/// A field to search in, facets beside, cards.
pub fn search(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let (top, rest) = body.split_top(34.0, 16.0);
    let (field, button) = Area { w: top.w - 92.0, ..top }.split_left(top.w - 92.0, 8.0);
    let facts: Vec<String> = scene.face().facts.iter().take(3).map(|fact| fact.name.to_lowercase()).collect();
    let hint = if facts.is_empty() { scene.thing.many.clone() } else { label(&facts.join(", ")) };
    kit.search(field, &hint);
    let say = if scene.main.chars().count() > 9 { "Search" } else { &scene.main };
    kit.main_button(Area { w: 84.0, ..button }, say);
    let (facets, cards) = rest.split_left(if rest.w > 500.0 { 136.0 } else { 122.0 }, 24.0);
    self::facets(kit, scene, facets);
    let across = 2;
    let h = (cards.h - 14.0) / 2.0;
    for line in 0..2_u32 {
        let row = Area { y: cards.y + f64::from(line) * (h + 14.0), h, ..cards };
        for (nth, place) in (line * across..).zip(row.columns(across, 14.0)) {
            card(kit, scene, place, nth);
        }
    }
}

/// What can be narrowed down: choices to tick, figures to drag.
fn facets(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("filters");
    let mut y = area.y + 10.0;
    let mut facets: Vec<(String, Vec<String>)> = Vec::new();
    for fact in scene.face().facts.iter().chain(&scene.thing.facts) {
        match &fact.kind {
            FactKind::Choice(options) => facets.push((fact.name.clone(), options.iter().take(3).cloned().collect())),
            FactKind::Figure("0.00" | "0000") => facets.push((fact.name.clone(), Vec::new())),
            _ => {}
        }
    }
    let states = scene.thing.states.iter().map(|state| label(&state.name)).take(3).collect();
    facets.push(("State".to_owned(), states));
    let mut names: Vec<String> = Vec::new();
    for (name, options) in facets {
        let height =
            20.0 + if options.is_empty() { 20.0 } else { 21.0 * f64::from(u32::try_from(options.len()).unwrap_or(0)) };
        if y + height > area.bottom() + 4.0 || names.contains(&name) {
            continue;
        }
        kit.pen.words(Face::Strong, area.x, y, area.w, &name);
        y += 18.0;
        if options.is_empty() {
            range(kit, area.x, y - 2.0, area.w - 12.0);
            y += 20.0;
        }
        for (at, option) in options.iter().enumerate() {
            kit.tick_box(area.x, y, at == 0 && names.is_empty());
            kit.pen.words(Face::Small, area.x + 22.0, y + 4.4, area.w - 22.0, option);
            y += 21.0;
        }
        y += 12.0;
        names.push(name);
    }
}

/// From … to.
fn range(kit: &mut Kit, x: f64, y: f64, w: f64) {
    kit.pen.rect(Paint::Bar, Area::new(x, y - 1.5, w, 3.0), 1.5);
    kit.pen.rect(Paint::Accent, Area::new(x + w * 0.2, y - 1.5, w * 0.45, 3.0), 1.5);
    kit.pen.round(Paint::Accent, x + w * 0.2, y, 5.0);
    kit.pen.round(Paint::Accent, x + w * 0.65, y, 5.0);
}

/// A card: a picture, what names it, one figure and its state. The first says what stands where.
fn card(kit: &mut Kit, scene: &Scene<'_>, area: Area, nth: u32) {
    kit.uses("card");
    kit.pen.rect(Paint::Hair, crisp(area), kit.card);
    let face = scene.face();
    let mut y = area.y + 18.0;
    if face.pictured {
        let h = (area.h - 52.0).max(30.0);
        kit.picture(Area::new(area.x + 6.0, area.y + 6.0, area.w - 12.0, h));
        y = area.y + h + 22.0;
    }
    let x = area.x + 10.0;
    let w = area.w - 20.0;
    if nth == 0 {
        kit.pen.words(Face::Strong, x, y, w, &face.name);
    } else {
        kit.bar(x, y - 5.0, w, nth);
    }
    if face.pictured {
        let line = area.bottom() - 14.0;
        let state = scene.state_of(usize::try_from(nth).unwrap_or(0));
        let chip = state.map_or(0.0, |state| kit.chip_left_of(area.right() - 9.0, line - 10.0, w * 0.62, state));
        match columns(scene, 1).first() {
            Some(fact) if nth == 0 => {
                kit.pen.words(Face::Small, x, line + 4.6, w - chip - 8.0, &fact.name);
            }
            Some(fact) => kit.value(fact, x, line, w - chip - 8.0, nth),
            None => {}
        }
        return;
    }
    for (row, fact) in (0_u32..).zip(columns(scene, 3)) {
        let line = y + 18.0 + f64::from(row) * 20.0;
        if line + 32.0 < area.bottom() || row == 0 {
            named_value(kit, fact, x, line, w, nth);
        }
    }
    if let Some(state) = scene.state_of(usize::try_from(nth).unwrap_or(0)) {
        kit.chip(x, area.bottom() - 28.0, w, state);
    }
}

/// A fact on a card: its name, and its value at the right.
fn named_value(kit: &mut Kit, fact: &Fact, x: f64, y: f64, w: f64, nth: u32) {
    let name = kit.pen.words(Face::Small, x, y + 4.6, w * 0.62, &fact.name);
    kit.value(fact, x + name + 10.0, y, w - name - 10.0, nth);
}

/// A column a state, with a card on its way.
pub fn board(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    kit.uses("board-column");
    kit.uses("card");
    let most = if body.w > 500.0 { 4 } else { 3 };
    let states: Vec<String> = scene.course.iter().map(|stop| label(&stop.state)).take(most).collect();
    let names = if states.len() < 2 { vec![scene.thing.one.clone(), "Done".to_owned()] } else { states };
    let count = u32::try_from(names.len()).unwrap_or(2);
    let facts = columns(scene, 2);
    for (at, (name, column)) in (0_u32..).zip(names.iter().zip(body.columns(count, 14.0))) {
        kit.pen.words(Face::Strong, column.x, column.y + 13.0, column.w, name);
        kit.pen.across(if at == 0 { Paint::Ink } else { Paint::Hair }, column.x, column.y + 22.0, column.w);
        let (_, cards) = column.split_top(22.0, 10.0);
        let held = [3_u32, 2, 2, 1].get(usize::try_from(at).unwrap_or(0)).copied().unwrap_or(1);
        for (nth, mut place) in (0_u32..).zip(cards.rows(78.0)).take(usize::try_from(held).unwrap_or(1)) {
            place.h -= 10.0;
            let lifted = at == 1 && nth == 0;
            let verb = scene.course.get(2).map(|stop| label(&stop.verb)).filter(|verb| lifted && !verb.is_empty());
            board_card(kit, scene, place, &facts, at * 3 + nth, (lifted, verb));
        }
    }
}

fn board_card(
    kit: &mut Kit,
    scene: &Scene<'_>,
    place: Area,
    facts: &[&Fact],
    nth: u32,
    (lifted, verb): (bool, Option<String>),
) {
    let area = if lifted { Area { x: place.x - 5.0, y: place.y + 3.0, ..place } } else { place };
    kit.pen.rect(if lifted { Paint::Line } else { Paint::Hair }, crisp(area), kit.card);
    let (x, w) = (area.x + 11.0, area.w - 22.0);
    if nth == 0 {
        kit.pen.words(Face::Strong, x, area.y + 20.0, w, &scene.face().name);
    } else {
        kit.bar(x, area.y + 16.0, w, nth);
    }
    if let Some(fact) = facts.first() {
        named_value(kit, fact, x, area.y + 35.0, w, nth);
    }
    match verb {
        Some(verb) => {
            kit.pen.set(Face::Link, Anchor::End, area.right() - 22.0, area.bottom() - 9.0, w - 14.0, &verb);
            kit.pen.path(
                Paint::Line,
                &format!(
                    "M{} {}h9m-3.5 -3.5l3.5 3.5 -3.5 3.5",
                    (area.right() - 18.0).round(),
                    (area.bottom() - 13.5).round()
                ),
            );
        }
        None => {
            if let Some(fact) = facts.get(1) {
                named_value(kit, fact, x, area.y + 54.0, w, nth);
            }
        }
    }
}
