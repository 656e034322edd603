//! What pages and the editor ask of the studio domain.

use std::collections::BTreeMap;

use axum::http::{HeaderName, StatusCode, header};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use model::{Directive, GenerationId, Logged, ProjectId, Stage, UserId};
use server::{
    http::{ApiError, event_frame, event_frames, last_event_id},
    rooms::live::Drawn,
    services::Services,
    studio::Wish,
};

use super::{
    FnError, answer_header,
    event_stream::{EventStream, Frames},
    fail, fail_form, see_other,
};
use crate::{
    context::{FormState, caller, client, headers, services, set_status},
    drawing::drawing,
};

/// Starts a project from what somebody typed and sends them to its editor. Whoever is unknown becomes a guest.
#[server(prefix = "/fn", endpoint = "start_generation")]
pub(crate) async fn start_generation(#[server(default)] directive: String) -> Result<(), FnError> {
    let services = services();
    let keep = |error: ApiError| {
        fail_form(
            error,
            FormState { field: Some("directive"), ..FormState::of("start_generation", "/") }
                .with("directive", &directive),
        )
    };
    let parsed = Directive::parse(&directive).map_err(|e| keep(e.into()))?;
    let owner = whoever_asks(&services).await.map_err(keep)?;
    let started = services.studio.start_project(owner, &parsed).await.map_err(|e| keep(e.into()))?;
    see_other(&format!("/projects/{}/edit", started.project));
    Ok(())
}

/// Whoever asks; somebody unknown becomes a guest.
pub(super) async fn whoever_asks(services: &Services) -> Result<UserId, ApiError> {
    if let Some(user) = caller().await?.user() {
        return Ok(user);
    }
    let client = client().ok_or_else(ApiError::internal)?;
    let guest = services.accounts.admit_guest(&client).await?;
    answer_header(header::SET_COOKIE, &guest.set_cookie);
    Ok(guest.visitor.user)
}

/// Makes sections again, with a note on what to do differently: those ticked in `stages`, all when none is. With `review` the result waits to
/// be compared and accepted.
#[server(prefix = "/fn", endpoint = "regenerate")]
pub(crate) async fn regenerate(
    project: String,
    #[server(default)] note: String,
    #[server(default)] stages: BTreeMap<String, String>,
    #[server(default)] engine: String,
    #[server(default)] review: Option<String>,
) -> Result<(), FnError> {
    let project: ProjectId = project.parse().map_err(fail)?;
    let user = caller().await.map_err(fail)?.user().ok_or_else(|| fail(ApiError::not_found()))?;
    let stages = stages.keys().map(|name| name.parse::<Stage>()).collect::<Result<_, _>>();
    let wish = Wish {
        stages: stages.map_err(|e| fail(ApiError::unprocessable("unknown-stage", e.to_string())))?,
        note: Some(note.trim().to_owned()).filter(|note| !note.is_empty()),
        engine: Some(engine).filter(|engine| !engine.is_empty()),
        review: review.is_some(),
        ..Wish::default()
    };
    services().studio.generate(user, project, wish).await.map_err(fail)?;
    see_other(&format!("/projects/{project}/edit"));
    Ok(())
}

/// Stops a generation and sends the browser back to the editor. May be sent twice.
#[server(prefix = "/fn", endpoint = "cancel_generation")]
pub(crate) async fn cancel_generation(generation: String) -> Result<(), FnError> {
    let generation: GenerationId = generation.parse().map_err(fail)?;
    let (caller, services) = (caller().await.map_err(fail)?, services());
    services.studio.cancel(caller.user(), generation).await.map_err(fail)?;
    let project = services.studio.generation(caller.user(), generation).await.map_err(fail)?.project;
    see_other(&format!("/projects/{project}/edit"));
    Ok(())
}

/// The events of a generation from where the reader is, then live. With `html` a piece comes as the markup that the page would hold, so
/// that there is one way to show it and the browser needs none.
#[server(prefix = "/fn", endpoint = "follow_generation", input = GetUrl, output = EventStream)]
pub(crate) async fn follow_generation(
    generation: String,
    #[server(default)] after: Option<String>,
    #[server(default)] html: bool,
) -> Result<Frames, FnError> {
    let generation: GenerationId = generation.parse().map_err(fail)?;
    let after = last_event_id(&headers(), after.as_deref()).map_err(fail)?;
    let (caller, services) = (caller().await.map_err(fail)?, services());
    let known = services.studio.generation(caller.user(), generation).await.map_err(fail)?;
    if known.status.is_final() && after >= known.last_seq {
        // How an EventSource is told not to come back.
        set_status(StatusCode::NO_CONTENT);
        return Ok(Frames::none());
    }
    answer_header(header::CACHE_CONTROL, "no-store");
    answer_header(HeaderName::from_static("x-accel-buffering"), "no");
    let follower = services.studio.follow(caller.user(), generation, after).await.map_err(fail)?;
    let metrics = services.metrics.clone();
    if !html {
        return Ok(Frames::new(event_frames(follower, metrics, event_frame)));
    }
    let so_far = services.studio.project_draft(caller.user(), generation).await.map_err(fail)?;
    let mut draw = drawing()(known.project, so_far);
    Ok(Frames::new(event_frames(follower, metrics, move |logged| drawn_frame(logged, draw(logged)))))
}

/// An event with the piece that is drawn anew because of it. That has no id: a reader who loses the connection behind it still waits for the event.
fn drawn_frame(logged: &Logged, drawn: Drawn) -> String {
    let also = drawn.also.map(|data| format!("event: piece\ndata: {data}\n\n")).unwrap_or_default();
    let frame = match drawn.data {
        Some(data) => event_frame(&Logged { data: data.to_string(), ..logged.clone() }),
        None => event_frame(logged),
    };
    also + &frame
}
