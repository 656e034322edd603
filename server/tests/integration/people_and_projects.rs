//! Projects: lists, shelves and sharing; and a database that goes away and comes back.

use std::{collections::BTreeSet, time::Duration};

use model::{PageLimit, ProjectId, Shelf, Sorting, UserId, Visibility};
use pretty_assertions::assert_eq;
use server::{
    db::DbError,
    projects::{Listing, ProjectsError, SEARCH_MAX_CHARS},
    studio::{StudioError, Wish},
};

use crate::support::{Instance, Scratch, Wire, assert_sound, directive};

#[tokio::test(flavor = "multi_thread")]
async fn the_list_shows_every_project_once_even_when_many_were_made_in_one_instant() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let user = instance.guest().await;
    let mut made = BTreeSet::new();
    for number in 0..23 {
        let started = instance.start(user, &format!("A register of {number} bridges")).await;
        instance.log(user, started.generation, 0).await;
        made.insert(started.project);
    }
    scratch.break_it("update projects set created_at = '2026-01-01 00:00:00.123456+00' where id in (select id from projects limit 15)").await;

    let mut seen: Vec<ProjectId> = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let limit = PageLimit::capped(Some(4));
        let page =
            instance.services.projects.list(Some(user), &Listing::default(), cursor.as_deref(), limit).await.unwrap();
        assert!(page.items.len() <= 4);
        seen.extend(page.items.iter().map(|project| project.id));
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen.len(), 23);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), made);

    let (projects, all) = (&instance.services.projects, Listing::default());
    assert_eq!(projects.list(None, &all, None, PageLimit::DEFAULT).await.unwrap().items, []);
    let stranger = instance.guest().await;
    assert_eq!(projects.list(Some(stranger), &all, None, PageLimit::DEFAULT).await.unwrap().items, []);
    let bad = projects.list(Some(user), &all, Some("nonsense"), PageLimit::DEFAULT).await;
    assert!(matches!(bad, Err(ProjectsError::BadCursor(_))));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_away_is_read_around() {
    let scratch = Scratch::new().await.with("DATABASE_REPLICA_URL", "postgres://nobody@127.0.0.1:9/none");
    let instance = scratch.worker().await;
    let user = instance.guest().await;
    for number in 0..3 {
        let started = instance.start(user, &format!("A register of {number} wells")).await;
        instance.log(user, started.generation, 0).await;
    }
    let (projects, limit, all) = (&instance.services.projects, PageLimit::capped(Some(1)), Listing::default());
    let first = projects.list(Some(user), &all, None, limit).await.unwrap();
    let second = projects.list(Some(user), &all, first.next_cursor.as_deref(), limit).await.unwrap();
    let third = projects.list(Some(user), &all, second.next_cursor.as_deref(), limit).await.unwrap();
    assert_eq!((second.items.len(), third.items.len(), third.next_cursor), (1, 1, None));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_is_told_as_such_and_comes_back_by_itself() {
    let mut scratch = Scratch::new().await;
    let wire = Wire::to(&scratch.url).await;
    scratch.set("DATABASE_URL", &wire.instead_of(&scratch.url));
    scratch.set("ATLAS9_COMPOSER_PACE_MS", "30");
    let instance = scratch.worker().await;
    let owner = instance.guest().await;
    let started = instance.start(owner, "Help beekeepers log hive inspections").await;
    instance.until_logged(owner, started.generation, 5).await;

    wire.cut();
    // A connection that was used within the second is not asked first whether it is still there.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let refused = instance.services.studio.start_project(owner, &directive("Another register")).await;
    assert!(matches!(refused, Err(StudioError::Db(DbError::Away(_)))), "{refused:?}");
    assert!(!instance.services.db.answers(Duration::from_secs(1)).await);

    wire.mend();
    let log = instance.log(owner, started.generation, 0).await;
    assert_sound(&log);
    assert_eq!(log.last().unwrap().kind, "done");
    scratch.finish([instance]).await;
}

/// The names on all pages of a list, two at a time.
async fn names(instance: &Instance, user: UserId, listing: &Listing) -> Vec<String> {
    let (mut names, mut cursor) = (Vec::new(), None);
    loop {
        let limit = PageLimit::capped(Some(2));
        let page = instance.services.projects.list(Some(user), listing, cursor.as_deref(), limit).await.unwrap();
        names.extend(page.items.into_iter().map(|project| project.title));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return names;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_searched_and_sorted_and_every_order_pages_without_gaps() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let user = instance.guest().await;
    let projects = &instance.services.projects;
    let mut ids = Vec::new();
    for text in [
        "a chart of tides",
        "Élan for skiers",
        "Zebra crossings, counted",
        "Bells of 100% bronze",
        "a_b tester",
        "Bells of 100 brasses",
    ] {
        let started = instance.start(user, text).await;
        instance.log(user, started.generation, 0).await;
        ids.push(started.project);
    }
    projects.rename(Some(user), ids[2], "The Æther map").await.unwrap();
    let by = |sorting| Listing { sorting, ..Listing::default() };
    let newest = names(&instance, user, &by(Sorting::Newest)).await;
    let mut oldest = names(&instance, user, &by(Sorting::Oldest)).await;
    oldest.reverse();
    assert_eq!(newest, oldest);
    assert_eq!((newest.len(), newest[0].as_str()), (6, "Bells of 100 brasses"));
    assert_eq!(names(&instance, user, &by(Sorting::Updated)).await[0], "The Æther map");
    let sorted = names(&instance, user, &by(Sorting::Title)).await;
    assert_eq!(sorted.iter().collect::<BTreeSet<_>>().len(), 6, "{sorted:?}");
    let place = |name: &str| sorted.iter().position(|other| other == name).unwrap();
    assert!(
        place("a chart of tides") < place("Bells of 100 brasses")
            && place("Bells of 100 brasses") < place("Bells of 100% bronze")
    );

    let search = |words: &str| Listing { search: Some(words.to_owned()), ..Listing::default() };
    assert_eq!(names(&instance, user, &search("bells")).await.len(), 2);
    assert_eq!(names(&instance, user, &search("100%")).await.len(), 2, "signs are no words");
    assert_eq!(
        names(&instance, user, &search("100% bro")).await,
        ["Bells of 100% bronze"],
        "and a beginning is enough"
    );
    assert_eq!(names(&instance, user, &search("%")).await.len(), 0);
    assert_eq!(names(&instance, user, &search("a_b")).await, ["a_b tester"]);
    assert_eq!(names(&instance, user, &search("zebra")).await, ["The Æther map"], "its directive says so");
    assert_eq!(names(&instance, user, &search("æther")).await.len(), 1);
    assert_eq!(names(&instance, user, &search("\\' or 1=1 --")).await.len(), 0);
    assert_eq!(names(&instance, user, &search(" \u{0} ")).await.len(), 6, "nothing to look for");
    let long = projects.list(Some(user), &search(&"x".repeat(201)), None, PageLimit::DEFAULT).await;
    assert!(matches!(long, Err(ProjectsError::SearchTooLong)));
    let other_order = projects.list(Some(user), &by(Sorting::Title), None, PageLimit::capped(Some(1))).await.unwrap();
    let cursor = other_order.next_cursor.unwrap();
    let mixed = projects.list(Some(user), &by(Sorting::Newest), Some(&cursor), PageLimit::DEFAULT).await;
    assert!(matches!(mixed, Err(ProjectsError::BadCursor(_))), "a place in one order is none in another");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_away_or_thrown_away_can_be_taken_back_until_it_is_gone() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let (user, stranger) = (instance.guest().await, instance.guest().await);
    let projects = &instance.services.projects;
    let started = instance.start(user, "A register of village bridges").await;
    instance.log(user, started.generation, 0).await;
    let on = |shelf| Listing { shelf, ..Listing::default() };
    for shelf in [Shelf::Archived, Shelf::Deleted] {
        assert!(matches!(projects.shelve(Some(stranger), started.project, shelf).await, Err(ProjectsError::NotFound)));
        assert!(matches!(projects.shelve(None, started.project, shelf).await, Err(ProjectsError::NotFound)));
        for _ in 0..2 {
            projects.shelve(Some(user), started.project, shelf).await.unwrap();
            assert_eq!(names(&instance, user, &on(Shelf::Active)).await.len(), 0);
            assert_eq!(names(&instance, user, &on(shelf)).await.len(), 1);
        }
        projects.shelve(Some(user), started.project, Shelf::Active).await.unwrap();
        assert_eq!(names(&instance, user, &on(Shelf::Active)).await.len(), 1);
    }
    projects.shelve(Some(user), started.project, Shelf::Deleted).await.unwrap();
    let again = instance.services.studio.generate(user, started.project, Wish::default()).await;
    assert!(matches!(again, Err(StudioError::NotFound)), "nothing is made of what was thrown away");
    assert_eq!(projects.purge().await.unwrap(), 0);
    scratch.pass(Duration::from_secs(31 * 24 * 3_600));
    assert_eq!(projects.purge().await.unwrap(), 1);
    assert!(matches!(projects.get(Some(user), started.project).await, Err(ProjectsError::NotFound)));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_seen_by_whom_its_owner_shows_it_to() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let (user, stranger) = (instance.guest().await, instance.guest().await);
    let (projects, studio) = (&instance.services.projects, &instance.services.studio);
    let started = instance.start(user, "A register of village bridges").await;
    instance.log(user, started.generation, 0).await;
    let slug = async || projects.get(Some(user), started.project).await.unwrap().slug;
    let listed = async || projects.explore(None, None, PageLimit::DEFAULT).await.unwrap().items.len();
    assert_eq!((slug().await, listed().await), (None, 0));
    let not_theirs = projects.share(Some(stranger), started.project, Visibility::Public).await;
    assert!(matches!(not_theirs, Err(ProjectsError::NotFound)));

    projects.share(Some(user), started.project, Visibility::Unlisted).await.unwrap();
    let address = slug().await.unwrap();
    assert!(address.starts_with("a-register-of-village-bridges-") && address.len() >= 30 + 16, "{address}");
    assert_eq!(projects.shared(&address).await.unwrap().id, started.project);
    assert!(!studio.current(started.project).await.unwrap().sections.product.features.is_empty());
    assert_eq!(listed().await, 0);
    projects.share(Some(user), started.project, Visibility::Public).await.unwrap();
    projects.share(Some(user), started.project, Visibility::Public).await.unwrap();
    assert_eq!((slug().await.as_deref(), listed().await), (Some(address.as_str()), 1));
    let found = async |search: &str| {
        projects.explore(Some(search), None, PageLimit::DEFAULT).await.map(|page| page.items.len())
    };
    for (search, many) in
        [("bridge", 1), ("VILLAGE register", 1), (" ", 1), ("wells", 0), ("village wells", 0), ("' | !:*", 0)]
    {
        assert_eq!(found(search).await.unwrap(), many, "{search}");
    }
    assert!(matches!(found(&"b".repeat(SEARCH_MAX_CHARS + 1)).await, Err(ProjectsError::SearchTooLong)));
    for hidden in [Visibility::Private] {
        projects.share(Some(user), started.project, hidden).await.unwrap();
        assert!(matches!(projects.shared(&address).await, Err(ProjectsError::NotFound)));
        assert_eq!((listed().await, found("bridge").await.unwrap()), (0, 0));
    }
    projects.share(Some(user), started.project, Visibility::Public).await.unwrap();
    assert_eq!(slug().await.as_deref(), Some(address.as_str()), "the address that was handed out works again");
    projects.shelve(Some(user), started.project, Shelf::Deleted).await.unwrap();
    assert!(matches!(projects.shared(&address).await, Err(ProjectsError::NotFound)));
    assert_eq!(listed().await, 0);
    for none in ["", "x", "a-register-of-village-bridges", "' or true --"] {
        assert!(matches!(projects.shared(none).await, Err(ProjectsError::NotFound)), "{none}");
    }
    scratch.finish([instance]).await;
}
