//! Sizes of type and distances, each shown as large as it is. Sizes come as attributes of drawings: the page allows no styles of its own
//! making.

use leptos::prelude::*;
use model::sections::{Product, SpaceStep, TypeStep};

use super::super::links::{anchor, in_words};

/// No specimen is larger, in rem, nor a bar longer, in pixels: a page has to hold them.
const TYPE_MAX: f64 = 8.0;
const SPACE_MAX: u16 = 600;
/// A specimen holds no more letters than fit.
const SPECIMEN: usize = 200;

/// A line of the product's own words in a size of type.
pub(super) fn type_view(step: &TypeStep, product: &Product) -> AnyView {
    let size = step.size.clamp(0.5, TYPE_MAX);
    let leading = step.line_height.clamp(1.0, 2.5);
    let words: String = if product.summary.is_empty() { in_words(&step.id) } else { product.summary.clone() };
    let words: String = words.chars().take(SPECIMEN).collect();
    let family = if step.family == "display" { "specimen serif" } else { "specimen sans" };
    let (height, font_size) = (rem(size * leading), rem(size));
    let figures = format!("{} px / {}", tidy(step.size * 16.0), tidy(step.line_height));
    view! {
        <article class="type-step" id=anchor("type_scale", &step.id) data-piece=format!("type_scale/{}", step.id)>
            <svg class=family width="100%" height=height aria-hidden="true">
                <text y="50%" dominant-baseline="central" font-size=font_size font-weight=step.weight.clamp(100, 900)>{words}</text>
            </svg>
            <h4>{in_words(&step.id)}</h4>
            <p class="figures">{figures} ", " {step.weight} ", " {step.family.clone()}</p>
            <p class="quiet" dir="auto">{step.purpose.clone()}</p>
        </article>
    }
    .into_any()
}

/// A bar as long as the distance.
pub(super) fn space_view(step: &SpaceStep) -> AnyView {
    let length = step.pixels.min(SPACE_MAX);
    view! {
        <article class="space-step" id=anchor("space_scale", &step.id) data-piece=format!("space_scale/{}", step.id)>
            <h4>{in_words(&step.id)}</h4>
            <p class="figures">{step.pixels} " px"</p>
            <svg class="bar-of" width="100%" height="12" aria-hidden="true"><rect width=length height="12"></rect></svg>
            <p class="quiet" dir="auto">{step.purpose.clone()}</p>
        </article>
    }
    .into_any()
}

fn rem(size: f64) -> String {
    format!("{}rem", tidy(size))
}

/// A figure with at most three decimals, and none that say nothing.
fn tidy(figure: f64) -> String {
    let text = format!("{figure:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
