//! Notices of live channels: one's list, what one has seen, and where one wants to be told. The bell of a single channel is `follows`',
//! browsers for Web Push are `browsers`', the link in mails is `stop_mails`'.

use super::{browsers, resource, stop_mails};
use crate::{
    app::App,
    notices::{self, page, page::Told},
    store::notices::{self as table, Change, Settings},
};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use streamly_http::{Authenticated, Problem};
use time::OffsetDateTime;

/// Routes of all that is about notices.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/api/streams/me/notices").route(web::get().to(list)))
        .service(resource("/api/streams/me/notices/seen").route(web::post().to(see)))
        .service(
            resource("/api/streams/me/notices/settings")
                .route(web::get().to(settings))
                .route(web::patch().to(change)),
        )
        .service(
            resource("/api/streams/me/notices/browsers")
                .route(web::get().to(browsers::list))
                .route(web::post().to(browsers::add)),
        )
        .service(resource("/api/streams/me/notices/browsers/test").route(web::post().to(browsers::test)))
        .service(resource("/api/streams/me/notices/browsers/{id}").route(web::delete().to(browsers::remove)))
        .service(
            resource("/api/streams/me/notices/stop/{token}")
                .route(web::get().to(stop_mails::page))
                .route(web::post().to(stop_mails::stop)),
        );
}

/// One's notices.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NoticeList {
    /// The newest first, at most 50.
    items: Vec<Told>,
    /// What began until then is no news any more; null: all of it is.
    #[serde(with = "time::serde::rfc3339::option")]
    seen_at: Option<OffsetDateTime>,
    /// How many are news; 0 while notices in the page are off.
    unread: usize,
}

/// Channels that one follows and that went live in the last days, the newest first; those whose bell is off are not among them.
#[utoipa::path(get, path = "/api/streams/me/notices", security(("bearer" = [])), responses((status = 200, body = NoticeList)))]
pub async fn list(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let db = app.connection().await?;
    let settings = table::settings(&db, who.0.sub).await?;
    drop(db);
    let items = page::list(&app, who.0.sub, false).await?;
    let is_news = |told: &&Told| settings.page && settings.seen_at.is_none_or(|seen| told.began_after(seen));
    let unread = items.iter().filter(is_news).count();
    Ok(HttpResponse::Ok().json(NoticeList { items, seen_at: settings.seen_at, unread }))
}

/// What one has seen.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[schema(as = SeenNotices)]
pub struct Seen {
    /// What began until then; none: until now.
    #[serde(default, with = "time::serde::rfc3339::option")]
    until: Option<OffsetDateTime>,
}

/// Says that one has seen one's notices; it never goes back.
#[utoipa::path(post, path = "/api/streams/me/notices/seen", security(("bearer" = [])), request_body = Seen, responses(
    (status = 200, body = NoticeSettings), (status = 429, description = "`rate_limited`")
))]
pub async fn see(
    app: web::Data<App>,
    who: Authenticated,
    body: web::Json<Seen>,
) -> Result<HttpResponse, Problem> {
    app.limits.notices(&app.redis, who.0.sub).await?;
    let now = notices::see(&app, who.0.sub, body.until).await?;
    Ok(HttpResponse::Ok().json(NoticeSettings::of(now)))
}

/// Where one wants to be told.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NoticeSettings {
    /// In the page.
    page: bool,
    /// By Web Push, in the browsers that one subscribed.
    push: bool,
    /// By mail, to a confirmed address.
    mail: bool,
    /// What began until then is no news any more.
    #[serde(with = "time::serde::rfc3339::option")]
    seen_at: Option<OffsetDateTime>,
}

impl NoticeSettings {
    fn of(settings: Settings) -> Self {
        let Settings { page, push, mail, seen_at } = settings;
        Self { page, push, mail, seen_at }
    }
}

/// What is to change; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NoticeEdit {
    page: Option<bool>,
    push: Option<bool>,
    mail: Option<bool>,
}

/// Where one wants to be told.
#[utoipa::path(get, path = "/api/streams/me/notices/settings", security(("bearer" = [])), responses((status = 200, body = NoticeSettings)))]
pub async fn settings(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let db = app.connection().await?;
    let settings = table::settings(&db, who.0.sub).await?;
    Ok(HttpResponse::Ok().json(NoticeSettings::of(settings)))
}

/// Changes where one wants to be told.
#[utoipa::path(patch, path = "/api/streams/me/notices/settings", security(("bearer" = [])), request_body = NoticeEdit, responses(
    (status = 200, body = NoticeSettings), (status = 429, description = "`rate_limited`")
))]
pub async fn change(
    app: web::Data<App>,
    who: Authenticated,
    body: web::Json<NoticeEdit>,
) -> Result<HttpResponse, Problem> {
    app.limits.notices(&app.redis, who.0.sub).await?;
    let change = Change { page: body.page, push: body.push, mail: body.mail };
    let now = notices::change(&app, who.0.sub, change).await?;
    Ok(HttpResponse::Ok().json(NoticeSettings::of(now)))
}
