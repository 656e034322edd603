use pretty_assertions::assert_eq;

use super::*;
use crate::sections::{Column, ColumnKind, Deed, Method, Operation, SetBy, Table};

fn column(name: &str, kind: ColumnKind, set_by: SetBy) -> Column {
    Column {
        name: name.to_owned(),
        kind,
        nullable: false,
        one_of: vec![],
        references: None,
        about: String::new(),
        set_by,
    }
}

fn operation(id: &str, method: Method, path: &str, deed: Deed) -> Operation {
    Operation {
        id: id.to_owned(),
        method,
        path: path.to_owned(),
        summary: "Does it.".to_owned(),
        table: "offers".to_owned(),
        deed,
        roles: vec![],
        features: vec![],
    }
}

fn offers() -> Architecture {
    let state = Column {
        one_of: vec!["open".into(), "accepted".into()],
        ..column("state", ColumnKind::State, SetBy::Transition)
    };
    let note = Column { nullable: true, ..column("note", ColumnKind::Text, SetBy::Caller) };
    let listing =
        Column { references: Some("listings".into()), ..column("listing_id", ColumnKind::Id, SetBy::Creator) };
    let step = Deed::Step { from: vec!["open".into()], to: "accepted".into(), sets: vec![] };
    Architecture {
        tables: vec![Table {
            id: "offers".into(),
            name: "offers".into(),
            entity: "offer".into(),
            purpose: "what somebody is ready to pay".into(),
            columns: vec![
                column("id", ColumnKind::Id, SetBy::Service),
                listing,
                state,
                column("amount", ColumnKind::Money, SetBy::Caller),
                note,
            ],
            indexes: vec![],
            features: vec![],
        }],
        operations: vec![
            operation(
                "list-offers",
                Method::Get,
                "/offers",
                Deed::List { filters: vec!["state".into(), "listing_id".into()] },
            ),
            operation("create-offer", Method::Post, "/offers", Deed::Create),
            operation("read-offer", Method::Get, "/offers/{id}", Deed::Read),
            operation("change-offer", Method::Patch, "/offers/{id}", Deed::Change),
            operation("remove-offer", Method::Delete, "/offers/{id}", Deed::Remove),
            operation("accept-offer", Method::Post, "/offers/{id}/accept", step),
        ],
        ..Architecture::default()
    }
}

#[test]
fn a_document_says_what_is_read_made_and_changed() {
    let document = document("Offers", "", &offers());
    assert_eq!(faults(&document), vec![]);
    assert_eq!(missing(&document, &offers()), vec![]);
    let made = &document["components"]["schemas"]["NewOffer"];
    assert_eq!(made["required"], json!(["listing_id", "amount"]), "the service and the steps set the rest");
    assert_eq!(made["properties"]["note"]["type"], json!(["string", "null"]));
    let changed = &document["components"]["schemas"]["OfferChange"]["properties"];
    assert_eq!(changed.as_object().unwrap().keys().collect::<Vec<_>>(), ["amount", "note"]);
    let accept = &document["paths"]["/offers/{id}/accept"]["post"];
    assert_eq!(
        accept["responses"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["200", "401", "403", "404", "409"]
    );
    assert!(accept.get("requestBody").is_none());
    let filters = document["paths"]["/offers"]["get"]["parameters"].as_array().unwrap();
    assert_eq!(filters[2]["schema"]["enum"], json!(["open", "accepted"]));
}

#[test]
fn without_tables_it_is_still_a_document() {
    let document = document("", "", &Architecture::default());
    assert_eq!(faults(&document), vec![]);
    assert_eq!(document["info"]["title"], "API");
}

#[test]
fn what_has_no_place_is_missed() {
    let mut architecture = offers();
    architecture.operations.push(operation("accept-again", Method::Post, "/offers/{id}/accept", Deed::Read));
    architecture
        .operations
        .push(Operation { table: "gone".into(), ..operation("x", Method::Get, "/gone", Deed::Read) });
    let document = document("Offers", "", &architecture);
    assert_eq!(faults(&document), vec![]);
    let told: Vec<String> = missing(&document, &architecture).iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("accept-again"), "{told:?}");
}

#[test]
fn every_fault_is_told_with_its_place() {
    let sound = document("Offers", "", &offers());
    type Break = fn(&mut Value);
    let broken: [(&str, Break); 12] = [
        ("is no 3.1 version", |d| d["openapi"] = json!("3.0.3")),
        ("title is missing", |d| d["info"]["title"] = json!("")),
        ("leads nowhere", |d| {
            d["components"]["schemas"].as_object_mut().unwrap().shift_remove("Offer");
        }),
        ("is not declared", |d| d["paths"]["/offers/{id}"]["parameters"] = json!([])),
        ("must be required", |d| d["components"]["parameters"]["id"]["required"] = json!(false)),
        ("is that of", |d| d["paths"]["/offers"]["post"]["operationId"] = json!("list-offers")),
        ("no description", |d| d["components"]["responses"]["NotFound"]["description"] = json!("")),
        ("no responses", |d| d["paths"]["/offers"]["get"]["responses"] = json!({})),
        ("tag offers is not declared", |d| d["tags"] = json!([])),
        ("security scheme", |d| d["components"]["securitySchemes"] = json!({})),
        ("required but no property", |d| d["components"]["schemas"]["Offer"]["required"] = json!(["colour"])),
        ("cannot be told from", |d| d["paths"]["/offers/{key}"] = json!({})),
    ];
    for (reason, breaks) in broken {
        let mut document = sound.clone();
        breaks(&mut document);
        let told: Vec<String> = faults(&document).iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|fault| fault.contains(reason)), "{reason}: {told:?}");
    }
}

#[test]
fn names_of_schemas_never_meet() {
    let mut architecture = offers();
    for (id, name) in [("new-offer", "new_offer"), ("problem", "problem"), ("offers-2", "offers_2")] {
        let table = Table { id: id.into(), name: name.into(), ..architecture.tables[0].clone() };
        architecture.tables.push(table);
        let path = format!("/{id}/{{id}}");
        let read = Operation { table: id.into(), ..operation(&format!("read-{id}"), Method::Get, &path, Deed::Read) };
        architecture.operations.push(read);
    }
    let document = document("Offers", "", &architecture);
    assert_eq!(faults(&document), vec![]);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert!(schemas["Problem"]["properties"].get("status").is_some(), "the service's own stays");
    assert!(schemas.contains_key("NewOffer2") && schemas.contains_key("Problem2"), "{:?}", schemas.keys());
}
