//! SQL of the service, by table: `users`, `registration`, `families` and `sessions` (refresh tokens), `browsers`, `browser_errors`, `factors` (apps, recovery codes), `passkeys`, `steps`, `links` (of mails), `closure` (accounts that go), `export`, `mails`, `invitations`, `staff` (`audit`), `outbox`. Nobody else writes SQL.
//!
//! Time limits are the caller's (`deadline`) and the server's (`statement_timeout`).

pub(crate) mod browser_errors;
pub(crate) mod browsers;
pub(crate) mod closure;
pub(crate) mod export;
pub(crate) mod factors;
pub(crate) mod families;
pub(crate) mod invitations;
pub(crate) mod links;
pub(crate) mod live_notices;
pub(crate) mod mails;
pub(crate) mod outbox;
pub(crate) mod passkeys;
pub(crate) mod registration;
pub(crate) mod retention;
pub(crate) mod sessions;
pub(crate) mod staff;
pub(crate) mod steps;
pub(crate) mod users;

use crate::error::Error;
use streamly_postgres::{Database, refinery};

refinery::embed_migrations!("migrations");

/// The migrations of this database.
pub(crate) fn migrations() -> refinery::Runner {
    migrations::runner()
}

/// The service's database. Clones share the pool.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    database: Database,
}

impl Store {
    /// Over a pool that may not be connected yet.
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    async fn connection(&self) -> Result<streamly_postgres::Connection, Error> {
        Ok(self.database.get().await?)
    }
}
