//! A project to read. While it is being made the page itself streams, part after part, and needs no script.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use axum::http::HeaderName;
use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_query_map;
use model::{Draft, PiecePath, ProjectId, RoomRole, Stage, StageDraft};
use server::{
    http::ApiError,
    images::{Subject, Waiting},
    projects::Project,
    studio::{Checks, Follower},
};
use tokio::sync::watch;
use tracing::Instrument;

use super::{error::error_view, file::files_of, id_of_address, label};
use crate::{
    components::{
        directive_form::DirectiveHeading,
        generation_forms::{Again, Stop},
        layout::Contents,
        photo::{HEAD, photo},
        progress::{receipt_view, status_sentence},
        project_forms::{Manage, TakeAway},
        sections::{
            Around, Part, Rendered, STAGES, StageFrame, is_drawn_from_others, part_view, parts, parts_as_made,
            slot_html,
        },
        title::PageTitle,
        workbench::checks_slot,
    },
    context::Asker,
    functions::{answer_header, look_again, looks_so_far},
};

/// A page is not kept open longer than this; what is missing then, a reload shows.
const OPEN_AT_MOST: Duration = Duration::from_secs(600);

/// The page. Whether it exists is settled before its first byte, for then the status is sent.
#[component]
pub(crate) fn ProjectPage() -> impl IntoView {
    let id = id_of_address();
    let looks_at_cover = use_query_map().read_untracked().get("open").is_some_and(|what| what == "cover");
    let looks = looks_at_cover.then(looks_so_far);
    let asker = Asker::of_request();
    let opened: Arc<std::sync::Mutex<Option<Result<Opened, ApiError>>>> = Arc::default();
    let keep = Arc::clone(&opened);
    let opening = async move {
        let result = open(asker, id, looks).await;
        if let Err(error) = &result {
            super::set_error_status(error.0.status.as_u16());
        }
        *keep.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(result);
    };
    // It becomes a task, which by itself would not know whose request it is for.
    let exists = OnceResource::new_blocking(opening.in_current_span());
    let page = Suspend::new(async move {
        exists.await;
        let opened = opened.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        match opened.unwrap_or_else(|| Err(ApiError::internal())) {
            Ok(opened) => Either::Left(view! { <Reading opened /> }),
            Err(error) => Either::Right(error_view(&error)),
        }
    });
    view! { <Suspense>{page}</Suspense> }
}

/// A project with what is known of its generation, now and as it goes on.
struct Opened {
    project: Project,
    draft: watch::Receiver<Draft>,
    /// How sections that are there stand up to their checks.
    checks: Checks,
    /// What is known of the cover that was sent last, when somebody comes from sending it.
    waiting: Option<Waiting>,
}

/// `looks`: how often somebody has looked again whether their cover is ready, if they come from sending one.
async fn open(asker: Asker, id: String, looks: Option<u32>) -> Result<Opened, ApiError> {
    let id: ProjectId = id.parse()?;
    let (user, services) = (asker.caller().await?.user(), &asker.services);
    let project = services.projects.get(user, id).await?;
    let (draft, checks) = services.studio.checked_draft(user, project.generation).await?;
    let follower = services.studio.follow(user, project.generation, draft.seq).await?;
    let is_over = draft.ending.is_some();
    if !is_over {
        answer_header(HeaderName::from_static("x-accel-buffering"), "no");
    }
    let (sender, receiver) = watch::channel(draft);
    if !is_over {
        services.tasks.spawn("project page", keep_up(sender, follower));
    }
    let waiting = match looks {
        Some(_) => services.images.waiting(Subject::Project(project.id)).await?,
        None => None,
    };
    if let (true, Some(looks), Some(Waiting::ForItsTurn)) = (is_over, looks, &waiting) {
        look_again(&format!("/projects/{}?open=cover", project.id), "cover", looks);
    }
    Ok(Opened { project, draft: receiver, checks, waiting })
}

/// Folds what comes into the draft until it ends or the reader leaves.
async fn keep_up(draft: watch::Sender<Draft>, mut follower: Follower) {
    let following = async {
        loop {
            let events = tokio::select! { () = draft.closed() => return, events = follower.next() => events };
            let Some(events) = events else { return };
            draft.send_modify(|draft| draft.read(&events));
        }
    };
    // What a page shows is bounded in time as well.
    let _ = tokio::time::timeout(OPEN_AT_MOST, following).await;
}

#[component]
fn Reading(opened: Opened) -> impl IntoView {
    let Opened { project, draft, checks, waiting } = opened;
    let (running, managed) = (draft.borrow().ending.is_none(), project.clone());
    let generation = project.generation.to_string();
    let (may_edit, is_owner) = (project.role.may_edit(), project.role == RoomRole::Owner);
    let stop = (running && may_edit).then(|| view! { <Stop generation /> });
    let room = format!("/projects/{}/room", project.id);
    let again = project.id.to_string();
    let edit = format!("/projects/{}/edit", project.id);
    let json = format!("/api/projects/{}", project.id);
    let shown = Arc::new(Shown::default());
    let (held, sections) = if running {
        (None, stages_as_they_come(&draft, project.id, &shown))
    } else {
        let draft = draft.borrow();
        let rendered = Rendered::of(Around { sections: &draft.sections, files: Some(&files_of(project.id)) });
        (Some(rendered.held()), rendered.view(&checks).into_any())
    };
    let whole = draft.clone();
    let files = files_of(project.id);
    let show_end = move |draft: &Draft| {
        let late = running && shown.is_outdated(draft, &files);
        let again = again.clone();
        view! { {late.then(|| late_view(&again))} {end_view(draft, again.clone(), may_edit)} }
    };
    let end = async move { when(whole, |draft| draft.ending.is_some(), show_end).await };
    view! {
        <PageTitle text=project.name() />
        <article class=if running { "project fills" } else { "project" }>
            <header class="project-head">
                <p class="label" dir="auto">{label(&project)}</p>
                <DirectiveHeading directive=project.directive />
                {project.cover.map(|cover| photo(&cover, HEAD))}
                <div class="bar">
                    {stop}
                    <a href=edit>"Edit"</a>
                    <a href=room>"Room"</a>
                    <a href=json>"JSON"</a>
                    {is_owner.then(|| view! { <Manage project=managed waiting /> })}
                </div>
            </header>
            <Contents made=held />
            {sections}
            <Suspense>{Suspend::new(end)}</Suspense>
        </article>
    }
}

/// Sections part by part, each as soon as it is whole.
fn stages_as_they_come(draft: &watch::Receiver<Draft>, project: ProjectId, shown: &Arc<Shown>) -> AnyView {
    let stages = STAGES.map(|stage| {
        let parts = parts(stage).map(|part| {
            let (draft, files, shown) = (draft.clone(), files_of(project), Arc::clone(shown));
            let show = move |draft: &Draft| part_view(part, shown.show(part, draft, &files));
            let made = async move { when(draft, is_made(part), show).await };
            view! { <Suspense>{Suspend::new(made)}</Suspense> }
        });
        let (parts, draft) = (parts.collect_view(), draft.clone());
        let is_checked = move |draft: &Draft| {
            draft.ending.is_some()
                || draft.stages.get(&stage).is_some_and(|stage| !stage.checks.is_empty() || stage.is_done())
        };
        let show = move |draft: &Draft| {
            let results = draft.stages.get(&stage).map(|made| (stage, made.checks.clone()));
            checks_slot(stage, &results.into_iter().collect())
        };
        let checked = async move { when(draft, is_checked, show).await };
        view! { <StageFrame stage>{parts} <Suspense>{Suspend::new(checked)}</Suspense></StageFrame> }
    });
    stages.into_iter().collect_view().into_any()
}

/// What a page that streams has shown of each part: it cannot be taken back when an engine gives up behind it, or comes with more.
#[derive(Default)]
struct Shown(std::sync::Mutex<BTreeMap<(Stage, &'static str), u64>>);

impl Shown {
    /// A part's markup, which is being shown.
    fn show(&self, part: Part, draft: &Draft, files: &str) -> String {
        let html = slot_html(part, Around { sections: &draft.sections, files: Some(files) });
        self.all().insert((part.stage, part.slot), digest(&html));
        html
    }

    /// Whether something that was shown is not so any more.
    fn is_outdated(&self, draft: &Draft, files: &str) -> bool {
        let around = Around { sections: &draft.sections, files: Some(files) };
        let all = self.all();
        let parts = STAGES.into_iter().flat_map(parts);
        parts.into_iter().any(|part| all.get(&(part.stage, part.slot)) != Some(&digest(&slot_html(part, around))))
    }

    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<(Stage, &'static str), u64>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn digest(html: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    html.hash(&mut hasher);
    hasher.finish()
}

fn late_view(project: &str) -> AnyView {
    let reload = format!("/projects/{project}");
    view! { <p class="notice"><a href=reload>"Some of it changed while this page was read: load it again"</a></p> }
        .into_any()
}

/// How it ended, and what to do next.
fn end_view(draft: &Draft, project: String, may_edit: bool) -> AnyView {
    if draft.ending.is_none() {
        let reload = format!("/projects/{project}");
        return view! { <p class="progress"><a href=reload>"Not finished yet: load the page again to go on"</a></p> }
            .into_any();
    }
    view! {
        <p class="progress over" role="status">
            {status_sentence(draft)}
        </p>
        {receipt_view(draft.receipt.as_ref())}
        <TakeAway base=format!("/api/projects/{project}") />
        {may_edit.then(|| view! { <Again project /> })}
    }
    .into_any()
}

/// A part is whole once one that is made after it has begun, or the stage is over; one drawn from others, with the stage.
fn is_made(part: Part) -> impl FnMut(&Draft) -> bool {
    let made = parts_as_made(part.stage);
    let later: Vec<&str> = made.into_iter().skip_while(|other| *other != part.slot).skip(1).collect();
    move |draft| {
        let begun = |piece: &PiecePath| later.contains(&piece.part());
        let stage = draft.stages.get(&part.stage);
        let passed = |stage: &StageDraft| !is_drawn_from_others(part) && stage.pieces.iter().any(begun);
        draft.ending.is_some() || stage.is_some_and(|stage| stage.is_done() || passed(stage))
    }
}

/// What `show` makes of the draft once it is as wished; of the draft as it is, when it will not change any more.
async fn when<V>(
    mut draft: watch::Receiver<Draft>,
    wished: impl FnMut(&Draft) -> bool,
    show: impl FnOnce(&Draft) -> V,
) -> V {
    if let Ok(reached) = draft.wait_for(wished).await {
        return show(&reached);
    }
    let last = draft.borrow();
    show(&last)
}
