//! HTTP to other programs: what everybody needs who speaks it.

use std::{sync::Arc, time::Duration};

use reqwest::header::{HeaderMap, RETRY_AFTER};
use rustls_platform_verifier::BuilderVerifierExt;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

/// No connection to any other program could be made, whatever its address.
#[derive(Debug, thiserror::Error)]
pub enum NoClient {
    /// TLS cannot be set up: mostly, the system has no certificates of authorities.
    #[error("TLS cannot be set up: {0}. Is the package ca-certificates installed?")]
    Tls(#[from] rustls::Error),
    /// The client could not be made.
    #[error("the HTTP client cannot be made: {0}")]
    Http(#[from] reqwest::Error),
}

/// Encryption towards whoever has a certificate that this machine trusts.
///
/// # Errors
/// [`NoClient::Tls`].
pub fn tls() -> Result<rustls::ClientConfig, NoClient> {
    let builder = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    Ok(builder.with_safe_default_protocol_versions()?.with_platform_verifier()?.with_no_client_auth())
}

/// `Retry-After` as RFC 9110 has it: seconds, or a date. A date that is over is no time at all.
pub fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok()?;
    Some((at - now).try_into().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_until_a_date() {
        let now = datetime!(2026-10-21 07:28:00 UTC);
        let asked = |value: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]), now);
        assert_eq!(asked("120"), Some(Duration::from_secs(120)));
        assert_eq!(asked(" 1.5 "), Some(Duration::from_millis(1_500)));
        assert_eq!(asked("Wed, 21 Oct 2026 07:30:00 GMT"), Some(Duration::from_secs(120)));
        assert_eq!(asked("Wed, 21 Oct 2026 07:00:00 GMT"), Some(Duration::ZERO));
        for bad in ["", "soon", "-1", "NaN", "1e400", "Wed, 99 Oct 2026 07:30:00 GMT"] {
            assert_eq!(asked(bad), None, "{bad}");
        }
    }
}
