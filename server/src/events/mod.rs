//! What happens, told: signatures of webhooks.

mod signature;

pub use signature::{BadSignature, SigningSecret, TOLERANCE};
