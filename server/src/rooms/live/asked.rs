//! What can be asked over socket.io, and how it is answered.

use std::{future::ready, sync::Arc};

use futures::{FutureExt, TryFutureExt, future::BoxFuture};
use model::{Anchor, GenerationId, MessageId, RoomId, RoomPlace, Seq};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use socketioxide::{
    ParserError,
    extract::{AckSender, Event, SocketRef, TryData},
    handler::FromMessageParts,
    socket::Socket,
};

use super::{
    A, Live, Person,
    connections::Admitted,
    room_name,
    watched::{self, CannotWatch, Watched},
};
use crate::{
    limits::Quota,
    rooms::{RoomsError, Saying, Since},
    studio::StudioError,
};

/// Whatever one connection asks.
const ASKED: Quota = Quota { name: "socket.io", burst: 30, every: std::time::Duration::from_millis(100) };
/// Rooms that one connection is in.
const ROOMS_MAX: usize = 50;

#[derive(Debug, Deserialize)]
struct Enter {
    room: RoomId,
    place: Option<RoomPlace>,
}

#[derive(Debug, Deserialize)]
struct Of {
    room: RoomId,
}

#[derive(Debug, Deserialize)]
struct Say {
    room: RoomId,
    client_id: String,
    body: String,
    anchor: Option<Anchor>,
    thread: Option<MessageId>,
}

#[derive(Debug, Deserialize)]
struct Edit {
    room: RoomId,
    id: MessageId,
    body: String,
}

#[derive(Debug, Deserialize)]
struct Delete {
    room: RoomId,
    id: MessageId,
}

#[derive(Debug, Deserialize)]
struct React {
    room: RoomId,
    id: MessageId,
    emoji: String,
    on: bool,
}

#[derive(Debug, Deserialize)]
struct Pin {
    room: RoomId,
    id: MessageId,
    on: bool,
}

#[derive(Debug, Deserialize)]
struct Read {
    room: RoomId,
    offset: i64,
}

#[derive(Debug, Deserialize)]
struct Watch {
    generation: GenerationId,
    #[serde(default)]
    after: Seq,
    #[serde(default)]
    html: bool,
}

#[derive(Debug, Deserialize)]
struct Unwatch {
    generation: GenerationId,
}

/// Of nobody in particular.
#[derive(Debug, Deserialize)]
struct Anybody {}

/// Why something was not done, for a program.
#[derive(Debug, Serialize)]
struct Problem {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl Problem {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after: None }
    }
}

impl From<RoomsError> for Problem {
    fn from(error: RoomsError) -> Self {
        let message = error.to_string();
        match error {
            RoomsError::NotFound => Self::new("not-found", message),
            RoomsError::Forbidden(_) => Self::new("forbidden", message),
            RoomsError::BadMessage(_) | RoomsError::Bad(_) | RoomsError::BadCursor(_) => {
                Self::new("bad-request", message)
            }
            RoomsError::Limited(limited) => {
                Self { retry_after: Some(limited.retry_after.as_secs().max(1)), ..Self::new("too-many", message) }
            }
            RoomsError::NoRandomness(_) | RoomsError::Db(_) => {
                tracing::warn!(error = message, "something behind a room is away");
                Self::new("unavailable", "Something behind it is away. Nothing was lost: try again in a moment.")
            }
        }
    }
}

impl From<CannotWatch> for Problem {
    fn from(error: CannotWatch) -> Self {
        match error {
            CannotWatch::TooMany => Self::new("too-many", error.to_string()),
            CannotWatch::Studio(StudioError::Db(error)) => RoomsError::Db(error).into(),
            CannotWatch::Studio(_) => Self::new("not-found", "There is no such generation, or not for you."),
        }
    }
}

/// Something that is asked.
enum Asked {
    Enter(Enter),
    Leave(Of),
    Say(Say),
    Edit(Edit),
    Delete(Delete),
    React(React),
    Pin(Pin),
    Read(Read),
    Typing(Of),
    Watch(Watch),
    Unwatch(Unwatch),
    Contacts(Anybody),
}

impl Asked {
    /// Whether a token needs to be good for changing something.
    fn writes(&self) -> bool {
        !matches!(self, Self::Enter(_) | Self::Leave(_) | Self::Watch(_) | Self::Unwatch(_) | Self::Contacts(_))
    }
}

/// What somebody asks, or why it is nothing that can be asked.
struct Heard(Result<Asked, Problem>);

impl FromMessageParts<A> for Heard {
    type Error = ParserError;

    fn from_message_parts(
        socket: &Arc<Socket<A>>,
        told: &mut socketioxide::handler::Value,
        ack: &Option<i64>,
    ) -> Result<Self, ParserError> {
        /// What is told with an event, as one kind of question.
        macro_rules! told {
            ($kind:ident) => {{
                let Ok(TryData(told)) = TryData::from_message_parts(socket, told, ack);
                told.map(Asked::$kind).map_err(|error| Problem::new("bad-request", error.to_string()))
            }};
        }
        let Event(event) = Event::from_message_parts(socket, told, ack)?;
        Ok(Self(match &*event {
            "enter" => told!(Enter),
            "leave" => told!(Leave),
            "say" => told!(Say),
            "edit" => told!(Edit),
            "delete" => told!(Delete),
            "react" => told!(React),
            "pin" => told!(Pin),
            "read" => told!(Read),
            "typing" => told!(Typing),
            "watch" => told!(Watch),
            "unwatch" => told!(Unwatch),
            "contacts" => told!(Contacts),
            _ => Err(Problem::new("bad-request", "There is no such event.")),
        }))
    }
}

/// Answers whatever somebody asks, until they go. By one handler: each that a connection has takes room for as long as it lasts.
pub(super) fn listen(socket: &SocketRef<A>, live: &Arc<Live>, person: &Person) {
    let (asked_of, person) = (Arc::clone(live), person.clone());
    socket.on_fallback(move |socket: SocketRef<A>, Heard(asked): Heard, ack: AckSender<A>| {
        let (live, person) = (Arc::clone(&asked_of), person.clone());
        async move {
            let allowed = live.services.limits.admit_here(&ASKED, &socket.id.to_string());
            let answered = match asked {
                _ if allowed.is_err() => Err(Problem {
                    retry_after: Some(1),
                    ..Problem::new("too-many", "Too much at once. Wait a second and try again.")
                }),
                Ok(asked) if asked.writes() && !person.may_write => {
                    Err(Problem::new("forbidden", "This token may only read."))
                }
                Ok(asked) => answer(live, person, socket, asked).await,
                Err(problem) => Err(problem),
            };
            // Whoever is gone asks again.
            let _ = match answered {
                Ok(answer) => ack.send(&json!({ "ok": answer })),
                Err(problem) => ack.send(&json!({ "error": problem })),
            };
        }
    });
    let live = Arc::clone(live);
    socket.on_disconnect(move |socket: SocketRef<A>| {
        let live = Arc::clone(&live);
        async move {
            socket.extensions.remove::<Admitted>();
            let Some(person) = socket.extensions.get::<Person>() else { return };
            live.contacts.moved(person.user);
            let rooms = std::mem::take(&mut *person.rooms());
            for room in rooms {
                live.audience.leave(room);
                live.audience.presence.go(room, person.user, socket.id).await;
            }
        }
    });
}

/// Each kind takes as much room as it needs, and not as much as the largest.
fn answer(
    live: Arc<Live>,
    person: Person,
    socket: SocketRef<A>,
    asked: Asked,
) -> BoxFuture<'static, Result<Value, Problem>> {
    match asked {
        Asked::Enter(asked) => enter(live, person, socket, asked).boxed(),
        Asked::Leave(asked) => leave(live, person, socket, asked).map_ok(Value::from).boxed(),
        Asked::Say(asked) => say(live, person, asked).boxed(),
        Asked::Edit(asked) => edit(live, person, asked).map_ok(Value::from).boxed(),
        Asked::Delete(asked) => delete(live, person, asked).map_ok(Value::from).boxed(),
        Asked::React(asked) => react(live, person, asked).map_ok(Value::from).boxed(),
        Asked::Pin(asked) => pin(live, person, asked).map_ok(Value::from).boxed(),
        Asked::Read(asked) => read(live, person, asked).map_ok(Value::from).boxed(),
        Asked::Typing(asked) => typing(person, socket, asked).map_ok(Value::from).boxed(),
        Asked::Watch(asked) => watch(live, person, socket, asked).boxed(),
        Asked::Unwatch(Unwatch { generation }) => {
            Watched::leave(&socket, generation);
            ready(Ok(Value::Null)).boxed()
        }
        Asked::Contacts(Anybody {}) => contacts(live, person, socket).boxed(),
    }
}

async fn enter(live: Arc<Live>, person: Person, socket: SocketRef<A>, asked: Enter) -> Result<Value, Problem> {
    let (rooms, room, user) = (&live.services.rooms, asked.room, Some(person.user));
    let at = rooms.standing(user, room).await?.place.offset;
    let is_new = {
        let mut entered = person.rooms();
        if entered.len() >= ROOMS_MAX && !entered.contains(&room) {
            return Err(Problem::new("too-many", format!("One connection is in at most {ROOMS_MAX} rooms.")));
        }
        entered.insert(room)
    };
    if is_new {
        live.audience.enter(&socket, room, at);
    }
    // Listened first and read then: what happens in between is told twice rather than never. So is it with whoever is taken out in between.
    let since = rooms.since(user, room, asked.place).await;
    // Whoever has gone meanwhile was taken out of all rooms before they were in this one.
    if since.is_err() || !socket.connected() {
        go(&live, &person, &socket, room).await;
        return Err(since.err().map_or_else(|| Problem::new("unavailable", "The connection is gone."), Problem::from));
    }
    let (standing, missed) = since?;
    let presence = &live.audience.presence;
    presence.come(room, person.user, socket.id).await;
    let here = presence.users(room).await.unwrap_or_default();
    let mut answer =
        json!({ "role": standing.role, "place": standing.place, "read_to": standing.read_to, "here": here });
    match missed {
        Since::Entries(entries) => answer["entries"] = json!(entries),
        Since::Reload => answer["reload"] = json!(true),
    }
    Ok(answer)
}

async fn go(live: &Arc<Live>, person: &Person, socket: &SocketRef<A>, room: RoomId) {
    let was_there = person.rooms().remove(&room);
    if was_there {
        socket.leave(room_name(room));
        Watched::leave_room(socket, room);
        live.audience.leave(room);
        live.audience.presence.go(room, person.user, socket.id).await;
    }
}

async fn leave(live: Arc<Live>, person: Person, socket: SocketRef<A>, asked: Of) -> Result<(), Problem> {
    go(&live, &person, &socket, asked.room).await;
    Ok(())
}

async fn say(live: Arc<Live>, person: Person, asked: Say) -> Result<Value, Problem> {
    let Say { room, client_id, body, anchor, thread } = asked;
    let said = live.services.rooms.say(Some(person.user), room, Saying { client_id, body, anchor, thread }).await?;
    Ok(json!({ "id": said.id, "place": said.place }))
}

async fn edit(live: Arc<Live>, person: Person, asked: Edit) -> Result<(), Problem> {
    Ok(live.services.rooms.edit(Some(person.user), asked.room, asked.id, &asked.body).await?)
}

async fn delete(live: Arc<Live>, person: Person, asked: Delete) -> Result<(), Problem> {
    Ok(live.services.rooms.delete(Some(person.user), asked.room, asked.id).await?)
}

async fn react(live: Arc<Live>, person: Person, asked: React) -> Result<(), Problem> {
    Ok(live.services.rooms.react(Some(person.user), asked.room, asked.id, &asked.emoji, asked.on).await?)
}

async fn pin(live: Arc<Live>, person: Person, asked: Pin) -> Result<(), Problem> {
    Ok(live.services.rooms.pin(Some(person.user), asked.room, asked.id, asked.on).await?)
}

async fn read(live: Arc<Live>, person: Person, asked: Read) -> Result<(), Problem> {
    live.services.rooms.read(Some(person.user), asked.room, asked.offset).await?;
    Ok(())
}

/// Told to the others, on every instance, and written down nowhere.
async fn typing(person: Person, socket: SocketRef<A>, asked: Of) -> Result<(), Problem> {
    person.is_in(asked.room)?;
    let told = json!({ "room": asked.room, "user": person.user });
    // Nobody misses it.
    let _ = socket.to(room_name(asked.room)).emit("typing", &told).await;
    Ok(())
}

async fn watch(live: Arc<Live>, person: Person, socket: SocketRef<A>, asked: Watch) -> Result<Value, Problem> {
    let Watch { generation, after, html: is_drawn } = asked;
    let user = Some(person.user);
    let project = live.services.studio.generation(user, generation).await.map_err(CannotWatch::from)?.project;
    let room = live.services.rooms.of_project(user, project).await?.room;
    person.is_in(room)?;
    let watch = watched::Watch { room, generation, is_drawn };
    Ok(live.watched.watch(&socket, person.user, watch, after).await?)
}

async fn contacts(live: Arc<Live>, person: Person, socket: SocketRef<A>) -> Result<Value, Problem> {
    Ok(json!({ "contacts": live.contacts.ask(&socket, person.user).await? }))
}

impl Person {
    /// What is told of a room is told to those who are in it.
    fn is_in(&self, room: RoomId) -> Result<(), Problem> {
        let is_in = self.rooms().contains(&room);
        if is_in { Ok(()) } else { Err(Problem::new("not-found", "Enter the room first.")) }
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeSet<RoomId>> {
        self.rooms.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
