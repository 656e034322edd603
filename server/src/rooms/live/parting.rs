//! Letting somebody go: they are told why, and their connection is closed, even if they take nothing.

use std::time::Duration;

use serde_json::json;
use socketioxide::extract::SocketRef;

use super::{A, Reason};
use crate::tasks::Tasks;

/// How often it is tried again to close a connection whose reader takes nothing.
const AGAIN_EVERY: Duration = Duration::from_millis(250);

/// Lets people go.
#[derive(Clone)]
pub(super) struct Parting {
    tasks: Tasks,
}

impl Parting {
    pub(super) fn new(tasks: Tasks) -> Self {
        Self { tasks }
    }

    /// Says why, if they listen, and closes the connection.
    pub(super) fn part(&self, socket: &SocketRef<A>, reason: Reason) {
        // Whatever waits for them already still goes out, and nothing more is added.
        socket.leave_all();
        if say_out(socket, reason) {
            return;
        }
        let (socket, stop) = (socket.clone(), self.tasks.stop_token());
        // Whoever takes nothing cannot be told either. It ends by itself with the next sign of life that they do not answer.
        self.tasks.spawn("parting", async move {
            while socket.connected() && !say_out(&socket, reason) {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(AGAIN_EVERY) => {}
                }
            }
        });
    }
}

/// Says why, and that it is over; whether there was room for that.
fn say_out(socket: &SocketRef<A>, reason: Reason) -> bool {
    let _ = socket.emit("out", &json!({ "reason": reason }));
    socket.clone().disconnect().is_ok()
}
