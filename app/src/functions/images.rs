//! What pages ask of the images domain. The form that sends a file has a route of its own.

use leptos::prelude::*;
use model::ProjectId;
use server::{http::ApiError, images::Subject};

use super::{FnError, fail, see_other};
use crate::context::{caller, services};

/// Takes the picture of a project away; of whoever asks, when none is named. May be sent twice.
#[server(prefix = "/fn", endpoint = "remove_picture")]
pub(crate) async fn remove_picture(#[server(default)] project: String) -> Result<(), FnError> {
    let user = caller().await.map_err(fail)?.user();
    let (subject, page) = if project.is_empty() {
        let user = user.ok_or_else(|| fail(ApiError::not_found()))?;
        (Subject::User(user), "/settings?done=no-picture#picture".to_owned())
    } else {
        let id: ProjectId = project.parse().map_err(fail)?;
        (Subject::Project(id), format!("/projects/{id}?open=cover#cover"))
    };
    services().images.remove(user, subject).await.map_err(fail)?;
    see_other(&page);
    Ok(())
}
