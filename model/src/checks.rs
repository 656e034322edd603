//! What can be said for certain about sections: each check looks at one thing and says why it fails.
//!
//! They are pure functions of the sections as they are. What takes a parser of SQL or Rust is checked in the server.

mod contrast;

use crate::{
    CheckResult, Stage, openapi,
    sections::{Feature, Priority, Scheme, Sections, Token, alias},
    svg,
};

pub use contrast::contrast;

/// The most offenders that a reason names.
const NAMED: usize = 3;

/// Checks a section against itself and those it is made from. What is not made yet is not missed.
pub fn check(stage: Stage, sections: &Sections) -> Vec<CheckResult> {
    match stage {
        Stage::Product => product(sections),
        Stage::Brand => brand(sections),
        Stage::Design => design(sections),
        Stage::Architecture => architecture(sections),
        Stage::Code => code(sections),
    }
}

/// A check that passes when nothing offends.
pub fn result(id: &str, name: &str, passes: &str, fails: &str, offenders: &[String]) -> CheckResult {
    let reason = if offenders.is_empty() { passes.to_owned() } else { format!("{fails}: {}", few(offenders)) };
    CheckResult { id: id.to_owned(), name: name.to_owned(), passed: offenders.is_empty(), reason }
}

fn few(offenders: &[String]) -> String {
    let named = offenders.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match offenders.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn product(sections: &Sections) -> Vec<CheckResult> {
    let product = &sections.product;
    let idle: Vec<String> = product
        .features
        .iter()
        .filter(|feature| feature.answers.is_empty())
        .map(|feature| feature.title.clone())
        .collect();
    let untestable: Vec<String> = product
        .features
        .iter()
        .filter(|feature| feature.criteria.len() < 2)
        .map(|feature| feature.title.clone())
        .collect();
    let known = |id: &String| product.entity(id).is_some();
    let named = product.features.iter().flat_map(|feature| &feature.entities);
    let related = product.entities.iter().flat_map(|entity| entity.relations.iter().map(|relation| &relation.to));
    let lost: Vec<String> = named.chain(related).filter(|id| !known(id)).cloned().collect();
    let mut stuck = Vec::new();
    for entity in &product.entities {
        let steps = &entity.transitions;
        let ends = steps.iter().flat_map(|step| step.from.iter().chain([&step.to]));
        stuck.extend(
            ends.filter(|state| !entity.states.contains(state)).map(|state| format!("{}: {state}", entity.name)),
        );
        let unreached = entity.states.iter().skip(1).filter(|state| steps.iter().all(|step| step.to != **state));
        if !steps.is_empty() {
            stuck.extend(unreached.map(|state| format!("{}: nothing leads to {state}", entity.name)));
        }
    }
    vec![
        result("answers", "Every feature answers words of the directive", "All do.", "These answer none", &idle),
        result(
            "criteria",
            "Every feature can be tested",
            "Each has two or more acceptance criteria.",
            "Fewer than two criteria",
            &untestable,
        ),
        result("references", "Features and relations name entities that are there", "All do.", "Not there", &lost),
        result("life-cycles", "Every state of a life cycle can be reached", "All can.", "Stuck", &stuck),
    ]
}

fn brand(sections: &Sections) -> Vec<CheckResult> {
    let brand = &sections.brand;
    let mut faint = Vec::new();
    for colour in &brand.palette {
        for (theme, tone) in [("light", &colour.light), ("dark", &colour.dark)] {
            for stated in &tone.contrasts {
                let ground = brand.colour(&stated.on).map(|on| if theme == "light" { &on.light } else { &on.dark });
                let ratio = ground.and_then(|ground| contrast(&tone.hex, &ground.hex)).unwrap_or_default();
                if ratio < stated.needs {
                    faint
                        .push(format!("{} on {} in {theme}: {ratio:.2}, needs {}", colour.id, stated.on, stated.needs));
                }
            }
        }
    }
    let unsaid: Vec<String> =
        if brand.palette.iter().any(|colour| !colour.light.contrasts.is_empty()) || brand.palette.is_empty() {
            vec![]
        } else {
            vec!["no pair of roles".to_owned()]
        };
    let drawings = brand.logo.iter().filter_map(|logo| svg::check(&logo.svg).err()).map(|e| e.to_string());
    vec![
        result(
            "contrast",
            "Colours reach WCAG AA in light and dark",
            "Every pair does, worked out from the hex codes.",
            "Too faint",
            &[faint, unsaid].concat(),
        ),
        result(
            "svg",
            "Drawings are well-formed and free of script",
            "They are.",
            "Refused",
            &drawings.collect::<Vec<_>>(),
        ),
    ]
}

fn design(sections: &Sections) -> Vec<CheckResult> {
    let design = &sections.design;
    let by_name = |name: &str| design.tokens.iter().find(|token| token.name() == name);
    let mut dangling = Vec::new();
    for token in &design.tokens {
        for scheme in [Scheme::Light, Scheme::Dark] {
            if let Some(reason) = leads_nowhere(token, scheme, &by_name) {
                dangling.push(reason);
            }
        }
    }
    dangling.dedup();
    let off: Vec<String> = if sections.brand.palette.is_empty() {
        Vec::new()
    } else {
        design.tokens.iter().filter_map(|token| differs_from_brand(token, sections)).collect()
    };
    let drawings = design
        .screens
        .iter()
        .filter_map(|screen| Some(format!("{}: {}", screen.title, svg::check(&screen.wireframe).err()?)));
    let screens: Vec<&[String]> = design.screens.iter().map(|screen| screen.features.as_slice()).collect();
    let mut results = vec![
        result(
            "tokens",
            "No token refers to a missing one",
            "Every alias ends at a value, in both themes.",
            "Lead nowhere",
            &dangling,
        ),
        result("brand-colours", "Colours are those of the brand", "They are.", "Other than the brand's", &off),
        result(
            "svg",
            "Drawings are well-formed and free of script",
            "They are.",
            "Refused",
            &drawings.collect::<Vec<_>>(),
        ),
    ];
    results.extend(coverage("screen", sections, &screens));
    results
}

/// Follows aliases to a value; says which one is missing, or that they go round.
fn leads_nowhere<'d>(token: &'d Token, scheme: Scheme, by_name: &impl Fn(&str) -> Option<&'d Token>) -> Option<String> {
    let (mut at, mut steps) = (token, 0);
    while let Some(name) = alias(at.value(scheme)) {
        steps += 1;
        match by_name(name) {
            None => return Some(format!("{} to {name}", token.name())),
            Some(_) if steps > 16 => return Some(format!("{} goes round", token.name())),
            Some(next) => at = next,
        }
    }
    None
}

fn differs_from_brand(token: &Token, sections: &Sections) -> Option<String> {
    let role = sections.brand.colour(token.id.strip_prefix("color-")?)?;
    let hex = |value: &serde_json::Value| value.get("hex").and_then(|hex| hex.as_str()).map(str::to_lowercase);
    let same = |scheme, wanted: &str| hex(token.value(scheme)).is_none_or(|hex| hex == wanted.to_lowercase());
    let fits = same(Scheme::Light, &role.light.hex) && same(Scheme::Dark, &role.dark.hex);
    (!fits).then(|| token.name())
}

fn architecture(sections: &Sections) -> Vec<CheckResult> {
    let (architecture, product) = (&sections.architecture, &sections.product);
    let kept = |id: &str| architecture.tables.iter().any(|table| table.entity == id);
    let unkept = product.entities.iter().filter(|entity| !kept(&entity.id)).map(|entity| entity.name.clone());
    let nameless = architecture
        .tables
        .iter()
        .filter(|table| !product.entities.is_empty() && product.entity(&table.entity).is_none());
    let disagree: Vec<String> = unkept.chain(nameless.map(|table| format!("table {}", table.name))).collect();
    let table_names: Vec<&str> = architecture.tables.iter().map(|table| table.name.as_str()).collect();
    let mut lost = Vec::new();
    for table in &architecture.tables {
        let referred = table.columns.iter().filter_map(|column| column.references.as_deref());
        lost.extend(
            referred.filter(|name| !table_names.contains(name)).map(|name| format!("{} to {name}", table.name)),
        );
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let indexed = table.indexes.iter().flat_map(|index| &index.columns);
        lost.extend(
            indexed
                .filter(|name| !columns.contains(&name.as_str()))
                .map(|name| format!("index of {} on {name}", table.name)),
        );
    }
    let roles: Vec<&str> = architecture.roles.iter().map(|role| role.id.as_str()).collect();
    for operation in &architecture.operations {
        if architecture.table(&operation.table).is_none() {
            lost.push(format!("{} to table {}", operation.id, operation.table));
        }
        lost.extend(
            operation
                .roles
                .iter()
                .filter(|role| !roles.contains(&role.as_str()))
                .map(|role| format!("{} to role {role}", operation.id)),
        );
    }
    let document = openapi::document("API", "API", architecture);
    let invalid = openapi::faults(&document).into_iter().chain(openapi::missing(&document, architecture));
    let invalid: Vec<String> = invalid.map(|fault| fault.to_string()).collect();
    let drawings = architecture
        .diagrams
        .iter()
        .filter_map(|diagram| Some(format!("{}: {}", diagram.title, svg::check(&diagram.svg).err()?)));
    let routes: Vec<&[String]> =
        architecture.operations.iter().map(|operation| operation.features.as_slice()).collect();
    let mut results = vec![
        result("entities", "Entities and tables agree", "Every entity has its table.", "Without the other", &disagree),
        result("references", "References lead somewhere", "All do.", "Lead nowhere", &lost),
        result(
            "openapi",
            "The OpenAPI document is valid",
            "Its references, parameters and responses are sound.",
            "Not so",
            &invalid,
        ),
        result(
            "svg",
            "Drawings are well-formed and free of script",
            "They are.",
            "Refused",
            &drawings.collect::<Vec<_>>(),
        ),
    ];
    results.extend(coverage("route", sections, &routes));
    results
}

fn code(sections: &Sections) -> Vec<CheckResult> {
    let code = &sections.code;
    let handled: Vec<&String> = code.files.iter().flat_map(|file| &file.operations).collect();
    let routes = sections.architecture.operations.iter().filter(|operation| !handled.contains(&&operation.id));
    let unhandled: Vec<String> =
        routes.map(|operation| format!("{} {}", operation.method.as_str(), operation.path)).collect();
    let files: Vec<&[String]> = code.files.iter().map(|file| file.features.as_slice()).collect();
    let mut results = vec![result(
        "handlers",
        "Every route has a handler",
        "Every operation of the API is in a file.",
        "Without one",
        &unhandled,
    )];
    results.extend(coverage("file", sections, &files));
    results
}

/// Whether every feature that a first version must have is served by something.
fn coverage(what: &str, sections: &Sections, served: &[&[String]]) -> Option<CheckResult> {
    let musts: Vec<&Feature> =
        sections.product.features.iter().filter(|feature| feature.priority == Priority::Must).collect();
    if musts.is_empty() {
        return None;
    }
    let left: Vec<String> = musts
        .iter()
        .filter(|feature| !served.iter().any(|ids| ids.contains(&feature.id)))
        .map(|feature| feature.title.clone())
        .collect();
    let name = format!("Every “must” feature has a {what}");
    Some(result("features", &name, &format!("All {} have.", musts.len()), "Without one", &left))
}

#[cfg(test)]
mod tests;
