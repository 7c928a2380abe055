//! REST of messages that wait for a moderator. Handlers only.

use super::{
    Rest, actor,
    caller::Caller,
    lists::{Items, Listing, acting, listed, parse_id, queue_refused},
    shapes,
};
use crate::{
    holds::{Verdict, for_author, for_moderators},
    moderation::Why,
    queue::Refused,
};
use actix_web::{get, post, web};
use serde::Deserialize;
use serde_json::{Value, json};
use streamly_http::{MaybeJson, Problem, ProblemBody, Result};
use streamly_status::Code;
use utoipa::ToSchema;

/// Why, with a verdict.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct Reasoned {
    /// Of the moderator, for the audit log; at most 500 characters.
    reason: String,
}

/// Frames `held` of the messages that wait, oldest first: for moderators all, with `mine=1` for anybody their own.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/holds", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"),
           ("mine" = Option<String>, Query, description = "1: only the caller's own"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "1-100, default 50")),
    responses((status = 200, body = shapes::HoldPage), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/holds")]
pub(super) async fn holds(
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
    let (after, limit) = (query.after()?, query.limit());
    let found = context.holds.page(channel.id, user, after, limit).await.map_err(queue_refused)?;
    let frame = if user.is_some() { for_author } else { for_moderators };
    let last = found.last().map(|k| k.id);
    Ok(web::Json(listed(found.iter().map(frame).collect(), last, limit)))
}

/// Says a held message after all, now. 409 `already_resolved`, or `already_banned` if its author is out by now.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room}/holds/{id}/approve", tag = "chat", request_body = Option<Reasoned>,
    params(("room" = String, Path, description = "Channel id or user name"), ("id" = String, Path, description = "`hold_id`")),
    responses((status = 200, body = shapes::HoldVerdict), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/rooms/{room}/holds/{id}/approve")]
pub(super) async fn approve(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Caller,
    MaybeJson(body): MaybeJson<Reasoned>,
) -> Result<web::Json<Value>> {
    resolve(&rest, &path, &who, body, Verdict::Approve).await
}

/// Leaves a held message unsaid. 409 `already_resolved`.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room}/holds/{id}/deny", tag = "chat", request_body = Option<Reasoned>,
    params(("room" = String, Path, description = "Channel id or user name"), ("id" = String, Path, description = "`hold_id`")),
    responses((status = 200, body = shapes::HoldVerdict), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/rooms/{room}/holds/{id}/deny")]
pub(super) async fn deny(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Caller,
    MaybeJson(body): MaybeJson<Reasoned>,
) -> Result<web::Json<Value>> {
    resolve(&rest, &path, &who, body, Verdict::Deny).await
}

async fn resolve(
    rest: &Rest,
    (room, id): &(String, String),
    who: &Caller,
    body: Option<Reasoned>,
    verdict: Verdict,
) -> Result<web::Json<Value>> {
    let context = rest.context()?;
    let (channel, actor) = acting(context, room, who).await?;
    actor.moderates()?;
    let id = parse_id(id, Code::HoldNotFound)?;
    let why = Why::reason(&body.unwrap_or_default().reason);
    let kept = context.holds.resolve(&channel, &actor, id, verdict, &why).await.map_err(|e| match e {
        Refused::NotFound => Problem::new(Code::HoldNotFound),
        e => queue_refused(e),
    })?;
    let mut answer = json!({ "hold_id": kept.id, "outcome": kept.state });
    if let Some(message) = kept.message {
        answer["message_id"] = json!(message);
    }
    Ok(web::Json(answer))
}
