//! Out of the house: by SMTP, or into a folder where there is no server for it.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use uuid::Uuid;

use super::Letter;
use crate::config::MailConfig;

/// How long a server may take for one command.
const SMTP_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections kept open to it.
const SMTP_POOL: u32 = 2;

/// Where letters go.
#[derive(Clone)]
pub struct Transport {
    from: Mailbox,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

/// Why a letter did not leave.
#[derive(Debug, thiserror::Error)]
pub enum Undeliverable {
    /// It never will: the address or the server says so.
    #[error("{0}")]
    Never(String),
    /// Perhaps later.
    #[error("{0}")]
    NotNow(String),
}

impl Transport {
    /// Prepares the way that the configuration asks for. Connects to nothing yet.
    ///
    /// # Errors
    /// A sentence when the server's address or the sender cannot be used.
    pub fn new(config: &MailConfig) -> Result<Self, String> {
        let from = config.from.parse().map_err(|e| format!("ATLAS9_MAIL_FROM cannot be used: {e}"))?;
        let way = match &config.smtp {
            None => Way::Folder(config.folder.clone()),
            Some(url) => Way::Smtp(smtp(url).map_err(|e| format!("ATLAS9_SMTP_URL cannot be used: {e}"))?),
        };
        Ok(Self { from, way })
    }

    /// The folder in which letters end up, when they leave no further.
    pub fn folder(&self) -> Option<&PathBuf> {
        match &self.way {
            Way::Folder(folder) => Some(folder),
            Way::Smtp(_) => None,
        }
    }

    /// Sends a letter. `id` becomes its Message-ID, so that a letter sent twice can be told for one.
    ///
    /// # Errors
    /// [`Undeliverable`], which says whether trying again may help.
    pub async fn send(&self, id: Uuid, letter: &Letter) -> Result<(), Undeliverable> {
        let message = self.message(id, letter)?;
        match &self.way {
            Way::Smtp(server) => match server.send(message).await {
                Ok(_) => Ok(()),
                Err(error) if error.is_permanent() || error.is_client() => Err(Undeliverable::Never(error.to_string())),
                Err(error) => Err(Undeliverable::NotNow(error.to_string())),
            },
            Way::Folder(folder) => write(folder, id, &message).await.map_err(|e| Undeliverable::NotNow(e.to_string())),
        }
    }

    /// The message. Every header is built from typed parts, and an address or subject with a line break is refused on the way.
    fn message(&self, id: Uuid, letter: &Letter) -> Result<Message, Undeliverable> {
        let never = |error: &dyn std::error::Error| Undeliverable::Never(error.to_string());
        let to: Address = letter.to.parse().map_err(|e: lettre::address::AddressError| never(&e))?;
        if letter.subject.chars().any(char::is_control) {
            return Err(Undeliverable::Never("the subject holds a control character".to_owned()));
        }
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone())
            .map_err(|e| never(&e))
    }
}

fn smtp(url: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, lettre::transport::smtp::Error> {
    // Without a wish of its own, encrypt or do not send: who is on the way could take the offer of encryption out. A sink on this machine has none.
    let says_nothing = url.starts_with("smtp://") && !url.contains("tls=");
    let wish = match is_here(url) {
        _ if !says_nothing => "",
        true => "tls=opportunistic",
        false => "tls=required",
    };
    let joint = if wish.is_empty() {
        ""
    } else if url.contains('?') {
        "&"
    } else {
        "?"
    };
    let pool = lettre::transport::smtp::PoolConfig::new().max_size(SMTP_POOL);
    Ok(AsyncSmtpTransport::<Tokio1Executor>::from_url(&format!("{url}{joint}{wish}"))?
        .timeout(Some(SMTP_TIMEOUT))
        .pool_config(pool)
        .build())
}

/// Whether a mail server is this machine itself.
fn is_here(url: &str) -> bool {
    let url = reqwest::Url::parse(url).ok();
    let host = url.as_ref().and_then(reqwest::Url::host_str).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Writes a message as `.eml`, whole or not at all.
async fn write(folder: &std::path::Path, id: Uuid, message: &Message) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let (part, file) = (folder.join(format!(".{id}.part")), folder.join(format!("{id}.eml")));
    tokio::fs::write(&part, message.formatted()).await?;
    tokio::fs::rename(&part, &file).await?;
    tracing::info!(file = %file.display(), "there is no mail server (ATLAS9_SMTP_URL), so a mail was written to a file");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Variables};

    fn transport() -> Transport {
        Transport::new(&Config::from_variables(&Variables::default()).unwrap().mail).unwrap()
    }

    fn letter(to: &str, subject: &str) -> Letter {
        Letter { to: to.to_owned(), subject: subject.to_owned(), text: "Words.\n".to_owned() }
    }

    #[test]
    fn nothing_that_somebody_types_becomes_a_header() {
        for (to, subject) in [
            ("a@b.example\r\nBcc: c@d.example", "Hello"),
            ("a@b.example, c@d.example", "Hello"),
            ("a@b.example", "Hello\r\nBcc: c@d.example"),
            ("a@b.example", "Hello\nX: y"),
            ("\"a\r\n\"@b.example", "Hello"),
        ] {
            assert!(transport().message(Uuid::nil(), &letter(to, subject)).is_err(), "{to:?} {subject:?}");
        }
        let sent = transport().message(Uuid::nil(), &letter("zoë@bücher.example", "Grüße: 漢字")).unwrap().formatted();
        let headers = String::from_utf8(sent).unwrap().split("\r\n\r\n").next().unwrap_or_default().to_lowercase();
        assert_eq!(headers.matches("\nto:").count() + headers.matches("\nbcc:").count(), 1, "{headers}");
    }
}
