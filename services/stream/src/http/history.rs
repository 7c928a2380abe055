//! Past broadcasts: one's own with what was counted, for the owner alone, and a channel's for everybody who may know of them.

use super::cursor;
use crate::{
    app::App,
    channel,
    error::Error,
    names::Asker,
    store::history::{self, Past},
    view::history::{self as view, Course, Own, Shown},
    visibility,
};
use actix_web::{HttpResponse, http::header, web};
use serde::{Deserialize, Serialize};
use streamly_auth::access::Claims;
use streamly_domain::BroadcastId;
use streamly_http::{Authenticated, MaybeAuthenticated, Problem};
use streamly_status::Code;
use time::OffsetDateTime;
use uuid::Uuid;

/// Broadcasts of a page, by default and at most.
const PAGE: u32 = 20;
const MAX_PAGE: u32 = 100;

/// What to list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PastQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items of a page, 1 to 100.
    limit: Option<u32>,
}

impl PastQuery {
    /// How many, and before which. Errors: the cursor is none of ours.
    fn read(&self) -> Result<(i64, Option<Uuid>), Problem> {
        let limit = i64::from(self.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE));
        let Some(text) = self.cursor.as_deref() else { return Ok((limit, None)) };
        let (_, before) = cursor::parse(text).ok_or(Code::InvalidCursor)?;
        Ok((limit, Some(before)))
    }
}

/// The cursor after a page; `found` has one more than fits if there are more.
fn next(found: &mut Vec<Past>, limit: i64) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or_default();
    if found.len() <= limit {
        return None;
    }
    found.truncate(limit);
    found.last().map(|past| cursor::encode(0, past.id.0))
}

/// A page of one's own broadcasts.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OwnPage {
    items: Vec<Own>,
    next_cursor: Option<String>,
}

/// One's own broadcasts, the newest first, also the one that runs.
#[utoipa::path(get, path = "/api/streams/me/broadcasts", security(("bearer" = [])), params(PastQuery), responses((status = 200, body = OwnPage)))]
pub async fn list_own(
    app: web::Data<App>,
    who: Authenticated,
    query: web::Query<PastQuery>,
) -> Result<HttpResponse, Problem> {
    let (limit, before) = query.read()?;
    let channel = channel::own(&app, &who.0).await?;
    let db = app.connection().await?;
    let mut found = history::own(&db, channel.id, before, limit + 1).await?;
    drop(db);
    let (next_cursor, now) = (next(&mut found, limit), OffsetDateTime::now_utc());
    let items = found.into_iter().map(|past| view::own(past, now)).collect();
    Ok(HttpResponse::Ok().json(OwnPage { items, next_cursor }))
}

/// One of one's own broadcasts with its minutes. Errors: `broadcast_not_found`, whoever's it is.
async fn read(app: &App, who: &Claims, id: &str) -> Result<(Past, Vec<history::Minute>), Error> {
    let id: BroadcastId = id.parse().map_err(|_| Code::BroadcastNotFound)?;
    let channel = channel::own(app, who).await?;
    let db = app.connection().await?;
    let past = history::one(&db, channel.id, id).await?.ok_or(Code::BroadcastNotFound)?;
    let minutes = history::minutes(&db, id, 0).await?;
    Ok((past, minutes))
}

/// One of one's own broadcasts, minute by minute.
#[utoipa::path(get, path = "/api/streams/me/broadcasts/{id}", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 200, body = Course), (status = 404, description = "`broadcast_not_found`")
))]
pub async fn get_own(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (past, minutes) = read(&app, &who.0, &path).await?;
    Ok(HttpResponse::Ok().json(view::course(past, &minutes, OffsetDateTime::now_utc())))
}

/// The same as a table for other programs.
#[utoipa::path(get, path = "/api/streams/me/broadcasts/{id}/minutes.csv", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 200, body = String, content_type = "text/csv"), (status = 404, description = "`broadcast_not_found`")
))]
pub async fn minutes_csv(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (past, minutes) = read(&app, &who.0, &path).await?;
    let name = format!("attachment; filename=\"broadcast-{}.csv\"", past.id);
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(view::csv(&minutes)))
}

/// A page of a channel's past broadcasts.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ShownPage {
    items: Vec<Shown>,
    next_cursor: Option<String>,
}

/// A channel's past broadcasts, the newest first; none where its owner does not show them. Those made while the channel was private are left
/// out, also when it is not any more.
#[utoipa::path(get, path = "/api/streams/{username}/broadcasts", security((), ("bearer" = [])), params(("username" = String, Path), PastQuery), responses(
    (status = 200, body = ShownPage), (status = 404, description = "`channel_not_found`")
))]
pub async fn list(
    app: web::Data<App>,
    who: MaybeAuthenticated,
    path: web::Path<String>,
    query: web::Query<PastQuery>,
    from: Asker,
) -> Result<HttpResponse, Problem> {
    let (limit, before) = query.read()?;
    let channel = visibility::told(&app, &path, who.0.map(|claims| claims.sub), from).await?;
    let mut found = Vec::new();
    if channel.show_broadcasts {
        let db = app.connection().await?;
        found = history::shown(&db, channel.id, before, limit + 1).await?;
    }
    let (next_cursor, now) = (next(&mut found, limit), OffsetDateTime::now_utc());
    let items = found.into_iter().map(|past| view::shown(past, now)).collect();
    Ok(HttpResponse::Ok().json(ShownPage { items, next_cursor }))
}
