//! The critical paths, and how they are visited: over HTTP, as everybody comes.

use std::{str::FromStr, time::Duration};

use futures::StreamExt;
use reqwest::{Client, Response, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::accounts::{Accounts, Client as From, Opened};

/// What must work for the product to be of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// The program and its stores answer.
    Health,
    /// The first page is there.
    Landing,
    /// Somebody finds their projects.
    Projects,
    /// A directive becomes a product, piece by piece.
    Generation,
}

/// There is no path of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownPath;

impl Path {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Health, Self::Landing, Self::Projects, Self::Generation];
    /// Those that may be visited every minute.
    pub const CHEAP: [Self; 3] = [Self::Health, Self::Landing, Self::Projects];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Landing => "landing",
            Self::Projects => "projects",
            Self::Generation => "generation",
        }
    }

    /// What it is to people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Health => "Program and stores",
            Self::Landing => "First page",
            Self::Projects => "Projects",
            Self::Generation => "Making a product",
        }
    }

    /// What takes longer is slow.
    pub const fn limit(self) -> Duration {
        match self {
            Self::Health | Self::Landing | Self::Projects => Duration::from_secs(1),
            Self::Generation => Duration::from_secs(10),
        }
    }

    /// What takes longer has failed.
    pub(super) const fn patience(self) -> Duration {
        match self {
            Self::Health | Self::Landing | Self::Projects => Duration::from_secs(10),
            Self::Generation => Duration::from_secs(60),
        }
    }
}

impl FromStr for Path {
    type Err = UnknownPath;

    fn from_str(name: &str) -> Result<Self, UnknownPath> {
        Self::ALL.into_iter().find(|path| path.as_str() == name).ok_or(UnknownPath)
    }
}

const DIRECTIVE: &str = "A log where beekeepers note what they see in their hives";
/// The most of an answer that is read.
const BODY_MAX: usize = 2 * 1_024 * 1_024;

/// Goes where somebody would.
pub(super) struct Visitor<'a> {
    pub(super) client: &'a Client,
    pub(super) accounts: &'a Accounts,
    pub(super) site: &'a str,
}

impl Visitor<'_> {
    /// Goes, and says in a sentence what was not as it should be.
    pub(super) async fn go(&self, path: Path) -> Result<(), String> {
        match path {
            Path::Health => self.health().await,
            Path::Landing => self.page("/", None, "What do you want to build?").await,
            Path::Projects | Path::Generation => self.as_guest(path).await,
        }
    }

    /// Goes as a guest of its own, who leaves no trace.
    async fn as_guest(&self, path: Path) -> Result<(), String> {
        let here = From::here("check");
        let guest: Opened = self.accounts.create_guest(&here).await.map_err(|error| error.to_string())?;
        let cookie = guest.set_cookie.split(';').next().unwrap_or_default();
        let went = match path {
            Path::Generation => self.generation(cookie).await,
            _ => self.page("/projects", Some(cookie), "</html>").await,
        };
        self.accounts.delete_everything(&guest.visitor, "", &here).await.map_err(|error| error.to_string())?;
        went
    }

    async fn health(&self) -> Result<(), String> {
        let health: Value = read_json(self.get("/api/health", None, "application/json").await?).await?;
        match health["status"].as_str() {
            Some("ok") => Ok(()),
            status => Err(format!("The program says that it is {}.", status.unwrap_or("in no known state"))),
        }
    }

    async fn page(&self, path: &str, guest: Option<&str>, holds: &str) -> Result<(), String> {
        let html = read(self.get(path, guest, "text/html").await?).await?;
        if html.contains(holds) && html.trim_end().ends_with("</html>") {
            return Ok(());
        }
        Err(format!("{path} answered with another page than it should."))
    }

    /// A product of the built-in engine, which is there with no key and costs nothing.
    async fn generation(&self, guest: &str) -> Result<(), String> {
        let wish = json!({ "directive": DIRECTIVE, "stages": ["product"], "provider": "composer" });
        let request = self.client.post(format!("{}/api/projects", self.site)).header(header::COOKIE, guest);
        let request = request.header(header::CONTENT_TYPE, "application/json").body(wish.to_string());
        let started: Value = read_json(sent(request.send().await)?).await?;
        let id = started["generation_id"].as_str().ok_or("No generation was begun.")?;
        let events = self.get(&format!("/api/generations/{id}/events"), Some(guest), "text/event-stream").await?;
        let (mut stream, mut text) = (events.bytes_stream(), String::new());
        while let Some(bytes) = stream.next().await {
            text.push_str(&String::from_utf8_lossy(&bytes.map_err(|error| reason(&error))?));
            if text.contains("\nevent: done") || text.len() > BODY_MAX {
                break;
            }
        }
        if text.contains("event: piece") && text.contains("event: done") {
            return Ok(());
        }
        Err("The generation ended without a product.".to_owned())
    }

    async fn get(&self, path: &str, guest: Option<&str>, accept: &str) -> Result<Response, String> {
        let mut request = self.client.get(format!("{}{path}", self.site)).header(header::ACCEPT, accept);
        if let Some(guest) = guest {
            request = request.header(header::COOKIE, guest);
        }
        sent(request.send().await)
    }
}

fn sent(answer: Result<Response, reqwest::Error>) -> Result<Response, String> {
    let answer = answer.map_err(|error| reason(&error))?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    Err(format!("{} answered {}.", answer.url().path(), answer.status().as_u16()))
}

async fn read(answer: Response) -> Result<String, String> {
    let (mut stream, mut bytes) = (answer.bytes_stream(), Vec::new());
    while let Some(part) = stream.next().await {
        bytes.extend_from_slice(&part.map_err(|error| reason(&error))?);
        if bytes.len() > BODY_MAX {
            return Err("The answer is too long.".to_owned());
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn read_json(answer: Response) -> Result<Value, String> {
    serde_json::from_str(&read(answer).await?).map_err(|_| "The answer is no JSON.".to_owned())
}

/// The innermost cause: what is around it is the same for all.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    format!("There was no answer: {cause}.")
}
