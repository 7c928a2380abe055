//! REST of images: uploading one for a message, and looking at one. Handlers only.

use super::{Rest, actor, caller::Account};
use crate::images::{Image, Refused};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use streamly_http::{Problem, ProblemBody, Result};
use streamly_picture::body as upload;
use streamly_status::Code;
use uuid::Uuid;

/// It never changes, but it may go: not in caches that are shared, and in a browser's for a day.
const FOR_A_DAY: &str = "private, max-age=86400, immutable";

pub(super) fn refused(why: Refused) -> Problem {
    match why {
        Refused::NotFound => Code::ImageNotFound.into(),
        Refused::TooManyUnused => Problem::new(Code::RateLimited)
            .detail("Say something with the images that you uploaded, or wait until they are gone."),
        Refused::NoStorage => upload::no_storage(),
        Refused::Upload(why) => upload::refused(why),
        Refused::Database(e) if !e.is_unavailable() => Problem::internal(&e),
        Refused::Database(e) => Problem::unavailable(&e),
        Refused::Storage(e) => upload::storage_away(&e),
    }
}

/// Uploads an image for one message in this room, where its settings allow images. The body is the picture.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room}/images", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name")),
    request_body(content = Vec<u8>, content_type = "image/*", description = "PNG, JPEG, GIF or WebP; at most 5 MiB and 4096 pixels a side"),
    responses((status = 201, body = Image), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
              (status = 413, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/rooms/{room}/images")]
pub(super) async fn add_image(
    rest: web::Data<Rest>,
    request: HttpRequest,
    room: web::Path<String>,
    who: Account,
    payload: web::Payload,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, actor) = actor(context, &room, &who).await?;
    if !context.settings.of(channel.id).await.images {
        return Err(Code::ImagesOff.into());
    }
    if context.bans.of(channel.id, actor.id).await.is_some() {
        return Err(Code::Forbidden.into());
    }
    let place = context.uploads.admit(actor.id).await.map_err(upload::refused)?;
    let body = upload::collect(&request, payload, context.pictures.image_upload.bytes()).await?;
    let image = context.images.add(channel.id, actor.id, place, body).await.map_err(refused)?;
    Ok(HttpResponse::Created().json(image))
}

/// An image of a message. Whoever has its address may look at it, until its message is gone.
#[utoipa::path(
    get, path = "/api/chat/images/{id}", tag = "chat",
    params(("id" = String, Path, description = "The image's id")),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 304), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
)]
#[get("/api/chat/images/{id}")]
pub(super) async fn image_bytes(
    rest: web::Data<Rest>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    let id: Uuid = id.parse().map_err(|_| Problem::new(Code::ImageNotFound))?;
    let (kind, bytes) = rest.context()?.images.bytes(id).await.map_err(refused)?;
    Ok(upload::answer(&request, &id.to_string(), kind.content_type(), FOR_A_DAY, bytes))
}
