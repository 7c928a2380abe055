//! `/api/admin/audit`: what staff did, for admins.

use super::page;
use crate::{
    accounts::Accounts,
    store::staff::{Act, ActFilter},
};
use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use streamly_http::{Authenticated, ProblemBody, Result};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditSearch {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// One kind of act.
    act: Option<String>,
    /// The user name of who did it.
    actor: Option<String>,
    /// The user name of whom it is about.
    subject: Option<String>,
}

/// A privileged act.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditItem {
    id: String,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    actor_id: String,
    actor_name: String,
    /// `suspended`, `unsuspended`, `role_changed`, `first_admin`, `invited`, `uninvited`, `mail_read`, `user.second_factor_reset`.
    act: String,
    subject_id: Option<String>,
    subject_name: Option<String>,
    /// What there is to say of it.
    #[schema(value_type = Object)]
    detail: Value,
}

/// A page of acts.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    items: Vec<AuditItem>,
    next_cursor: Option<String>,
}

impl From<Act> for AuditItem {
    fn from(act: Act) -> Self {
        Self {
            id: act.id.to_string(),
            at: act.at,
            actor_id: act.actor_id.to_string(),
            actor_name: act.actor_name,
            act: act.act,
            subject_id: act.subject_id.map(|id| id.to_string()),
            subject_name: act.subject_name,
            detail: act.detail,
        }
    }
}

/// What staff did, the newest first; for admins.
#[utoipa::path(get, path = "/api/admin/audit", tag = "admin", params(AuditSearch), security(("bearer" = [])), responses(
    (status = 200, description = "Acts.", body = AuditPage),
    (status = 400, description = "`invalid_cursor`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    accounts: Data<Accounts>,
    caller: Authenticated,
    Query(search): Query<AuditSearch>,
) -> Result<HttpResponse> {
    let given = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_lowercase)
    };
    let (act, actor, subject) = (given(&search.act), given(&search.actor), given(&search.subject));
    let filter = ActFilter { act: act.as_deref(), actor: actor.as_deref(), subject: subject.as_deref() };
    let before = page::id_of(search.cursor.as_deref())?;
    let acts = accounts.within(accounts.audit(&caller.0, &filter, before)).await?;
    let (acts, next_cursor) = page::cut(acts, |act| act.id);
    let items = acts.into_iter().map(Into::into).collect();
    Ok(page::no_store().json(AuditPage { items, next_cursor }))
}
