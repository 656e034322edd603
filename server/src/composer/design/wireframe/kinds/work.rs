//! What is done with one's hands full: ticked off, scanned, played.

use super::{Area, Face, FactKind, Kit, Scene};
use crate::composer::design::wireframe::{
    kit::{CONTROL, crisp},
    pen::{Anchor, N, Paint},
    scene::Fact,
};

/// Points with room for a note, and how many are done.
pub fn checklist(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let points = points(scene);
    let (top, rest) = body.split_top(20.0, 8.0);
    let (rows, foot) = rest.split_bottom(CONTROL, 14.0);
    let places: Vec<Area> = rows.rows(scene.row.max(36.0)).into_iter().take(points.len()).collect();
    let (done, all) = (u32::try_from(places.len() / 2).unwrap_or(0), u32::try_from(places.len()).unwrap_or(1).max(1));
    progress(kit, top, done, all);
    kit.uses("check");
    for (nth, (point, row)) in (0_u32..).zip(points.iter().zip(&places)) {
        kit.tick_box(row.x, row.middle(), nth < done);
        let face = if nth == done { Face::Strong } else { Face::Text };
        let w = kit.pen.words(face, row.x + 28.0, row.middle() + 4.6, row.w * 0.5, &point.name);
        if nth % 3 == 1 {
            kit.bar(row.x + 40.0 + w, row.middle(), (row.w * 0.5 - w).max(30.0), nth);
        }
        let options: Vec<String> = match &point.kind {
            FactKind::Choice(options) => options.iter().take(2).cloned().collect(),
            FactKind::YesNo | FactKind::Text | FactKind::Long => Vec::new(),
            _ => {
                kit.value(point, row.right() - 130.0, row.middle(), 96.0, nth);
                Vec::new()
            }
        };
        if let Some(option) = options.first() {
            kit.pen.set(Face::Small, Anchor::End, row.right() - 34.0, row.middle() + 4.4, row.w * 0.26, option);
        }
        kit.onward(row.right() - 8.0, row.middle());
        kit.pen.across(Paint::Hair, row.x, row.bottom(), row.w);
    }
    kit.buttons(foot, std::slice::from_ref(&scene.main));
}

/// What is looked at: facts of the thing, else of what it belongs to.
fn points<'s>(scene: &'s Scene<'_>) -> Vec<&'s Fact> {
    let own = &scene.thing.facts;
    let near = scene.child.as_ref().or(scene.parent.as_ref());
    let more = near.map(|thing| &thing.facts).filter(|_| own.len() < 4);
    own.iter().chain(more.into_iter().flatten()).collect()
}

fn progress(kit: &mut Kit, area: Area, done: u32, all: u32) {
    kit.uses("progress");
    let line = area.w - 64.0;
    kit.pen.rect(Paint::Bar, Area::new(area.x, area.middle() - 2.0, line, 4.0), 2.0);
    kit.pen.rect(
        Paint::Accent,
        Area::new(area.x, area.middle() - 2.0, line * f64::from(done) / f64::from(all), 4.0),
        2.0,
    );
    kit.pen.set(Face::Small, Anchor::End, area.right(), area.middle() + 4.4, 60.0, &format!("{done} of {all}"));
}

/// A camera, what it has read, and what to do with it.
pub fn scan(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let (left, right) = body.split_left(body.w * 0.54, 28.0);
    let (view, field) = left.split_bottom(CONTROL, 12.0);
    camera(kit, view);
    kit.uses("field");
    kit.pen.rect(Paint::Edge, crisp(field), kit.control);
    let code = scene.thing.facts.iter().chain(&scene.face().facts).find(|fact| fact.kind == FactKind::Figure("A-0000"));
    let hint = code.map_or_else(|| "Type the number instead".to_owned(), |fact| format!("{}, typed", fact.name));
    kit.pen.words(Face::Small, field.x + 11.0, field.middle() + 4.4, field.w - 22.0, &hint);
    kit.uses("panel");
    let inside = kit.panel(right);
    kit.pen.words(Face::Strong, inside.x, inside.y + 14.0, inside.w, &scene.thing.one);
    if let Some(state) = scene.state_of(0) {
        kit.chip(inside.x, inside.y + 26.0, inside.w, state);
    }
    let (_, rest) = inside.split_top(56.0, 0.0);
    let texts = scene.answers(1);
    let (facts, buttons) = rest.split_bottom(40.0 * f64::from(u32::try_from(texts.len()).unwrap_or(1)) - 8.0, 12.0);
    let short = scene.short_facts();
    kit.facts(facts, &short, 30.0);
    kit.stacked(buttons, &texts);
}

fn camera(kit: &mut Kit, area: Area) {
    kit.uses("camera");
    kit.pen.rect(Paint::Wash, area, kit.card);
    let side = area.h.min(area.w) * 0.62;
    let (x, y) = (area.x + (area.w - side * 1.3) / 2.0, area.y + (area.h - side) / 2.0);
    let (w, arm) = (side * 1.3, 20.0);
    let (r, b) = (x + w, y + side);
    kit.pen.path(
        Paint::Line,
        &format!(
            "M{0} {1}v-{4}h{4}M{2} {1}v-{4}h-{4}M{0} {3}v{4}h{4}M{2} {3}v{4}h-{4}",
            N(x),
            N(y + arm),
            N(r),
            N(b - arm),
            N(arm)
        ),
    );
    let mut at = x + 26.0;
    for width in [3.0, 6.0, 2.0, 4.0, 8.0, 3.0, 2.0, 6.0, 4.0, 2.0, 7.0, 3.0, 5.0, 2.0, 4.0] {
        if at + width < r - 26.0 {
            kit.pen.rect(Paint::Dot, Area::new(at, y + side * 0.28, width, side * 0.44), 0.0);
        }
        at += width + 5.0;
    }
    kit.pen.path(Paint::Line, &format!("M{} {}H{}", N(x - 8.0), N(y + side / 2.0), N(r + 8.0)));
}

/// A lesson, a recording or a text, and the parts around it.
pub fn player(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let (stage, parts) = body.split_left(body.w * 0.64, 28.0);
    kit.uses("stage");
    let (view, foot) = stage.split_bottom(CONTROL + 24.0, 12.0);
    let plays = scene.thing.facts.iter().any(is_played);
    kit.pen.rect(Paint::Wash, view, kit.card);
    if !plays {
        let mut inside = Area { w: view.w * 0.8, x: view.x + view.w * 0.1, ..view.inset(24.0) };
        kit.pen.words(Face::Head, inside.x, inside.y + 12.0, inside.w, &scene.thing.name);
        (_, inside) = inside.split_top(14.0, 14.0);
        if scene.thing.pictured {
            let (picture, rest) = inside.split_top(inside.h * 0.5, 12.0);
            kit.picture(picture);
            inside = rest;
        }
        kit.lines(inside, 0);
    } else {
        let (cx, cy) = (view.x + view.w / 2.0, view.middle());
        kit.pen.round(Paint::Accent, cx, cy, 26.0);
        kit.pen.path(Paint::OnAccent, &format!("M{} {}l16 10 -16 10z", N(cx - 6.0), N(cy - 10.0)));
    }
    let (line, buttons) = foot.split_top(12.0, 12.0);
    kit.uses("progress");
    kit.pen.rect(Paint::Bar, Area::new(line.x, line.middle() - 2.0, line.w, 4.0), 2.0);
    kit.pen.rect(Paint::Accent, Area::new(line.x, line.middle() - 2.0, line.w * 0.38, 4.0), 2.0);
    kit.pen.round(Paint::Accent, line.x + line.w * 0.38, line.middle(), 6.0);
    kit.buttons(Area { h: CONTROL, ..buttons }, &scene.answers(1));
    parts_list(kit, scene, parts);
}

/// Sound or film, not a text.
fn is_played(fact: &Fact) -> bool {
    const MEDIA: [&str; 9] = ["video", "audio", "recording", "film", "sound", "clip", "podcast", "episode", "length"];
    let name = fact.name.to_lowercase();
    fact.kind == FactKind::File || MEDIA.iter().any(|word| name.contains(word))
}

fn parts_list(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("row");
    let thing = scene.child.as_ref().unwrap_or(&scene.thing);
    kit.pen.words(Face::Head, area.x, area.y + 14.0, area.w, &thing.many);
    let (_, rows) = area.split_top(20.0, 4.0);
    for (nth, row) in (0_u32..).zip(rows.rows(scene.row)) {
        match nth {
            0 | 1 => kit.tick_box(row.x, row.middle(), true),
            2 => kit.pen.round(Paint::Line, row.x + 7.0, row.middle(), 6.0),
            _ => kit.pen.round(Paint::Edge, row.x + 7.0, row.middle(), 6.0),
        }
        if nth == 2 {
            kit.pen.words(Face::Strong, row.x + 26.0, row.middle() + 4.6, row.w - 26.0, &thing.one);
        } else {
            kit.bar(row.x + 26.0, row.middle(), row.w - 40.0, nth);
        }
        kit.pen.across(Paint::Hair, row.x, row.bottom(), row.w);
    }
}
