//! The second step of a sign-in, or of being asked once more: after the password an app's code, a recovery code or a passkey.
//!
//! The token of a step stands for one password that was proved (if it is another one by now, the step is worth nothing), for minutes and
//! some tries, and is good once. Wrong codes slow down whoever tries them as wrong passwords do; the owner's own browser is not slowed
//! down by others, and recovery codes and passkeys are not by guesses of codes: nobody is locked out.

use super::{Accounts, SignedIn, count, seconds};
use crate::{
    error::Error,
    factor::recovery::Code,
    input::Proof,
    limit::Attempt,
    mail::Change,
    refresh::Token,
    store::{families::Device, steps::Waiting, users::User},
    webauthn::RelyingParty,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use streamly_auth::access::Claims;
use streamly_domain::UserId;
use time::OffsetDateTime;
use uuid::Uuid;

/// What the page is told when a second factor is asked for.
#[derive(Debug)]
pub(crate) struct SecondStep {
    pub(crate) token: Token,
    /// Of `passkey`, `totp`, `recovery`, those that the account has.
    pub(crate) methods: Vec<&'static str>,
    /// Options for `navigator.credentials.get()`, where there are passkeys.
    pub(crate) passkey: Option<Value>,
}

impl Accounts {
    /// After a right password. Errors: [`Error::SecondStep`], if the account has a second factor.
    pub(super) async fn ask_second(
        &self,
        user: &User,
        proved: &str,
        session: Option<Uuid>,
    ) -> Result<(), Error> {
        let factors = self.store.factors(user.id).await?;
        if !factors.any() {
            return Ok(());
        }
        let (token, challenge) = (Token::random()?, Token::random()?);
        let life = self.second_factor.step_life.get();
        self.store.put_step(&token, (user.id, proved, session), challenge.bytes(), life).await?;
        let passkeys = if factors.passkeys > 0 { self.store.passkeys(user.id).await? } else { Vec::new() };
        let methods = [
            ("passkey", !passkeys.is_empty()),
            ("totp", factors.totp_since.is_some()),
            ("recovery", factors.recovery_codes > 0),
        ];
        let methods = methods.into_iter().filter_map(|(name, there)| there.then_some(name)).collect();
        let passkey = (!passkeys.is_empty()).then(|| self.request_options(&challenge, &passkeys));
        Err(Error::SecondStep(Box::new(SecondStep { token, methods, passkey })))
    }

    /// The second step of a sign-in.
    pub(crate) async fn second_step(
        &self,
        token: &Token,
        proof: Proof,
        device: &Device,
    ) -> Result<SignedIn, Error> {
        let done = self.try_second_step(token, proof, device).await;
        count("streamly_user_second_steps_total", &done);
        done
    }

    async fn try_second_step(&self, token: &Token, proof: Proof, device: &Device) -> Result<SignedIn, Error> {
        self.limiter.login_address(&device.ip).await?;
        let step = self.waiting(token, None).await?;
        let known = self.is_known(step.user.id, device).await?;
        self.check_second(token, &step, proof, &device.ip, known).await?;
        if let Some(why) = step.user.barred() {
            return Err(why);
        }
        // The password may have become another one meanwhile.
        match self.start_family(step.user, Some(&step.proved), device).await {
            Err(Error::InvalidCredentials) => Err(Error::UnknownStep),
            done => done,
        }
    }

    /// Whether the account was signed in to by this browser before.
    pub(super) async fn is_known(&self, user: UserId, device: &Device) -> Result<bool, Error> {
        match &device.browser {
            Some(browser) => self.store.knows(user, browser).await,
            None => Ok(false),
        }
    }

    /// The second step of proving again who one is.
    pub(super) async fn second_step_again(
        &self,
        claims: &Claims,
        token: &Token,
        proof: Proof,
        device: &Device,
    ) -> Result<(User, String), Error> {
        let user = self.caller(claims).await?;
        self.limiter.login_address(&device.ip).await?;
        let session = claims.sid.ok_or(Error::Unauthenticated)?;
        let step = self.waiting(token, Some(session)).await?;
        if step.user.id != user.id {
            return Err(Error::UnknownStep);
        }
        let known = self.is_known(user.id, device).await?;
        self.check_second(token, &step, proof, &device.ip, known).await?;
        if self.store.hash_of(user.id).await?.as_ref() != Some(&step.proved) {
            return Err(Error::UnknownStep);
        }
        self.recent_again(user, session).await
    }

    /// A sign-in is recent from now on; the access token that says so.
    pub(super) async fn recent_again(&self, user: User, session: Uuid) -> Result<(User, String), Error> {
        if !self.store.proved_again(user.id, session).await? {
            return Err(Error::Unauthenticated);
        }
        let token = self.access_token(&user, session, OffsetDateTime::now_utc())?;
        Ok((user, token))
    }

    /// The proof that waits for this, of a new sign-in or of one that is to be recent.
    async fn waiting(&self, token: &Token, session: Option<Uuid>) -> Result<Waiting, Error> {
        let step = self.store.step(token).await?;
        step.filter(|step| step.session == session).ok_or(Error::UnknownStep)
    }

    async fn check_second(
        &self,
        token: &Token,
        step: &Waiting,
        proof: Proof,
        address: &str,
        known: bool,
    ) -> Result<(), Error> {
        let account = step.user.id.to_string();
        let attempt = Attempt { address, account: &account, known };
        let guessable = matches!(proof, Proof::Totp(_));
        self.limiter.second_step(&attempt, guessable).await?;
        if !self.store.count_try(token, self.second_factor.step_attempts).await? {
            return Err(Error::UnknownStep);
        }
        if !self.is_right(step, proof).await? {
            self.notice_wrong(&step.user).await?;
            return Err(Error::WrongFactor);
        }
        self.limiter.second_step_succeeded(&attempt, guessable).await;
        self.store.right_second_factor(step.user.id).await?;
        if self.store.finish_step(token).await? { Ok(()) } else { Err(Error::UnknownStep) }
    }

    /// Whoever tries second factors knows the password: its owner hears of it.
    async fn notice_wrong(&self, user: &User) -> Result<(), Error> {
        let after = self.second_factor.notice_after;
        if after > 0
            && self
                .store
                .wrong_second_factor(user, after, &self.site.password_known(user.reader(None)))
                .await?
        {
            self.mail_bell.notify_one();
            tracing::info!(user = %user.id, "wrong second factors after the right password: the owner is told");
        }
        Ok(())
    }

    async fn is_right(&self, step: &Waiting, proof: Proof) -> Result<bool, Error> {
        let user = &step.user;
        match proof {
            Proof::Totp(code) => {
                let Some(sealed) = self.store.totp(user.id, true).await? else { return Ok(false) };
                let secret = self.vault.open(user.id, &sealed)?;
                match secret.step_of(&code, seconds(OffsetDateTime::now_utc())) {
                    Some(step) => self.store.take_totp_step(user.id, step).await,
                    None => Ok(false),
                }
            }
            Proof::Recovery(code) => {
                let Some(code) = Code::parse(&code) else { return Ok(false) };
                let letter = |left| self.site.factor_changed(user.reader(None), Change::CodeUsed(left));
                let taken =
                    self.store.take_recovery_code(user.id, &self.vault.hash(user.id, &code), letter).await?;
                self.mail_bell.notify_one();
                Ok(taken)
            }
            Proof::Passkey(answer) => {
                let signed = RelyingParty::challenge(&answer.client_data).map(|c| Sha256::digest(c).to_vec());
                if signed.as_ref() != Ok(&step.challenge_hash) {
                    return Ok(false);
                }
                match self.answered(&answer, false).await {
                    Ok(owner) => Ok(owner.id == user.id),
                    Err(Error::PasskeyRefused) => Ok(false),
                    Err(e) => Err(e),
                }
            }
        }
    }
}
