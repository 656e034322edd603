//! Telling whoever is connected that there is a notice for them.

use std::collections::BTreeSet;

use model::UserId;
use serde_json::json;
use socketioxide::SocketIo;
use tokio::sync::broadcast::error::RecvError;

use super::{A, NAMESPACE, Person};
use crate::{
    notices::{Notices, told_of},
    tasks::Tasks,
};

/// Tells everybody here for whom there is one, until the program stops. What is lost on the way stands in the list all the same.
pub(super) async fn keep_telling(notices: Notices, io: SocketIo<A>, tasks: Tasks) {
    let mut told = notices.listen();
    loop {
        let message = tokio::select! {
            () = tasks.stopping() => return,
            message = told.recv() => message,
        };
        match message {
            Ok(message) => tell(&io, &told_of(&message)),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

fn tell(io: &SocketIo<A>, users: &BTreeSet<UserId>) {
    let Some(all) = io.of(NAMESPACE) else { return };
    for socket in all.local().sockets() {
        if socket.extensions.get::<Person>().is_some_and(|person| users.contains(&person.user)) {
            let _ = socket.emit("notice", &json!({}));
        }
    }
}
