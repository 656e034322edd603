//! Sizes of type and distances: how much stands on a screen follows the kind of product, and the note.

use model::sections::{SpaceStep, TypeStep};

use super::{
    Subject,
    knowledge::{Density, Sizes},
    subject::facts,
    tokens::Identity,
    wishes::Corners,
};

/// No type that carries meaning is smaller, in pixels.
const SMALLEST: f64 = 12.0;
/// The usual root size, in pixels.
const REM: f64 = 16.0;
/// What a step of larger type adds, in pixels.
const LARGER: f64 = 2.0;
/// Powers of the ratio, by step: more than a step apart at the top, less at the bottom.
const POWERS: [(&str, f64); 7] = [
    ("display", 4.0),
    ("title", 2.8),
    ("heading", 1.6),
    ("figure", 1.6),
    ("subheading", 0.6),
    ("text", 0.0),
    ("small", -0.8),
];

/// The measures of the product's density.
pub fn sizes<'k>(subject: &Subject<'k>) -> Option<&'k Sizes> {
    subject.knowledge.scales.sizes.iter().find(|sizes| sizes.density == subject.density)
}

/// Sizes of type, largest first.
pub fn type_scale(subject: &Subject<'_>, identity: &Identity) -> Vec<TypeStep> {
    let Some(sizes) = sizes(subject) else { return Vec::new() };
    let figures = figures(subject);
    let about = subject.about().with("figures", figures.clone());
    let base = f64::from(sizes.base) + LARGER * f64::from(shift(subject));
    let ratio = if subject.wishes.corners == Some(Corners::Round) { sizes.ratio + 0.05 } else { sizes.ratio };
    let steps = subject.knowledge.scales.type_steps.iter().filter(|step| step.id != "figure" || !figures.is_empty());
    let steps = steps.map(|step| {
        let power = POWERS.iter().find(|(id, _)| *id == step.id).map_or(0.0, |(_, power)| *power);
        let pixels = (base * ratio.powf(power)).round().max(SMALLEST);
        let is_text = power <= 0.0;
        TypeStep {
            id: step.id.clone(),
            size: pixels / REM,
            line_height: if is_text { sizes.leading } else { heading_leading(power, sizes.leading) },
            weight: identity.weight(&step.family, &step.id),
            family: step.family.clone(),
            purpose: about.tell(&step.purpose, &format!("type/{}", step.id)),
        }
    });
    let mut steps: Vec<TypeStep> = steps.collect();
    steps.sort_by(|a, b| b.size.total_cmp(&a.size));
    steps
}

/// The larger the type, the closer its lines.
fn heading_leading(power: f64, leading: f64) -> f64 {
    ((leading - 0.12 * power).max(1.1) * 20.0).round() / 20.0
}

/// Steps by which all type is larger: the note's, else one for readers who need it.
fn shift(subject: &Subject<'_>) -> i32 {
    let needs = &subject.knowledge.scales.larger.capabilities;
    match subject.wishes.type_shift {
        0 => i32::from(subject.capabilities().any(|id| needs.iter().any(|need| need == id))),
        asked => asked,
    }
}

/// What is counted and compared: the names of sums and measures of what people see most of, and of what belongs to it.
fn figures(subject: &Subject<'_>) -> String {
    const COUNTED: [&str; 7] = ["money", "number", "percentage", "temperature", "weight", "distance", "duration"];
    let kept = subject.kept();
    let near = kept.and_then(|kept| subject.child(kept)).into_iter().chain(kept.and_then(|kept| subject.parent(kept)));
    let fields = kept.into_iter().chain(near).flat_map(facts);
    let mut names: Vec<String> = Vec::new();
    for field in fields.filter(|field| COUNTED.contains(&field.kind.as_str())) {
        if names.len() < 3 && !names.contains(&field.name) {
            names.push(field.name.clone());
        }
    }
    crate::composer::inflect::joined(&names)
}

/// Distances, smallest first.
pub fn space_scale(subject: &Subject<'_>) -> Vec<SpaceStep> {
    let Some(sizes) = sizes(subject) else { return Vec::new() };
    let steps = subject.knowledge.scales.space.iter().zip(&sizes.space);
    let steps = steps.map(|(step, pixels)| SpaceStep {
        id: step.id.clone(),
        pixels: *pixels,
        purpose: subject.about().tell(&step.purpose, &format!("space/{}", step.id)),
    });
    steps.collect()
}

/// The height of a row in a wireframe, in the units of its drawing.
pub fn row_height(subject: &Subject<'_>) -> f64 {
    match subject.density {
        Density::Dense => 31.0,
        Density::Even => 38.0,
        Density::Airy => 46.0,
    }
}
