//! A project as files: everything in its own format, and the sections as JSON, from which all others follow.

use std::{collections::BTreeMap, fmt::Write as _};

use model::{
    Directive, Stage,
    sections::{Architecture, Design, Scheme, Sections},
};
use serde_json::{Value, json};

use super::{
    Taken,
    drawing::{Ground, stand_alone},
    manifest::{FORMAT, Listed, MANIFEST, Manifest, Section, TRACE, VERSION, json, section_file},
    zip::Entry,
};
use crate::{blobs::Digest, markdown};

/// All files of an archive. Takes some milliseconds of one core.
pub(super) fn files(taken: &Taken) -> Vec<Entry> {
    let mut files = Files::default();
    files.put("README.md", readme(taken).into_bytes());
    files.put(TRACE, json(&taken.bases));
    files.put("checks.json", json(&by_stage(taken, |stage| json!(taken.checks.get(&stage)))));
    for stage in &taken.stages {
        files.put(&section_file(*stage), section_json(&taken.sections, *stage));
        files.put(&format!("{stage}.md"), section_markdown(taken, *stage).into_bytes());
        match stage {
            Stage::Product => {}
            Stage::Brand => brand(&mut files, &taken.sections),
            Stage::Design => design(&mut files, &taken.sections.design),
            Stage::Architecture => {
                architecture(&mut files, &taken.name, &taken.sections.product.summary, &taken.sections.architecture);
            }
            Stage::Code => code(&mut files, &taken.sections),
        }
    }
    files.with_manifest(taken)
}

/// Files by name: one name, one file.
#[derive(Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    fn put(&mut self, name: &str, bytes: Vec<u8>) {
        self.0.insert(name.to_owned(), bytes);
    }

    fn with_manifest(self, taken: &Taken) -> Vec<Entry> {
        let listed = |(path, bytes): (&String, &Vec<u8>)| Listed {
            path: path.clone(),
            bytes: bytes.len(),
            sha256: Digest::of(bytes).as_str().to_owned(),
        };
        let files: Vec<Listed> = self.0.iter().map(listed).collect();
        let section = |stage: &Stage| {
            let file = section_file(*stage);
            let sha256 = files.iter().find(|listed| listed.path == file)?.sha256.clone();
            Some(Section { stage: stage.to_string(), file, sha256 })
        };
        let sections = taken.stages.iter().filter_map(section).collect();
        let manifest = Manifest::new(&taken.directive, taken.title.as_deref(), sections, files);
        let manifest = Entry { name: MANIFEST.to_owned(), bytes: json(&manifest) };
        let others = self.0.into_iter().map(|(name, bytes)| Entry { name, bytes });
        others.chain([manifest]).collect()
    }
}

fn section_json(sections: &Sections, stage: Stage) -> Vec<u8> {
    match stage {
        Stage::Product => json(&sections.product),
        Stage::Brand => json(&sections.brand),
        Stage::Design => json(&sections.design),
        Stage::Architecture => json(&sections.architecture),
        Stage::Code => json(&sections.code),
    }
}

/// A section for people, with how it stands up to its checks.
fn section_markdown(taken: &Taken, stage: Stage) -> String {
    let text = markdown::section(stage, &taken.directive, &taken.sections);
    let text = text.unwrap_or_else(|| format!("# {}\n", heading(stage)));
    match taken.checks.get(&stage) {
        Some(checks) if !checks.is_empty() => format!("{text}\n{}", markdown::checks(checks)),
        _ => text,
    }
}

fn heading(stage: Stage) -> &'static str {
    match stage {
        Stage::Product => "Product",
        Stage::Brand => "Brand",
        Stage::Design => "Design",
        Stage::Architecture => "Architecture",
        Stage::Code => "Code",
    }
}

fn brand(files: &mut Files, sections: &Sections) {
    if let Some(logo) = &sections.brand.logo {
        files.put("brand/logo.svg", drawing(&logo.svg, &Ground::of(&sections.brand)));
    }
}

fn design(files: &mut Files, design: &Design) {
    files.put("design/tokens.light.json", json(&design.tokens_document(Scheme::Light)));
    files.put("design/tokens.dark.json", json(&design.tokens_document(Scheme::Dark)));
    for screen in &design.screens {
        files.put(&format!("design/screens/{}.svg", screen.id), drawing(&screen.wireframe, &Ground::plain()));
    }
}

fn architecture(files: &mut Files, title: &str, summary: &str, architecture: &Architecture) {
    for diagram in &architecture.diagrams {
        files.put(&format!("architecture/{}.svg", diagram.id), drawing(&diagram.svg, &Ground::plain()));
        files.put(&format!("architecture/{}.mmd", diagram.id), ended(&diagram.mermaid));
    }
    files.put("architecture/openapi.json", json(&model::openapi::document(title, summary, architecture)));
}

fn code(files: &mut Files, sections: &Sections) {
    for file in &sections.code.files {
        files.put(&format!("code/{}", file.path), file.content.clone().into_bytes());
    }
}

fn drawing(svg: &str, ground: &Ground) -> Vec<u8> {
    ended(&stand_alone(svg, ground))
}

fn ended(text: &str) -> Vec<u8> {
    format!("{}\n", text.trim_end()).into_bytes()
}

fn by_stage(taken: &Taken, of: impl Fn(Stage) -> Value) -> Value {
    taken.stages.iter().map(|stage| (stage.to_string(), of(*stage))).collect::<serde_json::Map<_, _>>().into()
}

fn readme(taken: &Taken) -> String {
    let mut text = format!("# {}\n\n", taken.name);
    let quoted: Vec<String> = taken.directive.as_str().lines().map(|line| format!("> {line}")).collect();
    let _ = writeln!(text, "Made with Atlas9 from one directive:\n\n{}\n", quoted.join("\n"));
    let _ = writeln!(text, "| Section | To read | As data | Checks |\n|---|---|---|---|");
    for stage in &taken.stages {
        let results = taken.checks.get(stage).map(Vec::as_slice).unwrap_or_default();
        let passed = results.iter().filter(|check| check.passed).count();
        let _ = writeln!(
            text,
            "| {} | [{stage}.md]({stage}.md) | [{stage}.json]({stage}.json) | {passed} of {} pass |",
            heading(*stage),
            results.len()
        );
    }
    text.push_str(REST);
    text
}

const REST: &str = "
- `manifest.json` names every file with its size and SHA-256. `sha256sum` finds the same.
- `checks.json` holds what was checked of each section, and how it came out.
- `trace.json` holds what every piece was made from, so that what was out of date still is when the archive is brought back.
- `brand/` holds the mark, `design/` the tokens in the Design Tokens format and a wireframe of every screen, `architecture/` the
  diagrams as pictures and in Mermaid, `code/` the program.

Atlas9 can bring this archive back as a project of its own. It reads the sections as data; all other files follow from those.
The same sections always give the same archive, byte by byte.
";

/// Everything in one text for people.
pub(super) fn markdown_document(taken: &Taken) -> String {
    let parts: Vec<String> = taken.stages.iter().map(|stage| section_markdown(taken, *stage)).collect();
    parts.join("\n---\n\n")
}

/// Everything in one document for programs.
pub(super) fn json_document(taken: &Taken) -> Vec<u8> {
    let sections = by_stage(taken, |stage| match stage {
        Stage::Product => json!(taken.sections.product),
        Stage::Brand => json!(taken.sections.brand),
        Stage::Design => json!(taken.sections.design),
        Stage::Architecture => json!(taken.sections.architecture),
        Stage::Code => json!(taken.sections.code),
    });
    json(&json!({
        "format": FORMAT,
        "version": VERSION,
        "directive": taken.directive,
        "title": taken.title,
        "sections": sections,
        "checks": by_stage(taken, |stage| json!(taken.checks.get(&stage))),
    }))
}

/// How long the name of a file gets, without its extension.
const NAME_MAX_CHARS: usize = 60;

/// What the files of a project are called: plain letters and digits that every system takes.
pub(super) fn file_name(name: &str, directive: &Directive) -> String {
    let plain = |text: &str| {
        let mut slug = String::new();
        for c in text.chars().flat_map(char::to_lowercase) {
            match c {
                'a'..='z' | '0'..='9' => slug.push(c),
                _ if slug.ends_with('-') || slug.is_empty() => {}
                _ => slug.push('-'),
            }
        }
        if slug.len() > NAME_MAX_CHARS {
            slug.truncate(NAME_MAX_CHARS);
            // Whole words, where there are some.
            slug.truncate(slug.rfind('-').unwrap_or(NAME_MAX_CHARS));
        }
        slug.trim_matches('-').to_owned()
    };
    let named = [plain(name), plain(directive.as_str())].into_iter().find(|name| name.len() >= 3);
    named.unwrap_or_else(|| "atlas9-project".to_owned())
}
