//! An account's app and its recovery codes: added, renewed, removed, each soon after a sign-in, and its owner is told by mail.
//!
//! With an app or a passkey a password alone signs nobody in (`accounts::second_step`). The first of them comes with recovery codes, the
//! last takes them along. A new password does not switch a factor off.

use super::{Accounts, seconds};
use crate::{
    error::Error,
    factor::{recovery::Code, totp},
    mail::Change,
    qr,
    store::factors::Factors,
};
use streamly_auth::access::Claims;
use streamly_domain::UserId;
use time::OffsetDateTime;

/// An app that is to be added: told once.
pub(crate) struct NewApp {
    /// Base32, for typing in.
    pub(crate) secret: String,
    /// `otpauth://…`.
    pub(crate) uri: String,
    /// The same as a picture.
    pub(crate) qr: String,
}

impl Accounts {
    /// What the caller has.
    pub(crate) async fn factors(&self, claims: &Claims) -> Result<Factors, Error> {
        let user = self.caller(claims).await?;
        self.store.factors(user.id).await
    }

    /// The secret of a new app; it counts when a code of it was shown.
    pub(crate) async fn begin_totp(&self, claims: &Claims) -> Result<NewApp, Error> {
        let user = self.recent_caller(claims).await?;
        let secret = totp::Secret::random()?;
        self.store.begin_totp(user.id, &self.vault.seal(user.id, &secret)?).await?;
        let uri = secret.uri(&user.username);
        let qr = qr::svg(&uri).unwrap_or_default();
        Ok(NewApp { secret: secret.to_text(), uri, qr })
    }

    /// A code of the new app was shown: from now on it is asked for. Gives recovery codes where the account had none.
    pub(crate) async fn confirm_totp(&self, claims: &Claims, code: &str) -> Result<Vec<String>, Error> {
        let user = self.recent_caller(claims).await?;
        self.limiter.mail(&user.id.to_string()).await?;
        let sealed = self.store.totp(user.id, false).await?.ok_or(Error::WrongFactor)?;
        let secret = self.vault.open(user.id, &sealed)?;
        let step = secret.step_of(code, seconds(OffsetDateTime::now_utc())).ok_or(Error::WrongFactor)?;
        let (codes, hashes) = self.sheet(user.id)?;
        let letter = self.site.factor_changed(user.reader(None), Change::AppAdded);
        let fresh = self.store.confirm_totp(user.id, (&sealed, step), &hashes, &letter).await?;
        self.mail_bell.notify_one();
        tracing::info!(user = %user.id, "an authenticator app was added");
        Ok(if fresh { codes } else { Vec::new() })
    }

    /// Removes the app. Nothing happens where there is none.
    pub(crate) async fn remove_totp(&self, claims: &Claims) -> Result<(), Error> {
        let user = self.recent_caller(claims).await?;
        let letter = self.site.factor_changed(user.reader(None), Change::AppRemoved);
        if self.store.remove_totp(user.id, &letter).await? {
            self.mail_bell.notify_one();
            tracing::info!(user = %user.id, "the authenticator app was removed");
        }
        Ok(())
    }

    /// New recovery codes; the old ones are good no more.
    pub(crate) async fn renew_recovery_codes(&self, claims: &Claims) -> Result<Vec<String>, Error> {
        let user = self.recent_caller(claims).await?;
        self.limiter.mail(&user.id.to_string()).await?;
        let (codes, hashes) = self.sheet(user.id)?;
        let letter = self.site.factor_changed(user.reader(None), Change::CodesRenewed);
        self.store.renew_codes(user.id, &hashes, &letter).await?;
        self.mail_bell.notify_one();
        tracing::info!(user = %user.id, "new recovery codes were made");
        Ok(codes)
    }

    /// A sheet of codes: for the person, and for the database.
    pub(super) fn sheet(&self, user: UserId) -> Result<(Vec<String>, Vec<Vec<u8>>), Error> {
        let sheet = Code::sheet()?;
        Ok(sheet.iter().map(|code| (code.to_text(), self.vault.hash(user, code))).unzip())
    }
}
