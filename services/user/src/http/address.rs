//! E-mail addresses: confirmed by a link, changed, taken back.

use super::{
    body::{Address, Link},
    visitor::{Edge, accepted},
};
use crate::{accounts::Accounts, input};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json},
};
use streamly_http::{Authenticated, ProblemBody, Result};

/// Does what the link of a mail is for: confirms an address, changes it, or takes it back.
#[utoipa::path(post, path = "/api/auth/email/verify", tag = "auth", request_body = Link, responses(
    (status = 204, description = "Done."),
    (status = 409, description = "`email_taken`: the address got another account meanwhile", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`invalid_link`, `validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn verify(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
    Json(body): Json<Link>,
) -> Result<HttpResponse> {
    let token = input::link(body.token)?;
    accounts.within(accounts.confirm(&token, &edge.device(&request))).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sends the link that confirms the present address once more.
#[utoipa::path(post, path = "/api/auth/email/verification", tag = "auth", security(("bearer" = [])), responses(
    (status = 202, description = "A mail is on its way."),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "`already_verified`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn verification(
    request: HttpRequest,
    accounts: Data<Accounts>,
    caller: Authenticated,
) -> Result<HttpResponse> {
    accounts.within(accounts.ask_to_verify(&caller.0, accepted(&request))).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// Sends a link to another address, soon after a sign-in; the account has it when the link was followed. The present address is told.
#[utoipa::path(post, path = "/api/auth/me/email", tag = "auth", request_body = Address, security(("bearer" = [])), responses(
    (status = 202, description = "Mails are on their way."),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`reauth_required`: prove the password by `/api/auth/reauth` first; `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn change(
    request: HttpRequest,
    accounts: Data<Accounts>,
    caller: Authenticated,
    Json(body): Json<Address>,
) -> Result<HttpResponse> {
    let address = input::address(body.email)?;
    accounts.within(accounts.ask_to_change(&caller.0, &address, accepted(&request))).await?;
    Ok(HttpResponse::Accepted().finish())
}
