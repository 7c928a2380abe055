//! Schedules: one's own, everybody's, and as a calendar feed.

use crate::{
    app::App,
    channel,
    error::Error,
    names::Asker,
    schedule::{self, Entry, Occurrence, Planned},
    store::{channels, schedule as table},
    visibility,
};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use streamly_http::{Authenticated, MaybeAuthenticated, Problem};
use streamly_status::FieldError;
use time::OffsetDateTime;

/// How a channel means to be live.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnSchedule {
    /// Whose clocks the entries go by: `Europe/Berlin`, or `UTC`.
    time_zone: String,
    /// At most 20.
    entries: Vec<Entry>,
}

/// What is planned.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Upcoming {
    /// On whose clocks it stays at the same time of the day.
    time_zone: String,
    /// The next first, for eight weeks.
    items: Vec<Occurrence>,
}

fn shown(time_zone: String, entries: &[Planned]) -> OwnSchedule {
    OwnSchedule { time_zone, entries: entries.iter().map(Planned::entry).collect() }
}

/// One's own schedule, as one wrote it.
#[utoipa::path(get, path = "/api/streams/me/schedule", security(("bearer" = [])), responses((status = 200, body = OwnSchedule)))]
pub async fn own(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let own = channel::own(&app, &who.0).await?;
    let db = app.connection().await?;
    let (zone, entries) = table::find(&db, own.id).await?;
    Ok(HttpResponse::Ok().json(shown(zone, &entries)))
}

/// Puts a schedule in the place of one's own.
#[utoipa::path(put, path = "/api/streams/me/schedule", security(("bearer" = [])), request_body = OwnSchedule, responses(
    (status = 200, body = OwnSchedule), (status = 422, description = "`validation_failed`"), (status = 429, description = "`rate_limited`")
))]
pub async fn put(
    app: web::Data<App>,
    who: Authenticated,
    body: web::Json<OwnSchedule>,
) -> Result<HttpResponse, Problem> {
    let mut errors = Vec::new();
    let entries = schedule::entries(&body.entries, &mut errors);
    let zone = body.time_zone.trim();
    let no_zone = || FieldError {
        field: "time_zone".into(),
        code: "invalid",
        detail: "The name of a time zone, such as Europe/Berlin.".into(),
    };
    if !schedule::may_be_zone(zone) {
        errors.push(no_zone());
    }
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    app.limits.edits(&app.redis, who.0.sub).await?;
    let own = channel::own(&app, &who.0).await?;
    let mut db = app.connection().await?;
    if !table::is_zone(&db, zone).await? {
        return Err(Problem::fields(vec![no_zone()]));
    }
    let replacing = async {
        let tx = db.transaction().await?;
        channels::lock(&tx, own.id).await?;
        table::replace(&tx, own.id, zone, &entries).await?;
        let now = table::find(&tx, own.id).await?;
        tx.commit().await?;
        Ok::<_, Error>(now)
    };
    let (zone, entries) = replacing.await?;
    Ok(HttpResponse::Ok().json(shown(zone, &entries)))
}

/// What a channel plans, for eight weeks.
#[utoipa::path(get, path = "/api/streams/{username}/schedule", security((), ("bearer" = [])), params(("username" = String, Path)), responses(
    (status = 200, body = Upcoming), (status = 404, description = "`channel_not_found`")
))]
pub async fn get(
    app: web::Data<App>,
    who: MaybeAuthenticated,
    path: web::Path<String>,
    from: Asker,
) -> Result<HttpResponse, Problem> {
    let channel = visibility::told(&app, &path, who.0.map(|claims| claims.sub), from).await?;
    let db = app.connection().await?;
    let (time_zone, _) = table::find(&db, channel.id).await?;
    let items = table::upcoming(&db, channel.id, schedule::horizon()).await?;
    Ok(HttpResponse::Ok().json(Upcoming { time_zone, items }))
}

/// The same as a calendar that programs subscribe to (RFC 5545).
#[utoipa::path(get, path = "/api/streams/{username}/schedule.ics", params(("username" = String, Path)), responses(
    (status = 200, content_type = "text/calendar", body = String), (status = 404, description = "`channel_not_found`")
))]
pub async fn feed(
    app: web::Data<App>,
    path: web::Path<String>,
    from: Asker,
) -> Result<HttpResponse, Problem> {
    // Calendars have no account.
    let channel = visibility::told(&app, &path, None, from).await?;
    let db = app.connection().await?;
    let items = table::upcoming(&db, channel.id, schedule::horizon()).await?;
    let page = format!("{}/{}", app.config.public_url.trim_end_matches('/'), channel.username);
    let text = schedule::calendar(&page, &channel.display_name, OffsetDateTime::now_utc(), &items);
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header(("cache-control", "public, max-age=300"))
        .insert_header(("content-disposition", format!("inline; filename=\"{}.ics\"", channel.username)))
        .body(text))
}
