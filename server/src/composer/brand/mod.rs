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
    sections::{Brand, ChosenName, Colour, Product, Typography},
};

use super::{Composer, Fault, Understood, Unsound, VERSION, reading};
pub(super) use knowledge::{BrandKnowledge, BrandShelf};
pub(super) use mood::Mood;
use subject::Subject;
use wishes::Wishes;

/// What a design takes from a brand, and how both carry themselves.
pub(super) struct Look {
    /// Colours by role.
    pub palette: Vec<Colour>,
    /// Typefaces.
    pub typography: Option<Typography>,
    /// Moods, strongest first.
    pub moods: Vec<Mood>,
    /// Whether the note asks a brand for anything in particular.
    pub asked: bool,
}

impl Composer {
    /// Composes the brand section for a product. Total, and always the same bytes for the same words and product. Empty only when the
    /// knowledge about brands is unsound, which [`Composer::brand_faults`] tells.
    pub fn brand(&self, directive: &Directive, note: Option<&str>, product: &Product) -> Brand {
        self.brand_of(directive, note, product, None)
    }

    /// Likewise for a product that has its name already: everything else speaks of it by that.
    pub(super) fn brand_of(
        &self,
        directive: &Directive,
        note: Option<&str>,
        product: &Product,
        named: Option<&ChosenName>,
    ) -> Brand {
        let make = |subject: &Subject<'_>| compose(subject, named);
        let understood = self.understand(directive, None);
        understood.and_then(|understood| self.branded(&understood, directive, note, product, make)).unwrap_or_default()
    }

    /// Colours and typefaces as the brand has them that is made with the same note. `None` when the knowledge about brands is unsound.
    pub(super) fn look(
        &self,
        understood: &Understood<'_>,
        directive: &Directive,
        note: Option<&str>,
        product: &Product,
    ) -> Option<Look> {
        self.branded(understood, directive, note, product, |subject| Look {
            palette: palette::palette(subject),
            typography: typography::typography(subject, ""),
            moods: subject.moods.clone(),
            asked: note.is_some() && !subject.wishes.anew,
        })
    }

    /// What `make` makes of everything a brand is made from.
    fn branded<T>(
        &self,
        understood: &Understood<'_>,
        directive: &Directive,
        note: Option<&str>,
        product: &Product,
        make: impl FnOnce(&Subject<'_>) -> T,
    ) -> Option<T> {
        let knowledge = self.brand.open().ok()?;
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
            subject::domains(understood).first().copied(),
            words.iter().map(String::as_str),
            note_words.iter().map(String::as_str),
        );
        // A note that says what it wants changes that and nothing else.
        let again = asked.as_ref().filter(|_| wishes.anew).map_or("", |(note, _)| note);
        let seed = format!("{VERSION}\nbrand\n{}\n{again}", directive.as_str());
        Some(make(&Subject { understood, product, knowledge, lexicon: &self.lexicon, wishes, moods, seed }))
    }

    /// What keeps brands from being composed: empty when the knowledge can be read.
    pub fn brand_faults(&self) -> Option<Unsound> {
        self.brand.open().err().map(|faults: &[Fault]| Unsound(faults.to_vec()))
    }
}

fn compose(subject: &Subject<'_>, named: Option<&ChosenName>) -> Brand {
    let (names, chosen) = names::names(subject);
    let chosen = named.cloned().unwrap_or(chosen);
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
