//! Figures in rows.

use leptos::{either::Either, prelude::*};
use model::vitals::{Rating, Vital};
use server::{
    studio::FirstPieces,
    vitals::{Detail, Figures, Part, SAMPLES_MIN, Summary, Value},
};

use super::{
    asked::Asked,
    words::{TOO_FEW, called, count, heading, long, measured, milliseconds, rated, short},
};
use crate::components::{sections::stage_title, table::table};

/// One vital by each part that is not chosen, if it is known by any; each value leads to itself alone.
pub(super) fn by_parts(vital: Vital, detail: &Detail, asked: &Asked) -> Option<AnyView> {
    let parts = detail.by.iter().filter(|(_, values)| !values.is_empty());
    let tables = parts.map(|(part, values)| {
        let rows = values.iter().map(|value| part_row(vital, *part, value, asked)).collect();
        let head = [heading(*part), "Samples", "p50", "p75", "p95", "Rating"];
        let by = format!("by {}", heading(*part).to_lowercase());
        view! { <h3>{format!("{} {by}", short(vital))}</h3> {table(format!("{} {by}", short(vital)), &head, rows)} }
    });
    let tables: Vec<_> = tables.collect();
    (!tables.is_empty()).then(|| tables.into_any())
}

fn part_row(vital: Vital, part: Part, Value { value, figures }: &Value, asked: &Asked) -> AnyView {
    let href = asked.of(part, value).address();
    view! {
        <tr>
            <th scope="row"><a href=href>{called(part, value)}</a></th>
            <td>{count(figures.samples)}</td>
            {percentiles([figures.p50, figures.p75, figures.p95].map(|value| measured(vital, value)), figures.rating)}
        </tr>
    }
    .into_any()
}

/// The last cells of a row: figures and how they are, or that there are too few samples to tell.
fn percentiles(values: [String; 3], rating: Option<Rating>) -> AnyView {
    match rating {
        Some(rating) => Either::Left(view! { {values.map(|value| view! { <td>{value}</td> }).into_iter().collect_view()} <td>{rated(rating)}</td> }),
        None => Either::Right(view! { <td colspan="4" class="quiet">{TOO_FEW}</td> }),
    }
    .into_any()
}

/// How soon the first piece of each stage came, by who made it.
pub(super) fn first_pieces(made: &[FirstPieces]) -> AnyView {
    if made.is_empty() {
        return view! { <p class="quiet">"Nothing was made in the last weeks. How soon the first piece of each stage came will stand here, for each engine."</p> }
            .into_any();
    }
    let rows = made.iter().map(|of| {
        let figures = [of.p50, of.p75, of.p95].map(milliseconds);
        let cells = if of.samples < SAMPLES_MIN {
            Either::Left(view! { <td colspan="3" class="quiet">{TOO_FEW}</td> })
        } else {
            Either::Right(figures.map(|figure| view! { <td>{figure}</td> }).into_iter().collect_view())
        };
        view! {
            <tr>
                <th scope="row">{stage_title(of.stage)}</th>
                <td>{of.engine.clone()}</td>
                <td>{count(of.samples)}</td>
                {cells}
            </tr>
        }
        .into_any()
    });
    let head = ["Stage", "Engine", "Samples", "p50", "p75", "p95"];
    table("Time to the first piece by stage and engine".to_owned(), &head, rows.collect())
}

/// What pages are held to before they are released, beside what they turn out to be.
pub(super) fn budgets(budgets: &[(Vital, f64)], summary: &Summary) -> AnyView {
    let rows = budgets.iter().map(|(vital, most)| {
        let of_vital = summary.vitals.iter().find(|measured| measured.name == vital.as_str());
        let field =
            of_vital.map_or_else(|| "not measured".to_owned(), |of_vital| in_the_field(*vital, &of_vital.figures));
        view! {
            <tr>
                <th scope="row">{long(*vital)}</th>
                <td>{measured(*vital, *most)}</td>
                <td>{field}</td>
            </tr>
        }
        .into_any()
    });
    table("Budgets beside what was measured".to_owned(), &["Vital", "Budget", "p75 of visits"], rows.collect())
}

fn in_the_field(vital: Vital, figures: &Figures) -> String {
    match figures.rating {
        Some(rating) => format!("{}, {}", measured(vital, figures.p75), rated(rating)),
        None => TOO_FEW.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_of_too_few_samples_is_not_told() {
        let mut figures = Figures {
            samples: 50,
            p50: 1.0,
            p75: 640.0,
            p75_between: (1.0, 2.0),
            p95: 3.0,
            rating: None,
            shares: [1.0, 0.0, 0.0],
        };
        assert_eq!(in_the_field(Vital::Lcp, &figures), TOO_FEW);
        figures.rating = Some(Rating::Good);
        assert_eq!(in_the_field(Vital::Lcp, &figures), "640 ms, good");
    }
}
