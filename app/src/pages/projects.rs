//! One's projects: searched, sorted, put away and taken back.

use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_query_map;
use model::{Page, ProjectId, ProjectSummary, Shelf, Sorting, Visibility};
use server::{http::ApiError, projects::Listing};

use super::error::error_view;
use crate::{
    components::{
        form::Notice,
        photo::{THUMBNAIL, photo},
        progress::status_word,
        project_forms::{BringBack, Shelve, shelve_form},
        title::PageTitle,
    },
    context::{Failure, Left, caller, services},
    functions::{
        projects::{list_projects, listing},
        url_encoded,
    },
};

/// The list, a page at a time.
#[component]
pub(crate) fn Projects() -> impl IntoView {
    let query = use_query_map().read_untracked().clone();
    let cursor = query.get("cursor").filter(|cursor| !cursor.is_empty());
    let (q, sort, shelf) = (query.get("q"), query.get("sort"), query.get("shelf"));
    let asked = listing(q.clone(), sort.as_deref(), shelf.as_deref());
    let (notice, project) = (query.get("notice"), query.get("project"));
    let failure = Failure::default();
    provide_context(failure.clone());
    let list = Suspend::new(async move {
        match list_projects(cursor.clone(), None, q, sort, shelf).await {
            Ok(page) => Either::Left(view! { <List page asked is_first=cursor.is_none() /> }),
            Err(_) => Either::Right(error_view(&match failure.take() {
                Some(Left::Problem(parts) | Left::Form(parts, _)) => ApiError(Box::new(parts)),
                Some(Left::Shown(_)) | None => ApiError::internal(),
            })),
        }
    });
    let told = notice.map(|notice| {
        let told = Suspend::new(async move { told(notice, project).await });
        view! { <Suspense>{told}</Suspense> }
    });
    view! {
        <PageTitle text="Your projects" />
        {told}
        <Suspense>{list}</Suspense>
    }
}

/// What was just done, with a way back.
async fn told(notice: String, project: Option<String>) -> Option<AnyView> {
    if notice == "welcome" {
        return Some(
            view! { <Notice text="Welcome. The account is yours, and what you made as a guest is in it." /> }
                .into_any(),
        );
    }
    let id: ProjectId = project?.parse().ok()?;
    let project = services().projects.get(caller().await.ok()?.user(), id).await.ok()?;
    let (did, back) = match notice.parse::<Shelf>().ok()? {
        // Only what is so is said: the address may be an old one.
        Shelf::Archived if project.shelf == Shelf::Archived => ("Archived", true),
        Shelf::Deleted if project.shelf == Shelf::Deleted => ("Deleted; it is kept for 30 days", true),
        Shelf::Active if project.shelf == Shelf::Active => ("Back among your projects", false),
        _ => return None,
    };
    let name = project.name();
    let text = format!("{did}: {name}");
    let undo = back.then(|| view! { <Shelve project=id shelf=Shelf::Active label="Undo" title=name /> });
    Some(view! { <Notice text>{undo}</Notice> }.into_any())
}

#[component]
fn List(page: Page<ProjectSummary>, asked: Listing, is_first: bool) -> impl IntoView {
    // As markup at once: as a view, every part of every row would be asked whether there is something to wait for.
    let rows: String = page.items.iter().map(|project| row(project).to_html()).collect();
    let sorted = asked.sorting != Sorting::Newest;
    let older = page.next_cursor.map(|cursor| {
        let text = if sorted { "More projects" } else { "Older projects" };
        view! { <a class="older" rel="next" href=address(&asked, Some(&cursor))>{text}</a> }
    });
    let newest = (!is_first).then(|| {
        let text = if sorted { "First projects" } else { "Newest projects" };
        view! { <a rel="first" href=address(&asked, None)>{text}</a> }
    });
    // Somebody with nothing at all needs no search.
    let is_bare = page.items.is_empty() && asked == Listing::default();
    view! {
        <header class="list-head">
            <h1>"Your projects"</h1>
            <Shelves shelf=asked.shelf />
        </header>
        {(!is_bare).then(|| view! { <Search asked=asked.clone() /> })}
        {if page.items.is_empty() {
            Either::Left(view! { <Empty asked /> })
        } else {
            Either::Right(view! { <ol class="projects" inner_html=rows></ol> })
        }}
        <nav class="pager" aria-label="Pages">{newest} {older}</nav>
        <BringBack />
    }
}

/// The address of a list.
fn address(asked: &Listing, cursor: Option<&str>) -> String {
    let mut address = String::from("/projects");
    let mut add = |name: &str, value: &str| {
        let joint = if address.contains('?') { '&' } else { '?' };
        let value = url_encoded(value);
        address.push_str(&format!("{joint}{name}={value}"));
    };
    if asked.shelf != Shelf::Active {
        add("shelf", asked.shelf.as_str());
    }
    if asked.sorting != Sorting::Newest {
        add("sort", asked.sorting.as_str());
    }
    if let Some(search) = asked.search.as_deref().filter(|search| !search.is_empty()) {
        add("q", search);
    }
    if let Some(cursor) = cursor {
        add("cursor", cursor);
    }
    address
}

const SHELVES: [(Shelf, &str); 3] = [(Shelf::Active, "Current"), (Shelf::Archived, "Archive"), (Shelf::Deleted, "Bin")];

#[component]
fn Shelves(shelf: Shelf) -> impl IntoView {
    let links = SHELVES.map(|(other, label)| {
        let href = address(&Listing { shelf: other, ..Listing::default() }, None);
        view! { <li><a href=href aria-current=(other == shelf).then_some("page")>{label}</a></li> }
    });
    view! { <nav class="shelves" aria-label="Shelves"><ul>{links.into_iter().collect_view()}</ul></nav> }
}

const SORTINGS: [(Sorting, &str); 4] = [
    (Sorting::Newest, "Newest first"),
    (Sorting::Oldest, "Oldest first"),
    (Sorting::Updated, "Changed last"),
    (Sorting::Title, "By name"),
];

#[component]
fn Search(asked: Listing) -> impl IntoView {
    let options = SORTINGS.map(|(sorting, label)| {
        view! { <option value=sorting.as_str() selected=sorting == asked.sorting>{label}</option> }
    });
    let shelf = (asked.shelf != Shelf::Active)
        .then(|| view! { <input type="hidden" name="shelf" value=asked.shelf.as_str() /> });
    view! {
        <form class="search" method="get" action="/projects" role="search" aria-label="Your projects">
            {shelf}
            <label class="visually-hidden" for="search">"Search names and directives"</label>
            <input id="search" type="search" name="q" value=asked.search.unwrap_or_default() placeholder="Search names and directives" dir="auto" autocomplete="off" />
            <label class="visually-hidden" for="sort">"Order"</label>
            <select id="sort" name="sort">{options.into_iter().collect_view()}</select>
            <button type="submit">"Show"</button>
        </form>
    }
}

#[component]
fn Empty(asked: Listing) -> impl IntoView {
    let search = asked.search.clone().filter(|search| !search.trim().is_empty());
    let text = match (search, asked.shelf) {
        (Some(search), _) => format!("Nothing here says \u{201c}{}\u{201d}.", search.trim()),
        (None, Shelf::Active) => "Nothing here yet. Everything you start is listed on this page.".to_owned(),
        (None, Shelf::Archived) => "Nothing is put away. What you archive is kept here, out of the way.".to_owned(),
        (None, Shelf::Deleted) => {
            "The bin is empty. What you delete can be taken back from here for 30 days.".to_owned()
        }
    };
    let way_on = if asked.shelf == Shelf::Active && asked.search.is_none() {
        ("/#directive", "Start something")
    } else {
        ("/projects", "All your projects")
    };
    view! {
        <div class="empty">
            <p class="lede" dir="auto">{text}</p>
            <p><a class="button primary" href=way_on.0>{way_on.1}</a></p>
        </div>
    }
}

fn row(project: &ProjectSummary) -> impl IntoView + use<> {
    let when = project.created_at.date().to_string();
    let state = project.status.as_str();
    let directive = project.directive.title(160);
    let words = (directive != project.title && project.title != project.directive.title(120))
        .then(|| view! { <p class="words" dir="auto">{directive}</p> });
    let visibility = match project.visibility {
        Visibility::Private => None,
        Visibility::Unlisted => Some("unlisted"),
        Visibility::Public => Some("public"),
    };
    let visibility = visibility.map(|word| view! { " " <span class="visibility">{word}</span> });
    let (id, title) = (project.id, project.title.as_str());
    let actions = match project.shelf {
        Shelf::Active => Either::Left((
            shelve_form(id, Shelf::Archived, "Archive", title),
            shelve_form(id, Shelf::Deleted, "Delete", title),
        )),
        Shelf::Archived | Shelf::Deleted => Either::Right(shelve_form(id, Shelf::Active, "Take back", title)),
    };
    view! {
        <li>
            {project.cover.as_ref().map(|cover| photo(cover, THUMBNAIL))}
            <a href=format!("/projects/{id}") dir="auto">{project.title.clone()}</a>
            {words}
            <div class="row-foot">
                <p class="quiet">
                    <time datetime=when.clone()>{when.clone()}</time> " "
                    <span class=format!("state {state}")>{status_word(project.status)}</span>
                    {visibility}
                </p>
                <div class="row-actions">{actions}</div>
            </div>
        </li>
    }
}
