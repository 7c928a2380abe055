//! REST of emotes: the set for all, a room's, adding and removing, and the pictures. Handlers only.

use super::{
    Rest, actor,
    caller::{Account, MaybeCaller},
    visible,
};
use crate::{
    emotes::{self, Emote, MAX_NAME, MIN_NAME, Refused},
    session::Context,
    store::audit,
};
use actix_web::{HttpRequest, HttpResponse, delete, get, http::header, post, web};
use serde::{Deserialize, Serialize};
use streamly_domain::{ChannelId, UserId};
use streamly_http::{Problem, ProblemBody, Result};
use streamly_picture::body as upload;
use streamly_status::{Code, FieldError};
use utoipa::ToSchema;

/// What is at an emote's address never changes (RFC 8246).
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// What can be named here between colons.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Emotes {
    /// The set for all, in the order of a picker.
    global: Vec<Emote>,
    /// The channel's own, by name; not there where no channel was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Vec<Emote>>,
    /// Emotes a channel may have.
    max: usize,
}

#[derive(Debug, Deserialize)]
struct NameQuery {
    #[serde(default)]
    name: String,
}

fn refused(why: Refused) -> Problem {
    match why {
        Refused::Name => Problem::fields(vec![FieldError {
            field: "name".into(),
            code: "invalid",
            detail: format!("A name has {MIN_NAME} to {MAX_NAME} of a-z, 0-9 and _."),
        }]),
        Refused::Taken => Code::EmoteTaken.into(),
        Refused::Full => Code::TooManyEmotes.into(),
        Refused::NotFound => Code::EmoteNotFound.into(),
        Refused::NoStorage => upload::no_storage(),
        Refused::Upload(why) => upload::refused(why),
        Refused::Database(e) if !e.is_unavailable() => Problem::internal(&e),
        Refused::Database(e) => Problem::unavailable(&e),
        Refused::Storage(e) => upload::storage_away(&*e),
    }
}

/// Tells this node, the others, everybody in the room and the audit log. The change counts, whoever hears of it.
async fn changed(context: &Context, room: ChannelId, actor: UserId, action: &str, name: &str) {
    context.emotes.forget(room).await;
    if let Err(e) = context.log.announce_emotes(room).await {
        tracing::debug!(%room, error = %e.details(), "other nodes hear of an emote later");
    }
    let new = audit::New {
        room,
        actor,
        action,
        target: name,
        user: None,
        reason: "",
        note: "",
        until: None,
        detail: serde_json::json!({}),
    };
    if let Err(e) = context.moderation.note(&new).await {
        tracing::error!(error = %e, %room, %actor, name, "a change of emotes is not in the audit log");
    }
}

/// The emotes for all.
#[utoipa::path(get, path = "/api/chat/emotes", tag = "chat", responses((status = 200, body = Emotes), (status = 503, body = ProblemBody)))]
#[get("/api/chat/emotes")]
pub(super) async fn global_emotes(rest: web::Data<Rest>) -> Result<HttpResponse> {
    let max = rest.context()?.emotes.max_per_room();
    let all = Emotes { global: emotes::global().emotes.clone(), channel: None, max };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).json(all))
}

/// The emotes of a room: the set for all and the channel's own.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/emotes", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 200, body = Emotes), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security((), ("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/emotes")]
pub(super) async fn room_emotes(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: MaybeCaller,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let channel = visible(context, &room, &who).await?;
    let set = context.emotes.set(channel.id).await;
    let (global, own) = (emotes::global().emotes.clone(), set.own().to_vec());
    let all = Emotes { global, channel: Some(own), max: context.emotes.max_per_room() };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-cache")).json(all))
}

/// Adds an emote to the channel: its owner and moderators may. The body is the picture.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room}/emotes", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"),
           ("name" = String, Query, description = "2-24 of a-z, 0-9 and _; unique in the channel, and none of the set for all")),
    request_body(content = Vec<u8>, content_type = "image/*", description = "PNG, JPEG, GIF or WebP; at most 512 KiB and 4096 pixels a side"),
    responses((status = 201, body = Emote), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
              (status = 409, body = ProblemBody), (status = 413, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody),
              (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/rooms/{room}/emotes")]
pub(super) async fn add_emote(
    rest: web::Data<Rest>,
    request: HttpRequest,
    room: web::Path<String>,
    who: Account,
    query: web::Query<NameQuery>,
    payload: web::Payload,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, actor) = actor(context, &room, &who).await?;
    actor.moderates()?;
    if !emotes::is_name(&query.name) {
        return Err(refused(Refused::Name));
    }
    let place = context.uploads.admit(actor.id).await.map_err(upload::refused)?;
    let body = upload::collect(&request, payload, context.pictures.emote_upload.bytes()).await?;
    let emote = context.emotes.add(channel.id, actor.id, &query.name, place, body).await.map_err(refused)?;
    changed(context, channel.id, actor.id, "emote_add", &query.name).await;
    Ok(HttpResponse::Created().json(emote))
}

/// Takes an emote from the channel: its owner and moderators may. Messages that name it show the name from then on.
#[utoipa::path(
    delete, path = "/api/chat/rooms/{room}/emotes/{name}", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"), ("name" = String, Path, description = "The emote's name")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[delete("/api/chat/rooms/{room}/emotes/{name}")]
pub(super) async fn remove_emote(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Account,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (room, name) = path.into_inner();
    let (channel, actor) = actor(context, &room, &who).await?;
    actor.moderates()?;
    context.emotes.remove(channel.id, &name).await.map_err(refused)?;
    changed(context, channel.id, actor.id, "emote_remove", &name).await;
    Ok(HttpResponse::NoContent().finish())
}

/// The picture of an emote; what is at an id never changes.
#[utoipa::path(
    get, path = "/api/chat/emotes/{id}", tag = "chat",
    params(("id" = String, Path, description = "32 hex digits")),
    responses((status = 200, content_type = "image/png", body = Vec<u8>), (status = 304), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
)]
#[get("/api/chat/emotes/{id}")]
pub(super) async fn emote_png(
    rest: web::Data<Rest>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    let png = rest.context()?.emotes.png(&id).await.map_err(refused)?;
    Ok(upload::answer(&request, &id, "image/png", FOR_EVER, png))
}
