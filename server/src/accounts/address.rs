//! Mail addresses: what was typed, and the form in which two spellings of one are equal.

use unicode_normalization::UnicodeNormalization;

/// The longest address, in bytes (RFC 5321, section 4.5.3.1.3, without the brackets).
const MAX_BYTES: usize = 254;

/// An address that mail can be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress {
    /// As typed, in Unicode's composed form, with an ASCII domain.
    pub address: String,
    /// In lower case, to compare. Mail never goes here: two different mailboxes may have keys that look alike.
    pub key: String,
}

/// What was typed is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Nothing.
    #[error("Type your mail address.")]
    Empty,
    /// It cannot be one.
    #[error("This is no mail address: it needs a name, an @ and a domain, such as you@example.com.")]
    Malformed,
    /// Nobody has one of that length.
    #[error("A mail address has at most {MAX_BYTES} characters.")]
    TooLong,
}

impl EmailAddress {
    /// Reads what a person typed. Letters of all scripts may stand on both sides of the `@` (RFC 6531); the domain becomes ASCII (IDNA).
    ///
    /// # Errors
    /// [`BadAddress`], in words for that person.
    pub fn parse(raw: &str) -> Result<Self, BadAddress> {
        let typed: String = raw.trim().nfc().collect();
        if typed.is_empty() {
            return Err(BadAddress::Empty);
        }
        if typed.len() > MAX_BYTES {
            return Err(BadAddress::TooLong);
        }
        let (local, domain) = typed.rsplit_once('@').ok_or(BadAddress::Malformed)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| BadAddress::Malformed)?;
        // A quoted name may hold spaces and more @; nobody has one, and each is a way to be misread.
        let plain =
            !local.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '@' | ',' | '<' | '>'));
        let address = format!("{local}@{domain}");
        if !plain || !domain.contains('.') || address.len() > MAX_BYTES || address.parse::<lettre::Address>().is_err() {
            return Err(BadAddress::Malformed);
        }
        Ok(Self { key: format!("{}@{domain}", local.to_lowercase()), address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(raw: &str) -> (String, String) {
        let email = EmailAddress::parse(raw).unwrap();
        (email.address, email.key)
    }

    #[test]
    fn addresses_of_all_scripts_are_taken_and_compared_by_one_form() {
        assert_eq!(parsed(" You@Example.COM "), ("You@example.com".into(), "you@example.com".into()));
        assert_eq!(
            parsed("zoë@bücher.example"),
            ("zoë@xn--bcher-kva.example".into(), "zoë@xn--bcher-kva.example".into())
        );
        assert_eq!(parsed("zoe\u{308}@bücher.example").1, parsed("ZOË@BÜCHER.example").1);
        assert_eq!(parsed("用户@例子.example").0, "用户@xn--fsqu00a.example");
        assert_eq!(parsed("a+tag@b.example").1, "a+tag@b.example");
    }

    /// A dotless ı must not become an i: then whoever has the one mailbox could ask for the password of the other.
    #[test]
    fn letters_that_only_look_alike_stay_different() {
        assert_ne!(parsed("mıke@b.example").1, parsed("mike@b.example").1);
        assert_ne!(parsed("ﬁona@b.example").1, parsed("fiona@b.example").1);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "  ",
            "you",
            "you@",
            "@b.example",
            "a@b",
            "a b@c.example",
            "a@b@c.example",
            "\"a b\"@c.example",
            "a@b.example\r\nBcc: c@d.example",
            "a@b.example, c@d.example",
            "<a@b.example>",
            "a@-b.example",
            "a@b..example",
            "a\u{0}@b.example",
            &format!("{}@b.example", "a".repeat(300)),
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
    }
}
