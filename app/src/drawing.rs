//! What is made as it is made, drawn for whoever looks: each piece comes as the markup that a page would hold, so that there is one way to show it and the
//! browser needs none.

use std::sync::Arc;

use model::{Address, Draft, Event, Logged, PiecePath, Stage, sections::Sections};
use serde_json::{Value, json};
use server::rooms::live::{Draw, Drawn};

use crate::{
    components::{
        progress::receipt_html,
        sections::{Around, drawn_from, piece_html},
        workbench::checks_html,
    },
    pages::file::files_of,
};

/// The most bytes of a file that a reader sees while it is being written.
const WRITING_MAX_BYTES: usize = 4_000;

/// How generations are drawn.
pub fn drawing() -> Draw {
    Arc::new(|project, so_far| {
        let mut shown = Shown { so_far, files: files_of(project) };
        Box::new(move |logged| shown.draw(logged))
    })
}

/// What a reader has on the page.
struct Shown {
    so_far: Draft,
    /// Below which address the program's files have their pages.
    files: String,
}

impl Shown {
    /// An event whose piece or receipt is markup. A piece is shown as the page shows it among those that came before: a mark in the
    /// colours of the palette, a screen with the titles of the features it serves.
    fn draw(&mut self, logged: &Logged) -> Drawn {
        self.so_far.read([logged]);
        let data = match logged.event() {
            Ok(Event::Piece { stage, path, .. }) => {
                let also = drawn_from(self.around(), stage, &path)
                    .map(|(part, html)| json!({ "stage": stage, "path": part, "html": html }));
                return Drawn { data: Some(self.piece(stage, path, None)), also };
            }
            Ok(Event::Delta { stage, path, text }) => self.piece(stage, path, Some(&text)),
            Ok(Event::Checks { stage, results }) => {
                json!({ "stage": stage, "path": "checks", "html": checks_html(&results) })
            }
            Ok(Event::Receipt(receipt)) => json!({ "path": "receipt", "html": receipt_html(&receipt) }),
            _ => return Drawn::default(),
        };
        Drawn { data: Some(data), also: None }
    }

    fn around(&self) -> Around<'_> {
        Around { sections: &self.so_far.sections, files: Some(&self.files) }
    }

    /// A piece as the page would show it now. Of a file, also what is being written into it: its page holds the rest.
    fn piece(&self, stage: Stage, path: PiecePath, more: Option<&str>) -> Value {
        let mut alone = Sections::default();
        let piece = self.so_far.sections.piece(&Address { stage, path: path.clone() });
        // One that does not fit has no markup, as on a page that is loaded.
        let fits = piece.is_some_and(|piece| alone.apply(stage, &piece).is_ok());
        let html = if fits { piece_html(&alone, self.around(), stage, &path) } else { String::new() };
        let mut data = json!({ "stage": stage, "path": path, "html": html });
        if let Some(file) = alone.code.files.first() {
            let text = more.unwrap_or(&file.content);
            data["file"] = json!(file.path);
            data["text"] = json!(&text[..text.floor_char_boundary(WRITING_MAX_BYTES)]);
        }
        data
    }
}
