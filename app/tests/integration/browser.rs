//! A browser or program that sends requests through the whole router.

use std::{path::Path, sync::Arc};

use app::{PageContext, READY, assets::Assets};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
    middleware,
};
use leptos::config::LeptosOptions;
use serde_json::Value;
use server::{
    accounts::Change,
    http::{ReadyPages, observe, security_headers, serve_ready, write_cache_headers},
};
use tower::ServiceExt;

use crate::support::{Instance, Scratch};

/// Whom [`member`] makes one.
pub const EMAIL: &str = "sam@mail.example";
pub const PASSWORD: &str = "copper lantern drifts";
pub const PICTURE: &[u8] = include_bytes!("../../../public/social.png");

/// The whole router of an instance, with a cookie jar of one.
pub struct Browser {
    router: Router,
    pub cookie: Option<String>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// As text; what is no text is shown as such.
    pub body: String,
    pub bytes: Bytes,
}

/// Everything the program answers.
pub fn router(instance: &Instance) -> Router {
    let address = |file: &str| format!("/pkg/{file}");
    let assets = Assets {
        css: address("x.css"),
        js: address("x.js"),
        wasm: address("x.wasm"),
        loader: "/islands.js?v=x".to_owned(),
        reporter: None,
        room: None,
        push: None,
        landing: None,
    };
    let context = PageContext {
        services: instance.services.clone(),
        assets: Arc::new(assets),
        site: Path::new("../public").into(),
        options: Arc::new(LeptosOptions::builder().output_name("x").build()),
        release: "1.2.3".into(),
    };
    let ready = ReadyPages::new(instance.services.cache.clone(), &instance.services.shown, "tests", &READY);
    app::routes(context)
        .layer(middleware::from_fn(write_cache_headers))
        .layer(middleware::from_fn_with_state(ready, serve_ready))
        .layer(middleware::from_fn_with_state(false, security_headers))
        .layer(middleware::from_fn_with_state(instance.services.clone(), observe))
}

impl Browser {
    pub fn of(instance: &Instance) -> Self {
        Self { router: router(instance), cookie: None }
    }

    pub async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_bytes(method, path, headers, body.to_owned().into()).await
    }

    pub async fn send_bytes(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: Bytes) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "here");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        if let Some(cookie) = parts.headers.get(header::SET_COOKIE) {
            self.cookie = Some(cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
        }
        let bytes = to_bytes(body, 10_000_000).await.unwrap();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, body, bytes }
    }

    pub async fn page(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("accept", "text/html")], "").await
    }

    pub async fn api(&mut self, method: Method, path: &str, body: &str) -> Answer {
        self.send(method, path, &[("content-type", "application/json")], body).await
    }

    pub async fn form(&mut self, path: &str, body: &str) -> Answer {
        let headers = [("accept", "text/html"), ("content-type", "application/x-www-form-urlencoded")];
        self.send(Method::POST, path, &headers, body).await
    }
}

impl Answer {
    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// Asserts that this is a problem of that status, with all its members.
    pub fn is_problem(&self, status: u16, name: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["type"], format!("/problems/{name}"));
        assert_eq!(problem["status"], status);
        for member in ["title", "detail", "request_id"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {problem}");
        }
    }
}

pub async fn project(browser: &mut Browser, directive: &str) -> (String, String) {
    let body = serde_json::json!({ "directive": directive }).to_string();
    let answer = browser.api(Method::POST, "/api/projects", &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let text = |field: &str| answer.json()[field].as_str().unwrap().to_owned();
    (text("project_id"), text("generation_id"))
}

/// Somebody who has signed up and followed the link in the letter.
pub async fn member(scratch: &Scratch, instance: &Instance) -> Browser {
    let mut browser = Browser::of(instance);
    let typed = format!("name=Sam&email={EMAIL}&password={}", PASSWORD.replace(' ', "+"));
    browser.form("/fn/sign_up", &typed).await;
    instance.send_mail().await;
    let token = scratch.letters().last().unwrap().token();
    let made = browser.form("/fn/confirm_sign_up", &format!("token={token}")).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    browser
}

/// Somebody who looks after all of it.
pub async fn administrator(scratch: &Scratch, instance: &Instance) -> Browser {
    let browser = member(scratch, instance).await;
    instance.services.accounts.administer(EMAIL, Change::Promote).await.unwrap();
    browser
}

/// Sends a file as the cover of a project, by a form as browsers send it (RFC 7578).
pub async fn send_form(browser: &mut Browser, project: &str, file: &[u8]) -> Answer {
    let field = |name: &str, value: &str| {
        format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes()
    };
    let head = b"--x\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\ncontent-type: image/png\r\n\r\n";
    let body =
        [&field("project", project)[..], head, file, b"\r\n", &field("description", "A \"mark\" & more"), b"--x--\r\n"];
    let headers = [("content-type", "multipart/form-data; boundary=x"), ("accept", "text/html")];
    browser.send_bytes(Method::POST, "/fn/set_picture", &headers, body.concat().into()).await
}
