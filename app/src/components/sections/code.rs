//! The code section: the program as a tree, and what each file is there for. A program has some hundred kilobytes, so that a file is read
//! on a page of its own.

use leptos::prelude::*;
use model::sections::{Code, Product, SourceFile};

use super::{
    TREE,
    links::{anchor, facts, features, linked_on, operations, source, tables},
    running_text,
};

/// The pieces of a part as views. `files` is the address below which files have their pages.
pub(super) fn pieces(code: &Code, files: Option<&str>, slot: &str) -> Vec<AnyView> {
    match slot {
        "overview" => running_text("overview", &code.overview),
        TREE => tree_view(&code.files, files).into_iter().collect(),
        "files" => code.files.iter().map(|file| entry(file, files)).collect(),
        _ => Vec::new(),
    }
}

/// A file in the list: its path, what it is there for, and its size.
fn entry(file: &SourceFile, files: Option<&str>) -> AnyView {
    let (id, piece) = (anchor("files", &file.id), format!("files/{}", file.id));
    let name = view! { <code>{file.path.clone()}</code> };
    let name = link(files, file, name.into_any());
    view! {
        <article class="file" id=id data-piece=piece>
            <h4>{name}</h4>
            <p dir="auto">{file.purpose.clone()}</p>
            <p class="quiet">{size(lines(file), file.content.len())}</p>
        </article>
    }
    .into_any()
}

/// Words that lead to a file's page, where it has one.
fn link(files: Option<&str>, file: &SourceFile, words: AnyView) -> AnyView {
    let Some(files) = files else { return words };
    let href = format!("{files}/{}", file.path);
    view! { <a href=href>{words}</a> }.into_any()
}

/// A file as a whole, with what it has to do with the rest of the project, which stands on the page `project`.
pub(crate) fn program_file(file: &SourceFile, product: &Product, project: &str) -> AnyView {
    let about = facts([
        linked_on(project, "Handles", operations(&file.operations)),
        linked_on(project, "Tables", tables(&file.tables)),
        linked_on(project, "Serves", features(product, &file.features)),
    ]);
    let content = source(file.path.clone(), file.content.clone());
    view! {
        <p class="lede" dir="auto">{file.purpose.clone()}</p>
        {about}
        <p class="quiet">{size(lines(file), file.content.len())}</p>
        <div class="listing">{content}</div>
    }
    .into_any()
}

/// As `str::lines` counts them, without looking for each: a page counts those of the whole program.
fn lines(file: &SourceFile) -> usize {
    let ends = file.content.bytes().filter(|byte| *byte == b'\n').count();
    ends + usize::from(!file.content.is_empty() && !file.content.ends_with('\n'))
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

    fn view(&self, files: Option<&str>) -> AnyView {
        let entries = self.entries.iter().map(|entry| match entry {
            Entry::Folder(name, folder) => {
                view! { <li><span class="folder">{format!("{name}/")}</span> {folder.view(files)}</li> }.into_any()
            }
            Entry::File(name, file) => {
                let name = link(files, file, (*name).to_owned().into_any());
                view! { <li><span class="name">{name}</span> " " <span class="quiet">{lines(file)}</span></li> }
                    .into_any()
            }
        });
        view! { <ul role="list">{entries.collect_view()}</ul> }.into_any()
    }
}

/// The files in their folders, each with its lines; nothing when there are none.
fn tree_view(files: &[SourceFile], at: Option<&str>) -> Option<AnyView> {
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
            {root.view(at)}
        </div>
    };
    Some(view.into_any())
}
