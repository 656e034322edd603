//! `atlas9 users`: what whoever runs the installation decides about its people.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use model::{Role, UserKind};
use serde_json::json;
use server::{
    accounts::{AccountsError, Change, UserLine},
    clock::Clock,
    config::Config,
    services::Services,
};

use crate::{cli::Users, logging};

/// Runs one of the subcommands.
pub(crate) async fn users(command: Users) -> anyhow::Result<ExitCode> {
    let config = Config::from_env()?;
    logging::start(&config)?;
    let services = Services::start(config, Clock::system()).await?;
    match command {
        Users::List { guests, limit, json } => print(&services.accounts.users(guests, limit).await?, json)?,
        Users::Promote { email } => decide(&services, &email, Change::Promote, "is an administrator").await?,
        Users::Demote { email } => decide(&services, &email, Change::Demote, "is a member like any other").await?,
        Users::Disable { email } => decide(&services, &email, Change::Disable, "is kept out").await?,
        Users::Enable { email } => decide(&services, &email, Change::Enable, "may come in").await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn decide(services: &Services, email: &str, change: Change, now: &str) -> anyhow::Result<()> {
    match services.accounts.administer(email, change).await {
        Ok(()) => Ok(writeln!(io::stdout(), "{email} {now}")?),
        Err(AccountsError::NotFound) => {
            anyhow::bail!("nobody has the address {email}; `atlas9 users list` shows who has one")
        }
        Err(error) => Err(error).context(format!("nothing was changed for {email}")),
    }
}

fn print(users: &[UserLine], json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for user in users {
        if json {
            let line = json!({
                "id": user.user, "kind": user.kind, "role": user.role, "email": user.email, "name": user.name,
                "since": user.since.date().to_string(), "disabled": user.is_disabled, "projects": user.projects,
            });
            writeln!(out, "{line}")?;
        } else {
            let who = user.email.as_deref().unwrap_or("(guest)");
            let name = user.name.as_deref().unwrap_or("-");
            writeln!(
                out,
                "{who:<36} {name:<24} {:<8} {} {:>5} projects{}",
                role(user),
                user.since.date(),
                user.projects,
                mark(user)
            )?;
        }
    }
    if users.is_empty() && !json {
        writeln!(out, "No members yet.")?;
    }
    Ok(())
}

fn role(user: &UserLine) -> &'static str {
    match (user.kind, user.role) {
        (UserKind::Guest, _) => "guest",
        (UserKind::Member, Role::Admin) => "admin",
        (UserKind::Member, Role::Member) => "member",
    }
}

fn mark(user: &UserLine) -> &'static str {
    if user.is_disabled { ", kept out" } else { "" }
}
