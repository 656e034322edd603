//! Passwords: which are good enough, and their slow hashes, made off the async threads and few at a time.

use std::{fmt, sync::Arc, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::clock::{Clock, NoRandomness};

/// The shortest and longest password, in characters and bytes. The upper bound only keeps somebody from sending a book.
pub const PASSWORD_MIN_CHARS: usize = 10;
const PASSWORD_MAX_BYTES: usize = 1_024;
/// How much of a password its strength is judged by; longer ones are strong or mere repetition either way.
const JUDGED_CHARS: usize = 72;
/// Of 0 to 4: below 3 a password can be guessed with the means of one person (zxcvbn's scale).
const LEAST_STRENGTH: zxcvbn::Score = zxcvbn::Score::Three;

/// Memory in KiB, passes and lanes: OWASP's first recommendation for argon2id (Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashing takes a core for tens of milliseconds, so that only this many run at once and the other cores answer requests.
fn turns() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1))
}
/// Whoever waits longer than this for a turn is told to come back.
const WAIT_AT_MOST: Duration = Duration::from_secs(8);
/// More than this do not even wait.
const WAITING_MAX: usize = 128;

/// A password as typed, in Unicode's composed form (RFC 8265, OpaqueString), so that it is the same from every keyboard.
#[derive(Clone)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Why a password will not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Nothing was typed.
    #[error("Type a password.")]
    Empty,
    /// Too short.
    #[error("Too short: use at least {PASSWORD_MIN_CHARS} characters. A few unrelated words do well.")]
    TooShort,
    /// Too long.
    #[error("Too long: a password has at most {PASSWORD_MAX_BYTES} bytes.")]
    TooLong,
    /// It can be guessed.
    #[error("Too easy to guess. {0}")]
    Weak(String),
}

/// Hashing could not be done.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// Too many are waiting for it.
    #[error("too many sign-ins at once")]
    Busy,
    /// There is no salt without.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The library refused.
    #[error("hashing failed: {0}")]
    Failed(String),
}

impl Password {
    /// Takes what was typed, to be compared with a hash.
    ///
    /// # Errors
    /// [`BadPassword::Empty`] and [`BadPassword::TooLong`].
    pub fn parse(typed: &str) -> Result<Self, BadPassword> {
        match typed.len() {
            0 => Err(BadPassword::Empty),
            bytes if bytes > PASSWORD_MAX_BYTES => Err(BadPassword::TooLong),
            _ => Ok(Self(typed.nfc().collect())),
        }
    }

    /// Takes what was typed as a new password. Whether it can be guessed is judged where it is hashed; what is plainly too short is refused
    /// at once, and is no try that counts.
    ///
    /// # Errors
    /// Those of [`Password::parse`], and [`BadPassword::TooShort`].
    pub fn parse_new(typed: &str) -> Result<Self, BadPassword> {
        let password = Self::parse(typed)?;
        if password.is_short() { Err(BadPassword::TooShort) } else { Ok(password) }
    }

    fn is_short(&self) -> bool {
        self.0.chars().count() < PASSWORD_MIN_CHARS
    }
}

/// Makes and checks hashes.
#[derive(Clone)]
pub(super) struct Hasher {
    clock: Clock,
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// The hash of no password, so that an account that does not exist takes as long as one that does.
    nobody: Arc<str>,
}

impl Hasher {
    /// # Errors
    /// [`HashingError`] when the library does not take our parameters.
    pub(super) fn new(clock: Clock) -> Result<Self, HashingError> {
        let nobody = hash(&clock.new_secret()?, &clock.new_secret()?)?;
        Ok(Self {
            clock,
            turns: Arc::new(Semaphore::new(turns())),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            nobody: nobody.into(),
        })
    }

    /// The hash of a new password, as a PHC string; or what is wrong with the password. `known` are words that whoever knows the person
    /// would try first.
    pub(super) async fn make(
        &self,
        password: Password,
        known: Vec<String>,
    ) -> Result<Result<String, BadPassword>, HashingError> {
        let salt = self.clock.new_secret()?;
        self.in_turn(move || match judge(&password, &known) {
            Ok(()) => hash(password.0.as_bytes(), &salt[..16]).map(Ok),
            Err(bad) => Ok(Err(bad)),
        })
        .await
    }

    /// Whether the password is the one of the hash. Without a hash it is not, after the same time.
    pub(super) async fn matches(&self, password: Password, stored: Option<String>) -> Result<bool, HashingError> {
        let nobody = Arc::clone(&self.nobody);
        self.in_turn(move || {
            let exists = stored.is_some();
            let text = stored.as_deref().unwrap_or(&nobody);
            let stored = PasswordHash::new(text).map_err(|e| HashingError::Failed(e.to_string()))?;
            let same = Argon2::default().verify_password(password.0.as_bytes(), &stored).is_ok();
            Ok(same && exists)
        })
        .await
    }

    /// Runs slow work on a thread that may be slow, when it is its turn.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        let _place = self.waiting.try_acquire().map_err(|_| HashingError::Busy)?;
        let turn = tokio::time::timeout(WAIT_AT_MOST, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| HashingError::Busy)?.map_err(|_| HashingError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            // Held here, so that a caller who leaves does not let another one in beside the work.
            let _turn = turn;
            work()
        });
        done.await.map_err(|e| HashingError::Failed(e.to_string()))?
    }
}

fn hash(password: &[u8], salt: &[u8]) -> Result<String, HashingError> {
    use argon2::password_hash::CustomizedPasswordHasher as _;
    let failed = |reason: String| HashingError::Failed(reason);
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|e| failed(e.to_string()))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    argon2
        .hash_password_with_params(password, salt, params)
        .map(|hash| hash.to_string())
        .map_err(|e| failed(e.to_string()))
}

/// Whether a new password is long and unlikely enough (NIST SP 800-63B asks for length and a check against what is commonly used, and
/// against rules of composition; zxcvbn does both of the former).
fn judge(password: &Password, known: &[String]) -> Result<(), BadPassword> {
    if password.is_short() {
        return Err(BadPassword::TooShort);
    }
    let judged: String = password.0.chars().take(JUDGED_CHARS).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).chain(["atlas9", "atlas"]).collect();
    // Marks between words that are known hide them from the estimate, and from nobody else.
    let bare: String = judged.chars().filter(|c| c.is_alphanumeric()).collect();
    let estimates = [zxcvbn::zxcvbn(&judged, &known), zxcvbn::zxcvbn(&bare, &known)];
    let Some(entropy) = estimates.into_iter().min_by_key(zxcvbn::Entropy::score) else { return Ok(()) };
    if entropy.score() >= LEAST_STRENGTH {
        return Ok(());
    }
    let advice = entropy.feedback().map(|feedback| {
        let warning = feedback.warning().map(|warning| warning.to_string());
        let next = feedback.suggestions().first().map(ToString::to_string);
        warning.into_iter().chain(next).collect::<Vec<_>>().join(" ")
    });
    Err(BadPassword::Weak(
        advice.filter(|words| !words.is_empty()).unwrap_or_else(|| "Add another word or two.".to_owned()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(typed: &str, known: &[&str]) -> Result<(), BadPassword> {
        judge(&Password::parse(typed)?, &known.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn weak_and_huge_passwords_are_refused_with_advice() {
        assert_eq!(judged("", &[]), Err(BadPassword::Empty));
        assert_eq!(judged("short", &[]), Err(BadPassword::TooShort));
        assert_eq!(judged(&"long".repeat(1_000), &[]), Err(BadPassword::TooLong));
        for weak in ["password123", "1234567890", "qwertyuiop", "aaaaaaaaaaaa", "atlas9atlas9"] {
            assert!(matches!(judged(weak, &[]), Err(BadPassword::Weak(_))), "{weak}");
        }
        assert!(matches!(judged("maria.keller", &["maria", "keller"]), Err(BadPassword::Weak(_))));
        for good in
            ["copper lantern drifts", "Übermorgen regnet es Kröten", "これはとても長い合言葉です", "vK3#tq9!zRw2"]
        {
            assert_eq!(judged(good, &[]), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_password_as_long_as_a_page_is_taken() {
        let words: String = "copper lantern drifts over ".chars().cycle().take(PASSWORD_MAX_BYTES).collect();
        assert_eq!(judged(&words, &[]), Ok(()));
        assert_eq!(judged(&format!("{words}!"), &[]), Err(BadPassword::TooLong));
    }

    #[tokio::test]
    async fn a_hash_knows_its_password_whichever_keyboard_typed_it() {
        let hasher = Hasher::new(Clock::system()).unwrap();
        let typed = |text: &str| Password::parse(text).unwrap();
        let stored = hasher.make(typed("grüne Tomaten reifen"), Vec::new()).await.unwrap().unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(hasher.matches(typed("gru\u{308}ne Tomaten reifen"), Some(stored.clone())).await.unwrap());
        assert!(!hasher.matches(typed("grüne Tomaten reifeN"), Some(stored)).await.unwrap());
        assert!(!hasher.matches(typed("anything at all"), None).await.unwrap());
    }
}
