//! What moderators and admins of the platform do. Every act is written down; what an act changes, other services learn as facts.
//!
//! Moderators suspend people without a role; roles, second factors, invitations, mails and the log are the admins'.

use super::Accounts;
use crate::{
    error::Error,
    input::Reason,
    refresh::Token,
    store::{
        families::Device,
        invitations::Invitation,
        mails::Mail,
        staff::{Account, Act, ActFilter, Only, Ruling},
        users::User,
    },
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};
use streamly_auth::{Ring, access::Claims};
use streamly_domain::PlatformRole;
use uuid::Uuid;

/// Items of a page.
pub(crate) const PAGE: usize = 50;
/// One more tells whether there is another page.
pub(super) const ASKED: i64 = PAGE as i64 + 1;

fn role_of(user: &User) -> PlatformRole {
    user.role.parse().unwrap_or(PlatformRole::User)
}

impl Accounts {
    pub(super) async fn staff(&self, claims: &Claims, least: PlatformRole) -> Result<User, Error> {
        let user = self.caller(claims).await?;
        let role = role_of(&user);
        let allowed = role == PlatformRole::Admin || (role.is_staff() && least != PlatformRole::Admin);
        if allowed { Ok(user) } else { Err(Error::Forbidden) }
    }

    /// Errors: who asks is none of the platform's staff.
    pub(crate) async fn is_staff(&self, claims: &Claims) -> Result<(), Error> {
        self.staff(claims, PlatformRole::Moderator).await.map(|_| ())
    }

    /// Whether the first admin's link is still open.
    pub(crate) async fn awaits_first_admin(&self) -> Result<bool, Error> {
        Ok(self.first_admin.is_some() && !self.store.has_admin().await?)
    }

    /// Makes the caller the first admin, who has the token of the link.
    pub(crate) async fn first_admin(
        &self,
        claims: &Claims,
        token: &str,
        device: &Device,
    ) -> Result<User, Error> {
        self.limiter.link(&device.ip).await?;
        let mut user = self.caller(claims).await?;
        let expected = self.first_admin.as_ref().ok_or(Error::InvalidLink)?;
        let (given, expected) = (Sha256::digest(token), Sha256::digest(expected.expose()));
        verify_slices_are_equal(&given, &expected).map_err(|_| Error::InvalidLink)?;
        self.store.make_first_admin(&user).await?;
        self.bell.notify_one();
        tracing::info!(user = %user.id, "is the first admin");
        PlatformRole::Admin.as_str().clone_into(&mut user.role);
        Ok(user)
    }

    /// Gives an account a role; soon after a sign-in only.
    pub(crate) async fn set_role(
        &self,
        claims: &Claims,
        id: Uuid,
        role: PlatformRole,
    ) -> Result<Account, Error> {
        let actor = self.staff(claims, PlatformRole::Admin).await?;
        self.recent_caller(claims).await?;
        let account = self.store.set_role(&actor, id, role.as_str()).await?;
        self.bell.notify_one();
        tracing::info!(actor = %actor.id, user = %id, role = role.as_str(), "has another role");
        Ok(account)
    }

    /// Takes an account's second factors away, whose owner has lost them; soon after a sign-in only. Not one's own: whoever finds an admin's
    /// browser open would be rid of the factor, and other admins are to know of it.
    pub(crate) async fn reset_second_factor(
        &self,
        claims: &Claims,
        id: Uuid,
        reason: &Reason,
    ) -> Result<(), Error> {
        let actor = self.staff(claims, PlatformRole::Admin).await?;
        self.recent_caller(claims).await?;
        if actor.id.uuid() == id {
            return Err(Error::OwnSecondFactor);
        }
        let letter = |subject: &User| self.site.second_factor_reset(subject.reader(None));
        self.store.reset_second_factor(&actor, id, reason.as_str(), letter).await?;
        self.ring();
        tracing::info!(actor = %actor.id, user = %id, "second factors were reset");
        Ok(())
    }

    /// Suspends an account, or ends that. Only who has less of a role is in reach: neither oneself nor one's equal.
    pub(crate) async fn rule(&self, claims: &Claims, id: Uuid, ruling: Ruling<'_>) -> Result<Account, Error> {
        let actor = self.staff(claims, PlatformRole::Moderator).await?;
        let may = |subject: &User| {
            if role_of(subject) < role_of(&actor) { Ok(()) } else { Err(Error::Forbidden) }
        };
        let letter = |subject: &User| self.site.suspended(subject.reader(None), ruling.suspends());
        let account = self.store.rule(&actor, id, ruling, may, letter).await?;
        self.ring();
        if let (Some(_), Some(good_from)) = (ruling.suspends(), account.user.tokens_void_before) {
            self.void_now(account.user.id, good_from).await;
        }
        tracing::info!(actor = %actor.id, user = %id, suspended = ruling.suspends().is_some(), "was suspended, or not any more");
        Ok(account)
    }

    /// Accounts by the start of their name or by their address; whether addresses may be shown.
    pub(crate) async fn find_accounts(
        &self,
        claims: &Claims,
        query: &str,
        only: Option<Only>,
        after: Option<&str>,
    ) -> Result<(Vec<Account>, bool), Error> {
        let actor = self.staff(claims, PlatformRole::Moderator).await?;
        let admin = role_of(&actor) == PlatformRole::Admin;
        let query = query.trim().to_lowercase();
        // Who may not see addresses finds nobody by one either.
        let query = if admin { &*query } else { query.split('@').next().unwrap_or_default() };
        // No name has one, and PostgreSQL refuses it.
        if [query, after.unwrap_or_default()].iter().any(|text| text.contains('\0')) {
            return Ok((Vec::new(), admin));
        }
        Ok((self.store.find_accounts(query, only, after, ASKED).await?, admin))
    }

    /// The keys of access tokens, whose public side may be shown.
    pub(crate) async fn signing_keys(&self, claims: &Claims) -> Result<Arc<Ring>, Error> {
        self.staff(claims, PlatformRole::Admin).await?;
        Ok(self.signing.ring())
    }

    /// What staff did, the newest first.
    pub(crate) async fn audit(
        &self,
        claims: &Claims,
        filter: &ActFilter<'_>,
        before: Option<Uuid>,
    ) -> Result<Vec<Act>, Error> {
        self.staff(claims, PlatformRole::Admin).await?;
        let texts = [filter.act, filter.actor, filter.subject];
        // PostgreSQL refuses it, and no act has one.
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            return Ok(Vec::new());
        }
        self.store.audit(filter, before, ASKED).await
    }

    /// Mails that were or are to be sent, the newest first.
    pub(crate) async fn mails(&self, claims: &Claims, before: Option<Uuid>) -> Result<Vec<Mail>, Error> {
        self.staff(claims, PlatformRole::Admin).await?;
        self.store.mails(before, ASKED).await
    }

    /// One mail with its text, soon after a sign-in only: its links work like passwords.
    pub(crate) async fn read_mail(&self, claims: &Claims, id: Uuid) -> Result<Mail, Error> {
        let actor = self.staff(claims, PlatformRole::Admin).await?;
        self.recent_caller(claims).await?;
        self.store.read_mail(&actor, id).await
    }

    /// Makes an invitation; its code is told now and never again.
    pub(crate) async fn invite(
        &self,
        claims: &Claims,
        note: Option<&Reason>,
        good_for: Duration,
    ) -> Result<(Invitation, String), Error> {
        let actor = self.staff(claims, PlatformRole::Admin).await?;
        let code = Token::random()?;
        let made = self.store.invite(&actor, &code, note.map(Reason::as_str), good_for).await?;
        Ok((made, code.to_text()))
    }

    /// Invitations, the newest first.
    pub(crate) async fn invitations(
        &self,
        claims: &Claims,
        before: Option<Uuid>,
    ) -> Result<Vec<Invitation>, Error> {
        self.staff(claims, PlatformRole::Admin).await?;
        self.store.invitations(before, ASKED).await
    }

    /// Takes an invitation back that was not used.
    pub(crate) async fn take_back(&self, claims: &Claims, id: Uuid) -> Result<(), Error> {
        let actor = self.staff(claims, PlatformRole::Admin).await?;
        self.store.take_back(&actor, id).await
    }
}
