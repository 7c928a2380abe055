//! The demo account, made at the start where it is configured.

use super::Accounts;
use crate::{error::Error, input::Login};
use streamly_config::Secret;
use streamly_domain::Username;

/// The demo account's name, which nobody can register, and its display name.
const DEMO: (&str, &str) = ("demo", "Demo");

impl Accounts {
    /// Makes the demo account, or changes its password if it is another.
    pub(crate) async fn put_demo(&self, password: &Secret) -> Result<(), Error> {
        let username = Username::parse(DEMO.0).map_err(|_| Error::UserNotFound)?;
        if let Some((_, hash)) = self.store.by_login(&Login::Username(username.clone())).await?
            && self.hasher.verify(password.clone(), Some(hash)).await?.right
        {
            return Ok(());
        }
        let hash = self.hasher.hash(password.clone()).await?;
        self.store.put_demo(&username, DEMO.1, &hash).await?;
        self.bell.notify_one();
        Ok(())
    }

    /// Finds out whether there are hashes of bcrypt, on which the work of each check depends.
    pub(crate) async fn look_for_bcrypt(&self) -> Result<(), Error> {
        self.hasher.expect_bcrypt(self.store.has_bcrypt().await?);
        Ok(())
    }
}
