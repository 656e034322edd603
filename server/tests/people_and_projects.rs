//! Guests, their sessions, and the list of their projects; and a database that goes away and comes back.

mod support;

use std::{collections::BTreeSet, time::Duration};

use model::{PageLimit, ProjectId};
use pretty_assertions::assert_eq;
use server::{db::DbError, projects::ProjectsError, studio::StudioError};
use support::{Scratch, Wire, directive};

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_opens_its_own_session_and_nothing_else_does() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let accounts = &instance.services.accounts;
    let guest = accounts.create_guest(true).await.unwrap();
    assert!(guest.set_cookie.ends_with("; HttpOnly; SameSite=Lax; Secure"));
    let cookie = guest.set_cookie.split(';').next().unwrap();
    assert_eq!(accounts.identify(Some(cookie)).await.unwrap(), Some(guest.visitor));
    let among_others = format!("theme=dark; {cookie}; x=y");
    assert_eq!(accounts.identify(Some(&among_others)).await.unwrap(), Some(guest.visitor));

    for none in
        [None, Some(""), Some("atlas9_session="), Some("atlas9_session=forged"), Some(&cookie[..cookie.len() - 2])]
    {
        assert_eq!(accounts.identify(none).await.unwrap(), None, "{none:?}");
    }
    scratch.break_it("update sessions set expires_at = now() - interval '1 second'").await;
    assert_eq!(accounts.identify(Some(cookie)).await.unwrap(), None, "expired");
    scratch.break_it("update sessions set expires_at = now() + interval '1 day', secret_hash = '\\x00'").await;
    assert_eq!(accounts.identify(Some(cookie)).await.unwrap(), None, "another secret");
    scratch.finish([instance]).await;
}

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
        let page = instance.services.projects.list(Some(user), cursor.as_deref(), limit).await.unwrap();
        assert!(page.items.len() <= 4);
        seen.extend(page.items.iter().map(|project| project.id));
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen.len(), 23);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), made);

    let projects = &instance.services.projects;
    assert_eq!(projects.list(None, None, PageLimit::DEFAULT).await.unwrap().items, []);
    let stranger = instance.guest().await;
    assert_eq!(projects.list(Some(stranger), None, PageLimit::DEFAULT).await.unwrap().items, []);
    let bad = projects.list(Some(user), Some("nonsense"), PageLimit::DEFAULT).await;
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
    let (projects, limit) = (&instance.services.projects, PageLimit::capped(Some(1)));
    let first = projects.list(Some(user), None, limit).await.unwrap();
    let second = projects.list(Some(user), first.next_cursor.as_deref(), limit).await.unwrap();
    let third = projects.list(Some(user), second.next_cursor.as_deref(), limit).await.unwrap();
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
    tokio::time::sleep(Duration::from_millis(200)).await;
    let refused = instance.services.studio.start_project(owner, &directive("Another register")).await;
    assert!(matches!(refused, Err(StudioError::Db(DbError::Away(_)))), "{refused:?}");
    assert!(!instance.services.db.answers(Duration::from_secs(1)).await);

    wire.mend();
    let log = instance.log(owner, started.generation, 0).await;
    support::assert_sound(&log);
    assert_eq!(log.last().unwrap().kind, "done");
    scratch.finish([instance]).await;
}
