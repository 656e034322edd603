//! Pieces, locks, revisions and generations through the whole router: what an owner does, what a stranger is told, what a bad request gets.

use axum::http::{Method, StatusCode, header};
use serde_json::json;

use crate::{
    browser::{Answer, Browser, project},
    support::{Instance, SYNTHESIZERS, Scratch},
};

/// An owner with a finished project, and somebody else.
struct Table {
    owner: Browser,
    stranger: Browser,
    id: String,
    generation: String,
}

async fn table(instance: &Instance) -> Table {
    let (mut owner, mut stranger) = (Browser::of(instance), Browser::of(instance));
    let (id, generation) = project(&mut owner, SYNTHESIZERS).await;
    owner.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    let (_, other) = project(&mut stranger, "A choir library").await;
    stranger.api(Method::GET, &format!("/api/generations/{other}/events"), "").await;
    Table { owner, stranger, id, generation }
}

async fn put(browser: &mut Browser, path: &str, expected: Option<&str>, body: &str) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(expected.map(|tag| ("if-match", tag)));
    browser.send(Method::PUT, path, &headers, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_is_put_for_a_revision_and_never_over_what_its_sender_has_not_seen() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let Table { mut owner, mut stranger, id, .. } = table(&instance).await;
    let piece = format!("/api/projects/{id}/pieces/product/summary");
    let body = json!({ "value": "Told anew." }).to_string();
    put(&mut owner, &piece, None, &body).await.is_problem(428, "revision-required");
    put(&mut owner, &piece, Some("\"x\""), &body).await.is_problem(428, "revision-required");
    put(&mut stranger, &piece, Some("\"1\""), &body).await.is_problem(404, "not-found");
    let done = put(&mut owner, &piece, Some("\"1\""), &body).await;
    assert_eq!((done.status, done.headers[header::ETAG].to_str().unwrap()), (StatusCode::OK, "\"2\""), "{}", done.body);
    put(&mut owner, &piece, Some("\"1\""), &json!({ "value": "Mine!" }).to_string())
        .await
        .is_problem(409, "changed-meanwhile");

    let state = owner.api(Method::GET, &format!("/api/projects/{id}/state"), "").await.json();
    assert_eq!(state["revisions"]["product"], 2);
    assert!(state["checks"]["product"].as_array().is_some_and(|checks| !checks.is_empty()), "{state}");
    stranger.api(Method::GET, &format!("/api/projects/{id}/state"), "").await.is_problem(404, "not-found");

    let escape = json!({ "id": "x", "path": "../x", "purpose": "", "content": "" });
    for (at, expected, value, status, name) in [
        ("product/nothing", "2", json!("x"), 422, "bad-piece"),
        ("product/summary", "2", json!({ "a": 1 }), 422, "bad-piece"),
        ("nowhere/summary", "2", json!("x"), 400, "bad-request"),
        ("product/..%2f..%2fetc", "2", json!("x"), 400, "bad-request"),
        ("code/files/x", "1", escape, 422, "bad-piece"),
    ] {
        let path = format!("/api/projects/{id}/pieces/{at}");
        put(&mut owner, &path, Some(expected), &json!({ "value": value }).to_string()).await.is_problem(status, name);
    }
    let feature = owner.api(Method::GET, &format!("/api/projects/{id}"), "").await.json()["sections"]["product"]["features"][0]
        ["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let gone = format!("/api/projects/{id}/pieces/product/features/{feature}");
    stranger.send(Method::DELETE, &gone, &[("if-match", "\"2\"")], "").await.is_problem(404, "not-found");
    assert_eq!(owner.send(Method::DELETE, &gone, &[("if-match", "\"2\"")], "").await.status, StatusCode::OK);
    let again = owner.send(Method::DELETE, &gone, &[("if-match", "\"3\"")], "").await;
    assert_eq!((again.status, &again.json()["revision"]), (StatusCode::OK, &json!(3)), "may be sent twice");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_as_long_as_files_may_be_is_taken_and_anything_longer_is_not() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let Table { mut owner, id, .. } = table(&instance).await;
    let path = format!("/api/projects/{id}/pieces/code/files/notes-md");
    let file = |length: usize| {
        let content = "é".repeat(length / 2);
        json!({ "value": { "id": "notes-md", "path": "notes.md", "purpose": "x", "content": content } }).to_string()
    };
    assert_eq!(put(&mut owner, &path, Some("1"), &file(512 * 1_024)).await.status, StatusCode::OK);
    put(&mut owner, &path, Some("2"), &file(512 * 1_024 + 2)).await.is_problem(422, "bad-piece");
    put(&mut owner, &path, Some("2"), &file(4_000_000)).await.is_problem(413, "too-large");
    let elsewhere = format!("/api/projects/{id}/locks/product/summary");
    put(&mut owner, &elsewhere, None, "").await;
    owner.api(Method::POST, "/api/projects", &file(100_000)).await.is_problem(413, "too-large");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_and_revisions_are_resources_of_their_owner() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let Table { mut owner, mut stranger, id, .. } = table(&instance).await;
    let lock = format!("/api/projects/{id}/locks/brand/name");
    for method in [Method::PUT, Method::DELETE, Method::PUT] {
        stranger.api(method.clone(), &lock, "").await.is_problem(404, "not-found");
        for _ in 0..2 {
            assert_eq!(owner.api(method.clone(), &lock, "").await.status, StatusCode::NO_CONTENT, "may be sent twice");
        }
    }
    let state = owner.api(Method::GET, &format!("/api/projects/{id}/state"), "").await.json();
    assert_eq!(state["locks"], json!(["brand/name"]));

    let summary = format!("/api/projects/{id}/pieces/product/summary");
    put(&mut owner, &summary, Some("1"), &json!({ "value": "Told anew." }).to_string()).await;
    let all = format!("/api/projects/{id}/revisions");
    stranger.api(Method::GET, &all, "").await.is_problem(404, "not-found");
    let product = owner.api(Method::GET, &format!("{all}?stage=product&limit=1"), "").await.json();
    assert_eq!((&product["items"][0]["number"], product["items"].as_array().unwrap().len()), (&json!(2), 1));
    let cursor = product["next_cursor"].as_str().unwrap();
    let older = owner.api(Method::GET, &format!("{all}?stage=product&limit=1&cursor={cursor}"), "").await.json();
    assert_eq!((&older["items"][0]["number"], &older["next_cursor"]), (&json!(1), &json!(null)));
    for (query, status) in [("stage=nowhere", 400), ("cursor=x", 400), ("limit=x", 400)] {
        assert_eq!(owner.api(Method::GET, &format!("{all}?{query}"), "").await.status.as_u16(), status, "{query}");
    }
    assert_eq!(
        owner.api(Method::GET, &format!("{all}/product/2"), "").await.json()["section"]["summary"],
        "Told anew."
    );
    for nothing in ["product/99", "product/0", "product/x", "nowhere/1", "product/99999999999"] {
        owner.api(Method::GET, &format!("{all}/{nothing}"), "").await.is_problem(404, "not-found");
    }
    let again = format!("{all}/product/1/restoration");
    owner.api(Method::POST, &again, "").await.is_problem(428, "revision-required");
    stranger.send(Method::POST, &again, &[("if-match", "2")], "").await.is_problem(404, "not-found");
    assert_eq!(owner.send(Method::POST, &again, &[("if-match", "2")], "").await.json()["revision"], 3);
    owner.send(Method::POST, &again, &[("if-match", "2")], "").await.is_problem(409, "changed-meanwhile");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn proposals_forks_and_receipts_are_for_their_owner_alone() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let Table { mut owner, mut stranger, id, generation } = table(&instance).await;
    for (method, what, body) in [
        (Method::GET, "receipt", ""),
        (Method::POST, "acceptance", ""),
        (Method::POST, "refusal", ""),
        (Method::POST, "forks", r#"{"stage":"brand"}"#),
    ] {
        let path = format!("/api/generations/{generation}/{what}");
        stranger.api(method.clone(), &path, body).await.is_problem(404, "not-found");
    }
    let receipt = owner.api(Method::GET, &format!("/api/generations/{generation}/receipt"), "").await.json();
    assert_eq!(receipt["stages"].as_array().unwrap().len(), 5, "{receipt}");

    let wish = r#"{"stages":["brand"],"note":"make it playful","review":true}"#;
    let made = owner.api(Method::POST, &format!("/api/projects/{id}/generations"), wish).await.json();
    let proposed = made["generation_id"].as_str().unwrap().to_owned();
    owner.api(Method::GET, &format!("/api/generations/{proposed}/events"), "").await;
    let state = format!("/api/projects/{id}/state");
    assert_eq!(owner.api(Method::GET, &state, "").await.json()["proposed"], json!([{ "stage": "brand", "number": 2 }]));
    let accept = format!("/api/generations/{proposed}/acceptance");
    stranger.api(Method::POST, &accept, "").await.is_problem(404, "not-found");
    for _ in 0..2 {
        assert!(owner.api(Method::POST, &accept, "").await.status.is_success(), "may be sent twice");
    }
    let after = owner.api(Method::GET, &state, "").await.json();
    assert_eq!((&after["revisions"]["brand"], &after["proposed"]), (&json!(2), &json!([])));

    let fork = format!("/api/generations/{generation}/forks");
    owner.api(Method::POST, &fork, r#"{"stage":"nowhere"}"#).await.is_problem(422, "unknown-stage");
    let forked = owner.api(Method::POST, &fork, r#"{"stage":"design","note":"dark"}"#).await;
    assert_eq!(forked.status, StatusCode::CREATED, "{}", forked.body);
    let (copy, run) = (forked.json()["project_id"].clone(), forked.json()["generation_id"].clone());
    owner.api(Method::GET, &format!("/api/generations/{}/events", run.as_str().unwrap()), "").await;
    let sections = owner.api(Method::GET, &format!("/api/projects/{}", copy.as_str().unwrap()), "").await.json();
    assert!(sections["sections"]["code"]["files"].as_array().is_some_and(|files| files.len() > 20));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_comes_too_late_comes_back_with_what_was_typed() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let Table { mut owner, mut stranger, id, .. } = table(&instance).await;
    let form = |words: &str| format!("project={id}&address=product%2Fsummary&expected=1&fields%5Btext%5D={words}");
    stranger.form("/fn/edit_piece", &form("Hers")).await.status.is_client_error().then_some(()).unwrap();
    let first = owner.form("/fn/edit_piece", &form("First")).await;
    assert_eq!(
        (first.status, first.location()),
        (StatusCode::SEE_OTHER, &*format!("/projects/{id}/edit#product-summary"))
    );
    let second = owner.form("/fn/edit_piece", &form("Second+%3Cb%3E")).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(second.body.contains("Second &lt;b&gt;") && second.body.contains("role=\"alert\""), "{}", second.body);
    let state = owner.api(Method::GET, &format!("/api/projects/{id}"), "").await.json();
    assert_eq!(state["sections"]["product"]["summary"], "First");
    scratch.finish([instance]).await;
}
