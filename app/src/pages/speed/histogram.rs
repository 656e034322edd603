//! How many samples were how long.

use leptos::prelude::*;
use model::vitals::{RELATIVE_ERROR, Vital};
use server::vitals::{Bin, Detail};

use super::words::{bands, count, long, measured, percent, samples, short};
use crate::components::table::table;

/// How high the drawing is, and how much of it the highest column takes; above is room for words.
const HEIGHT: f64 = 200.0;
const TALLEST: f64 = 70.0;
/// By so much each column is longer than the one before.
const RATIO: f64 = 1.25;

/// Columns, each of what is by a quarter longer than in the one before: the unit of a logarithmic scale is a column.
#[derive(Debug, PartialEq)]
struct Columns {
    /// The place of the first on the scale.
    first: f64,
    /// How many samples each stands for.
    heights: Vec<f64>,
}

/// The drawing, what it says in words, and every figure of it.
pub(super) fn histogram(vital: Vital, detail: &Detail) -> AnyView {
    let columns = Columns::of(vital, &detail.histogram);
    let [from, to] =
        [0.0, columns.width()].map(|place| measured(vital, vital.unscaled(RATIO.powf(columns.first + place))));
    view! {
        <div class="charts">
            <figure class="chart">
                <figcaption>
                    <h3>{format!("Distribution of {}", short(vital))}</h3>
                    <ul class="key">
                        <li class="first">{samples(detail.figures.samples)}</li>
                        <li class="rest">"needs work"</li>
                        <li class="second">"poor"</li>
                    </ul>
                </figcaption>
                {drawing(vital, detail, &columns)}
                <p class="ends"><span>{from}</span> <span>{to}</span></p>
            </figure>
        </div>
        <p class="help">"Each column is of what is a quarter more than in the one before."</p>
        <details>
            <summary>"Every figure as a table"</summary>
            {figures(vital, detail)}
        </details>
    }
    .into_any()
}

impl Columns {
    /// Samples that are told only together are spread over what they lie between, so that no column stands out for where bins end.
    fn of(vital: Vital, bins: &[Bin]) -> Self {
        let places: Vec<f64> = bins.iter().map(|bin| place(vital, bin.up_to)).collect();
        let lowest = places.first().copied().unwrap_or_default();
        let highest = places.last().copied().unwrap_or_default();
        let first = (lowest - 1.0).floor();
        // What is poor shows that it is there, also where nothing is.
        let last = highest.max(place(vital, vital.bands().1) + 2.0).ceil();
        let mut heights = vec![0.0; whole(last - first)];
        let mut before = first;
        for (bin, to) in bins.iter().zip(places) {
            let from = before.max(to - 1.0);
            let density = as_f64(bin.samples) / (to - from).max(f64::EPSILON);
            for at in whole(from - first)..=whole(to - first) {
                let begins = first + place_of(at);
                let within = (to.min(begins + 1.0) - from.max(begins)).max(0.0);
                if let Some(height) = heights.get_mut(at) {
                    *height += density * within;
                }
            }
            before = to;
        }
        Self { first, heights }
    }

    fn width(&self) -> f64 {
        place_of(self.heights.len())
    }

    /// A measurement, in hundredths across.
    fn across(&self, vital: Vital, value: f64) -> f64 {
        (100.0 * (place(vital, value) - self.first) / self.width()).clamp(0.0, 100.0)
    }

    /// All columns as a path in a field of their number by a hundred.
    fn path(&self) -> String {
        let most = self.heights.iter().copied().fold(f64::EPSILON, f64::max);
        let mut path = String::new();
        for (at, height) in self.heights.iter().enumerate().filter(|(_, height)| **height > 0.0) {
            path.push_str(&format!("M{at}.1 100h.8V{:.1}h-.8z", 100.0 - TALLEST * height / most));
        }
        path
    }
}

/// The place of a measurement on the scale. What is nothing is as the least that is told apart.
fn place(vital: Vital, value: f64) -> f64 {
    vital.scaled(value).max(1.0).ln() / RATIO.ln()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "places are small, whole and not negative")]
fn whole(place: f64) -> usize {
    place.max(0.0) as usize
}

fn place_of(column: usize) -> f64 {
    u32::try_from(column).map_or(0.0, f64::from)
}

#[expect(clippy::cast_precision_loss, reason = "a drawing is no more precise")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

fn drawing(vital: Vital, detail: &Detail, columns: &Columns) -> AnyView {
    let (good, poor) = vital.bands();
    let [good, poor] = [good, poor].map(|bound| columns.across(vital, bound));
    let [good_words, poor_words] = bands(vital);
    let p75 = detail.figures.rating.map(|_| {
        let words = format!("p75: {}", measured(vital, detail.figures.p75));
        Bound { across: columns.across(vital, detail.figures.p75), words, class: Some("release") }
    });
    let bounds = [(good, good_words), (poor, poor_words)].map(|(across, words)| Bound { across, words, class: None });
    let bounds: Vec<Bound> = bounds.into_iter().chain(p75).collect();
    let field = |class: &'static str, from: f64, to: f64| {
        let (x, width) = (format!("{from:.2}%"), format!("{:.2}%", to - from));
        view! { <rect class=class x=x width=width height="100%"></rect> }
    };
    // Words come last: they are read over everything.
    view! {
        <svg width="100%" height=HEIGHT role="img" aria-label=words(vital, detail)>
            {field("band rest", good, poor)}
            {field("band second", poor, 100.0)}
            <svg viewBox=format!("0 0 {} 100", columns.heights.len()) width="100%" height="100%" preserveAspectRatio="none">
                <path class="first" d=columns.path()></path>
            </svg>
            {bounds.iter().map(Bound::line).collect_view()}
            {bounds.iter().enumerate().map(|(row, bound)| bound.words(row)).collect_view()}
        </svg>
    }
    .into_any()
}

/// An upright line, and what it is.
struct Bound {
    across: f64,
    words: String,
    class: Option<&'static str>,
}

impl Bound {
    fn line(&self) -> AnyView {
        let x = format!("{:.2}%", self.across);
        view! { <line class=self.class x1=x.clone() x2=x y2="100%"></line> }.into_any()
    }

    /// The words beside it, in a row of their own, on the side where there is more room.
    fn words(&self, row: usize) -> AnyView {
        let (anchor, away) = if self.across > 50.0 { ("end", "-4") } else { ("start", "4") };
        let (x, y) = (format!("{:.2}%", self.across), 14 + 17 * row);
        view! { <text x=x y=y dx=away text-anchor=anchor>{self.words.clone()}</text> }.into_any()
    }
}

/// What the drawing shows, for whoever does not see it.
fn words(vital: Vital, detail: &Detail) -> String {
    let figures = &detail.figures;
    let tell = |value: f64| measured(vital, value);
    let spread = match (figures.rating, detail.histogram.first(), detail.histogram.last()) {
        (Some(_), ..) => format!(
            "half are at most {}, three of four at most {} and 95 of 100 at most {}",
            tell(figures.p50),
            tell(figures.p75),
            tell(figures.p95)
        ),
        (None, Some(least), Some(most)) => {
            format!("the least is {} and the most {}", tell(least.up_to), tell(most.up_to))
        }
        _ => "there are none".to_owned(),
    };
    let [good, poor] = bands(vital);
    format!("{} of {} on a logarithmic scale: {spread}; {good}, {poor}", samples(figures.samples), long(vital))
}

fn figures(vital: Vital, detail: &Detail) -> AnyView {
    let mut so_far = 0;
    let rows = detail.histogram.iter().map(|bin| {
        so_far += bin.samples;
        view! {
            <tr>
                <th scope="row">{measured(vital, bin.up_to)}</th>
                <td>{count(bin.samples)}</td>
                <td>{percent(as_f64(so_far) / as_f64(detail.figures.samples.max(1)))}</td>
            </tr>
        }
        .into_any()
    });
    table(format!("Distribution of {}", short(vital)), &["Up to", "Samples", "So far"], rows.collect())
}

/// How exact the figures are.
pub(super) fn exactness() -> String {
    percent(RELATIVE_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(of: &[(f64, u64)]) -> Vec<Bin> {
        of.iter().map(|(up_to, samples)| Bin { up_to: *up_to, samples: *samples }).collect()
    }

    #[test]
    fn no_sample_is_lost_and_what_is_poor_has_room() {
        let columns = Columns::of(Vital::Lcp, &bins(&[(100.0, 7), (108.0, 11), (900.0, 2), (60_000.0, 1)]));
        assert!((columns.heights.iter().sum::<f64>() - 21.0).abs() < 1e-6, "{columns:?}");
        let few = Columns::of(Vital::Lcp, &bins(&[(100.0, 7)]));
        assert!((few.heights.iter().sum::<f64>() - 7.0).abs() < 1e-6);
        assert!(few.across(Vital::Lcp, 4_000.0) < 95.0 && few.across(Vital::Lcp, 100.0) > 0.0, "{few:?}");
    }

    #[test]
    fn samples_stand_in_the_column_they_are_as_long_as() {
        let columns = Columns::of(Vital::Cls, &bins(&[(0.001, 40), (0.25, 10)]));
        let at = |value: f64| whole(place(Vital::Cls, value) - columns.first);
        assert!((columns.heights[..=at(0.001)].iter().sum::<f64>() - 40.0).abs() < 1e-6);
        assert!((columns.heights[at(0.25) - 1..=at(0.25)].iter().sum::<f64>() - 10.0).abs() < 1e-6);
        assert!(columns.heights[at(0.01)..at(0.1)].iter().all(|height| *height == 0.0));
    }

    #[test]
    fn samples_that_are_spread_evenly_make_columns_of_one_height() {
        let steps = bins(&(0..200).map(|n| (100.0 * 1.02_f64.powi(n), 5)).collect::<Vec<_>>());
        let heights = Columns::of(Vital::Lcp, &steps).heights;
        let full: Vec<f64> = heights.iter().copied().filter(|height| *height > 0.0).collect();
        let within = &full[2..full.len() - 2];
        let mean = within.iter().sum::<f64>() / within.len() as f64;
        assert!(within.iter().all(|height| (height / mean - 1.0).abs() < 0.02), "{within:?}");
    }

    #[test]
    fn the_highest_column_takes_what_there_is_and_empty_ones_are_not_drawn() {
        let columns = Columns { first: 0.0, heights: vec![2.0, 0.0, 1.0] };
        assert_eq!(columns.path(), "M0.1 100h.8V30.0h-.8zM2.1 100h.8V65.0h-.8z");
        assert_eq!(Columns { first: 0.0, heights: vec![] }.path(), "");
    }
}
