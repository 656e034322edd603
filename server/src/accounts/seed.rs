//! Guests made up for a load test.

use model::{Scope, TokenId, UserId};
use time::Duration;

use super::{Accounts, AccountsError, cookie::Token, store};

/// How long their tokens work, after which nothing of them is good for anything; the guests themselves go as guests do.
const LAST: Duration = Duration::days(1);
/// Rows that are written at once.
const AT_ONCE: usize = 500;

impl Accounts {
    /// Guests with a token each, which may read and write and ends after a day.
    ///
    /// # Errors
    /// [`AccountsError`] when the store cannot, or there is no randomness.
    pub async fn seed_guests(&self, count: usize) -> Result<Vec<(UserId, String)>, AccountsError> {
        let now = self.clock.now();
        let mut guests = Vec::with_capacity(count);
        while guests.len() < count {
            let (mut users, mut tokens) = (Vec::new(), Vec::new());
            for n in guests.len()..count.min(guests.len() + AT_ONCE) {
                let user = UserId(self.clock.new_id());
                let token = Token { id: self.clock.new_id(), secret: self.clock.new_secret()? };
                users.push((user, format!("Load {}", n + 1)));
                tokens.push((TokenId(token.id), user, token.hash()));
                guests.push((user, self.signer.seal_api_token(&token)));
            }
            let mut tx = store::begin(self.db.primary()).await?;
            store::users::insert_guests(&mut tx, &users, now).await?;
            store::tokens::insert_many(&mut tx, &tokens, &[Scope::Read, Scope::Write], now, now + LAST).await?;
            store::commit(tx).await?;
        }
        Ok(guests)
    }
}
