//! Where one is signed in.

use leptos::{either::Either, prelude::*};
use model::SessionId;
use server::accounts::Device;

use super::Section;

/// The devices, this one first, each with a way to sign out there.
#[component]
pub(super) fn Devices(devices: Vec<Device>, here: SessionId) -> impl IntoView {
    let others = devices.iter().any(|device| device.session != here);
    let (mut list, rest): (Vec<Device>, Vec<Device>) = devices.into_iter().partition(|device| device.session == here);
    list.extend(rest);
    let rows = list.into_iter().map(|device| view! { <Row device here /> }).collect_view();
    let everywhere = others.then(|| {
        view! {
            <form method="post" action="/fn/sign_out_device">
                <button type="submit">"Sign out everywhere else"</button>
            </form>
        }
    });
    view! {
        <Section id="devices" title="Devices">
            <ul class="lines">{rows}</ul>
            <div class="row">
                {everywhere}
                <form method="post" action="/fn/sign_out">
                    <button type="submit">"Sign out here"</button>
                </form>
            </div>
        </Section>
    }
}

#[component]
fn Row(device: Device, here: SessionId) -> impl IntoView {
    let seen = device.last_seen.date().to_string();
    let since = device.since.date().to_string();
    let action = if device.session == here {
        Either::Left(view! { <span class="tag">"this one"</span> })
    } else {
        let label = format!("Sign out: {}, last used {seen}", device.name);
        Either::Right(view! {
            <form method="post" action="/fn/sign_out_device">
                <input type="hidden" name="session" value=device.session.to_string() />
                <button type="submit" class="quiet" aria-label=label>"Sign out"</button>
            </form>
        })
    };
    view! {
        <li>
            <div>
                <strong>{device.name}</strong>
                <p class="quiet">
                    "Last used " <time datetime=seen.clone()>{seen.clone()}</time>
                    ", since " <time datetime=since.clone()>{since.clone()}</time>
                </p>
            </div>
            {action}
        </li>
    }
}
