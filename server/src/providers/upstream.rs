//! What other sections say, shortened to what a stage needs: tokens cost money and time.

use model::{
    Piece, Stage,
    sections::{Architecture, Brand, Design, Feature, Product},
};
use serde_json::{Map, Value, json};

use crate::studio::Brief;

/// The most bytes of this section's last version that go along.
const BEFORE_MAX_BYTES: usize = 40_000;

/// What the stage is made from. What is being made at the same time is not there yet, whatever an earlier version says.
pub(super) fn made(brief: &Brief) -> Value {
    let made = &brief.made;
    let has = |stage: Stage| !brief.together.contains(&stage);
    let mut data = Map::new();
    let mut add = |name: &str, value: Value| {
        data.insert(name.to_owned(), value);
    };
    if brief.stage != Stage::Product && has(Stage::Product) && !made.product.summary.is_empty() {
        add("product", product(&made.product, brief.stage));
    }
    if brief.stage == Stage::Design && has(Stage::Brand) && !made.brand.palette.is_empty() {
        add("brand", brand(&made.brand));
    }
    if brief.stage == Stage::Code
        && has(Stage::Brand)
        && let Some(name) = &made.brand.name
    {
        add("brand", json!({ "name": name.name }));
    }
    if matches!(brief.stage, Stage::Architecture | Stage::Code) && has(Stage::Design) && !made.design.screens.is_empty()
    {
        add("design", design(&made.design));
    }
    if matches!(brief.stage, Stage::Design | Stage::Code)
        && has(Stage::Architecture)
        && !made.architecture.operations.is_empty()
    {
        add("architecture", architecture(&made.architecture, brief.stage));
    }
    Value::Object(data)
}

fn product(product: &Product, stage: Stage) -> Value {
    let features: Vec<Value> = product.features.iter().map(|feature| short(feature, stage)).collect();
    let mut data = json!({ "summary": product.summary, "features": features });
    match stage {
        Stage::Brand => {
            data["problem"] = json!(product.problem);
            let personas = product.personas.iter().map(|p| json!({ "name": p.name, "goal": p.goal, "pain": p.pain }));
            data["personas"] = personas.collect();
        }
        Stage::Design => {
            let entities = product.entities.iter().map(|entity| {
                let fields: Vec<&str> = entity.fields.iter().map(|field| field.name.as_str()).collect();
                json!({ "id": entity.id, "name": entity.name, "fields": fields, "states": entity.states })
            });
            data["entities"] = entities.collect();
        }
        Stage::Architecture => {
            data["entities"] = json!(product.entities);
            data["risks"] = product.risks.iter().map(|risk| json!(risk.text)).collect();
        }
        Stage::Product | Stage::Code => {}
    }
    data
}

fn short(feature: &Feature, stage: Stage) -> Value {
    let mut data = json!({ "id": feature.id, "title": feature.title });
    if matches!(stage, Stage::Design | Stage::Architecture) {
        data["actor"] = json!(feature.actor);
        data["priority"] = json!(feature.priority);
        data["entities"] = json!(feature.entities);
        data["want"] = json!(feature.story.want);
    }
    match stage {
        Stage::Design => data["screen"] = json!(feature.screen),
        Stage::Architecture => data["acts"] = json!(feature.acts),
        Stage::Code => data["criteria"] = json!(feature.criteria),
        Stage::Product | Stage::Brand => {}
    }
    data
}

fn brand(brand: &Brand) -> Value {
    let palette = brand.palette.iter().map(|colour| {
        json!({ "role": colour.id, "light": [colour.light.oklch, colour.light.hex], "dark": [colour.dark.oklch, colour.dark.hex] })
    });
    let families = brand.typography.as_ref().map(|t| json!({ "display": t.display.stack, "text": t.text.stack }));
    json!({ "name": brand.name.as_ref().map(|name| &name.name), "palette": palette.collect::<Vec<_>>(), "typography": families })
}

fn design(design: &Design) -> Value {
    let screens = design.screens.iter().map(|screen| {
        json!({ "id": screen.id, "route": screen.route, "features": screen.features, "entities": screen.entities })
    });
    json!({ "screens": screens.collect::<Vec<_>>() })
}

fn architecture(architecture: &Architecture, stage: Stage) -> Value {
    if stage == Stage::Code {
        let (tables, operations) = (&architecture.tables, &architecture.operations);
        return json!({ "roles": architecture.roles, "tables": tables, "operations": operations });
    }
    let operations = architecture.operations.iter().map(|o| json!({ "id": o.id, "features": o.features }));
    json!({ "operations": operations.collect::<Vec<_>>() })
}

/// This section as it is, for a note that asks for another; without what is long and would be made anew anyway.
pub(super) fn before(brief: &Brief) -> Vec<Piece> {
    if brief.note.is_none() {
        return Vec::new();
    }
    let mut left = BEFORE_MAX_BYTES;
    let pieces = brief.made.pieces(brief.stage).into_iter().filter(|piece| piece.value != json!("")).map(brief_piece);
    pieces
        .take_while(|piece| {
            let bytes = piece.value.to_string().len();
            left = left.saturating_sub(bytes);
            left > 0
        })
        .collect()
}

/// The pieces that stay.
pub(super) fn locked(brief: &Brief) -> Vec<Piece> {
    let pieces = brief.made.pieces(brief.stage).into_iter();
    pieces.filter(|piece| brief.locked.contains(&piece.path)).map(brief_piece).collect()
}

fn brief_piece(mut piece: Piece) -> Piece {
    if let Value::Object(fields) = &mut piece.value {
        ["wireframe", "svg", "content"].iter().for_each(|long| {
            fields.shift_remove(*long);
        });
    }
    piece
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{Directive, sections::Sections};
    use pretty_assertions::assert_eq;

    use super::*;

    fn brief(stage: Stage) -> Brief {
        let mut made = Sections::default();
        made.product.summary = "A shelf.".to_owned();
        for (path, value) in [
            ("logo", json!({"idea": "x", "svg": "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"})),
            ("tagline", json!("t")),
        ] {
            let path = model::PiecePath::parse(path).unwrap();
            made.apply(Stage::Brand, &Piece { path, value }).unwrap();
        }
        Brief {
            generation: None,
            directive: Directive::parse("A shelf").unwrap(),
            note: None,
            stage,
            made: Arc::new(made),
            together: vec![],
            locked: vec![],
            reuse: false,
        }
    }

    #[test]
    fn a_stage_is_told_what_it_is_made_from_unless_that_is_being_made_as_well() {
        let mut brief = brief(Stage::Brand);
        assert_eq!(made(&brief)["product"]["summary"], "A shelf.");
        brief.together = vec![Stage::Product];
        assert_eq!(made(&brief), json!({}));
    }

    #[test]
    fn the_last_version_goes_along_with_a_note_and_without_drawings() {
        let mut brief = brief(Stage::Brand);
        assert!(before(&brief).is_empty());
        brief.note = Some("Shorter".to_owned());
        let paths: Vec<String> = before(&brief).iter().map(|piece| piece.path.to_string()).collect();
        assert_eq!(paths, ["tagline", "logo"]);
        assert_eq!(before(&brief)[1].value, json!({"idea": "x"}));
    }
}
