//! What is pushed, so that none but the browser can read it (RFC 8291): `aes128gcm` (RFC 8188) under a key that follows from the browser's, from one
//! that we make for this message alone, and from a secret that only the browser and we know.

use aes_gcm::{AeadInOut, Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use p256::{PublicKey, SecretKey, elliptic_curve::sec1::ToSec1Point};
use sha2::Sha256;

use super::subscription::Subscription;

/// The longest text, in bytes: push services take 4,096, of which the head has 86, the end of the text one and the cipher's tag 16.
pub const TEXT_MAX_BYTES: usize = 3_993;
const HEAD_BYTES: usize = 86;
const TAG_BYTES: usize = 16;
/// All of it is one record.
const RECORD_BYTES: u32 = 4_096;
/// What comes after the text of the last record, before the padding.
const END: u8 = 2;
/// Texts are padded to a multiple of this: a few lengths for all of them say little of what is in them.
const STEP_BYTES: usize = 1_024;

/// Why nothing can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    /// It does not fit.
    #[error("a message has at most {TEXT_MAX_BYTES} bytes")]
    TooLong,
    /// What the browser gave as its key is none.
    #[error("the browser's key is no point of the curve P-256")]
    BadKey,
    /// The cipher refuses it. It has no reason to.
    #[error("the message cannot be encrypted")]
    Unencrypted,
}

/// The body of a message. The key and the salt are for this one alone: two messages under the same give both away.
pub(super) fn encrypt(
    to: &Subscription,
    ephemeral: &SecretKey,
    salt: &[u8; 16],
    text: &[u8],
) -> Result<Vec<u8>, BadMessage> {
    if text.len() > TEXT_MAX_BYTES {
        return Err(BadMessage::TooLong);
    }
    let mut record = [text, &[END]].concat();
    record.resize(record.len().next_multiple_of(STEP_BYTES).min(TEXT_MAX_BYTES + 1), 0);
    seal(to, ephemeral, salt, record)
}

/// Encrypts a record: a text, its end, and any padding.
fn seal(to: &Subscription, ephemeral: &SecretKey, salt: &[u8; 16], mut record: Vec<u8>) -> Result<Vec<u8>, BadMessage> {
    let theirs = PublicKey::from_sec1_bytes(&to.p256dh).map_err(|_| BadMessage::BadKey)?;
    let ours = ephemeral.public_key().to_sec1_point(false);
    let shared = ephemeral.diffie_hellman(&theirs);
    let hkdf = Hkdf::<Sha256>::new(Some(to.auth.as_slice()), shared.raw_secret_bytes());
    let secret: [u8; 32] = expand(&hkdf, &[b"WebPush: info\0".as_slice(), &to.p256dh, ours.as_bytes()])?;
    let hkdf = Hkdf::<Sha256>::new(Some(salt.as_slice()), &secret);
    let key: [u8; 16] = expand(&hkdf, &[b"Content-Encoding: aes128gcm\0".as_slice()])?;
    let nonce: [u8; 12] = expand(&hkdf, &[b"Content-Encoding: nonce\0".as_slice()])?;

    let mut body = Vec::with_capacity(HEAD_BYTES + record.len() + TAG_BYTES);
    body.extend_from_slice(salt);
    body.extend_from_slice(&RECORD_BYTES.to_be_bytes());
    // How long our key is, and the key.
    body.push(65);
    body.extend_from_slice(ours.as_bytes());
    let cipher = Aes128Gcm::new(&key.into());
    cipher.encrypt_in_place(&nonce.into(), b"", &mut record).map_err(|_| BadMessage::Unencrypted)?;
    body.extend_from_slice(&record);
    Ok(body)
}

fn expand<const N: usize>(hkdf: &Hkdf<Sha256>, info: &[&[u8]]) -> Result<[u8; N], BadMessage> {
    let mut bytes = [0; N];
    hkdf.expand_multi_info(info, &mut bytes).map_err(|_| BadMessage::Unencrypted)?;
    Ok(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    /// The example of RFC 8291, section 5 and appendix A.
    const TEXT: &[u8] = b"When I grow up, I want to be a watermelon";
    const THEIR_SECRET: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    const THEIR_KEY: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
    const OUR_SECRET: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    const SALT: &str = "DGv6ra1nlYgDCS1FRnbzlw";
    const BODY: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS\
                        6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxs\
                        j_Qulcy4a-fN";

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
    }

    fn secret(text: &str) -> SecretKey {
        SecretKey::from_slice(&bytes::<32>(text)).unwrap()
    }

    /// The browser of the example, and how it is reached.
    pub(in crate::push) fn browser(endpoint: &str) -> (SecretKey, Subscription) {
        let subscription =
            Subscription { endpoint: endpoint.parse().unwrap(), p256dh: bytes(THEIR_KEY), auth: bytes(AUTH) };
        (secret(THEIR_SECRET), subscription)
    }

    /// What a browser makes of a body.
    pub(in crate::push) fn decrypt(theirs: &SecretKey, auth: &[u8; 16], body: &[u8]) -> Vec<u8> {
        let (head, sealed) = body.split_at(HEAD_BYTES);
        assert_eq!(head[16..21], [0, 0, 16, 0, 65]);
        let (salt, ours) = (&head[..16], &head[21..]);
        let shared = theirs.diffie_hellman(&PublicKey::from_sec1_bytes(ours).unwrap());
        let hkdf = Hkdf::<Sha256>::new(Some(auth.as_slice()), shared.raw_secret_bytes());
        let their_key = theirs.public_key().to_sec1_point(false);
        let info = [b"WebPush: info\0".as_slice(), their_key.as_bytes(), ours].concat();
        let mut secret = [0; 32];
        hkdf.expand(&info, &mut secret).unwrap();
        let hkdf = Hkdf::<Sha256>::new(Some(salt), &secret);
        let (mut key, mut nonce) = ([0; 16], [0; 12]);
        hkdf.expand(b"Content-Encoding: aes128gcm\0", &mut key).unwrap();
        hkdf.expand(b"Content-Encoding: nonce\0", &mut nonce).unwrap();
        let mut record = sealed.to_vec();
        Aes128Gcm::new(&key.into()).decrypt_in_place(&nonce.into(), b"", &mut record).unwrap();
        let end = record.iter().rposition(|byte| *byte != 0).unwrap();
        assert_eq!(record[end], 2);
        record.truncate(end);
        record
    }

    #[test]
    fn the_example_of_the_standard_comes_out_byte_by_byte() {
        let (theirs, to) = browser("https://push.example/abc");
        assert_eq!(theirs.public_key().to_sec1_point(false).as_bytes(), to.p256dh);
        let body = seal(&to, &secret(OUR_SECRET), &bytes(SALT), [TEXT, &[END]].concat()).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(&body), BODY);
        assert_eq!(decrypt(&theirs, &to.auth, &body), TEXT);
    }

    #[test]
    fn the_browser_reads_what_was_written_and_its_length_says_little() {
        let (theirs, to) = browser("https://push.example/abc");
        for (length, padded) in [(0, 1_024), (1, 1_024), (1_023, 1_024), (1_024, 2_048), (3_071, 3_072), (3_993, 3_994)]
        {
            let text = vec![b'x'; length];
            let body = encrypt(&to, &secret(OUR_SECRET), &bytes(SALT), &text).unwrap();
            assert_eq!(body.len(), HEAD_BYTES + padded + TAG_BYTES, "{length}");
            assert_eq!(decrypt(&theirs, &to.auth, &body), text, "{length}");
        }
        // Zeros at the end are the text's own.
        let body = encrypt(&to, &secret(OUR_SECRET), &bytes(SALT), &[1, 0, 0]).unwrap();
        assert_eq!(decrypt(&theirs, &to.auth, &body), [1, 0, 0]);
    }

    #[test]
    fn what_does_not_fit_and_what_is_no_key_is_refused() {
        let (_, mut to) = browser("https://push.example/abc");
        let encrypt = |to: &Subscription, length| {
            encrypt(to, &secret(OUR_SECRET), &bytes(SALT), &vec![b'x'; length]).map(|body| body.len())
        };
        assert_eq!(encrypt(&to, TEXT_MAX_BYTES), Ok(4_096));
        assert_eq!(encrypt(&to, TEXT_MAX_BYTES + 1), Err(BadMessage::TooLong));
        to.p256dh[64] ^= 1;
        assert_eq!(encrypt(&to, 1), Err(BadMessage::BadKey));
    }
}
