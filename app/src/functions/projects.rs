//! What pages ask of the projects domain.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use model::{Page, PageLimit, ProjectSummary};

use super::{FnError, fail};
use crate::context::{caller, services};

/// One page of the caller's projects, newest first; empty for whoever has none.
#[server(prefix = "/fn", endpoint = "list_projects", input = GetUrl)]
pub(crate) async fn list_projects(
    #[server(default)] cursor: Option<String>,
    #[server(default)] limit: Option<u32>,
) -> Result<Page<ProjectSummary>, FnError> {
    let caller = caller().await.map_err(fail)?;
    let cursor = cursor.as_deref().filter(|cursor| !cursor.is_empty());
    services().projects.list(caller.user(), cursor, PageLimit::capped(limit)).await.map_err(fail)
}
