//! What happens, told: signatures of webhooks, webhooks of others and whether they were seen before.

mod dedup;
mod inbound;
mod signature;

pub use dedup::{Claim, Dedup, REMEMBERED, Seen};
pub use inbound::{
    BySource, Consumed, HOOK_BODY_MAX, HookConsumer, HookError, HookHeaders, HookMetrics, Hooks, NoteHooks,
    ReceivedHook, Taken,
};
pub use signature::{BadSignature, SigningSecret, TOLERANCE};
