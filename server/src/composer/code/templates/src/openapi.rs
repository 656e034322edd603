
/// What the API looks like to a program, in OpenAPI 3.1.
async fn openapi() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("../openapi.json"))
}
