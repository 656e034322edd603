//! One file a page.

#[cfg(feature = "bench")]
pub(crate) mod bench;
pub(crate) mod comparison;
pub(crate) mod edit;
pub(crate) mod error;
pub(crate) mod explore;
pub(crate) mod file;
pub(crate) mod invitation;
pub(crate) mod jobs;
pub(crate) mod landing;
pub(crate) mod login;
pub(crate) mod not_found;
pub(crate) mod notices;
pub(crate) mod offline;
pub(crate) mod operations;
pub(crate) mod piece;
pub(crate) mod pieces;
pub(crate) mod project;
pub(crate) mod projects;
pub(crate) mod receipt;
pub(crate) mod replay;
pub(crate) mod reset;
pub(crate) mod revisions;
pub(crate) mod room;
pub(crate) mod rooms;
pub(crate) mod settings;
pub(crate) mod shared;
pub(crate) mod signup;
pub(crate) mod speed;
pub(crate) mod status;
pub(crate) mod styleguide;

use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::ProjectId;
use server::{http::ApiError, projects::Project};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use self::error::error_view;

use crate::context::{caller, services, set_status};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// When something happened. Where a page has an island that does so, it is told in the reader's own time.
pub(crate) fn moment(at: OffsetDateTime) -> AnyView {
    let at = at.to_offset(UtcOffset::UTC).replace_nanosecond(0).unwrap_or(at);
    let exact = at.format(&Rfc3339).unwrap_or_default();
    let month = MONTHS[usize::from(u8::from(at.month())) - 1];
    let shown = format!("{} {month}, {:02}:{:02} UTC", at.day(), at.hour(), at.minute());
    view! { <time class="quiet" datetime=exact data-when="">{shown}</time> }.into_any()
}

/// The project that the address names, if it is the caller's.
pub(crate) async fn project_of_address(id: String) -> Result<Project, ApiError> {
    let id: ProjectId = id.parse()?;
    Ok(services().projects.get(caller().await?.user(), id).await?)
}

/// What stands above a directive: what its owner calls the project, if they call it anything.
pub(crate) fn label(project: &Project) -> String {
    project.title.as_ref().map_or_else(|| "Directive".to_owned(), |title| title.as_str().to_owned())
}

/// The `:id` of the address.
pub(crate) fn id_of_address() -> String {
    use_params_map().read_untracked().get("id").unwrap_or_default()
}

/// A page that shows what was found, or why nothing was, with the status to match.
pub(crate) fn page_of<T: Send + 'static>(
    found: impl Future<Output = Result<T, ApiError>> + Send + 'static,
    show: impl Fn(T) -> AnyView + Send + 'static,
) -> AnyView {
    let page = Suspend::new(async move {
        match found.await {
            Ok(found) => show(found),
            Err(error) => error_view(&error).into_any(),
        }
    });
    view! { <Suspense>{page}</Suspense> }.into_any()
}

/// Sets the status of a page that cannot be shown.
pub(crate) fn set_error_status(status: u16) {
    set_status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
}
