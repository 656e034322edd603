//! Rooms made up for a load test.

use model::{ProjectId, RoomId, UserId};

use super::{Rooms, RoomsError, store};
use crate::db::DbError;

impl Rooms {
    /// Rooms of made-up projects with these people in them, as evenly as it goes; of each, in order, the room that they are in. The first of a room owns it.
    ///
    /// # Errors
    /// [`RoomsError::Db`].
    pub async fn seed(&self, people: &[UserId], rooms: usize) -> Result<Vec<RoomId>, RoomsError> {
        let rooms = rooms.clamp(1, people.len().max(1));
        let mut placed = Vec::with_capacity(people.len());
        for n in 0..rooms {
            let (from, to) = (n * people.len() / rooms, (n + 1) * people.len() / rooms);
            let Some((owner, others)) = people[from..to].split_first() else { continue };
            let (project, room) = (ProjectId(self.clock.new_id()), RoomId(self.clock.new_id()));
            let mut tx = store::begin(self.db.primary()).await?;
            store::seed_project(&mut tx, (project, *owner), &format!("A load test, room {}", n + 1), self.clock.now())
                .await?;
            store::open(&mut tx, (project, *owner), room, self.clock.new_id(), self.clock.now()).await?;
            store::seed_members(&mut tx, room, others, self.clock.now()).await?;
            tx.commit().await.map_err(DbError::from)?;
            placed.extend((from..to).map(|_| room));
        }
        Ok(placed)
    }
}
