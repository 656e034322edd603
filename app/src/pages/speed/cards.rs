//! Every vital at a glance.

use leptos::{either::Either, prelude::*};
use model::vitals::{Rating, Vital};
use server::vitals::{Figures, SAMPLES_MIN, Summary};

use super::{
    asked::Asked,
    words::{TOO_FEW, is_abbreviated, long, mark, meaning, measured, percent, rated, samples},
};

const RATINGS: [Rating; 3] = [Rating::Good, Rating::NeedsWork, Rating::Poor];

/// The vitals that were measured, and those that count whether they were or not.
pub(super) fn cards(summary: &Summary, asked: &Asked) -> AnyView {
    let cards = Vital::ALL.into_iter().filter_map(|vital| {
        let measured = summary.vitals.iter().find(|measured| measured.name == vital.as_str());
        let figures = measured.map(|measured| &measured.figures);
        (figures.is_some() || Vital::CORE.contains(&vital)).then(|| card(vital, figures, asked))
    });
    view! { <ul class="charts">{cards.collect_view()}</ul> }.into_any()
}

fn card(vital: Vital, figures: Option<&Figures>, asked: &Asked) -> AnyView {
    let href = format!("{}#trend", asked.of_vital(vital).address());
    let current = (vital == asked.vital).then_some("true");
    let abbreviation = is_abbreviated(vital).then(|| view! { " " <span class="quiet">{vital.as_str()}</span> });
    let rating = figures.and_then(|figures| figures.rating);
    let body = match (figures, rating) {
        (Some(figures), Some(rating)) => Either::Left(told(vital, figures, rating)),
        _ => Either::Right(too_few(figures.map_or(0, |figures| figures.samples))),
    };
    view! {
        <li class=rating.map(mark)>
            <h3><a href=href aria-current=current>{long(vital)}</a> {abbreviation}</h3>
            <p class="help">{meaning(vital)}</p>
            {body}
        </li>
    }
    .into_any()
}

fn told(vital: Vital, figures: &Figures, rating: Rating) -> AnyView {
    let [low, high] = [figures.p75_between.0, figures.p75_between.1].map(|bound| measured(vital, bound));
    let shares = RATINGS.iter().zip(figures.shares);
    let key =
        shares.map(|(rating, share)| view! { <li class=mark(*rating)>{percent(share)} " " {rated(*rating)}</li> });
    view! {
        <p class="figure"><strong>{measured(vital, figures.p75)}</strong> " " <span class="tag">{rated(rating)}</span></p>
        {bar(figures.shares)}
        <ul class="key">{key.collect_view()}</ul>
        <p class="help">{samples(figures.samples)} "; between " {low} " and " {high} " with 95 % certainty."</p>
    }
    .into_any()
}

/// Of how many samples there is nothing to be said yet.
fn too_few(number: u64) -> AnyView {
    view! {
        <p class="figure"><span class="tag">{TOO_FEW}</span></p>
        <p class="help">{samples(number)} "; a figure stands here from " {SAMPLES_MIN} " on."</p>
    }
    .into_any()
}

/// What is good, needs work and is poor, side by side. The words below say the same.
fn bar(shares: [f64; 3]) -> AnyView {
    let stretches = side_by_side(shares);
    let stretches = RATINGS.iter().zip(stretches).filter(|(_, (_, width))| *width > 0.0).map(|(rating, (x, width))| {
        view! { <rect class=mark(*rating) x=format!("{x:.1}%") width=format!("{width:.1}%") height="6"></rect> }
    });
    view! { <svg width="100%" height="6" aria-hidden="true">{stretches.collect_view()}</svg> }.into_any()
}

/// Where each of three shares begins and how wide it is, in hundredths. Shares that are next to nothing together with what rounds to nothing are.
fn side_by_side(shares: [f64; 3]) -> [(f64, f64); 3] {
    let mut begins = 0.0;
    shares.map(|share| {
        let (at, width) = (begins, (share * 100.0).clamp(0.0, 100.0 - begins));
        begins += width;
        (at, if width < 0.05 { 0.0 } else { width })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_stand_side_by_side_and_fill_the_bar() {
        let [good, fair, poor] = side_by_side([0.75, 0.2, 0.05]);
        assert_eq!((good, fair), ((0.0, 75.0), (75.0, 20.0)));
        assert!((poor.0 + poor.1 - 100.0).abs() < 1e-9, "{poor:?}");
    }

    #[test]
    fn what_rounds_to_nothing_is_not_drawn_and_nothing_reaches_beyond_the_end() {
        let [_, fair, poor] = side_by_side([1.0, 0.0, -1e-17]);
        assert_eq!((fair.1, poor.1), (0.0, 0.0));
        let [.., poor] = side_by_side([0.7, 0.3, 1e-9]);
        assert!(poor.1.abs() < 1e-9, "{poor:?}");
    }
}
