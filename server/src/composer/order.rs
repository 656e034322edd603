//! One stage of one project: what every caller of the composer asks for.

use model::{
    Directive, Piece, PiecePath, Stage,
    sections::{Product, Sections},
};

use super::{Composer, Unsound};

/// What is to be composed, from what.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// What was asked for.
    pub directive: &'a Directive,
    /// What to do differently.
    pub note: Option<&'a str>,
    /// Which section.
    pub stage: Stage,
    /// The sections as they are.
    pub made: &'a Sections,
    /// The stages that are made anew together with this one, so that what `made` holds of them is old.
    pub together: &'a [Stage],
    /// Pieces of this section, as `made` holds them, that stay.
    pub locked: &'a [PiecePath],
}

impl Composer {
    /// Composes a section, as the pieces it streams as. The same order gives the same bytes.
    ///
    /// # Errors
    /// [`Unsound`] when the knowledge that the stage takes cannot be read.
    pub fn compose(&self, order: &Order<'_>) -> Result<Vec<Piece>, Unsound> {
        let Order { directive, note, stage, made, .. } = *order;
        if let Some(unsound) = self.stage_faults(stage) {
            return Err(unsound);
        }
        let product: &Product = &made.product;
        Ok(match stage {
            Stage::Product => self.product(directive, note).pieces(),
            Stage::Brand => {
                let named = made.brand.name.as_ref().filter(|_| order.is_locked("name"));
                self.brand_of(directive, note, product, named).pieces()
            }
            Stage::Design => {
                // A brand that is being made anew at the same time has the colours that the design works out by itself.
                let brand =
                    Some(&made.brand).filter(|brand| !brand.palette.is_empty() && !order.is_made_anew(Stage::Brand));
                self.design(directive, note, product, brand).pieces()
            }
            Stage::Architecture => self.architecture(directive, note, product).pieces(),
            Stage::Code => self.code(directive, note, product, &made.architecture).pieces(),
        })
    }

    /// What keeps a stage from being composed.
    fn stage_faults(&self, stage: Stage) -> Option<Unsound> {
        match stage {
            Stage::Product => None,
            Stage::Brand => self.brand_faults(),
            Stage::Design => self.design_faults(),
            Stage::Architecture => self.architecture_faults(),
            Stage::Code => None,
        }
    }
}

impl Order<'_> {
    fn is_locked(&self, path: &str) -> bool {
        self.locked.iter().any(|locked| locked.as_str() == path)
    }

    fn is_made_anew(&self, stage: Stage) -> bool {
        self.together.contains(&stage)
    }
}
