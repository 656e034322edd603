//! What browsers measure, and what it comes to.

use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use model::vitals::Vital;
use serde::Deserialize;

use crate::{
    accounts::Client,
    http::{CachePolicy, extract::RawBody, problem::ApiError},
    services::Services,
    vitals::{BEACON_MAX, DAYS_DEFAULT, DAYS_MAX, Filter},
};

/// `POST /api/analytics`: one measurement or an array of them, as `sendBeacon` sends it. 204 whether it is kept or there is too much already.
pub(in crate::http) async fn take_beacon(
    State(services): State<Services>,
    client: Client,
    headers: HeaderMap,
    RawBody(body): RawBody<BEACON_MAX>,
) -> Result<StatusCode, ApiError> {
    if !is_taken(&headers) {
        return Err(ApiError::unsupported("text/plain or application/json"));
    }
    // Whoever does not want to be measured is not, also where no script of ours asked before it sent.
    let refuses = ["sec-gpc", "dnt"].iter().any(|name| headers.get(*name).is_some_and(|value| value == "1"));
    if !refuses {
        services.vitals.admit(&client)?;
        services.vitals.take(&body)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `sendBeacon` says `text/plain`; a program may say what it is, or nothing.
fn is_taken(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(CONTENT_TYPE) else { return true };
    let content_type = content_type.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    ["text/plain", "application/json"].iter().any(|taken| content_type.eq_ignore_ascii_case(taken))
}

#[derive(Deserialize)]
pub(in crate::http) struct SummaryQuery {
    days: Option<String>,
    vital: Option<String>,
    #[serde(flatten)]
    filter: Filter,
}

/// `GET /api/analytics/summary`: percentiles of the last days, with one vital in full. The same for everybody.
pub(in crate::http) async fn summary(
    State(services): State<Services>,
    Query(query): Query<SummaryQuery>,
) -> Result<Response, ApiError> {
    let days = query.days.as_deref().map_or(Ok(DAYS_DEFAULT), str::parse::<u16>);
    let days = days.ok().filter(|days| (1..=DAYS_MAX).contains(days));
    let days = days.ok_or_else(|| ApiError::bad_request("`days` takes a number from 1 to 90."))?;
    let vital = query.vital.as_deref().map_or(Ok(Vital::Lcp), str::parse::<Vital>);
    let vital = vital.map_err(|_| ApiError::bad_request("`vital` takes a name such as LCP, INP or first-piece."))?;
    if let Some(part) = query.filter.malformed() {
        return Err(ApiError::bad_request(format!("`{}` takes a value that this route told.", part.as_str())));
    }
    let summary = services.vitals.summary(&query.filter, vital, days).await?;
    let mut response = Json(summary).into_response();
    response.extensions_mut().insert(CachePolicy::Listed);
    Ok(response)
}
