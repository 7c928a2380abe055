//! `/api/auth/*`: register, login, refresh, logout, me.

use super::{
    body::{Login, Me, Mfa, Register, SignedIn},
    visitor::Edge,
};
use crate::{
    accounts::{self, Accounts, Registered},
    input::{self, Registration},
};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
    web::{Data, Json},
};
use streamly_http::{Authenticated, ProblemBody, Result};

/// Makes an account and signs in; or, where addresses are confirmed first, sends a mail whose link makes the account.
#[utoipa::path(post, path = "/api/auth/register", tag = "auth", request_body = Register, responses(
    (status = 201, description = "Signed in; the cookie `refresh_token` is set.", body = SignedIn),
    (status = 202, description = "A mail was sent to the address, whether or not it has an account. Only with `registration.confirm_email_first`."),
    (status = 403, description = "`registration_closed`; `invalid_invitation`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "`username_taken`, `email_taken`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`, every wrong field in `errors`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn register(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
    Json(body): Json<Register>,
) -> Result<HttpResponse> {
    let Register { username, email, password, invite, language } = body;
    let new = Registration::parse(username, email, password, invite, language, accounts.refuse_common)?;
    let device = edge.device(&request);
    Ok(match accounts.within(accounts.register(new, &device)).await? {
        Registered::SignedIn(session) => signed_in(StatusCode::CREATED, &edge, *session),
        Registered::Asked => HttpResponse::Accepted().finish(),
    })
}

/// Signs in by user name or e-mail address.
#[utoipa::path(post, path = "/api/auth/login", tag = "auth", request_body = Login, responses(
    (status = 200, description = "Signed in; the cookie `refresh_token` is set.", body = SignedIn),
    (status = 401, description = "`invalid_credentials`; `mfa_required` with `mfa_token`, `methods` (of `passkey`, `totp`, `recovery`) and, where there are passkeys, `passkey`: options for `navigator.credentials.get()`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn login(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
    Json(body): Json<Login>,
) -> Result<HttpResponse> {
    let (login, typed, password) = input::credentials(body.login, body.password)?;
    let device = edge.device(&request);
    let session = accounts.within(accounts.login(&login, &typed, password, &device)).await?;
    Ok(signed_in(StatusCode::OK, &edge, session))
}

/// The second step of a sign-in.
#[utoipa::path(post, path = "/api/auth/mfa", tag = "auth", request_body = Mfa, responses(
    (status = 200, description = "Signed in; the cookie `refresh_token` is set.", body = SignedIn),
    (status = 401, description = "`invalid_second_factor`: try again; `invalid_credentials`: the token is unknown or over, or was tried too often", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn mfa(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
    Json(body): Json<Mfa>,
) -> Result<HttpResponse> {
    let (token, proof) = input::second_step(body.mfa_token, body.method, body.response)?;
    let device = edge.device(&request);
    let session = accounts.within(accounts.second_step(&token, proof, &device)).await?;
    Ok(signed_in(StatusCode::OK, &edge, session))
}

/// Replaces the refresh cookie and gives a new access token.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "auth", responses(
    (status = 200, description = "A new access token; the cookie is replaced.", body = SignedIn),
    (status = 401, description = "`invalid_refresh_token`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`, or `forbidden` for a foreign Origin", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`: the cookie stays good", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn refresh(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
) -> Result<HttpResponse> {
    edge.check_origin(&request)?;
    let (token, device) = (edge.refresh_token(&request), edge.device(&request));
    let session = accounts.within(accounts.refresh(token, &device)).await?;
    Ok(signed_in(StatusCode::OK, &edge, session))
}

/// Ends this sign-in: all refresh tokens that came of it.
#[utoipa::path(post, path = "/api/auth/logout", tag = "auth", responses(
    (status = 204, description = "Signed out; the cookie is cleared. Also without a cookie."),
    (status = 403, description = "`forbidden` for a foreign Origin", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn logout(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
) -> Result<HttpResponse> {
    edge.check_origin(&request)?;
    accounts.within(accounts.logout(edge.refresh_token(&request))).await?;
    let mut response = HttpResponse::NoContent();
    set_cookies(&mut response, edge.set_cookies(None));
    Ok(response.insert_header((header::CACHE_CONTROL, "no-store")).finish())
}

/// The signed-in user with private fields.
#[utoipa::path(get, path = "/api/auth/me", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The user.", body = Me),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn me(accounts: Data<Accounts>, caller: Authenticated) -> Result<HttpResponse> {
    let user = accounts.within(accounts.caller(&caller.0)).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Me { user: user.into() }))
}

pub(super) fn signed_in(status: StatusCode, edge: &Edge, session: accounts::SignedIn) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    set_cookies(&mut response, edge.set_cookies(Some(&session.refresh)));
    if let Some(browser) = &session.browser {
        response.append_header((header::SET_COOKIE, edge.set_browser(browser)));
    }
    response.insert_header((header::CACHE_CONTROL, "no-store")).json(SignedIn::from(session))
}

fn set_cookies(response: &mut HttpResponseBuilder, cookies: [String; 2]) {
    for cookie in cookies {
        response.append_header((header::SET_COOKIE, cookie));
    }
}
