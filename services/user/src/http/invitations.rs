//! `/api/admin/invitations`: codes with which one person each may register, for admins.

use super::page;
use crate::{accounts::Accounts, input, input::Reason, store::invitations::Invitation};
use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use streamly_http::{Authenticated, ProblemBody, Result};
use streamly_status::Code;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// How long an invitation is good unless said otherwise, seconds.
const GOOD_FOR_S: u64 = 7 * 86_400;
/// Longest time for which one may be good, seconds.
const GOOD_FOR_MAX_S: u64 = 90 * 86_400;

/// What it is to be.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Invite {
    /// For whom it is: 1-500 characters, for admins' eyes.
    #[schema(value_type = Option<String>)]
    note: Option<Value>,
    /// For how many seconds it is good, at most 90 days; 7 days unless given.
    #[schema(value_type = Option<u64>)]
    expires_in_s: Option<Value>,
}

/// An invitation.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationItem {
    id: String,
    note: Option<String>,
    /// Told at its making and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    used_at: Option<OffsetDateTime>,
    /// The user name that was registered with it.
    used_by: Option<String>,
}

/// A page of invitations.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationPage {
    items: Vec<InvitationItem>,
    next_cursor: Option<String>,
}

impl InvitationItem {
    fn of(invitation: Invitation, code: Option<String>) -> Self {
        Self {
            id: invitation.id.to_string(),
            note: invitation.note,
            code,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
            used_at: invitation.used_at,
            used_by: invitation.used_by,
        }
    }
}

/// Makes an invitation, good for one registration.
#[utoipa::path(post, path = "/api/admin/invitations", tag = "admin", request_body = Invite, security(("bearer" = [])), responses(
    (status = 201, description = "With its code.", body = InvitationItem),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn invite(
    accounts: Data<Accounts>,
    caller: Authenticated,
    Json(body): Json<Invite>,
) -> Result<HttpResponse> {
    let note = body.note.filter(|n| !n.is_null()).map(|n| Reason::parse("note", Some(n))).transpose()?;
    let good_for = match body.expires_in_s {
        None | Some(Value::Null) => GOOD_FOR_S,
        Some(value) => value
            .as_u64()
            .filter(|s| (1..=GOOD_FOR_MAX_S).contains(s))
            .ok_or_else(|| input::wrong("expires_in_s", "1 to 7776000 seconds."))?,
    };
    let made = accounts.invite(&caller.0, note.as_ref(), Duration::from_secs(good_for));
    let (made, code) = accounts.within(made).await?;
    Ok(page::created().json(InvitationItem::of(made, Some(code))))
}

/// Invitations, the newest first, without their codes.
#[utoipa::path(get, path = "/api/admin/invitations", tag = "admin", params(page::Cursor), security(("bearer" = [])), responses(
    (status = 200, description = "Invitations.", body = InvitationPage),
    (status = 400, description = "`invalid_cursor`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    accounts: Data<Accounts>,
    caller: Authenticated,
    Query(cursor): Query<page::Cursor>,
) -> Result<HttpResponse> {
    let all = accounts.within(accounts.invitations(&caller.0, cursor.id()?)).await?;
    let (all, next_cursor) = page::cut(all, |invitation| invitation.id);
    let items = all.into_iter().map(|i| InvitationItem::of(i, None)).collect();
    Ok(page::no_store().json(InvitationPage { items, next_cursor }))
}

/// Takes an invitation back.
#[utoipa::path(delete, path = "/api/admin/invitations/{id}", tag = "admin", params(("id" = String, Path)), security(("bearer" = [])), responses(
    (status = 204, description = "Taken back."),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `account_suspended`; `invalid_invitation`: unknown, or used", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn take_back(
    accounts: Data<Accounts>,
    caller: Authenticated,
    id: Path<String>,
) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Code::InvalidInvitation)?;
    accounts.within(accounts.take_back(&caller.0, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
