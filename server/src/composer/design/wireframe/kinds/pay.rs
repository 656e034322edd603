//! What it costs, and what holds from now on.

use super::{Area, Face, FactKind, Kit, Scene};
use crate::composer::design::{
    subject::label,
    wireframe::{
        kit::{CONTROL, crisp},
        pen::{Anchor, Paint},
        scene::Fact,
    },
};

/// What is paid for, how, and the sum.
pub fn checkout(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let (left, right) = body.split_left(body.w * 0.54, 32.0);
    let (what, how) = left.split_top(92.0, 18.0);
    bought(kit, scene, what);
    let fields: Vec<&Fact> = scene
        .short_facts()
        .into_iter()
        .filter(|fact| !is_sum(fact) && matches!(fact.kind, FactKind::Choice(_) | FactKind::Text | FactKind::YesNo))
        .collect();
    let mut y = how.y;
    for (nth, fact) in (0..).zip(fields.iter().take(2)) {
        kit.field(Area { y, h: 18.0 + CONTROL, ..how }, fact, nth);
        y += 18.0 + CONTROL + 14.0;
    }
    what_follows(kit, scene, Area { y, h: (how.bottom() - y).max(0.0), ..how });
    sums(kit, scene, right);
}

/// What happens to the money from here on.
fn what_follows(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    let rows = area.rows(27.0);
    let stops: Vec<_> = scene.course.iter().take(rows.len()).collect();
    if stops.len() < 2 {
        return;
    }
    kit.uses("state-track");
    if let (Some(first), Some(last)) = (rows.first(), rows.get(stops.len() - 1)) {
        kit.pen.down(Paint::Hair, first.x + 6.0, first.middle(), last.y - first.y);
        kit.pen.above();
    }
    for (at, (stop, row)) in stops.iter().zip(&rows).enumerate() {
        kit.pen.round(Paint::Sheet, row.x + 6.5, row.middle(), 6.0);
        kit.pen.round(if at == 0 { Paint::Accent } else { Paint::Edge }, row.x + 6.5, row.middle(), 4.5);
        let face = if at == 0 { Face::Strong } else { Face::Text };
        let w = kit.pen.words(face, row.x + 24.0, row.middle() + 4.6, row.w * 0.55, &label(&stop.state));
        kit.pen.words(Face::Small, row.x + 36.0 + w, row.middle() + 4.6, row.w - 36.0 - w, &stop.by);
    }
}

fn is_sum(fact: &Fact) -> bool {
    fact.kind == FactKind::Figure("0.00")
}

/// The thing itself: a picture, its name, two facts.
fn bought(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("card");
    let about = scene.parent.as_ref().unwrap_or(&scene.thing);
    kit.pen.rect(Paint::Hair, crisp(area), kit.card);
    let mut inside = area.inset(12.0);
    if about.pictured {
        let (picture, rest) = inside.split_left(84.0, 14.0);
        kit.picture(picture);
        inside = rest;
    }
    kit.pen.words(Face::Head, inside.x, inside.y + 14.0, inside.w, &about.one);
    for (nth, fact) in (0_u32..).zip(about.facts.iter().filter(|fact| fact.kind != FactKind::Long).take(2)) {
        let y = inside.y + 35.0 + 22.0 * f64::from(nth);
        let named = kit.pen.words(Face::Small, inside.x, y + 4.4, inside.w * 0.5, &fact.name);
        kit.value(fact, inside.x + named + 10.0, y, inside.w - named - 10.0, nth);
    }
}

/// Line by line, then the total, then the button.
fn sums(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("sums");
    let inside = kit.panel(area);
    let parent = scene.parent.as_ref().map(|parent| &parent.facts);
    let all: Vec<&Fact> =
        scene.thing.facts.iter().chain(parent.into_iter().flatten()).filter(|fact| is_sum(fact)).collect();
    // What is paid out or back later is no part of what is paid now.
    let due = all.iter().filter(|fact| fact.required || all.iter().all(|other| !other.required));
    let mut names: Vec<String> = due.map(|fact| fact.name.clone()).take(4).collect();
    if names.is_empty() {
        names.push(scene.thing.one.clone());
    }
    let mut y = inside.y + 12.0;
    for name in &names {
        kit.pen.words(Face::Text, inside.x, y, inside.w - 56.0, name);
        kit.pen.set(Face::Text, Anchor::End, inside.right(), y, 50.0, "0.00");
        y += 26.0;
    }
    kit.pen.across(Paint::Ink, inside.x, y - 8.0, inside.w);
    kit.pen.words(Face::Head, inside.x, y + 16.0, inside.w - 80.0, "To pay");
    kit.pen.set(Face::Figure, Anchor::End, inside.right(), y + 20.0, 90.0, "0.00");
    let button = Area { y: inside.bottom() - CONTROL - 4.0, h: CONTROL + 4.0, ..inside };
    kit.main_button(button, &scene.main);
    let lines = Area { y: y + 40.0, h: (button.y - y - 54.0).clamp(0.0, 45.0), ..inside };
    kit.lines(lines, 1);
}

/// Rules in rows, each with its control at the right.
pub fn settings(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    kit.uses("rule");
    let mut facts: Vec<Fact> = scene.short_facts().into_iter().cloned().collect();
    if facts.len() < 4 {
        facts.extend(scene.thing.states.iter().take(4).map(|state| Fact {
            name: format!("{} is {}", scene.thing.one, state.name),
            kind: FactKind::YesNo,
            required: false,
        }));
    }
    for (nth, (fact, row)) in (0_u32..).zip(facts.iter().zip(body.rows(scene.row.max(38.0) + 12.0))) {
        let (words, control) = row.split_left(row.w * 0.56, 20.0);
        kit.pen.words(Face::Strong, words.x, words.y + 21.0, words.w, &label(&fact.name));
        kit.bar(words.x, words.y + 36.0, words.w * 0.8, nth);
        rule_control(kit, fact, Area { y: row.middle() - CONTROL / 2.0, h: CONTROL, ..control }, nth);
        kit.pen.across(Paint::Hair, row.x, row.bottom(), row.w);
    }
}

fn rule_control(kit: &mut Kit, fact: &Fact, area: Area, nth: u32) {
    match &fact.kind {
        FactKind::YesNo => kit.switch(area.right() - 28.0, area.middle(), nth % 3 != 2),
        FactKind::Choice(options) if options.len() > 1 => kit.segments(area, options),
        _ => {
            let narrow = Area { x: area.right() - area.w.min(130.0), w: area.w.min(130.0), ..area };
            kit.uses("field");
            kit.pen.rect(Paint::Edge, crisp(narrow), kit.control);
            kit.value(fact, narrow.x + 11.0, narrow.middle(), narrow.w - 22.0, nth);
        }
    }
}
