//! Who is in a room, what they may do, and how others come in.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{Happened, InvitationId, Member, RoomId, RoomRole, UserId};
use sha2::{Digest, Sha256};
use time::Duration;

use super::{DOORS, Invitation, Rooms, RoomsError, Standing, Way, store};
use crate::{accounts::EmailAddress, db::DbError};

/// Ways into one room that are told.
const WAYS_MAX: i64 = 100;
/// How long a way in works, and how many may take it.
const LONGEST: Duration = Duration::days(30);
const USES_MAX: u32 = 100;

/// A way in, with what is told of it once.
#[derive(Debug, Clone)]
pub struct Invited {
    /// Which.
    pub invitation: Invitation,
    /// The last part of its link.
    pub token: String,
}

impl Rooms {
    /// Everybody in a room.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is not there.
    pub async fn members(&self, user: Option<UserId>, room: RoomId) -> Result<Vec<Member>, RoomsError> {
        self.standing(user, room).await?;
        Ok(store::members(self.db.primary(), room).await?)
    }

    /// Makes a way in for one address, or for whoever has the link.
    ///
    /// # Errors
    /// [`RoomsError::Forbidden`] for who may not invite, or not to this; [`RoomsError::Bad`], [`RoomsError::NotFound`], [`RoomsError::Limited`].
    pub async fn invite(
        &self,
        user: Option<UserId>,
        room: RoomId,
        role: RoomRole,
        address: Option<&str>,
        (lives, uses): (Duration, u32),
    ) -> Result<Invited, RoomsError> {
        let (user, standing) = self.may(user, room, RoomRole::may_edit, "Who looks after the room invites.").await?;
        if role == RoomRole::Owner || standing.role > role {
            return Err(RoomsError::Forbidden("You can invite to what you may yourself, and a room has one owner."));
        }
        if lives <= Duration::ZERO || lives > LONGEST || uses == 0 || uses > USES_MAX {
            return Err(RoomsError::Bad(format!("A way in works for up to 30 days and {USES_MAX} people.")));
        }
        let address =
            address.map(EmailAddress::parse).transpose().map_err(|error| RoomsError::Bad(error.to_string()))?;
        self.limits.admit(&DOORS, &user.to_string()).await?;
        let (now, token) = (self.clock.now(), URL_SAFE_NO_PAD.encode(self.clock.new_secret()?));
        let invitation = Invitation {
            id: InvitationId(self.clock.new_id()),
            role,
            uses_max: if address.is_some() { 1 } else { uses },
            address: address.map(|address| address.key),
            created_at: now,
            expires_at: now + lives,
            used: 0,
        };
        store::invite(self.db.primary(), room, user, &invitation, &hash(&token)).await?;
        Ok(Invited { invitation, token })
    }

    /// The address that lets somebody in.
    pub fn link(&self, invited: &Invited) -> String {
        format!("{}/invitations/{}", self.site, invited.token)
    }

    /// Ways in that work.
    ///
    /// # Errors
    /// As [`Rooms::invite`].
    pub async fn invitations(&self, user: Option<UserId>, room: RoomId) -> Result<Vec<Invitation>, RoomsError> {
        self.may(user, room, RoomRole::may_edit, "Who looks after the room invites.").await?;
        Ok(store::invitations(self.db.primary(), room, self.clock.now(), WAYS_MAX).await?)
    }

    /// Closes a way in. Whoever came by it stays. May be done twice.
    ///
    /// # Errors
    /// As [`Rooms::invite`].
    pub async fn close_invitation(
        &self,
        user: Option<UserId>,
        room: RoomId,
        id: InvitationId,
    ) -> Result<(), RoomsError> {
        self.may(user, room, RoomRole::may_edit, "Who looks after the room invites.").await?;
        let is_there = store::close_invitation(self.db.primary(), room, id, self.clock.now()).await?;
        is_there.then_some(()).ok_or(RoomsError::NotFound)
    }

    /// Where a link leads, for whoever has it.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] when it does not work.
    pub async fn way(&self, token: &str) -> Result<Way, RoomsError> {
        store::way(self.db.primary(), &hash(token), self.clock.now()).await?.ok_or(RoomsError::NotFound)
    }

    /// Comes in by a link. Somebody who is there already stays what they are.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] when it does not work, or not for them; [`RoomsError::Limited`].
    pub async fn accept(&self, user: UserId, token: &str) -> Result<Standing, RoomsError> {
        self.limits.admit(&DOORS, &user.to_string()).await?;
        let now = self.clock.now();
        let mut tx = store::begin(self.db.primary()).await?;
        let way = store::accept(&mut tx, &hash(token), user, now).await?;
        let (room, role) = way.ok_or(RoomsError::NotFound)?;
        if let Some(member) = store::join(&mut tx, room, user, role, now).await? {
            let happened = Happened::Member(Box::new(member));
            let offset = store::append(&mut tx, room, &happened, now).await?;
            tx.commit().await.map_err(DbError::from)?;
            self.news.tell(room, offset, happened);
        }
        self.standing(Some(user), room).await
    }

    /// Gives somebody another role. May be done twice.
    ///
    /// # Errors
    /// [`RoomsError::Forbidden`] for everybody but the owner, and for the owner's own role; [`RoomsError::NotFound`], [`RoomsError::Limited`].
    pub async fn set_role(
        &self,
        user: Option<UserId>,
        room: RoomId,
        whose: UserId,
        role: RoomRole,
    ) -> Result<(), RoomsError> {
        let is_owner = |role| role == RoomRole::Owner;
        let (user, _) = self.may(user, room, is_owner, "The owner says who may do what.").await?;
        if role == RoomRole::Owner || whose == user {
            return Err(RoomsError::Forbidden("A room has one owner: whose project it is."));
        }
        self.limits.admit(&DOORS, &user.to_string()).await?;
        self.standing(Some(whose), room).await?;
        let now = self.clock.now();
        let mut tx = store::begin(self.db.primary()).await?;
        if let Some(member) = store::set_role(&mut tx, room, whose, role).await? {
            let happened = Happened::Member(Box::new(member));
            let offset = store::append(&mut tx, room, &happened, now).await?;
            tx.commit().await.map_err(DbError::from)?;
            self.news.tell(room, offset, happened);
        }
        Ok(())
    }

    /// Leaves, or takes somebody out.
    ///
    /// # Errors
    /// [`RoomsError::Forbidden`] for taking others out without owning the room, for the owner, who cannot leave, and where two talk alone;
    /// [`RoomsError::NotFound`].
    pub async fn leave(&self, user: Option<UserId>, room: RoomId, whose: UserId) -> Result<(), RoomsError> {
        let standing = self.standing(user, room).await?;
        let user = user.ok_or(RoomsError::NotFound)?;
        if whose != user && standing.role != RoomRole::Owner {
            return Err(RoomsError::Forbidden("The owner takes others out."));
        }
        if standing.project.is_none() {
            return Err(RoomsError::Forbidden("Two who talk alone are both in their room as long as it is there."));
        }
        if whose == user && standing.role == RoomRole::Owner {
            return Err(RoomsError::Forbidden("Whose project it is cannot leave its room."));
        }
        self.limits.admit(&DOORS, &user.to_string()).await?;
        let now = self.clock.now();
        let mut tx = store::begin(self.db.primary()).await?;
        if store::leave(&mut tx, room, whose, &Self::notice_key(room)).await? {
            let happened = Happened::Left { id: whose };
            let offset = store::append(&mut tx, room, &happened, now).await?;
            tx.commit().await.map_err(DbError::from)?;
            self.news.tell(room, offset, happened);
            self.here.part(whose);
        }
        Ok(())
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
