//! The code section: the program as a tree, and file by file. A program has some hundred kilobytes, so that a line is a line and nothing
//! more.

use leptos::prelude::*;
use model::sections::{Code, Product, Sections, SourceFile};

use super::{
    TREE, entry,
    links::{anchor, facts, features, linked, operations, source, tables},
    running_text,
};

/// The pieces of a part as views.
pub(super) fn pieces(code: &Code, among: &Sections, slot: &str) -> Vec<AnyView> {
    match slot {
        "overview" => running_text("overview", &code.overview),
        TREE => tree_view(&code.files).into_iter().collect(),
        "files" => code.files.iter().map(|file| file_view(file, &among.product)).collect(),
        _ => Vec::new(),
    }
}

fn file_view(file: &SourceFile, product: &Product) -> AnyView {
    let about = facts([
        linked("Handles", operations(&file.operations)),
        linked("Tables", tables(&file.tables)),
        linked("Serves", features(product, &file.features)),
    ]);
    let content = source(file.path.clone(), file.content.clone());
    let body = view! { {about} {content} }.into_any();
    let path = format!("files/{}", file.id);
    entry(anchor("files", &file.id), path, &file.path, &file.purpose, size(lines(file), file.content.len()), body)
}

fn lines(file: &SourceFile) -> usize {
    file.content.lines().count()
}

/// "48 lines, 1.2 kB".
fn size(lines: usize, bytes: usize) -> String {
    let s = if lines == 1 { "" } else { "s" };
    let kilobytes = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1_000.0;
    format!("{lines} line{s}, {kilobytes:.1} kB")
}

/// What a folder holds, in the order in which it is first named.
#[derive(Default)]
struct Folder<'a> {
    entries: Vec<Entry<'a>>,
}

enum Entry<'a> {
    Folder(&'a str, Folder<'a>),
    File(&'a str, &'a SourceFile),
}

impl<'a> Folder<'a> {
    fn put(&mut self, path: &'a str, file: &'a SourceFile) {
        let Some((name, rest)) = path.split_once('/') else {
            self.entries.push(Entry::File(path, file));
            return;
        };
        let known = self.entries.iter().position(|entry| matches!(entry, Entry::Folder(known, _) if *known == name));
        let at = known.unwrap_or_else(|| {
            self.entries.push(Entry::Folder(name, Self::default()));
            self.entries.len() - 1
        });
        if let Some(Entry::Folder(_, folder)) = self.entries.get_mut(at) {
            folder.put(rest, file);
        }
    }

    fn view(&self) -> AnyView {
        let entries = self.entries.iter().map(|entry| match entry {
            Entry::Folder(name, folder) => {
                view! { <li><span class="folder">{format!("{name}/")}</span> {folder.view()}</li> }.into_any()
            }
            Entry::File(name, file) => {
                let (target, name) = (format!("#{}", anchor("files", &file.id)), (*name).to_owned());
                view! { <li><a href=target>{name}</a> " " <span class="quiet">{lines(file)}</span></li> }.into_any()
            }
        });
        view! { <ul role="list">{entries.collect_view()}</ul> }.into_any()
    }
}

/// The files in their folders, each with its lines; nothing when there are none.
fn tree_view(files: &[SourceFile]) -> Option<AnyView> {
    if files.is_empty() {
        return None;
    }
    let mut root = Folder::default();
    for file in files {
        root.put(&file.path, file);
    }
    let (count, s) = (files.len(), if files.len() == 1 { "" } else { "s" });
    let bytes = files.iter().map(|file| file.content.len()).sum();
    let total = size(files.iter().map(lines).sum(), bytes);
    let view = view! {
        <div class="file-tree" data-piece=TREE>
            <p class="quiet">{count} " file" {s} ", " {total} ". Beside a name stand its lines."</p>
            {root.view()}
        </div>
    };
    Some(view.into_any())
}
