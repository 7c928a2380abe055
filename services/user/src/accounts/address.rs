//! E-mail addresses: confirmed, changed, taken back; and the accounts that wait for that.

use super::Accounts;
use crate::{error::Error, input::Email, refresh::Token, store::families::Device};
use streamly_auth::access::Claims;
use streamly_domain::Language;

impl Accounts {
    /// Sends the caller a link that confirms the present address.
    pub(crate) async fn ask_to_verify(&self, claims: &Claims, asked: Option<Language>) -> Result<(), Error> {
        let user = self.caller(claims).await?;
        let address = user.email.as_deref().filter(|_| !user.email_verified).ok_or(Error::AlreadyVerified)?;
        self.limiter.mail(&user.id.to_string()).await?;
        let token = Token::random()?;
        let letter = self.site.confirm(user.reader(asked), &token);
        self.store.ask_to_verify(user.id, address, &token, &letter).await?;
        self.mail_bell.notify_one();
        Ok(())
    }

    /// Sends a link to the address that the caller wants; until it is followed nothing changes. Whether it has an account is not told.
    pub(crate) async fn ask_to_change(
        &self,
        claims: &Claims,
        email: &Email,
        asked: Option<Language>,
    ) -> Result<(), Error> {
        let user = self.recent_caller(claims).await?;
        self.limiter.mail(&user.id.to_string()).await?;
        // Many accounts together send nobody mails without end either.
        self.limiter.mail(email.as_str()).await?;
        let token = Token::random()?;
        self.store.ask_to_change(&user, email.as_str(), &token, &self.site, asked).await?;
        self.mail_bell.notify_one();
        Ok(())
    }

    /// Does what a link is for: confirms an address, changes it, takes it back, or makes the account that was waiting for it.
    pub(crate) async fn confirm(&self, token: &Token, device: &Device) -> Result<(), Error> {
        self.limiter.link(&device.ip).await?;
        match self.store.confirm(token, &Token::random()?, &self.site, device.language).await {
            Err(Error::InvalidLink) => {
                let user = self.store.confirm_registration(token).await?;
                tracing::info!(%user, "registered");
            }
            done => done?,
        }
        self.ring();
        Ok(())
    }
}
