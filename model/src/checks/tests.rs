use pretty_assertions::assert_eq;
use serde_json::json;

use super::*;
use crate::{Address, Piece};

fn put(sections: &mut Sections, at: &str, value: serde_json::Value) {
    let at: Address = at.parse().unwrap();
    sections.apply(at.stage, &Piece { path: at.path, value }).unwrap();
}

fn outcome(sections: &Sections, stage: Stage, id: &str) -> (bool, String) {
    let found = check(stage, sections).into_iter().find(|result| result.id == id).unwrap();
    (found.passed, found.reason)
}

fn must() -> serde_json::Value {
    json!({"id": "sell", "title": "Sell", "story": {"who": "seller", "want": "sell", "so": "it goes"}, "criteria": ["a", "b"],
        "priority": "must", "effort": "S", "answers": ["sell"], "entities": ["offer"], "source": "x"})
}

#[test]
fn a_must_feature_without_a_screen_a_route_or_a_file_is_named() {
    let mut sections = Sections::default();
    put(&mut sections, "product/features/sell", must());
    for (stage, what) in [(Stage::Design, "screen"), (Stage::Architecture, "route"), (Stage::Code, "file")] {
        let (passed, reason) = outcome(&sections, stage, "features");
        assert!(!passed && reason == "Without one: Sell", "{what}: {reason}");
    }
    put(
        &mut sections,
        "design/screens/form",
        json!({"id": "form", "title": "Sell", "route": "/sell", "kind": "form", "purpose": "",
        "states": [], "features": ["sell"], "entities": [], "wireframe": "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"}),
    );
    assert_eq!(outcome(&sections, Stage::Design, "features"), (true, "All 1 have.".to_owned()));
}

#[test]
fn an_alias_of_a_missing_token_or_of_itself_is_named() {
    let mut sections = Sections::default();
    let token = |id: &str, light: &str| json!({"id": id, "type": "color", "light": light, "purpose": ""});
    put(&mut sections, "design/tokens/color-ink", token("color-ink", "{color.soot}"));
    assert_eq!(outcome(&sections, Stage::Design, "tokens").1, "Lead nowhere: color.ink to color.soot");
    put(&mut sections, "design/tokens/color-soot", token("color-soot", "{color.ink}"));
    assert!(outcome(&sections, Stage::Design, "tokens").1.contains("goes round"));
}

#[test]
fn faint_colours_are_found_whatever_the_section_claims() {
    let mut sections = Sections::default();
    let tone = |hex: &str, contrasts: serde_json::Value| json!({"oklch": "oklch(50% 0 0)", "hex": hex, "contrasts": contrasts});
    put(
        &mut sections,
        "brand/palette/paper",
        json!({"id": "paper", "name": "Paper", "purpose": "", "light": tone("#ffffff", json!([])), "dark": tone("#000000", json!([]))}),
    );
    let claims = json!([{"on": "paper", "ratio": 21.0, "needs": 4.5}]);
    put(
        &mut sections,
        "brand/palette/ink",
        json!({"id": "ink", "name": "Ink", "purpose": "", "light": tone("#999999", claims.clone()), "dark": tone("#ffffff", claims)}),
    );
    let (passed, reason) = outcome(&sections, Stage::Brand, "contrast");
    assert!(!passed && reason.contains("ink on paper in light: 2.85"), "{reason}");
}

#[test]
fn routes_without_a_handler_and_references_to_nothing_are_named() {
    let mut sections = Sections::default();
    put(
        &mut sections,
        "architecture/tables/offers",
        json!({"id": "offers", "name": "offers", "entity": "offer", "purpose": "", "features": [],
        "columns": [{"name": "listing_id", "type": "id", "nullable": false, "references": "listings", "about": "", "set_by": "creator"}],
        "indexes": [{"columns": ["price"], "unique": false, "why": ""}]}),
    );
    put(
        &mut sections,
        "architecture/operations/list-offers",
        json!({"id": "list-offers", "method": "GET", "path": "/offers", "summary": "",
        "table": "offers", "deed": {"does": "list", "filters": []}, "roles": ["seller"], "features": []}),
    );
    let (_, reason) = outcome(&sections, Stage::Architecture, "references");
    assert_eq!(reason, "Lead nowhere: offers to listings, index of offers on price, list-offers to role seller");
    assert_eq!(outcome(&sections, Stage::Code, "handlers").1, "Without one: GET /offers");
}
