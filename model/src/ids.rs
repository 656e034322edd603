//! Ids are UUID v7: they sort by creation time, so that new rows land at the end of every index.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What was given is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct BadId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            /// Takes the hyphenated form only, so that one thing has one address.
            fn from_str(text: &str) -> Result<Self, BadId> {
                let id = Uuid::try_parse(text).map_err(|_| BadId)?;
                if text.len() == 36 { Ok(Self(id)) } else { Err(BadId) }
            }
        }
    };
}

id! {
    /// A directive and everything made from it.
    ProjectId
}
id! {
    /// One run of one or more stages.
    GenerationId
}
id! {
    /// Where the people of a project talk.
    RoomId
}
id! {
    /// Something that somebody said in a room.
    MessageId
}
id! {
    /// A way into a room.
    InvitationId
}
id! {
    /// An immutable version of one section.
    RevisionId
}
id! {
    /// A person: a guest, or later a member.
    UserId
}
id! {
    /// One browser of one person.
    SessionId
}
id! {
    /// A link in a mail.
    MailLinkId
}
id! {
    /// An API token.
    TokenId
}
id! {
    /// Something that happened in a domain, and is told.
    EventId
}
id! {
    /// Where somebody is told of events by HTTP.
    EndpointId
}
id! {
    /// One attempt to tell an endpoint.
    DeliveryId
}
id! {
    /// A picture that somebody brought.
    ImageId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_exactly_one_spelling() {
        let text = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(text.parse::<ProjectId>().unwrap().to_string(), text);
        for bad in ["", "1", "01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}", "../etc"] {
            assert_eq!(bad.parse::<ProjectId>(), Err(BadId), "{bad}");
        }
    }
}
