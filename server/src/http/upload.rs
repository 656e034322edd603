//! A file that comes as the body of a request, or as the file of a form beside its other fields.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request, multipart::MultipartError},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};

use super::problem::ApiError;
use crate::services::Services;

/// The most bytes of a field that is no file, and the most fields.
const FIELD_MAX_BYTES: usize = 4 * 1_024;
const FIELDS_MAX: usize = 16;
/// Longer names than any field has are cut.
const NAME_MAX_CHARS: usize = 100;
/// Room for what a form puts around its file.
pub(super) const FORM_BYTES: usize = 16 * 1_024;

/// What is taken.
pub(super) struct Taken {
    /// The media types of a body that is the file itself.
    pub(super) media_types: &'static [&'static str],
    /// The same for people: "application/zip".
    pub(super) in_words: &'static str,
    /// The most bytes of the body.
    pub(super) max_bytes: usize,
}

/// What came.
pub(super) struct Upload {
    /// The file. Empty when a form was sent without choosing one.
    pub(super) file: Bytes,
    /// The other fields of the form; none when the body was the file itself.
    pub(super) fields: BTreeMap<String, String>,
}

impl Upload {
    /// Reads it.
    ///
    /// # Errors
    /// 415 for another kind of body, 413 for one that is too large, 400 for one that is damaged or holds no file.
    pub(super) async fn read(request: Request, services: &Services, taken: &Taken) -> Result<Self, ApiError> {
        if taken.media_types.iter().any(|kind| is(request.headers(), header::CONTENT_TYPE, kind)) {
            let file = Bytes::from_request(request, services).await;
            let file = file.map_err(|e| taken.unreadable(e.into_response().status()))?;
            return Ok(Self { file, fields: BTreeMap::new() });
        }
        if !is(request.headers(), header::CONTENT_TYPE, "multipart/form-data") {
            let form = format!("{}, or a form with a file (multipart/form-data)", taken.in_words);
            return Err(ApiError::unsupported(&form));
        }
        let form = Multipart::from_request(request, services).await;
        Self::of_form(form.map_err(|e| taken.unreadable(e.status()))?, taken).await
    }

    async fn of_form(mut form: Multipart, taken: &Taken) -> Result<Self, ApiError> {
        let unreadable = |e: MultipartError| taken.unreadable(e.status());
        let (mut file, mut fields) = (None, BTreeMap::new());
        while let Some(mut field) = form.next_field().await.map_err(unreadable)? {
            if field.file_name().is_some() {
                file = Some(field.bytes().await.map_err(unreadable)?);
                continue;
            }
            if fields.len() >= FIELDS_MAX {
                return Err(ApiError::bad_request("The form has more fields than any it knows."));
            }
            let name: String = field.name().unwrap_or_default().chars().take(NAME_MAX_CHARS).collect();
            let mut value = Vec::new();
            while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
                value.extend_from_slice(&chunk);
                if value.len() > FIELD_MAX_BYTES {
                    return Err(ApiError::bad_request("A field of the form is longer than any it knows."));
                }
            }
            fields.insert(name, String::from_utf8_lossy(&value).into_owned());
        }
        let file = file.ok_or_else(|| ApiError::bad_request("The form holds no file."))?;
        Ok(Self { file, fields })
    }
}

impl Taken {
    fn unreadable(&self, status: StatusCode) -> ApiError {
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::larger_than(self.max_bytes),
            _ => ApiError::bad_request("The file did not arrive as a whole. Send it again."),
        }
    }
}

/// Whether a header says this, in whatever case.
pub(super) fn is(headers: &HeaderMap, name: header::HeaderName, what: &str) -> bool {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.to_ascii_lowercase().contains(what)
}
