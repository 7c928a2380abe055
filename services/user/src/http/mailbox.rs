//! `/api/admin/mails`: what was or is to be sent to people, for admins. Texts may hold links, so reading one is written down.

use super::page;
use crate::{accounts::Accounts, store::mails::Mail};
use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use serde::Serialize;
use streamly_http::{Authenticated, ProblemBody, Result};
use streamly_status::Code;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A mail.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailItem {
    id: String,
    /// What it is about: `confirm_address`, `password_reset`, `new_sign_in`, …
    kind: String,
    to: String,
    subject: Option<String>,
    /// Only of a single mail; null once a mail server has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    sent_at: Option<OffsetDateTime>,
    /// It could not be sent for too long.
    #[serde(with = "time::serde::rfc3339::option")]
    given_up_at: Option<OffsetDateTime>,
    attempts: i32,
    /// Why the last attempt failed.
    last_error: Option<String>,
}

/// A page of mails.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailPage {
    items: Vec<MailItem>,
    next_cursor: Option<String>,
}

impl From<Mail> for MailItem {
    fn from(mail: Mail) -> Self {
        Self {
            id: mail.id.to_string(),
            kind: mail.kind,
            to: mail.recipient,
            subject: mail.subject,
            text: mail.body,
            created_at: mail.created_at,
            sent_at: mail.sent_at,
            given_up_at: mail.given_up_at,
            attempts: mail.attempts,
            last_error: mail.last_error,
        }
    }
}

/// Mails of the last days, the newest first, without their texts.
#[utoipa::path(get, path = "/api/admin/mails", tag = "admin", params(page::Cursor), security(("bearer" = [])), responses(
    (status = 200, description = "Mails.", body = MailPage),
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
    let mails = accounts.within(accounts.mails(&caller.0, cursor.id()?)).await?;
    let (mails, next_cursor) = page::cut(mails, |mail| mail.id);
    let items = mails.into_iter().map(Into::into).collect();
    Ok(page::no_store().json(MailPage { items, next_cursor }))
}

/// One mail with its text, links included, soon after the password was given. That it was read is in the log of acts.
#[utoipa::path(get, path = "/api/admin/mails/{id}", tag = "admin", params(("id" = String, Path)), security(("bearer" = [])), responses(
    (status = 200, description = "The mail.", body = MailItem),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `reauth_required`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "`mail_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn read(
    accounts: Data<Accounts>,
    caller: Authenticated,
    id: Path<String>,
) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Code::MailNotFound)?;
    let mail = accounts.within(accounts.read_mail(&caller.0, id)).await?;
    Ok(page::no_store().json(MailItem::from(mail)))
}
