//! A table of many rows, as `bin/bench` asks for it: the same as its peers show, and in no program but one that is built for it.

use axum::{
    extract::{Query, State},
    response::Html,
};
use leptos::prelude::*;
use serde::Deserialize;
use time::{Date, Duration, macros::date};

use crate::{components::layout::Footer, components::layout::Header, context::assets, routes::PageContext};

const ROWS_MAX: u32 = 10_000;
const STATES: [&str; 4] = ["draft", "running", "done", "failed"];
const FIRST_DAY: Date = date!(2026 - 01 - 01);

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    rows: u32,
}

/// `GET /bench/table?rows=1000`.
pub(crate) async fn table(State(context): State<PageContext>, Query(asked): Query<Asked>) -> Html<String> {
    let rows = asked.rows.min(ROWS_MAX);
    Html(Owner::new().with(|| {
        context.provide();
        view! { <TableDocument rows /> }.to_html()
    }))
}

#[component]
fn TableDocument(rows: u32) -> impl IntoView {
    let rows = (1..=rows).map(row).collect_view();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <title>"Table · Atlas9"</title>
                <link rel="stylesheet" href=assets().css.clone() />
            </head>
            <body>
                <Header />
                <main id="main">
                    <table>
                        <thead>
                            <tr><th>"Number"</th><th>"Name"</th><th>"State"</th><th>"Date"</th><th>"Amount"</th></tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </main>
                <Footer />
            </body>
        </html>
    }
}

fn row(number: u32) -> impl IntoView {
    let state = STATES[(number as usize - 1) % STATES.len()];
    let day = FIRST_DAY.saturating_add(Duration::days(number.into())).to_string();
    let amount = number * 37 % 10_000;
    view! {
        <tr>
            <td class="number">{number}</td>
            <td><a href=format!("/rows/{number}")>{format!("Row {number}")}</a></td>
            <td><span class=format!("state {state}")>{state}</span></td>
            <td><time datetime=day.clone()>{day.clone()}</time></td>
            <td class="amount">{format!("{}.{:02}", amount / 100, amount % 100)}</td>
        </tr>
    }
}
