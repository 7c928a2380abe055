//! REST of what people and moderators work through: holds, reports, requests, terms, blocks. What its handlers share, its routes and its part of
//! the document. Pages go by the id of their last item.

use super::{
    actor, blocks, caller::Caller, evidence, holds, redis_away, refused, reports, terms, unban_requests,
};
use crate::{
    directory::{Channel, Failure},
    moderation::Actor,
    queue::Refused,
    session::Context,
};
use actix_web::web;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use streamly_domain::UserId;
use streamly_http::{Problem, Result};
use streamly_status::Code;
use utoipa::OpenApi;
use uuid::Uuid;

/// Items of one page at most.
const MAX_PAGE: usize = 100;

/// A page.
#[derive(Debug, Serialize)]
pub(super) struct Items {
    /// As the call's shape says.
    pub(super) items: Vec<serde_json::Value>,
    /// `cursor` of the next page; null at the end.
    pub(super) next_cursor: Option<String>,
}

/// What of a list is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    mine: Option<String>,
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

impl Listing {
    pub(super) fn is_mine(&self) -> bool {
        self.mine.as_deref().is_some_and(|m| matches!(m, "1" | "true"))
    }
    pub(super) fn is_open(&self) -> Result<bool> {
        match self.state.as_deref() {
            None | Some("open") => Ok(true),
            Some("resolved") => Ok(false),
            Some(_) => {
                Err(queue_refused(crate::queue::field("state", "unknown", "One of open and resolved.")))
            }
        }
    }
    pub(super) fn after(&self) -> Result<Option<Uuid>> {
        let cursor = self.cursor.as_ref().map(|c| c.parse().map_err(|_| Problem::new(Code::InvalidCursor)));
        cursor.transpose()
    }
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(50).clamp(1, MAX_PAGE)
    }
}

/// A page of items; a full one has a next.
pub(super) fn listed(items: Vec<serde_json::Value>, last: Option<Uuid>, limit: usize) -> Items {
    let next_cursor = last.filter(|_| items.len() == limit).map(|id| id.to_string());
    Items { items, next_cursor }
}

/// The id of a path; what is none is no such thing.
pub(super) fn parse_id(id: &str, absent: Code) -> Result<Uuid> {
    id.parse().map_err(|_| absent.into())
}

/// The caller, for calls outside of a room. Refused: accounts that are suspended, tokens that are void.
pub(super) async fn person(context: &Context, who: impl Into<Caller>) -> Result<()> {
    who.into().person(context).await.map(|_| ())
}

/// Counts one act of the caller.
pub(super) async fn acts(context: &Context, user: UserId) -> Result<()> {
    let Some(pace) = &context.pace else { return Ok(()) };
    pace.act(user).await.map_err(|wait| Problem::new(Code::RateLimited).retry_after(wait))
}

/// The channel and what the caller is in it, for calls that change something.
pub(super) async fn acting(
    context: &Context,
    room: &str,
    who: impl Into<Caller>,
) -> Result<(Arc<Channel>, Actor)> {
    let found = actor(context, room, who).await?;
    acts(context, found.1.id).await?;
    Ok(found)
}

/// The person of an id or a name.
pub(super) async fn user(context: &Context, named: &str) -> Result<UserId> {
    context.directory.find(named).await.map(|p| p.person.id).map_err(|e| match e {
        Failure::NotFound => Code::UserNotFound.into(),
        Failure::Away => Problem::unavailable(&e),
    })
}

/// Why something was not put on a list or not resolved. Those who call it know better what was not found.
pub(super) fn queue_refused(why: Refused) -> Problem {
    match why {
        Refused::NotFound => Code::NotFound.into(),
        Refused::Resolved => Code::AlreadyResolved.into(),
        Refused::Forbidden => Code::Forbidden.into(),
        Refused::Full => Code::RateLimited.into(),
        Refused::NotBanned => Code::NotBanned.into(),
        Refused::Wait(wait) => Problem::new(Code::RateLimited).retry_after(wait),
        Refused::MessageNotFound => Code::MessageNotFound.into(),
        Refused::Invalid(errors) => Problem::fields(errors),
        Refused::Act(crate::moderation::Refused::Redis(e)) => redis_away(e),
        Refused::Act(why) => refused(why),
    }
}

#[derive(OpenApi)]
#[openapi(
    paths(
        terms::terms,
        terms::add_term,
        terms::remove_term,
        holds::holds,
        holds::approve,
        holds::deny,
        reports::report,
        reports::reports,
        reports::room_reports,
        reports::resolve_report,
        evidence::report_image,
        unban_requests::ask,
        unban_requests::requests,
        unban_requests::resolve_request,
        blocks::blocks,
        blocks::block,
        blocks::unblock,
    ),
    components(schemas(
        terms::NewTerm,
        holds::Reasoned,
        reports::NewReport,
        reports::Resolution,
        reports::ReportAct,
        unban_requests::NewRequest,
        unban_requests::RequestVerdict,
    ))
)]
pub(super) struct Document;

/// The routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(terms::terms).service(terms::add_term).service(terms::remove_term);
    config.service(holds::holds).service(holds::approve).service(holds::deny);
    config.service(reports::report).service(reports::reports).service(reports::room_reports);
    config.service(reports::resolve_report).service(evidence::report_image);
    config
        .service(unban_requests::ask)
        .service(unban_requests::requests)
        .service(unban_requests::resolve_request);
    config.service(blocks::blocks).service(blocks::block).service(blocks::unblock);
}
