use std::{collections::BTreeSet, sync::LazyLock};

use model::{
    Directive,
    sections::{Deed, SetBy, is_sql_name},
};
use proptest::prelude::*;

use super::*;
use crate::composer::Composer;

static COMPOSER: LazyLock<Composer> = LazyLock::new(|| Composer::new().unwrap());

fn blueprint(directive: &str) -> (Product, Blueprint) {
    let product = COMPOSER.product(&Directive::parse(directive).unwrap(), None);
    let blueprint = Blueprint::of(&product, &COMPOSER.lexicon);
    (product, blueprint)
}

/// What holds for every blueprint, whatever it is of.
fn assert_sound(product: &Product, blueprint: &Blueprint) {
    let unique = |ids: Vec<&str>| assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{ids:?}");
    unique(blueprint.tables.iter().map(|table| table.name.as_str()).collect());
    unique(blueprint.operations.iter().map(|operation| operation.id.as_str()).collect());
    unique(blueprint.screens.iter().map(|screen| screen.id.as_str()).collect());
    unique(blueprint.screens.iter().map(|screen| screen.route.as_str()).collect());
    assert_eq!(blueprint.tables.len(), product.entities.len());
    assert!((LEAST_SCREENS..=14).contains(&blueprint.screens.len()), "{} screens", blueprint.screens.len());
    for table in &blueprint.tables {
        unique(table.columns.iter().map(|column| column.name.as_str()).collect());
        for column in &table.columns {
            assert!(is_sql_name(&column.name), "{}", column.name);
            if let Some(name) = &column.references {
                assert!(blueprint.tables.iter().any(|table| table.name == *name), "{name}");
            }
        }
        for column in table.indexes.iter().flat_map(|index| &index.columns) {
            assert!(table.columns.iter().any(|known| known.name == *column), "{column} of {}", table.name);
        }
    }
    let roles: Vec<&str> = blueprint.roles.iter().map(|role| role.id.as_str()).collect();
    for operation in &blueprint.operations {
        assert!(blueprint.tables.iter().any(|table| table.id == operation.table));
        assert!(operation.roles.iter().all(|role| roles.contains(&role.as_str())), "{operation:?}");
    }
    for feature in &product.features {
        assert!(
            blueprint.screens.iter().any(|screen| screen.features.contains(&feature.id)),
            "{} has no screen",
            feature.id
        );
        assert!(blueprint.operations.iter().any(|o| o.features.contains(&feature.id)), "{} has no route", feature.id);
        assert!(
            blueprint.tables.iter().any(|table| table.features.contains(&feature.id)),
            "{} has no table",
            feature.id
        );
    }
    for screen in &blueprint.screens {
        assert!(!screen.operations.is_empty(), "{} calls nothing", screen.id);
        for id in &screen.operations {
            assert!(blueprint.operations.iter().any(|operation| operation.id == *id), "{id}");
        }
    }
    assert!(can_be_entered(blueprint), "rows that need each other can never be entered");
}

const LEAST_SCREENS: usize = 2;

/// Whether rows of every table can be entered one after another.
fn can_be_entered(blueprint: &Blueprint) -> bool {
    let mut entered: BTreeSet<&str> = BTreeSet::new();
    loop {
        let before = entered.len();
        for table in &blueprint.tables {
            let mut needed = table
                .columns
                .iter()
                .filter(|column| !column.nullable)
                .filter_map(|column| column.references.as_deref());
            if needed.all(|name| entered.contains(name)) {
                entered.insert(&table.name);
            }
        }
        if entered.len() == before {
            return entered.len() == blueprint.tables.len();
        }
    }
}

#[test]
fn the_example_of_the_landing_page_gets_routes_for_the_life_of_an_offer() {
    let (product, blueprint) = blueprint(
        "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading",
    );
    assert_sound(&product, &blueprint);
    let accept = blueprint.operations.iter().find(|operation| operation.id == "accept-offer").unwrap();
    assert_eq!(accept.path, "/offers/{id}/accept");
    assert!(accept.roles.contains(&"collector-who-sells".to_owned()), "{:?}", accept.roles);
    assert!(matches!(&accept.deed, Deed::Step { to, .. } if to == "accepted"));
    let offers = blueprint.table_of("offer").unwrap();
    let listing = offers.columns.iter().find(|column| column.name == "listing_id").unwrap();
    assert_eq!(
        (listing.references.as_deref(), listing.nullable, listing.set_by),
        (Some("listings"), false, SetBy::Creator)
    );
}

#[test]
fn every_golden_directive_has_a_sound_blueprint() {
    let file: toml::Table = toml::from_str(include_str!("../../../tests/data/directives.toml")).unwrap();
    let directives = file.values().filter_map(toml::Value::as_table).flat_map(toml::Table::values).chain(file.values());
    let mut count = 0;
    for directive in directives.filter_map(toml::Value::as_str) {
        let (product, blueprint) = blueprint(directive);
        assert_sound(&product, &blueprint);
        count += 1;
    }
    assert!(count > 50, "{count}");
}

#[test]
fn a_product_without_hints_still_has_screens_routes_and_tables() {
    let (mut product, _) = blueprint("Help beekeepers log hive inspections, even offline");
    for feature in &mut product.features {
        feature.acts.clear();
        feature.screen = None;
        feature.actor.clear();
    }
    product.entities.iter_mut().for_each(|entity| entity.transitions.clear());
    assert_sound(&product, &Blueprint::of(&product, &COMPOSER.lexicon));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_a_sound_blueprint(text in "\\PC{1,160}") {
        if let Ok(directive) = Directive::parse(&text) {
            let (product, blueprint) = blueprint(directive.as_str());
            assert_sound(&product, &blueprint);
        }
    }
}
