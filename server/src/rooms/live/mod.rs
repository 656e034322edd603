//! Rooms over socket.io: what `docs/realtime.md` says. Handlers only read what was sent and answer what the domain said; what happens is told by
//! [`audience`], from the log.

mod asked;
mod audience;
mod connections;
mod contacts;
mod driver;
mod lane;
mod notices;
mod parting;
mod polls;
mod presence;
mod watched;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::{extract::Request, http::HeaderMap, middleware::Next, response::Response};
use model::{RoomId, Scope, UserId};
use serde::{Deserialize, Serialize};
use socketioxide::{
    ParserConfig, SocketIo,
    adapter::Emitter,
    extract::{SocketRef, TryData},
    handler::ConnectHandler,
    layer::SocketIoLayer,
};
use socketioxide_redis::{CustomRedisAdapter, RedisAdapterConfig, RedisAdapterCtr};
use tokio::runtime::Handle;
use tower::layer::util::Stack;

use audience::Audience;
use connections::{Admitted, Connections};
use contacts::Contacts;
use driver::BusDriver;
pub use lane::{InLane, Lane};
use parting::Parting;
use polls::Polls;
use presence::Presence;
use watched::Watched;
pub use watched::{Draw, Drawing, Drawn};

use crate::{
    accounts::{Bearer, Endings, Pass, Visitor},
    http::{Caller, RouteName, is_of_own_page},
    services::Services,
    tasks::Tasks,
};

/// Where socket.io answers.
const PATH: &str = "/socket.io";
/// Where rooms are.
pub(super) const NAMESPACE: &str = "/rooms";
/// The most bytes of a packet.
const PACKET_MAX: usize = 64 << 10;
/// What is read at once: packets are short, and each connection holds room for this.
const READ_BYTES: usize = 512;
/// Packets that wait for somebody who reads slowly.
const WAITING_MAX: usize = 256;
/// How often it is asked whether anybody is there, and how long an answer may take.
const PING_EVERY: Duration = Duration::from_secs(25);
const PONG_WITHIN: Duration = Duration::from_secs(20);
/// How long somebody may take to say who they are.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Binary parts of a packet: nothing here has any.
const BINARIES_MAX: usize = 0;
/// How often it is looked whether sessions and tokens have ended, as messages of that may be lost; and of how many at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOOKED_AT: usize = 1_000;

/// How instances tell each other of what stands in no log.
pub(super) type A = CustomRedisAdapter<Emitter, BusDriver>;

/// Who is at the other end.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// Who.
    pub(super) user: UserId,
    /// What let them in.
    pub(super) pass: Pass,
    /// Whether they may change something.
    pub(super) may_write: bool,
    /// The rooms they are in.
    pub(super) rooms: Arc<std::sync::Mutex<BTreeSet<RoomId>>>,
}

/// Why somebody is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reason {
    SignedOut,
    TakenOut,
    TooSlow,
    LogLost,
    Restarting,
}

/// What a program shows.
#[derive(Debug, Default, Deserialize)]
struct Shown {
    token: Option<String>,
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("{{\"code\":\"not-signed-in\"}}")]
    NotSignedIn,
    #[error("{{\"code\":\"wrong-origin\"}}")]
    WrongOrigin,
    #[error("{{\"code\":\"too-many\"}}")]
    TooMany,
    #[error("{{\"code\":\"unavailable\"}}")]
    Unavailable,
}

/// What handlers work with. Each connection has a dozen of them: they share it.
struct Live {
    services: Services,
    audience: Audience,
    watched: Watched,
    connections: Connections,
    contacts: Contacts,
}

/// The layer in front of the router that answers `/socket.io/`. `draw` is how pages show
/// what is made. It is closed with the program's tasks.
pub async fn layer(services: &Services, draw: Draw, lane: &Lane) -> Stack<Stack<SocketIoLayer<A>, Polls>, Lane> {
    let adapter = RedisAdapterCtr::new_with_driver(
        BusDriver::new(services.bus.clone(), services.tasks.clone()),
        RedisAdapterConfig::new().with_prefix("atlas9:socket.io"),
    );
    let (layer, io) = SocketIo::builder()
        .with_adapter::<A>(adapter)
        .max_payload(PACKET_MAX as u64)
        .ws_max_message_size(PACKET_MAX)
        .ws_read_buffer_size(READ_BYTES)
        .ws_max_frame_size(PACKET_MAX)
        .max_buffer_size(WAITING_MAX)
        .with_parser(ParserConfig::common().max_incoming_binaries(BINARIES_MAX))
        .ping_interval(PING_EVERY)
        .ping_timeout(PONG_WITHIN)
        .connect_timeout(CONNECT_WITHIN)
        .build_layer();
    let parting = Parting::new(services.tasks.clone());
    let connections = Connections::default();
    let contacts = Contacts::start(services.rooms.clone(), io.clone(), services.tasks.clone(), connections.clone());
    let live = Arc::new(Live {
        services: services.clone(),
        watched: Watched::new(
            services.studio.clone(),
            io.clone(),
            services.tasks.clone(),
            draw,
            parting.clone(),
            // Drawing takes a while, and what people say does not wait for it.
            Handle::current(),
        ),
        audience: Audience::new(
            services.rooms.clone(),
            Presence::new(services.bus.clone(), services.clock.clone()),
            io.clone(),
            services.tasks.clone(),
            parting,
        ),
        connections,
        contacts,
    });
    let door = Arc::clone(&live);
    let let_in = move |socket: SocketRef<A>, TryData(shown): TryData<Option<Shown>>| {
        let live = Arc::clone(&door);
        async move { live.let_in(&socket, shown.ok().flatten().unwrap_or_default()).await }
    };
    // Whoever is told that they are in asks at once: by then everything is listened to, and nothing is left to be done.
    let on_connect = |_: SocketRef<A>| std::future::ready(());
    // The adapter never fails: it says nothing of Redis, which may be away.
    let _ = io.ns(NAMESPACE, on_connect.with(let_in)).await;
    let (watch, stop) = (Arc::clone(&live), services.tasks.clone());
    services.tasks.keep("endings", move || Arc::clone(&watch).part_with_ended(stop.clone()));
    let (notices, told, tasks) = (services.notices.clone(), io.clone(), services.tasks.clone());
    services.tasks.keep("notices", move || notices::keep_telling(notices.clone(), told.clone(), tasks.clone()));
    let stop = services.tasks.stop_token();
    services.tasks.spawn("socket.io", async move {
        stop.cancelled().await;
        live.audience.close().await;
    });
    Stack::new(Stack::new(layer, Polls::new(services.tasks.clone())), lane.clone())
}

impl Live {
    /// Finds out who somebody is, and listens to them.
    async fn let_in(self: &Arc<Self>, socket: &SocketRef<A>, shown: Shown) -> Result<(), Refused> {
        let headers = &socket.req_parts().headers;
        let person = match shown.token {
            Some(token) => by_token(&self.services, &token).await?,
            None => by_cookie(&self.services, headers).await?,
        };
        let admitted: Admitted = self.connections.admit(person.user).ok_or(Refused::TooMany)?;
        socket.extensions.insert(admitted);
        self.contacts.moved(person.user);
        socket.extensions.insert(person.clone());
        asked::listen(socket, self, &person);
        Ok(())
    }

    /// Lets everybody go whose session or token has ended, until the program stops.
    async fn part_with_ended(self: Arc<Self>, tasks: Tasks) {
        let mut endings = self.services.accounts.endings();
        let (mut look, mut turn) = (tokio::time::interval(LOOK_EVERY), 0);
        loop {
            let told = tokio::select! {
                () = tasks.stopping() => return,
                told = endings.next() => told,
                _ = look.tick() => None,
            };
            let mut passes = self.audience.passes();
            match told {
                Some(ids) => passes.retain(|pass| Endings::concerns(&ids, *pass)),
                None => {
                    let from = turn.min(passes.len());
                    passes.rotate_left(from);
                    turn = if turn + LOOKED_AT < passes.len() { turn + LOOKED_AT } else { 0 };
                    passes.truncate(LOOKED_AT);
                }
            }
            if passes.is_empty() {
                continue;
            }
            match self.services.accounts.still_open(&passes).await {
                Ok(open) => {
                    let ended = |person: &Person| passes.contains(&person.pass) && !open.contains(&person.pass);
                    if open.len() < passes.len() {
                        self.audience.part_with(Reason::SignedOut, ended);
                    }
                }
                Err(error) => tracing::debug!(%error, "who is let in still cannot be told right now"),
            }
        }
    }
}

/// Counts whatever is asked here under one name.
pub async fn name_route(request: Request, next: Next) -> Response {
    let is_live = request.uri().path().starts_with(PATH);
    let mut response = next.run(request).await;
    if is_live {
        response.extensions_mut().insert(RouteName(PATH));
    }
    response
}

async fn by_cookie(services: &Services, headers: &HeaderMap) -> Result<Person, Refused> {
    if !is_of_own_page(headers, &services.config.site()) {
        return Err(Refused::WrongOrigin);
    }
    match Caller::of(headers, services).await {
        Ok(Caller::Browser(Visitor { user, session, .. })) => {
            Ok(Person { user, pass: Pass::Session(session), may_write: true, rooms: Arc::default() })
        }
        Ok(_) => Err(Refused::NotSignedIn),
        Err(_) => Err(Refused::Unavailable),
    }
}

async fn by_token(services: &Services, token: &str) -> Result<Person, Refused> {
    let known = services.accounts.identify_token(token).await.map_err(|_| Refused::Unavailable)?;
    let Bearer { token, user, scopes } = known.ok_or(Refused::NotSignedIn)?;
    let may_write = scopes.contains(&Scope::Write);
    Ok(Person { user, pass: Pass::Token(token), may_write, rooms: Arc::default() })
}

pub(super) fn room_name(room: RoomId) -> String {
    format!("room:{room}")
}
