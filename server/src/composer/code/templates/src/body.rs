//! Bodies of requests: read field by field, so that one answer names everything that will not do.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    problem::{Fault, Problem},
    value::{Blank, Checked},
};

/// A body as it was sent. It is read only after the handler has asked who calls.
#[derive(Debug)]
pub struct Body {
    is_json: bool,
    bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_json = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
                _ => Problem::Malformed("The body broke off.".to_owned()),
            }
        })?;
        Ok(Self { is_json, bytes })
    }
}

impl Body {
    /// Reads the fields of a body. Every field that is missing, unknown or will not do is named in one problem.
    ///
    /// # Errors
    /// [`Problem`] when the body is no JSON object, or has faults.
    pub fn read<T>(&self, read: impl FnOnce(&mut Fields) -> T) -> Result<T, Problem> {
        let Value::Object(values) = self.json()? else {
            return Err(Problem::Malformed("The body must be an object.".to_owned()));
        };
        let mut fields = Fields { values, faults: Vec::new() };
        let read = read(&mut fields);
        let unknown: Vec<String> = fields.values.keys().cloned().collect();
        unknown.iter().for_each(|field| fields.refuse(field, "is not known here"));
        if fields.faults.is_empty() { Ok(read) } else { Err(Problem::Invalid(fields.faults)) }
    }

«read_changes»    /// Whether two bodies say the same, whatever the order of their fields and the space between them.
    pub fn digest(&self) -> Result<Vec<u8>, Problem> {
        Ok(Sha256::digest(self.json()?.to_string()).to_vec())
    }

    fn json(&self) -> Result<Value, Problem> {
        if !self.is_json {
            return Err(Problem::NotJson);
        }
        serde_json::from_slice(&self.bytes)
            .map_err(|error| Problem::Malformed(format!("The body is not JSON: {error}.")))
    }
}

/// The fields of a body that were not read yet, and the faults so far.
#[derive(Debug)]
pub struct Fields {
    values: Map<String, Value>,
    faults: Vec<Fault>,
}

impl Fields {
    /// A field that must be there.
    pub fn required<T: Blank>(&mut self, field: &str, check: fn(&Value) -> Checked<T>) -> T {
        match self.values.remove(field) {
            Some(value) => self.checked(field, &value, check),
            None => self.refused(field, "is required"),
        }
    }

    /// A field that may be left out or null.
    pub fn optional<T: Blank>(&mut self, field: &str, check: fn(&Value) -> Checked<T>) -> Option<T> {
        let value = self.values.remove(field).filter(|value| !value.is_null())?;
        Some(self.checked(field, &value, check))
    }
«changes»
    fn checked<T: Blank>(&mut self, field: &str, value: &Value, check: fn(&Value) -> Checked<T>) -> T {
        match check(value) {
            Ok(value) => value,
            Err(reason) => self.refused(field, &reason),
        }
    }

    /// Something has to stand there until every field was read; [`Body::read`] then throws it away.
    fn refused<T: Blank>(&mut self, field: &str, reason: &str) -> T {
        self.refuse(field, reason);
        T::blank()
    }

    fn refuse(&mut self, field: &str, reason: &str) {
        self.faults.push(Fault { field: field.to_owned(), reason: reason.to_owned() });
    }
}
