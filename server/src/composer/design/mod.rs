//! The design section: tokens, scales, screens with wireframes, and the components they are built from.
//!
//! Screens are those of the blueprint; what is written about them lies in `knowledge/design/*.toml`; their wireframes are drawn from the
//! product's own fields, states and verbs. Colours and typefaces are the brand's, or those the brand will have that is made from the same
//! words at the same time.

mod approach;
mod check;
mod components;
mod knowledge;
mod plans;
mod scales;
mod screens;
mod states;
mod subject;
mod tokens;
mod tone;
mod wireframe;
mod wishes;

use model::{
    Directive,
    sections::{Brand, Design, Product},
};

use super::{Composer, Fault, Understood, Unsound, VERSION, blueprint::Blueprint, brand::Look, reading};
use knowledge::Density;
pub(super) use knowledge::{DesignKnowledge, DesignShelf};
use subject::Subject;
use tokens::Identity;
use wishes::Wishes;

impl Composer {
    /// Composes the design section for a product. Total, and always the same bytes for the same words, product and brand. Colours and
    /// typefaces are those of `brand`; without one they are those that [`Composer::brand`] gives with the same note. Empty only when the
    /// knowledge is unsound, which [`Composer::design_faults`] tells.
    pub fn design(
        &self,
        directive: &Directive,
        note: Option<&str>,
        product: &Product,
        brand: Option<&Brand>,
    ) -> Design {
        let (Ok(knowledge), Some(understood)) = (self.design.open(), self.understand(directive, None)) else {
            return Design::default();
        };
        let Some(look) = self.look(&understood, directive, note, product) else { return Design::default() };
        let blueprint = Blueprint::of(product, &self.lexicon);
        let wishes = self.design_wishes(note, &look);
        let again = note.filter(|_| wishes.anew).unwrap_or_default();
        let subject = Subject {
            density: density(knowledge, &understood, &wishes),
            seed: format!("{VERSION}\ndesign\n{}\n{again}", directive.as_str()),
            understood: &understood,
            product,
            blueprint: &blueprint,
            knowledge,
            lexicon: &self.lexicon,
            look: &look,
            wishes,
        };
        compose(&subject, &Identity::of(&look, brand))
    }

    /// What keeps designs from being composed: empty when the knowledge can be read.
    pub fn design_faults(&self) -> Option<Unsound> {
        self.brand_faults().or_else(|| self.design.open().err().map(|faults: &[Fault]| Unsound(faults.to_vec())))
    }

    fn design_wishes(&self, note: Option<&str>, look: &Look) -> Wishes {
        let note = note.and_then(|note| Directive::parse(note).ok());
        note.map(|note| Wishes::read(note.as_str(), &reading::read(&note, &self.lexicon), look.asked))
            .unwrap_or_default()
    }
}

/// The note's density, else that of the kind of product.
fn density(knowledge: &DesignKnowledge, understood: &Understood<'_>, wishes: &Wishes) -> Density {
    let of_kind = || knowledge.scales.density.get(&understood.recognition.archetype.module.id).copied();
    wishes.density.or_else(of_kind).unwrap_or(Density::Even)
}

fn compose(subject: &Subject<'_>, identity: &Identity) -> Design {
    let (type_scale, space_scale) = (scales::type_scale(subject, identity), scales::space_scale(subject));
    let mut screens = screens::screens(subject, identity);
    let tokens = tokens::tokens(subject, identity, &type_scale, &space_scale);
    let mut components = components::components(subject, &mut screens);
    let exists = |id: &String| tokens.iter().any(|token| token.id == *id);
    components.iter_mut().for_each(|component| component.tokens.retain(exists));
    Design { approach: approach::approach(subject), tokens, type_scale, space_scale, screens, components }
}

#[cfg(test)]
mod tests;
