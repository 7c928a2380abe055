//! `/api/admin/*` for staff: accounts, suspensions, roles, second factors of those who lost theirs.

use super::page;
use crate::{
    accounts::{Accounts, staff::PAGE},
    input::{self, Reason},
    store::staff::{Account, Only, Ruling},
};
use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use streamly_http::{Authenticated, MaybeJson, ProblemBody, Result};
use streamly_status::Code;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Why an account is suspended.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Suspension {
    /// 1-500 characters; its owner reads it.
    #[schema(value_type = String)]
    reason: Option<Value>,
}

/// Why a suspension ends.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Lifting {
    /// 1-500 characters, for the log; its owner does not read it.
    #[schema(value_type = Option<String>)]
    reason: Option<Value>,
}

/// Why second factors are taken away.
#[derive(Deserialize, ToSchema)]
pub(crate) struct FactorReset {
    /// 1-500 characters, for the log. The mail to their owner does not say it, the export of their data does.
    #[schema(value_type = String)]
    reason: Option<Value>,
}

/// A role.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewRole {
    /// `user`, `moderator` or `admin`.
    #[schema(value_type = String)]
    role: Option<Value>,
}

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Search {
    /// The start of a user name; for admins also a whole address.
    #[serde(default)]
    q: String,
    /// `suspended` or `staff`; all unless given.
    only: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// An account as staff sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct StaffAccount {
    id: String,
    username: String,
    display_name: String,
    /// For admins only.
    email: Option<String>,
    email_verified: bool,
    platform_role: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    suspended_at: Option<OffsetDateTime>,
    suspension_reason: Option<String>,
    /// Its owner closed it; when it is erased.
    #[serde(with = "time::serde::rfc3339::option")]
    erase_at: Option<OffsetDateTime>,
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountPage {
    items: Vec<StaffAccount>,
    next_cursor: Option<String>,
}

impl StaffAccount {
    fn of(account: Account, with_email: bool) -> Self {
        let user = account.user;
        Self {
            id: user.id.to_string(),
            username: user.username,
            display_name: user.display_name,
            email: user.email.filter(|_| with_email),
            email_verified: user.email_verified,
            platform_role: user.role,
            created_at: user.created_at,
            suspended_at: account.suspended_at,
            suspension_reason: account.suspension_reason,
            erase_at: account.erase_at,
        }
    }
}

fn user_id(text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| Code::UserNotFound.into())
}

/// Accounts by name or address, for moderators and admins.
#[utoipa::path(get, path = "/api/admin/users", tag = "admin", params(Search), security(("bearer" = [])), responses(
    (status = 200, description = "In the order of names.", body = AccountPage),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn accounts(
    accounts: Data<Accounts>,
    caller: Authenticated,
    Query(search): Query<Search>,
) -> Result<HttpResponse> {
    let after = search.cursor.as_deref().filter(|c| !c.is_empty());
    let only = match search.only.as_deref() {
        None | Some("") => None,
        Some("suspended") => Some(Only::Suspended),
        Some("staff") => Some(Only::Staff),
        Some(_) => return Err(input::wrong("only", "suspended or staff.").into()),
    };
    let found = accounts.find_accounts(&caller.0, &search.q, only, after);
    let (mut found, with_email) = accounts.within(found).await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next_cursor = found.last().filter(|_| more).map(|a| a.user.username.clone());
    let items = found.into_iter().map(|a| StaffAccount::of(a, with_email)).collect();
    Ok(page::no_store().json(AccountPage { items, next_cursor }))
}

/// Suspends an account: its sign-ins end, its broadcast and its chat connections, too.
#[utoipa::path(put, path = "/api/admin/users/{id}/suspension", tag = "admin", request_body = Suspension, params(("id" = String, Path)), security(("bearer" = [])), responses(
    (status = 200, description = "The account.", body = StaffAccount),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "`user_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn suspend(
    accounts: Data<Accounts>,
    caller: Authenticated,
    id: Path<String>,
    Json(body): Json<Suspension>,
) -> Result<HttpResponse> {
    let reason = Reason::parse("reason", body.reason)?;
    let ruling = Ruling::Suspend(reason.as_str());
    let done = accounts.within(accounts.rule(&caller.0, user_id(&id)?, ruling)).await?;
    Ok(page::no_store().json(StaffAccount::of(done, false)))
}

/// Ends a suspension, for a reason that stands in the log.
#[utoipa::path(delete, path = "/api/admin/users/{id}/suspension", tag = "admin", request_body = Option<Lifting>, params(("id" = String, Path)), security(("bearer" = [])), responses(
    (status = 200, description = "The account.", body = StaffAccount),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "`user_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn unsuspend(
    accounts: Data<Accounts>,
    caller: Authenticated,
    id: Path<String>,
    MaybeJson(body): MaybeJson<Lifting>,
) -> Result<HttpResponse> {
    let reason = body.and_then(|body| body.reason).filter(|reason| !reason.is_null());
    let reason = reason.map(|reason| Reason::parse("reason", Some(reason))).transpose()?;
    let ruling = Ruling::Lift(reason.as_ref().map(Reason::as_str));
    let done = accounts.within(accounts.rule(&caller.0, user_id(&id)?, ruling)).await?;
    Ok(page::no_store().json(StaffAccount::of(done, false)))
}

/// Gives an account a role, soon after a sign-in.
#[utoipa::path(put, path = "/api/admin/users/{id}/role", tag = "admin", request_body = NewRole, params(("id" = String, Path)), security(("bearer" = [])), responses(
    (status = 200, description = "The account.", body = StaffAccount),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `reauth_required`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "`user_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "`last_admin`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn set_role(
    accounts: Data<Accounts>,
    caller: Authenticated,
    id: Path<String>,
    Json(body): Json<NewRole>,
) -> Result<HttpResponse> {
    let role = input::text("role", body.role)?;
    let role = role.parse().map_err(|_| input::wrong("role", "user, moderator or admin."))?;
    let done = accounts.within(accounts.set_role(&caller.0, user_id(&id)?, role)).await?;
    Ok(page::no_store().json(StaffAccount::of(done, true)))
}

/// Takes an account's second factors away, soon after a sign-in: app, passkeys and recovery codes. Its sign-ins end, and its owner is told by mail.
#[utoipa::path(delete, path = "/api/admin/users/{id}/second-factor", tag = "admin", request_body = FactorReset, params(("id" = String, Path)), security(("bearer" = [])), responses(
    (status = 204, description = "Taken. The password alone signs in."),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden` (also: one's own), `reauth_required`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "`user_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "`no_second_factor`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn reset_second_factor(
    accounts: Data<Accounts>,
    caller: Authenticated,
    id: Path<String>,
    Json(body): Json<FactorReset>,
) -> Result<HttpResponse> {
    let reason = Reason::parse("reason", body.reason)?;
    accounts.within(accounts.reset_second_factor(&caller.0, user_id(&id)?, &reason)).await?;
    Ok(HttpResponse::NoContent().finish())
}
