//! Pictures that people bring: taken, made ready by a job, shown, replaced, refused, and swept away.

use std::{io::Cursor, time::Duration};

use bytes::Bytes;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use model::{Happened, PageLimit, Picture, ProjectId, RoomPlace, RoomRole, UserId, Visibility};
use pretty_assertions::assert_eq;
use server::{
    images::{BadImage, ImagesError, Subject, Viewed, Waiting},
    rooms::{Saying, Since},
};

use crate::support::{Instance, Scratch, files_below, until};

/// A picture in one colour with a stripe, so that two of different colours are different files.
fn png(width: u32, height: u32, colour: [u8; 3]) -> Bytes {
    let image = RgbImage::from_fn(width, height, |x, _| if x % 40 < 4 { Rgb([255, 255, 255]) } else { Rgb(colour) });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(image).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner().into()
}

async fn cover_of(instance: &Instance, user: UserId, project: ProjectId) -> Option<Picture> {
    instance.services.projects.get(Some(user), project).await.unwrap().cover
}

/// Waits until nothing waits for its turn; what became of the last picture, if it was refused.
async fn settled(instance: &Instance, subject: Subject) -> Option<Waiting> {
    for _ in 0..600 {
        match instance.services.images.waiting(subject).await.unwrap() {
            Some(Waiting::ForItsTurn) => tokio::time::sleep(Duration::from_millis(100)).await,
            other => return other,
        }
    }
    panic!("the picture was never made");
}

/// Ends when the products are made that nobody looked at.
async fn end(scratch: Scratch, instances: impl IntoIterator<Item = Instance>) {
    let unfinished = "select count(*) from generations where finished_at is null";
    until("every product is made", async || scratch.count(unfinished).await == 0).await;
    scratch.finish(instances).await;
}

fn name_of(picture: &Picture) -> String {
    format!("{}.webp", picture.sizes[0].webp)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cover_is_shown_wherever_its_project_is_and_to_nobody_else() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let (user, other) = (instance.guest().await, instance.guest().await);
    let project = instance.start(user, "A bakery").await.project;
    let (images, projects) = (&instance.services.images, &instance.services.projects);
    let subject = Subject::Project(project);
    for stranger in [None, Some(other)] {
        let refused = images.set(stranger, subject, png(700, 400, [200, 30, 30]), "").await;
        assert!(matches!(refused, Err(ImagesError::NotFound)), "{refused:?}");
        assert!(matches!(images.remove(stranger, subject).await, Err(ImagesError::NotFound)));
    }
    images.set(Some(user), subject, png(700, 400, [200, 30, 30]), " Bread on a shelf ").await.unwrap();
    assert_eq!(settled(&instance, subject).await, None);
    let cover = cover_of(&instance, user, project).await.unwrap();
    assert_eq!(cover.description, "Bread on a shelf");
    assert_eq!(cover.sizes.iter().map(|size| (size.width, size.height)).collect::<Vec<_>>(), [(320, 160), (640, 320)]);
    let listed = projects.list(Some(user), &Default::default(), None, PageLimit::DEFAULT).await.unwrap();
    assert_eq!(listed.items[0].cover.as_ref(), Some(&cover));

    // A private project's cover is its owner's.
    let name = name_of(&cover);
    let (file, _) = images.file(Some(user), &name, false).await.unwrap();
    assert_eq!(file.viewed, Viewed::ByOwner);
    assert_eq!(&file.bytes.unwrap()[8..12], b"WEBP");
    for stranger in [None, Some(other)] {
        assert!(matches!(images.file(stranger, &name, false).await, Err(ImagesError::NotFound)));
    }
    // A public one's is everybody's, and stands in the list that everybody is served from memory, also when it changes.
    projects.share(Some(user), project, Visibility::Public).await.unwrap();
    assert_eq!(images.file(None, &name, true).await.unwrap().0.viewed, Viewed::ByEverybody);
    let explored = || async { projects.explore(None, None, PageLimit::DEFAULT).await.unwrap().items[0].cover.clone() };
    assert_eq!(explored().await, Some(cover));
    images.remove(Some(user), subject).await.unwrap();
    assert_eq!(explored().await, None);
    assert!(matches!(images.file(None, &name, false).await, Err(ImagesError::NotFound)));
    end(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_a_picture_of_is_refused_in_words_and_the_one_before_stays() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let user = instance.guest().await;
    let project = instance.start(user, "A bakery").await.project;
    let (images, subject) = (&instance.services.images, Subject::Project(project));
    let good = png(400, 300, [30, 90, 30]);
    images.set(Some(user), subject, good.clone(), "").await.unwrap();
    assert_eq!(settled(&instance, subject).await, None);
    let cover = cover_of(&instance, user, project).await.unwrap();

    // What says by itself that it is no picture is not taken at all.
    let svg = Bytes::from_static(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>");
    let refused = images.set(Some(user), subject, svg, "").await;
    assert!(matches!(refused, Err(ImagesError::Bad(BadImage::Unknown))), "{refused:?}");
    for description in ["x".repeat(301), "a\u{0}b".to_owned()] {
        let refused = images.set(Some(user), subject, good.clone(), &description).await;
        assert!(matches!(refused, Err(ImagesError::BadDescription)), "{refused:?}");
    }
    assert_eq!(images.waiting(subject).await.unwrap(), None);
    // What lies about itself is found out by the job.
    images.set(Some(user), subject, good.slice(..good.len() - 200), "").await.unwrap();
    let reason = BadImage::Damaged.to_string();
    assert_eq!(settled(&instance, subject).await, Some(Waiting::Refused(reason)));
    assert_eq!(cover_of(&instance, user, project).await, Some(cover));
    end(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_whose_job_is_given_up_is_said_to_be_refused() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let user = instance.guest().await;
    let project = instance.start(user, "A bakery").await.project;
    let subject = Subject::Project(project);
    instance.services.images.set(Some(user), subject, png(4_000, 3_000, [30, 90, 30]), "").await.unwrap();
    // The file is gone before anybody looks at it: no attempt can do anything.
    for file in files_below(&scratch.blobs()) {
        std::fs::remove_file(file).unwrap();
    }
    let worker = scratch.worker().await;
    let refused = settled(&instance, subject).await;
    assert!(matches!(&refused, Some(Waiting::Refused(reason)) if reason.contains("Send it again")), "{refused:?}");
    end(scratch, [instance, worker]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_replaced_is_swept_away_and_what_is_shown_is_not() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let user = instance.guest().await;
    let project = instance.start(user, "A bakery").await.project;
    let (images, subject) = (&instance.services.images, Subject::Project(project));
    images.set(Some(user), subject, png(400, 300, [30, 90, 30]), "").await.unwrap();
    settled(&instance, subject).await;
    let before = cover_of(&instance, user, project).await.unwrap();
    // Two in a row: only the last is made, or the first is made and replaced.
    images.set(Some(user), subject, png(400, 300, [90, 30, 30]), "").await.unwrap();
    images.set(Some(user), subject, png(400, 300, [30, 30, 90]), "").await.unwrap();
    assert_eq!(settled(&instance, subject).await, None);
    let after = cover_of(&instance, user, project).await.unwrap();
    assert!(before != after);
    scratch.pass(Duration::from_secs(2 * 3_600));
    instance.services.blobs.sweep().await.unwrap();
    let left = files_below(&scratch.blobs());
    assert_eq!(left.len(), 2, "an AVIF and a WebP file of one size: {left:?}");
    images.file(Some(user), &name_of(&after), false).await.unwrap();
    // What goes with its project goes from the store as well.
    scratch.break_it("delete from projects").await;
    instance.services.blobs.sweep().await.unwrap();
    assert_eq!(files_below(&scratch.blobs()).len(), 0);
    end(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_a_person_is_a_members_and_everybody_may_see_it() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let user = instance.guest().await;
    let (images, subject) = (&instance.services.images, Subject::User(user));
    let refused = images.set(Some(user), subject, png(300, 400, [30, 90, 30]), "").await;
    assert!(matches!(refused, Err(ImagesError::NotFound)), "a guest is nobody to others: {refused:?}");
    let become_member = "update users set kind = 'member', email = 'a@b.example', email_key = 'a@b.example', name = 'A', password_hash = 'x'";
    scratch.break_it(become_member).await;
    images.set(Some(user), subject, png(300, 400, [30, 90, 30]), "").await.unwrap();
    assert_eq!(settled(&instance, subject).await, None);
    let picture = images.avatar(user).await.unwrap().unwrap();
    assert_eq!(
        picture.sizes.iter().map(|size| (size.width, size.height)).collect::<Vec<_>>(),
        [(48, 48), (96, 96), (192, 192)]
    );
    assert_eq!(images.file(None, &name_of(&picture), false).await.unwrap().0.viewed, Viewed::ByEverybody);
    for name in ["", ".webp", "x.webp", &name_of(&picture).replace(".webp", ".png"), &name_of(&picture).to_uppercase()]
    {
        assert!(matches!(images.file(None, name, false).await, Err(ImagesError::NotFound)), "{name}");
    }
    images.remove(Some(user), subject).await.unwrap();
    images.remove(Some(user), subject).await.unwrap();
    assert_eq!(images.avatar(user).await.unwrap(), None);
    end(scratch, [instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_with_a_message_is_shown_to_the_room_and_goes_with_the_message() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let (user, member, stranger) = (instance.guest().await, instance.guest().await, instance.guest().await);
    let project = instance.start(user, "A bakery").await.project;
    let (images, rooms) = (&instance.services.images, &instance.services.rooms);
    let room = rooms.of_project(Some(user), project).await.unwrap().room;
    let invited = rooms.invite(Some(user), room, RoomRole::Commenter, None, (time::Duration::DAY, 1)).await.unwrap();
    rooms.accept(member, &invited.token).await.unwrap();
    let saying = Saying { client_id: "a".to_owned(), body: "The oven".to_owned(), anchor: None, thread: None };
    let said = rooms.say(Some(user), room, saying).await.unwrap();
    let subject = Subject::Message(said.id);
    for other in [member, stranger] {
        let refused = images.set(Some(other), subject, png(700, 350, [200, 30, 30]), "").await;
        assert!(matches!(refused, Err(ImagesError::NotFound)), "{refused:?}");
    }
    images.set(Some(user), subject, png(700, 350, [200, 30, 30]), "The oven").await.unwrap();
    assert_eq!(settled(&instance, subject).await, None);
    let message = rooms.message(Some(member), room, said.id).await.unwrap();
    let picture = message.picture.unwrap();
    assert_eq!(picture.description, "The oven");
    assert_eq!(
        picture.sizes.iter().map(|size| (size.width, size.height)).collect::<Vec<_>>(),
        [(320, 160), (640, 320)]
    );
    let known = RoomPlace { epoch: said.place.epoch, offset: said.place.offset };
    let (_, since) = rooms.since(Some(member), room, Some(known)).await.unwrap();
    let Since::Entries(entries) = since else { panic!("{since:?}") };
    assert!(entries.iter().any(|entry| matches!(&entry.happened, Happened::Pictured { id, .. } if *id == said.id)));
    let name = name_of(&picture);
    assert_eq!(images.file(Some(member), &name, false).await.unwrap().0.viewed, Viewed::ByOwner);
    for other in [None, Some(stranger)] {
        assert!(matches!(images.file(other, &name, false).await, Err(ImagesError::NotFound)));
    }
    rooms.delete(Some(user), room, said.id).await.unwrap();
    assert!(matches!(images.file(Some(member), &name, false).await, Err(ImagesError::NotFound)));
    end(scratch, [instance]).await;
}
