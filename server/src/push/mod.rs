//! Web push: a browser shows a notification also when no page of ours is open (RFC 8030), without any service of our own or an account at one.
//!
//! A browser that may tell its person of us gives a [`Subscription`]: an address at the service of whoever made the browser, and keys of its own.
//! [`Push`] posts there. The service learns when, and about how much, but not what: only the browser can read it (RFC 8291). It knows us by a key
//! (VAPID, RFC 8292) that follows from the program's secret, so that all instances have the same one and nothing needs to be stored. Another secret
//! is another key, under which no earlier subscription counts: browsers have to subscribe anew.
//!
//! The address comes from a stranger, and is reached as those of webhooks are: never inside the house. It is also all that it takes to reach the
//! browser, and so a secret: none but its host belongs in a log.

mod keys;
mod message;
mod sender;
mod subscription;

pub use keys::{KeyError, Keys};
pub use message::{BadMessage, TEXT_MAX_BYTES};
pub use sender::{NoPush, Push, PushError, Sent, Urgency};
pub use subscription::{BadSubscription, ENDPOINT_MAX_CHARS, Subscription};
