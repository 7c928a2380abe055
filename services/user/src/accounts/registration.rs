//! Making accounts: at once, or when the link of a mail was followed; for everybody, or by invitation.

use super::{Accounts, SignedIn, count};
use crate::{
    config::Policy,
    error::Error,
    input::Registration,
    mail::Reader,
    refresh::Token,
    store::{families::Device, registration::NewUser},
};

/// What came of a registration.
pub(crate) enum Registered {
    /// There is an account, and it is signed in.
    SignedIn(Box<SignedIn>),
    /// A mail was sent to the address, whether or not it has an account.
    Asked,
}

impl Accounts {
    /// Makes an account and signs it in, or asks for the address first.
    pub(crate) async fn register(&self, new: Registration, device: &Device) -> Result<Registered, Error> {
        let done = self.try_register(new, device).await;
        count("streamly_user_registrations_total", &done);
        done
    }

    async fn try_register(&self, new: Registration, device: &Device) -> Result<Registered, Error> {
        if self.policy.policy == Policy::Closed {
            return Err(Error::RegistrationClosed);
        }
        self.limiter.register(&device.ip).await?;
        let invitation = match self.policy.policy {
            Policy::Invite => Some(self.invitation(new.invite.as_deref()).await?),
            Policy::Open | Policy::Closed => None,
        };
        if new.username.is_reserved() {
            return Err(Error::UsernameTaken);
        }
        let first = self.policy.confirm_email_first;
        if first {
            self.limiter.mail(new.email.as_str()).await?;
        }
        self.store.check_free(&new.username, (!first).then_some(new.email.as_str())).await?;
        let (hash, token) = (self.hasher.hash(new.password).await?, Token::random()?);
        let account = NewUser {
            username: &new.username,
            display_name: &new.display_name,
            email: new.email.as_str(),
            language: new.language,
            password_hash: &hash,
            invitation,
            token: &token,
        };
        if first {
            self.store.ask_to_register(&account, &self.site, device.language).await?;
            self.mail_bell.notify_one();
            return Ok(Registered::Asked);
        }
        let letter =
            self.site.confirm(Reader::new(new.username.as_str(), new.language, device.language), &token);
        let user = self.store.register(&account, &letter).await?;
        self.bell.notify_one();
        tracing::info!(user = %user.id, "registered");
        Ok(Registered::SignedIn(Box::new(self.start_family(user, Some(&hash), device).await?)))
    }

    /// The hash of a code that is good.
    async fn invitation(&self, code: Option<&str>) -> Result<Vec<u8>, Error> {
        let code = code.ok_or(Error::RegistrationClosed)?;
        let code = Token::parse(code.trim()).ok_or(Error::InvalidInvitation)?.hash();
        self.store.check_invitation(&code).await?;
        Ok(code)
    }
}
