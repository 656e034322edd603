//! What must hold for every OpenAPI document and can be told by looking: names that resolve, parameters that are declared, ids that are
//! there once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::sections::Architecture;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Something that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {reason}")]
pub struct Fault {
    /// Where: a JSON pointer into the document.
    pub at: String,
    /// What is wrong there.
    pub reason: String,
}

/// What an architecture has and its document has not: operations about tables that are not there, or two of one method and path.
pub fn missing(document: &Value, architecture: &Architecture) -> Vec<Fault> {
    let ids: BTreeSet<&str> =
        operations(document).filter_map(|(_, _, said)| said.get("operationId")?.as_str()).collect();
    let absent = architecture.operations.iter().filter(|operation| !ids.contains(operation.id.as_str()));
    let fault = |operation: &crate::sections::Operation| Fault {
        at: format!("/paths/{}", escaped(&operation.path)),
        reason: format!(
            "{} {} ({}) is left out: its table is not there, or its place is taken",
            operation.method.as_str(),
            operation.path,
            operation.id
        ),
    };
    absent.map(fault).collect()
}

/// Everything that is wrong with a document, as far as that can be told without a schema. Empty when it is sound.
pub fn faults(document: &Value) -> Vec<Fault> {
    let mut checker = Checker { document, faults: Vec::new() };
    checker.head();
    checker.references(document, "");
    checker.names();
    checker.paths();
    checker.schemas();
    checker.faults
}

struct Checker<'d> {
    document: &'d Value,
    faults: Vec<Fault>,
}

/// Every operation with its path and method.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let said = item.as_object().into_iter().flatten();
        said.filter(|(method, _)| METHODS.contains(&method.as_str()))
            .map(|(method, said)| (path.as_str(), method.as_str(), said))
    })
}

fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

impl<'d> Checker<'d> {
    fn add(&mut self, at: &str, reason: impl Into<String>) {
        self.faults.push(Fault { at: at.to_owned(), reason: reason.into() });
    }

    fn object(&self, pointer: &str) -> impl Iterator<Item = (&'d String, &'d Value)> + use<'d> {
        self.document.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
    }

    fn head(&mut self) {
        let version = self.document.get("openapi").and_then(Value::as_str).unwrap_or_default();
        if !version.starts_with("3.1.") {
            self.add("/openapi", format!("\"{version}\" is no 3.1 version"));
        }
        for field in ["title", "version"] {
            if self.document.pointer(&format!("/info/{field}")).and_then(Value::as_str).is_none_or(str::is_empty) {
                self.add("/info", format!("{field} is missing"));
            }
        }
        if !self.document.get("paths").is_some_and(Value::is_object) {
            self.add("/paths", "there are no paths");
        }
    }

    /// Every `$ref` leads to something in the document.
    fn references(&mut self, value: &Value, at: &str) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(target)) = object.get("$ref") {
                    let found = target.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
                    if found.is_none() {
                        self.add(at, format!("the reference {target} leads nowhere"));
                    }
                }
                object.iter().for_each(|(key, inner)| self.references(inner, &format!("{at}/{}", escaped(key))));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(nth, inner)| self.references(inner, &format!("{at}/{nth}")));
            }
            _ => {}
        }
    }

    /// What components and paths may be called.
    fn names(&mut self) {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let components = self
            .object("/components")
            .flat_map(|(kind, named)| named.as_object().into_iter().flatten().map(move |(name, _)| (kind, name)));
        for (kind, name) in components.collect::<Vec<_>>() {
            if name.is_empty() || !name.chars().all(plain) {
                self.add(
                    &format!("/components/{kind}/{}", escaped(name)),
                    "its name may hold A-Z, a-z, 0-9, ., - and _ only",
                );
            }
        }
        let mut shapes: BTreeMap<String, &str> = BTreeMap::new();
        for (path, _) in self.object("/paths") {
            let at = format!("/paths/{}", escaped(path));
            if !path.starts_with('/') {
                self.add(&at, "a path begins with a slash");
            }
            let shape: Vec<&str> =
                path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
            if let Some(other) = shapes.insert(shape.join("/"), path) {
                self.add(&at, format!("it cannot be told from {other}"));
            }
        }
    }

    fn paths(&mut self) {
        let mut ids: BTreeMap<&str, String> = BTreeMap::new();
        for (path, method, said) in operations(self.document) {
            let at = format!("/paths/{}/{method}", escaped(path));
            match said.get("operationId").and_then(Value::as_str) {
                None => self.add(&at, "it has no operationId"),
                Some(id) => {
                    if let Some(other) = ids.insert(id, at.clone()) {
                        self.add(&at, format!("its operationId {id} is that of {other}"));
                    }
                }
            }
            self.parameters(path, said, &at);
            self.responses(said, &at);
            self.declared(said, &at);
        }
    }

    /// What a path names is declared, and what is declared is named.
    fn parameters(&mut self, path: &'d str, said: &'d Value, at: &str) {
        let item = self.document.pointer(&format!("/paths/{}/parameters", escaped(path)));
        let both = [item, said.get("parameters")];
        let given: Vec<&Value> = both.into_iter().flatten().filter_map(Value::as_array).flatten().collect();
        let text = |parameter: &'d Value, field: &str| parameter.get(field).and_then(Value::as_str).unwrap_or_default();
        let resolved: Vec<&'d Value> = given.into_iter().filter_map(|parameter| self.resolved(parameter)).collect();
        let mut seen = BTreeSet::new();
        for parameter in &resolved {
            let (name, place) = (text(parameter, "name"), text(parameter, "in"));
            if name.is_empty() || !["path", "query", "header", "cookie"].contains(&place) {
                self.add(at, format!("the parameter \"{name}\" needs a name and a place"));
            }
            if parameter.get("schema").is_none() && parameter.get("content").is_none() {
                self.add(at, format!("the parameter {name} has no schema"));
            }
            if !seen.insert((name, place)) {
                self.add(at, format!("the parameter {name} is there twice"));
            }
            if place == "path" && parameter.get("required") != Some(&Value::Bool(true)) {
                self.add(at, format!("the path parameter {name} must be required"));
            }
        }
        let in_path = |part: &'d str| part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let named: BTreeSet<&str> = path.split('/').filter_map(in_path).collect();
        let declared: BTreeSet<&str> =
            seen.iter().filter(|(_, place)| *place == "path").map(|(name, _)| *name).collect();
        for name in named.difference(&declared) {
            self.add(at, format!("the path parameter {name} is not declared"));
        }
        for name in declared.difference(&named) {
            self.add(at, format!("the path has no parameter {name}"));
        }
    }

    fn resolved(&self, value: &'d Value) -> Option<&'d Value> {
        match value.get("$ref").and_then(Value::as_str) {
            Some(target) => self.document.pointer(target.strip_prefix('#')?),
            None => Some(value),
        }
    }

    fn responses(&mut self, said: &'d Value, at: &str) {
        let responses: Vec<(&String, &Value)> =
            said.get("responses").and_then(Value::as_object).map(Map::iter).into_iter().flatten().collect();
        if responses.is_empty() {
            self.add(at, "it has no responses");
        }
        for (status, response) in responses {
            let at = format!("{at}/responses/{status}");
            let is_status =
                status.len() == 3 && status.starts_with(|c| ('1'..='5').contains(&c)) || status == "default";
            if !is_status {
                self.add(&at, format!("\"{status}\" is no status"));
            }
            let described = self.resolved(response).and_then(|response| response.get("description"));
            if described.and_then(Value::as_str).is_none_or(str::is_empty) {
                self.add(&at, "it has no description");
            }
        }
    }

    /// Tags and security schemes are declared.
    fn declared(&mut self, said: &'d Value, at: &str) {
        let tags = self.document.get("tags").and_then(Value::as_array).into_iter().flatten();
        let known: BTreeSet<&str> = tags.filter_map(|tag| tag.get("name")?.as_str()).collect();
        let used = said.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for tag in used.filter(|tag| !known.contains(tag)).collect::<Vec<_>>() {
            self.add(at, format!("the tag {tag} is not declared"));
        }
        let security = said.get("security").or_else(|| self.document.get("security")).and_then(Value::as_array);
        let schemes = security.into_iter().flatten().filter_map(Value::as_object).flat_map(Map::keys);
        for scheme in schemes {
            if self.document.pointer(&format!("/components/securitySchemes/{}", escaped(scheme))).is_none() {
                self.add(at, format!("the security scheme {scheme} is not declared"));
            }
        }
    }

    /// What is required is a property, and no value stands in an enum twice.
    fn schemas(&mut self) {
        for (name, schema) in self.object("/components/schemas") {
            let at = format!("/components/schemas/{name}");
            let properties = schema.get("properties").and_then(Value::as_object);
            let required =
                schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            for field in required {
                if !properties.is_some_and(|properties| properties.contains_key(field)) {
                    self.add(&at, format!("{field} is required but no property"));
                }
            }
            for (field, property) in properties.into_iter().flatten() {
                let values = property.get("enum").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                let once: BTreeSet<String> = values.iter().map(Value::to_string).collect();
                if once.len() < values.len() {
                    self.add(&format!("{at}/properties/{field}/enum"), "a value is there twice");
                }
            }
        }
    }
}
