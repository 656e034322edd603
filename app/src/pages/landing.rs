//! Where it begins.

use leptos::prelude::*;

use crate::{
    components::{directive_form::DirectiveForm, social::Social, title::PageTitle},
    context::for_everybody,
};

/// Directives to try, from fields that have little in common.
const EXAMPLES: [(&str, &str); 3] = [
    (
        "Synthesizers",
        "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading",
    ),
    ("Beekeeping", "Help beekeepers log hive inspections, even offline, with reminders for the next visit"),
    ("Yoga", "A booking site where yoga studios offer classes and members reserve mats, with a waitlist and deposits"),
];

/// The landing page: the same bytes for everyone.
#[component]
pub(crate) fn Landing() -> impl IntoView {
    for_everybody([]);
    let examples = EXAMPLES.map(|(name, directive)| {
        view! {
            <li>
                <form method="post" action="/fn/start_generation">
                    <input type="hidden" name="directive" value=directive />
                    <button type="submit" class="example">
                        <span class="label">{name}</span>
                        <span class="text">{directive}</span>
                    </button>
                </form>
            </li>
        }
    });
    view! {
        <PageTitle text="" described=true />
        <Social title="Say what you want to build" description="Type one directive and watch a product take shape: who it is for, what it does, what it keeps, how you know it works." />
        <div class="landing">
            <h1>"Say what you want to build. " <em>"Read what it takes."</em></h1>
            <p class="lede">
                "One sentence becomes a product a team can start from: people, features with acceptance criteria, data, risks and measures, in your own words, piece by piece while you watch."
            </p>
            <DirectiveForm />
            <section class="examples" aria-labelledby="try">
                <h2 id="try">"Or try one of these"</h2>
                <ul>{examples.to_vec()}</ul>
            </section>
            // From what the composer makes of the first example, shortened.
            <section class="proof" aria-labelledby="proof">
                <h2 id="proof">"How it reads"</h2>
                <p class="marked">
                    "A marketplace where collectors buy and sell vintage " <q>"synthesizers"</q> ", with " <q>"escrow"</q> " and "
                    <q>"condition grading"</q>
                </p>
                <ul>
                    <li>
                        <p class="label">"a need behind " <q>"synthesizers"</q></p>
                        <h3>"Collector who buys"</h3>
                        <p class="quiet">"Today hears a polished demo clip and finds three dead keys after unpacking."</p>
                    </li>
                    <li>
                        <p class="label">"a feature for " <q>"escrow"</q></p>
                        <h3>"Hold the buyer's money before anything changes hands"</h3>
                        <p class="quiet">"Accepted when: while the hold is open neither side can withdraw from it, cancel it alone or change the price."</p>
                    </li>
                    <li>
                        <p class="label">"a measure of " <q>"condition grading"</q></p>
                        <h3>"Grades confirmed on inspection: at least 92 %"</h3>
                        <p class="quiet">"Reports whose grade is confirmed by a second look, divided by all reports that had one, per quarter."</p>
                    </li>
                </ul>
            </section>
            <section class="facts" aria-label="What to expect">
                <div>
                    <h2>"Nothing canned"</h2>
                    <p>"The composer reads who does what to which things, and says which of your words called for which feature. Invented words come back as nouns."</p>
                </div>
                <div>
                    <h2>"Never lost"</h2>
                    <p>"Close the tab, lose the network, come back tomorrow: the work goes on without you, and the page ends with the same bytes."</p>
                </div>
                <div>
                    <h2>"No account, no key"</h2>
                    <p>"It runs on its own engine, deterministic and offline. Your projects belong to this browser, and to nobody else until you sign up or share them."</p>
                </div>
            </section>
        </div>
    }
}
