//! How a person's name is written. It is the user name with other capitals, so that nobody's can be taken for another's.

use super::Accounts;
use crate::{error::Error, input, store::users::User};
use streamly_auth::access::Claims;

impl Accounts {
    /// Writes the caller's name in another way; none leaves it. Others learn of it by the fact that the table writes.
    pub(crate) async fn write_name(&self, claims: &Claims, name: Option<&str>) -> Result<User, Error> {
        let user = self.caller(claims).await?;
        let Some(name) = name.map(str::trim).filter(|name| *name != user.display_name) else {
            return Ok(user);
        };
        if !name.eq_ignore_ascii_case(&user.username) {
            return Err(input::wrong("display_name", "This is your user name with other capitals."));
        }
        self.limiter.profile(&user.id.to_string()).await?;
        let user = self.store.write_name(user.id, name).await?.ok_or(Error::Unauthenticated)?;
        self.bell.notify_one();
        Ok(user)
    }
}
