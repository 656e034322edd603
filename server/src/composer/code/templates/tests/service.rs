//! What holds whatever is asked for.

use axum::{body::Body, http::Request};
use sqlx::PgPool;

use crate::support::Api;
//#lib

#[sqlx::test]
async fn it_says_that_it_is_well(db: PgPool) {
    let api = Api::new(db).await;
    let health = Request::builder().uri("«health»").body(Body::empty()).unwrap();
    assert_eq!(api.send(health).await.is(200)["status"], "ok");
}

#[sqlx::test]
async fn what_is_not_there_is_a_problem_like_any_other(db: PgPool) {
    let api = Api::new(db).await;
    let problem = api.send(api.request(Role::«system», "GET", "/nowhere", None)).await.is(404);
    assert_eq!((&problem["status"], &problem["title"]), (&404.into(), &"Not Found".into()));
    api.send(api.request(Role::«system», "PUT", "«health»", None)).await.is(405);
}
//#caller

#[sqlx::test]
async fn a_caller_that_was_disabled_is_not_known_any_more(db: PgPool) {
    let api = Api::new(db).await;
    let request = || api.request(Role::«system», "«method»", "«path»", None);
    assert_ne!(api.send(request()).await.status(), 401);
    sqlx::query("update api_callers set disabled_at = now()").execute(&api.db).await.unwrap();
    api.send(request()).await.is(401);
}
//#create

#[sqlx::test]
async fn bodies_have_to_be_json_and_of_bounded_length(db: PgPool) {
    let api = Api::new(db).await;
    let send = async |kind: &str, body: String| {
        let mut request = api.request(Role::«system», "POST", "«create»", None);
        request.headers_mut().insert("content-type", kind.parse().unwrap());
        *request.body_mut() = Body::from(body);
        api.send(request).await
    };
    send("application/json", "{".to_owned()).await.is(400);
    send("application/json", "[]".to_owned()).await.is(400);
    send("text/plain", "{}".to_owned()).await.is(415);
    send("application/json", " ".repeat(65 * 1024)).await.is(413);
}
//#openapi

#[sqlx::test]
async fn it_describes_itself(db: PgPool) {
    let api = Api::new(db).await;
    let document = Request::builder().uri("/openapi.json").body(Body::empty()).unwrap();
    assert!(api.send(document).await.is(200)["paths"].is_object());
}
//#end
