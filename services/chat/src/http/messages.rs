//! REST of a room's messages: history and deletion. Handlers only; who may do what is asked of the directory.

use super::{
    Rest, act, actor,
    caller::{Caller, MaybeCaller},
    person_named, redis_away, shapes, visible,
};
use crate::{
    log_id::LogId,
    moderation::{Act, Why},
};
use actix_web::{HttpResponse, delete, get, web};
use serde::{Deserialize, Serialize};
use streamly_http::{Problem, ProblemBody, Result};
use streamly_status::{Code, FieldError};
use utoipa::ToSchema;

/// Messages of one page at most.
const MAX_PAGE: usize = 200;

/// A page of the kept log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessagePage)]
pub(super) struct Page {
    /// Frames `message`, oldest first.
    #[schema(value_type = Vec<shapes::ChatMessage>)]
    items: Vec<serde_json::Value>,
    /// `before` of the page of older messages; null at the beginning of what is kept.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PageQuery {
    before: Option<String>,
    limit: Option<usize>,
}

/// The kept messages of a room, newest page first; deleted ones are gone.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/messages", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"),
           ("before" = Option<String>, Query, description = "Only messages before this id"),
           ("limit" = Option<u32>, Query, description = "Events looked at, 1-200, default 50")),
    responses((status = 200, body = Page), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security((), ("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/messages")]
pub(super) async fn messages(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: MaybeCaller,
    query: web::Query<PageQuery>,
) -> Result<web::Json<Page>> {
    let context = rest.context()?;
    let before = match &query.before {
        Some(b) => Some(b.parse::<LogId>().map_err(|_| Problem::new(Code::InvalidCursor))?),
        None => None,
    };
    let channel = visible(context, &room, &who).await?;
    let limit = query.limit.unwrap_or(50).clamp(1, MAX_PAGE);
    let cutoff = LogId::at(context.log.cutoff_ms());
    let entries = context.log.newest(channel.id, cutoff, before, limit).await.map_err(redis_away)?;
    let next_cursor = entries.first().filter(|_| entries.len() == limit).map(|e| e.id.to_string());
    let items = entries
        .iter()
        .filter(|e| e.kind == crate::bus::Kind::Message)
        .filter_map(|e| serde_json::from_str(&e.encode(channel.id, false)).ok())
        .collect();
    Ok(web::Json(Page { items, next_cursor }))
}

/// Deletes a message: its author may, and whoever moderates the channel.
#[utoipa::path(
    delete, path = "/api/chat/rooms/{room}/messages/{id}", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"), ("id" = String, Path, description = "18 hex digits")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[delete("/api/chat/rooms/{room}/messages/{id}")]
pub(super) async fn delete_message(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Caller,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (room, id) = path.into_inner();
    let message: LogId = id.parse().map_err(|_| Problem::new(Code::MessageNotFound))?;
    let (channel, actor) = actor(context, &room, &who).await?;
    act(context, &channel, &actor, Act::Delete(message), &Why::default()).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize)]
pub(super) struct ClearQuery {
    user: Option<String>,
    #[serde(default)]
    all: bool,
}

/// Deletes a person's messages, or the whole room's; whoever moderates the channel may.
#[utoipa::path(
    delete, path = "/api/chat/rooms/{room}/messages", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"),
           ("user" = Option<String>, Query, description = "Whose: id or name"),
           ("all" = Option<bool>, Query, description = "`true`: everybody's; needed without `user`")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[delete("/api/chat/rooms/{room}/messages")]
pub(super) async fn clear(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Caller,
    query: web::Query<ClearQuery>,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, actor) = actor(context, &room, &who).await?;
    actor.moderates()?;
    let user = match (&query.user, query.all) {
        (Some(user), _) => Some(person_named(context, user).await?.id),
        (None, true) => None,
        (None, false) => {
            let detail = "Whose messages: a user, or all=true.".into();
            return Err(Problem::fields(vec![FieldError { field: "user".into(), code: "required", detail }]));
        }
    };
    act(context, &channel, &actor, Act::Clear(user), &Why::default()).await?;
    Ok(HttpResponse::NoContent().finish())
}
