//! The router.

use leptos::prelude::*;
use leptos_meta::{Link, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    components::layout::{Footer, Header},
    pages::{
        comparison::Comparison,
        edit::Edit,
        explore::Explore,
        file::{FileOfProject, FileOfReplay, SharedFile},
        invitation::Invitation,
        jobs::{DeadLetters, JobPage, JobsOverview, LiveJobs},
        landing::Landing,
        login::LogIn,
        not_found::NotFound,
        notices::NoticesPage,
        offline::Offline,
        operations::Operations,
        piece::PiecePage,
        pieces::Pieces,
        project::ProjectPage,
        projects::Projects,
        receipt::ReceiptPage,
        replay::Replay,
        reset::{RequestReset, ResetPassword, ResetSent},
        revisions::Revisions,
        room::{DirectRoom, RoomPage},
        rooms::Rooms,
        settings::{ConfirmAddress, Settings, Webhook, Webhooks},
        shared::Shared,
        signup::{ConfirmSignUp, SignUpPage, SignUpSent},
        speed::Speed,
        status::StatusPage,
        styleguide::Styleguide,
    },
};

/// Every page. A running generation streams in order; all others are sent when they are whole.
#[component]
pub(crate) fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Link rel="preload" href="/fonts/newsreader.woff2" as_="font" type_="font/woff2" crossorigin="anonymous" />
        <Link rel="preload" href="/fonts/inter.woff2" as_="font" type_="font/woff2" crossorigin="anonymous" />
        <a class="skip" href="#main">"Skip to content"</a>
        <Router>
            <Header />
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=Landing ssr=SsrMode::Async />
                    <Route path=path!("/explore") view=Explore ssr=SsrMode::Async />
                    <Route path=path!("/p/:slug") view=Shared ssr=SsrMode::Async />
                    <Route path=path!("/p/:slug/files/*file") view=SharedFile ssr=SsrMode::Async />
                    <Route path=path!("/signup") view=SignUpPage ssr=SsrMode::Async />
                    <Route path=path!("/signup/sent") view=SignUpSent ssr=SsrMode::Async />
                    <Route path=path!("/signup/confirm/:token") view=ConfirmSignUp ssr=SsrMode::Async />
                    <Route path=path!("/login") view=LogIn ssr=SsrMode::Async />
                    <Route path=path!("/reset") view=RequestReset ssr=SsrMode::Async />
                    <Route path=path!("/reset/sent") view=ResetSent ssr=SsrMode::Async />
                    <Route path=path!("/reset/:token") view=ResetPassword ssr=SsrMode::Async />
                    <Route path=path!("/settings") view=Settings ssr=SsrMode::Async />
                    <Route path=path!("/settings/webhooks") view=Webhooks ssr=SsrMode::Async />
                    <Route path=path!("/settings/webhooks/:id") view=Webhook ssr=SsrMode::Async />
                    <Route path=path!("/settings/confirm/:token") view=ConfirmAddress ssr=SsrMode::Async />
                    <Route path=path!("/jobs") view=JobsOverview ssr=SsrMode::Async />
                    <Route path=path!("/jobs/list") view=LiveJobs ssr=SsrMode::Async />
                    <Route path=path!("/jobs/dead") view=DeadLetters ssr=SsrMode::Async />
                    <Route path=path!("/jobs/:id") view=JobPage ssr=SsrMode::Async />
                    <Route path=path!("/operations") view=Operations ssr=SsrMode::Async />
                    <Route path=path!("/speed") view=Speed ssr=SsrMode::Async />
                    <Route path=path!("/status") view=StatusPage ssr=SsrMode::Async />
                    <Route path=path!("/styleguide") view=Styleguide ssr=SsrMode::Async />
                    <Route path=path!("/offline") view=Offline ssr=SsrMode::Async />
                    <Route path=path!("/projects") view=Projects ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id") view=ProjectPage ssr=SsrMode::InOrder />
                    <Route path=path!("/projects/:id/edit") view=Edit ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/edit/*piece") view=PiecePage ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/pieces") view=Pieces ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/files/*file") view=FileOfProject ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/room") view=RoomPage ssr=SsrMode::Async />
                    <Route path=path!("/notices") view=NoticesPage ssr=SsrMode::Async />
                    <Route path=path!("/rooms") view=Rooms ssr=SsrMode::Async />
                    <Route path=path!("/rooms/:id") view=DirectRoom ssr=SsrMode::Async />
                    <Route path=path!("/invitations/:token") view=Invitation ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/revisions") view=Revisions ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/revisions/:stage/:number") view=Comparison ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/generations/:generation") view=Replay ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/generations/:generation/files/*file") view=FileOfReplay ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/generations/:generation/receipt") view=ReceiptPage ssr=SsrMode::Async />
                </FlatRoutes>
            </main>
            <Footer />
        </Router>
    }
}
