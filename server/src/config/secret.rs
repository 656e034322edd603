//! The key that signs cookies.

use std::fmt;

use rand::TryRng;

use super::{BadConfig, Variables, bad};

const LEAST_BYTES: usize = 32;

/// `ATLAS9_SECRET`: at least 32 bytes. All instances share one; without it every start makes its own, and cookies of the last run are void.
#[derive(Clone)]
pub struct Secret {
    bytes: Vec<u8>,
    /// Whether it was made up at this start.
    pub is_temporary: bool,
}

impl Secret {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let takes = "it takes at least 32 characters that nobody can guess; `openssl rand -hex 32` makes them";
        match variables.text("ATLAS9_SECRET") {
            Some(text) if text.len() >= LEAST_BYTES => {
                Ok(Self { bytes: text.as_bytes().to_vec(), is_temporary: false })
            }
            Some(_) => Err(bad("ATLAS9_SECRET", "(too short)", takes)),
            None => Self::random().map_err(|_| bad("ATLAS9_SECRET", "(not set)", takes)),
        }
    }

    fn random() -> Result<Self, rand::rngs::SysError> {
        let mut bytes = vec![0; LEAST_BYTES];
        rand::rngs::SysRng.try_fill_bytes(&mut bytes)?;
        Ok(Self { bytes, is_temporary: true })
    }

    /// The key.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
