//! The brand section as Markdown: a sheet one could hand to a designer.

use std::fmt::Write as _;

use model::{
    Directive,
    sections::{Brand, Colour, NameCandidate, Tone, Typeface},
};

/// The section as Markdown, with one trailing newline.
pub fn brand(directive: &Directive, brand: &Brand) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, directive, brand);
    super::ended(&text)
}

fn write(text: &mut String, directive: &Directive, brand: &Brand) -> std::fmt::Result {
    let name = brand.name.as_ref().map_or("Untitled", |chosen| chosen.name.as_str());
    writeln!(text, "# {name}\n\n*{}*\n\nThe brand for: {}\n", brand.tagline, directive.title(120))?;
    if let Some(chosen) = &brand.name {
        writeln!(text, "{}\n", chosen.reason)?;
    }
    if let Some(logo) = &brand.logo {
        writeln!(text, "## The mark\n\n{}.\n\n```svg\n{}\n```\n", logo.idea, logo.svg)?;
    }
    writeln!(
        text,
        "## Colours\n\n| Role | Name | Light | Dark | Contrast, light · dark | Use |\n|---|---|---|---|---|---|"
    )?;
    brand.palette.iter().try_for_each(|colour| row(text, colour))?;
    if let Some(type_) = &brand.typography {
        writeln!(text, "\n## Type\n")?;
        face(text, "Headings", &type_.display)?;
        face(text, "Text", &type_.text)?;
        writeln!(text, "\n{}\n", type_.reason)?;
    }
    if let Some(voice) = &brand.voice {
        writeln!(text, "## How it speaks\n")?;
        voice.traits.iter().try_for_each(|one| writeln!(text, "- **{}**: {}", one.name, one.meaning))?;
        writeln!(text, "\nDo:\n")?;
        voice.dos.iter().try_for_each(|line| writeln!(text, "- {line}"))?;
        writeln!(text, "\nDon't:\n")?;
        voice.donts.iter().try_for_each(|line| writeln!(text, "- {line}"))?;
    }
    writeln!(text, "\n## In its own words\n")?;
    brand.samples.iter().try_for_each(|sample| writeln!(text, "- *{}*: {}", sample.place, sample.text))?;
    writeln!(text, "\n## Names considered\n")?;
    brand.names.iter().try_for_each(|candidate| candidate_lines(text, candidate))
}

fn row(text: &mut String, colour: &Colour) -> std::fmt::Result {
    let contrasts = [lowest(&colour.light), lowest(&colour.dark)];
    let contrasts = match contrasts {
        [Some(light), Some(dark)] => format!("{light} · {dark}"),
        _ => "–".to_owned(),
    };
    let tone = |tone: &Tone| format!("`{}` {}", tone.hex, tone.oklch);
    writeln!(
        text,
        "| {} | {} | {} | {} | {contrasts} | {} |",
        colour.id,
        colour.name,
        tone(&colour.light),
        tone(&colour.dark),
        colour.purpose
    )
}

/// The contrast that is nearest to its limit.
fn lowest(tone: &Tone) -> Option<String> {
    let lowest = tone.contrasts.iter().min_by(|a, b| (a.ratio / a.needs).total_cmp(&(b.ratio / b.needs)))?;
    Some(format!("{:.2} on {}", lowest.ratio, lowest.on))
}

fn face(text: &mut String, what: &str, face: &Typeface) -> std::fmt::Result {
    let weights: Vec<String> = face.weights.iter().map(ToString::to_string).collect();
    writeln!(
        text,
        "- {what}: **{}** ({}; {}). `font-family: {}`",
        face.family,
        weights.join(", "),
        face.licence,
        face.stack
    )
}

fn candidate_lines(text: &mut String, candidate: &NameCandidate) -> std::fmt::Result {
    writeln!(text, "- **{}** ({}): {}", candidate.name, candidate.score, candidate.reason)?;
    let marks: Vec<String> =
        candidate.marks.iter().map(|mark| format!("{} {}, {}", mark.about, mark.points, mark.why)).collect();
    writeln!(text, "  {}", marks.join("; "))
}
