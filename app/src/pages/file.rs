//! A file of the program, wherever the project is read: by its owner, as it was made once, or shared.

use leptos::prelude::*;
use leptos_meta::Meta;
use leptos_router::hooks::use_params_map;
use model::{
    Address, PiecePath, ProjectId, Seq, Stage, Visibility,
    sections::{Sections, SourceFile},
};
use server::http::ApiError;

use super::{
    id_of_address, page_of, project_of_address,
    receipt::{generation_of, generation_of_address},
};
use crate::{
    components::{sections::program_file, title::PageTitle},
    context::{caller, services},
    functions::revisions::{piece_anchor, piece_page},
};

/// Below which address the files of a project's program have their pages.
pub(crate) fn files_of(project: ProjectId) -> String {
    format!("/projects/{project}/files")
}

/// A file with what stands around it.
struct Opened {
    /// What its project is called.
    name: String,
    /// The page that it belongs to.
    project: String,
    sections: Sections,
    path: String,
    /// Where it is edited, by those who may.
    edit: Option<String>,
    /// Whether search engines are asked to leave it alone.
    is_unlisted: bool,
}

impl Opened {
    fn file(&self) -> Option<(usize, &SourceFile)> {
        self.sections.code.files.iter().enumerate().find(|(_, file)| file.path == self.path)
    }

    /// The file so many places further on.
    fn beside(&self, at: usize, by: isize) -> Option<AnyView> {
        let file = self.sections.code.files.get(at.checked_add_signed(by)?)?;
        let (rel, href) = (if by < 0 { "prev" } else { "next" }, format!("{}/files/{}", self.project, file.path));
        Some(view! { <a rel=rel href=href><code>{file.path.clone()}</code></a> }.into_any())
    }
}

/// `/projects/{id}/files/{path}`: as the program is now, or as far as it is made.
#[component]
pub(crate) fn FileOfProject() -> impl IntoView {
    let (id, path) = (id_of_address(), path_of_address());
    page(async move {
        let project = project_of_address(id).await?;
        let draft = services().studio.project_draft(caller().await?.user(), project.generation).await?;
        let piece = draft.sections.code.file(&path).and_then(|file| address_of(&file.id));
        Ok(Opened {
            name: project.name(),
            project: format!("/projects/{}", project.id),
            sections: draft.sections,
            path,
            edit: piece.map(|at| piece_page(project.id, &at)),
            is_unlisted: false,
        })
    })
}

/// `/projects/{id}/generations/{generation}/files/{path}`: as that generation made it.
#[component]
pub(crate) fn FileOfReplay() -> impl IntoView {
    let (id, generation, path) = (id_of_address(), generation_of_address(), path_of_address());
    page(async move {
        let (project, generation) = generation_of(id, generation).await?;
        let (draft, _) = services().studio.replay(caller().await?.user(), generation.id, Seq::MAX).await?;
        Ok(Opened {
            name: project.name(),
            project: format!("/projects/{}/generations/{}", project.id, generation.id),
            sections: draft.sections,
            path,
            edit: None,
            is_unlisted: false,
        })
    })
}

/// `/p/{slug}/files/{path}`: the same bytes for everyone who has the address.
#[component]
pub(crate) fn SharedFile() -> impl IntoView {
    let slug = use_params_map().read_untracked().get("slug").unwrap_or_default();
    let path = path_of_address();
    page(async move {
        let services = services();
        let project = services.projects.shared(&slug).await?;
        let current = services.studio.current(project.id).await.map_err(ApiError::from)?;
        Ok(Opened {
            name: project.name(),
            project: format!("/p/{slug}"),
            sections: current.sections,
            path,
            edit: None,
            is_unlisted: project.visibility == Visibility::Unlisted,
        })
    })
}

fn path_of_address() -> String {
    use_params_map().read_untracked().get("file").unwrap_or_default()
}

fn address_of(file: &str) -> Option<Address> {
    Some(Address { stage: Stage::Code, path: PiecePath::parse(&format!("files/{file}")).ok()? })
}

fn page(opening: impl Future<Output = Result<Opened, ApiError>> + Send + 'static) -> impl IntoView {
    let opened = async {
        let opened = opening.await?;
        if opened.file().is_some() { Ok(opened) } else { Err(ApiError::not_found()) }
    };
    page_of(opened, |opened| reading(&opened).into_any())
}

fn reading(opened: &Opened) -> Option<AnyView> {
    let (at, file) = opened.file()?;
    let unlisted = opened.is_unlisted.then(|| view! { <Meta name="robots" content="noindex" /> });
    let place = address_of(&file.id).map(|at| format!("{}#{}", opened.project, piece_anchor(&at)));
    let edit = opened.edit.clone().map(|href| view! { <a href=href>"Edit"</a> });
    let view = view! {
        <PageTitle text=format!("{}: {}", file.path, opened.name) />
        {unlisted}
        <article class="file-page">
            <header class="project-head">
                <p class="label"><a href=place dir="auto">{opened.name.clone()}</a></p>
                <h1><code>{file.path.clone()}</code></h1>
                <div class="bar">{edit}</div>
            </header>
            {program_file(file, &opened.sections.product, &opened.project)}
            <nav class="beside" aria-label="Files before and after">{opened.beside(at, -1)} {opened.beside(at, 1)}</nav>
        </article>
    };
    Some(view.into_any())
}
