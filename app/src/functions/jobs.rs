//! What the console asks of the jobs domain. All of it is for administrators, may be sent twice, and leads back to where it was asked.

use std::str::FromStr;

use leptos::prelude::*;
use model::LocalPath;
use server::{http::ApiError, jobs::JobsError};

use super::{FnError, fail, see_other};
use crate::context::{administrator, services};

/// Where the console is.
const CONSOLE: &str = "/jobs";
/// What the page is told when there was nothing to do: it was done before, or somebody was faster.
const NOTHING: &str = "nothing";

/// Ends a job that is not over.
#[server(prefix = "/fn", endpoint = "cancel_job")]
pub(crate) async fn cancel_job(job: String, #[server(default)] back: String) -> Result<(), FnError> {
    administrator().await.map_err(fail)?;
    tell(services().jobs.cancel(id(&job)?).await, "cancelled", &back)
}

/// Lets a job that waits for its time begin now.
#[server(prefix = "/fn", endpoint = "hurry_job")]
pub(crate) async fn hurry_job(job: String, #[server(default)] back: String) -> Result<(), FnError> {
    administrator().await.map_err(fail)?;
    tell(services().jobs.hurry(id(&job)?).await, "hurried", &back)
}

/// Publishes a dead letter again.
#[server(prefix = "/fn", endpoint = "redrive_job")]
pub(crate) async fn redrive_job(job: String, #[server(default)] back: String) -> Result<(), FnError> {
    administrator().await.map_err(fail)?;
    tell(services().jobs.redrive(id(&job)?).await, "redriven", &back)
}

/// Publishes the dead letters of a kind again, or of all; a thousand at once.
#[server(prefix = "/fn", endpoint = "redrive_jobs")]
pub(crate) async fn redrive_jobs(
    #[server(default)] kind: String,
    #[server(default)] back: String,
) -> Result<(), FnError> {
    administrator().await.map_err(fail)?;
    let kind = Some(kind.as_str()).filter(|kind| !kind.is_empty());
    let redriven = services().jobs.redrive_all(kind).await.map_err(fail)?;
    let told = if redriven == 0 { NOTHING.to_owned() } else { format!("redriven&count={redriven}") };
    return_to(&back, &told);
    Ok(())
}

/// Forgets a dead letter, for good.
#[server(prefix = "/fn", endpoint = "bury_job")]
pub(crate) async fn bury_job(job: String, #[server(default)] back: String) -> Result<(), FnError> {
    administrator().await.map_err(fail)?;
    tell(services().jobs.bury(id(&job)?).await, "buried", &back)
}

/// Publishes nothing by a schedule until it is resumed.
#[server(prefix = "/fn", endpoint = "pause_schedule")]
pub(crate) async fn pause_schedule(schedule: String, #[server(default)] back: String) -> Result<(), FnError> {
    administrator().await.map_err(fail)?;
    tell(services().jobs.pause_schedule(&schedule).await, "paused", &back)
}

/// Publishes by a schedule again.
#[server(prefix = "/fn", endpoint = "resume_schedule")]
pub(crate) async fn resume_schedule(schedule: String, #[server(default)] back: String) -> Result<(), FnError> {
    administrator().await.map_err(fail)?;
    tell(services().jobs.resume_schedule(&schedule).await, "resumed", &back)
}

/// An id that cannot be one names nothing.
fn id<T: FromStr>(text: &str) -> Result<T, FnError> {
    text.parse().map_err(|_| fail(ApiError::not_found()))
}

/// What is not there any more was dealt with before: asking twice is no mistake.
fn tell(result: Result<(), JobsError>, done: &str, back: &str) -> Result<(), FnError> {
    match result {
        Ok(()) => return_to(back, done),
        Err(JobsError::NotFound) => return_to(back, NOTHING),
        Err(error) => return Err(fail(error)),
    }
    Ok(())
}

/// Sends the browser back to a page of the console, which is told what was done.
fn return_to(back: &str, done: &str) {
    let page = LocalPath::parse(back).filter(|page| page.as_str().starts_with(CONSOLE));
    let page = page.as_ref().map_or(CONSOLE, LocalPath::as_str);
    let joint = if page.contains('?') { '&' } else { '?' };
    see_other(&format!("{page}{joint}done={done}"));
}
