//! `/api/auth/second-factor`, `/api/auth/totp`, `/api/auth/recovery-codes`: an account's app and its codes.

use crate::{
    accounts::{Accounts, NewApp},
    input,
    store::factors::Factors,
};
use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Json},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use streamly_http::{Authenticated, ProblemBody, Result};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The second factors of an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecondFactor {
    /// Whether a password alone signs nobody in.
    on: bool,
    /// Since when there is an authenticator app.
    #[serde(with = "time::serde::rfc3339::option")]
    totp_since: Option<OffsetDateTime>,
    passkeys: i64,
    /// Those that were not used.
    recovery_codes_left: i64,
}

/// An app to be added. Told once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Totp {
    /// Base32 (RFC 4648), for typing in.
    secret: String,
    otpauth_url: String,
    /// The address as a QR code: SVG.
    qr_svg: String,
}

/// A code of the app.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TotpCode {
    /// Six digits.
    #[schema(value_type = String)]
    code: Option<Value>,
}

/// Recovery codes. Told once; each is good once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// Ten; none where the account has some already.
    recovery_codes: Vec<String>,
}

impl From<Factors> for SecondFactor {
    fn from(factors: Factors) -> Self {
        Self {
            on: factors.any(),
            totp_since: factors.totp_since,
            passkeys: factors.passkeys,
            recovery_codes_left: factors.recovery_codes,
        }
    }
}

impl From<NewApp> for Totp {
    fn from(app: NewApp) -> Self {
        Self { secret: app.secret, otpauth_url: app.uri, qr_svg: app.qr }
    }
}

/// What second factors the caller has.
#[utoipa::path(get, path = "/api/auth/second-factor", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The second factors.", body = SecondFactor),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn state(accounts: Data<Accounts>, caller: Authenticated) -> Result<HttpResponse> {
    let factors = accounts.within(accounts.factors(&caller.0)).await?;
    Ok(once(HttpResponse::Ok(), SecondFactor::from(factors)))
}

/// The secret of a new authenticator app, soon after a sign-in. It counts when a code of it was confirmed, for which there is an hour.
#[utoipa::path(post, path = "/api/auth/totp", tag = "auth", security(("bearer" = [])), responses(
    (status = 201, description = "The secret.", body = Totp),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`reauth_required`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "`totp_exists`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn begin(accounts: Data<Accounts>, caller: Authenticated) -> Result<HttpResponse> {
    let app = accounts.within(accounts.begin_totp(&caller.0)).await?;
    Ok(once(HttpResponse::Created(), Totp::from(app)))
}

/// Adds the app by a code of it: from now on a sign-in by password asks for one.
#[utoipa::path(post, path = "/api/auth/totp/confirm", tag = "auth", request_body = TotpCode, security(("bearer" = [])), responses(
    (status = 200, description = "The recovery codes, if the account had none.", body = RecoveryCodes),
    (status = 401, description = "`unauthenticated`; `invalid_second_factor`: not a code of the app", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`reauth_required`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn confirm(
    accounts: Data<Accounts>,
    caller: Authenticated,
    Json(body): Json<TotpCode>,
) -> Result<HttpResponse> {
    let code = input::text("code", body.code)?;
    let recovery_codes = accounts.within(accounts.confirm_totp(&caller.0, &code)).await?;
    Ok(once(HttpResponse::Ok(), RecoveryCodes { recovery_codes }))
}

/// Removes the app, soon after a sign-in.
#[utoipa::path(delete, path = "/api/auth/totp", tag = "auth", security(("bearer" = [])), responses(
    (status = 204, description = "Removed. Also where there was none."),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`reauth_required`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn remove(accounts: Data<Accounts>, caller: Authenticated) -> Result<HttpResponse> {
    accounts.within(accounts.remove_totp(&caller.0)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// New recovery codes in the place of all old ones, soon after a sign-in.
#[utoipa::path(post, path = "/api/auth/recovery-codes", tag = "auth", security(("bearer" = [])), responses(
    (status = 201, description = "The codes.", body = RecoveryCodes),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`reauth_required`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "`no_second_factor`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn renew_codes(accounts: Data<Accounts>, caller: Authenticated) -> Result<HttpResponse> {
    let recovery_codes = accounts.within(accounts.renew_recovery_codes(&caller.0)).await?;
    Ok(once(HttpResponse::Created(), RecoveryCodes { recovery_codes }))
}

/// An answer that nothing on the way may keep.
pub(super) fn once(mut response: actix_web::HttpResponseBuilder, body: impl Serialize) -> HttpResponse {
    response.insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}
