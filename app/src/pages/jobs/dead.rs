//! Dead letters, a page at a time: what was given up, why, and what it carried.

use leptos::prelude::*;
use model::{BadCursor, Cursor, Page, PageLimit};
use server::{
    http::ApiError,
    jobs::{Dead, PAGE},
};
use time::OffsetDateTime;

use super::{Head, KindFilter, act, address, asked, console, kinds_with, moment, pager, payload, told};
use crate::context::services;

const HERE: &str = "/jobs/dead";
/// How much of a payload a list shows.
const PAYLOAD_SHOWN: usize = 2_000;

/// What the address asks for.
#[derive(Clone)]
struct Asked {
    kind: Option<String>,
    before: Option<String>,
}

/// Everything the page shows.
struct Loaded {
    asked: Asked,
    page: Page<Dead>,
    kinds: Vec<String>,
}

/// `/jobs/dead?kind=&before=`.
#[component]
pub(crate) fn DeadLetters() -> impl IntoView {
    let (asked, told) = (Asked { kind: asked("kind"), before: asked("before") }, told());
    console(load(asked), move |loaded| view! { <List loaded told=told.clone() /> }.into_any())
}

async fn load(asked: Asked) -> Result<Loaded, ApiError> {
    let services = services();
    let before = match &asked.before {
        None => None,
        Some(text) => {
            let Cursor { micros, id } = text.parse()?;
            let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).map_err(|_| BadCursor)?;
            Some((at, id))
        }
    };
    let letters = services.jobs.dead(asked.kind.as_deref(), before).await?;
    let page = Page::cut(letters, PageLimit::capped(u32::try_from(PAGE).ok()), |letter| {
        let micros = i64::try_from(letter.died_at.unix_timestamp_nanos() / 1_000).unwrap_or_default();
        Cursor { micros, id: letter.id }
    });
    let seen = page.items.iter().map(|letter| &letter.kind);
    let kinds = kinds_with(services.kinds().names(), seen, asked.kind.as_ref());
    Ok(Loaded { asked, page, kinds })
}

impl Asked {
    fn at(&self, before: Option<&str>) -> String {
        address(HERE, &[("kind", self.kind.as_deref()), ("before", before)])
    }
}

#[component]
fn List(loaded: Loaded, told: Option<String>) -> impl IntoView {
    let Loaded { asked, page, kinds } = loaded;
    let back = asked.at(asked.before.as_deref());
    let rows: Vec<AnyView> = page.items.iter().map(|letter| row(letter, &back)).collect();
    let body = if rows.is_empty() {
        view! { <div class="empty"><p class="lede">"Nothing was given up. A job that fails too often, is refused or keeps killing its worker is kept here, with its reason, until you decide."</p></div> }
            .into_any()
    } else {
        view! {
            {redrive_all(&asked)}
            <ol class="projects letters">{rows}</ol>
        }
        .into_any()
    };
    let older = page.next_cursor.as_deref().map(|cursor| asked.at(Some(cursor)));
    let first = asked.before.is_some().then(|| asked.at(None));
    view! {
        <Head title="Dead letters" here=HERE told />
        <KindFilter page=HERE kinds chosen=asked.kind.clone() state=None />
        {body}
        {pager(first, older)}
    }
    .into_any()
}

fn redrive_all(asked: &Asked) -> AnyView {
    let words = asked.kind.as_ref().map_or_else(|| "Redrive all".to_owned(), |kind| format!("Redrive all of {kind}"));
    view! {
        <form class="row at-axis" method="post" action="/fn/redrive_jobs">
            <input type="hidden" name="kind" value=asked.kind.clone().unwrap_or_default() />
            <input type="hidden" name="back" value=asked.at(None) />
            <button type="submit">{words}</button>
            <p class="help">"The oldest first, a thousand at once."</p>
        </form>
    }
    .into_any()
}

fn row(letter: &Dead, back: &str) -> AnyView {
    let id = letter.id.to_string();
    let (of, fields) = (format!("{} {id}", letter.kind), [("job", id.as_str()), ("back", back)]);
    view! {
        <li>
            <a href=format!("/jobs/{id}")>{letter.kind.clone()}</a>
            <p class="words" dir="auto">{letter.error.clone()}</p>
            <details>
                <summary>"Payload, and deleting it"</summary>
                {payload(&letter.payload, PAYLOAD_SHOWN)}
                {act("bury_job", "Delete for good", &of, &fields)}
            </details>
            <div class="row-foot">
                <p class="quiet">{moment(letter.died_at)} " " <span>{cause(&letter.cause)}", " {tries(letter)}</span></p>
                <div class="row-actions">{act("redrive_job", "Redrive", &of, &fields)}</div>
            </div>
        </li>
    }
    .into_any()
}

/// A cause in words.
pub(super) fn cause(cause: &str) -> String {
    match cause {
        "attempts" => "failed too often",
        "refused" => "refused",
        "unreadable" => "cannot be read",
        "crashed" => "killed its workers",
        other => other,
    }
    .to_owned()
}

/// How often it was tried.
pub(super) fn tries(letter: &Dead) -> String {
    let attempts = if letter.attempt == 1 { "1 attempt".to_owned() } else { format!("{} attempts", letter.attempt) };
    if letter.crashes == 0 { attempts } else { format!("{attempts}, {} crashed", letter.crashes) }
}
