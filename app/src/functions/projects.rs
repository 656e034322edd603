//! What pages ask of the projects domain.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use model::{Page, PageLimit, ProjectId, ProjectSummary, Shelf, Sorting, Visibility};
use server::{http::ApiError, projects::Listing};

use super::{FnError, fail, see_other};
use crate::context::{caller, services};

/// One page of the caller's projects; empty for whoever has none.
#[server(prefix = "/fn", endpoint = "list_projects", input = GetUrl)]
pub(crate) async fn list_projects(
    #[server(default)] cursor: Option<String>,
    #[server(default)] limit: Option<u32>,
    #[server(default)] q: Option<String>,
    #[server(default)] sort: Option<String>,
    #[server(default)] shelf: Option<String>,
) -> Result<Page<ProjectSummary>, FnError> {
    let caller = caller().await.map_err(fail)?;
    let listing = listing(q, sort.as_deref(), shelf.as_deref());
    let cursor = cursor.as_deref().filter(|cursor| !cursor.is_empty());
    services().projects.list(caller.user(), &listing, cursor, PageLimit::capped(limit)).await.map_err(fail)
}

/// What a list's query asks for. A word it does not know asks for nothing special.
pub(crate) fn listing(q: Option<String>, sort: Option<&str>, shelf: Option<&str>) -> Listing {
    Listing {
        shelf: shelf.and_then(|word| word.parse().ok()).unwrap_or(Shelf::Active),
        sorting: sort.and_then(|word| word.parse().ok()).unwrap_or(Sorting::Newest),
        search: q,
    }
}

/// Calls a project what was typed.
#[server(prefix = "/fn", endpoint = "rename_project")]
pub(crate) async fn rename_project(project: String, #[server(default)] title: String) -> Result<(), FnError> {
    let id: ProjectId = project.parse().map_err(fail)?;
    let caller = caller().await.map_err(fail)?;
    services().projects.rename(caller.user(), id, &title).await.map_err(fail)?;
    see_other(&format!("/projects/{id}"));
    Ok(())
}

/// Puts a project away, into the bin, or back. May be sent twice.
#[server(prefix = "/fn", endpoint = "shelve_project")]
pub(crate) async fn shelve_project(project: String, shelf: String) -> Result<(), FnError> {
    let id: ProjectId = project.parse().map_err(fail)?;
    let shelf: Shelf =
        shelf.parse().map_err(|e: String| fail(ApiError::unprocessable("bad-shelf", format!("{e}."))))?;
    let caller = caller().await.map_err(fail)?;
    services().projects.shelve(caller.user(), id, shelf).await.map_err(fail)?;
    see_other(&format!("/projects?notice={}&project={id}", shelf.as_str()));
    Ok(())
}

/// Shows a project to others, or hides it again.
#[server(prefix = "/fn", endpoint = "share_project")]
pub(crate) async fn share_project(project: String, visibility: String) -> Result<(), FnError> {
    let id: ProjectId = project.parse().map_err(fail)?;
    let visibility: Visibility =
        visibility.parse().map_err(|e: String| fail(ApiError::unprocessable("bad-visibility", format!("{e}."))))?;
    let caller = caller().await.map_err(fail)?;
    services().projects.share(caller.user(), id, visibility).await.map_err(fail)?;
    see_other(&format!("/projects/{id}?open=sharing#sharing"));
    Ok(())
}
