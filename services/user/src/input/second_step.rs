//! What people answer with when a second factor is asked for, or who they are once more.

use super::{Error, Fields, Secret, Token, Value, present_password, wrong};
use crate::webauthn::Assertion;

/// A second factor that is shown.
pub(crate) enum Proof {
    /// A code of an app, as typed.
    Totp(String),
    /// A recovery code, as typed.
    Recovery(String),
    /// A passkey's answer.
    Passkey(Box<Assertion>),
}

/// How somebody who is signed in proves who they are.
pub(crate) enum Again {
    /// The password, after which a second factor may be asked for.
    Password(Secret),
    /// The second factor after it.
    Step(Token, Proof),
    /// The answer of a passkey alone.
    Passkey(Value),
}

/// The token and the answer of a second step. Errors: no texts, an unknown method, no token that was ever given out.
pub(crate) fn second_step(
    token: Option<Value>,
    method: Option<Value>,
    response: Option<Value>,
) -> Result<(Token, Proof), Error> {
    let mut fields = Fields::default();
    let (token, method) = (fields.text("mfa_token", token), fields.text("method", method));
    let proof = match method.as_deref() {
        Some("totp") => fields.text("response", response).map(Proof::Totp),
        Some("recovery") => fields.text("response", response).map(Proof::Recovery),
        Some("passkey") => match Assertion::parse(&response.unwrap_or_default()) {
            Ok(answer) => Some(Proof::Passkey(Box::new(answer))),
            Err(_) => {
                fields.note("response", "invalid", "This is no credential.");
                None
            }
        },
        Some(_) => {
            fields.note("method", "invalid", "One of totp, recovery, passkey.");
            None
        }
        None => None,
    };
    match (token, proof) {
        (Some(token), Some(proof)) => Token::parse(&token).map(|t| (t, proof)).ok_or(Error::UnknownStep),
        _ => Err(Error::Invalid(fields.0)),
    }
}

impl Again {
    /// By what is there.
    pub(crate) fn parse(
        password: Option<Value>,
        token: Option<Value>,
        method: Option<Value>,
        response: Option<Value>,
    ) -> Result<Self, Error> {
        if token.is_some() {
            let (token, proof) = second_step(token, method, response)?;
            return Ok(Self::Step(token, proof));
        }
        match (method, response) {
            (Some(Value::String(method)), Some(response)) if method == "passkey" && password.is_none() => {
                Ok(Self::Passkey(response))
            }
            (Some(_), _) if password.is_none() => Err(wrong("method", "Without a password: passkey.")),
            _ => present_password(password).map(Self::Password),
        }
    }
}
