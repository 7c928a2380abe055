//! A user's sign-ins: listed, ended.

use crate::accounts::{Accounts, Session};
use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Path},
};
use serde::Serialize;
use streamly_http::{Authenticated, ProblemBody, Result};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A page of sign-ins.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sessions {
    /// The last used first, at most 200.
    items: Vec<Item>,
}

/// A sign-in.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct Item {
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    /// What the browser said of itself.
    user_agent: Option<String>,
    /// The same in words.
    device: String,
    /// The address of its last use.
    ip: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When its access token was last renewed, which happens every quarter of an hour while it is used.
    #[serde(with = "time::serde::rfc3339")]
    last_used_at: OffsetDateTime,
}

impl From<Session> for Item {
    fn from(session: Session) -> Self {
        Self {
            id: session.id.to_string(),
            current: session.current,
            user_agent: session.user_agent,
            device: session.device,
            ip: session.ip,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
        }
    }
}

/// The caller's sign-ins.
#[utoipa::path(get, path = "/api/auth/sessions", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The sign-ins.", body = Sessions),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(accounts: Data<Accounts>, caller: Authenticated) -> Result<HttpResponse> {
    let sessions = accounts.within(accounts.sessions(&caller.0)).await?;
    let items = sessions.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Sessions { items }))
}

/// Ends one sign-in. Access tokens that are out, also of other sign-ins, are void within a second; those are renewed without a word.
#[utoipa::path(delete, path = "/api/auth/sessions/{id}", tag = "auth", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 204, description = "Ended."),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "`session_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn end(
    accounts: Data<Accounts>,
    caller: Authenticated,
    id: Path<String>,
) -> Result<HttpResponse> {
    accounts.within(accounts.end_session(&caller.0, &id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends all other sign-ins.
#[utoipa::path(delete, path = "/api/auth/sessions", tag = "auth", security(("bearer" = [])), responses(
    (status = 204, description = "Ended."),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn end_others(accounts: Data<Accounts>, caller: Authenticated) -> Result<HttpResponse> {
    accounts.within(accounts.end_other_sessions(&caller.0)).await?;
    Ok(HttpResponse::NoContent().finish())
}
