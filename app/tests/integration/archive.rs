//! Files of projects through the whole router: who gets them, what they are called, how long they are kept, and how they come back.

use axum::http::{Method, StatusCode, header};

use crate::{
    browser::{Browser, project},
    support::{SYNTHESIZERS, Scratch},
};

const FORMS: [(&str, &str); 3] =
    [("zip", "application/zip"), ("md", "text/markdown; charset=utf-8"), ("json", "application/json")];

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_takes_a_project_away_and_brings_it_back_and_a_stranger_gets_nothing() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let (mut owner, mut stranger) = (Browser::of(&instance), Browser::of(&instance));
    let (id, generation) = project(&mut owner, SYNTHESIZERS).await;
    owner.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    stranger.page("/").await;
    for (form, media_type) in FORMS {
        let path = format!("/api/projects/{id}/export.{form}");
        stranger.api(Method::GET, &path, "").await.is_problem(404, "not-found");
        let file = owner.api(Method::GET, &path, "").await;
        assert_eq!(file.status, StatusCode::OK, "{}", file.body);
        assert_eq!(file.headers[header::CONTENT_TYPE], media_type);
        let name = format!("attachment; filename=\"a-marketplace-where-collectors-buy-and-sell-vintage.{form}\"");
        assert_eq!(file.headers[header::CONTENT_DISPOSITION], name);
        assert_eq!(file.headers[header::CACHE_CONTROL], "private, no-cache");
        let tag = file.headers[header::ETAG].to_str().unwrap().to_owned();
        assert!(tag.starts_with('"'), "strong: {tag}");
        let again = owner.send(Method::GET, &path, &[("if-none-match", tag.as_str())], "").await;
        assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(again.headers[header::ETAG], tag);
        assert_eq!(owner.api(Method::GET, &path, "").await.bytes, file.bytes, "the same bytes");
    }
    owner.api(Method::GET, &format!("/api/projects/{id}/export.exe"), "").await.is_problem(404, "not-found");

    let archive = owner.api(Method::GET, &format!("/api/projects/{id}/export.zip"), "").await.bytes;
    let zipped = [("content-type", "application/zip")];
    let mut nobody = Browser::of(&instance);
    let import = "/api/projects/import";
    let made = nobody.send_bytes(Method::POST, import, &zipped, archive.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert!(nobody.cookie.is_some(), "somebody unknown becomes a guest");
    let copy = made.json()["project_id"].as_str().unwrap().to_owned();
    assert_eq!(made.location(), format!("/projects/{copy}"));
    let theirs = nobody.api(Method::GET, &format!("/api/projects/{copy}/export.zip"), "").await;
    assert_eq!(theirs.bytes, archive, "the same archive again");
    let page = nobody.page(&format!("/projects/{copy}")).await;
    assert!(page.status == StatusCode::OK && page.body.contains("synthesizer"));
    owner.api(Method::GET, &format!("/api/projects/{copy}"), "").await.is_problem(404, "not-found");

    // As a browser's form sends it, without script.
    let mut body = b"--x\r\ncontent-disposition: form-data; name=\"archive\"; filename=\"a.zip\"\r\n\r\n".to_vec();
    body.extend(&archive);
    body.extend(b"\r\n--x--\r\n");
    let form = [("content-type", "multipart/form-data; boundary=x"), ("accept", "text/html")];
    let sent = owner.send_bytes(Method::POST, import, &form, body.into()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert_eq!(owner.page(sent.location()).await.status, StatusCode::OK);

    let refused = owner.send_bytes(Method::POST, import, &zipped, "no zip at all, but long enough".into()).await;
    refused.is_problem(422, "bad-archive");
    assert!(refused.body.contains("nothing was changed"));
    let large = owner.send_bytes(Method::POST, import, &zipped, vec![0_u8; 9 << 20].into()).await;
    large.is_problem(413, "too-large");
    owner.api(Method::POST, import, "{}").await.is_problem(415, "unsupported-type");
    let cross = [("content-type", "application/zip"), ("sec-fetch-site", "cross-site")];
    owner.send_bytes(Method::POST, import, &cross, archive).await.is_problem(403, "cross-site");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shared_anybody_takes_away_and_what_is_not_nobody() {
    let scratch = Scratch::new().await.with("ATLAS9_URL", "https://studio.example");
    let instance = scratch.worker().await;
    let (mut owner, mut anybody) = (Browser::of(&instance), Browser::of(&instance));
    let (id, generation) = project(&mut owner, SYNTHESIZERS).await;
    owner.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    let share = |to: &str| format!(r#"{{"visibility":"{to}"}}"#);
    let shared = owner.api(Method::PATCH, &format!("/api/projects/{id}"), &share("unlisted")).await.json();
    let path = shared["shared_at_path"].as_str().unwrap().to_owned();
    let mine = owner.api(Method::GET, &format!("/api/projects/{id}/export.zip"), "").await;
    for (form, media_type) in FORMS {
        let file = anybody.api(Method::GET, &format!("{path}/export.{form}"), "").await;
        assert_eq!((file.status, &file.headers[header::CONTENT_TYPE]), (StatusCode::OK, &media_type.parse().unwrap()));
        assert_eq!(file.headers[header::CACHE_CONTROL], "public, no-cache");
        assert!(!file.headers.contains_key(header::SET_COOKIE));
        assert!(form != "zip" || file.bytes == mine.bytes, "the same for everybody");
    }
    let card = anybody.api(Method::GET, &format!("{path}/card.png"), "").await;
    assert_eq!((card.status, &card.bytes[..4]), (StatusCode::OK, &b"\x89PNG"[..]));
    assert_eq!(card.headers[header::CACHE_CONTROL], "public, no-cache");
    let tag = card.headers[header::ETAG].to_str().unwrap();
    let again = anybody.send(Method::GET, &format!("{path}/card.png"), &[("if-none-match", tag)], "").await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let page = anybody.page(&path).await;
    let image = format!("content=\"https://studio.example{path}/card.png\"");
    assert_eq!(page.body.matches(&image).count(), 2, "og:image and twitter:image");

    owner.api(Method::PATCH, &format!("/api/projects/{id}"), &share("private")).await;
    for file in ["export.zip", "export.md", "export.json", "card.png"] {
        for address in
            [format!("{path}/{file}"), format!("/p/no-such-slug-at-all/{file}"), format!("/p/..%2f..%2f/{file}")]
        {
            let gone = anybody.send(Method::GET, &address, &[], "").await;
            assert_eq!(gone.status, StatusCode::NOT_FOUND, "{address}");
            assert_eq!(gone.headers[header::CACHE_CONTROL], "private, no-cache");
        }
    }
    scratch.finish([instance]).await;
}
