//! bare ADDRESS FILE: a handler that returns the bytes of FILE, as HTML that was compressed with brotli. What our ready pages are measured against.

use std::{env, error::Error, fs};

use axum::{
    Router,
    body::Bytes,
    http::header::{CONTENT_ENCODING, CONTENT_TYPE},
    routing::get,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [address, file] = env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "bare ADDRESS FILE")?;
    let page = Bytes::from(fs::read(file)?);
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_ENCODING, "br")];
    let app = Router::new().route("/", get(move || async move { (headers, page) }));
    axum::serve(tokio::net::TcpListener::bind(address).await?, app).await?;
    Ok(())
}
