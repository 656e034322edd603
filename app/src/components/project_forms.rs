//! What an owner does with a project as a whole: name it, show it, put it away.
//!
//! Views are erased at the borders of components: as types they would nest deeper than the compiler goes.

use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_query_map;
use model::{PROJECT_TITLE_MAX_CHARS, ProjectId, Shelf, Visibility};
use server::{images::Waiting, projects::Project};

use super::{photo::PREVIEW, picture_form::PictureForm};

/// A button that puts a project on a shelf.
#[component]
pub(crate) fn Shelve(
    project: ProjectId,
    shelf: Shelf,
    /// What the button says.
    label: &'static str,
    /// The project, for whoever hears the button and does not see where it stands.
    #[prop(into)]
    title: String,
) -> impl IntoView {
    shelve_form(project, shelf, label, &title).into_any()
}

/// The same, for a list of many: not erased.
pub(crate) fn shelve_form(project: ProjectId, shelf: Shelf, label: &'static str, title: &str) -> impl IntoView + use<> {
    let name = format!("{label}: {title}");
    view! {
        <form method="post" action="/fn/shelve_project">
            <input type="hidden" name="project" value=project.to_string() />
            <input type="hidden" name="shelf" value=shelf.as_str() />
            <button type="submit" class="quiet" aria-label=name>{label}</button>
        </form>
    }
}

/// Everything an owner can do with a project as a whole, folded away until wanted.
#[component]
pub(crate) fn Manage(
    project: Project,
    /// What is known of the cover that was sent last.
    #[prop(optional_no_strip)]
    waiting: Option<Waiting>,
) -> impl IntoView {
    let open = use_query_map().read_untracked().get("open").is_some_and(|what| what == "sharing" || what == "cover");
    let id = project.id.to_string();
    let title = project.title.as_ref().map(|title| title.as_str().to_owned()).unwrap_or_default();
    let name = project.name();
    let shelves = match project.shelf {
        Shelf::Active => Either::Left(view! {
            <Shelve project=project.id shelf=Shelf::Archived label="Archive" title=name.clone() />
            <Shelve project=project.id shelf=Shelf::Deleted label="Delete" title=name />
        }),
        Shelf::Archived => Either::Left(view! {
            <Shelve project=project.id shelf=Shelf::Active label="Take out of the archive" title=name.clone() />
            <Shelve project=project.id shelf=Shelf::Deleted label="Delete" title=name />
        }),
        Shelf::Deleted => {
            Either::Right(view! { <Shelve project=project.id shelf=Shelf::Active label="Take back" title=name /> })
        }
    };
    view! {
        <details class="manage" id="sharing" open=open>
            <summary>"Name, cover, sharing, archive"</summary>
            <div class="manage-body">
                <form method="post" action="/fn/rename_project" class="field-row">
                    <input type="hidden" name="project" value=id.clone() />
                    <label for="project-title">"Name"</label>
                    <input
                        id="project-title"
                        name="title"
                        value=title
                        maxlength=PROJECT_TITLE_MAX_CHARS
                        dir="auto"
                        autocomplete="off"
                        placeholder="The beginning of the directive"
                    />
                    <button type="submit">"Rename"</button>
                </form>
                <Sharing id=id.clone() visibility=project.visibility slug=project.slug />
                <div id="cover">
                    <PictureForm
                        project=id
                        picture=project.cover
                        waiting
                        frame=PREVIEW
                        label="Cover"
                        help="The middle of it is shown, twice as wide as high. JPEG, PNG, WebP or GIF, up to 12 MB; where it was taken, and with what, is not kept."
                    />
                </div>
                <div class="row">{shelves}</div>
            </div>
        </details>
    }
    .into_any()
}

const VISIBILITIES: [(Visibility, &str, &str); 3] = [
    (Visibility::Private, "Private", "Only you."),
    (Visibility::Unlisted, "Unlisted", "Whoever has the address. It cannot be guessed."),
    (Visibility::Public, "Public", "Everybody; it is listed on the Explore page."),
];

#[component]
fn Sharing(id: String, visibility: Visibility, slug: Option<String>) -> impl IntoView {
    let choices = VISIBILITIES.map(|(choice, label, meaning)| {
        let field = format!("visibility-{}", choice.as_str());
        view! {
            <div class="choice">
                <input type="radio" id=field.clone() name="visibility" value=choice.as_str() checked=choice == visibility />
                <label for=field><strong>{label}</strong> " " <span class="help">{meaning}</span></label>
            </div>
        }
    });
    let shared = slug.filter(|_| visibility != Visibility::Private).map(|slug| {
        let (page, words) = (format!("/p/{slug}"), format!("/p/{slug}"));
        view! { <p class="shared-at">"Shared at " <a href=page>{words}</a></p> }
    });
    view! {
        <form method="post" action="/fn/share_project">
            <input type="hidden" name="project" value=id />
            <fieldset>
                <legend>"Who may see it"</legend>
                {choices.into_iter().collect_view()}
            </fieldset>
            {shared}
            <button type="submit">"Save"</button>
        </form>
    }
    .into_any()
}

/// The ways to take a project away as files.
#[component]
pub(crate) fn TakeAway(
    /// What the files' addresses begin with: `/api/projects/{id}` or `/p/{slug}`.
    #[prop(into)]
    base: String,
) -> impl IntoView {
    let forms = [("zip", "everything in a zip"), ("md", "one Markdown text"), ("json", "one JSON document")].map(
        |(kind, words)| {
            let href = format!("{base}/export.{kind}");
            view! { <li><a href=href download="">{words}</a></li> }
        },
    );
    view! { <nav class="take-away" aria-label="Take it away"><span class="label">"Take it away"</span> <ul role="list">{forms.into_iter().collect_view()}</ul></nav> }
        .into_any()
}

/// Bringing an archive back as a new project.
#[component]
pub(crate) fn BringBack() -> impl IntoView {
    view! {
        <details class="bring-back">
            <summary>"Bring an archive back"</summary>
            <form method="post" action="/fn/import_archive" enctype="multipart/form-data" class="field-row">
                <label for="archive">"A zip that was taken away here or elsewhere"</label>
                <input id="archive" name="archive" type="file" accept="application/zip,.zip" required />
                <button type="submit">"Make a project of it"</button>
            </form>
        </details>
    }
    .into_any()
}
