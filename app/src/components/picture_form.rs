//! Bringing a picture, looking how far it is, and taking it away again.

use leptos::prelude::*;
use model::{DESCRIPTION_MAX_CHARS, Picture};
use server::images::Waiting;

use super::photo::{Frame, photo};

/// The form that sends a picture; of a project, or of whoever sends it when there is none.
#[component]
pub(crate) fn PictureForm(
    /// The project's id; empty for a person.
    #[prop(optional, into)]
    project: String,
    /// The one that is shown.
    picture: Option<Picture>,
    /// What is known of the one that was sent last.
    waiting: Option<Waiting>,
    /// How it is shown.
    frame: Frame,
    /// What it is called: "Cover".
    label: &'static str,
    /// What is made of what is sent.
    help: &'static str,
) -> impl IntoView {
    let description = picture.as_ref().map(|picture| picture.description.clone()).unwrap_or_default();
    let told = waiting.map(|waiting| match waiting {
        Waiting::ForItsTurn => {
            let again = if project.is_empty() {
                "/settings?done=picture#picture".to_owned()
            } else {
                format!("/projects/{project}?open=cover#cover")
            };
            view! { <p class="notice" role="status">"It is being made ready. " <a href=again>"Look again"</a></p> }
                .into_any()
        }
        Waiting::Refused(reason) => {
            let words = format!("The last picture was not taken: {reason}.");
            view! { <p class="error" role="alert">{words}</p> }.into_any()
        }
    });
    let remove = (picture.is_some() || told.is_some()).then(|| {
        view! {
            <form method="post" action="/fn/remove_picture">
                <input type="hidden" name="project" value=project.clone() />
                <button type="submit" class="quiet">"Take it away"</button>
            </form>
        }
    });
    let (file, words) = (format!("picture-of-{project}"), format!("description-of-{project}"));
    view! {
        <div class="picture-form">
            {picture.map(|picture| photo(&picture, frame))}
            {told}
            <form method="post" action="/fn/set_picture" enctype="multipart/form-data" class="fields">
                <input type="hidden" name="project" value=project />
                <div class="field">
                    <label for=file.clone()>{label}</label>
                    <input
                        id=file.clone()
                        name="picture"
                        type="file"
                        accept="image/jpeg,image/png,image/webp,image/gif"
                        required
                        aria-describedby=format!("{file}-help")
                    />
                    <p class="help" id=format!("{file}-help")>{help}</p>
                </div>
                <div class="field">
                    <label for=words.clone()>"What it shows, for whoever does not see it"</label>
                    <input
                        id=words
                        name="description"
                        value=description
                        maxlength=DESCRIPTION_MAX_CHARS
                        dir="auto"
                        autocomplete="off"
                    />
                </div>
                <button type="submit">"Send it"</button>
            </form>
            {remove}
        </div>
    }
    .into_any()
}
