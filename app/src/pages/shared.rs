//! A project as its owner shows it to others.

use leptos::prelude::*;
use leptos_meta::Meta;
use leptos_router::hooks::use_params_map;
use model::Visibility;
use server::{
    http::ApiError,
    projects::Project,
    shown::{project_tag, projects_tag},
    studio::Current,
};

use super::page_of;
use crate::{
    components::{
        directive_form::DirectiveHeading,
        layout::Contents,
        photo::{HEAD, photo},
        project_forms::TakeAway,
        sections::{Around, Rendered},
        social::Social,
        title::PageTitle,
    },
    context::{for_everybody, services},
};

/// `/p/{slug}`: the same bytes for everyone who has the address, as long as nothing of the project changes.
#[component]
pub(crate) fn Shared() -> impl IntoView {
    let slug = use_params_map().read_untracked().get("slug").unwrap_or_default();
    page_of(async move { load(&slug).await }, |(project, current)| view! { <Reading project current /> }.into_any())
}

async fn load(slug: &str) -> Result<(Project, Current), ApiError> {
    let services = services();
    let project = services.projects.shared(slug).await?;
    for_everybody([project_tag(project.id), projects_tag()]);
    let current = services.studio.current(project.id).await.map_err(ApiError::from)?;
    Ok((project, current))
}

#[component]
fn Reading(project: Project, current: Current) -> impl IntoView {
    // Whoever has the address of an unlisted project may not want search engines to have it.
    let unlisted =
        (project.visibility == Visibility::Unlisted).then(|| view! { <Meta name="robots" content="noindex" /> });
    let summary = current.sections.product.summary.clone();
    let here = format!("/p/{}", project.slug.as_deref().unwrap_or_default());
    let card = format!("{here}/card.png");
    let rendered = Rendered::of(Around { sections: &current.sections, files: Some(&format!("{here}/files")) });
    let made_on = project.created_at.date().to_string();
    view! {
        <PageTitle text=project.name() described=true />
        {unlisted}
        <Social title=project.name() description=summary picture=card />
        <article class="project">
            <header class="project-head">
                <p class="label">"Directive"</p>
                <DirectiveHeading directive=project.directive />
                {project.cover.map(|cover| photo(&cover, HEAD))}
                <p class="quiet">"Made on " <time datetime=made_on.clone()>{made_on.clone()}</time> " and shown by its owner."</p>
            </header>
            <Contents made=Some(rendered.held()) />
            {rendered.view(&current.checks())}
            <TakeAway base=here />
            <p class="make-yours"><a class="button primary" href="/#directive">"Make one of your own"</a></p>
        </article>
    }
}
