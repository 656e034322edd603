//! Pictures, from the form that sends them to the pages that show them.

use axum::http::{Method, StatusCode, header};

use crate::{
    browser::{Browser, PICTURE, member, project, send_form},
    support::{SYNTHESIZERS, Scratch, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_cover_is_sent_by_a_form_and_shown_in_every_size() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let mut browser = Browser::of(&instance);
    let (id, generation) = project(&mut browser, SYNTHESIZERS).await;
    browser.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    let sent = send_form(&mut browser, &id, PICTURE).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert_eq!(sent.location(), format!("/projects/{id}?open=cover#cover"));
    let page = format!("/projects/{id}?open=cover");
    let waiting = browser.page(&page).await;
    if waiting.body.contains("It is being made ready") {
        let refresh = waiting.headers[header::REFRESH].to_str().unwrap();
        assert_eq!(refresh, format!("2; url=/projects/{id}?open=cover&look=1#cover"));
        assert!(
            !browser.page(&format!("{page}&look=8")).await.headers.contains_key(header::REFRESH),
            "not without end"
        );
    }
    let cover = format!("/api/projects/{id}/cover");
    let ready = async || browser.api(Method::GET, &cover, "").await.json()["state"] == "ready";
    until("the cover is ready", ready).await;

    let shown = browser.page(&page).await;
    assert!(!shown.headers.contains_key(header::REFRESH));
    for expected in [
        r#"type="image/avif" srcset="/images/"#,
        ".webp 320w",
        r#"alt="A &quot;mark&quot; &amp; more""#,
        r#"width="320" height="160""#,
    ] {
        assert!(shown.body.contains(expected), "{expected}");
    }
    assert!(browser.page("/projects").await.body.contains(r#"<picture class="thumbnail">"#));
    let address = browser.api(Method::GET, &cover, "").await.json()["picture"]["sizes"][0]["avif"].clone();
    let address = format!("/images/{}.avif", address.as_str().unwrap());
    let file = browser.send(Method::GET, &address, &[], "").await;
    assert_eq!(file.headers[header::CONTENT_TYPE], "image/avif");
    assert_eq!(file.headers[header::CACHE_CONTROL], "private, max-age=31536000, immutable");
    let tag = file.headers[header::ETAG].to_str().unwrap();
    let known = browser.send(Method::GET, &address, &[("if-none-match", tag)], "").await;
    assert_eq!((known.status, known.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let mut nobody = Browser::of(&instance);
    assert_eq!(nobody.page(&address).await.status, StatusCode::NOT_FOUND);
    browser.api(Method::PATCH, &format!("/api/projects/{id}"), r#"{"visibility":"unlisted"}"#).await;
    let file = nobody.page(&address).await;
    assert_eq!(file.status, StatusCode::OK);
    let kept = &file.headers[header::CACHE_CONTROL];
    assert_eq!(kept, "private, max-age=31536000, immutable", "no shared cache could be told to forget it");

    let taken_away = browser.form("/fn/remove_picture", &format!("project={id}")).await;
    assert_eq!(taken_away.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.api(Method::GET, &cover, "").await.json()["state"], "none");
    assert!(!browser.page(&page).await.body.contains("/images/"));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_puts_a_picture_of_theirs_and_takes_it_away() {
    let scratch = Scratch::alone().await;
    let instance = scratch.worker().await;
    let mut member = member(&scratch, &instance).await;
    let own = "/api/account/picture";
    let png = [("content-type", "image/png")];
    let put = member.send_bytes(Method::PUT, own, &png, PICTURE.into()).await;
    assert!(put.status.is_success(), "{}", put.body);
    until("it is ready", async || member.api(Method::GET, own, "").await.json()["state"] == "ready").await;
    let address = member.api(Method::GET, own, "").await.json()["picture"]["sizes"][0]["webp"].clone();
    let address = format!("/images/{}.webp", address.as_str().unwrap());
    let mut nobody = Browser::of(&instance);
    assert_eq!(nobody.page(&address).await.status, StatusCode::OK);
    assert!(member.page("/settings").await.body.contains(&address));
    for _ in 0..2 {
        assert_eq!(member.api(Method::DELETE, own, "").await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(member.api(Method::GET, own, "").await.json()["state"], "none");
    assert_eq!(nobody.page(&address).await.status, StatusCode::NOT_FOUND);
    nobody.send_bytes(Method::PUT, own, &png, PICTURE.into()).await.is_problem(404, "not-found");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_of_theirs_is_refused_in_words() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let mut browser = Browser::of(&instance);
    let (id, generation) = project(&mut browser, SYNTHESIZERS).await;
    let cover = format!("/api/projects/{id}/cover");
    let put = async |browser: &mut Browser, kind: &str, body: Vec<u8>| {
        browser.send_bytes(Method::PUT, &cover, &[("content-type", kind)], body.into()).await
    };
    put(&mut browser, "image/png", b"<svg/>".to_vec()).await.is_problem(422, "bad-picture");
    put(&mut browser, "text/html", PICTURE.to_vec()).await.is_problem(415, "unsupported-type");
    put(&mut browser, "image/png", vec![0; 13 << 20]).await.is_problem(413, "too-large");
    put(&mut Browser::of(&instance), "image/png", PICTURE.to_vec()).await.is_problem(404, "not-found");
    let (of_nobody, of_everybody) = ("/api/projects/nonsense/cover", "/api/account/picture");
    browser.api(Method::GET, of_nobody, "").await.is_problem(404, "not-found");
    let guest = browser.send_bytes(Method::PUT, of_everybody, &[("content-type", "image/png")], PICTURE.into()).await;
    guest.is_problem(404, "not-found");
    let page = send_form(&mut browser, &id, b"").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("Choose a picture first"), "{}", page.body);
    let empty = [("content-type", "multipart/form-data; boundary=x"), ("accept", "text/html")];
    let nothing = browser.send(Method::POST, "/fn/set_picture", &empty, "--x--\r\n").await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.api(Method::GET, &cover, "").await.json()["state"], "none");
    browser.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    scratch.finish([instance]).await;
}
