//! Accounts as browsers and programs reach them, through the whole router: cookies, forms, redirects, tokens, and those who try without.

use axum::http::{Method, StatusCode, header};
use serde_json::json;

use crate::{
    browser::{Browser, project},
    support::{Instance, Scratch, in_one_of_three},
};

const PASSWORD: &str = "copper lantern drifts";

fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

/// Signs up and follows the link, in one browser.
async fn sign_up(scratch: &Scratch, instance: &Instance, browser: &mut Browser, email: &str) {
    let typed = form(&[("name", "Sam"), ("email", email), ("password", PASSWORD)]);
    let sent = browser.form("/fn/sign_up", &typed).await;
    assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, "/signup/sent"), "{}", sent.body);
    instance.send_mail().await;
    let token = scratch.letters().last().unwrap().token();
    let page = browser.page(&format!("/signup/confirm/{token}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let asked = if page.body.contains("The password you chose") { PASSWORD } else { "" };
    let made = browser.form("/fn/confirm_sign_up", &form(&[("token", &token), ("current", asked)])).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_signs_up_by_forms_alone_and_finds_everything_again() {
    let scratch = Scratch::alone().await;
    let instance = scratch.worker().await;
    let mut browser = Browser::of(&instance);
    let (id, generation) = project(&mut browser, "A register of village bridges").await;
    browser.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    sign_up(&scratch, &instance, &mut browser, "sam@mail.example").await;
    assert!(browser.page("/projects").await.body.contains("A register of village bridges"));
    let settings = browser.page("/settings").await;
    assert!(settings.body.contains("sam@mail.example") && settings.body.contains("API tokens"));

    let out = browser.form("/fn/sign_out", "").await;
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(browser.page("/settings").await.location(), "/login?next=/settings");
    assert_eq!(browser.page(&format!("/projects/{id}")).await.status, StatusCode::NOT_FOUND);
    let typed = form(&[("email", "SAM@mail.example"), ("password", PASSWORD), ("next", &format!("/projects/{id}"))]);
    let back = browser.form("/fn/sign_in", &typed).await;
    assert_eq!(back.location(), format!("/projects/{id}"));
    assert_eq!(browser.page(&format!("/projects/{id}")).await.status, StatusCode::OK);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn next_never_leads_to_another_site() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let mut browser = Browser::of(&instance);
    sign_up(&scratch, &instance, &mut browser, "sam@mail.example").await;
    for evil in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "\\\\evil",
        "",
    ] {
        let typed = form(&[("email", "sam@mail.example"), ("password", PASSWORD), ("next", evil)]);
        let answer = Browser::of(&instance).form("/fn/sign_in", &typed).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/projects"), "{evil:?}");
        let encoded = form(&[("next", evil)]);
        let page = Browser::of(&instance).page(&format!("/login?{encoded}")).await;
        assert!(!page.body.contains("evil") && !page.body.contains("alert(1)"), "{evil:?}");
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_say_nothing_about_who_has_an_account() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    sign_up(&scratch, &instance, &mut Browser::of(&instance), "sam@mail.example").await;
    for path in ["/fn/sign_up", "/fn/request_reset"] {
        let mut answers = Vec::new();
        for email in ["sam@mail.example", "kim@mail.example"] {
            let typed = form(&[("name", "Sam"), ("email", email), ("password", PASSWORD)]);
            let answer = Browser::of(&instance).form(path, &typed).await;
            // The cookie of a guest differs from guest to guest, and in nothing but its secret.
            let cookie = answer.headers.get(header::SET_COOKIE).map(|cookie| cookie.len());
            answers.push((answer.status, answer.location().to_owned(), cookie, answer.body));
        }
        assert_eq!(answers[0], answers[1], "{path}");
    }
    let mut pages = Vec::new();
    for email in ["sam@mail.example", "kim@mail.example"] {
        let answer =
            Browser::of(&instance).form("/fn/sign_in", &form(&[("email", email), ("password", "wrong words")])).await;
        pages.push((answer.status, answer.body.replace(email, "")));
    }
    assert_eq!(pages[0], pages[1]);
    assert!(pages[0].1.contains("Address and password do not go together."));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_will_not_do_comes_back_with_what_was_typed_and_never_with_a_password() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let mut browser = Browser::of(&instance);
    let long = "x".repeat(2_000);
    for (name, email, password, told) in [
        ("", "sam@mail.example", PASSWORD, "Use a name of 1 to 80"),
        ("Sam \"<i>\"", "no address", PASSWORD, "This is no mail address"),
        ("Sam", "a@b.example\r\nBcc: c@d.example", PASSWORD, "This is no mail address"),
        ("Sam", "sam@mail.example", "short", "Too short"),
        ("Sam", "sam@mail.example", "password1234", "Too easy to guess"),
        ("Sam", "sam@mail.example", long.as_str(), "Too long"),
    ] {
        let answer =
            browser.form("/fn/sign_up", &form(&[("name", name), ("email", email), ("password", password)])).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(answer.body.contains(told), "{told}: {}", answer.body);
        assert!(answer.body.contains("aria-invalid=\"true\"") && !answer.body.contains("<i>"), "{told}");
        assert!(!answer.body.contains(&format!("value=\"{password}\"")), "{told}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    }
    let typed =
        browser.form("/fn/sign_up", &form(&[("name", "Sam"), ("email", "sam@mail.example"), ("password", "x")])).await;
    assert!(typed.body.contains("value=\"Sam\"") && typed.body.contains("value=\"sam@mail.example\""));
    let book = browser.form("/fn/sign_up", &form(&[("name", "Sam"), ("password", &"x".repeat(100_000))])).await;
    assert_eq!(book.status, StatusCode::PAYLOAD_TOO_LARGE);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_tries_are_told_when_to_come_back() {
    in_one_of_three("the eleventh try", StatusCode::TOO_MANY_REQUESTS, async |_| {
        let scratch = Scratch::alone().await;
        let instance = scratch.instance().await;
        let typed = form(&[("email", "sam@mail.example"), ("password", "wrong words")]);
        for _ in 0..10 {
            Browser::of(&instance).form("/fn/sign_in", &typed).await;
        }
        let last = Browser::of(&instance).form("/fn/sign_in", &typed).await;
        if last.status == StatusCode::TOO_MANY_REQUESTS {
            let wait: u64 = last.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
            assert!(last.body.contains("Too many tries. Wait") && last.body.contains("value=\"sam@mail.example\""));
        }
        scratch.finish([instance]).await;
        last.status
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_changes_something_can_be_posted_from_another_site() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let mut browser = Browser::of(&instance);
    sign_up(&scratch, &instance, &mut browser, "sam@mail.example").await;
    for path in [
        "sign_up",
        "confirm_sign_up",
        "sign_in",
        "sign_out",
        "request_reset",
        "reset_password",
        "set_name",
        "change_address",
        "confirm_address",
        "change_password",
        "set_theme",
        "sign_out_device",
        "create_token",
        "revoke_token",
        "delete_everything",
        "rename_project",
        "shelve_project",
        "share_project",
        "start_generation",
        "regenerate",
        "cancel_generation",
    ] {
        for from in
            [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")]
        {
            let headers = [("accept", "text/html"), ("content-type", "application/x-www-form-urlencoded"), from];
            let answer = browser.send(Method::POST, &format!("/fn/{path}"), &headers, "name=x&sure=yes").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {from:?}");
        }
    }
    assert!(browser.page("/settings").await.body.contains("sam@mail.example"));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn public_pages_are_the_same_for_everybody_and_set_no_cookie() {
    let scratch = Scratch::alone().await;
    let instance = scratch.worker().await;
    let mut member = Browser::of(&instance);
    sign_up(&scratch, &instance, &mut member, "sam@mail.example").await;
    let (id, generation) = project(&mut member, "A register of village bridges").await;
    member.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    let shared = member.api(Method::PATCH, &format!("/api/projects/{id}"), r#"{"visibility":"public"}"#).await.json();
    let page = shared["shared_at_path"].as_str().unwrap().to_owned();
    member.form("/fn/set_theme", "theme=dark").await;
    assert!(member.page("/settings").await.body.contains("data-theme=\"dark\""));
    for path in ["/", "/explore", "/login", "/signup", "/signup/sent", "/reset", "/reset/sent", page.as_str()] {
        let mut nobody = Browser::of(&instance);
        let (open, signed_in) = (nobody.page(path).await, member.page(path).await);
        assert_eq!(open.status, StatusCode::OK, "{path}");
        assert!(
            !open.headers.contains_key(header::SET_COOKIE) && !signed_in.headers.contains_key(header::SET_COOKIE),
            "{path}"
        );
        assert_eq!(open.body, signed_in.body, "{path}");
        assert!(!open.body.contains("<script"), "{path}");
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_and_opens_what_its_scopes_say() {
    let scratch = Scratch::alone().await;
    let instance = scratch.worker().await;
    let mut browser = Browser::of(&instance);
    sign_up(&scratch, &instance, &mut browser, "sam@mail.example").await;
    let made = browser.form("/fn/create_token", "name=Nightly&read=yes&days=30").await;
    let words =
        made.body.split("<code>").map(|part| part.split('<').next().unwrap()).find(|w| w.starts_with("atlas9_"));
    let words = words.unwrap_or_else(|| panic!("{}", made.body)).to_owned();
    assert!(!browser.page("/settings").await.body.contains(&words), "never again");

    let mut other = Browser::of(&instance);
    let (theirs, generation) = project(&mut other, "A rota for the lifeboat crew").await;
    other.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    let mut program = Browser::of(&instance);
    let bearer = format!("Bearer {words}");
    let ask = async |program: &mut Browser, method: Method, path: &str, bearer: &str, body: &str| {
        let headers = [("authorization", bearer), ("content-type", "application/json")];
        program.send(method, path, &headers, body).await
    };
    assert_eq!(ask(&mut program, Method::GET, "/api/projects", &bearer, "").await.status, StatusCode::OK);
    let body = json!({ "directive": "A choir library" }).to_string();
    ask(&mut program, Method::POST, "/api/projects", &bearer, &body).await.is_problem(403, "out-of-scope");
    let path = format!("/api/projects/{theirs}");
    ask(&mut program, Method::GET, &path, &bearer, "").await.is_problem(404, "not-found");
    for of_account in ["/api/account/export", "/api/account/picture"] {
        ask(&mut program, Method::GET, of_account, &bearer, "").await.is_problem(404, "not-found");
    }
    for bad in ["", "Bearer", "Bearer x", "Basic eDp5", &format!("{bearer}x"), &bearer.replace("atlas9_", "atlas9_A")] {
        let refused = ask(&mut program, Method::GET, "/api/projects", bad, "").await;
        refused.is_problem(401, "bad-token");
        assert!(refused.headers[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Bearer"), "{bad}");
    }
    let settings = browser.page("/settings").await.body;
    let id = settings.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for _ in 0..2 {
        assert_eq!(browser.form("/fn/revoke_token", &form(&[("token", &id)])).await.status, StatusCode::SEE_OTHER);
    }
    ask(&mut program, Method::GET, "/api/projects", &bearer, "").await.is_problem(401, "bad-token");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_export_holds_everything_and_deleting_leaves_nothing() {
    let scratch = Scratch::alone().await;
    let instance = scratch.worker().await;
    let mut browser = Browser::of(&instance);
    sign_up(&scratch, &instance, &mut browser, "sam@mail.example").await;
    for directive in ["A register of village bridges", "A choir library"] {
        let (id, generation) = project(&mut browser, directive).await;
        browser.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
        browser.api(Method::POST, &format!("/api/projects/{id}/archival"), "").await;
    }
    let export = browser.page("/api/account/export").await;
    assert!(export.headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains("atlas9-export.json"));
    let export = export.json();
    assert_eq!(export["profile"]["email"], "sam@mail.example");
    assert_eq!(export["projects"].as_array().unwrap().len(), 2);
    assert!(export["projects"][0]["sections"]["product"]["features"][0]["title"].is_string());

    let unsure = browser.form("/fn/delete_everything", &form(&[("current", PASSWORD)])).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = browser.form("/fn/delete_everything", &form(&[("current", "wrong words"), ("sure", "yes")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let gone = browser.form("/fn/delete_everything", &form(&[("current", PASSWORD), ("sure", "yes")])).await;
    assert_eq!(gone.location(), "/login?done=deleted");
    assert_eq!(scratch.break_it("update projects set title = title").await, 0);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn archiving_and_deleting_are_resources_that_may_be_asked_for_twice() {
    let scratch = Scratch::alone().await;
    let instance = scratch.worker().await;
    let mut browser = Browser::of(&instance);
    let (id, generation) = project(&mut browser, "A register of village bridges").await;
    browser.api(Method::GET, &format!("/api/generations/{generation}/events"), "").await;
    let mut stranger = Browser::of(&instance);
    let (_, other) = project(&mut stranger, "A choir library").await;
    stranger.api(Method::GET, &format!("/api/generations/{other}/events"), "").await;
    for (method, what, shelf) in [
        (Method::POST, "/archival", "archived"),
        (Method::DELETE, "/archival", "active"),
        (Method::POST, "/deletion", "deleted"),
        (Method::DELETE, "/deletion", "active"),
        (Method::DELETE, "", "deleted"),
    ] {
        let path = format!("/api/projects/{id}{what}");
        stranger.api(method.clone(), &path, "").await.is_problem(404, "not-found");
        for _ in 0..2 {
            assert_eq!(browser.api(method.clone(), &path, "").await.status, StatusCode::NO_CONTENT);
        }
        assert_eq!(browser.api(Method::GET, &format!("/api/projects/{id}"), "").await.json()["shelf"], shelf);
    }
    let notice = browser.page(&format!("/projects?notice=deleted&project={id}")).await;
    assert!(notice.body.contains("kept for 30 days") && notice.body.contains("Undo"), "{}", notice.body);
    let old = browser.page(&format!("/projects?notice=archived&project={id}")).await;
    assert!(!old.body.contains("Undo"), "only what is so is said");
    for (path, status) in [
        ("/api/projects?sort=age", 400),
        ("/api/projects?shelf=attic", 400),
        ("/projects?sort=age", 200),
        ("/explore?cursor=x", 400),
    ] {
        assert_eq!(browser.page(path).await.status.as_u16(), status, "{path}");
    }
    scratch.finish([instance]).await;
}
