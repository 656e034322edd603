//! Signatures of requests, as Pusher's HTTP API has them (https://pusher.com/docs/channels/library_auth_reference/rest-api/#authentication).

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;
use time::OffsetDateTime;

use crate::limits::hex;

/// The query of a POST: who signs, when, the hash of the body, and HMAC-SHA-256 over method, path and all of that. That the hash is MD5 is the API's
/// choice.
pub(super) fn signed_query(path: &str, body: &[u8], (key, secret): (&str, &str), now: OffsetDateTime) -> String {
    let (timestamp, hash) = (now.unix_timestamp(), hex(&Md5::digest(body)));
    // In the order of their names, which is that of the signature.
    let query = format!("auth_key={key}&auth_timestamp={timestamp}&auth_version=1.0&body_md5={hash}");
    let signature = sign(secret, &format!("POST\n{path}\n{query}"));
    format!("{query}&auth_signature={signature}")
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn sign(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the API's reference.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let body = br#"{"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"}"#;
        let now = OffsetDateTime::from_unix_timestamp(1_353_088_179).unwrap();
        let query = signed_query("/apps/3/events", body, ("278d425bdf160c739803", "7ad3773142a6692b25b8"), now);
        let [key, at, version, hash, signature] = [
            "auth_key=278d425bdf160c739803",
            "auth_timestamp=1353088179",
            "auth_version=1.0",
            "body_md5=ec365a775a4cd0599faeb73354201b6f",
            "auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c",
        ];
        assert_eq!(query, format!("{key}&{at}&{version}&{hash}&{signature}"));
    }
}
