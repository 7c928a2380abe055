//! Bodies of requests and answers; also their OpenAPI schemas.

use crate::{accounts, store::users::User};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use streamly_auth::access;
use streamly_domain::Language;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A registration. Fields are any JSON here, so that all wrong ones are named at once.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Register {
    /// 3-25 of `a-z 0-9 _`; upper case is kept for display.
    #[schema(value_type = String)]
    pub(crate) username: Option<Value>,
    /// At most 254 characters.
    #[schema(value_type = String)]
    pub(crate) email: Option<Value>,
    /// 8-128 characters, none of the 10,000 most common passwords.
    #[schema(value_type = String)]
    pub(crate) password: Option<Value>,
    /// The code of an invitation, where registration is by invitation.
    #[schema(value_type = Option<String>)]
    pub(crate) invite: Option<Value>,
    /// In which one is written to (BCP 47): `en`, `de`, of whatever country. Another one counts as none.
    #[schema(value_type = Option<String>)]
    pub(crate) language: Option<Value>,
}

/// A password: a new one, or the present one.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Password {
    #[schema(value_type = String)]
    pub(crate) password: Option<Value>,
}

/// An address.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Address {
    #[schema(value_type = String)]
    pub(crate) email: Option<Value>,
}

/// What stands behind `#` in the link of a mail.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Link {
    #[schema(value_type = String)]
    pub(crate) token: Option<Value>,
}

/// A new password by a link.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Reset {
    #[schema(value_type = String)]
    pub(crate) token: Option<Value>,
    /// 8-128 characters, none of the 10,000 most common passwords.
    #[schema(value_type = String)]
    pub(crate) password: Option<Value>,
}

/// A sign-in.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Login {
    /// User name or e-mail address.
    #[schema(value_type = String)]
    pub(crate) login: Option<Value>,
    /// The password.
    #[schema(value_type = String)]
    pub(crate) password: Option<Value>,
}

/// The second step of a sign-in.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Mfa {
    /// From `mfa_required`.
    #[schema(value_type = String)]
    pub(crate) mfa_token: Option<Value>,
    /// One of `methods` there.
    #[schema(value_type = String)]
    pub(crate) method: Option<Value>,
    /// A code; of a passkey, the JSON of the credential.
    #[schema(value_type = Object)]
    pub(crate) response: Option<Value>,
}

/// Who one is, once more: the password; or the second step after it; or a passkey alone (`method` and `response`, after
/// `/api/auth/passkeys/challenge`).
#[derive(Deserialize, ToSchema)]
pub(crate) struct Reauth {
    #[schema(value_type = Option<String>)]
    pub(crate) password: Option<Value>,
    /// From `mfa_required`.
    #[schema(value_type = Option<String>)]
    pub(crate) mfa_token: Option<Value>,
    #[schema(value_type = Option<String>)]
    pub(crate) method: Option<Value>,
    #[schema(value_type = Option<Object>)]
    pub(crate) response: Option<Value>,
}

/// An account as its owner sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Owner {
    /// Opaque id.
    id: String,
    /// Lower case.
    username: String,
    /// As typed at registration.
    display_name: String,
    /// When it was registered, RFC 3339.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// Null for the demo account.
    email: Option<String>,
    /// Whether the address is known to be its owner's.
    email_verified: bool,
    /// In which its mails and pushes are, `en` or `de`. Null: it did not say; mails are then in the language of whoever asks for them, as far as that
    /// is known, else in English.
    language: Option<&'static str>,
    /// On the whole platform: `user`, `moderator` or `admin`.
    platform_role: String,
}

/// An account as everybody sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Profile {
    /// Opaque id.
    id: String,
    /// Lower case.
    username: String,
    /// As typed at registration.
    display_name: String,
    /// When it was registered, RFC 3339.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// The answer to a sign-in; the refresh token comes as a cookie.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedIn {
    user: Owner,
    /// EdDSA JWT.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
}

/// The signed-in user.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    pub(crate) user: Owner,
}

/// A JSON Web Key Set (RFC 7517), for its schema.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
}

/// An Ed25519 public key (RFC 8037), for its schema.
#[derive(Serialize, ToSchema)]
pub(crate) struct Key {
    kty: String,
    crv: String,
    alg: String,
    r#use: String,
    kid: String,
    x: String,
}

impl From<User> for Owner {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            username: user.username,
            display_name: user.display_name,
            created_at: user.created_at,
            email: user.email,
            email_verified: user.email_verified,
            language: user.language.map(Language::tag),
            platform_role: user.role,
        }
    }
}

impl From<User> for Profile {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            username: user.username,
            display_name: user.display_name,
            created_at: user.created_at,
        }
    }
}

impl From<accounts::SignedIn> for SignedIn {
    fn from(session: accounts::SignedIn) -> Self {
        Self::new(session.user, session.access_token)
    }
}

impl SignedIn {
    /// A new access token of a user.
    pub(crate) fn new(user: User, access_token: String) -> Self {
        Self { user: user.into(), access_token, token_type: "Bearer", expires_in: access::LIFETIME_S }
    }
}
