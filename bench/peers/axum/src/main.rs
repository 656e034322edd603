//! bare ADDRESS FILE: a handler that returns the bytes of FILE: HTML that was compressed with brotli when its name ends in `.br`, else JSON. What our answers
//! are measured against.

use std::{env, error::Error, fs};

use axum::{
    Router,
    body::Bytes,
    http::{
        HeaderMap, HeaderValue,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
    routing::get,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [address, file] = env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "bare ADDRESS FILE")?;
    let is_page = file.ends_with(".br");
    let kind = if is_page { "text/html; charset=utf-8" } else { "application/json" };
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
    if is_page {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    let bytes = Bytes::from(fs::read(file)?);
    let app = Router::new().route("/", get(move || async move { (headers, bytes) }));
    axum::serve(tokio::net::TcpListener::bind(address).await?, app).await?;
    Ok(())
}
