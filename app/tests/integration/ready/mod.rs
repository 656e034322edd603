//! Pages that are the same for everybody, as ready bytes: what browsers and shared caches are told, and that nobody is shown what was changed.

mod shown;

use std::{io::Read, time::Duration};

use axum::http::{Method, StatusCode, header};
use pretty_assertions::assert_eq;

use crate::{
    browser::{Answer, Browser, project},
    support::{SYNTHESIZERS, Scratch, Wire, until},
};

const TITLE: &str = "Vintage synthesizers, in escrow";

/// A page as a browser asks for it that takes these encodings.
async fn ask(browser: &mut Browser, path: &str, encodings: &str) -> Answer {
    browser.send(Method::GET, path, &[("accept", "text/html"), ("accept-encoding", encodings)], "").await
}

async fn change(browser: &mut Browser, project: &str, body: &str) {
    let changed = browser.api(Method::PATCH, &format!("/api/projects/{project}"), body).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_for_everybody_is_the_same_page_however_it_is_compressed() {
    let scratch = Scratch::new().await.with("ATLAS9_STYLEGUIDE", "true");
    let instance = scratch.instance().await;
    let mut browser = Browser::of(&instance);
    for path in app::READY {
        let plain = ask(&mut browser, path, "identity").await;
        assert_eq!(plain.status, StatusCode::OK, "{path}");
        assert!(plain.body.starts_with("<!DOCTYPE html>") && plain.body.ends_with("</html>"), "{path}");
        let (mut gzip, mut brotli) = (String::new(), String::new());
        let packed = ask(&mut browser, path, "gzip").await;
        flate2::read::GzDecoder::new(&*packed.bytes).read_to_string(&mut gzip).unwrap();
        let smallest = ask(&mut browser, path, "gzip, br").await;
        brotli::Decompressor::new(&*smallest.bytes, 4_096).read_to_string(&mut brotli).unwrap();
        assert!(gzip == plain.body && brotli == plain.body, "{path}");
        assert!(smallest.bytes.len() < packed.bytes.len() && packed.bytes.len() < plain.bytes.len(), "{path}");
        for (answer, encoding) in [(&plain, None), (&packed, Some("gzip")), (&smallest, Some("br"))] {
            let header = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap());
            assert_eq!(header("content-encoding"), encoding, "{path}");
            assert_eq!(header("content-length"), Some(&*answer.bytes.len().to_string()), "{path}");
            assert_eq!(header("vary"), Some("accept-encoding"), "{path}");
            assert_eq!(header("content-type"), Some("text/html; charset=utf-8"), "{path}");
            assert_eq!(header("cache-control"), Some("public, no-cache"), "{path}");
            assert!(header("content-security-policy").unwrap().contains("script-src 'self'"), "{path}");
        }
    }
    assert!(!ask(&mut browser, "/explore", "br").await.headers["cache-tag"].is_empty());
    assert!(!ask(&mut browser, "/", "br").await.headers.contains_key("cache-tag"), "it hangs on nothing");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_has_a_page_is_told_so_and_sent_nothing() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let mut browser = Browser::of(&instance);
    let whole = ask(&mut browser, "/", "br").await;
    let etag = whole.headers[header::ETAG].to_str().unwrap().to_owned();
    let again = [("accept-encoding", "br"), ("if-none-match", &*etag)];
    let known = browser.send(Method::GET, "/", &again, "").await;
    assert_eq!((known.status, known.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(known.headers[header::ETAG], *etag);
    assert!(!known.headers.contains_key(header::CONTENT_ENCODING));
    // What is compressed otherwise is another version.
    let other = browser.send(Method::GET, "/", &[("accept-encoding", "gzip"), ("if-none-match", &*etag)], "").await;
    assert_eq!(other.status, StatusCode::OK);
    let head = browser.send(Method::HEAD, "/", &[("accept-encoding", "br")], "").await;
    assert_eq!((head.status, head.bytes.len()), (StatusCode::OK, 0));
    assert_eq!(head.headers[header::CONTENT_LENGTH], whole.headers[header::CONTENT_LENGTH]);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_to_everybody_is_on_the_page_at_once_and_what_is_hidden_is_not() {
    let scratch = Scratch::new().await;
    let (here, there) = (scratch.worker().await, scratch.instance().await);
    let (mut owner, mut elsewhere) = (Browser::of(&here), Browser::of(&there));
    let (project, generation) = project(&mut owner, SYNTHESIZERS).await;
    owner.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    let steps = [
        (r#"{"visibility":"public"}"#.to_owned(), "vintage synthesizers, with escrow"),
        (format!(r#"{{"title":"{TITLE}"}}"#), TITLE),
        (r#"{"visibility":"private"}"#.to_owned(), "Nothing here yet"),
        (r#"{"visibility":"public"}"#.to_owned(), TITLE),
    ];
    assert!(!owner.page("/explore").await.body.contains(TITLE));
    elsewhere.page("/explore").await;
    for (step, text) in steps {
        change(&mut owner, &project, &step).await;
        let page = owner.page("/explore").await.body;
        let list = owner.api(Method::GET, "/api/explore", "").await.body;
        if text == "Nothing here yet" {
            assert!(!page.contains(TITLE) && !list.contains(TITLE), "after {step}");
            until("the others hear of it", async || !elsewhere.page("/explore").await.body.contains(TITLE)).await;
        } else {
            assert!(page.contains(text) && list.contains(text), "after {step}: {page}");
            until("the others hear of it", async || elsewhere.page("/explore").await.body.contains(text)).await;
        }
    }
    for (method, is_there) in [(Method::POST, false), (Method::DELETE, true)] {
        owner.api(method, &format!("/api/projects/{project}/archival"), "").await;
        assert_eq!(owner.page("/explore").await.body.contains(TITLE), is_there);
    }
    scratch.finish([here, there]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_served_on_while_the_database_is_away_and_an_error_is_not_kept() {
    let scratch = Scratch::new().await;
    let wire = Wire::to(&scratch.url).await;
    let instance = scratch.instance_at(&wire.instead_of(&scratch.url)).await;
    let mut browser = Browser::of(&instance);
    // What is made before an instance knows what others changed is made once more when it does.
    until("the cache is shared", async || instance.services.cache.is_shared()).await;
    wire.cut();
    assert_eq!(browser.page("/explore").await.status, StatusCode::SERVICE_UNAVAILABLE);
    wire.mend();
    until("it is there", async || browser.page("/explore").await.status == StatusCode::OK).await;
    wire.cut();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(browser.page("/explore").await.status, StatusCode::OK);
    wire.mend();
    until("the database is back", async || instance.services.db.answers(Duration::from_secs(1)).await).await;
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_outside_makes_up_pages_to_keep() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let mut browser = Browser::of(&instance);
    for path in ["/login?next=/projects", "/explore?cursor=x", "/?a=b", "/nowhere", "/projects"] {
        let answer = ask(&mut browser, path, "br").await;
        assert!(!answer.headers.contains_key(header::ETAG), "{path}");
        assert!(!answer.headers.contains_key("cache-tag"), "{path}");
    }
    scratch.finish([instance]).await;
}
