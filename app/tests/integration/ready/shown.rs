//! Pages of projects that are shown to others: ready bytes that are taken back when the project changes, here and in a shared cache outside.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    routing::post,
};
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::{
    browser::{Browser, PICTURE, project, send_form},
    support::{Instance, SYNTHESIZERS, Scratch, until},
};

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// A project that is made, and where it is shown.
async fn shown(scratch: &Scratch, owner: &mut Browser) -> (String, String) {
    let (project, generation) = project(owner, SYNTHESIZERS).await;
    owner.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    let shared = owner.api(Method::PATCH, &format!("/api/projects/{project}"), r#"{"visibility":"unlisted"}"#).await;
    let path = shared.json()["shared_at_path"].as_str().unwrap().to_owned();
    // The outbox tells of what happened so far as well, a moment later, and other instances hear it.
    let left = "select count(*) from jobs where kind in ('dispatch-event', 'deliver-event')";
    until("the outbox has told", async || scratch.count(left).await == 0).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    (project, path)
}

/// How often pages of projects came from where.
async fn counted(instance: &Instance, outcome: &str) -> u64 {
    let text = instance.services.metrics.encode();
    let line = format!("atlas9_cache_requests_total{{space=\"shared-pages\",source=\"{outcome}\"}} ");
    text.lines().find_map(|at| at.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
}

async fn change(owner: &mut Browser, project: &str, body: &str) {
    let changed = owner.api(Method::PATCH, &format!("/api/projects/{project}"), body).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shown_project_is_rendered_once_and_anew_when_anything_of_it_changes() {
    let scratch = Scratch::new().await;
    let (here, there) = (scratch.worker().await, scratch.instance().await);
    let (mut owner, mut anybody) = (Browser::of(&here), Browser::of(&there));
    let (project, path) = shown(&scratch, &mut owner).await;
    let first = anybody.page(&path).await;
    assert_eq!(first.status, StatusCode::OK);
    assert!(!first.headers["cache-tag"].is_empty() && first.headers.contains_key(header::ETAG));
    let before = counted(&there, "memory").await;
    assert_eq!(anybody.page(&path).await.body, first.body);
    assert_eq!(counted(&there, "memory").await, before + 1, "it is ready");

    change(&mut owner, &project, r#"{"title":"Knobs and trust"}"#).await;
    assert!(owner.page(&path).await.body.contains("Knobs and trust"), "whoever changed it sees it at once");
    until("the others hear of it", async || anybody.page(&path).await.body.contains("Knobs and trust")).await;
    let edit = [("content-type", "application/json"), ("if-match", "\"1\"")];
    let piece = format!("/api/projects/{project}/pieces/product/summary");
    let edited = owner.send(Method::PUT, &piece, &edit, r#"{"value":"Sold by those who love them."}"#).await;
    assert_eq!(edited.status, StatusCode::OK, "{}", edited.body);
    assert!(owner.page(&path).await.body.contains("Sold by those who love them."));
    until("the others hear of it", async || anybody.page(&path).await.body.contains("who love them.")).await;
    change(&mut owner, &project, r#"{"visibility":"private"}"#).await;
    assert_eq!(owner.page(&path).await.status, StatusCode::NOT_FOUND);
    until("the others hear of it", async || anybody.page(&path).await.status == StatusCode::NOT_FOUND).await;
    change(&mut owner, &project, r#"{"visibility":"public"}"#).await;
    until("it is back", async || anybody.page(&path).await.status == StatusCode::OK).await;
    owner.form("/fn/delete_everything", "sure=on").await;
    until("it went with its owner", async || anybody.page(&path).await.status == StatusCode::NOT_FOUND).await;
    scratch.finish([here, there]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_dies_between_a_commit_and_telling_of_it_is_told_by_the_outbox() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let (mut owner, mut anybody) = (Browser::of(&instance), Browser::of(&instance));
    let (project, path) = shown(&scratch, &mut owner).await;
    assert!(anybody.page(&path).await.body.contains("vintage synthesizers"));
    // What the dead did: the change and its event are committed, and nobody is told.
    scratch.break_it("update projects set title = 'Told late'").await;
    assert!(!anybody.page(&path).await.body.contains("Told late"), "it is kept");
    let mut tx = instance.services.db.primary().begin().await.unwrap();
    let about = server::events::About { project: project.parse().unwrap(), title: "Told late".to_owned() };
    let happened = server::events::Event::ProjectRestored(about);
    instance.services.events.publish(&mut tx, None, &happened).await.unwrap();
    tx.commit().await.unwrap();
    until("the outbox tells", async || anybody.page(&path).await.body.contains("Told late")).await;
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_hidden_and_never_told_of_is_found_out_when_its_page_is_made_anew() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let (mut owner, mut anybody) = (Browser::of(&instance), Browser::of(&instance));
    let (_, path) = shown(&scratch, &mut owner).await;
    assert_eq!(anybody.page(&path).await.status, StatusCode::OK);
    // As whoever deletes an account and dies in the same moment leaves it: no event is left either.
    scratch.break_it("update projects set visibility = 'private'").await;
    assert_eq!(anybody.page(&path).await.status, StatusCode::OK, "it is kept");
    scratch.pass(Duration::from_secs(20 * 60));
    let is_gone = async || anybody.page(&path).await.status == StatusCode::NOT_FOUND;
    until("it is found out", is_gone).await;
    assert_eq!(Browser::of(&instance).page(&path).await.status, StatusCode::NOT_FOUND);
    scratch.finish([instance]).await;
}

/// How often something was written down to be told outside.
fn written_down(instance: &Instance) -> Option<String> {
    let text = instance.services.metrics.encode();
    let is_it = |line: &&str| line.contains("published_total{") && line.contains("kind=\"purge-shared\"");
    text.lines().find(is_it).map(str::to_owned)
}

type Purged = Arc<Mutex<Vec<(String, Value)>>>;

/// A shared cache outside that fails once, and then forgets what it is told to forget.
async fn outside() -> (String, Purged) {
    let purged = Purged::default();
    let take = |State(purged): State<Purged>, headers: HeaderMap, body: String| async move {
        let mut purged = purged.lock().unwrap();
        let who = headers.get(header::AUTHORIZATION).map_or("", |value| value.to_str().unwrap()).to_owned();
        purged.push((who, serde_json::from_str(&body).unwrap()));
        if purged.len() == 1 { StatusCode::BAD_GATEWAY } else { StatusCode::OK }
    };
    let router = Router::new().route("/purge", post(take)).with_state(Arc::clone(&purged));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (format!("http://{address}/purge"), purged)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_cache_keeps_pages_for_an_hour_and_is_told_what_to_forget_until_it_listens() {
    let (url, purged) = outside().await;
    let scratch = Scratch::new().await.with("ATLAS9_PURGE_URL", &url).with("ATLAS9_PURGE_TOKEN", "secret");
    let instance = scratch.worker().await;
    let (mut owner, mut anybody) = (Browser::of(&instance), Browser::of(&instance));
    let (project, path) = shown(&scratch, &mut owner).await;
    for page in [&*path, &format!("{path}/card.png"), "/", "/explore"] {
        let answer = anybody.page(page).await;
        assert_eq!(
            answer.headers[header::CACHE_CONTROL],
            "public, max-age=0, s-maxage=3600, must-revalidate",
            "{page}"
        );
        assert_eq!(answer.headers["cdn-cache-control"], "max-age=3600, stale-while-revalidate=60", "{page}");
    }
    let list = anybody.api(Method::GET, "/api/explore", "").await;
    assert_eq!(list.headers[header::CACHE_CONTROL], "public, max-age=0, s-maxage=300, must-revalidate");
    assert_eq!(list.headers["cdn-cache-control"], "max-age=300, stale-while-revalidate=300");
    let tags = anybody.page(&path).await.headers["cache-tag"].to_str().unwrap().to_owned();
    let told = |count: usize| {
        let (purged, tags) = (Arc::clone(&purged), tags.clone());
        async move || {
            let purged = purged.lock().unwrap();
            let names = |(who, body): &&(String, Value)| {
                let told = body["tags"].as_array().unwrap();
                who == "Bearer secret" && tags.split(',').any(|tag| told.iter().any(|told| told == tag))
            };
            purged.iter().filter(names).count() >= count
        }
    };
    until("it was told twice when the project was shown, since it failed once", told(2)).await;
    let before = purged.lock().unwrap().len();
    change(&mut owner, &project, r#"{"title":"Knobs and trust"}"#).await;
    until("it is told of a name", told(before + 1)).await;
    // What nobody else sees concerns nobody else.
    change(&mut owner, &project, r#"{"visibility":"private"}"#).await;
    until("it is told to forget", told(before + 2)).await;
    // Each change is told a second time later, which is written down some moments after the first.
    let mut written = None;
    while written != written_down(&instance) {
        written = written_down(&instance);
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    change(&mut owner, &project, r#"{"title":"Nobody sees this"}"#).await;
    let edit = [("content-type", "application/json"), ("if-match", "\"1\"")];
    let piece = format!("/api/projects/{project}/pieces/product/summary");
    let edited = owner.send(Method::PUT, &piece, &edit, r#"{"value":"Nor this."}"#).await;
    assert_eq!(edited.status, StatusCode::OK, "{}", edited.body);
    owner.api(Method::DELETE, &format!("/api/projects/{project}/cover"), "").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(written_down(&instance), written);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_everybody_may_see_is_kept_outside_until_it_is_hidden() {
    let (url, purged) = outside().await;
    let scratch = Scratch::new().await.with("ATLAS9_PURGE_URL", &url).with("ATLAS9_PURGE_TOKEN", "secret");
    let instance = scratch.worker().await;
    let (mut owner, mut anybody) = (Browser::of(&instance), Browser::of(&instance));
    let (project, path) = shown(&scratch, &mut owner).await;
    let sent = send_form(&mut owner, &project, PICTURE).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let cover = format!("/api/projects/{project}/cover");
    until("the cover is ready", async || owner.api(Method::GET, &cover, "").await.json()["state"] == "ready").await;
    let address = owner.api(Method::GET, &cover, "").await.json()["picture"]["sizes"][0]["webp"].clone();
    let address = format!("/images/{}.webp", address.as_str().unwrap());
    let file = anybody.page(&address).await;
    assert_eq!((file.status, &file.headers[header::CACHE_CONTROL]), (StatusCode::OK, &IMMUTABLE));
    let tags = file.headers["cache-tag"].to_str().unwrap().to_owned();
    assert!(anybody.page(&path).await.body.contains(&address));
    let before = purged.lock().unwrap().len();
    change(&mut owner, &project, r#"{"visibility":"private"}"#).await;
    until("it is to be forgotten outside", async || {
        let purged = purged.lock().unwrap();
        let told = purged[before..].iter().flat_map(|(_, body)| body["tags"].as_array().unwrap());
        told.into_iter().any(|told| tags.split(',').any(|tag| told == tag))
    })
    .await;
    assert_eq!(anybody.page(&address).await.status, StatusCode::NOT_FOUND);
    let own = owner.page(&address).await;
    assert_eq!(own.status, StatusCode::OK);
    assert!(own.headers[header::CACHE_CONTROL].to_str().unwrap().starts_with("private"));
    assert!(!own.headers.contains_key("cache-tag"));
    scratch.finish([instance]).await;
}
