//! What pages say of people.

/// A word that stands for one of several choices, in the database, in forms and in JSON alike.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// Every choice.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|choice| choice.as_str() == text).ok_or_else(|| {
                    format!("\"{}\" is none of: {}", text.chars().take(40).collect::<String>(), [$($word),+].join(", "))
                })
            }
        }
    };
}

pub(crate) use words;

words! {
    /// Whether somebody can come back from another browser.
    UserKind {
        /// Known by one browser's cookie only.
        Guest = "guest",
        /// Has an address and a password.
        Member = "member",
    }
}

words! {
    /// What somebody may do beyond their own things.
    Role {
        /// Nothing.
        Member = "member",
        /// Look after the whole installation.
        Admin = "admin",
    }
}

words! {
    /// Light or dark.
    Theme {
        /// As the device says.
        System = "system",
        /// Always light.
        Light = "light",
        /// Always dark.
        Dark = "dark",
    }
}

words! {
    /// What an API token may be used for.
    Scope {
        /// To look at what its owner can see.
        Read = "read",
        /// To make and change what is its owner's.
        Write = "write",
    }
}

/// The longest address of a local page that is kept.
const LOCAL_PATH_MAX_BYTES: usize = 500;

/// A page of this site to go to next. An address of another site, however it is written, is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// The page that `text` names, if it is one of this site: it begins with one slash, and neither a second slash nor a backslash
    /// (which browsers read as a slash) follows, and no browser would drop characters from it.
    pub fn parse(text: &str) -> Option<Self> {
        let path = text.strip_prefix('/')?;
        let plain = text.len() <= LOCAL_PATH_MAX_BYTES
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'`'));
        (plain && !path.starts_with('/')).then(|| Self(text.to_owned()))
    }

    /// The path, with query and fragment when it has some.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_site_are_local() {
        for good in ["/", "/projects", "/projects?cursor=a&limit=3", "/settings#devices", "/p/a%20b"] {
            assert_eq!(LocalPath::parse(good).as_ref().map(LocalPath::as_str), Some(good));
        }
        for bad in [
            "",
            "projects",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            " /x",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\r\nSet-Cookie: x=y",
            "/é",
            &format!("/{}", "x".repeat(LOCAL_PATH_MAX_BYTES)),
        ] {
            assert_eq!(LocalPath::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn choices_read_back_from_their_words() {
        assert_eq!("dark".parse(), Ok(Theme::Dark));
        assert!("<script>".parse::<Role>().unwrap_err().contains("member, admin"));
        assert_eq!(serde_json::to_string(&UserKind::Guest).ok().as_deref(), Some("\"guest\""));
    }
}
