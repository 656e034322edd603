//! What notices say.

use model::{ProjectId, RoomId};
use serde::{Deserialize, Serialize};

use crate::rooms::room_page;

/// The kind of a letter with everything that is new.
pub const NOTICES_LETTER: &str = "notices";
/// Notices in one letter.
const IN_LETTER: usize = 20;

/// What a notice tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum About {
    /// Something was said in a room.
    Room {
        /// Where.
        room: RoomId,
        /// Of which project; of none where two talk alone.
        #[serde(default)]
        project: Option<ProjectId>,
        /// What the project, or the other of the two, is called.
        name: String,
        /// How much of it they have not seen, counted to a hundred.
        said: u32,
        /// How much of that names them or answers them.
        named: u32,
        /// Who said the last of it.
        by: Option<String>,
        /// How that begins.
        excerpt: String,
    },
    /// Whatever else, in its own words.
    Words {
        /// In one line.
        title: String,
        /// What happened.
        text: String,
        /// Where there is more of it.
        href: String,
    },
}

impl About {
    /// In one line.
    pub fn title(&self) -> String {
        match self {
            Self::Room { name, named: 1.., .. } => format!("{name}: you are spoken to"),
            Self::Room { name, said: 1, .. } => format!("{name}: a new message"),
            Self::Room { name, said, .. } => format!("{name}: {} new messages", counted(*said)),
            Self::Words { title, .. } => title.clone(),
        }
    }

    /// What happened.
    pub fn text(&self) -> String {
        match self {
            Self::Room { by: Some(by), excerpt, .. } => format!("{by}: {excerpt}"),
            Self::Room { excerpt, .. } => excerpt.clone(),
            Self::Words { text, .. } => text.clone(),
        }
    }

    /// Where there is more of it, below the site's address.
    pub fn href(&self) -> String {
        match self {
            Self::Room { room, project, .. } => room_page(*room, *project),
            Self::Words { href, .. } => href.clone(),
        }
    }
}

fn counted(said: u32) -> String {
    if said >= 100 { "100 or more".to_owned() } else { said.to_string() }
}

/// Everything that is new for somebody, as one letter tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Digest {
    /// The newest first.
    pub abouts: Vec<About>,
}

impl Digest {
    /// In one line.
    pub fn subject(&self) -> String {
        match self.abouts.as_slice() {
            [one] => one.title(),
            many => format!("{} things happened while you were away", many.len()),
        }
    }

    /// The letter's text.
    pub fn text(&self, site: &str) -> String {
        let told = self.abouts.iter().take(IN_LETTER).map(|about| {
            let (title, text, href) = (about.title(), about.text(), about.href());
            format!("{title}\n{text}\n{site}{href}\n\n")
        });
        let more = match self.abouts.len().saturating_sub(IN_LETTER) {
            0 => String::new(),
            more => format!("And {more} more: {site}/notices\n\n"),
        };
        let end = format!("Less mail, or none: {site}/settings#notices\n");
        told.chain([more, end]).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn said(said: u32, named: u32) -> About {
        About::Room {
            room: RoomId(Uuid::from_u128(1)),
            project: None,
            name: "Kites".to_owned(),
            said,
            named,
            by: Some("Ada".to_owned()),
            excerpt: "Look at this".to_owned(),
        }
    }

    #[test]
    fn a_letter_tells_everything_that_is_new_with_where_it_is_and_how_to_get_less() {
        let one = Digest { abouts: vec![said(1, 0)] };
        assert_eq!(one.subject(), "Kites: a new message");
        let many = Digest { abouts: vec![said(100, 0), said(3, 1)] };
        assert_eq!(many.subject(), "2 things happened while you were away");
        let text = many.text("https://atlas9.example");
        assert!(
            text.contains("Kites: 100 or more new messages\nAda: Look at this\nhttps://atlas9.example/rooms/"),
            "{text}"
        );
        assert!(text.contains("Kites: you are spoken to"), "{text}");
        assert!(text.ends_with("https://atlas9.example/settings#notices\n"), "{text}");
        let crowd = Digest { abouts: vec![said(1, 0); IN_LETTER + 2] };
        assert!(crowd.text("").contains("And 2 more: /notices"));
    }
}
