//! Telling those who were not there that something was said: of what is said within a while, once.

use std::time::Duration;

use model::{MessageId, Notify, RoomId, UserId};
use time::OffsetDateTime;

use super::{NotifyRoom, Rooms, RoomsError, TOUCHES, room_page, store};
use crate::{
    db::DbError,
    jobs::{Dedup, Failure, Options},
    notices::{About, New, NoticesError},
};

/// Members of one room that are told.
const TOLD_MAX: i64 = 2_000;

/// Within one, what is said in a room is told together to whoever was not there.
struct Turn {
    number: i128,
    /// When that is: half as long from now as they may take to come and see, or up to half as long again.
    told_in: Duration,
}

impl Turn {
    /// Each room's turns end at a time of its own: where many talk, their rooms are not all told of in the same moment.
    fn of(room: RoomId, now: OffsetDateTime, after: Duration) -> Self {
        let length = i128::try_from(after.as_nanos().max(1)).unwrap_or(i128::MAX);
        let own = i128::try_from(room.0.as_u128() % length.unsigned_abs()).unwrap_or_default();
        let at = now.unix_timestamp_nanos() + own;
        let number = (at + length / 2).div_euclid(length);
        let left = u64::try_from((number + 1) * length - at).unwrap_or(u64::MAX);
        Self { number, told_in: Duration::from_nanos(left) }
    }
}

impl Rooms {
    /// What is new in a room, as its notice is known.
    pub(super) fn notice_key(room: RoomId) -> String {
        format!("room:{room}")
    }

    /// Something was said: those who are not there will be told, unless they come and see. Within one turn it is set down once, by each instance.
    pub(super) async fn tell_the_absent(&self, room: RoomId) {
        let turn = Turn::of(room, self.clock.now(), self.notices.after());
        if self.told.get(&room) == Some(turn.number) {
            return;
        }
        self.told.insert(room, turn.number);
        let options = Options {
            delay: Some(turn.told_in),
            dedup: Dedup::ById(format!("{room}:{}", turn.number)),
            ..Options::default()
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    const AFTER: Duration = Duration::from_secs(30);

    fn room(number: u128) -> RoomId {
        RoomId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn whoever_was_not_there_has_between_half_and_half_as_long_again_to_come_and_see() {
        for second in 0..90 {
            let now = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(second);
            let told_in = Turn::of(room(7), now, AFTER).told_in;
            assert!(AFTER / 2 <= told_in && told_in <= AFTER * 3 / 2, "{second}: {told_in:?}");
        }
    }

    #[test]
    fn what_is_said_within_one_turn_is_told_at_one_time() {
        let turn = |second| Turn::of(room(0), OffsetDateTime::UNIX_EPOCH + Duration::from_secs(second), AFTER);
        assert_eq!(turn(15).number, turn(44).number);
        assert_eq!(turn(15).told_in, turn(44).told_in + Duration::from_secs(29));
        assert_ne!(turn(14).number, turn(15).number);
    }

    #[test]
    fn rooms_in_which_something_is_said_at_once_are_told_of_at_different_times() {
        let told: std::collections::BTreeSet<u64> = (0..50_u128)
            .map(|n| {
                Turn::of(room(n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c)), OffsetDateTime::UNIX_EPOCH, AFTER)
                    .told_in
                    .as_secs()
            })
            .collect();
        assert!(told.len() > 15, "{told:?}");
    }
}
