//! REST of chat. A module for each kind of thing; here is what they share, the routes and the document.

mod blocks;
mod emotes;
mod holds;
mod images;
mod lists;
mod me;
mod messages;
mod pins;
mod polls;
mod record;
mod reports;
mod terms;
mod unban_requests;
mod upload;

use crate::{
    directory::{Channel, Failure},
    moderation::{Actor, Refused},
    session::Context,
};
use actix_web::{get, web};
use std::sync::{Arc, OnceLock};
use streamly_http::{Authenticated, Problem, ProblemBody, Result};
use streamly_status::Code;
use utoipa::OpenApi;

/// What handlers work with; empty until the service is up.
pub struct Rest {
    /// As the sockets have it.
    pub context: OnceLock<Context>,
}

impl Rest {
    fn context(&self) -> Result<&Context> {
        self.context.get().ok_or_else(|| Code::Unavailable.into())
    }
}

async fn channel(context: &Context, room: &str) -> Result<Arc<Channel>> {
    context.directory.channel(room).await.map_err(|e| match e {
        Failure::NotFound => Code::ChannelNotFound.into(),
        Failure::Away => Problem::unavailable(&e),
    })
}

fn database_away(e: streamly_postgres::Error) -> Problem {
    if e.is_unavailable() { Problem::unavailable(&e) } else { Problem::internal(&e) }
}

/// The channel, and what the caller is in it. Refused: accounts that are suspended, tokens that are void.
async fn actor(context: &Context, room: &str, who: &Authenticated) -> Result<(Arc<Channel>, Actor)> {
    let claims = &who.0;
    if context.log.is_revoked(claims.sub, claims.iat).await {
        return Err(Code::Unauthenticated.into());
    }
    if context.directory.profile(claims).await.suspended {
        return Err(Code::AccountSuspended.into());
    }
    let channel = channel(context, room).await?;
    let standing = context.directory.standing(claims.sub, &channel).await;
    Ok((channel, Actor { id: claims.sub, standing }))
}

/// Why an act was not done, as REST says it.
fn refused(why: Refused) -> Problem {
    match why {
        Refused::Forbidden => Code::Forbidden.into(),
        Refused::OutOfReach => Problem::new(Code::Forbidden).detail("Your role does not reach this person."),
        Refused::MessageNotFound => Code::MessageNotFound.into(),
        Refused::ActNotFound => Code::ActNotFound.into(),
        Refused::NotUndoable => Code::NotUndoable.into(),
        Refused::Banned => Code::AlreadyBanned.into(),
        Refused::Invalid(errors) => Problem::fields(errors),
        Refused::Redis(e) => redis_away(e),
        Refused::Database(e) if !e.is_unavailable() => Problem::internal(&e),
        e @ (Refused::Database(_) | Refused::Unknown) => Problem::unavailable(&e),
    }
}

fn redis_away(e: streamly_redis::Error) -> Problem {
    if e.is_unavailable() { Problem::unavailable(&e) } else { Problem::internal(&e) }
}

#[derive(OpenApi)]
#[openapi(
    paths(
        messages::messages,
        messages::delete_message,
        record::record,
        me::set_me,
        pins::pin,
        pins::unpin,
        polls::polls,
        polls::open_poll,
        polls::close_poll,
        polls::vote,
        emotes::global_emotes,
        emotes::room_emotes,
        emotes::add_emote,
        emotes::remove_emote,
        emotes::emote_png,
        images::add_image,
        images::image_bytes,
    ),
    components(schemas(
        messages::Page,
        record::RecordPage,
        me::Me,
        pins::NewPin,
        polls::NewPoll,
        polls::PollEnd,
        polls::Vote,
        emotes::Emotes,
        crate::emotes::Emote,
        crate::images::Image,
        ProblemBody
    ))
)]
struct Document;

/// The OpenAPI document of chat's REST.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut api = Document::openapi();
    api.merge(lists::Document::openapi());
    api.info.title = "Streamly chat".into();
    api
}

#[get("/api/chat/openapi.json")]
async fn openapi_json() -> web::Json<utoipa::openapi::OpenApi> {
    web::Json(openapi())
}

/// All routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(messages::messages).service(messages::delete_message);
    config.service(record::record).service(me::set_me).service(openapi_json);
    config.service(pins::pin).service(pins::unpin);
    config.service(polls::polls).service(polls::open_poll).service(polls::close_poll).service(polls::vote);
    lists::routes(config);
    config
        .service(emotes::global_emotes)
        .service(emotes::room_emotes)
        .service(emotes::add_emote)
        .service(emotes::remove_emote)
        .service(emotes::emote_png)
        .service(images::add_image)
        .service(images::image_bytes);
    config.route("/health", web::get().to(streamly_http::health));
}
