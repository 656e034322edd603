//! Where traces go.

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::{BadConfig, Variables, bad};

/// Traces over OTLP. None by default.
#[derive(Debug, Clone)]
pub struct TracesConfig {
    /// `ATLAS9_OTLP_URL`: the collector, with `/v1/traces` at the end. Without it nothing is traced.
    pub url: Option<Url>,
    /// `ATLAS9_OTLP_HEADERS`: what the collector wants to see, such as a key. The values are marked as sensitive, so that nothing shows them.
    pub headers: HeaderMap,
    /// `ATLAS9_OTLP_SAMPLE`: which share of traces is sent. All by default: whoever names a collector wants to find the one request that failed, the
    /// queue bounds what that can cost, and a collector thins out with more sense than chance has.
    pub sample: f64,
}

impl TracesConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let takes = "it takes the share of traces that is sent, 0 to 1, such as 0.1";
        Ok(Self {
            url: url(variables)?,
            headers: headers(variables)?,
            sample: variables.value("ATLAS9_OTLP_SAMPLE", 1.0, takes, |share| (0.0..=1.0).contains(share))?,
        })
    }
}

fn url(variables: &Variables) -> Result<Option<Url>, BadConfig> {
    let Some(text) = variables.text("ATLAS9_OTLP_URL") else { return Ok(None) };
    let is_base = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let url = text.parse().ok().filter(is_base).and_then(|mut url: Url| {
        url.path_segments_mut().ok()?.pop_if_empty().extend(["v1", "traces"]);
        Some(url)
    });
    // What is beside host and path may be a secret.
    let shown = if text.contains(['@', '?', '#']) { "…" } else { text };
    let takes = "it takes the base address of a collector, such as http://127.0.0.1:4318; credentials go into ATLAS9_OTLP_HEADERS";
    url.map(Some).ok_or_else(|| bad("ATLAS9_OTLP_URL", shown, takes))
}

/// As OpenTelemetry writes headers into a variable: `name=value,name=value`, values percent-encoded where they have to be.
fn headers(variables: &Variables) -> Result<HeaderMap, BadConfig> {
    let text = variables.text("ATLAS9_OTLP_HEADERS").unwrap_or_default();
    let takes = "it takes headers such as authorization=Bearer%20x,x-tenant=y, separated by commas";
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(|entry| header(entry).ok_or_else(|| bad("ATLAS9_OTLP_HEADERS", "…", takes))).collect()
}

fn header(entry: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = entry.split_once('=')?;
    let value: Vec<u8> = percent_decode_str(value.trim()).collect();
    let mut value = HeaderValue::from_bytes(&value).ok()?;
    value.set_sensitive(true);
    Some((name.trim().parse().ok()?, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variable: &str, value: &str) -> Result<TracesConfig, BadConfig> {
        TracesConfig::read(&Variables::new([(variable, value)]))
    }

    #[test]
    fn nothing_is_traced_unless_a_collector_is_named() {
        let config = TracesConfig::read(&Variables::default()).unwrap();
        assert_eq!((config.url, config.headers.len(), config.sample), (None, 0, 1.0));
    }

    #[test]
    fn a_collector_is_named_by_its_base_address() {
        for (base, whole) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("https://otel.example/", "https://otel.example/v1/traces"),
            ("https://otel.example/otlp", "https://otel.example/otlp/v1/traces"),
        ] {
            assert_eq!(read("ATLAS9_OTLP_URL", base).unwrap().url.unwrap().as_str(), whole);
        }
    }

    #[test]
    fn what_is_no_base_address_is_refused_and_what_may_be_a_secret_not_shown() {
        for text in [
            "collector:4318",
            "127.0.0.1:4318",
            "grpc://127.0.0.1:4317",
            "https://me:hunter2@otel.example",
            "https://hunter2@otel.example",
            "https://otel.example?key=hunter2",
            "https://otel.example#hunter2",
        ] {
            let error = read("ATLAS9_OTLP_URL", text).unwrap_err().to_string();
            assert!(error.contains("http://127.0.0.1:4318") && !error.contains("hunter2"), "{error}");
        }
        for share in ["-0.1", "1.5", "NaN", "all"] {
            assert!(read("ATLAS9_OTLP_SAMPLE", share).unwrap_err().to_string().contains("0 to 1"), "{share}");
        }
    }

    #[test]
    fn headers_are_decoded_and_shown_to_nobody() {
        let config = read("ATLAS9_OTLP_HEADERS", "Authorization=Bearer%20hunter2, x-tenant = a=b ,").unwrap();
        assert_eq!((config.headers["authorization"].as_bytes(), config.headers.len()), (&b"Bearer hunter2"[..], 2));
        assert_eq!(config.headers["x-tenant"], "a=b");
        assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
        for text in ["hunter2", "hun ter2=x", "x=hunter2%0Ay: z", "=hunter2"] {
            let error = read("ATLAS9_OTLP_HEADERS", text).unwrap_err().to_string();
            assert!(!error.contains("hun"), "{error}");
        }
    }
}
