//! One piece of each kind that matters for how a section looks.

use model::sections::{
    Architecture, Code, Design, Effort, Entity, Feature, Field, Priority, Risk, Sections, Severity, Story,
};
use serde::Deserialize;

/// The stages that are made from the product. Their sections have many shapes, which are easier to read as what is stored.
#[derive(Default, Deserialize)]
struct Later {
    design: Design,
    architecture: Architecture,
    code: Code,
}

fn later() -> Later {
    serde_json::from_str(include_str!("sample.json")).unwrap_or_default()
}

/// A register of bridges.
pub(crate) fn sections() -> Sections {
    let later = later();
    let mut sections =
        Sections { design: later.design, architecture: later.architecture, code: later.code, ..Sections::default() };
    let words = |text: &str| text.to_owned();
    sections.product.summary =
        words("Engineers record the condition of bridges where they stand, and the county sees which one comes first.");
    sections.product.features = vec![Feature {
        actor: String::new(),
        acts: Vec::new(),
        screen: None,
        id: words("record-condition"),
        title: words("Record the condition of a bridge"),
        story: Story {
            who: words("engineer"),
            want: words("record what I see"),
            so: words("nobody has to drive there again"),
        },
        criteria: vec![words("A record without a photo of the bearing is not accepted.")],
        priority: Priority::Must,
        effort: Effort::M,
        answers: vec![words("record"), words("bridges")],
        entities: vec![words("bridge")],
        source: words("field data"),
    }];
    sections.product.entities = vec![Entity {
        id: words("bridge"),
        name: words("Bridge"),
        purpose: words("One bridge of the county."),
        fields: vec![Field { name: words("span"), kind: words("distance"), required: true }],
        transitions: Vec::new(),
        states: vec![words("in use"), words("closed")],
        relations: Vec::new(),
    }];
    sections.product.risks = vec![Risk {
        id: words("stale"),
        text: words("A record is older than the flood."),
        mitigation: words("Every page shows the date of the last visit."),
        severity: Severity::High,
    }];
    sections
}
