//! REST of what banned people ask for. Handlers only.

use super::{
    Rest, actor,
    caller::{Account, Caller},
    lists::{Items, Listing, acting, listed, parse_id, queue_refused},
    shapes,
};
use crate::queue::{Refused, field};
use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use serde_json::Value;
use streamly_http::{Problem, ProblemBody, Result};
use streamly_status::Code;
use utoipa::ToSchema;

/// What a banned person asks.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewRequest {
    /// In their words, 1-500 characters.
    text: String,
}

/// A moderator's answer.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct RequestVerdict {
    /// `approved` (the ban is lifted) or `denied`.
    outcome: String,
    /// For the person, at most 500 characters.
    #[serde(default)]
    text: String,
}

/// Asks to be let in again: 201, or 200 with the request that is open. 409 `not_banned`; 429 for a while after a refusal.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room}/unban-requests", tag = "chat", request_body = NewRequest,
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 200, body = shapes::UnbanRequest), (status = 201, body = shapes::UnbanRequest), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/rooms/{room}/unban-requests")]
pub(super) async fn ask(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Account,
    body: web::Json<NewRequest>,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, actor) = acting(context, &room, &who).await?;
    let made = context.unban_requests.make(channel.id, actor.id, &body.text).await;
    let (kept, is_new) = made.map_err(queue_refused)?;
    let view = context.unban_requests.views(&[kept], false).await.pop();
    Ok(if is_new { HttpResponse::Created().json(view) } else { HttpResponse::Ok().json(view) })
}

/// The room's requests, oldest first, for moderators; with `mine=1` the caller's own.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/unban-requests", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"),
           ("mine" = Option<String>, Query, description = "1: only the caller's own, of any state"),
           ("state" = Option<String>, Query, description = "`open` (default) or `resolved`"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "1-100, default 50")),
    responses((status = 200, body = shapes::UnbanRequestPage), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/unban-requests")]
pub(super) async fn requests(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Caller,
    query: web::Query<Listing>,
) -> Result<web::Json<Items>> {
    let context = rest.context()?;
    let (channel, actor) = actor(context, &room, &who).await?;
    let user = query.is_mine().then_some(actor.id);
    if user.is_none() {
        actor.moderates()?;
    }
    let (after, limit, is_open) = (query.after()?, query.limit(), query.is_open()?);
    let found =
        context.unban_requests.page(channel.id, user, is_open, after, limit).await.map_err(queue_refused)?;
    let last = found.last().map(|r| r.id);
    let views = context.unban_requests.views(&found, user.is_none()).await;
    Ok(web::Json(listed(views, last, limit)))
}

/// Lifts the ban or does not. 409 `already_resolved`.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room}/unban-requests/{id}/resolve", tag = "chat", request_body = RequestVerdict,
    params(("room" = String, Path, description = "Channel id or user name"), ("id" = String, Path, description = "The request's id")),
    responses((status = 200, body = shapes::UnbanRequest), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/rooms/{room}/unban-requests/{id}/resolve")]
pub(super) async fn resolve_request(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Caller,
    body: web::Json<RequestVerdict>,
) -> Result<web::Json<Option<Value>>> {
    let context = rest.context()?;
    let (channel, actor) = acting(context, &path.0, &who).await?;
    actor.moderates()?;
    let id = parse_id(&path.1, Code::RequestNotFound)?;
    let is_approved = match body.outcome.as_str() {
        "approved" => true,
        "denied" => false,
        _ => return Err(queue_refused(field("outcome", "unknown", "One of approved and denied."))),
    };
    let done = context.unban_requests.resolve(&channel, &actor, id, is_approved, &body.text).await;
    let done = done.map_err(|e| match e {
        Refused::NotFound => Problem::new(Code::RequestNotFound),
        e => queue_refused(e),
    })?;
    Ok(web::Json(context.unban_requests.views(&[done], true).await.pop()))
}
