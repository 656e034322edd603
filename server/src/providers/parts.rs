//! What a section must have to be one, and what it should have besides.

use model::{
    Stage,
    sections::{Architecture, Brand, Code, Design, Priority, Product, Sections},
};

use crate::studio::Brief;

/// Colours without which nothing can be shown, and those that a whole palette has besides.
const ROLES_NEEDED: [&str; 3] = ["paper", "ink", "accent"];
const ROLES_WANTED: [&str; 9] =
    ["raised", "quiet", "line", "edge", "accent-wash", "on-accent", "success", "warning", "danger"];
/// Features, entities and operations that a list of what is missing names, at most.
const NAMED_MAX: usize = 30;

/// What is not there, in words for the model.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Missing {
    /// Without these it is no section.
    pub needed: Vec<String>,
    /// Without these it is a poor one.
    pub wanted: Vec<String>,
}

/// What the sections it is made from ask of this one.
#[derive(Debug)]
pub(super) struct Needs {
    musts: Vec<String>,
    entities: Vec<String>,
    operations: Vec<String>,
}

impl Needs {
    pub(super) fn of(brief: &Brief) -> Self {
        let product = &brief.made.product;
        let musts = product.features.iter().filter(|feature| feature.priority == Priority::Must);
        Self {
            musts: musts.map(|feature| feature.id.clone()).collect(),
            entities: product.entities.iter().map(|entity| entity.id.clone()).collect(),
            operations: brief.made.architecture.operations.iter().map(|operation| operation.id.clone()).collect(),
        }
    }

    /// What a section lacks.
    pub(super) fn missing(&self, stage: Stage, sections: &Sections) -> Missing {
        let mut missing = Missing::default();
        match stage {
            Stage::Product => missing.product(&sections.product),
            Stage::Brand => missing.brand(&sections.brand),
            Stage::Design => missing.design(&sections.design, self),
            Stage::Architecture => missing.architecture(&sections.architecture, self),
            Stage::Code => missing.code(&sections.code, self),
        }
        missing
    }
}

impl Missing {
    /// Whether everything is there.
    pub(super) fn is_nothing(&self) -> bool {
        self.needed.is_empty() && self.wanted.is_empty()
    }

    fn need(&mut self, part: &str, least: usize, there: usize) {
        self.needed.extend(few(part, least, there));
    }

    fn want(&mut self, part: &str, least: usize, there: usize) {
        self.wanted.extend(few(part, least, there));
    }

    /// Things that something of this section must refer to.
    fn refer<'a>(&mut self, what: &str, ids: &[String], referred: impl Fn(&str) -> bool + 'a) {
        let left: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !referred(id)).take(NAMED_MAX).collect();
        if !left.is_empty() {
            self.wanted.push(format!("{what}: {}", left.join(", ")));
        }
    }

    fn product(&mut self, product: &Product) {
        self.need("summary", 1, usize::from(!product.summary.is_empty()));
        self.need("problem", 1, usize::from(!product.problem.is_empty()));
        self.need("personas", 1, product.personas.len());
        self.need("features", 4, product.features.len());
        self.need("entities", 1, product.entities.len());
        self.want("journeys", 1, product.journeys.len());
        self.want("metrics", 2, product.metrics.len());
        self.want("risks", 2, product.risks.len());
        self.want("out_of_scope", 1, product.out_of_scope.len());
    }

    fn brand(&mut self, brand: &Brand) {
        let role = |role: &&str| brand.colour(role).is_none();
        self.need("names", 1, brand.names.len());
        self.need("name", 1, usize::from(brand.name.is_some()));
        self.need("tagline", 1, usize::from(!brand.tagline.is_empty()));
        self.need("voice", 1, usize::from(brand.voice.is_some()));
        self.needed.extend(ROLES_NEEDED.iter().filter(|r| role(r)).map(|role| format!("palette/{role}")));
        self.wanted.extend(ROLES_WANTED.iter().filter(|r| role(r)).map(|role| format!("palette/{role}")));
        self.want("logo", 1, usize::from(brand.logo.is_some()));
        self.want("typography", 1, usize::from(brand.typography.is_some()));
        self.want("samples", 2, brand.samples.len());
    }

    fn design(&mut self, design: &Design, needs: &Needs) {
        self.need("approach", 1, usize::from(!design.approach.is_empty()));
        self.need("screens", 3, design.screens.len());
        self.need("tokens", 4, design.tokens.len());
        self.want("type_scale", 3, design.type_scale.len());
        self.want("space_scale", 3, design.space_scale.len());
        self.want("components", 3, design.components.len());
        let served = |id: &str| design.screens.iter().any(|screen| screen.features.iter().any(|f| f == id));
        self.refer("a screen that serves each of these features", &needs.musts, served);
    }

    fn architecture(&mut self, architecture: &Architecture, needs: &Needs) {
        self.need("overview", 1, usize::from(!architecture.overview.is_empty()));
        self.need("tables", 1, architecture.tables.len());
        self.need("operations", 3, architecture.operations.len());
        self.want("roles", 1, architecture.roles.len());
        self.want("diagrams", 2, architecture.diagrams.len());
        self.want("decisions", 2, architecture.decisions.len());
        self.want("deployment", 1, architecture.deployment.len());
        self.want("capacity", 1, architecture.capacity.len());
        self.want("threats", 2, architecture.threats.len());
        let kept = |id: &str| architecture.tables.iter().any(|table| table.entity == id);
        self.refer("a table for each of these entities", &needs.entities, kept);
        let served = |id: &str| architecture.operations.iter().any(|o| o.features.iter().any(|f| f == id));
        self.refer("an operation that serves each of these features", &needs.musts, served);
    }

    fn code(&mut self, code: &Code, needs: &Needs) {
        self.need("overview", 1, usize::from(!code.overview.is_empty()));
        self.need("files", 4, code.files.len());
        for path in ["Cargo.toml", "src/main.rs", "README.md"] {
            if code.file(path).is_none() {
                self.wanted.push(format!("the file {path}"));
            }
        }
        let handled = |id: &str| code.files.iter().any(|file| file.operations.iter().any(|o| o == id));
        self.refer("a file that handles each of these operations", &needs.operations, handled);
    }
}

fn few(part: &str, least: usize, there: usize) -> Option<String> {
    match (least, there) {
        _ if there >= least => None,
        (1, _) => Some(part.to_owned()),
        _ => Some(format!("{part}: at least {least}, there are {there}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_section_lacks_what_it_needs() {
        let needs = Needs { musts: vec!["a".into()], entities: vec!["e".into()], operations: vec!["o".into()] };
        for stage in Stage::ALL {
            let missing = needs.missing(stage, &Sections::default());
            assert!(missing.needed.len() >= 2, "{stage}: {missing:?}");
        }
        let missing = needs.missing(Stage::Architecture, &Sections::default());
        assert!(missing.wanted.iter().any(|words| words.ends_with("entities: e")), "{missing:?}");
    }
}
