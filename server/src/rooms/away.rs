//! Telling those who were not there that something was said: of what is said within a while, once.

use model::{MessageId, Notify, RoomId, UserId};

use super::{NotifyRoom, Rooms, RoomsError, TOUCHES, room_page, store};
use crate::{
    db::DbError,
    jobs::{Dedup, Failure, Options},
    notices::{About, New, NoticesError},
};

/// Members of one room that are told.
const TOLD_MAX: i64 = 2_000;

impl Rooms {
    /// What is new in a room, as its notice is known.
    pub(super) fn notice_key(room: RoomId) -> String {
        format!("room:{room}")
    }

    /// Something was said: those who are not there will be told, unless they come and see. Within one turn it is set down once, by each instance; the job runs
    /// when the turn is over, so that all of it is told.
    pub(super) async fn tell_the_absent(&self, room: RoomId) {
        let after = self.notices.after();
        let every = after.as_secs().max(1).cast_signed();
        // Turns of rooms begin at different times: whoever waits for a connection does not wait for all of them.
        let begins = i64::try_from(room.0.as_u128() % u128::from(every.unsigned_abs())).unwrap_or_default();
        let turn = (self.clock.now().unix_timestamp() + begins).div_euclid(every);
        if self.told.get(&room) == Some(turn) {
            return;
        }
        self.told.insert(room, turn);
        // The end of the turn is never later than that.
        let options =
            Options { delay: Some(after), dedup: Dedup::ById(format!("{room}:{turn}")), ..Options::default() };
        if let Err(error) = self.jobs.publish_now(&NotifyRoom { room }, &options).await {
            self.told.invalidate(&room);
            tracing::warn!(%room, %error, "those who are not there are not told of this yet");
        }
    }

    /// Tells everybody who has not seen what was said, and wants to be told.
    pub(super) async fn notify(&self, room: RoomId) -> Result<(), Failure> {
        let mut tx = store::begin(self.db.primary()).await.map_err(Failure::retry)?;
        let key = Self::notice_key(room);
        let absent = store::absent(&mut tx, room, &key, TOLD_MAX).await.map_err(Failure::retry)?;
        if absent.is_empty() {
            return Ok(());
        }
        let new: Vec<New> = absent
            .into_iter()
            .map(|absent| New {
                user: absent.user,
                key: key.clone(),
                upto: absent.upto,
                about: About::Room {
                    room,
                    project: absent.project,
                    name: absent.name,
                    said: absent.said,
                    named: absent.named,
                    by: absent.by,
                    excerpt: absent.excerpt,
                },
            })
            .collect();
        let told = self.notices.write(&mut tx, &new).await.map_err(Failure::retry)?;
        tx.commit().await.map_err(DbError::from).map_err(Failure::retry)?;
        self.notices.told(&told);
        Ok(())
    }

    /// What somebody is told of a room while they are not there. May be asked twice.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is not in it, [`RoomsError::Limited`].
    pub async fn set_notify(&self, user: Option<UserId>, room: RoomId, notify: Notify) -> Result<(), RoomsError> {
        self.standing(user, room).await?;
        let user = user.ok_or(RoomsError::NotFound)?;
        self.limits.admit(&TOUCHES, &user.to_string()).await?;
        Ok(store::set_notify(self.db.primary(), room, user, notify).await?)
    }

    /// Tells whoever sent a picture that it cannot be shown, and why.
    ///
    /// # Errors
    /// [`NoticesError`] when it cannot be written down.
    pub async fn picture_refused(&self, message: MessageId, reason: &str) -> Result<(), NoticesError> {
        let mut tx = store::begin(self.db.primary()).await?;
        let Some((user, room, project)) = store::author(&mut tx, message).await? else { return Ok(()) };
        let about = About::Words {
            title: "A picture of yours was not taken".to_owned(),
            text: format!("It is not shown in the room: {reason}."),
            href: room_page(room, project),
        };
        let new = New { user, key: format!("picture:{message}"), upto: 1, about };
        let told = self.notices.write(&mut tx, &[new]).await?;
        tx.commit().await.map_err(DbError::from)?;
        self.notices.told(&told);
        Ok(())
    }
}
