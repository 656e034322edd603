//! What happens one after another: what was said, what was done, what waits.

use super::{Area, Face, FactKind, Kit, Scene, said};
use crate::composer::design::{
    subject::label,
    wireframe::{
        kit::{CONTROL, crisp},
        pen::{Anchor, Paint},
        scene::Fact,
    },
};

/// Both sides in turn, what it is about beside, and a place to answer.
pub fn thread(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let (main, side) = body.split_left((body.w * 0.66).round(), 28.0);
    about_panel(kit, scene, side);
    let (said, answer) = main.split_bottom(CONTROL + 44.0, 10.0);
    messages(kit, scene, said);
    answer_bar(kit, scene, answer);
}

fn messages(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("message");
    let amount = said(scene);
    let count = if area.h >= 186.0 { 3_u32 } else { 2 };
    let h = (area.h / f64::from(count)) - 10.0;
    for nth in 0..count {
        let theirs = nth % 2 == 0;
        let w = area.w * 0.78;
        let place = Area {
            x: if theirs { area.x } else { area.right() - w },
            y: area.y + f64::from(nth) * (h + 10.0),
            w,
            h: h.min(74.0),
        };
        kit.pen.rect(if theirs { Paint::Wash } else { Paint::Glow }, place, kit.card.max(4.0));
        let who = scene.people.get(usize::from(theirs)).or_else(|| scene.people.first());
        let x = place.x + 12.0;
        if let Some(who) = who {
            kit.pen.words(Face::Small, x, place.y + 18.0, w * 0.5, who);
        }
        let state = scene.state_of(usize::try_from(nth).unwrap_or(0) + 1);
        if let Some(state) = state {
            kit.chip_left_of(place.right() - 10.0, place.y + 7.0, w * 0.42, state);
        }
        match amount {
            Some(fact) => {
                let named = kit.pen.words(Face::Strong, x, place.y + 39.0, w * 0.5, &fact.name);
                kit.value(fact, x + named + 12.0, place.y + 34.4, w - named - 36.0, nth);
            }
            None => kit.bar(x, place.y + 34.0, w - 24.0, nth),
        }
        if place.h > 62.0 {
            kit.bar(x, place.y + 56.0, w - 24.0, nth + 1);
        }
    }
}

/// A field for what is answered with, and the answers that are possible.
fn answer_bar(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("answer-bar");
    let hint = said(scene).map_or_else(|| "Answer".to_owned(), |fact| fact.name.clone());
    let (field, buttons) = area.split_top(CONTROL, 12.0);
    kit.pen.rect(Paint::Edge, crisp(field), kit.control);
    kit.pen.words(Face::Small, field.x + 11.0, field.middle() + 4.4, field.w - 22.0, &hint);
    kit.buttons(Area { h: CONTROL, ..buttons }, &scene.answers(4));
}

/// What a thread or a case is about.
fn about_panel(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("panel");
    let inside = kit.panel(area);
    let about = scene.parent.as_ref().unwrap_or(&scene.thing);
    kit.pen.words(Face::Head, inside.x, inside.y + 12.0, inside.w, &about.one);
    let (_, mut rest) = inside.split_top(14.0, 12.0);
    if about.pictured {
        let (picture, below) = rest.split_top(70.0, 10.0);
        kit.picture(picture);
        rest = below;
    }
    let facts: Vec<&Fact> = about.facts.iter().filter(|fact| fact.kind != FactKind::Long).collect();
    kit.narrow_facts(rest, &facts);
}

/// A line of what happened: when, what, by whom.
pub fn timeline(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    kit.uses("timeline");
    let fact = said(scene);
    let mut entries: Vec<(String, String)> =
        scene.course.iter().map(|stop| (label(&stop.state), stop.by.clone())).collect();
    if entries.len() < 3 {
        let by = scene.people.first().cloned().unwrap_or_default();
        entries = (0..5).map(|_| (String::new(), by.clone())).collect();
    }
    entries.reverse();
    let h = (body.h / f64::from(u32::try_from(entries.len().min(6)).unwrap_or(1))).clamp(46.0, 74.0);
    let line = body.x + 98.0;
    let rows = body.rows(h);
    let shown = rows.len().min(entries.len());
    if let (Some(first), Some(last)) = (rows.first(), rows.get(shown.saturating_sub(1))) {
        kit.pen.down(Paint::Hair, line, first.y + 12.0, last.y - first.y);
        kit.pen.above();
    }
    for (nth, ((what, by), row)) in (0_u32..).zip(entries.iter().zip(&rows)) {
        let y = row.y + 12.0;
        kit.pen.set(Face::Small, Anchor::End, line - 18.0, y + 4.4, 90.0, "00/00, 00:00");
        kit.pen.round(Paint::Sheet, line + 0.5, y, 7.0);
        kit.pen.round(
            if nth == 0 { Paint::Accent } else { Paint::Dot },
            line + 0.5,
            y,
            if nth == 0 { 6.0 } else { 3.5 },
        );
        let x = line + 20.0;
        let w = match what.as_str() {
            "" if nth == 0 => kit.pen.words(Face::Strong, x, y + 4.6, body.right() - x - 130.0, &scene.thing.name),
            "" => {
                kit.bar(x, y, 120.0, nth);
                120.0
            }
            what => kit.pen.words(Face::Strong, x, y + 4.6, body.right() - x - 130.0, what),
        };
        if !by.is_empty() {
            kit.pen.words(Face::Small, x + w + 12.0, y + 4.6, body.right() - x - w - 12.0, by);
        }
        match fact.filter(|_| nth % 2 == 0) {
            Some(fact) => {
                let named = kit.pen.words(Face::Small, x, y + 25.0, 170.0, &fact.name);
                kit.value(fact, x + named + 10.0, y + 20.6, 150.0, nth);
            }
            None => kit.bar(x, y + 20.6, (body.right() - x) * 0.6, nth),
        }
    }
}

/// What waits at the left, the first of it with all it rests on, and the decision.
pub fn queue(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let (waiting, case) = body.split_left((body.w * 0.29).round(), 24.0);
    waiting_list(kit, scene, waiting);
    let (rest, decision) = case.split_bottom(CONTROL + 30.0, 12.0);
    let (head, content) = rest.split_top(24.0, 12.0);
    kit.pen.words(Face::Head, head.x, head.y + 15.0, head.w * 0.62, &scene.thing.one);
    if let Some(state) = scene.thing.states.first() {
        kit.chip_left_of(head.right(), head.y, head.w * 0.36, state);
    }
    evidence(kit, scene, content);
    decide(kit, scene, decision);
}

fn waiting_list(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("row");
    kit.pen.words(Face::Small, area.x, area.y + 14.0, area.w, &format!("{}, oldest first", scene.thing.many));
    let (_, rows) = area.split_top(20.0, 4.0);
    for (nth, row) in (0_u32..).zip(rows.rows(46.0)).take(6) {
        if nth == 0 {
            kit.pen.rect(Paint::Glow, Area { x: row.x - 8.0, w: row.w + 8.0, ..row }, kit.control);
            kit.pen.rect(Paint::Accent, Area::new(row.x - 8.0, row.y + 6.0, 2.5, row.h - 12.0), 0.0);
            kit.pen.words(Face::Strong, row.x + 4.0, row.y + 19.0, row.w - 12.0, &scene.face().name);
        } else {
            kit.bar(row.x + 4.0, row.y + 15.0, row.w - 30.0, nth);
            kit.pen.across(Paint::Hair, row.x, row.bottom(), row.w - 8.0);
        }
        kit.pen.words(Face::Small, row.x + 4.0, row.y + 37.0, row.w - 12.0, "0 h");
    }
    kit.pen.down(Paint::Hair, area.right() + 8.0, area.y, area.h);
}

/// Pictures where there are any, and the facts.
fn evidence(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("panel");
    let pictured = scene.thing.pictured || scene.parent.as_ref().is_some_and(|parent| parent.pictured);
    let mut rest = area;
    if pictured {
        let (pictures, below) = area.split_top((area.h * 0.44).min(84.0), 8.0);
        pictures.columns(3, 10.0).into_iter().for_each(|place| kit.picture(place));
        rest = below;
    }
    let facts = scene.short_facts();
    kit.facts(rest, &facts, 27.0);
    let used = 27.0 * f64::from(u32::try_from(facts.len()).unwrap_or(0)).min((rest.h / 27.0).floor());
    if rest.h - used > 60.0 {
        kit.lines(Area { y: rest.y + used + 10.0, h: (rest.h - used - 10.0).min(60.0), ..rest }, 0);
    }
}

fn decide(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("decision");
    let (line, buttons) = area.split_top(18.0, 12.0);
    kit.pen.across(Paint::Hair, line.x, line.y, line.w);
    let overseer = scene.people.first().map_or_else(|| "Decision".to_owned(), |who| format!("{who} decides"));
    kit.pen.words(Face::Small, line.x, line.y + 18.0, line.w, &overseer);
    kit.buttons(Area { h: CONTROL, ..buttons }, &scene.answers(4));
}
