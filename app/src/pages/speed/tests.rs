//! The whole page, of figures that are made up.

use std::collections::BTreeMap;

use leptos::prelude::*;
use model::{
    Stage,
    vitals::{Rating, Vital},
};
use server::{
    studio::FirstPieces,
    vitals::{Bin, Day, Detail, Figures, Part, Release, SAMPLES_MIN, Summary, Value, VitalSummary},
};
use time::{
    Duration,
    macros::{date, datetime},
};

use super::{Asked, Loaded, Shown};

fn figures(vital: Vital, samples: u64, p75: f64) -> Figures {
    Figures {
        samples,
        p50: p75 * 0.7,
        p75,
        p75_between: (p75 * 0.9, p75 * 1.2),
        p95: p75 * 2.5,
        rating: (samples >= SAMPLES_MIN).then(|| vital.rating(p75)),
        shares: [0.78, 0.17, 0.05],
    }
}

fn value(value: &str, samples: u64, p75: f64) -> Value {
    Value { value: value.to_owned(), figures: figures(Vital::Lcp, samples, p75) }
}

/// Four weeks of LCP, with days that have too few samples and days that have none.
fn summary() -> Summary {
    let since = date!(2026 - 10 - 25);
    let day = |n: i64| {
        let (samples, p75) =
            (if n % 9 == 4 { 31 } else { 1_204 }, 640.0 + f64::from(u8::try_from(n * 37 % 110).unwrap()) * 8.0);
        Day { day: since + Duration::days(n), figures: figures(Vital::Lcp, samples, p75) }
    };
    let bins = (0..40).map(|n: u8| {
        let away = (f64::from(n) - 18.0) / 7.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "made up")]
        let samples = 1 + (3_000.0 * (-away * away / 2.0).exp()) as u64;
        Bin { up_to: 120.0 * 1.1_f64.powi(i32::from(n)), samples }
    });
    let by = BTreeMap::from([
        (
            Part::Route,
            vec![value("/", 20_140, 612.0), value("/projects/{id}", 801, 2_720.0), value("unknown", 12, 99.0)],
        ),
        (Part::Device, vec![value("desktop", 18_200, 540.0), value("phone", 9_200, 4_140.0)]),
        (Part::Connection, vec![value("4g", 27_000, 640.0)]),
        (Part::Release, vec![value("0.1.0+1f3a9c", 9_000, 700.0), value("<b>bold</b>", 60, 700.0)]),
    ]);
    let detail = Detail {
        name: Vital::Lcp.as_str(),
        figures: figures(Vital::Lcp, 27_431, 912.0),
        trend: (0..28).filter(|n| *n != 11 && *n != 12).map(day).collect(),
        histogram: bins.collect(),
        by,
    };
    let of = |vital: Vital, samples, p75| VitalSummary { name: vital.as_str(), figures: figures(vital, samples, p75) };
    let release = |name: &str, first_seen_at| Release { name: name.to_owned(), first_seen_at };
    Summary {
        days: 28,
        since,
        vitals: vec![
            of(Vital::Lcp, 27_431, 912.0),
            of(Vital::Inp, 9_120, 248.0),
            of(Vital::Cls, 27_400, 0.31),
            of(Vital::Fcp, 27_431, 430.0),
            of(Vital::FirstPiece, 49, 77_123.0),
        ],
        detail: Some(detail),
        releases: vec![
            release("0.1.0+1f3a9c", datetime!(2026-11-20 09:12 UTC)),
            release("0.1.0+77be02", datetime!(2026-11-19 17:40 UTC)),
            release("0.1.0+0aa001", datetime!(2026-11-02 08:00 UTC)),
        ],
    }
}

fn empty() -> Summary {
    Summary { days: 28, since: date!(2026 - 10 - 25), vitals: vec![], detail: None, releases: vec![] }
}

fn page(asked: Asked, summary: Summary) -> String {
    let made =
        |stage, samples| FirstPieces { stage, engine: "composer".to_owned(), samples, p50: 4.2, p75: 7.1, p95: 31.0 };
    let first_pieces = vec![made(Stage::Product, 812), made(Stage::Code, 12)];
    let loaded = Loaded { asked, notes: vec![], summary, first_pieces, routes: vec!["/", "/projects/{id}"] };
    Owner::new().with(|| view! { <Shown loaded /> }.to_html())
}

#[test]
fn every_drawing_has_its_words_and_every_coordinate_is_one() {
    let page = page(Asked::default(), summary());
    assert_eq!(page.matches("role=\"img\" aria-label=\"").count(), 2);
    assert!(
        page.contains("Largest Contentful Paint of three of four visits in the last 28 days: 640 ms on 2026-10-25")
    );
    assert!(page.contains("three of four at most 912 ms"));
    for none in ["NaN", "inf", "style=", "<script", "undefined"] {
        assert!(!page.contains(none), "{none}");
    }
}

#[test]
fn what_has_too_few_samples_is_told_as_such_and_its_percentile_nowhere() {
    let page = page(Asked::default(), summary());
    assert!(page.contains("49 samples") && !page.contains("77.1 s"));
    assert!(!page.contains("99 ms"), "12 samples of a route say nothing");
}

#[test]
fn what_came_from_elsewhere_is_no_markup() {
    let page = page(Asked::default(), summary());
    assert!(page.contains("&lt;b&gt;bold") && !page.contains("<b>bold"));
    assert!(page.contains("release=%3Cb%3Ebold%3C/b%3E"));
}

#[test]
fn what_is_chosen_stays_chosen_and_every_way_on_keeps_it() {
    let asked = Asked::default().of_days(90).of_vital(Vital::Inp).of(Part::Device, "phone");
    let page = page(asked, summary());
    assert!(page.contains("<input type=\"hidden\" name=\"days\" value=\"90\""));
    assert!(page.contains("<option value=\"phone\" selected"));
    assert!(page.contains("href=\"/speed?days=7&amp;vital=INP&amp;device=phone\""));
    assert!(page.contains("href=\"/speed?days=90&amp;vital=INP\""), "the way back to all visits");
    assert!(page.contains("href=\"/api/analytics/summary?days=90&amp;vital=INP&amp;device=phone\""));
}

#[test]
fn where_nothing_was_measured_it_says_what_will_stand_there() {
    let bare = page(Asked::default(), empty());
    assert!(bare.contains("Nothing was measured in the last 28 days") && !bare.contains("<svg"));
    let narrow = page(Asked::default().of(Part::Device, "tablet"), empty());
    assert!(narrow.contains("No such visit was measured") && narrow.contains("href=\"/speed\">Show all visits"));
    let other = page(Asked::default().of_vital(Vital::Fid), Summary { detail: None, ..summary() });
    assert!(other.contains("No browser has sent this one") && other.contains("First Input Delay"));
}

#[test]
fn a_rating_is_told_by_its_word() {
    let page = page(Asked::default(), summary());
    for rating in [Rating::Good, Rating::NeedsWork, Rating::Poor] {
        assert!(page.contains(&format!("<span class=\"tag\">{}", super::words::rated(rating))), "{rating:?}");
    }
}
