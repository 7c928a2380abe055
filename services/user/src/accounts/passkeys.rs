//! Passkeys of an account, and signing in by one alone. What makes an answer good is in `webauthn`; here is whose it is, and that its
//! challenge was given out and is taken once.
//!
//! A passkey alone stands for a password and a second factor, so it has to have asked for a finger or a PIN; after a password that is not
//! needed. A refusal tells nothing of why; the log does.

use super::{Accounts, SignedIn, count};
use crate::{
    error::Error,
    mail::Change,
    refresh::Token,
    store::{
        families::Device,
        passkeys::{Passkey, Purpose},
        users::User,
    },
    webauthn::{ALGORITHMS, Assertion, Attestation, Known, Refused, RelyingParty},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use streamly_auth::access::Claims;
use streamly_domain::UserId;
use uuid::Uuid;

impl Accounts {
    /// The caller's passkeys.
    pub(crate) async fn passkeys(&self, claims: &Claims) -> Result<Vec<Passkey>, Error> {
        let user = self.caller(claims).await?;
        self.store.passkeys(user.id).await
    }

    /// Options for `navigator.credentials.create()` (WebAuthn level 3, §5.4, as JSON), soon after a sign-in.
    pub(crate) async fn passkey_options(&self, claims: &Claims) -> Result<Value, Error> {
        let user = self.recent_caller(claims).await?;
        self.limiter.mail(&user.id.to_string()).await?;
        let challenge = Token::random()?;
        let life = self.second_factor.challenge_life.get();
        self.store.put_challenge(challenge.bytes(), Purpose::Register(user.id), life).await?;
        let there = self.store.passkeys(user.id).await?;
        let parameters: Vec<_> =
            ALGORITHMS.iter().map(|alg| json!({"type": "public-key", "alg": alg})).collect();
        Ok(json!({
            "rp": {"id": self.relying_party.id(), "name": "Streamly"},
            "user": {"id": handle(user.id), "name": user.username, "displayName": user.display_name},
            "challenge": challenge.to_text(),
            "pubKeyCredParams": parameters,
            "timeout": life.as_millis() as u64,
            "excludeCredentials": descriptors(&there),
            "authenticatorSelection": {"residentKey": "required", "requireResidentKey": true, "userVerification": "preferred"},
            "attestation": "none",
        }))
    }

    /// Adds a passkey. Gives recovery codes where the account had none.
    pub(crate) async fn add_passkey(
        &self,
        claims: &Claims,
        name: &str,
        credential: &Value,
    ) -> Result<(Passkey, Vec<String>), Error> {
        let user = self.recent_caller(claims).await?;
        let invalid = |why: Refused| {
            tracing::info!(user = %user.id, %why, "a new passkey was not taken");
            Error::InvalidPasskey
        };
        let answer = Attestation::parse(credential).map_err(invalid)?;
        let challenge = RelyingParty::challenge(&answer.client_data).map_err(invalid)?;
        if !self.store.take_challenge(&challenge, Purpose::Register(user.id)).await? {
            return Err(Error::InvalidPasskey);
        }
        let made = self.relying_party.register(&answer).map_err(invalid)?;
        let (codes, hashes) = self.sheet(user.id)?;
        let letter = self.site.factor_changed(user.reader(None), Change::PasskeyAdded(name));
        let most = self.second_factor.passkeys;
        let new = (&made, &answer.transports[..], name);
        let (added, fresh) = self.store.add_passkey(user.id, new, most, &hashes, &letter).await?;
        self.mail_bell.notify_one();
        tracing::info!(user = %user.id, passkey = %added.id, "a passkey was added");
        Ok((added, if fresh { codes } else { Vec::new() }))
    }

    /// Names a passkey of the caller anew.
    pub(crate) async fn rename_passkey(
        &self,
        claims: &Claims,
        id: &str,
        name: &str,
    ) -> Result<Passkey, Error> {
        let user = self.caller(claims).await?;
        self.store.rename_passkey(user.id, passkey_id(id)?, name).await
    }

    /// Removes a passkey of the caller, soon after a sign-in.
    pub(crate) async fn remove_passkey(&self, claims: &Claims, id: &str) -> Result<(), Error> {
        let user = self.recent_caller(claims).await?;
        let id = passkey_id(id)?;
        let letter = |name: &str| self.site.factor_changed(user.reader(None), Change::PasskeyRemoved(name));
        self.store.remove_passkey(user.id, id, letter).await?;
        self.mail_bell.notify_one();
        tracing::info!(user = %user.id, passkey = %id, "a passkey was removed");
        Ok(())
    }

    /// Options for `navigator.credentials.get()` to whoever asks; the passkey says who it is.
    pub(crate) async fn passkey_challenge(&self, device: &Device) -> Result<Value, Error> {
        self.limiter.login_address(&device.ip).await?;
        let challenge = Token::random()?;
        let life = self.second_factor.challenge_life.get();
        self.store.put_challenge(challenge.bytes(), Purpose::SignIn, life).await?;
        let mut options = self.request_options(&challenge, &[]);
        options["userVerification"] = "required".into();
        Ok(options)
    }

    /// Signs in by a passkey alone.
    pub(crate) async fn passkey_sign_in(
        &self,
        credential: &Value,
        device: &Device,
    ) -> Result<SignedIn, Error> {
        let done = async {
            let user = self.by_passkey_alone(credential, device).await?;
            self.start_family(user, None, device).await
        };
        let done = done.await;
        count("streamly_user_passkey_sign_ins_total", &done);
        done
    }

    /// The caller proves by a passkey alone who they are: an access token of the same sign-in that is recent.
    pub(super) async fn passkey_again(
        &self,
        claims: &Claims,
        credential: &Value,
        device: &Device,
    ) -> Result<(User, String), Error> {
        let user = self.caller(claims).await?;
        let session = claims.sid.ok_or(Error::Unauthenticated)?;
        let owner = self.by_passkey_alone(credential, device).await?;
        if owner.id != user.id {
            return Err(Error::PasskeyRefused);
        }
        self.recent_again(user, session).await
    }

    async fn by_passkey_alone(&self, credential: &Value, device: &Device) -> Result<User, Error> {
        self.limiter.login_address(&device.ip).await?;
        let refused = |why: Refused| {
            tracing::info!(%why, "a passkey was refused");
            Error::PasskeyRefused
        };
        let answer = Assertion::parse(credential).map_err(refused)?;
        let challenge = RelyingParty::challenge(&answer.client_data).map_err(refused)?;
        if !self.store.take_challenge(&challenge, Purpose::SignIn).await? {
            return Err(Error::PasskeyRefused);
        }
        let user = self.answered(&answer, true).await?;
        user.barred().map_or(Ok(user), Err)
    }

    /// Whose passkey gave this answer, which is noted. Errors: [`Error::PasskeyRefused`]. The challenge was checked.
    pub(super) async fn answered(&self, answer: &Assertion, verified: bool) -> Result<User, Error> {
        let Some(passkey) = self.store.answering(&answer.credential_id).await? else {
            return Err(Error::PasskeyRefused);
        };
        let (id, user) = (passkey.id, passkey.user);
        let refused = |why: Refused| {
            tracing::warn!(user = %user.id, passkey = %id, %why, "a passkey was refused");
            Error::PasskeyRefused
        };
        if answer.user_handle.as_ref().is_some_and(|handle| handle[..] != user.id.uuid().into_bytes()) {
            return Err(Error::PasskeyRefused);
        }
        let known = Known { public_key: &passkey.public_key, sign_count: passkey.sign_count };
        let sign_count = self.relying_party.assert(answer, &known, verified).map_err(refused)?;
        if !self.store.passkey_used(id, sign_count).await? {
            return Err(refused(Refused::Counter));
        }
        Ok(user)
    }

    /// Options for `navigator.credentials.get()` (WebAuthn level 3, §5.5, as JSON); without passkeys, for whichever the person chooses.
    pub(super) fn request_options(&self, challenge: &Token, passkeys: &[Passkey]) -> Value {
        json!({
            "challenge": challenge.to_text(),
            "rpId": self.relying_party.id(),
            "timeout": self.second_factor.challenge_life.get().as_millis() as u64,
            "allowCredentials": descriptors(passkeys),
            "userVerification": "preferred",
        })
    }
}

/// What authenticators keep an account's passkeys under: its id, which says nothing about the person.
fn handle(user: UserId) -> String {
    URL_SAFE_NO_PAD.encode(user.uuid().as_bytes())
}

fn descriptors(passkeys: &[Passkey]) -> Vec<Value> {
    let one = |p: &Passkey| json!({"type": "public-key", "id": URL_SAFE_NO_PAD.encode(&p.credential_id), "transports": p.transports});
    passkeys.iter().map(one).collect()
}

fn passkey_id(text: &str) -> Result<Uuid, Error> {
    text.parse().map_err(|_| Error::PasskeyNotFound)
}
