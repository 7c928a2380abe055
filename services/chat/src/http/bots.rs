//! REST of bots: a channel's owner issues, lists and revokes them. People only: a bot makes no bots.

use super::{
    Rest, actor, caller::Account, database_away, lists::Items, lists::acting, lists::parse_id, shapes,
};
use crate::{
    bots::{self, Error},
    directory::{Channel, Rank},
    moderation::{Actor, rfc3339},
    session::Context,
    store::{audit, bots::Kept},
};
use actix_web::{HttpResponse, delete, get, post, web};
use serde::Deserialize;
use serde_json::{Value, json};
use streamly_http::{Problem, ProblemBody, Result};
use streamly_status::Code;
use utoipa::ToSchema;

/// A bot to be.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewBot {
    /// 2-24 of a-z, 0-9 and _; unique in the channel. The bot is CHANNEL:NAME.
    name: String,
    /// Some of `read` (join the room as a bot), `say` and `moderate`.
    scopes: Vec<String>,
}

fn view(kept: &Kept, channel: &Channel) -> Value {
    let person = bots::person(kept, &channel.username);
    json!({
        "id": kept.id, "name": kept.name, "username": person.username, "scopes": kept.scopes,
        "made_by": kept.by, "made_at": rfc3339(kept.at), "last_used_at": kept.used.map(rfc3339),
    })
}

fn is_owner(actor: &Actor) -> Result<()> {
    if actor.standing.rank() >= Rank::Owner { Ok(()) } else { Err(Code::Forbidden.into()) }
}

fn not_done(e: Error) -> Problem {
    match e {
        Error::NotFound => Code::BotNotFound.into(),
        Error::Taken => Code::BotTaken.into(),
        Error::TooMany => Code::TooManyBots.into(),
        Error::Invalid(errors) => Problem::fields(errors),
        Error::Database(e) => database_away(e),
    }
}

/// The channel's bots, oldest first, for its owner.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/bots", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 200, body = shapes::BotPage), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/bots")]
pub(super) async fn list_bots(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Account,
) -> Result<web::Json<Items>> {
    let context = rest.context()?;
    let (channel, actor) = actor(context, &room, &who).await?;
    is_owner(&actor)?;
    let kept = context.bots.list(channel.id).await.map_err(database_away)?;
    let items = kept.iter().map(|k| view(k, &channel)).collect();
    Ok(web::Json(Items { items, next_cursor: None }))
}

/// Issues a bot: 201 with the same and `token`, which is shown this once and goes where an access token goes. 409 `bot_taken` or
/// `too_many_bots`.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room}/bots", tag = "chat", request_body = NewBot,
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 201, body = shapes::IssuedBot), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/rooms/{room}/bots")]
pub(super) async fn issue_bot(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Account,
    body: web::Json<NewBot>,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, actor) = acting(context, &room, &who).await?;
    is_owner(&actor)?;
    let (max, NewBot { name, scopes }) = (context.limits.max_bots, body.into_inner());
    let issued = context.bots.issue(channel.id, &name, &scopes, actor.id, max).await;
    let (kept, token) = issued.map_err(not_done)?;
    note(context, &channel, &actor, "issue_bot", &kept).await;
    let mut answer = view(&kept, &channel);
    answer["token"] = token.expose().into();
    Ok(HttpResponse::Created().insert_header(("cache-control", "no-store")).json(answer))
}

/// Revokes a bot: REST takes its token no more from now on, its sockets are closed with 4001 within a second.
#[utoipa::path(
    delete, path = "/api/chat/rooms/{room}/bots/{id}", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"), ("id" = String, Path, description = "The bot's id")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[delete("/api/chat/rooms/{room}/bots/{id}")]
pub(super) async fn revoke_bot(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Account,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, actor) = acting(context, &path.0, &who).await?;
    is_owner(&actor)?;
    let id = parse_id(&path.1, Code::BotNotFound)?;
    let kept = context.bots.revoke(channel.id, id).await.map_err(not_done)?;
    if let Err(e) = context.log.announce_revoked(channel.id, kept.id).await {
        // It says nothing more: each message asks.
        tracing::warn!(room = %channel.id, bot = %kept.id, error = %e.details(), "sockets of a revoked bot may stay open");
    }
    note(context, &channel, &actor, "revoke_bot", &kept).await;
    Ok(HttpResponse::NoContent().finish())
}

async fn note(context: &Context, channel: &Channel, actor: &Actor, action: &str, bot: &Kept) {
    let target = bot.id.to_string();
    let new = audit::New {
        room: channel.id,
        actor: actor.id,
        action,
        target: &target,
        user: Some(bot.id),
        reason: "",
        note: "",
        until: None,
        detail: json!({ "scopes": bot.scopes }),
    };
    if let Err(e) = context.moderation.note(&new).await {
        tracing::error!(error = ?e, room = %channel.id, actor = %actor.id, "a bot's issue or revocation is not in the audit log");
    }
}
