//! How mail leaves the house, and what links in it begin with.

use std::{fmt, path::PathBuf};

use super::{BadConfig, Variables, bad, without_password};

/// Mail.
#[derive(Clone)]
pub struct MailConfig {
    /// `ATLAS9_SMTP_URL`: `smtp://user:password@host:587` (STARTTLS, which only a server on this machine may lack), `smtps://…:465` (TLS from the first byte).
    /// Without it mail is written to files.
    pub smtp: Option<String>,
    /// `ATLAS9_MAIL_DIR`: where mail is written when there is no server for it.
    pub folder: PathBuf,
    /// `ATLAS9_MAIL_FROM`: the sender.
    pub from: String,
    /// `ATLAS9_URL`: the address people reach the site at. Never taken from a request, for then whoever sends one could choose where the
    /// links in somebody else's mail lead.
    pub site: Option<String>,
}

impl MailConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let from = variables.text("ATLAS9_MAIL_FROM").unwrap_or("Atlas9 <no-reply@atlas9.invalid>");
        if from.parse::<lettre::message::Mailbox>().is_err() {
            return Err(bad("ATLAS9_MAIL_FROM", from, "it takes a sender such as \"Atlas9 <studio@example.com>\""));
        }
        Ok(Self {
            smtp: url(
                variables,
                "ATLAS9_SMTP_URL",
                &["smtp://", "smtps://"],
                "smtp://user:password@mail.example.com:587",
            )?,
            folder: variables.text("ATLAS9_MAIL_DIR").unwrap_or(".local/mail").into(),
            from: from.to_owned(),
            site: url(variables, "ATLAS9_URL", &["https://", "http://"], "https://atlas9.example.com")?
                .map(|url| url.trim_end_matches('/').to_owned()),
        })
    }
}

fn url(
    variables: &Variables,
    variable: &'static str,
    schemes: &[&str],
    example: &str,
) -> Result<Option<String>, BadConfig> {
    match variables.text(variable) {
        Some(url) if schemes.iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme)) => {
            Ok(Some(url.to_owned()))
        }
        Some(url) => Err(bad(variable, &without_password(url), format!("it takes an address such as {example}"))),
        None => Ok(None),
    }
}

impl fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailConfig")
            .field("smtp", &self.smtp.as_deref().map(without_password))
            .field("folder", &self.folder)
            .field("from", &self.from)
            .field("site", &self.site)
            .finish()
    }
}
