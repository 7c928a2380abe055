//! What is known of people who write: whether they ever wrote in a room, and their colour. Asked of PostgreSQL once, then remembered.
//!
//! PostgreSQL away: nobody is new, and a colour is what it was. A message never waits longer than [`PATIENCE`] for it.

use crate::store::chatters as store;
use moka::future::Cache;
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error};

/// Longest wait of a message.
const PATIENCE: Duration = Duration::from_millis(300);
/// How long a colour counts without asking: another node may have set it.
const FRESH: Duration = Duration::from_secs(60);
const CAPACITY: u64 = 100_000;

/// The memory. Clones share it.
#[derive(Clone)]
pub struct Chatters {
    db: Database,
    written: Cache<(ChannelId, UserId), ()>,
    colours: Cache<UserId, Option<String>>,
}

impl Chatters {
    /// Nothing known yet.
    pub fn new(db: Database) -> Self {
        let colours = Cache::builder().max_capacity(CAPACITY).time_to_live(FRESH).build();
        Self { db, written: Cache::new(CAPACITY), colours }
    }

    /// Whether the person has never written in the room.
    pub async fn is_new(&self, room: ChannelId, user: UserId) -> bool {
        if self.written.contains_key(&(room, user)) {
            return false;
        }
        Box::pin(self.ask_new(room, user)).await
    }

    async fn ask_new(&self, room: ChannelId, user: UserId) -> bool {
        let asked = tokio::time::timeout(PATIENCE, store::has_written(&self.db, room, user)).await;
        match asked {
            Ok(Ok(false)) => true,
            Ok(Ok(true)) => {
                self.written.insert((room, user), ()).await;
                false
            }
            Ok(Err(_)) | Err(_) => false,
        }
    }

    /// The person wrote in the room. A failure is only logged: the next message tells it again.
    pub async fn wrote(&self, room: ChannelId, user: UserId) {
        if self.written.contains_key(&(room, user)) {
            return;
        }
        match tokio::time::timeout(PATIENCE, store::wrote(&self.db, room, user)).await {
            Ok(Ok(())) => self.written.insert((room, user), ()).await,
            Ok(Err(e)) => tracing::debug!(error = %e, "who wrote is not noted"),
            Err(_) => tracing::debug!("the database does not answer: who wrote is not noted"),
        }
    }

    /// The person's colour, `#rrggbb`.
    pub async fn colour(&self, user: UserId) -> Option<String> {
        match self.colours.get(&user).await {
            Some(known) => known,
            None => Box::pin(self.ask_colour(user)).await,
        }
    }

    async fn ask_colour(&self, user: UserId) -> Option<String> {
        let asked = tokio::time::timeout(PATIENCE, store::colour(&self.db, user)).await.ok()?.ok()?;
        self.colours.insert(user, asked.clone()).await;
        asked
    }

    /// Sets or takes away the person's colour. Errors: the database is away.
    pub async fn set_colour(&self, user: UserId, colour: Option<&str>) -> Result<(), Error> {
        store::set_colour(&self.db, user, colour).await?;
        self.colours.insert(user, colour.map(str::to_owned)).await;
        Ok(())
    }
}

/// A colour as people give it, `#RRGGBB`, in lower case; `None`: it is none.
pub fn colour(text: &str) -> Option<String> {
    let digits = text.strip_prefix('#')?;
    let is_colour = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    is_colour.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::colour;

    #[test]
    fn only_six_hex_digits_are_a_colour() {
        assert_eq!(colour("#8FB4ff").as_deref(), Some("#8fb4ff"));
        for bad in ["", "#", "8fb4ff", "#8fb4f", "#8fb4fff", "#8fb4fg", "red", "#é23456", "#8fb4ff;x"] {
            assert_eq!(colour(bad), None, "{bad}");
        }
    }
}
