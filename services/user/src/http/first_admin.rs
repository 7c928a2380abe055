//! `/api/admin/first`: the operator's one-time link to the first admin.

use super::{body::Me, page, visitor::Edge};
use crate::{accounts::Accounts, input};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use streamly_http::{Authenticated, ProblemBody, Result};
use utoipa::ToSchema;

/// Whether there is no admin yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct First {
    /// Whether the one-time link that the operator has still works.
    open: bool,
}

/// The token of the operator's link.
#[derive(Deserialize, ToSchema)]
pub(crate) struct FirstToken {
    #[schema(value_type = String)]
    token: Option<Value>,
}

/// Whether the operator's link to the first admin still works.
#[utoipa::path(get, path = "/api/admin/first", tag = "admin", responses(
    (status = 200, description = "Whether it does.", body = First),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn is_open(accounts: Data<Accounts>) -> Result<HttpResponse> {
    let open = accounts.within(accounts.awaits_first_admin()).await?;
    Ok(page::no_store().json(First { open }))
}

/// Makes the caller the first admin.
#[utoipa::path(post, path = "/api/admin/first", tag = "admin", request_body = FirstToken, security(("bearer" = [])), responses(
    (status = 200, description = "The caller, now an admin.", body = Me),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "`admin_exists`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`invalid_link`, `validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn become_one(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
    caller: Authenticated,
    Json(body): Json<FirstToken>,
) -> Result<HttpResponse> {
    let token = input::text("token", body.token)?;
    let device = edge.device(&request);
    let user = accounts.within(accounts.first_admin(&caller.0, token.trim(), &device)).await?;
    Ok(page::no_store().json(Me { user: user.into() }))
}
