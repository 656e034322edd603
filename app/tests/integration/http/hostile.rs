//! What somebody sends who means harm: it is refused with words, is never a fault of ours, and costs the others nothing.

use axum::http::{Method, StatusCode, header};
use futures::{StreamExt, stream};

use crate::{
    browser::{Answer, Browser, project},
    support::{SYNTHESIZERS, Scratch, in_one_of_three},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_zero_or_a_name_that_no_file_can_have_is_not_found_and_no_fault_of_ours() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let mut browser = Browser::of(&instance);
    let long = "x".repeat(300);
    for path in [
        "/p/%00".to_owned(),
        "/p/a%00b/card.png".to_owned(),
        "/p/a%00b/export.zip".to_owned(),
        format!("/p/{long}"),
        format!("/fonts/{long}"),
        format!("/pkg/{long}.js"),
        format!("/{long}/{long}"),
    ] {
        assert_eq!(browser.page(&path).await.status, StatusCode::NOT_FOUND, "{}", &path[..path.len().min(40)]);
    }
    for (form, body) in
        [("sign_in", "email=a%00b%40c.example&password=x"), ("request_reset", "email=a%00b%40c.example")]
    {
        let answer = browser.form(&format!("/fn/{form}"), body).await;
        assert!(answer.status.as_u16() < 500, "{form}: {}", answer.status);
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_holds_nothing_that_no_keyboard_types() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let mut browser = Browser::of(&instance);
    let (id, generation) = project(&mut browser, SYNTHESIZERS).await;
    browser.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    let path = format!("/api/projects/{id}/pieces/product/summary");
    for text in ["a\u{0}b", "a\u{1b}[31mb", "a\u{9b}b"] {
        let body = serde_json::json!({ "value": text }).to_string();
        let headers = [("content-type", "application/json"), ("if-match", "\"1\"")];
        browser.send(Method::PUT, &path, &headers, &body).await.is_problem(422, "bad-piece");
    }
    scratch.finish([instance]).await;
}

/// Each request comes without a cookie, so that each would be somebody new.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_forgets_every_cookie_is_not_somebody_new_without_end() {
    in_one_of_three("many are refused, and more by way of somebody else", (true, true), async |_| {
        let scratch = Scratch::alone().await.with("ATLAS9_TRUSTED_PROXIES", "0.0.0.0");
        let instance = scratch.instance().await;
        let start = async |address: &str| {
            let headers = [("content-type", "application/json"), ("x-forwarded-for", address)];
            let body = r#"{"directive":"A bakery"}"#;
            Browser::of(&instance).send(Method::POST, "/api/projects", &headers, body).await
        };
        let is_refused = |answer: &Answer| answer.status == StatusCode::TOO_MANY_REQUESTS;
        // A few at a time: a Redis that is kept waiting is not asked, and then each instance counts alone.
        let mut refused: Vec<_> = stream::iter(0..80).map(|_| start("203.0.113.9")).buffered(4).collect().await;
        refused.retain(is_refused);
        assert!(refused.iter().all(|answer| answer.headers.contains_key(header::RETRY_AFTER)));
        // With a port, and with somebody else before it: the last hop counts, it is the same address, and earns one more in ten seconds.
        let hops = "198.51.100.7, 203.0.113.9:4711";
        let again: Vec<_> = stream::iter(0..10).map(|_| start(hops)).buffered(4).collect().await;
        assert_eq!(start("198.51.100.7").await.status, StatusCode::CREATED, "others are let in");
        scratch.break_it("update generations set status = 'cancelled', finished_at = now()").await;
        scratch.finish([instance]).await;
        ((10..=20).contains(&refused.len()), again.iter().any(is_refused))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_too_often_for_what_costs_much_is_told_when_to_come_back() {
    let scratch = Scratch::alone().await.with("ATLAS9_TRUSTED_PROXIES", "0.0.0.0");
    let instance = scratch.instance().await;
    let mut browser = Browser::of(&instance);
    let mut ask = async |path: &str, address: &str| {
        let headers = [("accept", "text/html"), ("x-forwarded-for", address)];
        browser.send(Method::GET, path, &headers, "").await
    };
    for (costly, cheap) in [("/explore?q=synthesizer", "/explore"), ("/p/nowhere/export.zip", "/p/nowhere")] {
        let (mut refused, mut usual) = (None, 0);
        // One more is earned in half a second or a whole one.
        for _ in 0..1_000 {
            let answer = ask(costly, "203.0.113.9").await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                refused = Some(answer);
                break;
            }
            usual += 1;
        }
        let refused = refused.unwrap();
        assert!(usual >= 60, "{costly}: {usual} at once");
        let seconds: u32 = refused.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=5).contains(&seconds), "{seconds}");
        assert!(refused.body.contains("<html"), "a page for people");
        assert_ne!(ask(cheap, "203.0.113.9").await.status, StatusCode::TOO_MANY_REQUESTS);
        assert_ne!(ask(costly, "198.51.100.7").await.status, StatusCode::TOO_MANY_REQUESTS, "others are let in");
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shows_keys_and_addresses_is_kept_by_no_browser() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let mut browser = Browser::of(&instance);
    project(&mut browser, SYNTHESIZERS).await;
    scratch.break_it("update generations set status = 'cancelled', finished_at = now()").await;
    for (path, kept) in [("/settings", "no-store"), ("/projects", "private, no-cache")] {
        assert_eq!(browser.page(path).await.headers[header::CACHE_CONTROL], kept, "{path}");
    }
    scratch.finish([instance]).await;
}
