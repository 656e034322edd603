//! Sections after they were made: edited, locked, made anew in part, proposed, taken back, forked.

use std::collections::BTreeSet;

use model::{Address, GenerationId, Origin, PageLimit, Stage, UserId, sections::Sections};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use server::studio::{Started, StudioError, Wish};

use crate::support::{Instance, SYNTHESIZERS, Scratch, assert_sound};

/// Somebody with a whole project.
struct Owner {
    user: UserId,
    project: Started,
}

async fn owner(instance: &Instance) -> Owner {
    let user = instance.guest().await;
    let project = instance.start(user, SYNTHESIZERS).await;
    instance.log(user, project.generation, 0).await;
    Owner { user, project }
}

impl Owner {
    async fn sections(&self, instance: &Instance) -> Sections {
        instance.services.studio.current(self.project.project).await.unwrap().sections
    }

    async fn number(&self, instance: &Instance, stage: Stage) -> u32 {
        instance.services.studio.current(self.project.project).await.unwrap().numbers[&stage]
    }

    async fn edit(&self, instance: &Instance, at: &str, value: Value, expected: u32) -> Result<u32, StudioError> {
        instance.services.studio.edit(self.user, self.project.project, &address(at), value, expected).await
    }

    async fn generate(&self, instance: &Instance, wish: Wish) -> GenerationId {
        let id = instance.services.studio.generate(self.user, self.project.project, wish).await.unwrap();
        assert_sound(&instance.log(self.user, id, 0).await);
        id
    }

    /// A feature's title changed by hand.
    async fn retitle(&self, instance: &Instance, feature: usize, title: &str) -> String {
        let mut value = json!(self.sections(instance).await.product.features[feature]);
        let id = value["id"].as_str().unwrap().to_owned();
        value["title"] = json!(title);
        let number = self.number(instance, Stage::Product).await;
        self.edit(instance, &format!("product/features/{id}"), value, number).await.unwrap();
        id
    }

    async fn stale(&self, instance: &Instance) -> BTreeSet<String> {
        let staleness = instance.services.studio.current(self.project.project).await.unwrap().staleness();
        staleness.stale.iter().map(|stale| stale.piece.to_string()).collect()
    }
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_a_new_revision_and_the_earlier_one_can_be_taken_back() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    let before = owner.sections(&instance).await.product.summary;

    assert_eq!(owner.edit(&instance, "product/summary", json!("Another market."), 1).await.unwrap(), 2);
    assert_eq!(owner.sections(&instance).await.product.summary, "Another market.");
    // The same edit again changes nothing, and makes no revision.
    assert_eq!(owner.edit(&instance, "product/summary", json!("Another market."), 2).await.unwrap(), 2);

    let studio = &instance.services.studio;
    assert_eq!(studio.restore(owner.user, owner.project.project, Stage::Product, 1, 2).await.unwrap(), 3);
    assert_eq!(owner.sections(&instance).await.product.summary, before);
    let list =
        studio.revisions(Some(owner.user), owner.project.project, Some(Stage::Product), None, PageLimit::DEFAULT);
    let told: Vec<(u32, Origin, Option<u32>, bool)> =
        list.await.unwrap().items.iter().map(|r| (r.number, r.origin, r.parent, r.current)).collect();
    let wanted =
        [(3, Origin::Restore, Some(1), true), (2, Origin::Edit, Some(1), false), (1, Origin::Generation, None, false)];
    assert_eq!(told, wanted);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_are_of_the_sections_as_they_are_however_often_they_were_asked_for() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    let (studio, project) = (&instance.services.studio, owner.project);
    let of_product = async || {
        let (_, mut checks) = studio.checked_draft(Some(owner.user), project.generation).await.unwrap();
        let lost = checks.remove(&Stage::Product).unwrap().into_iter().find(|check| check.id == "references").unwrap();
        (lost.passed, checks.len())
    };
    assert_eq!((of_product().await, of_product().await), ((true, 4), (true, 4)));
    let mut feature = json!(owner.sections(&instance).await.product.features[0]);
    feature["entities"] = json!(["nowhere"]);
    let at = format!("product/features/{}", feature["id"].as_str().unwrap());
    owner.edit(&instance, &at, feature, 1).await.unwrap();
    assert_eq!((of_product().await, of_product().await), ((false, 4), (false, 4)));
    studio.restore(owner.user, project.project, Stage::Product, 1, 2).await.unwrap();
    assert_eq!(of_product().await, (true, 4), "as it was once more");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_editors_the_second_gets_a_conflict_and_nothing_is_overwritten() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    let (one, two) = tokio::join!(
        owner.edit(&instance, "product/summary", json!("One."), 1),
        owner.edit(&instance, "product/summary", json!("Two."), 1),
    );
    let (won, lost) = if one.is_ok() { ("One.", two) } else { ("Two.", one) };
    let conflict = lost.unwrap_err();
    assert!(matches!(conflict, StudioError::Conflict { stage: Stage::Product, current: 2 }), "{conflict}");
    assert!(conflict.to_string().contains("changed meanwhile"));
    assert_eq!(owner.sections(&instance).await.product.summary, won);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_does_not_fit_or_is_not_mine_is_refused() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    for (at, value) in [
        ("product/summary", json!({"not": "text"})),
        ("product/features/x", json!({"id": "y"})),
        ("product/nothing", json!("x")),
        ("brand/logo", json!({"idea": "x", "svg": "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>"})),
    ] {
        let refused = owner.edit(&instance, at, value, 1).await;
        assert!(matches!(refused, Err(StudioError::BadPiece(_))), "{at}: {refused:?}");
    }
    let stranger = instance.guest().await;
    let studio = &instance.services.studio;
    let theirs = studio.edit(stranger, owner.project.project, &address("product/summary"), json!("Mine now."), 1).await;
    assert!(matches!(theirs, Err(StudioError::NotFound)));
    assert!(matches!(
        studio.lock(stranger, owner.project.project, &address("product/summary"), true).await,
        Err(StudioError::NotFound)
    ));
    assert!(matches!(
        studio.fork(stranger, owner.project.generation, Stage::Brand, None).await,
        Err(StudioError::NotFound)
    ));
    assert_eq!(owner.number(&instance, Stage::Product).await, 1);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_section_that_is_being_made_cannot_be_edited_but_others_can() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    let waiting = scratch.instance().await;
    instance.services.tasks.stop(std::time::Duration::from_secs(5)).await;
    let wish = Wish { stages: vec![Stage::Brand], ..Wish::default() };
    let id = waiting.services.studio.generate(owner.user, owner.project.project, wish).await.unwrap();
    let tagline = owner.edit(&waiting, "brand/tagline", json!("Mine."), 1).await;
    assert!(matches!(tagline, Err(StudioError::Busy)), "{tagline:?}");
    owner.edit(&waiting, "product/summary", json!("Mine."), 1).await.unwrap();
    waiting.services.studio.cancel(Some(owner.user), id).await.unwrap();
    owner.edit(&waiting, "brand/tagline", json!("Mine."), 1).await.unwrap();
    scratch.finish([instance, waiting]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_piece_survives_whatever_is_made() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    let mut name = json!(owner.sections(&instance).await.brand.name.unwrap());
    name["name"] = json!("Zindlewick");
    owner.edit(&instance, "brand/name", name, 1).await.unwrap();
    let studio = &instance.services.studio;
    for _ in 0..2 {
        studio.lock(owner.user, owner.project.project, &address("brand/name"), true).await.unwrap();
    }
    let before = owner.sections(&instance).await.brand;
    owner
        .generate(
            &instance,
            Wish { stages: vec![Stage::Brand], note: Some("make it playful".into()), ..Wish::default() },
        )
        .await;
    let brand = owner.sections(&instance).await.brand;
    assert_eq!(brand.name.unwrap().name, "Zindlewick");
    assert_ne!((brand.voice, brand.palette), (before.voice, before.palette), "the note was followed elsewhere");
    assert!(
        brand.samples.iter().any(|sample| sample.text.contains("Zindlewick")),
        "what is new speaks of the kept name"
    );

    studio.lock(owner.user, owner.project.project, &address("brand/name"), false).await.unwrap();
    owner.generate(&instance, Wish { stages: vec![Stage::Brand], ..Wish::default() }).await;
    assert_ne!(owner.sections(&instance).await.brand.name.unwrap().name, "Zindlewick");
    let nothing = studio.lock(owner.user, owner.project.project, &address("brand/names/nobody"), true).await;
    assert!(matches!(nothing, Err(StudioError::NotFound)));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_marks_exactly_what_depends_on_it_and_rebuilding_makes_only_that_anew() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    assert_eq!(owner.stale(&instance).await, BTreeSet::new());
    let studio = &instance.services.studio;
    let nothing = studio.rebuild(owner.user, owner.project.project, Wish::default()).await;
    assert!(matches!(nothing, Err(StudioError::NothingStale)));

    let id = owner.retitle(&instance, 0, "Sell a synthesizer, told otherwise").await;
    let before = owner.sections(&instance).await;
    let stale = owner.stale(&instance).await;
    let serves = |features: &[String]| features.contains(&id);
    for screen in &before.design.screens {
        let at = format!("design/screens/{}", screen.id);
        assert_eq!(stale.contains(&at), serves(&screen.features), "{at}");
    }
    for operation in &before.architecture.operations {
        let at = format!("architecture/operations/{}", operation.id);
        assert_eq!(stale.contains(&at), serves(&operation.features), "{at}");
    }
    assert!(stale.iter().any(|at| at.starts_with("code/files/")), "files follow operations");
    assert!(stale.iter().all(|at| !at.starts_with("brand/") && !at.starts_with("product/")), "{stale:?}");

    // What is not out of date stays, even where somebody has changed it by hand.
    let fresh = before.design.screens.iter().find(|screen| !serves(&screen.features)).unwrap();
    let mut by_hand = json!(fresh);
    by_hand["purpose"] = json!("My own words.");
    owner.edit(&instance, &format!("design/screens/{}", fresh.id), by_hand, 1).await.unwrap();
    let rebuilt = studio.rebuild(owner.user, owner.project.project, Wish::default()).await.unwrap();
    let log = instance.log(owner.user, rebuilt, 0).await;
    assert_sound(&log);
    assert_eq!(log.last().unwrap().kind, "done");
    let after = owner.sections(&instance).await;
    assert_eq!(after.design.screen(&fresh.id).unwrap().purpose, "My own words.");
    assert_eq!(after.brand, before.brand);
    assert_eq!(owner.stale(&instance).await, BTreeSet::new());
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_piece_can_be_said_to_be_right() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    owner.retitle(&instance, 0, "Sell a synthesizer, told otherwise").await;
    let stale = owner.stale(&instance).await;
    let screen = stale.iter().find(|at| at.starts_with("design/screens/")).unwrap();
    let studio = &instance.services.studio;
    studio.settle(owner.user, owner.project.project, &address(screen), 1).await.unwrap();
    let left = owner.stale(&instance).await;
    assert!(!left.contains(screen) && left.len() + 1 == stale.len(), "{left:?}");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_waits_until_it_is_accepted_and_a_newer_edit_is_not_overwritten() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    let studio = &instance.services.studio;
    let playful =
        || Wish { stages: vec![Stage::Brand], note: Some("make it playful".into()), review: true, ..Wish::default() };
    let before = owner.sections(&instance).await.brand;

    let first = owner.generate(&instance, playful()).await;
    assert_eq!(owner.sections(&instance).await.brand, before, "nothing changes until it is accepted");
    let bench = studio.workbench(Some(owner.user), first).await.unwrap();
    assert_eq!(bench.proposed, [(Stage::Brand, 2)]);
    studio.refuse(owner.user, first).await.unwrap();
    studio.accept(owner.user, first).await.unwrap();
    assert_eq!(owner.sections(&instance).await.brand, before, "what was refused cannot be accepted");

    let second = owner.generate(&instance, playful()).await;
    for _ in 0..2 {
        studio.accept(owner.user, second).await.unwrap();
    }
    assert_ne!(owner.sections(&instance).await.brand, before);

    let third = owner.generate(&instance, playful()).await;
    owner.edit(&instance, "brand/tagline", json!("My own."), 3).await.unwrap();
    let late = studio.accept(owner.user, third).await;
    assert!(matches!(late, Err(StudioError::Conflict { stage: Stage::Brand, current: 5 })), "{late:?}");
    assert_eq!(owner.sections(&instance).await.brand.tagline, "My own.");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_begins_with_what_was_there_and_goes_its_own_way() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    owner.edit(&instance, "product/summary", json!("My own summary."), 1).await.unwrap();
    let studio = &instance.services.studio;
    let fork = studio.fork(owner.user, owner.project.generation, Stage::Design, Some("dense".into())).await.unwrap();
    let log = instance.log(owner.user, fork.generation, 0).await;
    assert_sound(&log);
    assert_eq!(log.last().unwrap().kind, "done");
    let (original, forked) = (owner.sections(&instance).await, studio.current(fork.project).await.unwrap());
    assert_eq!(forked.sections.brand, original.brand);
    // The fork is of the generation as it was, not of what was edited since.
    assert_ne!(forked.sections.product.summary, "My own summary.");
    assert_eq!(forked.numbers.len(), 5);
    assert!(forked.staleness().is_none());
    let made: Vec<Stage> = studio.generation(Some(owner.user), fork.generation).await.unwrap().stages;
    assert_eq!(made, [Stage::Design, Stage::Code]);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_can_be_watched_again_at_any_point() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    let studio = &instance.services.studio;
    let whole = studio.draft(Some(owner.user), owner.project.generation).await.unwrap();
    let (start, marks) = studio.replay(Some(owner.user), owner.project.generation, 0).await.unwrap();
    assert_eq!(start.sections, Sections::default());
    assert_eq!(marks.iter().map(|(stage, _)| *stage).collect::<BTreeSet<_>>().len(), 5);
    let (end, _) = studio.replay(Some(owner.user), owner.project.generation, whole.seq).await.unwrap();
    assert_eq!(end, whole);
    let (half, _) = studio.replay(Some(owner.user), owner.project.generation, marks[1].1).await.unwrap();
    assert!(!half.sections.product.features.is_empty() && half.sections.code.files.is_empty());
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_cannot_be_met_says_why() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    let studio = &instance.services.studio;
    let wish = |wish| studio.generate(owner.user, owner.project.project, wish);
    let engine = wish(Wish { engine: Some("oracle".into()), ..Wish::default() }).await.unwrap_err();
    assert!(engine.to_string().contains("\"oracle\"") && engine.to_string().contains("composer"), "{engine}");
    let locks = vec![address("product/summary"); 1_001];
    assert!(matches!(wish(Wish { locks, ..Wish::default() }).await, Err(StudioError::TooManyLocks)));

    let stopped = instance.start(owner.user, "Help beekeepers log hive inspections, even offline").await;
    studio.cancel(Some(owner.user), stopped.generation).await.unwrap();
    instance.log(owner.user, stopped.generation, 0).await;
    if studio.current(stopped.project).await.unwrap().numbers.is_empty() {
        let wish = Wish { stages: vec![Stage::Code], ..Wish::default() };
        let missing = studio.generate(owner.user, stopped.project, wish).await.unwrap_err();
        assert!(missing.to_string().contains("is not there yet"), "{missing}");
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_by_hand_without_end_are_stopped_and_the_next_is_told_when() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let owner = owner(&instance).await;
    let at = address("product/summary");
    let studio = &instance.services.studio;
    // What is locked already is locked once more: that changes nothing, and is a change all the same.
    let (mut refused, began) = (None, std::time::Instant::now());
    for _ in 0..400 {
        if let Err(error) = studio.lock(owner.user, owner.project.project, &at, true).await {
            refused = Some(error);
            break;
        }
    }
    // In a time so long some are earned back.
    assert!(began.elapsed().as_secs() < 90, "this machine is too slow for this test");
    let Some(StudioError::Limited(limited)) = refused else { panic!("not stopped: {refused:?}") };
    assert!(limited.retry_after.as_secs() <= 1, "{limited:?}");
    let mut edited = Ok(1);
    for _ in 0..10 {
        // One or another may have been earned back meanwhile.
        let Ok(number) = edited else { break };
        edited = owner.edit(&instance, "product/summary", json!(format!("Something else, {number}.")), number).await;
    }
    assert!(matches!(edited, Err(StudioError::Limited(_))), "it is one quota for all of them: {edited:?}");
    scratch.finish([instance]).await;
}
