//! Requests as programs and browsers send them, through the whole router: every bad input has its status and its words.

mod hostile;
mod pictures;
mod queries;

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode, header};
use serde_json::Value;

use crate::{
    browser::{Browser, project},
    support::{SYNTHESIZERS, Scratch, Wire, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_program_starts_follows_and_reads_a_project() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let mut browser = Browser::of(&instance);
    let (project, generation) = project(&mut browser, SYNTHESIZERS).await;
    let events = browser.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    assert_eq!(events.headers[header::CONTENT_TYPE], "text/event-stream");
    assert!(events.body.starts_with("retry: 1000\n\nid: 1\nevent: status\ndata: {"), "{}", &events.body[..80]);
    assert!(events.body.contains("event: done\n"));

    let count = events.body.matches("\nid: ").count() + usize::from(events.body.starts_with("id: "));
    let rest = browser
        .send(Method::GET, &format!("/api/generations/{generation}/events"), &[("last-event-id", "3")], "")
        .await;
    assert_eq!(rest.body.matches("\nid: ").count(), count - 3);
    assert!(events.body.ends_with(rest.body.strip_prefix("retry: 1000\n\n").unwrap()));
    let end = browser.api(Method::GET, &format!("/api/generations/{generation}/events?after={count}"), "").await;
    assert_eq!(end.status, StatusCode::NO_CONTENT, "a reader that has everything is told not to come back");

    let read = browser.api(Method::GET, &format!("/api/projects/{project}"), "").await.json();
    assert_eq!(read["directive"], SYNTHESIZERS);
    assert_eq!(read["status"], "done");
    assert!(read["sections"]["product"]["features"].as_array().unwrap().len() >= 5);
    let run = browser.api(Method::GET, &format!("/api/generations/{generation}"), "").await.json();
    assert_eq!((&run["attempts"], &run["receipt"]["stages"][0]["engine"]), (&Value::from(1), &Value::from("composer")));
    for _ in 0..2 {
        let stopped = browser.api(Method::POST, &format!("/api/generations/{generation}/cancellation"), "").await;
        assert_eq!(stopped.status, StatusCode::ACCEPTED);
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_script_leads_to_the_editor_and_back_to_the_form_when_it_must() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let mut browser = Browser::of(&instance);
    let landing = browser.page("/").await;
    assert_eq!(landing.status, StatusCode::OK);
    assert!(!landing.headers.contains_key(header::SET_COOKIE), "a public page sets no cookie");
    assert!(!landing.body.contains("<script"));
    assert_eq!(landing.body, browser.page("/").await.body, "the same bytes for everyone");

    let sent = browser.form("/fn/start_generation", "directive=Help+beekeepers+log+hive+inspections").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let editor = sent.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert!(editor.starts_with("/projects/") && editor.ends_with("/edit"));
    let read = editor.trim_end_matches("/edit");
    let page = browser.page(read).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("hive inspection") && page.body.ends_with("</html>") && !page.body.contains("<script"));
    let again = browser.page(&editor).await;
    assert!(
        again.body.contains(&format!(r#"<noscript><meta http-equiv="refresh" content="0;url={read}"></noscript>"#))
    );

    for (typed, words) in [
        ("", "the directive is empty"),
        ("%20%0D%0A%09", "the directive is empty"),
        ("%E2%80%8B%EF%BB%BF", "the directive is empty"),
        ("an+%01app", "control character (U+0001)"),
        (&"a".repeat(4_005), "Shorten it by 5"),
    ] {
        let back = browser.form("/fn/start_generation", &format!("directive={typed}")).await;
        assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(back.body.contains(words) && back.body.contains("role=\"alert\""), "{words}");
        assert!(typed.len() < 4_000 || back.body.contains(typed), "what was typed comes back");
        assert!(back.body.ends_with("</html>") && !back.body.contains("<script"));
    }
    let back = browser.form("/fn/start_generation", "directive=%01%3C%2Ftextarea%3E%3Cb%3Ebold").await;
    assert!(back.body.contains("&lt;/textarea&gt;&lt;b&gt;bold") && !back.body.contains("<b>bold"));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unusual_directives_are_shown_as_typed_and_never_as_markup() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let mut browser = Browser::of(&instance);
    for directive in [
        "<script>alert(1)</script> for <b>teams</b> & \"friends\"",
        "سوق للكتب المستعملة بين الطلاب",
        "🎉🐝👩‍🌾",
        "A shop for книги and 本, für Leser",
        "</textarea></html><img src=x onerror=alert(1)>",
        "</title><script>alert(2)</script>",
        "???",
    ] {
        let (project, generation) = project(&mut browser, directive).await;
        browser.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
        for path in [format!("/projects/{project}"), format!("/projects/{project}/edit"), "/projects".to_owned()] {
            let page = browser.page(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{directive}");
            assert!(
                !page.body.contains("<script>alert")
                    && !page.body.contains("<img src=x")
                    && !page.body.contains("<b>teams"),
                "{directive}"
            );
            assert!(page.body.ends_with("</html>"));
        }
        let read = browser.api(Method::GET, &format!("/api/projects/{project}"), "").await.json();
        assert_eq!(read["directive"], directive);
        assert!(read["sections"]["product"]["features"].as_array().unwrap().len() >= 4, "{directive}");
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_have_their_status_and_say_what_to_do() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let mut browser = Browser::of(&instance);
    let (project, generation) = project(&mut browser, SYNTHESIZERS).await;
    browser.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    let directive = |text: &str| serde_json::json!({ "directive": text }).to_string();

    browser.api(Method::POST, "/api/projects", &directive("  ")).await.is_problem(422, "bad-directive");
    browser.api(Method::POST, "/api/projects", &directive(&"x".repeat(4_001))).await.is_problem(422, "bad-directive");
    browser.api(Method::POST, "/api/projects", &directive("a\u{0}b")).await.is_problem(422, "bad-directive");
    browser.api(Method::POST, "/api/projects", "{").await.is_problem(400, "bad-request");
    browser.api(Method::POST, "/api/projects", r#"{"directive":7}"#).await.is_problem(400, "bad-request");
    browser.api(Method::POST, "/api/projects", r#"{"directive":"x","extra":1}"#).await.is_problem(400, "bad-request");
    browser.api(Method::POST, "/api/projects", &"x".repeat(70_000)).await.is_problem(413, "too-large");
    let typed = [("content-type", "text/plain")];
    browser.send(Method::POST, "/api/projects", &typed, &directive("x")).await.is_problem(415, "unsupported-type");
    browser.send(Method::POST, "/fn/start_generation", &typed, "directive=x").await.is_problem(415, "unsupported-type");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    browser.send(Method::POST, "/fn/start_generation", &form, &"x".repeat(70_000)).await.is_problem(413, "too-large");
    browser.send(Method::POST, "/fn/cancel_generation", &form, "nothing=1").await.is_problem(400, "bad-request");
    browser.send(Method::POST, "/fn/no_such_function", &form, "").await.is_problem(404, "not-found");
    browser.api(Method::GET, "/api/projects?cursor=nonsense", "").await.is_problem(400, "bad-cursor");
    browser.api(Method::GET, "/api/projects?limit=many", "").await.is_problem(400, "bad-request");
    browser.api(Method::GET, "/api/nothing", "").await.is_problem(404, "not-found");
    browser.api(Method::DELETE, "/api/projects", "").await.is_problem(405, "wrong-method");
    for id in ["7", "not-an-id", "01890a5d-ac96-774b-bcce-b302099a8057", "%00", "..%2f..%2fetc"] {
        browser.api(Method::GET, &format!("/api/projects/{id}"), "").await.is_problem(404, "not-found");
        browser.api(Method::GET, &format!("/api/generations/{id}/events"), "").await.is_problem(404, "not-found");
        assert_eq!(browser.page(&format!("/projects/{id}")).await.status, StatusCode::NOT_FOUND, "{id}");
        assert_eq!(browser.page(&format!("/projects/{id}/edit")).await.status, StatusCode::NOT_FOUND, "{id}");
    }
    for bad in ["x", "-1", "1.5", "99999999999999999999"] {
        let events = format!("/api/generations/{generation}/events");
        browser.send(Method::GET, &events, &[("last-event-id", bad)], "").await.is_problem(400, "bad-request");
    }
    let again = format!("/api/projects/{project}/generations");
    browser.api(Method::POST, &again, r#"{"stages":["nonsense"]}"#).await.is_problem(422, "unknown-stage");
    browser.api(Method::POST, &again, r#"{"locks":["nonsense"]}"#).await.is_problem(422, "bad-lock");
    browser.api(Method::POST, &again, r#"{"provider":"nobody"}"#).await.is_problem(422, "unknown-provider");
    let cross = [("content-type", "application/json"), ("sec-fetch-site", "cross-site")];
    browser.send(Method::POST, "/api/projects", &cross, &directive("x")).await.is_problem(403, "cross-site");
    assert_eq!(browser.page("/projects?cursor=nonsense").await.status, StatusCode::BAD_REQUEST);
    let nowhere = browser.page("/nowhere").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert!(nowhere.body.contains("<h1>Not found</h1>"));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_guest_sees_nothing_of_it() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let (mut owner, mut stranger) = (Browser::of(&instance), Browser::of(&instance));
    let (mine, generation) = project(&mut owner, SYNTHESIZERS).await;
    let (theirs, other) = project(&mut stranger, "Help beekeepers log hive inspections").await;
    owner.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    stranger.api(Method::GET, &format!("/api/generations/{other}/events"), "").await;
    for path in [
        format!("/api/projects/{mine}"),
        format!("/api/generations/{generation}"),
        format!("/api/generations/{generation}/events"),
    ] {
        stranger.api(Method::GET, &path, "").await.is_problem(404, "not-found");
    }
    stranger
        .api(Method::POST, &format!("/api/generations/{generation}/cancellation"), "")
        .await
        .is_problem(404, "not-found");
    stranger.api(Method::POST, &format!("/api/projects/{mine}/generations"), "{}").await.is_problem(404, "not-found");
    assert_eq!(stranger.page(&format!("/projects/{mine}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.form("/fn/regenerate", &format!("project={mine}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        stranger.form("/fn/cancel_generation", &format!("generation={generation}")).await.status,
        StatusCode::NOT_FOUND
    );
    let list = stranger.api(Method::GET, "/api/projects", "").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["id"], theirs);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_metrics_and_headers_are_as_promised() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let mut browser = Browser::of(&instance);
    let health = browser.api(Method::GET, "/api/health", "").await;
    assert_eq!(health.status, StatusCode::OK);
    for member in ["status", "database", "redis", "pool", "uptime"] {
        assert!(!health.json()[member].is_null(), "{member}");
    }
    browser.page("/explore").await;
    browser.page("/explore").await;
    let mut cache = Value::Null;
    until("the cache is shared", async || {
        cache = browser.api(Method::GET, "/api/health", "").await.json()["cache"].take();
        cache["shared"] == true
    })
    .await;
    assert!(cache["entries"].is_u64() && cache["bytes"].is_u64(), "{cache}");
    let (asked, rate) = (cache["asked"].as_u64().unwrap(), cache["hit_rate"].as_f64().unwrap());
    assert!(asked >= 2 && rate > 0.0 && rate < 1.0, "{cache}");
    assert!(cache["redis_hit_rate"].is_f64(), "{cache}");
    assert_eq!(browser.api(Method::GET, "/api/ready", "").await.status, StatusCode::OK);
    // Without a peer's address there is no telling that it is this machine.
    browser.api(Method::GET, "/metrics", "").await.is_problem(404, "not-found");
    for path in ["/", "/projects", "/nowhere", "/api/health", "/robots.txt", "/islands.js"] {
        let answer = browser.page(path).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval'") && !policy.contains("unsafe-inline"), "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert!(answer.headers.contains_key("cache-control") && answer.headers.contains_key("x-request-id"), "{path}");
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_counted_as_such_and_no_address_makes_a_route() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let mut browser = Browser::of(&instance);
    let routes = |metrics: &str| {
        let lines = metrics.lines().filter_map(|line| line.strip_prefix("atlas9_http_requests_total{route=\""));
        lines.map(|line| line.split('"').next().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let before = routes(&instance.services.metrics.encode());
    for route in ["/", "/projects/{id}", "/api/projects/{id}", "/fn/{*name}", "static", "/pkg/{*file}", "unmatched"] {
        assert!(before.contains(route), "{route} is in {before:?} before anybody asks");
    }
    for number in 0..20 {
        for path in [format!("/nowhere/{number}"), format!("/pkg/{number}.js"), format!("/fonts/{number}.woff2")] {
            assert_eq!(browser.page(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    for file in ["/robots.txt", "/islands.js"] {
        assert_eq!(browser.page(file).await.status, StatusCode::OK);
    }
    browser.send(Method::from_bytes(b"BREW").unwrap(), "/projects", &[], "").await;
    let metrics = instance.services.metrics.encode();
    assert_eq!(routes(&metrics), before, "nobody makes labels up");
    for (series, count) in [
        (r#"route="static",method="GET",status="2xx""#, 2),
        (r#"route="/pkg/{*file}",method="GET",status="4xx""#, 20),
        (r#"route="unmatched",method="GET",status="4xx""#, 40),
        (r#"route="unmatched",method="GET",status="5xx""#, 0),
        (r#"route="/projects",method="GET",status="5xx""#, 0),
        (r#"route="/fn/{*name}",method="POST",status="5xx""#, 0),
        (r#"route="/api/projects",method="POST",status="5xx""#, 0),
    ] {
        let line = format!("atlas9_http_requests_total{{{series}}} {count}\n");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_503_for_programs_and_people_and_back_by_itself() {
    let mut scratch = Scratch::new().await;
    let wire = Wire::to(&scratch.url).await;
    scratch.set("DATABASE_URL", &wire.instead_of(&scratch.url));
    let instance = scratch.worker().await;
    let mut browser = Browser::of(&instance);
    let (project, generation) = project(&mut browser, SYNTHESIZERS).await;
    browser.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;

    wire.cut();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let away = browser.api(Method::GET, &format!("/api/projects/{project}"), "").await;
    away.is_problem(503, "unavailable");
    assert!(away.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(browser.api(Method::GET, "/api/health", "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    for path in [format!("/projects/{project}"), format!("/projects/{project}/edit"), "/projects".to_owned()] {
        let page = browser.page(&path).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(page.body.contains("Nothing was lost"), "{path}");
    }
    let form = browser.form("/fn/start_generation", "directive=Kept+words").await;
    assert_eq!(form.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(form.body.contains("Kept words"), "what was typed comes back");

    wire.mend();
    let path = format!("/api/projects/{project}");
    until("it is back", async || browser.api(Method::GET, &path, "").await.status == StatusCode::OK).await;
    scratch.finish([instance]).await;
}
