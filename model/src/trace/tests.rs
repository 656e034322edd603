use pretty_assertions::assert_eq;
use serde_json::json;

use super::*;
use crate::Piece;

fn put(sections: &mut Sections, at: &str, value: serde_json::Value) {
    let at: Address = at.parse().unwrap();
    sections.apply(at.stage, &Piece { path: at.path, value }).unwrap();
}

fn feature(id: &str, title: &str) -> serde_json::Value {
    json!({"id": id, "title": title, "story": {"who": "seller", "want": "sell", "so": "it is gone"}, "criteria": [], "priority": "must",
        "effort": "S", "answers": [], "entities": ["offer"], "source": "x"})
}

/// Two features, one entity; a screen for each feature, a table, an operation, a file.
fn whole() -> Sections {
    let mut sections = Sections::default();
    put(&mut sections, "product/summary", json!("A market."));
    put(&mut sections, "product/features/sell", feature("sell", "Sell"));
    put(&mut sections, "product/features/buy", feature("buy", "Buy"));
    put(
        &mut sections,
        "product/entities/offer",
        json!({"id": "offer", "name": "Offer", "purpose": "x", "fields": [], "states": [], "relations": []}),
    );
    for (id, feature) in [("form", "sell"), ("search", "buy")] {
        put(
            &mut sections,
            &format!("design/screens/{id}"),
            json!({"id": id, "title": id, "route": "/", "kind": id, "purpose": "",
            "states": [], "features": [feature], "entities": [], "wireframe": "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"}),
        );
    }
    put(
        &mut sections,
        "architecture/tables/offers",
        json!({"id": "offers", "name": "offers", "entity": "offer", "purpose": "",
        "columns": [], "indexes": [], "features": ["sell"]}),
    );
    put(
        &mut sections,
        "architecture/operations/create-offer",
        json!({"id": "create-offer", "method": "POST", "path": "/offers", "summary": "",
        "table": "offers", "deed": {"does": "create"}, "roles": [], "features": ["sell"]}),
    );
    put(
        &mut sections,
        "code/files/src-offers-rs",
        json!({"id": "src-offers-rs", "path": "src/offers.rs", "purpose": "", "content": "x",
        "operations": ["create-offer"], "tables": ["offers"], "features": []}),
    );
    sections
}

fn bases(sections: &Sections) -> BTreeMap<Stage, Basis> {
    Stage::ALL.into_iter().map(|stage| (stage, Basis::now(stage, sections))).collect()
}

fn stale(sections: &Sections, bases: &BTreeMap<Stage, Basis>) -> Vec<String> {
    staleness(sections, bases).stale.iter().map(|stale| stale.piece.to_string()).collect()
}

#[test]
fn what_was_just_made_is_up_to_date() {
    assert!(staleness(&whole(), &bases(&whole())).is_none());
}

#[test]
fn an_edit_marks_exactly_what_depends_on_it() {
    let (mut sections, bases) = (whole(), bases(&whole()));
    put(&mut sections, "product/features/buy", feature("buy", "Buy at once"));
    assert_eq!(stale(&sections, &bases), ["design/screens/search"]);
    put(&mut sections, "product/features/buy", feature("buy", "Buy"));
    assert!(staleness(&sections, &bases).is_none(), "taking it back makes it fresh again");
    put(&mut sections, "product/features/sell", feature("sell", "Sell fast"));
    let marked = ["architecture/operations/create-offer", "code/files/src-offers-rs", "design/screens/form"];
    let mut found = stale(&sections, &bases);
    found.sort();
    assert_eq!(found, marked);
    let through = staleness(&sections, &bases);
    let file = through.of(&"code/files/src-offers-rs".parse().unwrap()).unwrap();
    assert_eq!(file.because[0].to_string(), "architecture/operations/create-offer");
    assert_eq!(through.stages(), [Stage::Design, Stage::Architecture, Stage::Code]);
}

#[test]
fn what_speaks_of_the_product_by_its_name_follows_the_name() {
    let mut sections = whole();
    put(&mut sections, "brand/name", json!({ "name": "Patchbay", "reason": "Where cables meet" }));
    put(&mut sections, "brand/tagline", json!("Patchbay brings cables together"));
    let bases = bases(&sections);
    put(&mut sections, "brand/name", json!({ "name": "Quillfeather", "reason": "It is light" }));
    assert_eq!(stale(&sections, &bases), ["brand/tagline"]);
}

#[test]
fn what_is_taken_away_makes_stale_and_what_is_new_wants_an_answer() {
    let (mut sections, bases) = (whole(), bases(&whole()));
    sections.product.features.retain(|feature| feature.id != "buy");
    assert_eq!(stale(&sections, &bases), ["design/screens/search"]);
    put(&mut sections, "product/features/return", feature("return", "Return"));
    let found = staleness(&sections, &bases);
    assert_eq!(found.unanswered[&Stage::Design][0].to_string(), "product/features/return");
    assert!(!found.unanswered.contains_key(&Stage::Code));
}

#[test]
fn a_piece_that_was_kept_stays_stale_until_somebody_sees_to_it() {
    let (mut sections, before) = (whole(), bases(&whole()));
    put(&mut sections, "product/features/buy", feature("buy", "Buy at once"));
    // Design is made anew, but the screen is locked.
    let path = PiecePath::parse("screens/search").unwrap();
    let mut after = before.clone();
    let mut basis = Basis::now(Stage::Design, &sections);
    basis.keep(&path, &before[&Stage::Design]);
    basis.tidy(Stage::Design, &sections);
    assert_eq!(basis.kept[&path].len(), 1, "only what it is made from is remembered");
    after.insert(Stage::Design, basis.clone());
    assert_eq!(stale(&sections, &after), ["design/screens/search"]);
    basis.settle(&path, Stage::Design, &sections);
    after.insert(Stage::Design, basis);
    assert!(stale(&sections, &after).is_empty());
}
