//! The brand section: names, voice, colours, type and a mark for the product that was composed.
//!
//! Everything follows from three things: what the product is about, how a product of its kind carries itself ([`mood`]), and what a note
//! asks. Knowledge lies in `knowledge/brand/*.toml`; what is decided by chance is decided by the directive's words, so that the same
//! directive always gets the same brand, and a note changes only what it speaks of.

mod check;
pub(crate) mod colour;
mod knowledge;
mod logo;
mod mood;
mod names;
mod palette;
mod sounds;
mod subject;
mod theme;
mod typography;
mod voice;
mod wishes;

use model::{
    Directive,
    sections::{Brand, Product},
};

use super::{Composer, Fault, Unsound, VERSION, reading};
pub(super) use knowledge::{BrandKnowledge, BrandShelf};
use subject::Subject;
use wishes::Wishes;

impl Composer {
    /// Composes the brand section for a product. Total, and always the same bytes for the same words and product. Empty only when the
    /// knowledge about brands is unsound, which [`Composer::brand_faults`] tells.
    pub fn brand(&self, directive: &Directive, note: Option<&str>, product: &Product) -> Brand {
        let (Ok(knowledge), Some(understood)) = (self.brand.open(), self.understand(directive, None)) else {
            return Brand::default();
        };
        let note = note.and_then(|note| Directive::parse(note).ok());
        let asked = note.as_ref().map(|note| (note.as_str(), reading::read(note, &self.lexicon)));
        let wishes = asked
            .as_ref()
            .map(|(note, reading)| Wishes::read(note, reading, knowledge, &logo::names()))
            .unwrap_or_default();
        let forms = |reading: &reading::Reading| {
            let wanted = reading.words.iter().filter(|word| !word.negated);
            wanted.flat_map(|word| word.forms.clone()).collect::<Vec<_>>()
        };
        let words = forms(&understood.reading);
        let note_words = asked.as_ref().map(|(_, reading)| forms(reading)).unwrap_or_default();
        let moods = knowledge.moods.order(
            &understood.recognition.archetype.module.id,
            subject::domains(&understood).first().copied(),
            words.iter().map(String::as_str),
            note_words.iter().map(String::as_str),
        );
        // A note that says what it wants changes that and nothing else.
        let again = asked.as_ref().filter(|_| wishes.anew).map_or("", |(note, _)| note);
        let seed = format!("{VERSION}\nbrand\n{}\n{again}", directive.as_str());
        let subject =
            Subject { understood: &understood, product, knowledge, lexicon: &self.lexicon, wishes, moods, seed };
        compose(&subject)
    }

    /// What keeps brands from being composed: empty when the knowledge can be read.
    pub fn brand_faults(&self) -> Option<Unsound> {
        self.brand.open().err().map(|faults: &[Fault]| Unsound(faults.to_vec()))
    }
}

fn compose(subject: &Subject<'_>) -> Brand {
    let (names, chosen) = names::names(subject);
    let name = chosen.name.clone();
    Brand {
        tagline: voice::tagline(subject, &name),
        voice: Some(voice::voice(subject, &name)),
        samples: voice::samples(subject, &name),
        palette: palette::palette(subject),
        typography: typography::typography(subject, &name),
        logo: Some(logo::logo(subject, &name)),
        names,
        name: Some(chosen),
    }
}

#[cfg(test)]
mod tests;
