//! Signatures of webhooks that come in: three lines for id, time and signatures, and the body after them.
#![no_main]

use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use server::events::SigningSecret;

fuzz_target!(|bytes: &[u8]| {
    let secret = SigningSecret::new([7; 32]);
    let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
    let mut next = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (id, time, signatures, body) = (next(), next(), next(), next());
    let _ = SigningSecret::parse(&signatures);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    if secret.verify(&id, &time, &signatures, body.as_bytes(), now.into()).is_ok() {
        let at = time.parse().expect("a time that was believed is a number");
        assert!(signatures.contains(&secret.sign(&id, at, body.as_bytes())));
    }
});
