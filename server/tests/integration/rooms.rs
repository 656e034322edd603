//! Rooms beside real services: who may what, one order for everybody, nothing twice and nothing missed.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::future::join_all;
use model::{Anchor, Happened, MessageId, PageLimit, RoomEntry, RoomId, RoomPlace, RoomRole, Shelf, Stage, UserId};
use pretty_assertions::assert_eq;
use server::{
    rooms::{RoomFollower, RoomsError, Said, Saying, Since},
    studio::{StudioError, Wish},
};
use uuid::Uuid;

use crate::support::{Instance, SYNTHESIZERS, Scratch, Wire};

const WEEK: time::Duration = time::Duration::days(7);

/// A project's room and whose it is.
struct Room {
    owner: UserId,
    id: RoomId,
    epoch: Uuid,
}

impl Room {
    async fn new(instance: &Instance) -> Self {
        let owner = instance.guest().await;
        let project = instance.start(owner, SYNTHESIZERS).await.project;
        let standing = instance.services.rooms.of_project(Some(owner), project).await.unwrap();
        Self { owner, id: standing.room, epoch: standing.place.epoch }
    }

    /// Somebody else who comes in by a link.
    async fn another(&self, instance: &Instance, role: RoomRole) -> UserId {
        let (rooms, user) = (&instance.services.rooms, instance.guest().await);
        let invited = rooms.invite(Some(self.owner), self.id, role, None, (WEEK, 1)).await.unwrap();
        assert_eq!(rooms.accept(user, &invited.token).await.unwrap().role, role);
        user
    }

    async fn say(&self, instance: &Instance, user: UserId, name: &str, body: &str) -> Result<Said, RoomsError> {
        instance.services.rooms.say(Some(user), self.id, saying(name, body)).await
    }

    fn at(&self, offset: i64) -> RoomPlace {
        RoomPlace { epoch: self.epoch, offset }
    }
}

fn saying(name: &str, body: &str) -> Saying {
    Saying { client_id: name.to_owned(), body: body.to_owned(), anchor: None, thread: None }
}

/// What a follower hands out until it is at a place.
async fn follow_to(follower: &mut RoomFollower, last: i64) -> Vec<Arc<RoomEntry>> {
    let all = async {
        let mut heard = Vec::new();
        while heard.last().is_none_or(|entry: &Arc<RoomEntry>| entry.offset < last) {
            heard.extend(follower.next().await.unwrap());
        }
        heard
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.unwrap()
}

async fn finish(scratch: Scratch, instances: impl IntoIterator<Item = Instance>) {
    scratch.break_it("update generations set status = 'cancelled', finished_at = now()").await;
    scratch.finish(instances).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_has_everything_in_one_order_without_a_gap() {
    let scratch = Scratch::new().await;
    let (one, other) = (scratch.instance().await, scratch.instance().await);
    let room = Room::new(&one).await;
    let people = [
        room.owner,
        room.another(&one, RoomRole::Editor).await,
        room.another(&one, RoomRole::Commenter).await,
        room.another(&other, RoomRole::Commenter).await,
    ];
    let (mut here, mut there) = (one.services.rooms.follow(room.id, 0), other.services.rooms.follow(room.id, 0));
    let talk = join_all(people.iter().enumerate().map(|(who, user)| {
        let (room, instance) = (&room, if who % 2 == 0 { &one } else { &other });
        async move {
            for n in 0..25 {
                let said =
                    room.say(instance, *user, &format!("{who}-{n}"), &format!("Word {n} of {who}")).await.unwrap();
                assert!(said.is_new);
            }
        }
    }));
    // Three came in, and a hundred things were said.
    let (_, here, there) = tokio::join!(talk, follow_to(&mut here, 103), follow_to(&mut there, 103));
    assert_eq!(here.iter().map(|entry| entry.offset).collect::<Vec<_>>(), (1..=103).collect::<Vec<_>>());
    assert_eq!(here, there);
    let (_, Since::Entries(missed)) =
        one.services.rooms.since(Some(people[2]), room.id, Some(room.at(40))).await.unwrap()
    else {
        panic!("all of it is still there");
    };
    assert_eq!(missed, here[40..].iter().map(|entry| (**entry).clone()).collect::<Vec<_>>());
    let mut said = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let page =
            one.services.rooms.history(Some(room.owner), room.id, before.as_deref(), PageLimit::DEFAULT).await.unwrap();
        said.extend(page.items.into_iter().map(|message| message.offset));
        let Some(next) = page.next_cursor else { break };
        before = Some(next);
    }
    assert_eq!(said, (4..=103).rev().collect::<Vec<_>>());
    finish(scratch, [one, other]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_is_one_message() {
    let scratch = Scratch::new().await;
    let (one, other) = (scratch.instance().await, scratch.instance().await);
    let room = Room::new(&one).await;
    let again =
        join_all((0..8).map(|n| room.say(if n % 2 == 0 { &one } else { &other }, room.owner, "a", "Once"))).await;
    let said: Vec<Said> = again.into_iter().filter_map(Result::ok).collect();
    assert!(!said.is_empty() && said.iter().filter(|said| said.is_new).count() == 1, "{said:?}");
    assert_eq!(said.iter().map(|said| said.id).collect::<BTreeSet<MessageId>>().len(), 1);
    let once_more = room.say(&one, room.owner, "a", "Once").await.unwrap();
    assert_eq!((once_more.is_new, once_more.id, once_more.place), (false, said[0].id, room.at(1)));
    let guest = room.another(&one, RoomRole::Commenter).await;
    assert!(room.say(&one, guest, "a", "Mine").await.unwrap().is_new, "names are each person's own");
    finish(scratch, [one, other]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_does_there_what_they_may_not() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let (room, rooms) = (Room::new(&instance).await, &instance.services.rooms);
    let (viewer, stranger) = (room.another(&instance, RoomRole::Viewer).await, instance.guest().await);
    let commenter = room.another(&instance, RoomRole::Commenter).await;
    let said = room.say(&instance, room.owner, "a", "Mine").await.unwrap();
    let not_found = |error: RoomsError| assert!(matches!(error, RoomsError::NotFound), "{error}");
    let forbidden = |error: RoomsError| assert!(matches!(error, RoomsError::Forbidden(_)), "{error}");
    for nobody in [None, Some(stranger)] {
        not_found(rooms.standing(nobody, room.id).await.unwrap_err());
        not_found(rooms.history(nobody, room.id, None, PageLimit::DEFAULT).await.unwrap_err());
        not_found(rooms.since(nobody, room.id, Some(room.at(0))).await.unwrap_err());
        not_found(rooms.members(nobody, room.id).await.unwrap_err());
        not_found(rooms.say(nobody, room.id, saying("a", "Let me in")).await.unwrap_err());
        not_found(rooms.react(nobody, room.id, said.id, "👍", true).await.unwrap_err());
        not_found(rooms.delete(nobody, room.id, said.id).await.unwrap_err());
        not_found(rooms.invite(nobody, room.id, RoomRole::Viewer, None, (WEEK, 1)).await.unwrap_err());
    }
    not_found(rooms.of_project(Some(room.owner), model::ProjectId(Uuid::nil())).await.unwrap_err());
    forbidden(room.say(&instance, viewer, "a", "May I?").await.unwrap_err());
    forbidden(rooms.react(Some(viewer), room.id, said.id, "👍", true).await.unwrap_err());
    not_found(rooms.edit(Some(commenter), room.id, said.id, "Yours").await.unwrap_err());
    forbidden(rooms.pin(Some(commenter), room.id, said.id, true).await.unwrap_err());
    forbidden(rooms.invite(Some(commenter), room.id, RoomRole::Viewer, None, (WEEK, 1)).await.unwrap_err());
    forbidden(rooms.set_role(Some(commenter), room.id, viewer, RoomRole::Editor).await.unwrap_err());
    forbidden(rooms.leave(Some(commenter), room.id, viewer).await.unwrap_err());
    forbidden(rooms.leave(Some(room.owner), room.id, room.owner).await.unwrap_err());
    rooms.delete(Some(commenter), room.id, said.id).await.unwrap();
    let kept = rooms.history(Some(viewer), room.id, None, PageLimit::DEFAULT).await.unwrap();
    assert_eq!(kept.items[0].body, "Mine", "nobody takes back what another said");

    rooms.leave(Some(room.owner), room.id, commenter).await.unwrap();
    not_found(room.say(&instance, commenter, "b", "Still here?").await.unwrap_err());
    rooms.set_role(Some(room.owner), room.id, viewer, RoomRole::Editor).await.unwrap();
    room.say(&instance, viewer, "b", "At last").await.unwrap();
    finish(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ways_in_end_and_are_for_whom_they_are_for() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let (room, rooms) = (Room::new(&instance).await, &instance.services.rooms);
    let invite = async |address: Option<&str>, lives, uses| {
        rooms.invite(Some(room.owner), room.id, RoomRole::Commenter, address, (lives, uses)).await
    };
    for (lives, uses) in [(time::Duration::ZERO, 1), (time::Duration::days(31), 1), (WEEK, 0), (WEEK, 101)] {
        assert!(matches!(invite(None, lives, uses).await, Err(RoomsError::Bad(_))));
    }
    assert!(matches!(invite(Some("no address"), WEEK, 1).await, Err(RoomsError::Bad(_))));
    let twice = invite(None, WEEK, 2).await.unwrap();
    let (first, second, third) = (instance.guest().await, instance.guest().await, instance.guest().await);
    for user in [first, first, second] {
        rooms.accept(user, &twice.token).await.unwrap();
    }
    assert!(matches!(rooms.accept(third, &twice.token).await, Err(RoomsError::NotFound)), "two have come by it");
    let named = invite(Some("Sam@Mail.example"), WEEK, 9).await.unwrap();
    assert!(matches!(rooms.accept(third, &named.token).await, Err(RoomsError::NotFound)), "it is another's");
    let closed = invite(None, WEEK, 9).await.unwrap();
    for _ in 0..2 {
        rooms.close_invitation(Some(room.owner), room.id, closed.invitation.id).await.unwrap();
    }
    let old = invite(None, WEEK, 9).await.unwrap();
    scratch.break_it("update room_invitations set expires_at = now() - interval '1 second' where uses_max = 9 and address is null").await;
    for token in [&*closed.token, &*old.token, "", "nonsense"] {
        assert!(matches!(rooms.accept(third, token).await, Err(RoomsError::NotFound)), "{token}");
    }
    let ways = rooms.invitations(Some(room.owner), room.id).await.unwrap();
    assert_eq!(ways.iter().map(|way| way.id).collect::<Vec<_>>(), [named.invitation.id]);
    finish(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_marked_pinned_or_taken_back_is_told_once() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let (room, rooms) = (Room::new(&instance).await, &instance.services.rooms);
    let said = room.say(&instance, room.owner, "a", "Frist").await.unwrap();
    let (me, id) = (Some(room.owner), room.id);
    for _ in 0..2 {
        rooms.edit(me, id, said.id, "First").await.unwrap();
        rooms.react(me, id, said.id, "🎉", true).await.unwrap();
        rooms.pin(me, id, said.id, true).await.unwrap();
    }
    assert!(matches!(rooms.react(me, id, said.id, "<b>", true).await, Err(RoomsError::Bad(_))));
    let shown = rooms.history(me, id, None, PageLimit::DEFAULT).await.unwrap().items.remove(0);
    assert_eq!((shown.html.as_str(), shown.edited_at.is_some()), ("<p>First</p>", true));
    assert_eq!(shown.reactions[0].by, [room.owner]);
    assert_eq!(rooms.pinned(me, id).await.unwrap().len(), 1);
    for _ in 0..2 {
        rooms.react(me, id, said.id, "🎉", false).await.unwrap();
        rooms.delete(me, id, said.id).await.unwrap();
    }
    assert!(rooms.history(me, id, None, PageLimit::DEFAULT).await.unwrap().items.is_empty());
    assert!(rooms.pinned(me, id).await.unwrap().is_empty());
    let (_, Since::Entries(entries)) = rooms.since(me, id, Some(room.at(0))).await.unwrap() else {
        panic!("all is there")
    };
    let kinds: Vec<&str> = entries.iter().map(|entry| entry.happened.kind()).collect();
    assert_eq!(kinds, ["message", "edited", "reacted", "pinned", "reacted", "deleted"]);
    finish(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_stays_as_long_as_an_answer_does() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let (room, rooms) = (Room::new(&instance).await, &instance.services.rooms);
    let (me, id) = (Some(room.owner), room.id);
    let first = room.say(&instance, room.owner, "a", "A question").await.unwrap().id;
    let answer = |name: &str, to| Saying { thread: Some(to), ..saying(name, "An answer") };
    let answered = rooms.say(me, id, answer("b", first)).await.unwrap().id;
    rooms.say(me, id, answer("c", first)).await.unwrap();
    let within = rooms.say(me, id, answer("d", answered)).await;
    assert!(matches!(within, Err(RoomsError::NotFound)), "threads have no threads");
    rooms.delete(me, id, first).await.unwrap();
    let list = async || rooms.history(me, id, None, PageLimit::DEFAULT).await.unwrap().items;
    let gone = &list().await[0];
    assert_eq!((gone.body.as_str(), gone.html.as_str(), gone.deleted_at.is_some(), gone.replies), ("", "", true, 2));
    let late = rooms.say(me, id, answer("e", first)).await;
    assert!(matches!(late, Err(RoomsError::NotFound)), "what is gone is not answered");
    for answer in rooms.thread(me, id, first, None, PageLimit::DEFAULT).await.unwrap().items {
        rooms.delete(me, id, answer.id).await.unwrap();
    }
    assert!(list().await.is_empty());
    finish(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_away_too_long_or_from_another_log_loads_the_room_anew() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let (room, rooms) = (Room::new(&instance).await, &instance.services.rooms);
    for n in 0..3 {
        room.say(&instance, room.owner, &n.to_string(), "Word").await.unwrap();
    }
    let since = async |place| rooms.since(Some(room.owner), room.id, Some(place)).await.unwrap().1;
    assert_eq!(since(room.at(3)).await, Since::Entries(Vec::new()));
    for unknown in [room.at(4), room.at(-1), room.at(i64::MAX), RoomPlace { epoch: Uuid::nil(), offset: 2 }] {
        assert_eq!(since(unknown).await, Since::Reload, "{unknown:?}");
    }
    scratch.break_it("delete from room_log where \"offset\" = 2").await;
    assert_eq!(since(room.at(1)).await, Since::Reload, "never a silent gap");
    assert!(matches!(since(room.at(2)).await, Since::Entries(entries) if entries.len() == 1));
    finish(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_while_redis_is_cut_off() {
    let scratch = Scratch::alone().await;
    let wire = Wire::to(&scratch.redis).await;
    let (one, url) = (scratch.instance().await, wire.redis());
    let scratch = scratch.with("REDIS_URL", &url);
    let other = scratch.instance().await;
    let room = Room::new(&one).await;
    let mut there = other.services.rooms.follow(room.id, 0);
    room.say(&one, room.owner, "a", "Before").await.unwrap();
    assert_eq!(follow_to(&mut there, 1).await.len(), 1);
    wire.cut();
    room.say(&one, room.owner, "b", "While nobody hears").await.unwrap();
    assert_eq!(follow_to(&mut there, 2).await.len(), 1, "the log is looked at");
    wire.mend();
    for n in 0..5 {
        room.say(&one, room.owner, &format!("c{n}"), "After").await.unwrap();
    }
    let after = follow_to(&mut there, 7).await;
    assert_eq!(after.iter().map(|entry| entry.offset).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
    finish(scratch, [one, other]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_named_and_has_not_read_is_told_how_much() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let (room, rooms) = (Room::new(&instance).await, &instance.services.rooms);
    let ada = room.another(&instance, RoomRole::Commenter).await;
    scratch.break_it("update users set name = 'Ada' where id <> (select owner_id from projects)").await;
    room.say(&instance, room.owner, "a", "Hello @ada, and <b>all</b>").await.unwrap();
    room.say(&instance, room.owner, "b", "Anybody?").await.unwrap();
    room.say(&instance, ada, "c", "I am @Ada").await.unwrap();
    let unread = async |user| {
        let list = rooms.list(user).await.unwrap();
        list.iter().map(|room| (room.room, room.role, room.unread, room.named)).collect::<Vec<_>>()
    };
    assert_eq!(unread(room.owner).await, [(room.id, RoomRole::Owner, 1, 0)]);
    assert_eq!(unread(ada).await, [(room.id, RoomRole::Commenter, 0, 0)], "whoever writes has read");
    let last = room.say(&instance, room.owner, "d", "@Ada?").await.unwrap().place.offset;
    assert_eq!(unread(ada).await, [(room.id, RoomRole::Commenter, 1, 1)]);
    assert!(rooms.read(Some(ada), room.id, i64::MAX).await.unwrap());
    assert!(!rooms.read(Some(ada), room.id, 1).await.unwrap(), "nobody reads backwards");
    let read = rooms.members(Some(ada), room.id).await.unwrap().into_iter().find(|member| member.speaker.id == ada);
    assert_eq!(read.unwrap().read_to, last, "and not past what there is");
    let first = rooms.history(Some(ada), room.id, None, PageLimit::DEFAULT).await.unwrap().items.pop().unwrap();
    assert!(
        first.html.contains("<strong class=\"mention\">@Ada</strong>, and &lt;b&gt;all&lt;/b&gt;"),
        "{}",
        first.html
    );
    finish(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_in_the_room_reads_the_project_and_editors_change_it() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let room = Room::new(&instance).await;
    let services = &instance.services;
    let project = services.rooms.standing(Some(room.owner), room.id).await.unwrap().project.unwrap();
    let generation = services.projects.get(Some(room.owner), project).await.unwrap().generation;
    let stranger = instance.guest().await;
    assert!(services.projects.get(Some(stranger), project).await.is_err());
    assert!(services.studio.generation(Some(stranger), generation).await.is_err());
    let viewer = room.another(&instance, RoomRole::Viewer).await;
    assert_eq!(services.projects.get(Some(viewer), project).await.unwrap().role, RoomRole::Viewer);
    services.studio.follow(Some(viewer), generation, 0).await.unwrap();
    assert!(matches!(services.studio.cancel(Some(viewer), generation).await, Err(StudioError::ReadOnly)));
    assert!(services.projects.rename(Some(viewer), project, "Mine").await.is_err());
    let editor = room.another(&instance, RoomRole::Editor).await;
    services.studio.cancel(Some(editor), generation).await.unwrap();
    let again = |user| services.studio.generate(user, project, Wish::default());
    assert!(matches!(again(viewer).await, Err(StudioError::ReadOnly)));
    again(editor).await.unwrap();
    assert!(matches!(services.studio.fork(editor, generation, Stage::Product, None).await, Err(StudioError::ReadOnly)));
    assert!(services.projects.shelve(Some(editor), project, Shelf::Deleted).await.is_err());
    services.projects.shelve(Some(room.owner), project, Shelf::Deleted).await.unwrap();
    assert!(services.projects.get(Some(editor), project).await.is_err(), "what is thrown away is the owner's alone");
    assert!(matches!(room.say(&instance, editor, "a", "Still?").await, Err(RoomsError::NotFound)));
    services.projects.shelve(Some(room.owner), project, Shelf::Active).await.unwrap();
    finish(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_know_each_other_talk_alone_and_nobody_else_finds_the_room() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let (room, rooms) = (Room::new(&instance).await, &instance.services.rooms);
    let (ada, stranger) = (room.another(&instance, RoomRole::Viewer).await, instance.guest().await);
    for (one, other) in [(stranger, ada), (ada, stranger), (ada, ada)] {
        assert!(matches!(rooms.with(Some(one), other).await, Err(RoomsError::NotFound)));
    }
    let (here, there) = tokio::join!(rooms.with(Some(room.owner), ada), rooms.with(Some(ada), room.owner));
    let (here, there) = (here.unwrap(), there.unwrap());
    assert_eq!((here.room, here.role), (there.room, RoomRole::Commenter), "a pair has one room");
    assert_eq!(here.project, None);
    rooms.say(Some(ada), here.room, saying("a", "Only you")).await.unwrap();
    assert!(matches!(rooms.standing(Some(stranger), here.room).await, Err(RoomsError::NotFound)));
    assert!(matches!(rooms.say(Some(stranger), here.room, saying("b", "Me too")).await, Err(RoomsError::NotFound)));
    let about =
        Saying { anchor: Some(Anchor { stage: Stage::Brand, revision: 1, piece: None }), ..saying("c", "This") };
    assert!(rooms.say(Some(ada), here.room, about).await.is_err(), "there is nothing to be about");
    assert!(matches!(rooms.leave(Some(ada), here.room, ada).await, Err(RoomsError::Forbidden(_))));
    let invited = rooms.invite(Some(ada), here.room, RoomRole::Viewer, None, (WEEK, 1)).await;
    assert!(matches!(invited, Err(RoomsError::Forbidden(_))));
    let list = rooms.list(room.owner).await.unwrap();
    assert_eq!((list[0].room, list[0].project, list[0].unread), (here.room, None, 1));
    // Whoever is taken out of what they were in together still finds what was said.
    rooms.leave(Some(room.owner), room.id, ada).await.unwrap();
    assert_eq!(rooms.with(Some(ada), room.owner).await.unwrap().room, here.room);
    let refused = rooms.say(Some(ada), here.room, saying("d", "Still there?")).await;
    assert!(matches!(refused, Err(RoomsError::Forbidden(_))), "and writes to nobody whom they know from nowhere");
    finish(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_those_with_whom_one_is_in_a_room() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let (room, rooms) = (Room::new(&instance).await, &instance.services.rooms);
    let (ada, stranger) = (room.another(&instance, RoomRole::Commenter).await, instance.guest().await);
    let known = async |user| {
        let contacts = rooms.contacts(user).await.unwrap();
        contacts.iter().map(|contact| (contact.speaker.id, contact.is_here)).collect::<Vec<_>>()
    };
    assert_eq!(known(room.owner).await, [(ada, false)]);
    assert_eq!(known(ada).await, [(room.owner, false)]);
    assert_eq!(known(stranger).await, []);
    finish(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_long_ago_is_forgotten_and_what_was_said_is_not() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let (room, rooms) = (Room::new(&instance).await, &instance.services.rooms);
    for n in 0..3 {
        room.say(&instance, room.owner, &n.to_string(), "Word").await.unwrap();
    }
    rooms.invite(Some(room.owner), room.id, RoomRole::Viewer, None, (WEEK, 1)).await.unwrap();
    scratch.break_it("update room_log set created_at = now() - interval '31 days'").await;
    scratch.break_it("update room_invitations set expires_at = now() - interval '31 days'").await;
    rooms.tidy().await.unwrap();
    let (standing, missed) = rooms.since(Some(room.owner), room.id, Some(room.at(0))).await.unwrap();
    assert_eq!((standing.place.offset, missed), (3, Since::Reload));
    assert_eq!(rooms.history(Some(room.owner), room.id, None, PageLimit::DEFAULT).await.unwrap().items.len(), 3);
    assert_eq!(room.say(&instance, room.owner, "d", "On").await.unwrap().place.offset, 4);
    finish(scratch, [instance]).await;
}

/// Entries as they stand in the log are read as they were told.
#[test]
fn an_entry_is_told_as_it_is_kept() {
    let entry = RoomEntry { offset: 7, happened: Happened::Pinned { id: MessageId(Uuid::nil()), on: true } };
    let told = serde_json::to_value(&entry).unwrap();
    assert_eq!(told, serde_json::json!({ "offset": 7, "kind": "pinned", "data": { "id": Uuid::nil(), "on": true } }));
    assert_eq!(serde_json::from_value::<RoomEntry>(told).unwrap(), entry);
}
