//! A room: what the people of a project, or two people, say to each other, as the server tells it. The island keeps it up to date.

mod making;
mod message;
mod people;

use leptos::prelude::*;
use leptos_meta::Script;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use model::{
    Anchor, CLIENT_ID_MAX_CHARS, DESCRIPTION_MAX_CHARS, Draft, MESSAGE_MAX_CHARS, Message, MessageId, Page, PageLimit,
    PiecePath, Speaker, Stage, UserId,
};
use server::{http::ApiError, projects::Project, rooms::Standing};
use time::OffsetDateTime;

use super::{id_of_address, page_of, project_of_address};
use crate::{
    components::{
        escaped,
        form::{FormError, Notice, state_of},
        island_scripts::IslandScripts,
        title::PageTitle,
    },
    context::{assets, caller, services},
    functions::rooms::thread_page,
    islands::Room,
};
use making::making_view;
use message::{Around, about_view, message_view};
pub(in crate::pages) use people::talk_form;
use people::{People, people_view};

/// Messages on a page, and answers in a thread.
const MESSAGES: u32 = 50;
const ANSWERS: u32 = 100;

/// What the page says about what was just done, by the word in its query.
const DONE: [(&str, &str); 2] = [("deleted", "The message is taken back."), ("in", "You are in.")];

/// What of a room is asked for.
#[derive(Debug, Clone, Default)]
struct Asked {
    cursor: Option<String>,
    thread: Option<MessageId>,
    edit: Option<MessageId>,
    about: Option<Anchor>,
    opens_people: bool,
    done: Option<&'static str>,
}

impl Asked {
    fn of(query: &ParamsMap) -> Self {
        let done = query.get("done");
        Self {
            cursor: query.get("cursor").filter(|cursor| !cursor.is_empty()),
            thread: query.get("thread").and_then(|id| id.parse().ok()),
            edit: query.get("edit").and_then(|id| id.parse().ok()),
            about: query.get("about").as_deref().and_then(anchor),
            opens_people: query.get("open").is_some_and(|what| what == "people"),
            done: DONE.iter().find(|(word, _)| done.as_deref() == Some(*word)).map(|(_, text)| *text),
        }
    }
}

/// `stage/revision` or `stage/revision/piece`.
fn anchor(text: &str) -> Option<Anchor> {
    let (stage, rest) = text.split_once('/')?;
    let (revision, piece) = rest.split_once('/').map_or((rest, None), |(revision, piece)| (revision, Some(piece)));
    let piece = piece.map(PiecePath::parse).transpose().ok()?;
    Some(Anchor { stage: stage.parse::<Stage>().ok()?, revision: revision.parse().ok()?, piece })
}

/// Everything that the page shows.
struct Loaded {
    /// None where two talk alone.
    project: Option<Project>,
    standing: Standing,
    people: People,
    pinned: Vec<Message>,
    page: Page<Message>,
    /// A message with its answers.
    thread: Option<(Message, Page<Message>)>,
    edited: Option<Message>,
    /// What is being made of the project, if anything is.
    making: Option<(Project, Draft)>,
    asked: Asked,
    /// What the next message of this page will be called: sent twice, it is said once.
    client_id: String,
}

/// `/projects/{id}/room`.
#[component]
pub(crate) fn RoomPage() -> impl IntoView {
    let (id, asked) = (id_of_address(), Asked::of(&use_query_map().read_untracked()));
    page_of(load_of_project(id, asked), |loaded| room_view(&loaded))
}

/// `/rooms/{room}`: two who talk alone. The room of a project has its page beside the project's others.
#[component]
pub(crate) fn DirectRoom() -> impl IntoView {
    let (id, asked) = (id_of_address(), Asked::of(&use_query_map().read_untracked()));
    page_of(load_direct(id, asked), |loaded| room_view(&loaded))
}

async fn load_of_project(id: String, asked: Asked) -> Result<Loaded, ApiError> {
    let project = project_of_address(id).await?;
    let reader = caller().await?.user().ok_or_else(ApiError::not_found)?;
    let standing = services().rooms.of_project(Some(reader), project.id).await?;
    load(reader, standing, Some(project), asked).await
}

async fn load_direct(id: String, asked: Asked) -> Result<Loaded, ApiError> {
    let reader = caller().await?.user().ok_or_else(ApiError::not_found)?;
    let standing = services().rooms.standing(Some(reader), id.parse()?).await?;
    let project = match standing.project {
        Some(project) => Some(services().projects.get(Some(reader), project).await?),
        None => None,
    };
    load(reader, standing, project, asked).await
}

async fn load(reader: UserId, standing: Standing, project: Option<Project>, asked: Asked) -> Result<Loaded, ApiError> {
    let (services, user) = (services(), Some(reader));
    let (rooms, room) = (&services.rooms, standing.room);
    let members = rooms.members(user, room).await?;
    let ways = if standing.role.may_edit() { rooms.invitations(user, room).await? } else { Vec::new() };
    let people = People {
        room,
        is_direct: standing.project.is_none(),
        reader,
        role: standing.role,
        notify: rooms.notify_of(reader, room).await?,
        members,
        ways,
        is_open: asked.opens_people || state_of("invite").form == "invite",
    };
    let page = rooms.history(user, room, asked.cursor.as_deref(), PageLimit::capped(Some(MESSAGES))).await?;
    let thread = match asked.thread {
        None => None,
        Some(of) => {
            let answers = rooms.thread(user, room, of, None, PageLimit::capped(Some(ANSWERS))).await?;
            Some((rooms.message(user, room, of).await?, answers))
        }
    };
    let edited = match asked.edit {
        None => None,
        Some(id) => Some(rooms.message(user, room, id).await?),
    };
    let pinned = rooms.pinned(user, room).await?;
    let making = match project.as_ref().filter(|project| !project.status.is_final()) {
        None => None,
        Some(project) => Some((project.clone(), services.studio.project_draft(user, project.generation).await?)),
    };
    let client_id = services.clock.new_id().to_string();
    Ok(Loaded { project, standing, people, pinned, page, thread, edited, making, asked, client_id })
}

impl Loaded {
    fn around(&self) -> Around {
        let Self { standing, people, thread, .. } = self;
        let Standing { room, project, role, .. } = *standing;
        Around { room, project, reader: people.reader, role, is_thread: thread.is_some() }
    }

    /// What the page is called, and what leads back from it.
    fn names(&self) -> (AnyView, String) {
        match &self.project {
            Some(project) => {
                let back = view! { <p class="label"><a href=format!("/projects/{}", project.id) dir="auto">{project.name()}</a></p> };
                (back.into_any(), "Room".to_owned())
            }
            None => (view! { <p class="label"><a href="/rooms">"Rooms"</a></p> }.into_any(), self.other()),
        }
    }

    fn title(&self) -> String {
        let of = self.project.as_ref().map_or_else(|| self.other(), Project::name);
        format!("Room: {of}")
    }

    /// With whom the reader talks alone.
    fn other(&self) -> String {
        let People { members, reader, .. } = &self.people;
        let other = members.iter().find(|member| member.speaker.id != *reader);
        other.map_or_else(|| "Somebody who is gone".to_owned(), |member| member.speaker.name.clone())
    }
}

fn room_view(loaded: &Loaded) -> AnyView {
    let Loaded { standing, people, pinned, asked, .. } = loaded;
    let around = loaded.around();
    let (label, title) = loaded.names();
    let (talk, composer) = match &loaded.thread {
        Some((message, answers)) => {
            let answer = message.deleted_at.is_none().then(|| composer_view(loaded, Some(message.id)));
            (thread_view(message, answers, around), answer)
        }
        None => (list_view(loaded, around), Some(composer_view(loaded, None))),
    };
    // Made before the island takes it: what an island holds may outlive what it was made of.
    let room = view! {
        <article
            class="room"
            data-room=standing.room.to_string()
            data-project=standing.project.map(|project| project.to_string())
            data-epoch=standing.place.epoch.to_string()
            data-offset=standing.place.offset
            data-reader=people.reader.to_string()
            data-role=standing.role.as_str()
            data-latest=asked.cursor.is_none().then_some("")
        >
            <header>
                {label}
                <h1 dir="auto">{title.clone()}</h1>
                <p class="quiet" role="status" data-connection=""></p>
                <p role="status" data-notices=""></p>
                <button type="button" data-quiet="" aria-pressed="false" hidden>"Quiet for screen readers"</button>
            </header>
            {people_view(people)}
            {pinned_view(pinned, around)}
            <div data-making="">{loaded.making.as_ref().map(|(project, draft)| making_view(project, draft))}</div>
            {talk}
            <p class="quiet typing" aria-live="off" data-typing=""></p>
            {loaded.edited.as_ref().map(|message| edit_view(loaded, message))}
            {composer}
            <template data-template="own" inner_html=template(around, true)></template>
            <template data-template="other" inner_html=template(around, false)></template>
        </article>
    };
    view! {
        <PageTitle text=loaded.title() />
        <RoomScripts />
        {asked.done.map(|text| view! { <Notice text /> })}
        <Room>{room}</Room>
    }
    .into_any()
}

/// A message of which nothing is known but whether it is the reader's own, for the island to fill in.
fn template(around: Around, is_own: bool) -> String {
    let author = is_own.then(|| Speaker { id: around.reader, name: String::new(), picture: None });
    let message = Message {
        id: MessageId(Default::default()),
        offset: 0,
        client_id: String::new(),
        author,
        body: String::new(),
        html: String::new(),
        picture: None,
        anchor: None,
        thread: None,
        replies: 0,
        reactions: Vec::new(),
        created_at: OffsetDateTime::UNIX_EPOCH,
        edited_at: None,
        deleted_at: None,
        pinned_at: None,
    };
    message_view(&message, around).to_html()
}

/// What this page needs that no other does: what it connects with, and the islands.
#[component]
fn RoomScripts() -> impl IntoView {
    let room = assets().room.clone();
    view! {
        {room.map(|src| view! { <Script type_="module" src=src /> })}
        <IslandScripts />
    }
}

/// What was said outside of threads. The latest stands last, as everywhere where people talk.
fn list_view(loaded: &Loaded, around: Around) -> AnyView {
    let Loaded { page, asked, standing, .. } = loaded;
    let base = around.page();
    let messages = page.items.iter().rev().map(|message| message_view(message, around)).collect_view();
    let older = page.next_cursor.as_ref().map(|cursor| {
        view! { <a class="older" rel="next" href=format!("{base}?cursor={cursor}")>"Earlier messages"</a> }
    });
    let newest = asked.cursor.is_some().then(|| view! { <a class="older" href=base.clone()>"To the latest"</a> });
    let empty = page.items.is_empty().then(|| {
        view! { <p class="quiet" data-empty="">{match around.project { Some(_) => "Nobody has said anything yet. What is said here stays with the project.", None => "Neither of you has said anything yet." }}</p> }
    });
    let unread = (standing.place.offset > standing.read_to && !page.items.is_empty()).then(|| read_form(loaded));
    view! {
        <section aria-label="Messages">
            <nav class="pager" aria-label="Earlier" data-earlier="">{older}</nav>
            {empty}
            <div role="log" aria-label="Messages" aria-live="polite" tabindex="0">
                <ol class="messages" data-log="">{messages}</ol>
            </div>
            <nav class="pager" aria-label="Later" data-later="">{newest} {unread}</nav>
        </section>
    }
    .into_any()
}

fn read_form(loaded: &Loaded) -> AnyView {
    view! {
        <form method="post" action="/fn/mark_read" data-live="read">
            <input type="hidden" name="room" value=loaded.standing.room.to_string() />
            <input type="hidden" name="offset" value=loaded.standing.place.offset />
            <button type="submit">"Mark as read"</button>
        </form>
    }
    .into_any()
}

fn pinned_view(pinned: &[Message], around: Around) -> AnyView {
    let count = pinned.len();
    let rows = pinned.iter().map(|message| {
        let name = message.author.as_ref().map(|author| author.name.clone()).unwrap_or_default();
        let href = format!("{}#thread", thread_page(&around.page(), message.id));
        view! {
            <li>
                <p class="who"><a href=href dir="auto">{name}</a></p>
                <div class="said" dir="auto" inner_html=message.html.clone()></div>
            </li>
        }
    });
    let rows = rows.collect_view();
    (count > 0)
        .then(|| {
            view! {
                <details class="pinned">
                    <summary>{count} " pinned"</summary>
                    <ul class="lines">{rows}</ul>
                </details>
            }
        })
        .into_any()
}

/// A message with its answers, the earliest first.
fn thread_view(message: &Message, answers: &Page<Message>, around: Around) -> AnyView {
    let rows = std::iter::once(message).chain(&answers.items).map(|message| message_view(message, around));
    let more = answers.next_cursor.is_some().then(|| {
        view! { <p class="quiet">{format!("The first {ANSWERS} answers are shown.")}</p> }
    });
    view! {
        <section class="thread" id="thread" aria-labelledby="thread-title" data-thread=message.id.to_string()>
            <h2 id="thread-title">"Thread"</h2>
            <p><a href=around.page()>"Back to the room"</a></p>
            <div role="log" aria-label="Thread" aria-live="polite" tabindex="0">
                <ol class="messages" data-log="">{rows.collect_view()}</ol>
            </div>
            {more}
        </section>
    }
    .into_any()
}

/// Where something new is said.
fn composer_view(loaded: &Loaded, thread: Option<MessageId>) -> AnyView {
    if !loaded.standing.role.may_talk() {
        return view! { <p class="quiet">"You read and watch here. Who looks after the room can let you talk."</p> }
            .into_any();
    }
    let state = state_of("say");
    let typed = state.typed_in("body").unwrap_or_default();
    let about = loaded.asked.about.as_ref().filter(|_| thread.is_none());
    let fields = about.zip(loaded.standing.project).map(|(anchor, project)| {
        view! {
            <input type="hidden" name="stage" value=anchor.stage.as_str() />
            <input type="hidden" name="revision" value=anchor.revision />
            <input type="hidden" name="piece" value=anchor.piece.as_ref().map(ToString::to_string).unwrap_or_default() />
            {about_view(project, anchor)}
        }
    });
    let label = if thread.is_some() { "Answer" } else { "Say something" };
    view! {
        <form method="post" action="/fn/say" class="composer" data-composer="" id="composer">
            <FormError form="say" />
            <input type="hidden" name="room" value=loaded.standing.room.to_string() />
            <input type="hidden" name="client_id" value=loaded.client_id.clone() maxlength=CLIENT_ID_MAX_CHARS />
            <input type="hidden" name="thread" value=thread.map(|id| id.to_string()).unwrap_or_default() />
            {fields}
            <label for="body">{label}</label>
            <textarea id="body" name="body" rows="3" maxlength=MESSAGE_MAX_CHARS required dir="auto" aria-describedby="body-help">
                {escaped(&typed)}
            </textarea>
            <p class="help" id="body-help">"*emphasis*, **strong**, `code`, lists, quotes and links. @ and a name calls somebody."</p>
            <button type="submit" class="primary">"Send"</button>
        </form>
        {picture_form(loaded, thread)}
    }
    .into_any()
}

/// Where something is shown. The words are what it shows, for whoever does not see it too.
fn picture_form(loaded: &Loaded, thread: Option<MessageId>) -> AnyView {
    view! {
        <details class="choose">
            <summary>"Show a picture"</summary>
            <form method="post" action="/fn/say_with_picture" enctype="multipart/form-data" class="fields">
                <input type="hidden" name="room" value=loaded.standing.room.to_string() />
                <input type="hidden" name="client_id" value=format!("{}-picture", loaded.client_id) />
                <input type="hidden" name="thread" value=thread.map(|id| id.to_string()).unwrap_or_default() />
                <div class="field">
                    <label for="picture">"Picture"</label>
                    <input
                        id="picture"
                        name="picture"
                        type="file"
                        accept="image/jpeg,image/png,image/webp,image/gif"
                        required
                        aria-describedby="picture-help"
                    />
                    <p class="help" id="picture-help">
                        "JPEG, PNG, WebP or GIF of up to 12 MB. Everybody in the room sees it as soon as it is made ready, without where and with what it was taken."
                    </p>
                </div>
                <div class="field">
                    <label for="picture-words">"What it shows"</label>
                    <input id="picture-words" name="body" required maxlength=DESCRIPTION_MAX_CHARS dir="auto" autocomplete="off" />
                </div>
                <button type="submit">"Show it"</button>
            </form>
        </details>
    }
    .into_any()
}

fn edit_view(loaded: &Loaded, message: &Message) -> AnyView {
    let typed = state_of("edit_message").typed_in("body").unwrap_or_else(|| message.body.clone());
    view! {
        <form method="post" action="/fn/edit_message" class="composer" id="edit">
            <FormError form="edit_message" />
            <input type="hidden" name="room" value=loaded.standing.room.to_string() />
            <input type="hidden" name="message" value=message.id.to_string() />
            <label for="edit-body">"Change your message"</label>
            <textarea id="edit-body" name="body" rows="4" maxlength=MESSAGE_MAX_CHARS required dir="auto">{escaped(&typed)}</textarea>
            <p class="row"><button type="submit" class="primary">"Save"</button> <a href=loaded.standing.page()>"Leave it"</a></p>
        </form>
    }
    .into_any()
}
