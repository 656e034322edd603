//! Parts that wireframes are put together from. Each says which component of the inventory it stands for.

use super::{
    pen::{Anchor, Area, Face, Paint, Pen},
    scene::{Fact, FactKind, State, TIME},
};
use crate::composer::design::tone::Tone;

/// A pen that knows the product's corners, and which components it has drawn.
pub struct Kit {
    /// For what is not a part.
    pub pen: Pen,
    /// Corners of controls.
    pub control: f64,
    /// Corners of cards.
    pub card: f64,
    used: Vec<&'static str>,
}

/// The height of buttons and fields.
pub const CONTROL: f64 = 32.0;
/// The height of a state chip.
const CHIP: f64 = 20.0;

impl Kit {
    /// A kit with the corners of a product.
    pub fn new(serifs: bool, (control, card): (f64, f64)) -> Self {
        Self { pen: Pen::new(serifs), control, card, used: Vec::new() }
    }

    /// Says that a component is part of the drawing.
    pub fn uses(&mut self, component: &'static str) {
        if !self.used.contains(&component) {
            self.used.push(component);
        }
    }

    /// The components drawn.
    pub fn into_parts(self) -> (Pen, Vec<&'static str>) {
        (self.pen, self.used)
    }

    /// How wide a button is.
    pub fn button_width(text: &str, max: f64) -> f64 {
        (Pen::width(Face::OnAccent, text) + 30.0).clamp(64.0, max.max(64.0))
    }

    /// What a button says where there is little room: its verb.
    pub fn short(text: &str, max: f64) -> &str {
        let fits = Pen::width(Face::OnAccent, text) + 24.0 <= max;
        if fits { text } else { text.split(' ').next().unwrap_or(text) }
    }

    /// The main action.
    pub fn main_button(&mut self, area: Area, text: &str) {
        self.uses("button");
        self.pen.rect(Paint::Accent, area, self.button_corner());
        self.label(Face::OnAccent, area, text);
    }

    /// Any other.
    pub fn button(&mut self, area: Area, text: &str) {
        self.uses("button");
        self.pen.rect(Paint::Edge, crisp(area), self.button_corner());
        self.label(Face::Strong, area, text);
    }

    fn button_corner(&self) -> f64 {
        if self.control >= 12.0 { 99.0 } else { self.control }
    }

    /// Words in the middle of an area.
    pub fn label(&mut self, face: Face, area: Area, text: &str) {
        let y = area.middle() + face.size() * 0.35;
        self.pen.set(face, Anchor::Middle, area.x + area.w / 2.0, y, area.w - 10.0, text);
    }

    /// Buttons in a row, the first filled, as many as fit; each as wide as its words.
    pub fn buttons(&mut self, area: Area, texts: &[String]) {
        let mut x = area.x;
        for (at, text) in texts.iter().enumerate() {
            let w = Self::button_width(text, area.w.min(220.0));
            if x + w > area.right() + 0.5 {
                break;
            }
            let place = Area { x, w, ..area };
            if at == 0 {
                self.main_button(place, text);
            } else {
                self.button(place, text);
            }
            x += w + 8.0;
        }
    }

    /// Buttons below each other, the first filled, as many as fit.
    pub fn stacked(&mut self, area: Area, texts: &[String]) -> f64 {
        let mut y = area.y;
        for (at, text) in texts.iter().enumerate() {
            if y + CONTROL > area.bottom() + 0.5 {
                break;
            }
            let place = Area { y, h: CONTROL, ..area };
            if at == 0 {
                self.main_button(place, text);
            } else {
                self.button(place, text);
            }
            y += CONTROL + 8.0;
        }
        y
    }

    /// A state chip whose left upper corner is given. Returns its width.
    pub fn chip(&mut self, x: f64, y: f64, max: f64, state: &State) -> f64 {
        let text = super::letters::fitted(&state.name, Face::Small.size(), false, max - 24.0);
        if text.is_empty() {
            return 0.0;
        }
        self.uses("state-chip");
        let w = Pen::width(Face::Small, &text) + 24.0;
        let area = Area::new(x, y, w, CHIP);
        let (dot, shape) = match state.tone {
            Tone::Plain => (Paint::Bar, Paint::Hair),
            Tone::Positive => (Paint::Dot, Paint::Hair),
            Tone::Caution => (Paint::Accent, Paint::Glow),
            Tone::Negative => (Paint::Ink, Paint::Edge),
            Tone::Over => (Paint::Ink, Paint::Hair),
        };
        let crossed = matches!(state.tone, Tone::Negative | Tone::Over);
        self.pen.rect(shape, crisp(area), 10.0);
        let (cx, cy) = (x + 10.0, y + CHIP / 2.0);
        if crossed {
            self.pen.path(dot, &format!("M{} {}l5 5m0 -5l-5 5", super::pen::N(cx - 2.5), super::pen::N(cy - 2.5)));
        } else {
            self.pen.round(dot, cx, cy, 3.0);
        }
        self.pen.words(if state.tone == Tone::Over { Face::Struck } else { Face::Small }, x + 17.0, y + 14.4, w, &text);
        w
    }

    /// A chip whose right edge is given.
    pub fn chip_left_of(&mut self, right: f64, y: f64, max: f64, state: &State) -> f64 {
        let text = super::letters::fitted(&state.name, Face::Small.size(), false, max - 24.0);
        let w = Pen::width(Face::Small, &text) + 24.0;
        self.chip(right - w, y, max, state)
    }

    /// A bar in place of words: `nth` makes bars of different length.
    pub fn bar(&mut self, x: f64, middle: f64, max: f64, nth: u32) {
        const SHARES: [f64; 5] = [0.82, 0.6, 0.95, 0.7, 0.5];
        let share = SHARES.get(usize::try_from(nth).unwrap_or(0) % SHARES.len()).copied().unwrap_or(0.7);
        self.pen.rect(Paint::Bar, Area::new(x, middle - 3.5, (max * share).max(8.0), 7.0), 3.5);
    }

    /// Lines of text.
    pub fn lines(&mut self, area: Area, nth: u32) {
        for (at, row) in (nth..).zip(area.rows(15.0)) {
            self.bar(row.x, row.middle(), row.w, at);
        }
    }

    /// What stands in for a fact's value, from `x` on, or up to `x` when it is a figure and `right` is asked for.
    pub fn value(&mut self, fact: &Fact, x: f64, middle: f64, max: f64, nth: u32) {
        let base = middle + 4.6;
        match &fact.kind {
            FactKind::Figure(form) => {
                // Half a moment says less than its day.
                let forms = [*form, if *form == TIME { "00/00" } else { form }];
                if let Some(form) = forms.iter().find(|form| Pen::width(Face::Text, form) <= max) {
                    self.pen.words(Face::Text, x, base, max, form);
                }
            }
            FactKind::Choice(options) => {
                let at = usize::try_from(nth).unwrap_or(0) % options.len().max(1);
                if let Some(option) = options.get(at) {
                    self.pen.words(Face::Text, x, base, max, option);
                }
            }
            FactKind::YesNo => self.switch(x, middle, nth % 3 != 2),
            FactKind::Rating => {
                for dot in 0..5 {
                    let paint = if dot < 3 + nth % 2 { Paint::Dot } else { Paint::Bar };
                    self.pen.round(paint, x + 4.0 + 12.0 * f64::from(dot), middle, 4.0);
                }
            }
            FactKind::Colour => self.pen.round(Paint::Bar, x + 7.0, middle, 7.0),
            FactKind::Place => {
                self.pin(x + 5.0, middle + 6.0, 4.5, Paint::Ink);
                self.bar(x + 16.0, middle, (max - 16.0).min(150.0), nth);
            }
            FactKind::File => {
                self.pen.path(
                    Paint::Ink,
                    &format!("M{} {}h6l4 4v8h-10z", super::pen::N(x + 1.0), super::pen::N(middle - 6.0)),
                );
                self.bar(x + 18.0, middle, (max - 18.0).min(150.0), nth);
            }
            FactKind::Text | FactKind::Long | FactKind::Image => self.bar(x, middle, max.min(180.0), nth),
        }
    }

    /// On or off.
    pub fn switch(&mut self, x: f64, middle: f64, on: bool) {
        self.uses("switch");
        let area = Area::new(x, middle - 8.0, 28.0, 16.0);
        if on {
            self.pen.rect(Paint::Accent, area, 8.0);
            self.pen.path(Paint::OnAccent, &format!("M{} {}l3 3 5 -6", super::pen::N(x + 14.5), super::pen::N(middle)));
        } else {
            self.pen.rect(Paint::Edge, crisp(area), 8.0);
            self.pen.round(Paint::Bar, x + 8.0, middle, 5.0);
        }
    }

    /// A square to tick.
    pub fn tick_box(&mut self, x: f64, middle: f64, on: bool) {
        let area = Area::new(x, middle - 7.0, 14.0, 14.0);
        if on {
            self.pen.rect(Paint::Accent, area, 3.0);
            self.pen
                .path(Paint::OnAccent, &format!("M{} {}l2.6 2.8 5 -6", super::pen::N(x + 3.2), super::pen::N(middle)));
        } else {
            self.pen.rect(Paint::Edge, crisp(area), 3.0);
        }
    }

    /// A pin that stands on a point.
    pub fn pin(&mut self, x: f64, y: f64, r: f64, paint: Paint) {
        let n = super::pen::N;
        let d = format!(
            "M{} {}c{} {} {} {} {} {}a{} {} 0 1 1 {} 0c0 {} {} {} {} {}z",
            n(x),
            n(y),
            n(-0.4 * r),
            n(-0.7 * r),
            n(-r),
            n(-r),
            n(-r),
            n(-1.9 * r),
            n(r),
            n(r),
            n(2.0 * r),
            n(0.9 * r),
            n(-0.6 * r),
            n(1.2 * r),
            n(-r),
            n(1.9 * r)
        );
        self.pen.path(paint, &d);
    }

    /// A frame where a picture will be: a low horizon and a disc.
    pub fn picture(&mut self, area: Area) {
        self.uses("picture");
        self.pen.rect(Paint::Wash, area, self.card.min(8.0));
        let (x, y, w, h) = (area.x, area.y, area.w, area.h);
        if h < 24.0 || w < 30.0 {
            return;
        }
        let n = super::pen::N;
        let size = h.min(w) * 0.3;
        let (cx, floor) = (x + w / 2.0, y + h / 2.0 + size * 0.62);
        self.pen.path(
            Paint::Bar,
            &format!(
                "M{} {}l{} {} {} {} {} {} {} {}z",
                n(cx - size),
                n(floor),
                n(size * 0.7),
                n(-size * 0.9),
                n(size * 0.5),
                n(size * 0.55),
                n(size * 0.3),
                n(-size * 0.3),
                n(size * 0.5),
                n(size * 0.65)
            ),
        );
        self.pen.round(Paint::Bar, cx + size * 0.55, floor - size * 0.95, size * 0.2);
    }

    /// A field with its name above, and what stands in for its value inside.
    pub fn field(&mut self, area: Area, fact: &Fact, nth: u32) {
        self.uses("field");
        let star = if fact.required { " *" } else { "" };
        self.pen.words(Face::Small, area.x, area.y + 11.0, area.w, &format!("{}{star}", fact.name));
        let inside = Area { y: area.y + 18.0, h: area.h - 18.0, ..area };
        match &fact.kind {
            FactKind::Choice(options) if options.len() > 1 => self.segments(Area { h: CONTROL, ..inside }, options),
            FactKind::YesNo => self.switch(inside.x, inside.y + CONTROL / 2.0, true),
            FactKind::Long => {
                self.pen.rect(Paint::Edge, crisp(inside), self.control);
                self.lines(
                    Area::new(inside.x + 11.0, inside.y + 7.0, inside.w - 22.0, (inside.h - 12.0).min(34.0)),
                    nth,
                );
            }
            _ => {
                let control = Area { h: CONTROL, ..inside };
                self.pen.rect(Paint::Edge, crisp(control), self.control);
                self.value(fact, control.x + 11.0, control.middle(), control.w - 24.0, nth);
                if matches!(fact.kind, FactKind::Choice(_)) {
                    self.chevron(control.right() - 16.0, control.middle());
                }
            }
        }
    }

    /// Choices side by side, the first chosen; as many as can be read, the rest behind an arrow.
    pub fn segments(&mut self, area: Area, options: &[String]) {
        let widths: Vec<f64> = options.iter().map(|option| Pen::width(Face::Strong, option) + 22.0).collect();
        let mut room = area.w;
        let shown = widths
            .iter()
            .take_while(|w| {
                room -= **w;
                room >= 0.0
            })
            .count();
        if shown < 2 || shown < options.len() {
            self.pen.rect(Paint::Edge, crisp(area), self.control);
            if let Some(first) = options.first() {
                self.pen.words(Face::Text, area.x + 11.0, area.middle() + 4.6, area.w - 34.0, first);
            }
            self.chevron(area.right() - 16.0, area.middle());
            return;
        }
        self.uses("choice");
        let mut x = area.x;
        for (at, (option, w)) in options.iter().zip(&widths).enumerate() {
            let place = Area { x, w: *w, ..area };
            if at == 0 {
                self.pen.rect(Paint::Glow, place, self.control);
                self.pen.rect(Paint::Line, crisp(place), self.control);
            } else {
                self.pen.rect(Paint::Hair, crisp(place), self.control);
            }
            self.label(if at == 0 { Face::Link } else { Face::Text }, Area { x: x - 5.0, w: w + 10.0, ..area }, option);
            x += w;
        }
    }

    /// An arrow that opens something below.
    pub fn chevron(&mut self, x: f64, middle: f64) {
        self.pen.path(Paint::Ink, &format!("M{} {}l4 4 4 -4", super::pen::N(x - 4.0), super::pen::N(middle - 2.0)));
    }

    /// An arrow that leads on.
    pub fn onward(&mut self, x: f64, middle: f64) {
        self.pen.path(Paint::Edge, &format!("M{} {}l4 4 -4 4", super::pen::N(x), super::pen::N(middle - 4.0)));
    }

    /// A field to search in.
    pub fn search(&mut self, area: Area, hint: &str) {
        self.uses("search-field");
        self.pen.rect(Paint::Edge, crisp(area), self.control);
        let (x, y) = (area.x + 17.0, area.middle());
        self.pen.round(Paint::Ink, x, y - 1.0, 4.5);
        self.pen.path(Paint::Ink, &format!("M{} {}l4 4", super::pen::N(x + 3.4), super::pen::N(y + 2.4)));
        self.pen.words(Face::Small, area.x + 32.0, y + 4.4, area.w - 44.0, hint);
    }

    /// A panel with an outline.
    pub fn panel(&mut self, area: Area) -> Area {
        self.pen.rect(Paint::Hair, crisp(area), self.card);
        area.inset(14.0)
    }

    /// Somebody: a disc with shoulders, and the name.
    pub fn person(&mut self, x: f64, middle: f64, max: f64, name: &str) -> f64 {
        self.uses("person");
        self.avatar(x + 9.0, middle);
        self.pen.words(Face::Small, x + 25.0, middle + 4.3, max - 25.0, name) + 25.0
    }

    /// A disc with shoulders.
    pub fn avatar(&mut self, x: f64, y: f64) {
        let n = super::pen::N;
        self.pen.round(Paint::Wash, x, y, 9.5);
        self.pen.round(Paint::Bar, x, y - 2.0, 3.2);
        self.pen.path(Paint::Bar, &format!("M{} {}a5.5 5 0 0 1 11 0z", n(x - 5.5), n(y + 7.0)));
    }

    /// Names and values below each other, as many as fit.
    pub fn facts(&mut self, area: Area, facts: &[&Fact], row: f64) {
        self.uses("facts");
        if area.w < 190.0 {
            return self.narrow_facts(area, facts);
        }
        let split = (area.w * 0.48).min(150.0);
        for (nth, (fact, place)) in (0..).zip(facts.iter().zip(area.rows(row))) {
            self.pen.words(Face::Small, place.x, place.middle() + 4.4, split - 10.0, &fact.name);
            self.value(fact, place.x + split, place.middle(), place.w - split, nth);
            self.pen.across(Paint::Hair, place.x, place.bottom(), place.w);
        }
    }

    /// Names above their values, where there is no room beside.
    pub fn narrow_facts(&mut self, area: Area, facts: &[&Fact]) {
        self.uses("facts");
        for (nth, (fact, row)) in (0..).zip(facts.iter().zip(area.rows(42.0))) {
            self.pen.words(Face::Small, row.x, row.y + 12.0, row.w, &fact.name);
            self.value(fact, row.x, row.y + 26.0, row.w, nth);
            self.pen.across(Paint::Hair, row.x, row.bottom() - 2.0, row.w);
        }
    }
}

/// An outline of one unit is sharp on half units.
pub fn crisp(area: Area) -> Area {
    Area::new(
        area.x.floor() + 0.5,
        area.y.floor() + 0.5,
        (area.w - 1.0).floor().max(0.0),
        (area.h - 1.0).floor().max(0.0),
    )
}
