//! The API as its callers see it, and what holds for every resource.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
//#json_less
use serde_json::Value;
//#json
use serde_json::{Value, json};
//#always
use sqlx::PgPool;
use tower::ServiceExt;

//#lib

/// The service, and a caller in every role.
pub struct Api {
    /// Its database.
    pub db: PgPool,
    router: Router,
    tokens: Vec<(Role, String)>,
}

/// An answer.
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}
//#walks

/// A step of a life cycle: who takes it, where it begins and where it leads.
#[derive(Clone, Copy)]
pub struct Step<S: 'static> {
    pub path: &'static str,
    pub by: Role,
    pub from: &'static [S],
    pub to: S,
    /// Columns that then hold the moment.
    pub sets: &'static [&'static str],
}
//#always

impl Api {
    pub async fn new(db: PgPool) -> Self {
        let mut tokens = Vec::new();
        for role in Role::ALL {
            tokens.push((*role, auth::new_caller(&db, role.as_str(), *role).await.unwrap()));
        }
        Self { router: router(db.clone()), db, tokens }
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// A request in a role, to be sent as it is or with more to it.
    pub fn request(&self, role: Role, method: &str, path: &str, body: Option<&Value>) -> Request<Body> {
        let (_, token) = self.tokens.iter().find(|(known, _)| *known == role).unwrap();
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string().into()).unwrap(),
            None => request.body(Body::empty()).unwrap(),
        }
    }
//#get

    pub async fn get(&self, role: Role, path: &str) -> Reply {
        self.send(self.request(role, "GET", path, None)).await
    }
//#post

    pub async fn post(&self, role: Role, path: &str, body: &Value) -> Reply {
        self.send(self.request(role, "POST", path, Some(body))).await
    }
//#patch

    pub async fn patch(&self, role: Role, path: &str, body: &Value) -> Reply {
        self.send(self.request(role, "PATCH", path, Some(body))).await
    }
//#delete

    pub async fn delete(&self, role: Role, path: &str) -> Reply {
        self.send(self.request(role, "DELETE", path, None)).await
    }
//#always

    /// Lets in callers in these roles, all callers when there are none, and nobody else.
    pub async fn admits(&self, method: &str, path: &str, roles: &[Role]) {
        let path = path.replace("{id}", "00000000-0000-0000-0000-000000000000");
        let stranger = Request::builder().method(method).uri(&path).body(Body::empty()).unwrap();
        let reply = self.send(stranger).await;
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
        reply.is(401);
        for role in Role::ALL {
            let may = roles.is_empty() || roles.contains(role) || *role == Role::«system»;
            let status = self.send(self.request(*role, method, &path, None)).await.status;
            assert_eq!(status != StatusCode::FORBIDDEN, may, "{method} {path} as {}", role.as_str());
        }
    }
//#create

    /// A body without a field that has to be there.
    pub async fn needs(&self, role: Role, path: &str, body: &Value, field: &str) {
        let mut body = body.clone();
        body.as_object_mut().unwrap().remove(field).unwrap();
        self.post(role, path, &body).await.names(field);
    }

    /// A body with a value that will not do.
    pub async fn refuses(&self, role: Role, path: &str, body: &Value, field: &str, value: Value) {
        self.post(role, path, &with(body, field, value)).await.names(field);
    }
//#repeats

    /// A request with an Idempotency-Key makes one row however often it arrives, and the key is good for that body only.
    pub async fn repeats(&self, role: Role, path: &str, body: &Value, other: &Value) {
        let send = async |body| {
            let mut request = self.request(role, "POST", path, Some(body));
            request.headers_mut().insert("idempotency-key", "once".parse().unwrap());
            self.send(request).await
        };
        let made = send(body).await.is(201);
        assert_eq!(send(body).await.is(201), made);
        send(other).await.is(409);
    }
//#change

    /// A field that takes another value.
    pub async fn changes(&self, role: Role, path: &str, field: &str, value: Value) {
        let row = self.patch(role, path, &json!({ field: value })).await.is(200);
        assert_eq!(row[field], value);
    }
//#clear

    /// A field that may be empty.
    pub async fn clears(&self, role: Role, path: &str, field: &str) {
        self.changes(role, path, field, Value::Null).await;
    }
//#keep

    /// A field that may not be empty.
    pub async fn keeps(&self, role: Role, path: &str, field: &str) {
        self.patch(role, path, &json!({ field: null })).await.names(field);
    }
//#pages

    /// Lists exactly these rows, made one after another: the newest first, in pages that fit together.
    pub async fn pages(&self, role: Role, path: &str, made: &[Value]) {
        let newest_first: Vec<&str> = made.iter().rev().map(id).collect();
        let all = self.get(role, path).await.is(200);
        assert_eq!(ids(&all), newest_first);
        assert_eq!(all["next_cursor"], Value::Null);
        let first = self.get(role, &format!("{path}?limit=2")).await.is(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = self.get(role, &format!("{path}?limit=2&cursor={cursor}")).await.is(200);
        assert_eq!([ids(&first), ids(&second)].concat(), newest_first);
        assert_eq!(second["next_cursor"], Value::Null);
        for bad in ["limit=0", "limit=101", "cursor=nowhere", "nobody_knows=1"] {
            self.get(role, &format!("{path}?{bad}")).await.is(400);
        }
    }
//#narrows

    /// A filter finds the rows that have a value, and no others.
    pub async fn narrows(&self, role: Role, path: &str, row: &Value, filter: &str) {
        let all = self.get(role, path).await.is(200);
        let row = all["items"].as_array().unwrap().iter().find(|item| item["id"] == row["id"]).unwrap();
        let value = match &row[filter] {
            Value::Null => return,
            Value::String(text) => encoded(text),
            other => other.to_string(),
        };
        let found = self.get(role, &format!("{path}?{filter}={value}")).await.is(200);
        assert!(ids(&found).contains(&id(row)));
        assert!(found["items"].as_array().unwrap().iter().all(|item| item[filter] == row[filter]));
    }
//#finds_none

    /// A filter by the key of a row that is not there finds nothing.
    pub async fn finds_none(&self, role: Role, path: &str, filter: &str) {
        let found = self.get(role, &format!("{path}?{filter}=00000000-0000-0000-0000-000000000000")).await.is(200);
        assert_eq!(found["items"], json!([]));
    }
//#walks

    /// A step is taken from its states, once however often it is asked for, and refused everywhere else.
    pub async fn walks<S: Words>(&self, table: &str, column: &str, row: &Value, step: &Step<S>) {
        let path = at(step.path, row);
        let take = async || self.send(self.request(step.by, "POST", &path, None)).await;
        for state in S::ALL {
            let put = format!("update {table} set {column} = $1 where id = $2::uuid");
            sqlx::query(sqlx::AssertSqlSafe(put)).bind(state.as_str()).bind(id(row)).execute(&self.db).await.unwrap();
            let reply = take().await;
            println!("{path} in the state \"{}\"", state.as_str());
            if step.from.contains(state) {
                let row = reply.is(200);
                assert_eq!(row[column.trim_matches('"')], step.to.as_str());
                assert!(step.sets.iter().all(|moment| !row[*moment].is_null()));
                if !step.from.contains(&step.to) {
                    assert_eq!(take().await.is(200), row);
                }
            } else if *state == step.to {
                reply.is(200);
            } else {
                let problem = reply.is(409);
                assert!(problem["detail"].as_str().unwrap().contains(state.as_str()), "{problem}");
            }
        }
        let nobody = step.path.replace("{id}", "00000000-0000-0000-0000-000000000000");
        self.send(self.request(step.by, "POST", &nobody, None)).await.is(404);
    }
//#always
}

impl Reply {
    /// The body of an answer with this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }
//#caller

    /// Its status alone.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }
//#faults

    /// Names a field that will not do.
    #[track_caller]
    pub fn names(self, field: &str) {
        let problem = self.is(422);
        let errors = problem["errors"].as_array().unwrap();
        assert!(errors.iter().any(|error| error["field"] == field), "{field}: {problem}");
    }
//#create

    /// Where a row is that was made.
    pub fn location(&self) -> String {
        self.headers["location"].to_str().unwrap().to_owned()
    }
//#always
}
//#id

/// The id of a row.
pub fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap()
}
//#at

/// The path of a row.
pub fn at(path: &str, row: &Value) -> String {
    path.replace("{id}", id(row))
}
//#create

/// A row holds what was said of it.
#[track_caller]
pub fn holds(row: &Value, body: &Value) {
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(row[field], *value, "{field}");
    }
}

/// A body with another value in a field.
pub fn with(body: &Value, field: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[field] = value;
    body
}
//#unique

/// A text that no other row has.
pub fn unique(text: &str) -> String {
    text.replace('*', &uuid::Uuid::now_v7().simple().to_string())
}
//#pages

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(id).collect()
}
//#narrows

/// A text as it stands in a query string.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
//#end
