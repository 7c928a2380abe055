//! Pictures of one's own channel, uploaded as the body of a call; and pictures given out. Handlers only.

use crate::{
    app::App,
    channel,
    error::Error,
    pictures::{self, Refused, Use, url},
    store::{
        channels,
        pictures::Stored,
        profile::{self, Place},
    },
};
use actix_web::{HttpRequest, HttpResponse, http::Method, web};
use bytes::Bytes;
use serde::Serialize;
use streamly_auth::access::Claims;
use streamly_http::{Authenticated, Problem};
use streamly_picture::body;
use streamly_status::Code;

/// What is at a picture's address never changes (RFC 8246).
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A picture that was uploaded.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Uploaded {
    /// What a panel names it by.
    id: String,
    /// Where it is, on the web origin.
    url: String,
    /// Pixels.
    width: u32,
    /// Pixels.
    height: u32,
}

impl From<Stored> for Uploaded {
    fn from(p: Stored) -> Self {
        Self { url: url(&p.file), id: p.file, width: p.width, height: p.height }
    }
}

/// Whether a call's body is a picture.
pub fn takes_one(method: &Method, path: &str) -> bool {
    (method == Method::PUT || method == Method::POST)
        && ["/avatar", "/banner", "/pictures", "/picture"].iter().any(|end| path.ends_with(end))
}

/// What a caller is told when nothing came of an upload.
pub fn refused(why: Refused) -> Problem {
    match why {
        Refused::NoStorage => body::no_storage(),
        Refused::Upload(why) => body::refused(why),
        Refused::Storage(e) => body::storage_away(&*e),
        Refused::Other(e) => e.into(),
    }
}

async fn upload(
    app: &App,
    claims: &Claims,
    request: &HttpRequest,
    payload: web::Payload,
    for_what: Use,
) -> Result<(channels::Channel, Stored), Problem> {
    let own = channel::own(app, claims).await?;
    if own.suspended {
        return Err(Code::Forbidden.into());
    }
    let place = app.pictures.admit(claims.sub).await.map_err(refused)?;
    let body: Bytes = body::collect(request, payload, app.config.pictures.upload.bytes()).await?;
    let stored = pictures::add(app, own.id, place, body, for_what).await.map_err(refused)?;
    Ok((own, stored))
}

async fn show(app: &App, own: &channels::Channel, place: Place, file: Option<&str>) -> Result<(), Error> {
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    channels::lock(&tx, own.id).await?;
    profile::set_picture(&tx, own.id, place, file).await?;
    channel::announce_update(app, &tx, own.id).await?;
    tx.commit().await?;
    app.committed.notify_one();
    Ok(())
}

async fn put(
    app: &App,
    claims: &Claims,
    request: &HttpRequest,
    payload: web::Payload,
    place: Place,
) -> Result<HttpResponse, Problem> {
    let for_what = if place == Place::Avatar { Use::Avatar } else { Use::Banner };
    let (own, stored) = upload(app, claims, request, payload, for_what).await?;
    show(app, &own, place, Some(&stored.file)).await?;
    Ok(HttpResponse::Ok().json(Uploaded::from(stored)))
}

async fn delete(app: &App, claims: &Claims, place: Place) -> Result<HttpResponse, Problem> {
    app.limits.edits(&app.redis, claims.sub).await?;
    let own = channel::own(app, claims).await?;
    show(app, &own, place, None).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Puts a picture beside one's name: the middle square of it. The body is the picture.
#[utoipa::path(put, path = "/api/streams/me/avatar", security(("bearer" = [])), request_body(content = Vec<u8>, content_type = "image/*", description = "PNG, JPEG, GIF or WebP; at most 5 MiB and 4096 pixels a side"), responses(
    (status = 200, body = Uploaded), (status = 409, description = "`too_many_pictures`"), (status = 413, description = "`payload_too_large`"),
    (status = 422, description = "`invalid_picture`"), (status = 429, description = "`rate_limited`"), (status = 503, description = "`unavailable`: also where pictures cannot be kept")
))]
pub async fn put_avatar(
    app: web::Data<App>,
    who: Authenticated,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    put(&app, &who.0, &request, payload, Place::Avatar).await
}

/// Takes one's picture away; to have none is fine too.
#[utoipa::path(delete, path = "/api/streams/me/avatar", security(("bearer" = [])), responses((status = 204)))]
pub async fn delete_avatar(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    delete(&app, &who.0, Place::Avatar).await
}

/// Puts a picture above one's channel's page. The body is the picture.
#[utoipa::path(put, path = "/api/streams/me/banner", security(("bearer" = [])), request_body(content = Vec<u8>, content_type = "image/*", description = "PNG, JPEG, GIF or WebP; at most 5 MiB and 4096 pixels a side"), responses(
    (status = 200, body = Uploaded), (status = 409, description = "`too_many_pictures`"), (status = 413, description = "`payload_too_large`"),
    (status = 422, description = "`invalid_picture`"), (status = 429, description = "`rate_limited`"), (status = 503, description = "`unavailable`: also where pictures cannot be kept")
))]
pub async fn put_banner(
    app: web::Data<App>,
    who: Authenticated,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    put(&app, &who.0, &request, payload, Place::Banner).await
}

/// Takes it away; to have none is fine too.
#[utoipa::path(delete, path = "/api/streams/me/banner", security(("bearer" = [])), responses((status = 204)))]
pub async fn delete_banner(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    delete(&app, &who.0, Place::Banner).await
}

/// Uploads a picture for a panel: its `id` goes into the panel's `picture`. One that no panel names goes after a day.
#[utoipa::path(post, path = "/api/streams/me/pictures", security(("bearer" = [])), request_body(content = Vec<u8>, content_type = "image/*", description = "PNG, JPEG, GIF or WebP; at most 5 MiB and 4096 pixels a side"), responses(
    (status = 201, body = Uploaded), (status = 409, description = "`too_many_pictures`"), (status = 413, description = "`payload_too_large`"),
    (status = 422, description = "`invalid_picture`"), (status = 429, description = "`rate_limited`"), (status = 503, description = "`unavailable`: also where pictures cannot be kept")
))]
pub async fn add(
    app: web::Data<App>,
    who: Authenticated,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (_, stored) = upload(&app, &who.0, &request, payload, Use::Panel).await?;
    Ok(HttpResponse::Created().json(Uploaded::from(stored)))
}

/// The bytes of a picture; what is at an address never changes.
#[utoipa::path(get, path = "/api/pictures/{file}", params(("file" = String, Path, description = "As an answer named it")), responses(
    (status = 200, content_type = "image/webp", body = Vec<u8>), (status = 304), (status = 404, description = "`picture_not_found`")
))]
pub async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    file: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (kind, bytes) = pictures::shown(&app, &file).await.map_err(refused)?;
    Ok(body::answer(&request, &file, kind.content_type(), FOR_EVER, bytes))
}
