//! REST of a room's settings, and of what one is oneself in a room.

use super::{
    Rest, act, actor,
    caller::{Caller, MaybeCaller},
    shapes, standing, visible,
};
use crate::moderation::{Act, Why};
use actix_web::{HttpResponse, get, patch, web};
use serde_json::{Map, Value, json};
use streamly_http::{ProblemBody, Result};

/// The room's settings; moderators, and bots with the scope `moderate`, see the rules too.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/settings", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 200, body = shapes::RoomSettings), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security((), ("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/settings")]
pub(super) async fn read(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: MaybeCaller,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let channel = visible(context, &room, &who).await?;
    let moderates = match who.0 {
        Some(who) => actor(context, &room, who).await?.1.standing.moderates(),
        None => false,
    };
    let settings = context.settings.ask(channel.id).await;
    let told = if moderates { settings.for_moderators() } else { settings.public() };
    Ok(HttpResponse::Ok().json(told))
}

/// Changes some settings; the owner's and moderators' to do. Fields left out stay.
#[utoipa::path(
    patch, path = "/api/chat/rooms/{room}/settings", tag = "chat", request_body = Object,
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 200, body = shapes::RoomSettings, description = "All settings as they are now"), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[patch("/api/chat/rooms/{room}/settings")]
pub(super) async fn change(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Caller,
    body: web::Json<Map<String, Value>>,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, actor) = actor(context, &room, &who).await?;
    actor.moderates()?;
    let done = act(context, &channel, &actor, Act::Settings(body.into_inner()), &Why::default()).await?;
    Ok(HttpResponse::Ok().json(done.settings.map(|s| s.for_moderators())))
}

/// What one is in the room: roles, what is in force against one, the settings.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/me", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 200, body = shapes::RoomStanding), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/me")]
pub(super) async fn me(rest: web::Data<Rest>, room: web::Path<String>, who: Caller) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, standing) = standing(context, &room, &who).await?;
    let sanction = context.bans.ask(channel.id, who.id()).await;
    let settings = context.settings.ask(channel.id).await;
    Ok(HttpResponse::Ok().json(json!({
        "roles": standing.roles,
        "followed_at_ms": standing.followed_at_ms,
        "sanction": crate::frame::sanction(sanction.as_ref()),
        "settings": settings.public(),
    })))
}
