//! The data model: a table of columns for each table, folded.

use leptos::prelude::*;
use model::sections::{Column, Index, Product, SetBy, Table};

use super::super::links::{anchor, entities, facts, features, linked};

pub(super) fn view(table: &Table, product: &Product) -> AnyView {
    let columns = table.columns.iter().map(column_view).collect_view();
    let label = format!("Columns of {}", table.name);
    let about = facts([
        linked("Keeps", entities(product, std::slice::from_ref(&table.entity))),
        linked("Serves", features(product, &table.features)),
    ]);
    let body = view! {
        <div class="scroll" tabindex="0" role="group" aria-label=label>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Column"</th>
                        <th scope="col">"Holds"</th>
                        <th scope="col">"May be empty"</th>
                        <th scope="col">"Set by"</th>
                        <th scope="col">"About"</th>
                    </tr>
                </thead>
                <tbody>{columns}</tbody>
            </table>
        </div>
        {indexes_view(&table.indexes)}
        {about}
    };
    let count = format!("{} columns", table.columns.len());
    entry(
        anchor("tables", &table.id),
        format!("tables/{}", table.id),
        &table.name,
        &table.purpose,
        count,
        body.into_any(),
    )
}

/// A piece that is read by its name and a sentence, and unfolded when wanted.
fn entry(id: String, path: String, name: &str, purpose: &str, count: String, body: AnyView) -> AnyView {
    view! {
        <article class="entry" id=id data-piece=path>
            <details>
                <summary>
                    <h4><code>{name.to_owned()}</code></h4>
                    <span class="what" dir="auto">{purpose.to_owned()}</span>
                    <span class="quiet">{count}</span>
                </summary>
                {body}
            </details>
        </article>
    }
    .into_any()
}

fn column_view(column: &Column) -> AnyView {
    let choices =
        (!column.one_of.is_empty()).then(|| view! { <span class="quiet">": " {column.one_of.join(", ")}</span> });
    let references = column.references.clone().map(|table| {
        // A table's id is its name with hyphens.
        let target = format!("#{}", anchor("tables", &table.replace('_', "-")));
        view! { " → " <a href=target><code>{table}</code></a> }
    });
    view! {
        <tr>
            <th scope="row"><code>{column.name.clone()}</code></th>
            <td>{column.kind.as_str()} {references} {choices}</td>
            <td>{if column.nullable { "yes" } else { "no" }}</td>
            <td>{set_by(column.set_by)}</td>
            <td dir="auto">{column.about.clone()}</td>
        </tr>
    }
    .into_any()
}

fn set_by(setter: SetBy) -> &'static str {
    match setter {
        SetBy::Service => "the service",
        SetBy::Creator => "whoever makes it, once",
        SetBy::Caller => "whoever calls",
        SetBy::Transition => "a step in its life",
    }
}

fn indexes_view(indexes: &[Index]) -> Option<AnyView> {
    let lines = indexes.iter().map(|index| {
        let unique = index.unique.then_some(", unique");
        view! {
            <div>
                <dt><code>{index.columns.join(", ")}</code> <span class="quiet">{unique}</span></dt>
                <dd dir="auto">{index.why.clone()}</dd>
            </div>
        }
    });
    let lines = lines.collect_view();
    (!indexes.is_empty())
        .then(|| view! { <p class="label">"Indexes"</p> <dl class="about indexes">{lines}</dl> }.into_any())
}
