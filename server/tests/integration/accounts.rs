//! Guests and members: how they come in, how they leave, and everybody who tries to come in otherwise.

use std::time::Duration;

use model::{PageLimit, RoomRole, Scope, Theme};
use pretty_assertions::assert_eq;
use server::{
    accounts::{AccountsError, BadPassword, Change, Client, Entry, NewApiToken, Opened, Registration, Visitor},
    events::Selection,
    rooms::Saying,
};

use crate::support::{Instance, OwnRedis, Scratch, in_one_of_three, until};

const PASSWORD: &str = "copper lantern drifts";
const DAY: Duration = Duration::from_secs(24 * 3_600);

fn client() -> Client {
    Client::here("Firefox on Linux")
}

fn registration(email: &str) -> Registration {
    Registration { name: "Sam".to_owned(), email: email.to_owned(), password: PASSWORD.to_owned() }
}

fn entry(email: &str, password: &str) -> Entry {
    Entry { email: email.to_owned(), password: password.to_owned() }
}

fn cookie(opened: &Opened) -> &str {
    opened.set_cookie.split(';').next().unwrap()
}

/// Signs up and follows the link, in one browser.
async fn member(scratch: &Scratch, instance: &Instance, email: &str) -> Opened {
    let accounts = &instance.services.accounts;
    let guest = accounts.create_guest(&client()).await.unwrap();
    accounts.sign_up(registration(email), Some(&guest.visitor), &client()).await.unwrap();
    instance.send_mail().await;
    let token = scratch.letters().last().unwrap().token();
    accounts.confirm_sign_up(&token, None, Some(&guest.visitor), &client()).await.unwrap()
}

async fn who(instance: &Instance, cookie: &str) -> Option<Visitor> {
    instance.services.accounts.identify(Some(cookie)).await.unwrap()
}

/// Sessions that were found in the cache, those that were not, and those that it dropped.
fn looked_up(instance: &Instance) -> (u64, u64, u64) {
    let metrics = &instance.services.metrics.sessions;
    (metrics.hits.get(), metrics.misses.get(), metrics.evictions.get())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_opens_its_own_session_and_nothing_else_does() {
    in_one_of_three("found, not found, dropped", [(2, 1, 0), (2, 2, 1)], async |_| {
        let scratch = Scratch::alone().await;
        let instance = scratch.instance().await;
        let over_tls = Client { over_tls: true, ..client() };
        let guest = instance.services.accounts.create_guest(&over_tls).await.unwrap();
        assert!(guest.set_cookie.ends_with("; HttpOnly; SameSite=Lax; Secure"));
        let cookie = cookie(&guest);
        // All but the first time from the cache.
        let among_others = format!("theme=dark; {cookie}; x=y");
        for cookies in [cookie, cookie, &among_others] {
            assert_eq!(who(&instance, cookies).await, Some(guest.visitor.clone()));
        }
        let signed_in = looked_up(&instance);
        for none in ["", "atlas9_session=", "atlas9_session=forged", &cookie[..cookie.len() - 2]] {
            assert_eq!(who(&instance, none).await, None, "{none:?}");
        }
        assert_eq!(looked_up(&instance), signed_in, "what is not signed is looked for nowhere");
        for _ in 0..2 {
            instance.services.accounts.sign_out(Some(&guest.visitor), true).await.unwrap();
        }
        assert_eq!(who(&instance, cookie).await, None);
        let signed_out = looked_up(&instance);
        scratch.finish([instance]).await;
        [signed_in, signed_out]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_idle_and_at_the_latest_after_half_a_year() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let opened = member(&scratch, &instance, "sam@mail.example").await;
    for _ in 0..8 {
        scratch.pass(20 * DAY);
        assert!(who(&instance, cookie(&opened)).await.is_some(), "used every 20 days");
    }
    scratch.pass(21 * DAY);
    assert!(who(&instance, cookie(&opened)).await.is_none(), "180 days are over");

    let idle = instance.services.accounts.sign_in(entry("sam@mail.example", PASSWORD), None, &client()).await.unwrap();
    scratch.pass(31 * DAY);
    assert!(who(&instance, cookie(&idle)).await.is_none(), "not used for 31 days");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_up_keeps_what_the_guest_made_and_gives_the_browser_a_new_session() {
    let scratch = Scratch::alone().await;
    let instance = scratch.worker().await;
    let accounts = &instance.services.accounts;
    let guest = accounts.create_guest(&client()).await.unwrap();
    let started = instance.start(guest.visitor.user, "A register of village bridges").await;
    accounts.sign_up(registration("sam@mail.example"), Some(&guest.visitor), &client()).await.unwrap();
    assert!(!who(&instance, cookie(&guest)).await.unwrap().is_member(), "not before the link was followed");
    instance.send_mail().await;
    let letter = scratch.letters().last().cloned().unwrap();
    assert_eq!(letter.to, "sam@mail.example");
    let opened = accounts.confirm_sign_up(&letter.token(), None, Some(&guest.visitor), &client()).await.unwrap();
    assert!(opened.visitor.is_member());
    assert_eq!(opened.visitor.name.as_deref(), Some("Sam"));
    assert!(instance.services.projects.get(Some(opened.visitor.user), started.project).await.is_ok());
    assert_eq!(who(&instance, cookie(&guest)).await, None, "the guest's cookie lets nobody into the account");
    let again = accounts.confirm_sign_up(&letter.token(), Some(PASSWORD), None, &client()).await;
    assert!(matches!(again, Err(AccountsError::BadLink)), "a link works once");
    instance.log(opened.visitor.user, started.generation, 0).await;
    scratch.finish([instance]).await;
}

/// Somebody signs up with a stranger's address and waits for the stranger to follow the link.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_followed_in_another_browser_needs_the_password() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let accounts = &instance.services.accounts;
    let attacker = accounts.create_guest(&client()).await.unwrap();
    accounts.sign_up(registration("stranger@mail.example"), Some(&attacker.visitor), &client()).await.unwrap();
    instance.send_mail().await;
    let token = scratch.letters().last().unwrap().token();
    let stranger = accounts.create_guest(&client()).await.unwrap();
    assert!(accounts.sign_up_link(&token, Some(&stranger.visitor)).await.unwrap(), "it asks for the password");
    for guess in [None, Some(""), Some("something else entirely")] {
        let made = accounts.confirm_sign_up(&token, guess, Some(&stranger.visitor), &client()).await;
        assert!(made.is_err(), "{guess:?}");
    }
    assert!(accounts.confirm_sign_up(&token, Some(PASSWORD), None, &client()).await.is_ok(), "whoever knows it may");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_sign_ups_for_one_address_one_account_comes() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let accounts = &instance.services.accounts;
    let mut tokens = Vec::new();
    for spelling in ["sam@mail.example", "SAM@Mail.Example", " sam@mail.example "] {
        accounts.sign_up(registration(spelling), None, &client()).await.unwrap();
        instance.send_mail().await;
        tokens.push(scratch.letters().last().unwrap().token());
    }
    let here = client();
    let racing = tokens.iter().map(|token| accounts.confirm_sign_up(token, Some(PASSWORD), None, &here));
    let made = futures::future::join_all(racing).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1, "{made:?}");
    assert!(made.iter().filter_map(|made| made.as_ref().err()).all(|e| matches!(e, AccountsError::AddressTaken)));
    assert_eq!(accounts.users(false, 10).await.unwrap().len(), 1);

    let mut limited = Ok(None);
    for _ in 0..3 {
        limited = accounts.sign_up(registration("sam@mail.example"), None, &client()).await;
    }
    assert!(matches!(limited, Err(AccountsError::Limited(_))), "five letters to an address are enough for now");
    scratch.pass(2 * DAY);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_an_account_gets_another_letter_and_whoever_asks_the_same_answer() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let accounts = &instance.services.accounts;
    member(&scratch, &instance, "sam@mail.example").await;
    let known = accounts.sign_up(registration("sam@mail.example"), None, &client()).await;
    let unknown = accounts.sign_up(registration("kim@mail.example"), None, &client()).await;
    assert!(matches!((known, unknown), (Ok(Some(_)), Ok(Some(_)))), "both became guests and were written to");
    accounts.request_reset("sam@mail.example", &client()).await.unwrap();
    accounts.request_reset("nobody@mail.example", &client()).await.unwrap();
    instance.send_mail().await;
    let told: Vec<(String, String)> = scratch.letters().into_iter().map(|l| (l.to, l.subject)).skip(1).collect();
    assert!(told.contains(&("sam@mail.example".into(), "You have an account at Atlas9".into())), "{told:?}");
    assert!(told.contains(&("kim@mail.example".into(), "Confirm your address for Atlas9".into())), "{told:?}");
    assert!(told.contains(&("sam@mail.example".into(), "A new password for Atlas9".into())), "{told:?}");
    assert!(told.iter().all(|(to, _)| to != "nobody@mail.example"), "{told:?}");

    let wrong = accounts.sign_in(entry("sam@mail.example", "not the password"), None, &client()).await;
    let nobody = accounts.sign_in(entry("nobody@mail.example", "not the password"), None, &client()).await;
    let nothing = accounts.sign_in(entry("no address at all", "not the password"), None, &client()).await;
    for refused in [wrong, nobody, nothing] {
        assert!(matches!(refused, Err(AccountsError::WrongCredentials)), "{refused:?}");
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_rotates_the_session_and_takes_the_guests_projects_along() {
    let scratch = Scratch::alone().await;
    let instance = scratch.worker().await;
    let accounts = &instance.services.accounts;
    let first = member(&scratch, &instance, "sam@mail.example").await;
    let guest = accounts.create_guest(&client()).await.unwrap();
    let started = instance.start(guest.visitor.user, "A rota for the lifeboat crew").await;
    instance.log(guest.visitor.user, started.generation, 0).await;
    let rooms = &instance.services.rooms;
    let room = rooms.of_project(Some(guest.visitor.user), started.project).await.unwrap().room;
    let saying = Saying { client_id: "a".to_owned(), body: "Mine".to_owned(), anchor: None, thread: None };
    rooms.say(Some(guest.visitor.user), room, saying).await.unwrap();
    let typed = entry(" Sam@MAIL.example", PASSWORD);
    let second = accounts.sign_in(typed, Some(&guest.visitor), &client()).await.unwrap();
    assert_eq!(second.visitor.user, first.visitor.user);
    assert!(instance.services.projects.get(Some(first.visitor.user), started.project).await.is_ok());
    assert_eq!(rooms.standing(Some(second.visitor.user), room).await.unwrap().role, RoomRole::Owner);
    let said = rooms.history(Some(second.visitor.user), room, None, PageLimit::DEFAULT).await.unwrap().items;
    assert_eq!(said[0].author.as_ref().map(|author| author.id), Some(first.visitor.user));
    assert_eq!(who(&instance, cookie(&guest)).await, None);
    let told = instance.services.events.list(&Selection::default(), 50).await.unwrap();
    let theirs = told.iter().filter(|event| event.owner == Some(first.visitor.user)).map(|event| event.name.as_str());
    assert_eq!(theirs.collect::<Vec<_>>(), ["generation.finished", "project.created", "account.created"]);
    assert!(who(&instance, cookie(&first)).await.is_some(), "the other browser stays signed in");

    let third = accounts.sign_in(entry("sam@mail.example", PASSWORD), Some(&second.visitor), &client()).await.unwrap();
    assert_ne!(cookie(&third), cookie(&second));
    assert_eq!(
        who(&instance, cookie(&second)).await,
        None,
        "a stolen cookie ends with the next sign-in of its browser"
    );
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_here_there_and_everywhere_counts_at_once_on_every_instance() {
    let scratch = Scratch::alone().await;
    let (instance, other) = (scratch.instance().await, scratch.instance().await);
    let accounts = &instance.services.accounts;
    let here = member(&scratch, &instance, "sam@mail.example").await;
    let mut elsewhere = Vec::new();
    for device in ["Safari on iPhone", "Chrome on Windows", "Edge on Windows"] {
        let opened = accounts.sign_in(entry("sam@mail.example", PASSWORD), None, &Client::here(device)).await.unwrap();
        assert!(who(&other, cookie(&opened)).await.is_some(), "and now it stands in the cache");
        elsewhere.push(opened);
    }
    assert_eq!(accounts.devices(&here.visitor).await.unwrap().len(), 4);
    accounts.sign_out_device(&here.visitor, elsewhere[0].visitor.session).await.unwrap();
    accounts.sign_out_device(&here.visitor, elsewhere[0].visitor.session).await.unwrap();
    assert_eq!(who(&other, cookie(&elsewhere[0])).await, None);
    assert!(who(&other, cookie(&elsewhere[1])).await.is_some());
    accounts.sign_out_elsewhere(&here.visitor).await.unwrap();
    for gone in &elsewhere {
        until("the other hears of it", async || who(&other, cookie(gone)).await.is_none()).await;
    }
    assert!(who(&other, cookie(&here)).await.is_some());
    accounts.sign_out(Some(&here.visitor), false).await.unwrap();
    assert_eq!(who(&other, cookie(&here)).await, None);

    let stranger = member(&scratch, &instance, "kim@mail.example").await;
    let again = accounts.sign_in(entry("sam@mail.example", PASSWORD), None, &client()).await.unwrap();
    accounts.sign_out_device(&stranger.visitor, again.visitor.session).await.unwrap();
    assert!(who(&other, cookie(&again)).await.is_some(), "nobody signs others out");
    scratch.finish([instance, other]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_work_without_redis_and_what_it_missed_it_learns_when_it_returns() {
    let redis = OwnRedis::start().await;
    let mut scratch = Scratch::new().await;
    scratch.redis = redis.url.clone();
    let instance = scratch.instance().await;
    let accounts = &instance.services.accounts;
    let here = member(&scratch, &instance, "sam@mail.example").await;
    let there = accounts.sign_in(entry("sam@mail.example", PASSWORD), None, &client()).await.unwrap();
    assert!(who(&instance, cookie(&there)).await.is_some());
    redis.freeze();
    assert!(who(&instance, cookie(&here)).await.is_some(), "PostgreSQL knows");
    accounts.sign_out_device(&here.visitor, there.visitor.session).await.unwrap();
    assert_eq!(who(&instance, cookie(&there)).await, None);
    redis.thaw();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    accounts.tell_cache().await.unwrap();
    assert_eq!(who(&instance, cookie(&there)).await, None, "Redis still held it, and was told");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_link_works_once_for_an_hour_and_signs_everybody_out() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let accounts = &instance.services.accounts;
    let opened = member(&scratch, &instance, "sam@mail.example").await;
    let ask = async || {
        accounts.request_reset("sam@mail.example", &client()).await.unwrap();
        instance.send_mail().await;
        scratch.letters().last().unwrap().token()
    };
    let late = ask().await;
    scratch.pass(Duration::from_secs(3_601));
    assert!(matches!(accounts.reset_password(&late, "violet harbour rope").await, Err(AccountsError::BadLink)));

    let (token, other) = (ask().await, ask().await);
    let weak = accounts.reset_password(&token, "password12").await;
    assert!(matches!(weak, Err(AccountsError::Password(BadPassword::Weak(_)))), "{weak:?}");
    accounts.reset_password(&token, "violet harbour rope").await.unwrap();
    for used in [&token, &other] {
        assert!(matches!(accounts.reset_password(used, "another brass kettle").await, Err(AccountsError::BadLink)));
    }
    assert_eq!(who(&instance, cookie(&opened)).await, None);
    assert!(accounts.sign_in(entry("sam@mail.example", PASSWORD), None, &client()).await.is_err());
    assert!(accounts.sign_in(entry("sam@mail.example", "violet harbour rope"), None, &client()).await.is_ok());
    instance.send_mail().await;
    assert_eq!(scratch.letters().last().unwrap().subject, "Your password was changed");

    for forged in ["", "x", &token[..token.len() - 1], &format!("{token}A")] {
        assert!(matches!(accounts.reset_link(forged).await, Err(AccountsError::BadLink)), "{forged}");
    }
    let sign_up_link = {
        accounts.sign_up(registration("kim@mail.example"), None, &client()).await.unwrap();
        instance.send_mail().await;
        scratch.letters().last().unwrap().token()
    };
    assert!(matches!(accounts.reset_link(&sign_up_link).await, Err(AccountsError::BadLink)), "another kind of link");
    scratch.finish([instance]).await;
}

/// Two mailboxes whose names only look alike: asking for the one must never write to the other.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_only_looks_like_another_gets_nothing_of_it() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    member(&scratch, &instance, "mike@mail.example").await;
    let before = scratch.letters().len();
    instance.services.accounts.request_reset("mıke@mail.example", &client()).await.unwrap();
    instance.send_mail().await;
    assert_eq!(scratch.letters().len(), before);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_tries_are_put_off_by_network_and_by_account() {
    in_one_of_three("a pause after ten into one account and after twenty from one network", (true, true), async |_| {
        let scratch = Scratch::alone().await;
        let instance = scratch.instance().await;
        let accounts = &instance.services.accounts;
        // Each from a network of its own: the upper half of an address names it.
        let from = |n: u128| Client { address: std::net::Ipv6Addr::from(n << 64).into(), ..client() };
        let account = "sam@mail.example".to_owned();
        let try_in = async |n: u128, email: &str| {
            accounts.sign_in(entry(email, "not the password"), None, &from(n)).await.unwrap_err()
        };
        for n in 0..10 {
            assert!(matches!(try_in(n, &account).await, AccountsError::WrongCredentials), "{n}");
        }
        let by_account = match try_in(11, &account).await {
            AccountsError::Limited(limited) => (1..=60).contains(&limited.retry_after.as_secs()),
            AccountsError::WrongCredentials => false,
            other => panic!("{other:?}"),
        };
        let mut limited = 0;
        for n in 0..22 {
            let error = try_in(12, &format!("{n}-{account}")).await;
            limited += usize::from(matches!(error, AccountsError::Limited(_)));
        }
        scratch.finish([instance]).await;
        (by_account, (1..=2).contains(&limited))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_what_its_scopes_say_until_it_is_revoked_or_over() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let accounts = &instance.services.accounts;
    let sam = member(&scratch, &instance, "sam@mail.example").await.visitor;
    let wish = |scopes: &[Scope], days| NewApiToken { name: "Nightly".to_owned(), scopes: scopes.to_vec(), days };
    let words = accounts.create_token(&sam, wish(&[Scope::Read], Some(30))).await.unwrap();
    assert!(words.starts_with("atlas9_"));
    let bearer = accounts.identify_token(&words).await.unwrap().unwrap();
    assert_eq!((bearer.user, bearer.scopes), (sam.user, vec![Scope::Read]));
    for forged in
        ["", "atlas9_", "atlas9_x", &words[..words.len() - 1], &words[7..], &words.replace("atlas9_", "atlas9-")]
    {
        assert_eq!(accounts.identify_token(forged).await.unwrap(), None, "{forged}");
    }
    let stored =
        scratch.break_it("update api_tokens set name = name where encode(secret_hash, 'escape') like '%atlas9%'").await;
    assert_eq!(stored, 0, "only a hash is kept");
    scratch.pass(31 * DAY);
    assert_eq!(accounts.identify_token(&words).await.unwrap(), None, "over");

    let forever = accounts.create_token(&sam, wish(&[Scope::Read, Scope::Write], None)).await.unwrap();
    let stranger = member(&scratch, &instance, "kim@mail.example").await.visitor;
    let id = accounts.tokens(&sam).await.unwrap()[0].id;
    accounts.revoke_token(&stranger, id).await.unwrap();
    assert!(accounts.identify_token(&forever).await.unwrap().is_some(), "nobody revokes another's");
    accounts.administer("sam@mail.example", Change::Disable).await.unwrap();
    assert_eq!(accounts.identify_token(&forever).await.unwrap(), None, "kept out");
    accounts.administer("sam@mail.example", Change::Enable).await.unwrap();
    accounts.revoke_token(&sam, id).await.unwrap();
    accounts.revoke_token(&sam, id).await.unwrap();
    assert_eq!(accounts.identify_token(&forever).await.unwrap(), None);

    for bad in [wish(&[], None), wish(&[Scope::Read], Some(0)), wish(&[Scope::Read], Some(4_000))] {
        assert!(accounts.create_token(&sam, bad).await.is_err());
    }
    for _ in 0..20 {
        let _ = accounts.create_token(&sam, wish(&[Scope::Read], None)).await;
    }
    let one_more = accounts.create_token(&sam, wish(&[Scope::Read], None)).await;
    assert!(matches!(one_more, Err(AccountsError::TooManyTokens(20))));
    let guest = accounts.create_guest(&client()).await.unwrap().visitor;
    assert!(matches!(accounts.create_token(&guest, wish(&[Scope::Read], None)).await, Err(AccountsError::NotMember)));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn name_theme_address_and_password_change_and_all_browsers_see_it() {
    let scratch = Scratch::alone().await;
    let (instance, other) = (scratch.instance().await, scratch.instance().await);
    let accounts = &instance.services.accounts;
    let here = member(&scratch, &instance, "sam@mail.example").await;
    assert!(who(&other, cookie(&here)).await.is_some());
    accounts.rename(&here.visitor, "  Samira \n Q. ").await.unwrap();
    accounts.set_theme(&here.visitor, Theme::Dark).await.unwrap();
    let seen = who(&other, cookie(&here)).await.unwrap();
    assert_eq!((seen.name.as_deref(), seen.theme), (Some("Samira Q."), Theme::Dark));
    for bad in ["", "  ", &"x".repeat(81), "a\u{0}b"] {
        assert!(matches!(accounts.rename(&here.visitor, bad).await, Err(AccountsError::Name)), "{bad:?}");
    }

    let wrong = accounts.change_address(&here.visitor, "not the password", "new@mail.example", &client()).await;
    assert!(matches!(wrong, Err(AccountsError::WrongPassword)));
    accounts.change_address(&here.visitor, PASSWORD, "new@mail.example", &client()).await.unwrap();
    assert_eq!(accounts.profile(&here.visitor).await.unwrap().email.as_deref(), Some("sam@mail.example"));
    instance.send_mail().await;
    let token = scratch.letters().last().unwrap().token();
    let stranger = member(&scratch, &instance, "kim@mail.example").await;
    assert!(matches!(accounts.confirm_address(&stranger.visitor, &token).await, Err(AccountsError::BadLink)));
    accounts.confirm_address(&here.visitor, &token).await.unwrap();
    assert_eq!(accounts.profile(&here.visitor).await.unwrap().email.as_deref(), Some("new@mail.example"));
    assert!(matches!(accounts.confirm_address(&here.visitor, &token).await, Err(AccountsError::BadLink)), "once");
    instance.send_mail().await;
    assert!(
        scratch.letters().iter().any(|l| l.to == "sam@mail.example" && l.subject == "Your account has another address")
    );

    let there = accounts.sign_in(entry("new@mail.example", PASSWORD), None, &client()).await.unwrap();
    let wrong = accounts.change_password(&here.visitor, "not the password", "violet harbour rope", &client()).await;
    assert!(matches!(wrong, Err(AccountsError::WrongPassword)), "whoever finds a browser open changes nothing");
    let changed = accounts.change_password(&here.visitor, PASSWORD, "violet harbour rope", &client()).await.unwrap();
    assert_eq!(who(&other, cookie(&there)).await, None);
    assert_eq!(who(&other, cookie(&here)).await, None, "this browser has a new cookie");
    assert!(who(&other, cookie(&changed)).await.is_some());
    scratch.finish([instance, other]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_keeps_somebody_out_and_lets_them_in_again() {
    let scratch = Scratch::alone().await;
    let (instance, other) = (scratch.instance().await, scratch.instance().await);
    let accounts = &instance.services.accounts;
    let opened = member(&scratch, &instance, "sam@mail.example").await;
    assert!(who(&other, cookie(&opened)).await.is_some());
    accounts.administer("SAM@mail.example", Change::Promote).await.unwrap();
    assert_eq!(accounts.users(false, 10).await.unwrap()[0].role, model::Role::Admin);
    assert_eq!(who(&other, cookie(&opened)).await.unwrap().role, model::Role::Admin);
    accounts.administer("sam@mail.example", Change::Disable).await.unwrap();
    accounts.administer("sam@mail.example", Change::Disable).await.unwrap();
    assert_eq!(who(&other, cookie(&opened)).await, None);
    let right = accounts.sign_in(entry("sam@mail.example", PASSWORD), None, &client()).await;
    assert!(matches!(right, Err(AccountsError::Disabled)));
    let wrong = accounts.sign_in(entry("sam@mail.example", "not the password"), None, &client()).await;
    assert!(matches!(wrong, Err(AccountsError::WrongCredentials)), "only whoever knows the password learns of it");
    accounts.administer("sam@mail.example", Change::Enable).await.unwrap();
    assert!(accounts.sign_in(entry("sam@mail.example", PASSWORD), None, &client()).await.is_ok());
    assert!(matches!(accounts.administer("nobody@mail.example", Change::Promote).await, Err(AccountsError::NotFound)));
    scratch.finish([instance, other]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_everything_leaves_nothing() {
    let scratch = Scratch::alone().await;
    let instance = scratch.worker().await;
    let accounts = &instance.services.accounts;
    let sam = member(&scratch, &instance, "sam@mail.example").await;
    let started = instance.start(sam.visitor.user, "A register of village bridges").await;
    instance.log(sam.visitor.user, started.generation, 0).await;
    let refused = accounts.delete_everything(&sam.visitor, "not the password", &client()).await;
    assert!(matches!(refused, Err(AccountsError::WrongPassword)));
    accounts.delete_everything(&sam.visitor, PASSWORD, &client()).await.unwrap();
    assert_eq!(who(&instance, cookie(&sam)).await, None);
    for table in [
        "update users set name = name",
        "update sessions set device = device",
        "update projects set title = title",
        "update generations set note = note",
        "update revisions set content = content",
    ] {
        assert_eq!(scratch.break_it(table).await, 0, "{table}");
    }
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_waits_for_a_server_that_is_away_and_is_given_up_when_the_address_is_none() {
    let scratch = Scratch::alone().await.with("ATLAS9_SMTP_URL", "smtp://127.0.0.1:9");
    let instance = scratch.instance().await;
    let accounts = &instance.services.accounts;
    accounts.sign_up(registration("sam@mail.example"), None, &client()).await.unwrap();
    instance.send_mail().await;
    let waiting = "select count(*) from mails where sent_at is null and failed_at is null and failure is not null";
    assert_eq!(scratch.count(waiting).await, 1, "tried, and to be tried again");
    for _ in 0..12 {
        scratch.break_it("update jobs set run_at = now() where kind = 'send-mail'").await;
        instance.send_mail().await;
    }
    assert_eq!(scratch.count("select count(*) from mails where failed_at is not null").await, 1);
    assert_eq!(scratch.count("select count(*) from jobs_dead where kind = 'send-mail' and attempt = 10").await, 1);
    scratch.finish([instance]).await;
}
