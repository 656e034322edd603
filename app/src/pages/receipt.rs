//! What a generation cost.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{GenerationId, Receipt, StageReceipt};
use server::{http::ApiError, projects::Project, studio::Generation};

use super::{id_of_address, page_of, project_of_address};
use crate::{
    components::{progress::spoken, sections::stage_title, title::PageTitle},
    context::{caller, services},
};

/// `/projects/{id}/generations/{generation}/receipt`.
#[component]
pub(crate) fn ReceiptPage() -> impl IntoView {
    let (id, generation) = (id_of_address(), generation_of_address());
    page_of(load(id, generation), |(project, generation, receipt)| {
        view! { <Shown project generation receipt /> }.into_any()
    })
}

/// The `:generation` of the address.
pub(super) fn generation_of_address() -> Option<GenerationId> {
    use_params_map().read_untracked().get("generation")?.parse().ok()
}

/// A generation of a project that the caller owns.
pub(super) async fn generation_of(
    project: String,
    id: Option<GenerationId>,
) -> Result<(Project, Generation), ApiError> {
    let project = project_of_address(project).await?;
    let id = id.ok_or_else(ApiError::not_found)?;
    let generation = services().studio.generation(caller().await?.user(), id).await?;
    if generation.project == project.id { Ok((project, generation)) } else { Err(ApiError::not_found()) }
}

async fn load(id: String, generation: Option<GenerationId>) -> Result<(Project, Generation, Receipt), ApiError> {
    let (project, generation) = generation_of(id, generation).await?;
    let receipt = services().studio.receipt(caller().await?.user(), generation.id).await?;
    Ok((project, generation, receipt))
}

#[component]
fn Shown(project: Project, generation: Generation, receipt: Receipt) -> impl IntoView {
    let rows: Vec<AnyView> = receipt.stages.iter().map(row).collect();
    let (name, back) = (project.name(), format!("/projects/{}/edit", project.id));
    let replay = format!("/projects/{}/generations/{}", project.id, generation.id);
    let json = format!("/api/generations/{}/receipt", generation.id);
    let cost: u64 = receipt.stages.iter().map(|stage| stage.cost_micros).sum();
    let empty = rows.is_empty().then(|| view! { <p class="quiet">"No stage was completed."</p> });
    view! {
        <PageTitle text=format!("Receipt: {}", project.name()) />
        <article class="receipt-page">
            <p class="label"><a href=back dir="auto">{name}</a></p>
            <h1>"Receipt"</h1>
            <dl class="facts">
                <div><dt>"Status"</dt><dd>{generation.status.as_str()}</dd></div>
                <div><dt>"Waited for a worker"</dt><dd>{spoken(receipt.queued_ms)}</dd></div>
                <div><dt>"Took"</dt><dd>{spoken(receipt.total_ms)}</dd></div>
                <div><dt>"Begun"</dt><dd>{times(receipt.attempts)}</dd></div>
                <div><dt>"Money"</dt><dd>{dollars(cost)}</dd></div>
            </dl>
            {empty}
            <div class="scroll" tabindex="0" role="region" aria-label="Cost by stage">
                <table class="costs">
                    <thead>
                        <tr>
                            <th scope="col">"Stage"</th><th scope="col">"Engine"</th><th scope="col">"Before it"</th><th scope="col">"Pieces"</th>
                            <th scope="col">"First piece"</th><th scope="col">"Total"</th><th scope="col">"Tokens in"</th>
                            <th scope="col">"Tokens out"</th><th scope="col">"Money"</th><th scope="col">"Cached"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {(receipt.pace_ms > 0).then(|| format!("Paced for a test, {} ms a piece.", receipt.pace_ms))}
            <p><a href=replay>"Watch it again"</a> " · " <a href=json>"JSON"</a></p>
        </article>
    }
    .into_any()
}

fn row(stage: &StageReceipt) -> AnyView {
    let before: Vec<String> = stage.fallbacks.iter().map(ToString::to_string).collect();
    let before = if before.is_empty() { "none".to_owned() } else { before.join(", ") };
    view! {
        <tr>
            <th scope="row">{stage_title(stage.stage)}</th>
            <td>{stage.engine.to_string()} " " <span class="quiet">{stage.model.clone()}</span></td>
            <td>{before}</td>
            <td>{stage.pieces}</td>
            <td>{spoken(stage.first_piece_ms)}</td>
            <td>{spoken(stage.total_ms)}</td>
            <td>{stage.tokens_in}</td>
            <td>{stage.tokens_out}</td>
            <td>{dollars(stage.cost_micros)}</td>
            <td>{if stage.cache_hit { "yes" } else { "no" }}</td>
        </tr>
    }
    .into_any()
}

fn times(attempts: u32) -> String {
    if attempts == 1 { "once".to_owned() } else { format!("{attempts} times") }
}

/// Millionths of a dollar, to a hundredth of a cent.
fn dollars(micros: u64) -> String {
    if micros == 0 { "none".to_owned() } else { format!("${}.{:04}", micros / 1_000_000, micros % 1_000_000 / 100) }
}
