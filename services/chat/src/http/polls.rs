//! REST of polls: anybody reads, moderators open and end them. Votes come over the WebSocket, or here.

use super::{
    Rest,
    caller::{Account, Caller, MaybeCaller},
    lists::{acting, parse_id},
    redis_away, shapes, visible,
};
use crate::{
    bans::SanctionKind,
    polls::{Error, view},
};
use actix_web::{HttpResponse, get, post, put, web};
use serde::Deserialize;
use std::time::Duration;
use streamly_http::{Problem, ProblemBody, Result};
use streamly_status::Code;
use utoipa::ToSchema;

/// Polls of one page at most.
const MAX_PAGE: i64 = 50;

/// A poll to be.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewPoll {
    /// 1 to 140 characters.
    question: String,
    /// 2 to 6 different ones, 1 to 60 characters each.
    options: Vec<String>,
    /// 10 to 86400, default 120.
    duration_s: Option<u64>,
}

/// How it ends.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PollEnd {
    /// True: it is called off, and its votes do not count.
    #[serde(default)]
    cancel: bool,
}

/// A vote.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Vote {
    /// The answer's `n`.
    option: i16,
}

#[derive(Debug, Deserialize)]
pub(super) struct PollQuery {
    cursor: Option<String>,
    limit: Option<i64>,
}

fn not_done(e: Error) -> Problem {
    match e {
        Error::Open => Code::PollOpen.into(),
        Error::NotFound => Code::PollNotFound.into(),
        Error::Over => Code::PollClosed.into(),
        Error::Invalid(errors) => Problem::fields(errors),
        Error::Redis(e) => redis_away(e),
        Error::Database(e) => super::database_away(e),
    }
}

/// The room's polls, newest first: as in the frame `poll`.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/polls", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"),
           ("cursor" = Option<String>, Query, description = "Of the page before"), ("limit" = Option<u32>, Query, description = "1-50, default 20")),
    responses((status = 200, body = shapes::PollPage), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security((), ("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/polls")]
pub(super) async fn polls(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: MaybeCaller,
    query: web::Query<PollQuery>,
) -> Result<web::Json<super::lists::Items>> {
    let context = rest.context()?;
    let before = query.cursor.as_deref().map(|c| parse_id(c, Code::InvalidCursor)).transpose()?;
    let channel = visible(context, &room, &who).await?;
    let limit = query.limit.unwrap_or(20).clamp(1, MAX_PAGE);
    let page = context.polls.page(channel.id, before, limit).await.map_err(not_done)?;
    let last = page.last().map(|p| p.id);
    Ok(web::Json(super::lists::listed(page.iter().map(view).collect(), last, limit as usize)))
}

/// Opens a poll; one of a room is open at a time.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room}/polls", tag = "chat", request_body = NewPoll,
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 201, body = shapes::ChatPoll), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/rooms/{room}/polls")]
pub(super) async fn open_poll(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Caller,
    body: web::Json<NewPoll>,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, actor) = acting(context, &room, &who).await?;
    actor.moderates()?;
    let lasts = Duration::from_secs(body.duration_s.unwrap_or(120));
    let opened = context.polls.open(channel.id, actor.id, &body.question, &body.options, lasts).await;
    Ok(HttpResponse::Created().json(view(&opened.map_err(not_done)?)))
}

/// Ends a poll before its time.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room}/polls/{id}/close", tag = "chat", request_body = PollEnd,
    params(("room" = String, Path, description = "Channel id or user name"), ("id" = String, Path, description = "The poll")),
    responses((status = 200, body = shapes::ChatPoll), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/rooms/{room}/polls/{id}/close")]
pub(super) async fn close_poll(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Caller,
    body: web::Json<PollEnd>,
) -> Result<web::Json<serde_json::Value>> {
    let context = rest.context()?;
    let (room, id) = path.into_inner();
    let (channel, actor) = acting(context, &room, &who).await?;
    actor.moderates()?;
    let id = parse_id(&id, Code::PollNotFound)?;
    let state = if body.cancel { "cancelled" } else { "closed" };
    let poll = context.polls.end(channel.id, Some(id), state, Some(actor.id)).await.map_err(not_done)?;
    Ok(web::Json(view(&poll)))
}

/// Votes, or votes for something else.
#[utoipa::path(
    put, path = "/api/chat/rooms/{room}/polls/{id}/vote", tag = "chat", request_body = Vote,
    params(("room" = String, Path, description = "Channel id or user name"), ("id" = String, Path, description = "The poll")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[put("/api/chat/rooms/{room}/polls/{id}/vote")]
pub(super) async fn vote(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Account,
    body: web::Json<Vote>,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (room, id) = path.into_inner();
    let (channel, actor) = acting(context, &room, &who).await?;
    if context.bans.of(channel.id, actor.id).await.is_some_and(|s| s.kind == SanctionKind::Ban) {
        return Err(Code::Forbidden.into());
    }
    let id = parse_id(&id, Code::PollNotFound)?;
    context.polls.vote(channel.id, id, actor.id, body.option).await.map_err(not_done)?;
    Ok(HttpResponse::NoContent().finish())
}
