//! What pages ask of the studio domain about sections that are there: change, keep, compare, take back.

use std::collections::BTreeMap;

use leptos::prelude::*;
use model::{Address, GenerationId, ProjectId, Stage, UserId, fields};
use server::{http::ApiError, studio::Wish};

use super::{FnError, fail, fail_form, see_other};
use crate::{
    components::sections::anchor,
    context::{FormState, caller, services},
};

/// What the field of a piece that is one text is sent as.
pub(crate) const WHOLE: &str = "text";

/// The page on which a piece is edited.
pub(crate) fn piece_page(project: ProjectId, at: &Address) -> String {
    format!("/projects/{project}/edit/{at}")
}

/// The place of a piece on its project's page: its own if it is one of a list, else that of its part.
pub(crate) fn piece_anchor(at: &Address) -> String {
    let part = at.path.part();
    at.path.id().map_or_else(|| format!("{}-{part}", at.stage), |id| anchor(part, id))
}

/// Changes a piece by hand. `expected` is the revision of its section that the form was made from. A form that cannot be taken comes back with
/// what was typed.
#[server(prefix = "/fn", endpoint = "edit_piece")]
pub(crate) async fn edit_piece(
    project: String,
    address: String,
    expected: u32,
    #[server(default)] fields: BTreeMap<String, String>,
) -> Result<(), FnError> {
    let (project, at, user) = piece_of(project, &address).await?;
    let services = services();
    // The form was made from that revision: a field that says what stood there was left alone.
    let before = services.studio.revision(Some(user), project, at.stage, expected).await.map_err(fail)?;
    let piece = before.sections.piece(&at).ok_or_else(|| fail(ApiError::not_found()))?;
    let typed: BTreeMap<String, String> = fields
        .into_iter()
        .map(|(name, text)| (if name == WHOLE { String::new() } else { name }, text.replace("\r\n", "\n")))
        .filter(|(name, text)| !fields::fields(&piece.value).iter().any(|f| f.name == *name && f.value == *text))
        .collect();
    let form = typed.iter().fold(FormState::of("edit_piece", piece_page(project, &at)), |form, (name, typed)| {
        form.with(if name.is_empty() { WHOLE.to_owned() } else { name.clone() }, typed)
    });
    let keep = |error: ApiError| fail_form(error, form.clone());
    let value = fields::merged(&piece.value, &typed)
        .map_err(|error| keep(ApiError::unprocessable("bad-field", format!("{error}."))))?;
    services.studio.edit(user, project, &at, value, expected).await.map_err(|error| keep(error.into()))?;
    see_other(&format!("/projects/{project}/edit#{}", piece_anchor(&at)));
    Ok(())
}

/// Takes a piece away by hand.
#[server(prefix = "/fn", endpoint = "remove_piece")]
pub(crate) async fn remove_piece(project: String, address: String, expected: u32) -> Result<(), FnError> {
    let (project, at, user) = piece_of(project, &address).await?;
    services().studio.remove(user, project, &at, expected).await.map_err(fail)?;
    see_other(&format!("/projects/{project}/edit#{}", at.stage));
    Ok(())
}

/// Says that a piece is right although what it was made from has changed.
#[server(prefix = "/fn", endpoint = "settle_piece")]
pub(crate) async fn settle_piece(project: String, address: String, expected: u32) -> Result<(), FnError> {
    let (project, at, user) = piece_of(project, &address).await?;
    services().studio.settle(user, project, &at, expected).await.map_err(fail)?;
    see_other(&format!("/projects/{project}/edit#{}", piece_anchor(&at)));
    Ok(())
}

/// Keeps a piece whatever is made, or no longer. May be sent twice.
#[server(prefix = "/fn", endpoint = "lock_piece")]
pub(crate) async fn lock_piece(
    project: String,
    address: String,
    #[server(default)] locked: Option<String>,
) -> Result<(), FnError> {
    let (project, at, user) = piece_of(project, &address).await?;
    services().studio.lock(user, project, &at, locked.is_some()).await.map_err(fail)?;
    see_other(&format!("/projects/{project}/edit#{}", piece_anchor(&at)));
    Ok(())
}

/// Makes what is out of date anew, and nothing else.
#[server(prefix = "/fn", endpoint = "rebuild_stale")]
pub(crate) async fn rebuild_stale(project: String, #[server(default)] review: Option<String>) -> Result<(), FnError> {
    let project: ProjectId = project.parse().map_err(fail)?;
    let user = user().await?;
    let wish = Wish { review: review.is_some(), ..Wish::default() };
    services().studio.rebuild(user, project, wish).await.map_err(fail)?;
    see_other(&format!("/projects/{project}/edit"));
    Ok(())
}

/// Accepts what a generation proposes, or refuses it. May be sent twice.
#[server(prefix = "/fn", endpoint = "decide_proposal")]
pub(crate) async fn decide_proposal(generation: String, verdict: String) -> Result<(), FnError> {
    let generation: GenerationId = generation.parse().map_err(fail)?;
    let (user, services) = (user().await?, services());
    let studio = &services.studio;
    match verdict.as_str() {
        "accept" => studio.accept(user, generation).await.map_err(fail)?,
        "refuse" => studio.refuse(user, generation).await.map_err(fail)?,
        _ => return Err(fail(ApiError::bad_request("`verdict` is accept or refuse."))),
    }
    let project = studio.generation(Some(user), generation).await.map_err(fail)?.project;
    see_other(&format!("/projects/{project}/edit"));
    Ok(())
}

/// Makes an earlier version of a section the section again.
#[server(prefix = "/fn", endpoint = "restore_revision")]
pub(crate) async fn restore_revision(
    project: String,
    stage: String,
    number: u32,
    expected: u32,
) -> Result<(), FnError> {
    let project: ProjectId = project.parse().map_err(fail)?;
    let stage: Stage = stage.parse().map_err(|_| fail(ApiError::not_found()))?;
    services().studio.restore(user().await?, project, stage, number, expected).await.map_err(fail)?;
    see_other(&format!("/projects/{project}/edit#{stage}"));
    Ok(())
}

/// Begins a new project with everything a generation's project had before a stage.
#[server(prefix = "/fn", endpoint = "fork_generation")]
pub(crate) async fn fork_generation(
    generation: String,
    stage: String,
    #[server(default)] note: String,
) -> Result<(), FnError> {
    let generation: GenerationId = generation.parse().map_err(fail)?;
    let stage: Stage = stage.parse().map_err(|_| fail(ApiError::bad_request("`stage` names no stage.")))?;
    let note = Some(note.trim().to_owned()).filter(|note| !note.is_empty());
    let started = services().studio.fork(user().await?, generation, stage, note).await.map_err(fail)?;
    see_other(&format!("/projects/{}/edit", started.project));
    Ok(())
}

async fn user() -> Result<UserId, FnError> {
    caller().await.map_err(fail)?.user().ok_or_else(|| fail(ApiError::not_found()))
}

async fn piece_of(project: String, address: &str) -> Result<(ProjectId, Address, UserId), FnError> {
    let project: ProjectId = project.parse().map_err(fail)?;
    let at = address.parse::<Address>().map_err(|e| fail(ApiError::bad_request(format!("{e}."))))?;
    Ok((project, at, user().await?))
}
