//! A table of figures.

use leptos::{either::Either, prelude::*};

/// A table that scrolls by itself where it is wider than the page. A column of buttons has no name.
pub(crate) fn table(label: impl Into<String>, head: &[&'static str], rows: Vec<AnyView>) -> AnyView {
    let head = head.iter().map(|words| match *words {
        "" => Either::Left(view! { <td></td> }),
        words => Either::Right(view! { <th scope="col">{words}</th> }),
    });
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=label.into()>
            <table class="costs">
                <thead><tr>{head.collect_view()}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
