//! REST of the audit log: who did what to whom, when and why; and undoing an act. For moderators.

use super::{Rest, act, actor, caller::Caller, database_away, shapes};
use crate::{
    moderation::{Act, Why},
    store::audit,
};
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use streamly_http::{ProblemBody, Result};
use streamly_status::Code;
use utoipa::ToSchema;

/// Acts of one page.
const PAGE: i64 = 50;

/// A page of acts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomAuditPage)]
pub(super) struct AuditPage {
    /// Acts as the frame `moderation` has them, newest first.
    #[schema(value_type = Vec<shapes::ChatAct>)]
    items: Vec<serde_json::Value>,
    /// `cursor` of the next page; null at the end.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Query {
    cursor: Option<String>,
}

/// What moderators did in the room.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/audit", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = AuditPage), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/audit")]
pub(super) async fn list(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Caller,
    query: web::Query<Query>,
) -> Result<web::Json<AuditPage>> {
    let context = rest.context()?;
    let (channel, actor) = actor(context, &room, &who).await?;
    actor.moderates()?;
    let before = match &query.cursor {
        Some(text) => Some(text.parse::<i64>().map_err(|_| Code::InvalidCursor)?),
        None => None,
    };
    let reader = audit::Reader { id: actor.id, rank: actor.standing.rank() };
    let acts = audit::page(&context.moderation.db, channel.id, reader, None, before, PAGE).await;
    let acts = acts.map_err(database_away)?;
    let next_cursor = acts.last().filter(|_| i64::try_from(acts.len()) == Ok(PAGE)).map(|a| a.id.to_string());
    Ok(web::Json(AuditPage { items: context.moderation.view(&channel, &actor, &acts).await, next_cursor }))
}

/// Undoes an act: lifts the ban or time-out that it made, sets settings back. Deletions have no undo.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room}/audit/{id}/undo", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"), ("id" = String, Path)),
    responses((status = 200, body = shapes::ChatAct, description = "The act that undid it"), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/rooms/{room}/audit/{id}/undo")]
pub(super) async fn undo(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Caller,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (room, id) = path.into_inner();
    let (channel, actor) = actor(context, &room, &who).await?;
    actor.moderates()?;
    let id = id.parse::<i64>().map_err(|_| Code::ActNotFound)?;
    let done = act(context, &channel, &actor, Act::Undo(id), &Why::default()).await?;
    Ok(HttpResponse::Ok().json(context.moderation.view(&channel, &actor, done.noted.as_slice()).await.pop()))
}
