//! What is planned for directives that were once misunderstood.

use std::collections::BTreeSet;

use super::{product, sentences};

fn titles(directive: &str, source: &str) -> Vec<String> {
    let features = product(directive).features;
    features.into_iter().filter(|feature| feature.source == source).map(|feature| feature.title).collect()
}

fn text(directive: &str) -> String {
    sentences(&product(directive)).into_iter().collect::<Vec<_>>().join(". ")
}

fn out_of_scope(directive: &str) -> usize {
    product(directive).out_of_scope.len()
}

fn who(directive: &str, source: &str) -> BTreeSet<String> {
    let features = product(directive).features.into_iter().filter(|feature| feature.source == source);
    features.map(|feature| feature.story.who).collect()
}

#[test]
fn further_things_of_a_list_are_told_with_the_first() {
    let directive = "An online shop where fans buy shirts, records and posters";
    assert_eq!(titles(directive, "exchange"), Vec::<String>::new());
    assert!(text(directive).contains("shirts, records and posters"));
    let names: Vec<String> = product(directive).entities.into_iter().map(|entity| entity.name).collect();
    assert!(["Shirt", "Record", "Poster"].iter().all(|name| names.iter().any(|other| other == name)), "{names:?}");
}

#[test]
fn one_verb_with_many_objects_is_one_hint_at_the_kind() {
    let kind = product("Buy shirts, records and posters").basis.map(|basis| basis.kind);
    assert_ne!(kind.as_deref(), Some("estimator"));
}

#[test]
fn an_object_that_only_names_the_kind_needs_no_feature_of_its_own() {
    for directive in ["Roofers work out quotes", "Small bands raise money for albums", "A brigade takes stock of hoses"]
    {
        assert_eq!(titles(directive, "work of its own kind"), Vec::<String>::new(), "{directive}");
    }
}

#[test]
fn a_product_is_not_about_its_capability() {
    let newsletter = text("A newsletter that two editors write, with version history");
    assert!(newsletter.contains("article") && !newsletter.contains("some version history"));
    assert!(text("A monthly tea subscription").contains("tea boxes"));
    assert!(!text("Dispatch bike couriers in Lisbon").contains("Lisbons"));
}

#[test]
fn people_play_the_part_their_name_or_their_preposition_gives_them() {
    assert!(
        who("A crowdfunding site for an album, with pledges from listeners", "crowdfunding site").contains("listener")
    );
    let booking = who("Spas offer massages that guests book", "booking service");
    assert!(booking.contains("spa") && booking.contains("guest"), "{booking:?}");
    let slots = who("A bakery subscription where customers choose a delivery slot", "subscription service");
    assert!(slots.contains("customer"), "{slots:?}");
    let casework = who("Follow-up of kidney transplant patients by a clinic", "casework");
    assert!(casework.contains("clinic") && casework.contains("kidney transplant patient"), "{casework:?}");
}

#[test]
fn whoever_only_owns_something_plays_no_part() {
    for directive in ["Shift handover for a children's ward", "Where is my kid's school bus"] {
        let features = product(directive).features;
        assert!(features.iter().all(|feature| !["child", "kid"].contains(&feature.story.who.as_str())), "{directive}");
    }
}

#[test]
fn what_a_capability_brings_is_not_out_of_scope() {
    for (plain, with) in [
        ("A forum for sailors", "A forum for sailors with a leaderboard"),
        ("A running tracker", "A running tracker with a leaderboard"),
        ("Match sitters with parents", "Match sitters with parents, with age verification"),
    ] {
        assert!(out_of_scope(with) < out_of_scope(plain), "{with}");
    }
    let boats = product("A marketplace for boats with monthly instalments").out_of_scope;
    let contradicts = |what: &str| ["by instalments", "Lending", "in parts"].iter().any(|words| what.contains(words));
    assert!(boats.iter().all(|exclusion| !contradicts(&exclusion.what)), "{boats:?}");
}

#[test]
fn every_capability_keeps_its_first_entity() {
    let product =
        product("A marketplace for boats with escrow, condition grading, weather forecasts and price history");
    let names: Vec<&str> = product.entities.iter().map(|entity| entity.name.as_str()).collect();
    for name in ["EscrowHold", "ConditionReport", "WeatherLimit", "PriceWatch"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}

#[test]
fn a_field_named_in_passing_brings_nothing() {
    assert_eq!(titles("A tool library where neighbours borrow drills", "books and reading"), Vec::<String>::new());
    assert_eq!(titles("Crowdfunding for an album", "making music"), Vec::<String>::new());
}

#[test]
fn what_works_without_something_does_not_rule_it_out() {
    let product = product("A survey app for rangers that must work without signal");
    assert!(product.features.iter().any(|feature| feature.source == "working offline"));
    assert!(product.out_of_scope.iter().all(|exclusion| exclusion.what != "Signal"));
}
