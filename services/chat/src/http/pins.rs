//! REST of the pinned message, for moderators.

use super::{Rest, caller::Caller, lists::acting, refused};
use crate::{
    log_id::LogId,
    moderation::{Act, Why},
};
use actix_web::{HttpResponse, delete, put, web};
use serde::Deserialize;
use streamly_http::{Problem, ProblemBody, Result};
use streamly_status::Code;
use utoipa::ToSchema;

/// What is to be pinned.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewPin {
    /// A message of the kept log, 18 hex digits.
    message_id: String,
}

/// Pins a message, instead of the one before.
#[utoipa::path(
    put, path = "/api/chat/rooms/{room}/pin", tag = "chat", request_body = NewPin,
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[put("/api/chat/rooms/{room}/pin")]
pub(super) async fn pin(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Caller,
    body: web::Json<NewPin>,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, actor) = acting(context, &room, &who).await?;
    let message: LogId = body.message_id.parse().map_err(|_| Problem::new(Code::MessageNotFound))?;
    let act = Act::Pin(message);
    context.moderation.perform(&channel, &actor, act, &Why::default()).await.map_err(refused)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes the pinned message away; 204 also if there is none.
#[utoipa::path(
    delete, path = "/api/chat/rooms/{room}/pin", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[delete("/api/chat/rooms/{room}/pin")]
pub(super) async fn unpin(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Caller,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, actor) = acting(context, &room, &who).await?;
    context.moderation.perform(&channel, &actor, Act::Unpin, &Why::default()).await.map_err(refused)?;
    Ok(HttpResponse::NoContent().finish())
}
