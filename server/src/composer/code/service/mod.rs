//! The service that is written: the architecture as it is, put into names that Rust and SQL take, and mended where it could not run. What
//! was edited by hand may lack a key, name a table that is gone, or ask for a step where there is no state; the program then still builds.

mod calls;
mod columns;
mod resources;

use model::sections::{ApiRole, Architecture, Operation, Product, SYSTEM};

use super::{
    names::{comment, variants},
    wishes::Wishes,
};
use crate::composer::inflect::{Inflector, listed};
pub use calls::{Call, Deed};
pub use columns::{Col, Setter};
pub use resources::Resource;

/// Everything that the files are written from.
#[derive(Debug)]
pub struct Service<'a> {
    /// The product it is for.
    pub product: &'a Product,
    /// The directive, as a title.
    pub title: String,
    /// What it is called, if it has a name.
    pub brand: Option<&'a str>,
    /// The package's name: `offers-service`.
    pub package: String,
    /// Who calls; the service itself last.
    pub roles: Vec<Role<'a>>,
    /// What is kept, in the order of the product.
    pub resources: Vec<Resource<'a>>,
    /// Operations that no handler could be written for.
    pub left_out: Vec<&'a Operation>,
    /// What a note asked for.
    pub wishes: Wishes,
    /// The OpenAPI document, if it was written.
    pub openapi: Option<String>,
}

/// A role of the API.
#[derive(Debug)]
pub struct Role<'a> {
    /// Its id, as tokens and the database name it.
    pub id: &'a str,
    /// Its name in Rust.
    pub variant: String,
    /// In words.
    pub name: String,
    /// What it may do.
    pub may: String,
}

impl<'a> Service<'a> {
    /// The service of an architecture.
    pub fn of(
        product: &'a Product,
        architecture: &'a Architecture,
        inflect: &Inflector,
        title: String,
        package: String,
    ) -> Self {
        let roles = roles(&architecture.roles);
        let mut resources = resources::resources(product, architecture, inflect);
        let left_out = calls::assign(&mut resources, architecture, &roles);
        resources.iter_mut().for_each(Resource::mend_life);
        Self {
            product,
            title,
            brand: None,
            package,
            roles,
            resources,
            left_out,
            wishes: Wishes::default(),
            openapi: None,
        }
    }

    /// The package's name as Rust imports it.
    pub fn library(&self) -> String {
        self.package.replace('-', "_")
    }

    /// The name of its database.
    pub fn database(&self) -> String {
        let name = self.library();
        name.strip_suffix("_service").unwrap_or(&name).to_owned()
    }

    /// The table of that name in SQL.
    pub fn resource(&self, table: &str) -> Option<&Resource<'a>> {
        self.resources.iter().find(|resource| resource.table == table)
    }

    /// The role that may do everything.
    pub fn system(&self) -> &str {
        self.roles.iter().find(|role| role.id == SYSTEM).map_or("System", |role| &role.variant)
    }

    /// Who may call something, in the middle of a sentence; empty when anybody may.
    pub fn names_of(&self, call: &Call<'_>) -> String {
        let named = self.roles.iter().filter(|role| call.role_ids.contains(&role.id));
        let names: Vec<String> = named.map(|role| self.within_sentence(&role.name)).collect();
        listed(&names, "or")
    }

    /// A name as it stands in the middle of an English sentence; what is not English keeps its capitals.
    fn within_sentence(&self, name: &str) -> String {
        let language = self.product.basis.as_ref().map_or("en", |basis| basis.language.as_str());
        let lower = name.starts_with("The ") || matches!(language, "en" | "und");
        let mut chars = name.chars();
        match (chars.next(), chars.next()) {
            (Some(first), Some(second)) if lower && !second.is_uppercase() => {
                first.to_lowercase().chain([second]).chain(chars).collect()
            }
            _ => name.to_owned(),
        }
    }

    /// Every call with its resource.
    pub fn calls(&self) -> impl Iterator<Item = (&Resource<'a>, &Call<'a>)> {
        self.resources.iter().flat_map(|resource| resource.calls.iter().map(move |call| (resource, call)))
    }

    /// Where the check of health is, which no resource may cover.
    pub fn health(&self) -> &'static str {
        if self.calls().any(|(_, call)| call.operation.path == "/health") { "/healthz" } else { "/health" }
    }
}

/// The roles, each once, the service itself always among them.
fn roles(given: &[ApiRole]) -> Vec<Role<'_>> {
    let mut known: Vec<(&str, String, String)> = Vec::new();
    for role in given {
        let id = role.id.trim();
        if !id.is_empty() && known.iter().all(|(other, ..)| *other != id) {
            known.push((id, comment(&role.name), comment(&role.may)));
        }
    }
    if known.iter().all(|(id, ..)| *id != SYSTEM) {
        known.push((SYSTEM, "The service itself".to_owned(), "Everything.".to_owned()));
    }
    let names = variants(known.iter().map(|(id, ..)| *id));
    let named = known.into_iter().zip(names);
    named.map(|((id, name, may), variant)| Role { id, variant, name, may }).collect()
}
