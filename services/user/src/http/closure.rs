//! An account's end: closed by its owner, taken back by the link of the mail.

use super::{body::Link, page, visitor::Edge};
use crate::{accounts::Accounts, input};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json},
};
use serde::Serialize;
use streamly_http::{Authenticated, ProblemBody, Result};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// When a closed account is erased.
#[derive(Serialize, ToSchema)]
pub(crate) struct Closed {
    #[serde(with = "time::serde::rfc3339")]
    erase_at: OffsetDateTime,
}

/// Closes the caller's account, soon after a sign-in: all sign-ins end, the channel goes offline. Until `erase_at` the link in the mail takes
/// it back; then it is erased.
#[utoipa::path(delete, path = "/api/auth/me", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "Closed.", body = Closed),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`reauth_required`: prove the password by `/api/auth/reauth` first; `forbidden`: an account without an address; `account_suspended`, `account_closed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "`last_admin`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn close(accounts: Data<Accounts>, caller: Authenticated) -> Result<HttpResponse> {
    let erase_at = accounts.within(accounts.close(&caller.0)).await?;
    Ok(page::no_store().json(Closed { erase_at }))
}

/// Takes a closed account back by the link of its mail. Sign in then.
#[utoipa::path(post, path = "/api/auth/restore", tag = "auth", request_body = Link, responses(
    (status = 204, description = "Taken back."),
    (status = 422, description = "`invalid_link`, `validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn restore(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
    Json(body): Json<Link>,
) -> Result<HttpResponse> {
    let token = input::link(body.token)?;
    accounts.within(accounts.restore(&token, &edge.device(&request))).await?;
    Ok(HttpResponse::NoContent().finish())
}
