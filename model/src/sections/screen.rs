//! The kinds of screens that a product is made of.

use crate::person::words;

words! {
    /// How a screen is laid out. A wireframe is drawn, and states are told, by the kind.
    ScreenKind {
        /// Rows to choose from, with filters: "My listings".
        List = "list",
        /// Search with facets over many, results as cards: "Find a synthesizer".
        Search = "search",
        /// Columns by state, cards that move: "Orders by state".
        Board = "board",
        /// One thing with its facts and what can be done with it.
        Detail = "detail",
        /// Entering or changing one thing.
        Form = "form",
        /// Several steps after each other, each on its own: grading, setting up.
        Steps = "steps",
        /// What was said and agreed, newest last, with a place to answer: an offer and its counter-offers.
        Thread = "thread",
        /// Days and times.
        Calendar = "calendar",
        /// Places.
        Map = "map",
        /// Figures at a glance.
        Dashboard = "dashboard",
        /// Work that comes one after another: the next case with its evidence, and a decision.
        Queue = "queue",
        /// A document to read, print or hand over.
        Report = "report",
        /// Two or more side by side.
        Compare = "compare",
        /// What happened, in order.
        Timeline = "timeline",
        /// Things to tick off.
        Checklist = "checklist",
        /// A camera and what it reads.
        Scan = "scan",
        /// A lesson, a recording, a text, with where one is in it.
        Player = "player",
        /// What it costs, and paying it.
        Checkout = "checkout",
        /// Rules and choices that hold from now on.
        Settings = "settings",
    }
}
