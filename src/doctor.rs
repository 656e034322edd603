//! `atlas9 doctor`: what works here, and what to do about what does not.

use std::{io::Write, process::ExitCode, time::Duration};

use server::{blobs, clock::Clock, composer::Composer, config::Config, mail::Transport, services, tasks::Tasks};

use crate::site;

struct Finding {
    what: &'static str,
    result: Result<String, String>,
}

/// Checks everything, and fails when something that `serve` needs is missing.
pub(crate) async fn doctor() -> anyhow::Result<ExitCode> {
    let findings = examine().await;
    let mut out = std::io::stdout().lock();
    for Finding { what, result } in &findings {
        match result {
            Ok(detail) => writeln!(out, "✓ {what}: {detail}")?,
            Err(advice) => writeln!(out, "✗ {what}: {advice}")?,
        }
    }
    let sound = findings.iter().all(|finding| finding.result.is_ok());
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine() -> Vec<Finding> {
    let mut findings = vec![Finding {
        what: "Composer",
        result: Composer::new().map(|_| "its knowledge is sound".to_owned()).map_err(|e| e.to_string()),
    }];
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => {
            findings.push(Finding { what: "Configuration", result: Err(error.to_string()) });
            return findings;
        }
    };
    let secret = if config.secret.is_temporary { "sound, but ATLAS9_SECRET is not set" } else { "sound" };
    findings.push(Finding { what: "Configuration", result: Ok(secret.to_owned()) });
    findings.push(Finding { what: "Mail", result: mail(&config) });
    findings.push(Finding { what: "Files", result: blobs::reach(&config.blobs).await });
    findings.push(Finding { what: "PostgreSQL", result: database(&config).await });
    let tasks = Tasks::default();
    let redis = services::bus(&config, &tasks).await.map(|_| "answers".to_owned()).map_err(|e| e.to_string());
    findings.push(Finding { what: "Redis", result: redis });
    tasks.stop(Duration::from_secs(1)).await;
    findings.push(Finding { what: "Built site", result: built_site(config).await });
    findings
}

fn mail(config: &Config) -> Result<String, String> {
    let transport = Transport::new(&config.mail)?;
    Ok(match transport.folder() {
        Some(folder) => format!("written to {}, because ATLAS9_SMTP_URL is not set", folder.display()),
        None => format!("by SMTP, with links to {}", config.site()),
    })
}

async fn database(config: &Config) -> Result<String, String> {
    let db = services::database(config).await.map_err(|e| e.to_string())?;
    match db.is_migrated().await {
        Ok(true) => Ok("answers, schema at this version".to_owned()),
        Ok(false) => Err("answers, but its schema is not at this version; run `atlas9 migrate`".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

async fn built_site(config: Config) -> Result<String, String> {
    let services = services::Services::start(config, Clock::system())
        .await
        .map_err(|_| "not looked at: it needs the services above".to_owned())?;
    let found = site::find(&services)
        .map(|context| format!("complete, in {}", context.site.display()))
        .map_err(|e| e.to_string());
    services.stop(Duration::from_secs(1)).await;
    found
}
