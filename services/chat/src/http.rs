//! REST of chat. A module for each kind of thing; here is what they share, the routes and the document.

mod audit;
mod bans;
mod blocks;
mod bots;
mod caller;
mod emotes;
mod evidence;
mod holds;
mod images;
mod limits;
mod lists;
mod me;
mod messages;
mod people;
mod pins;
mod polls;
mod record;
mod reports;
mod say;
mod settings;
mod shapes;
mod terms;
mod unban_requests;
mod users;

use crate::{
    directory::{Channel, Failure, Standing},
    frame::Person,
    moderation::{Act, Actor, Done, OUTRANKED, Refused, Why},
    session::Context,
};
use actix_web::{get, web};
pub use caller::look_first;
use caller::{Caller, MaybeCaller};
use std::sync::{Arc, OnceLock};
use streamly_config::Network;
use streamly_http::{Bearer, Problem, ProblemBody, Problems, Result, SettingList};
use streamly_status::Code;
use utoipa::{Modify, OpenApi};

/// What handlers work with; empty until the service is up.
pub struct Rest {
    /// As the sockets have it.
    pub context: OnceLock<Context>,
    /// Proxies whose `X-Forwarded-For` is believed, besides loopback.
    pub proxies: Vec<Network>,
    /// The limits in force.
    pub limits: SettingList,
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

/// The channel, if the caller may see its room; else there is none.
async fn visible(context: &Context, room: &str, who: &MaybeCaller) -> Result<Arc<Channel>> {
    let channel = channel(context, room).await?;
    let may_view = match &who.0 {
        _ if channel.is_open() => true,
        Some(who) => match who.bot() {
            Some(bot) => bot.room == channel.id,
            None => {
                who.person(context).await?;
                context.directory.may_view(&channel, Some(who.id())).await
            }
        },
        None => false,
    };
    if may_view { Ok(channel) } else { Err(Problem::new(Code::Forbidden).detail(NOT_VISIBLE)) }
}

/// What is said of a room that the caller may not see.
const NOT_VISIBLE: &str = "This chat is for those who may watch the channel.";

fn database_away(e: streamly_postgres::Error) -> Problem {
    if e.is_unavailable() { Problem::unavailable(&e) } else { Problem::internal(&e) }
}

/// The channel, and what the caller may do in it now. Refused: accounts that are suspended, tokens that are void, who may not see the room.
async fn actor(context: &Context, room: &str, who: impl Into<Caller>) -> Result<(Arc<Channel>, Actor)> {
    let who = who.into();
    let (channel, standing) = standing(context, room, &who).await?;
    let actor = context.moderation.actor(&channel, who.id(), standing).await;
    Ok((channel, actor))
}

/// The channel, and what the caller is in it, whatever is in force against them. Refused: who may not see its room.
async fn standing(context: &Context, room: &str, who: &Caller) -> Result<(Arc<Channel>, Arc<Standing>)> {
    who.person(context).await?;
    let channel = visible(context, room, &MaybeCaller(Some(who.clone()))).await?;
    let standing = match who.bot() {
        Some(bot) => bot.standing(channel.id),
        None => context.directory.standing(who.id(), &channel).await,
    };
    Ok((channel, standing))
}

impl Actor {
    /// Refused: who does not moderate the room.
    fn moderates(&self) -> Result<()> {
        if self.standing.moderates() { Ok(()) } else { Err(Code::Forbidden.into()) }
    }
}

/// Counts an act and does it.
async fn act(context: &Context, channel: &Channel, actor: &Actor, act: Act, why: &Why) -> Result<Done> {
    if let Some(pace) = &context.pace {
        pace.act(actor.id).await.map_err(|wait| Problem::new(Code::RateLimited).retry_after(wait))?;
    }
    context.moderation.perform(channel, actor, act, why).await.map_err(refused)
}

/// The person of a name or id.
async fn person_named(context: &Context, named: &str) -> Result<Person> {
    context.directory.find(named).await.map(|p| p.person).map_err(|e| match e {
        Failure::NotFound => Code::UserNotFound.into(),
        Failure::Away => Problem::unavailable(&e),
    })
}

/// Why an act was not done, as REST says it.
fn refused(why: Refused) -> Problem {
    match why {
        Refused::Forbidden => Code::Forbidden.into(),
        Refused::OutOfReach => Problem::new(Code::Forbidden).detail("Your role does not reach this person."),
        Refused::Outranked => Problem::new(Code::Forbidden).detail(OUTRANKED),
        Refused::MessageNotFound => Code::MessageNotFound.into(),
        Refused::ActNotFound => Code::ActNotFound.into(),
        Refused::NotUndoable => Code::NotUndoable.into(),
        Refused::Banned => Code::AlreadyBanned.into(),
        Refused::UserNotFound => Code::UserNotFound.into(),
        Refused::TooManyMembers => Code::TooManyMembers.into(),
        Refused::TooFast => Code::RateLimited.into(),
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
        messages::clear,
        settings::read,
        settings::change,
        settings::me,
        bans::list,
        bans::put,
        bans::delete,
        audit::list,
        audit::undo,
        users::card,
        say::say,
        bots::list_bots,
        bots::issue_bot,
        bots::revoke_bot,
        people::people,
        limits::limits,
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
        bans::BanPage,
        bans::NewBan,
        bans::Lift,
        audit::AuditPage,
        say::NewMessage,
        bots::NewBot,
        people::PeoplePage,
        ProblemBody
    ))
)]
struct Document;

/// The OpenAPI document of chat's REST.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut api = Document::openapi();
    api.merge(lists::Document::openapi());
    api.info.title = "Streamly chat".into();
    Bearer("access_token").modify(&mut api);
    Problems.modify(&mut api);
    api
}

#[get("/api/chat/openapi.json")]
async fn openapi_json() -> web::Json<utoipa::openapi::OpenApi> {
    web::Json(openapi())
}

/// All routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(messages::messages).service(messages::delete_message).service(messages::clear);
    config.service(settings::read).service(settings::change).service(settings::me);
    config.service(bans::list).service(bans::put).service(bans::delete);
    config.service(audit::list).service(audit::undo).service(users::card);
    config.service(limits::limits).service(record::record).service(me::set_me).service(openapi_json);
    config.service(pins::pin).service(pins::unpin);
    config.service(polls::polls).service(polls::open_poll).service(polls::close_poll).service(polls::vote);
    config.service(say::say).service(people::people);
    config.service(bots::list_bots).service(bots::issue_bot).service(bots::revoke_bot);
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
