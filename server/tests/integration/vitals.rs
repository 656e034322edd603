//! Vitals: what browsers send is counted once, told as percentiles whatever is asked, and whoever lies or floods changes nothing.

use std::time::Duration;

use model::vitals::{Rating, Vital};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use server::{
    http,
    vitals::{Filter, Part, Summary, WAITING_MAX},
};

use crate::{
    support::{Instance, Scratch, Wire, until},
    web::{client, listen, serve},
};

const ROUTES: [&str; 2] = ["/", "/projects/{id}"];

/// An instance that serves pages.
async fn serving(scratch: &Scratch) -> Instance {
    let instance = scratch.instance().await;
    begin(&instance);
    instance
}

fn begin(instance: &Instance) {
    instance.services.vitals.know_site("1.2.3", ROUTES.to_vec());
    instance.services.start_serving();
}

/// The same instance, and where it answers.
async fn site(scratch: &Scratch) -> (Instance, String) {
    let instance = serving(scratch).await;
    let (listener, url) = listen().await;
    serve(listener, http::routes(instance.services.clone()));
    (instance, format!("{url}/api/analytics"))
}

fn measurement(vital: &str, value: f64, route: &str) -> Value {
    json!({"name": vital, "value": value, "route": route, "release": "1.2.3", "device": "phone", "connection": "4g",
           "navigationType": "navigate", "id": "a1"})
}

/// LCPs of 10, 20, … 1,000 ms on one route.
fn hundred(route: &str) -> Value {
    (1..=100).map(|n| measurement("LCP", f64::from(n) * 10.0, route)).collect()
}

/// Takes measurements, as many at a time as a beacon may hold.
fn take(instance: &Instance, measurements: &Value) {
    for beacon in measurements.as_array().unwrap().chunks(50) {
        assert!(instance.services.vitals.take(json!(beacon).to_string().as_bytes()).unwrap());
    }
}

async fn summary(instance: &Instance, filter: &Filter) -> Summary {
    instance.services.vitals.summary(filter, Vital::Lcp, 28).await.unwrap()
}

fn samples(summary: &Summary) -> u64 {
    summary.detail.as_ref().map_or(0, |detail| detail.figures.samples)
}

/// Waits until so many LCPs are told of.
async fn until_told(instance: &Instance, count: u64) {
    until("measurements are counted", async || samples(&summary(instance, &Filter::default()).await) == count).await;
}

fn on(route: &str) -> Filter {
    Filter { route: Some(route.to_owned()), ..Filter::default() }
}

#[tokio::test]
async fn what_browsers_send_is_told_as_percentiles_by_whatever_it_is_asked_for() {
    let scratch = Scratch::new().await;
    let (instance, url) = site(&scratch).await;
    let client = client();
    for (route, content_type) in [("/", "text/plain;charset=UTF-8"), ("/projects/{id}", "application/json")] {
        for beacon in hundred(route).as_array().unwrap().chunks(50) {
            let request = client.post(&url).header("content-type", content_type).body(json!(beacon).to_string());
            assert_eq!(request.send().await.unwrap().status(), 204);
        }
    }
    let one = client.post(&url).body(measurement("CLS", 0.3, "/").to_string()).send().await.unwrap();
    assert_eq!(one.status(), 204, "one by itself is a beacon too");
    until_told(&instance, 200).await;

    let answer: Value = client.get(format!("{url}/summary?days=7")).send().await.unwrap().json().await.unwrap();
    let lcp = &answer["detail"];
    assert_eq!((&lcp["name"], &lcp["samples"], &lcp["rating"]), (&json!("LCP"), &json!(200), &json!("good")));
    let p75 = lcp["p75"].as_f64().unwrap();
    assert!((p75 - 750.0).abs() <= 15.0, "{p75}");
    assert_eq!(lcp["by"]["route"].as_array().unwrap().len(), 2);
    assert_eq!(lcp["by"]["device"][0]["value"], "phone");
    assert_eq!(answer["vitals"][1]["rating"], Value::Null, "one measurement says nothing");
    assert_eq!(answer["releases"][0]["name"], "1.2.3");

    let narrow = summary(&instance, &Filter { device: Some("phone".to_owned()), ..on("/") }).await;
    assert_eq!(samples(&narrow), 100);
    assert_eq!(narrow.detail.unwrap().by.keys().copied().collect::<Vec<_>>(), [Part::Connection, Part::Release]);
    assert_eq!(samples(&summary(&instance, &Filter { device: Some("tablet".to_owned()), ..on("/") }).await), 0);
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn what_is_asked_for_in_other_terms_is_refused_with_what_it_takes() {
    let scratch = Scratch::new().await;
    let (instance, url) = site(&scratch).await;
    for (query, says) in [("days=0", "1 to 90"), ("days=91", "1 to 90"), ("days=x", "1 to 90"), ("vital=lcp", "LCP")] {
        let answer = client().get(format!("{url}/summary?{query}")).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{query}");
        assert!(answer.text().await.unwrap().contains(says), "{query}");
    }
    for (query, status) in [("route=%27%3Bdrop%20table%20vital_days%3B--", 200), ("release=%00", 400)] {
        let hostile = client().get(format!("{url}/summary?{query}")).send().await.unwrap();
        assert_eq!(hostile.status(), status, "{query}");
    }
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_whole_and_never_counts() {
    let scratch = Scratch::new().await;
    let (instance, url) = site(&scratch).await;
    let client = client();
    let bad = [
        json!([measurement("LCP", 100.0, "/"), measurement("LCP", -1.0, "/")]).to_string(),
        measurement("LCP", 1e12, "/").to_string(),
        measurement("LCP", 100.0, "/projects/019a5f0c-0000-7000-8000-000000000000").to_string(),
        measurement("LCP", 100.0, "<script>alert(1)</script>").to_string(),
        measurement("load", 100.0, "/").to_string(),
        r#"{"name":"LCP","value":NaN,"route":"/"}"#.to_owned(),
        "\u{0}\u{1}".to_owned(),
        json!(vec![measurement("LCP", 1.0, "/"); 51]).to_string(),
    ];
    for body in bad {
        let answer = client.post(&url).body(body.clone()).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
    }
    let binary = client.post(&url).body(vec![0xff_u8; 1_000]).send().await.unwrap();
    assert_eq!(binary.status(), 400);
    let gigantic = client.post(&url).body("[".repeat(16 * 1_024 + 1)).send().await.unwrap();
    assert_eq!(gigantic.status(), 413);
    let form = client.post(&url).header("content-type", "application/x-www-form-urlencoded").body("a=b").send().await;
    assert_eq!(form.unwrap().status(), 415);
    // A clock is not asked: what is sent from the future counts now, and what is sent twice is two page lives, which is why there are limits.
    let future = client.post(&url).body(r#"{"name":"LCP","value":5,"at":"2999-01-01T00:00:00Z"}"#).send().await;
    assert_eq!(future.unwrap().status(), 204);
    until_told(&instance, 1).await;
    let labels = instance.services.metrics.encode();
    assert!(labels.contains("beacons_refused_total 9") && !labels.contains("script"), "{labels}");
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn releases_that_nobody_here_made_share_one_name() {
    let scratch = Scratch::new().await;
    let instance = serving(&scratch).await;
    let forged = |n: u32| json!({"name": "LCP", "value": 100, "route": "/", "release": format!("6.6.{n}")});
    take(&instance, &(0..500).map(forged).collect());
    until_told(&instance, 500).await;
    let releases = summary(&instance, &Filter::default()).await.detail.unwrap().by.remove(&Part::Release).unwrap();
    assert_eq!(releases.iter().map(|release| release.value.as_str()).collect::<Vec<_>>(), ["other"]);
    assert_eq!(scratch.count("select count(*) from vital_hours").await, 1);
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn who_does_not_want_to_be_measured_is_not() {
    let scratch = Scratch::new().await;
    let (instance, url) = site(&scratch).await;
    for header in ["sec-gpc", "dnt"] {
        let answer = client().post(&url).header(header, "1").body(hundred("/")[0].to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 204, "{header}");
    }
    take(&instance, &json!([measurement("LCP", 1.0, "/")]));
    until_told(&instance, 1).await;
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn a_flood_of_one_network_is_refused_and_others_are_heard() {
    let scratch = Scratch::new().await;
    let (instance, url) = site(&scratch).await;
    let client = client();
    let from = async |address: &str| {
        let request =
            client.post(&url).header("x-forwarded-for", address).body(measurement("LCP", 1.0, "/").to_string());
        request.send().await.unwrap()
    };
    let mut refused = None;
    // Ten a second are earned back.
    for _ in 0..5_000 {
        let answer = from("203.0.113.7").await;
        if answer.status() == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a flood is refused");
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(from("203.0.113.8").await.status(), 204);
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn more_than_can_wait_is_dropped_and_counted_and_nobody_waits() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    // Nobody writes.
    instance.services.vitals.know_site("1.2.3", ROUTES.to_vec());
    let beacon = json!(vec![measurement("LCP", 1.0, "/"); 50]).to_string();
    let taken = (0..WAITING_MAX / 50).all(|_| instance.services.vitals.take(beacon.as_bytes()).unwrap());
    assert!(taken);
    assert!(!instance.services.vitals.take(beacon.as_bytes()).unwrap(), "beyond, it is dropped");
    let metrics = instance.services.metrics.encode();
    assert!(metrics.contains("atlas9_vitals_dropped_total 50"), "{metrics}");
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn hours_become_part_of_their_day_once_and_every_figure_stays_the_same() {
    let scratch = Scratch::new().await;
    let (instance, other) = (serving(&scratch).await, serving(&scratch).await);
    take(&instance, &hundred("/"));
    take(&other, &hundred("/projects/{id}"));
    until_told(&instance, 200).await;
    let filters = [Filter::default(), on("/"), Filter { device: Some("phone".to_owned()), ..Filter::default() }];
    let mut before = Vec::new();
    for filter in &filters {
        before.push(summary(&instance, filter).await);
    }
    scratch.pass(Duration::from_secs(2 * 3_600));
    // At once and again: of two who do it, each hour is counted by one.
    let (one, two) = tokio::join!(instance.services.vitals.tidy(), other.services.vitals.tidy());
    one.unwrap();
    two.unwrap();
    instance.services.vitals.tidy().await.unwrap();
    assert!(scratch.count("select count(*) from vital_days").await > 0);
    for (filter, before) in filters.iter().zip(before) {
        assert_eq!(summary(&instance, filter).await.detail, before.detail, "{filter:?}");
    }
    // What comes later in the day is added to it, or stands in the next.
    take(&instance, &hundred("/"));
    until_told(&instance, 300).await;
    scratch.pass(Duration::from_secs(2 * 3_600));
    instance.services.vitals.tidy().await.unwrap();
    assert_eq!(samples(&summary(&instance, &Filter::default()).await), 300);
    assert_eq!(samples(&summary(&instance, &on("/")).await), 200);
    scratch.finish([instance, other]).await;
}

#[tokio::test]
async fn samples_go_after_two_weeks_and_percentiles_stay() {
    let scratch = Scratch::new().await;
    let instance = serving(&scratch).await;
    instance.services.vitals.tidy().await.unwrap();
    take(&instance, &hundred("/"));
    until_told(&instance, 100).await;
    let kept = "select count(*) from vital_samples";
    until("samples are written", async || scratch.count(kept).await == 100).await;
    scratch.pass(Duration::from_secs(13 * 86_400));
    instance.services.vitals.tidy().await.unwrap();
    assert_eq!(scratch.count(kept).await, 100);
    scratch.pass(Duration::from_secs(3 * 86_400));
    instance.services.vitals.tidy().await.unwrap();
    assert_eq!(scratch.count(kept).await, 0);
    assert_eq!(scratch.count("select count(*) from vital_hours").await, 0, "hours are in their day");
    assert_eq!(samples(&summary(&instance, &Filter::default()).await), 100);
    scratch.pass(Duration::from_secs(100 * 86_400));
    instance.services.vitals.tidy().await.unwrap();
    let combined = "select count(*) from vital_days where side not in (0, 1, 2, 4, 8)";
    assert_eq!(scratch.count(combined).await, 0, "combinations go when nobody can ask for them");
    assert!(scratch.count("select count(*) from vital_days").await > 0);
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn a_database_that_is_away_delays_no_answer_and_loses_no_count() {
    let scratch = Scratch::new().await;
    let wire = Wire::to(&scratch.url).await;
    let instance = scratch.instance_at(&wire.instead_of(&scratch.url)).await;
    instance.services.vitals.tidy().await.unwrap();
    wire.cut();
    begin(&instance);
    let began = std::time::Instant::now();
    take(&instance, &hundred("/"));
    assert!(began.elapsed() < Duration::from_secs(5), "nobody waits for the database");
    tokio::time::sleep(Duration::from_secs(3)).await;
    wire.mend();
    until_told(&instance, 100).await;
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn a_program_that_ends_writes_what_it_took() {
    let scratch = Scratch::new().await;
    let instance = serving(&scratch).await;
    take(&instance, &json!([measurement("LCP", 1.0, "/")]));
    until_told(&instance, 1).await;
    take(&instance, &hundred("/"));
    assert!(instance.services.stop(Duration::from_secs(5)).await);
    let next = serving(&scratch).await;
    assert_eq!(samples(&summary(&next, &Filter::default()).await), 101);
    scratch.finish([next]).await;
}

#[tokio::test]
async fn measurements_that_are_made_up_count_as_all_others_do() {
    let scratch = Scratch::new().await;
    let instance = serving(&scratch).await;
    let mut heard = 0;
    instance.services.vitals.seed(30_000, 20, |made| heard = made).await.unwrap();
    assert!((29_000..=30_000).contains(&heard), "{heard}");
    let told = instance.services.vitals.summary(&Filter::default(), Vital::Lcp, 20).await.unwrap();
    let all: u64 = told.vitals.iter().map(|vital| vital.figures.samples).sum();
    assert_eq!(all, heard);
    assert_eq!(told.detail.as_ref().unwrap().figures.rating, Some(Rating::Good));
    assert!(told.detail.unwrap().trend.len() >= 19);
    assert!(
        instance.services.vitals.seed(1, 1, |_| ()).await.is_err(),
        "true measurements are not mixed up with these"
    );
    scratch.finish([instance]).await;
}
