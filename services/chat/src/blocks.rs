//! Personal block lists: whom a person does not want to read. Kept here for all of a person's devices, applied by clients.
//!
//! A room's frames are the same bytes for everybody in it, so nothing of this is on the wire. At most `limits.max_blocks` people.

use crate::{
    queue::{Refused, field},
    store::blocks as store,
};
use streamly_domain::UserId;
use streamly_postgres::Database;
use time::OffsetDateTime;

/// The lists of all people. Clones share them.
#[derive(Clone)]
pub struct Blocks {
    /// Where they are.
    pub db: Database,
    /// Longest list.
    pub max: usize,
}

impl Blocks {
    /// A person's list, newest first.
    pub async fn list(&self, user: UserId) -> Result<Vec<(UserId, OffsetDateTime)>, Refused> {
        Ok(store::list(&self.db, user, self.max as i64).await?)
    }

    /// Puts somebody on the list. Once or often is the same. Errors: `Full`, oneself.
    pub async fn add(&self, user: UserId, blocked: UserId) -> Result<(), Refused> {
        if user == blocked {
            return Err(field("user", "yourself", "One does not block oneself."));
        }
        if store::add(&self.db, user, blocked, self.max as i64).await? { Ok(()) } else { Err(Refused::Full) }
    }

    /// Takes somebody off the list. Once or often is the same.
    pub async fn remove(&self, user: UserId, blocked: UserId) -> Result<(), Refused> {
        Ok(store::remove(&self.db, user, blocked).await?)
    }
}
