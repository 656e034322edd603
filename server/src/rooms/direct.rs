//! Talking alone with somebody. Whoever is in the room of a project with another is their contact: as long as they are, they may write to each other, and see whether
//! the other is here.

use model::{Contact, RoomId, Speaker, UserId};

use super::{DOORS, Rooms, RoomsError, Standing, store};
use crate::db::DbError;

/// Contacts of one person that are told of.
const CONTACTS_MAX: i64 = 500;

impl Rooms {
    /// The room of two people, made when one of them first asks for it.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is no contact of theirs, [`RoomsError::Limited`].
    pub async fn with(&self, user: Option<UserId>, other: UserId) -> Result<Standing, RoomsError> {
        let user = user.filter(|user| *user != other).ok_or(RoomsError::NotFound)?;
        if let Some(standing) = store::of_pair(self.db.primary(), user, other).await? {
            return Ok(standing);
        }
        self.limits.admit(&DOORS, &user.to_string()).await?;
        let mut tx = store::begin(self.db.primary()).await?;
        let (id, epoch) = (RoomId(self.clock.new_id()), self.clock.new_id());
        store::open_direct(&mut tx, (user, other), id, epoch, self.clock.now()).await?;
        tx.commit().await.map_err(DbError::from)?;
        store::of_pair(self.db.primary(), user, other).await?.ok_or(RoomsError::NotFound)
    }

    /// Everybody with whom somebody is in the room of a project, and whether they are here right now.
    ///
    /// # Errors
    /// [`RoomsError::Db`].
    pub async fn contacts(&self, user: UserId) -> Result<Vec<Contact>, RoomsError> {
        let known = store::contacts(self.db.primary(), user, CONTACTS_MAX).await?;
        let ids: Vec<UserId> = known.iter().map(|speaker| speaker.id).collect();
        let here = self.here.among(&ids).await.unwrap_or_default();
        let contact = |speaker: Speaker| Contact { is_here: here.contains(&speaker.id), speaker };
        Ok(known.into_iter().map(contact).collect())
    }
}
