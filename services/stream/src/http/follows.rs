//! What the caller follows. Nobody sees what others follow; a channel shows how many follow it.

use super::cursor;
use crate::{
    app::App,
    channel, follows,
    names::Asker,
    notices,
    store::follows::{self as table, Followed},
    view::{self, Stream},
};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use streamly_http::{Authenticated, Problem};
use streamly_status::Code;
use time::OffsetDateTime;
use uuid::Uuid;

/// Channels of a page, by default and at most.
const PAGE: u32 = 30;
const MAX_PAGE: u32 = 100;

/// Since when one follows a channel.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Following {
    #[serde(with = "time::serde::rfc3339")]
    followed_at: OffsetDateTime,
    /// Whether one is told when it goes live.
    notify: bool,
}

/// What is to change about a channel that one follows.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct FollowingEdit {
    /// Whether one is told when it goes live.
    notify: Option<bool>,
}

/// Whether one follows a channel.
#[utoipa::path(get, path = "/api/streams/{username}/follow", security(("bearer" = [])), params(("username" = String, Path)), responses(
    (status = 200, body = Following), (status = 404, description = "`not_following`, `channel_not_found`")
))]
pub async fn get(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    from: Asker,
) -> Result<HttpResponse, Problem> {
    let channel = channel::by_name(&app, &path, from).await?;
    let db = app.connection().await?;
    let (followed_at, notify) = table::bell(&db, who.0.sub, channel.id).await?.ok_or(Code::NotFollowing)?;
    Ok(HttpResponse::Ok().json(Following { followed_at, notify }))
}

/// Follows a channel; twice is as once. Who follows again within a day of leaving has never been away.
#[utoipa::path(put, path = "/api/streams/{username}/follow", security(("bearer" = [])), params(("username" = String, Path)), responses(
    (status = 204), (status = 404, description = "`channel_not_found`"), (status = 409, description = "`too_many_follows`"),
    (status = 422, description = "`validation_failed`: one's own channel")
))]
pub async fn put(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    app.limits.follows(&app.redis, who.0.sub).await?;
    follows::follow(&app, who.0.sub, &path).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Follows a channel no more; not to have followed it is fine too.
#[utoipa::path(delete, path = "/api/streams/{username}/follow", security(("bearer" = [])), params(("username" = String, Path)), responses(
    (status = 204), (status = 404, description = "`channel_not_found`")
))]
pub async fn delete(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    app.limits.follows(&app.redis, who.0.sub).await?;
    follows::unfollow(&app, who.0.sub, &path).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Changes whether one is told when a channel that one follows goes live.
#[utoipa::path(patch, path = "/api/streams/me/following/{username}", security(("bearer" = [])), params(("username" = String, Path)), request_body = FollowingEdit, responses(
    (status = 200, body = Following), (status = 404, description = "`not_following`, `channel_not_found`"),
    (status = 429, description = "`rate_limited`")
))]
pub async fn edit(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    body: web::Json<FollowingEdit>,
) -> Result<HttpResponse, Problem> {
    app.limits.notices(&app.redis, who.0.sub).await?;
    if let Some(on) = body.notify {
        notices::set_bell(&app, who.0.sub, &path, on).await?;
    }
    get(app, who, path, Asker::Free).await
}

/// What to list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FollowingQuery {
    /// Only channels that can be watched now.
    #[serde(default)]
    live: bool,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items of a page, 1 to 100.
    limit: Option<u32>,
}
/// A channel that one follows.
#[derive(Serialize, utoipa::ToSchema)]
pub struct FollowedStream {
    #[serde(with = "time::serde::rfc3339")]
    followed_at: OffsetDateTime,
    /// Whether one is told when it goes live.
    notify: bool,
    stream: Stream,
}
/// A page of what one follows.
#[derive(Serialize, utoipa::ToSchema)]
pub struct FollowingPage {
    items: Vec<FollowedStream>,
    next_cursor: Option<String>,
}

fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

/// The item that a cursor names. PostgreSQL knows no time before 4713 BC: none before 1970 is ours.
fn place(text: &str) -> Option<(OffsetDateTime, Uuid)> {
    let (micros, channel) = cursor::parse(text).filter(|(micros, _)| *micros >= 0)?;
    Some((OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()?, channel))
}

/// The channels that one follows, the latest followed first.
#[utoipa::path(get, path = "/api/streams/me/following", security(("bearer" = [])), params(FollowingQuery), responses((status = 200, body = FollowingPage)))]
pub async fn list(
    app: web::Data<App>,
    who: Authenticated,
    query: web::Query<FollowingQuery>,
) -> Result<HttpResponse, Problem> {
    let after = match query.cursor.as_deref().filter(|c| !c.is_empty()) {
        Some(text) => Some(place(text).ok_or(Code::InvalidCursor)?),
        None => None,
    };
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let db = app.connection().await?;
    let mut rows = table::page(&db, who.0.sub, query.live, after, i64::from(limit) + 1).await?;
    drop(db);
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let last = rows.last().filter(|_| more);
    let next_cursor = last.map(|f| cursor::encode(micros(f.followed_at), f.channel.id.0));
    let shown = |f: &Followed| FollowedStream {
        followed_at: f.followed_at,
        notify: f.notify,
        stream: view::for_strangers(&app.config.public_url, &f.channel, f.open.as_ref()),
    };
    let items = rows.iter().map(shown).collect();
    Ok(HttpResponse::Ok().json(FollowingPage { items, next_cursor }))
}
