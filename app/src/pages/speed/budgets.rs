//! How fast pages are held to be where a machine visits them, before anybody else does: the `[field]` table of Leptos.toml.

use std::{collections::BTreeMap, sync::OnceLock};

use model::vitals::Vital;
use serde::Deserialize;

const FILE: &str = include_str!("../../../../Leptos.toml");

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    field: Budgets,
}

/// Budgets of all pages, and those of some.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Budgets {
    default: Budget,
    routes: BTreeMap<String, Budget>,
}

/// The most that each vital may be, in its own unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Budget {
    ttfb: Option<f64>,
    fcp: Option<f64>,
    lcp: Option<f64>,
    cls: Option<f64>,
    inp: Option<f64>,
}

impl Budgets {
    /// The vitals that have a budget, with it; of one page, or of those that have none of their own.
    pub(super) fn of(&self, route: Option<&str>) -> Vec<(Vital, f64)> {
        let own = route.and_then(|route| self.routes.get(route)).copied().unwrap_or_default();
        let most = |vital| own.most(vital).or_else(|| self.default.most(vital));
        Vital::ALL.into_iter().filter_map(|vital| Some((vital, most(vital)?))).collect()
    }
}

impl Budget {
    fn most(&self, vital: Vital) -> Option<f64> {
        match vital {
            Vital::Ttfb => self.ttfb,
            Vital::Fcp => self.fcp,
            Vital::Lcp => self.lcp,
            Vital::Cls => self.cls,
            Vital::Inp => self.inp,
            _ => None,
        }
    }
}

/// The budgets that this program was built with.
pub(super) fn budgets() -> &'static Budgets {
    static BUDGETS: OnceLock<Budgets> = OnceLock::new();
    BUDGETS.get_or_init(|| read(FILE).unwrap_or_default())
}

fn read(file: &str) -> Result<Budgets, toml::de::Error> {
    Ok(toml::from_str::<File>(file)?.field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_and_holds_the_core_vitals_to_something() {
        assert_eq!(read(FILE).as_ref(), Ok(budgets()));
        let budgets = budgets().of(None);
        for vital in Vital::CORE {
            let budget = budgets.iter().find(|(of, _)| *of == vital);
            assert!(budget.is_some_and(|(_, most)| *most <= vital.bands().0), "{vital}: {budget:?}");
        }
    }

    #[test]
    fn a_page_has_its_own_budgets_and_else_those_of_all() {
        let file = "[field]\ndefault = { lcp = 800, inp = 100 }\n[field.routes.\"/projects/{id}/edit\"]\nlcp = 1200";
        let budgets = read(file).unwrap();
        assert_eq!(budgets.of(Some("/projects/{id}/edit")), [(Vital::Lcp, 1_200.0), (Vital::Inp, 100.0)]);
        assert_eq!(budgets.of(Some("/")), budgets.of(None));
        assert!(read("[field]\ndefault = { lpc = 800 }").is_err());
    }
}
