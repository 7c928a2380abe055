//! What people change about their own account: how the name is written, which is the user name with other capitals, so that nobody's can be
//! taken for another's; and the language in which they are written to.

use super::Accounts;
use crate::{error::Error, input, store::users::User};
use streamly_auth::access::Claims;
use streamly_domain::Language;

impl Accounts {
    /// Writes the caller's name in another way, and to the caller in another language; none leaves either. Others learn of the name by the fact
    /// that the table writes.
    pub(crate) async fn change(
        &self,
        claims: &Claims,
        name: Option<&str>,
        language: Option<Language>,
    ) -> Result<User, Error> {
        let user = self.caller(claims).await?;
        let name = name.map(str::trim).filter(|name| *name != user.display_name);
        let language = language.filter(|language| user.language != Some(*language));
        if name.is_none() && language.is_none() {
            return Ok(user);
        }
        if name.is_some_and(|name| !name.eq_ignore_ascii_case(&user.username)) {
            return Err(input::wrong("display_name", "This is your user name with other capitals."));
        }
        self.limiter.profile(&user.id.to_string()).await?;
        let user = self.store.change(user.id, name, language).await?.ok_or(Error::Unauthenticated)?;
        self.bell.notify_one();
        Ok(user)
    }
}
