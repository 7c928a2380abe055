//! `/api/auth/passkeys`: passkeys of an account, and signing in by one. Options and credentials are the JSON of WebAuthn level 3
//! (`PublicKeyCredential.parseCreationOptionsFromJSON()`, `.parseRequestOptionsFromJSON()`, `.toJSON()`).

use super::{auth::signed_in, body::SignedIn, second_factor::once, visitor::Edge};
use crate::{accounts::Accounts, input, store::passkeys::Passkey};
use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Json, Path},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use streamly_http::{Authenticated, ProblemBody, Result};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A passkey.
#[derive(Serialize, ToSchema)]
#[schema(as = Passkey)]
pub(crate) struct PasskeyItem {
    id: String,
    name: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    last_used_at: Option<OffsetDateTime>,
}

/// All passkeys of an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Passkeys {
    /// The oldest first.
    items: Vec<PasskeyItem>,
}

/// A new passkey.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewPasskey {
    /// 1-60 characters.
    #[schema(value_type = String)]
    name: Option<Value>,
    /// What `navigator.credentials.create()` gave, as JSON.
    #[schema(value_type = Object)]
    credential: Option<Value>,
}

/// A passkey that was added.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddedPasskey {
    passkey: PasskeyItem,
    /// Ten, told once; none where the account has some already.
    recovery_codes: Vec<String>,
}

/// Another name.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PasskeyName {
    /// 1-60 characters.
    #[schema(value_type = String)]
    name: Option<Value>,
}

/// A passkey's answer.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PasskeyAnswer {
    /// What `navigator.credentials.get()` gave, as JSON.
    #[schema(value_type = Object)]
    credential: Option<Value>,
}

/// Options for the browser.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyOptions {
    /// For `PublicKeyCredential.parse…OptionsFromJSON()`.
    #[schema(value_type = Object)]
    options: Value,
}

impl From<Passkey> for PasskeyItem {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id.to_string(),
            name: passkey.name,
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
        }
    }
}

/// The caller's passkeys.
#[utoipa::path(get, path = "/api/auth/passkeys", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The passkeys.", body = Passkeys),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(accounts: Data<Accounts>, caller: Authenticated) -> Result<HttpResponse> {
    let items = accounts.within(accounts.passkeys(&caller.0)).await?.into_iter().map(Into::into).collect();
    Ok(once(HttpResponse::Ok(), Passkeys { items }))
}

/// Options for a new passkey, soon after a sign-in.
#[utoipa::path(post, path = "/api/auth/passkeys/options", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "Options for `navigator.credentials.create()`.", body = PasskeyOptions),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`reauth_required`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn options(accounts: Data<Accounts>, caller: Authenticated) -> Result<HttpResponse> {
    let options = accounts.within(accounts.passkey_options(&caller.0)).await?;
    Ok(once(HttpResponse::Ok(), PasskeyOptions { options }))
}

/// Adds a passkey, soon after a sign-in: from now on a sign-in by password asks for a second factor.
#[utoipa::path(post, path = "/api/auth/passkeys", tag = "auth", request_body = NewPasskey, security(("bearer" = [])), responses(
    (status = 201, description = "The passkey.", body = AddedPasskey),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`reauth_required`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "`too_many_passkeys`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`, `invalid_passkey`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn add(
    accounts: Data<Accounts>,
    caller: Authenticated,
    Json(body): Json<NewPasskey>,
) -> Result<HttpResponse> {
    let name = input::passkey_name(body.name)?;
    let credential = body.credential.unwrap_or_default();
    let added = accounts.within(accounts.add_passkey(&caller.0, &name, &credential)).await?;
    let body = AddedPasskey { passkey: added.0.into(), recovery_codes: added.1 };
    Ok(once(HttpResponse::Created(), body))
}

/// Names a passkey anew.
#[utoipa::path(patch, path = "/api/auth/passkeys/{id}", tag = "auth", request_body = PasskeyName, security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 200, description = "The passkey.", body = PasskeyItem),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "`passkey_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn rename(
    accounts: Data<Accounts>,
    caller: Authenticated,
    id: Path<String>,
    Json(body): Json<PasskeyName>,
) -> Result<HttpResponse> {
    let name = input::passkey_name(body.name)?;
    let passkey = accounts.within(accounts.rename_passkey(&caller.0, &id, &name)).await?;
    Ok(once(HttpResponse::Ok(), PasskeyItem::from(passkey)))
}

/// Removes a passkey, soon after a sign-in.
#[utoipa::path(delete, path = "/api/auth/passkeys/{id}", tag = "auth", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 204, description = "Removed."),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`reauth_required`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "`passkey_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn remove(
    accounts: Data<Accounts>,
    caller: Authenticated,
    id: Path<String>,
) -> Result<HttpResponse> {
    accounts.within(accounts.remove_passkey(&caller.0, &id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Options for a sign-in, or for proving again who one is, by a passkey alone.
#[utoipa::path(post, path = "/api/auth/passkeys/challenge", tag = "auth", responses(
    (status = 200, description = "Options for `navigator.credentials.get()`.", body = PasskeyOptions),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn challenge(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
) -> Result<HttpResponse> {
    let options = accounts.within(accounts.passkey_challenge(&edge.device(&request))).await?;
    Ok(once(HttpResponse::Ok(), PasskeyOptions { options }))
}

/// Signs in by a passkey alone.
#[utoipa::path(post, path = "/api/auth/passkeys/sign-in", tag = "auth", request_body = PasskeyAnswer, responses(
    (status = 200, description = "Signed in; the cookie `refresh_token` is set.", body = SignedIn),
    (status = 401, description = "`passkey_refused`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn sign_in(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
    Json(body): Json<PasskeyAnswer>,
) -> Result<HttpResponse> {
    let device = edge.device(&request);
    let credential = body.credential.unwrap_or_default();
    let session = accounts.within(accounts.passkey_sign_in(&credential, &device)).await?;
    Ok(signed_in(StatusCode::OK, &edge, session))
}
