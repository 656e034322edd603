//! Saying something, changing it, taking it back, and reading what was said.

use model::{
    Anchor, BadCursor, CLIENT_ID_MAX_CHARS, Happened, Message, MessageId, Page, PageLimit, REACTIONS, RoomId,
    RoomPlace, RoomRole, Speaker, Stage, UserId,
};

use super::{MESSAGES, Rooms, RoomsError, TOUCHES, store, text};
use crate::db::DbError;

/// Pinned messages of one room that are told.
const PINNED_MAX: i64 = 50;

/// What is said to whoever only watches.
const ONLY_READS: &str = "You may read here, and not write.";
/// What is said to whoever wants to talk alone with somebody whom they know from nowhere any more, or about a project that is not there.
const NOT_TOGETHER: &str =
    "You can talk alone as long as you are in the room of a project together, and about nothing of a project.";

/// Something to be said.
#[derive(Debug, Clone)]
pub struct Saying {
    /// What its sender calls it: sent twice, it is one message.
    pub client_id: String,
    /// As it was typed.
    pub body: String,
    /// What it is about.
    pub anchor: Option<Anchor>,
    /// The message that it answers.
    pub thread: Option<MessageId>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its id.
    pub id: MessageId,
    /// Where it stands.
    pub place: RoomPlace,
    /// Whether it was not said before.
    pub is_new: bool,
}

impl Rooms {
    /// Says something. Once it returns, it is written down; said again under the same name, nothing more is.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is not there, [`RoomsError::Forbidden`] for who only watches, [`RoomsError::BadMessage`] and
    /// [`RoomsError::Bad`] for what cannot be said, [`RoomsError::Limited`].
    pub async fn say(&self, user: Option<UserId>, room: RoomId, saying: Saying) -> Result<Said, RoomsError> {
        let named = saying.client_id.chars().count();
        if named == 0 || named > CLIENT_ID_MAX_CHARS || saying.client_id.chars().any(char::is_control) {
            return Err(RoomsError::Bad(format!("A message's own name has 1 to {CLIENT_ID_MAX_CHARS} characters.")));
        }
        let body = text::tidy(&saying.body)?;
        let user = user.ok_or(RoomsError::NotFound)?;
        self.limits.admit_here(&MESSAGES, &user.to_string())?;
        let (author, role) = self.speaker(user, room).await?;
        if !role.may_talk() {
            return Err(RoomsError::Forbidden(ONLY_READS));
        }
        let shown = self.shown(room, &body).await?;
        let now = self.clock.now();
        let id = MessageId(self.clock.new_id());
        let happened = Happened::Message(Box::new(Message {
            id,
            offset: 0,
            client_id: saying.client_id.clone(),
            author: Some(author),
            body: body.clone(),
            html: shown.html.clone(),
            picture: None,
            anchor: saying.anchor.clone(),
            thread: saying.thread,
            replies: 0,
            reactions: Vec::new(),
            created_at: now,
            edited_at: None,
            deleted_at: None,
            pinned_at: None,
        }));
        let data = serde_json::to_string(&happened).map_err(|error| RoomsError::Bad(error.to_string()))?;
        let key = Self::notice_key(room);
        let new = store::New {
            id,
            client_id: &saying.client_id,
            body: &body,
            html: &shown.html,
            anchor: saying.anchor.as_ref(),
            thread: saying.thread,
            mentions: shown.mentions.iter().map(|user| user.0).collect(),
            data: &data,
            key: &key,
        };
        let mut lease = self.db.lease().await?;
        let sent = store::send(&mut lease, room, user, new, now).await?;
        lease.done();
        let Some(sent) = sent else {
            // They may not any more, which is not known here yet; or what they answer is gone.
            self.speakers.invalidate(&(room, user));
            let (_, role) = self.speaker(user, room).await?;
            let is_direct = self.standing(Some(user), room).await?.project.is_none();
            return Err(match role.may_talk() {
                true if is_direct => RoomsError::Forbidden(NOT_TOGETHER),
                true => RoomsError::NotFound,
                false => RoomsError::Forbidden(ONLY_READS),
            });
        };
        if sent.is_new {
            self.news.tell(room, sent.place.offset, happened);
            self.tell_the_absent(room).await;
        }
        Ok(Said { id: sent.id, place: sent.place, is_new: sent.is_new })
    }

    /// Who somebody is in a room. It is remembered for a while: whether they may still say something, the statement that sends finds out.
    async fn speaker(&self, user: UserId, room: RoomId) -> Result<(Speaker, RoomRole), RoomsError> {
        // Whoever may say something now is not told for a while yet that they may not.
        if let Some(known) = self.speakers.get(&(room, user)).filter(|(_, role)| role.may_talk()) {
            return Ok(known);
        }
        let found = store::speaker(self.db.primary(), room, user).await?.ok_or(RoomsError::NotFound)?;
        self.speakers.insert((room, user), found.clone());
        Ok(found)
    }

    /// A message as markup; who is in the room is only asked for when somebody may be named.
    async fn shown(&self, room: RoomId, body: &str) -> Result<text::Shown, RoomsError> {
        let people = if text::may_name(body) { store::people(self.db.primary(), room).await? } else { Vec::new() };
        Ok(text::show(body, &people)?)
    }

    /// Lets a message of one's own say something else.
    ///
    /// # Errors
    /// As [`Rooms::say`]; [`RoomsError::NotFound`] for what is not theirs too.
    pub async fn edit(&self, user: Option<UserId>, room: RoomId, id: MessageId, typed: &str) -> Result<(), RoomsError> {
        let body = text::tidy(typed)?;
        let (user, _) = self.may(user, room, RoomRole::may_talk, ONLY_READS).await?;
        self.limits.admit(&TOUCHES, &user.to_string()).await?;
        let before = store::message(self.db.primary(), room, id).await?.ok_or(RoomsError::NotFound)?;
        if before.author.as_ref().map(|Speaker { id, .. }| *id) != Some(user) {
            return Err(RoomsError::NotFound);
        }
        let shown = self.shown(room, &body).await?;
        let at = self.clock.now();
        let happened = Happened::Edited { id, body: body.clone(), html: shown.html.clone(), at };
        let mut tx = store::begin(self.db.primary()).await?;
        if store::edit(&mut tx, room, user, id, (&body, &shown.html), at).await? {
            let offset = store::append(&mut tx, room, &happened, at).await?;
            tx.commit().await.map_err(DbError::from)?;
            self.news.tell(room, offset, happened);
        }
        Ok(())
    }

    /// Takes a message back: one's own, or any for who looks after the room. May be done twice.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`], [`RoomsError::Limited`].
    pub async fn delete(&self, user: Option<UserId>, room: RoomId, id: MessageId) -> Result<(), RoomsError> {
        let standing = self.standing(user, room).await?;
        let user = user.ok_or(RoomsError::NotFound)?;
        self.limits.admit(&TOUCHES, &user.to_string()).await?;
        let at = self.clock.now();
        let key = Self::notice_key(room);
        let mut tx = store::begin(self.db.primary()).await?;
        if store::delete(&mut tx, room, user, id, standing.role.may_edit(), (&key, at)).await? {
            let happened = Happened::Deleted { id, at };
            let offset = store::append(&mut tx, room, &happened, at).await?;
            tx.commit().await.map_err(DbError::from)?;
            self.news.tell(room, offset, happened);
        }
        Ok(())
    }

    /// Leaves a mark on a message, or takes it back. May be done twice.
    ///
    /// # Errors
    /// [`RoomsError::Bad`] for what is no mark, [`RoomsError::NotFound`], [`RoomsError::Forbidden`], [`RoomsError::Limited`].
    pub async fn react(
        &self,
        user: Option<UserId>,
        room: RoomId,
        id: MessageId,
        emoji: &str,
        on: bool,
    ) -> Result<(), RoomsError> {
        if !REACTIONS.contains(&emoji) {
            return Err(RoomsError::Bad(format!("A mark is one of {}.", REACTIONS.join(" "))));
        }
        let (user, _) = self.may(user, room, RoomRole::may_talk, ONLY_READS).await?;
        self.limits.admit(&TOUCHES, &user.to_string()).await?;
        let at = self.clock.now();
        let mut tx = store::begin(self.db.primary()).await?;
        if store::react(&mut tx, room, user, id, (emoji, on), at).await? {
            let happened = Happened::Reacted { id, emoji: emoji.to_owned(), by: user, on };
            let offset = store::append(&mut tx, room, &happened, at).await?;
            tx.commit().await.map_err(DbError::from)?;
            self.news.tell(room, offset, happened);
        }
        Ok(())
    }

    /// Pins a message for everybody, or lets it go. May be done twice.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`], [`RoomsError::Forbidden`] for who does not look after the room, [`RoomsError::Limited`].
    pub async fn pin(&self, user: Option<UserId>, room: RoomId, id: MessageId, on: bool) -> Result<(), RoomsError> {
        let (user, _) = self.may(user, room, RoomRole::may_edit, "Who looks after the room pins messages.").await?;
        self.limits.admit(&TOUCHES, &user.to_string()).await?;
        let at = self.clock.now();
        let mut tx = store::begin(self.db.primary()).await?;
        if store::pin(&mut tx, room, id, on, at).await? {
            let happened = Happened::Pinned { id, on };
            let offset = store::append(&mut tx, room, &happened, at).await?;
            tx.commit().await.map_err(DbError::from)?;
            self.news.tell(room, offset, happened);
        }
        Ok(())
    }

    /// Notes how far somebody has read. `false` when they had read further.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is not there.
    pub async fn read(&self, user: Option<UserId>, room: RoomId, offset: i64) -> Result<bool, RoomsError> {
        self.standing(user, room).await?;
        let user = user.ok_or(RoomsError::NotFound)?;
        let seen = (Self::notice_key(room), self.clock.now());
        Ok(store::read_to(self.db.primary(), room, user, offset, (&seen.0, seen.1)).await?)
    }

    /// One message; one that was taken back only as long as it has answers.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`].
    pub async fn message(&self, user: Option<UserId>, room: RoomId, id: MessageId) -> Result<Message, RoomsError> {
        self.standing(user, room).await?;
        store::message(self.db.primary(), room, id).await?.ok_or(RoomsError::NotFound)
    }

    /// What was said outside of threads, the latest first.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is not there.
    pub async fn history(
        &self,
        user: Option<UserId>,
        room: RoomId,
        cursor: Option<&str>,
        limit: PageLimit,
    ) -> Result<Page<Message>, RoomsError> {
        let before = place_of(cursor)?.unwrap_or(i64::MAX);
        self.standing(user, room).await?;
        let rows = store::history(self.db.primary(), room, before, limit).await?;
        Ok(Page::cut(rows, limit, |message| message.offset))
    }

    /// What was answered to a message, the earliest first.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is not there.
    pub async fn thread(
        &self,
        user: Option<UserId>,
        room: RoomId,
        of: MessageId,
        cursor: Option<&str>,
        limit: PageLimit,
    ) -> Result<Page<Message>, RoomsError> {
        let after = place_of(cursor)?.unwrap_or_default();
        self.standing(user, room).await?;
        let rows = store::thread(self.db.primary(), room, of, after, limit).await?;
        Ok(Page::cut(rows, limit, |message| message.offset))
    }

    /// What was said about a section as it was in one revision, the latest first, up to a page.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is not there.
    pub async fn about(
        &self,
        user: Option<UserId>,
        room: RoomId,
        (stage, revision): (Stage, u32),
        cursor: Option<&str>,
        limit: PageLimit,
    ) -> Result<Page<Message>, RoomsError> {
        let before = place_of(cursor)?.unwrap_or(i64::MAX);
        self.standing(user, room).await?;
        let rows = store::about(self.db.primary(), room, (stage, revision), before, limit).await?;
        Ok(Page::cut(rows, limit, |message| message.offset))
    }

    /// What is pinned, the latest first.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is not there.
    pub async fn pinned(&self, user: Option<UserId>, room: RoomId) -> Result<Vec<Message>, RoomsError> {
        self.standing(user, room).await?;
        Ok(store::pinned(self.db.primary(), room, PINNED_MAX).await?)
    }
}

/// A cursor is the place of the last message of a page.
fn place_of(cursor: Option<&str>) -> Result<Option<i64>, BadCursor> {
    let place = cursor.map(|cursor| cursor.parse().map_err(|_| BadCursor)).transpose()?;
    if place.is_some_and(|place: i64| place < 1) { Err(BadCursor) } else { Ok(place) }
}
