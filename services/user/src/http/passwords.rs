//! Passwords: forgotten, reset by a link, changed, asked for once more.

use super::{
    body::{Address, Password, Reauth, Reset, SignedIn},
    visitor::Edge,
};
use crate::{accounts::Accounts, input};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Json},
};
use streamly_http::{Authenticated, ProblemBody, Result};

/// Asks for a mail with a link to a new password. The answer is the same whether or not the address has an account.
#[utoipa::path(post, path = "/api/auth/password/forgot", tag = "auth", request_body = Address, responses(
    (status = 202, description = "If the address has an account, a mail is on its way."),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn forgot(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
    Json(body): Json<Address>,
) -> Result<HttpResponse> {
    let address = input::address(body.email)?;
    accounts.within(accounts.forgot(&address, &edge.device(&request))).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// Sets a new password by a link. All sign-ins of the account end.
#[utoipa::path(post, path = "/api/auth/password/reset", tag = "auth", request_body = Reset, responses(
    (status = 204, description = "Done; sign in with it."),
    (status = 422, description = "`invalid_link`, `validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn reset(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
    Json(body): Json<Reset>,
) -> Result<HttpResponse> {
    let token = input::link(body.token)?;
    accounts.within(accounts.reset(&token, body.password, &edge.device(&request))).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Changes the password soon after a sign-in. Other sign-ins end; of this one go on with the access token of the answer.
#[utoipa::path(put, path = "/api/auth/me/password", tag = "auth", request_body = Password, security(("bearer" = [])), responses(
    (status = 200, description = "A new access token; those that were out are void.", body = SignedIn),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`reauth_required`: prove the password by `/api/auth/reauth` first; `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn change(
    accounts: Data<Accounts>,
    caller: Authenticated,
    Json(body): Json<Password>,
) -> Result<HttpResponse> {
    let (user, token) = accounts.within(accounts.change_password(&caller.0, body.password)).await?;
    Ok(fresh(SignedIn::new(user, token)))
}

/// Proves again who one is: what needs a recent sign-in can then be done with the access token of the answer.
#[utoipa::path(post, path = "/api/auth/reauth", tag = "auth", request_body = Reauth, security(("bearer" = [])), responses(
    (status = 200, description = "A new access token of the same sign-in.", body = SignedIn),
    (status = 401, description = "`unauthenticated`, `invalid_credentials`, `invalid_second_factor`, `passkey_refused`; `mfa_required` as at `/api/auth/login`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn reauth(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
    caller: Authenticated,
    Json(body): Json<Reauth>,
) -> Result<HttpResponse> {
    let again = input::Again::parse(body.password, body.mfa_token, body.method, body.response)?;
    let device = edge.device(&request);
    let (user, token) = accounts.within(accounts.prove_again(&caller.0, again, &device)).await?;
    Ok(fresh(SignedIn::new(user, token)))
}

fn fresh(body: SignedIn) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}
