//! A transaction that is begun in the same round trip as what is asked first in it. One of tokio-postgres waits for its BEGIN alone.

use crate::error::Error;
use streamly_postgres::Connection;

/// The connection of a transaction. One that was neither committed nor given up closes, which rolls it back.
pub struct Piped {
    /// None: it is back in the pool.
    db: Option<Connection>,
}

impl Piped {
    /// Sends nothing yet: join [`Piped::begin`], first, with what is asked.
    pub fn new(db: Connection) -> Self {
        Self { db: Some(db) }
    }

    /// What to ask with.
    #[expect(clippy::expect_used, reason = "both ways to take it out take the transaction itself")]
    pub fn db(&self) -> &Connection {
        self.db.as_ref().expect("it goes with the transaction")
    }

    /// BEGIN is sent when this is first polled: what the connection is asked after that is part of the transaction.
    pub async fn begin(&self) -> Result<(), Error> {
        Ok(self.db().batch_execute("BEGIN").await?)
    }

    /// Errors: whether it is stored is not known, as with any COMMIT.
    pub async fn commit(self) -> Result<(), Error> {
        self.ended("COMMIT").await
    }

    /// Nothing of it stays.
    pub async fn give_up(self) -> Result<(), Error> {
        self.ended("ROLLBACK").await
    }

    async fn ended(mut self, how: &str) -> Result<(), Error> {
        self.db().batch_execute(how).await?;
        // Back to the pool.
        drop(self.db.take());
        Ok(())
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        if let Some(db) = self.db.take() {
            // Nobody knows what it is in the middle of.
            drop(Connection::take(db));
        }
    }
}
