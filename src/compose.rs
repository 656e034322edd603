//! `atlas9 compose`: the main job with neither database nor server. The section goes to stdout, everything else to stderr.

use std::{
    fmt::Write as _,
    fs,
    io::{self, IsTerminal, Read, Write},
    path::Path,
    process::ExitCode,
    time::Instant,
};

use anyhow::Context;
use model::{
    Directive, Stage, article,
    sections::{Effort, Priority, Product, Severity},
};
use server::{
    clock::milliseconds,
    composer::{Composer, Files, Unsound, VERSION},
};

use crate::cli::ComposeArgs;

/// More than this is no directive, whatever it is.
const INPUT_MAX_BYTES: u64 = 64 * 1_024;

/// Composes and prints.
pub(crate) fn compose(args: &ComposeArgs) -> anyhow::Result<ExitCode> {
    let stage: Stage = args.stage.parse()?;
    anyhow::ensure!(stage == Stage::Product, "the {stage} stage cannot be made yet; --stage product can");
    let directive = Directive::parse(&read_directive(&args.directive)?)?;
    let began = Instant::now();
    let composer = Composer::from_files(&knowledge(args.knowledge.as_deref())?)?;
    let product = composer.product(&directive, args.note.as_deref());
    let took = began.elapsed();
    let text = render(args, &directive, &product)?;
    io::stdout().lock().write_all(text.as_bytes())?;
    if let Some(folder) = &args.out {
        write_files(folder, &directive, &product)?;
    }
    tell(&format!(
        "{stage}: {} pieces by the composer ({VERSION}) in {:.1} ms",
        product.pieces().len(),
        milliseconds(took)
    ));
    Ok(ExitCode::SUCCESS)
}

/// Prints every mistake in the knowledge; the exit code says whether there was one.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub(crate) fn check_knowledge(folder: Option<&Path>) -> anyhow::Result<ExitCode> {
    let faults = match Composer::from_files(&knowledge(folder)?) {
        Ok(composer) => composer.faults(),
        Err(Unsound(faults)) => faults,
    };
    faults.iter().for_each(|fault| println!("{fault}"));
    if faults.is_empty() {
        tell("the knowledge is sound");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

fn knowledge(folder: Option<&Path>) -> anyhow::Result<Files> {
    let Some(folder) = folder else { return Ok(Files::embedded()) };
    Files::from_folder(folder).with_context(|| format!("{} is no readable knowledge folder", folder.display()))
}

fn read_directive(argument: &str) -> anyhow::Result<String> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    io::stdin().take(INPUT_MAX_BYTES).read_to_string(&mut text).context("standard input is not UTF-8 text")?;
    Ok(text)
}

fn render(args: &ComposeArgs, directive: &Directive, product: &Product) -> anyhow::Result<String> {
    if args.stream {
        let mut lines = String::new();
        for piece in product.pieces() {
            writeln!(
                lines,
                "{}",
                serde_json::to_string(
                    &serde_json::json!({ "stage": "product", "path": piece.path, "value": piece.value })
                )?
            )?;
        }
        Ok(lines)
    } else if args.json {
        Ok(serde_json::to_string_pretty(product)? + "\n")
    } else {
        Ok(markdown(directive, product).trim_end().to_owned() + "\n")
    }
}

/// Both files or none: each is written beside its place and then moved there.
fn write_files(folder: &Path, directive: &Directive, product: &Product) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let files = [
        ("product.md", markdown(directive, product).trim_end().to_owned() + "\n"),
        ("product.json", serde_json::to_string_pretty(product)? + "\n"),
    ];
    for (name, text) in &files {
        let beside = folder.join(format!(".{name}.part"));
        fs::write(&beside, text).with_context(|| format!("{} cannot be written", beside.display()))?;
    }
    for (name, _) in &files {
        fs::rename(folder.join(format!(".{name}.part")), folder.join(name))?;
    }
    tell(&format!("wrote product.md and product.json to {}", folder.display()));
    Ok(())
}

/// The section as Markdown. Writing to a string cannot fail.
fn markdown(directive: &Directive, product: &Product) -> String {
    let mut text = String::new();
    let _ = write_markdown(&mut text, directive, product);
    text
}

fn write_markdown(text: &mut String, directive: &Directive, product: &Product) -> std::fmt::Result {
    writeln!(text, "# {}\n", directive.title(120))?;
    if let Some(basis) = &product.basis {
        let called = basis.called.iter().map(|called| format!("{} ({})", called.module, called.words.join(", ")));
        writeln!(text, "> Read as {}: {}\n", basis.kind, called.collect::<Vec<_>>().join("; "))?;
        basis.caveats.iter().try_for_each(|caveat| writeln!(text, "> {caveat}\n"))?;
    }
    writeln!(text, "{}\n\n## The problem\n\n{}\n\n## Who it is for\n", product.summary, product.problem)?;
    for persona in &product.personas {
        writeln!(text, "- **{}** wants to {}. Today {}.", persona.name, persona.goal, persona.pain)?;
    }
    writeln!(text, "\n## What they can do\n")?;
    for feature in &product.features {
        let story = &feature.story;
        writeln!(text, "### {}\n\n*{}, {}*\n", feature.title, priority(feature.priority), effort(feature.effort))?;
        writeln!(text, "As {} {}, I want to {} so that {}.\n", article(&story.who), story.who, story.want, story.so)?;
        feature.criteria.iter().try_for_each(|line| writeln!(text, "- {line}"))?;
        writeln!(text, "\nAnswers: {}\n", feature.answers.join(", "))?;
    }
    writeln!(text, "## What it keeps\n")?;
    for entity in &product.entities {
        writeln!(text, "### {}\n\n{}\n", entity.name, entity.purpose)?;
        for field in &entity.fields {
            writeln!(text, "- {}: {}{}", field.name, field.kind, if field.required { "" } else { " (optional)" })?;
        }
        if !entity.states.is_empty() {
            writeln!(text, "- states: {}", entity.states.join(" → "))?;
        }
        for relation in &entity.relations {
            let role = relation.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
            writeln!(text, "- {} {}{role}", relation.kind, relation.to)?;
        }
        writeln!(text)?;
    }
    writeln!(text, "## How it goes\n")?;
    for journey in &product.journeys {
        writeln!(text, "### {} ({})\n", journey.title, journey.actor)?;
        journey.steps.iter().zip(1..).try_for_each(|(step, nth)| writeln!(text, "{nth}. {step}"))?;
        writeln!(text)?;
    }
    writeln!(text, "## How you know it works\n")?;
    for metric in &product.metrics {
        writeln!(text, "- **{}**: {}. {}", metric.name, metric.target, metric.measure)?;
    }
    writeln!(text, "\n## What can go wrong\n")?;
    for risk in &product.risks {
        writeln!(text, "- **{}**: {} Therefore: {}", severity(risk.severity), risk.text, risk.mitigation)?;
    }
    writeln!(text, "\n## Left out on purpose\n")?;
    product.out_of_scope.iter().try_for_each(|left| writeln!(text, "- **{}**: {}", left.what, left.why))
}

fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Must => "must",
        Priority::Should => "should",
        Priority::Could => "could",
    }
}

fn effort(effort: Effort) -> &'static str {
    match effort {
        Effort::S => "days",
        Effort::M => "a week or two",
        Effort::L => "about a month",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
    }
}

/// Progress and receipt: on a terminal dimmed, so that the section stands out.
#[expect(clippy::print_stderr, reason = "this is where the command speaks to whoever runs it")]
fn tell(line: &str) {
    if io::stderr().is_terminal() { eprintln!("\u{1b}[2m{line}\u{1b}[0m") } else { eprintln!("{line}") }
}
