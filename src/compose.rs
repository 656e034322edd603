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
    Directive, Piece, Stage,
    sections::{Brand, Product},
};
use server::{
    clock::milliseconds,
    composer::{Composer, Files, Unsound, VERSION},
    markdown,
};

use crate::cli::ComposeArgs;

/// More than this is no directive, whatever it is.
const INPUT_MAX_BYTES: u64 = 64 * 1_024;

/// Names every section the composer makes.
const ALL: &str = "all";

/// A section that was composed.
enum Made {
    Product(Product),
    Brand(Brand),
}

/// Composes and prints.
pub(crate) fn compose(args: &ComposeArgs) -> anyhow::Result<ExitCode> {
    let stages = stages(&args.stage)?;
    let directive = Directive::parse(&read_directive(&args.directive)?)?;
    let began = Instant::now();
    let composer = Composer::from_files(&knowledge(args.knowledge.as_deref())?)?;
    let made = make(&composer, &directive, args.note.as_deref(), &stages)?;
    let took = began.elapsed();
    let text = render(args, &directive, &made)?;
    say(&text)?;
    if let Some(folder) = &args.out {
        write_files(folder, &directive, &made)?;
    }
    let pieces: usize = made.iter().map(|section| section.pieces().len()).sum();
    tell(&format!("{}: {pieces} pieces by the composer ({VERSION}) in {:.1} ms", args.stage, milliseconds(took)));
    Ok(ExitCode::SUCCESS)
}

fn stages(asked: &str) -> anyhow::Result<Vec<Stage>> {
    if asked == ALL {
        return Ok(vec![Stage::Product, Stage::Brand]);
    }
    let stage: Stage = asked.parse()?;
    let can = matches!(stage, Stage::Product | Stage::Brand);
    anyhow::ensure!(can, "the {stage} stage cannot be made yet; --stage product, brand or all can");
    Ok(vec![stage])
}

/// A brand is made for a product, so that one is composed first in any case. The note is for the stage that was asked for; with all of them it
/// is for all.
fn make(composer: &Composer, directive: &Directive, note: Option<&str>, stages: &[Stage]) -> anyhow::Result<Vec<Made>> {
    let with_product = stages.contains(&Stage::Product);
    let product = composer.product(directive, note.filter(|_| with_product));
    let mut made = Vec::new();
    if stages.contains(&Stage::Brand) {
        if let Some(unsound) = composer.brand_faults() {
            return Err(unsound.into());
        }
        made.push(Made::Brand(composer.brand(directive, note, &product)));
    }
    if with_product {
        made.insert(0, Made::Product(product));
    }
    Ok(made)
}

impl Made {
    fn stage(&self) -> Stage {
        match self {
            Self::Product(_) => Stage::Product,
            Self::Brand(_) => Stage::Brand,
        }
    }

    fn pieces(&self) -> Vec<Piece> {
        match self {
            Self::Product(product) => product.pieces(),
            Self::Brand(brand) => brand.pieces(),
        }
    }

    fn markdown(&self, directive: &Directive) -> String {
        match self {
            Self::Product(product) => markdown::product(directive, product),
            Self::Brand(brand) => markdown::brand(directive, brand),
        }
    }

    fn json(&self) -> serde_json::Result<serde_json::Value> {
        match self {
            Self::Product(product) => serde_json::to_value(product),
            Self::Brand(brand) => serde_json::to_value(brand),
        }
    }
}

/// The answer of a command, on stdout. Whoever stops reading (`| head`) has read enough.
fn say(text: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints every mistake in the knowledge; the exit code says whether there was one.
pub(crate) fn check_knowledge(folder: Option<&Path>) -> anyhow::Result<ExitCode> {
    let faults = match Composer::from_files(&knowledge(folder)?) {
        Ok(composer) => composer.faults(),
        Err(Unsound(faults)) => faults,
    };
    let list: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
    say(&list)?;
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

fn render(args: &ComposeArgs, directive: &Directive, made: &[Made]) -> anyhow::Result<String> {
    if args.stream {
        let mut lines = String::new();
        for section in made {
            for piece in section.pieces() {
                let line = serde_json::json!({ "stage": section.stage(), "path": piece.path, "value": piece.value });
                writeln!(lines, "{}", serde_json::to_string(&line)?)?;
            }
        }
        Ok(lines)
    } else if args.json {
        let json = match made {
            [only] => only.json()?,
            several => {
                several.iter().map(|s| Ok((s.stage().to_string(), s.json()?))).collect::<serde_json::Result<_>>()?
            }
        };
        Ok(serde_json::to_string_pretty(&json)? + "\n")
    } else {
        Ok(made.iter().map(|section| section.markdown(directive)).collect::<Vec<_>>().join("\n"))
    }
}

/// All files or none: each is written beside its place and then moved there.
fn write_files(folder: &Path, directive: &Directive, made: &[Made]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let mut files = Vec::new();
    for section in made {
        let stage = section.stage();
        files.push((format!("{stage}.md"), section.markdown(directive)));
        files.push((format!("{stage}.json"), serde_json::to_string_pretty(&section.json()?)? + "\n"));
        if let Made::Brand(Brand { logo: Some(logo), .. }) = section {
            files.push(("mark.svg".to_owned(), format!("{}\n", logo.svg)));
        }
    }
    for (name, text) in &files {
        let beside = folder.join(format!(".{name}.part"));
        fs::write(&beside, text).with_context(|| format!("{} cannot be written", beside.display()))?;
    }
    for (name, _) in &files {
        fs::rename(folder.join(format!(".{name}.part")), folder.join(name))?;
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    tell(&format!("wrote {} to {}", names.join(", "), folder.display()));
    Ok(())
}

/// Progress and receipt: on a terminal dimmed, so that the section stands out.
#[expect(clippy::print_stderr, reason = "this is where the command speaks to whoever runs it")]
fn tell(line: &str) {
    if io::stderr().is_terminal() { eprintln!("\u{1b}[2m{line}\u{1b}[0m") } else { eprintln!("{line}") }
}
