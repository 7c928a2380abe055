//! Bodies that are pictures: read within their size and time, and what is said when nothing comes of them; and how pictures are given out.

use crate::{Invalid, uploads};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
    web,
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use std::time::Duration;
use streamly_http::Problem;
use streamly_status::Code;
use tokio::time::{Instant, timeout_at};

/// A body must have arrived by then. Without it slow ones hold all places.
const PATIENCE: Duration = Duration::from_secs(20);

/// The whole body, of at most `max` bytes. Errors: it is larger, late or cut off.
pub async fn collect(request: &HttpRequest, mut payload: web::Payload, max: u64) -> Result<Bytes, Problem> {
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let too_large = || {
        Problem::new(Code::PayloadTooLarge).detail(format!("A picture has at most {} KiB here.", max >> 10))
    };
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|n| n > max) {
        return Err(too_large());
    }
    let deadline = Instant::now() + PATIENCE;
    let mut body = BytesMut::with_capacity(announced.unwrap_or_default().min(max));
    loop {
        match timeout_at(deadline, payload.next()).await {
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(Ok(chunk))) if body.len() + chunk.len() <= max => body.extend_from_slice(&chunk),
            Ok(Some(Ok(_))) => return Err(too_large()),
            Ok(Some(Err(_))) => return Err(Code::MalformedRequest.into()),
            Err(_) => {
                return Err(
                    Problem::new(Code::MalformedRequest).detail("The picture did not arrive in time.")
                );
            }
        }
    }
}

/// Why nothing came of an upload.
pub fn refused(why: uploads::Refused) -> Problem {
    match why {
        uploads::Refused::TooFast(after) => Problem::new(Code::RateLimited).retry_after(after),
        uploads::Refused::Busy => Problem::new(Code::Unavailable).retry_after(Duration::from_secs(3)),
        uploads::Refused::Invalid(Invalid::Format) => {
            Problem::new(Code::InvalidPicture).detail("Send a PNG, JPEG, GIF or WebP picture.")
        }
        uploads::Refused::Invalid(Invalid::TooLarge) => Problem::new(Code::InvalidPicture)
            .detail("The picture has too many pixels: at most 4096 a side, and 100 million in all frames of an animation."),
        uploads::Refused::Invalid(Invalid::Damaged) => {
            Problem::new(Code::InvalidPicture).detail("The picture is damaged: it could not be read to its end.")
        }
    }
}

/// No place to keep pictures.
pub fn no_storage() -> Problem {
    Problem::new(Code::Unavailable).detail("This platform has no storage for pictures.")
}

/// The place of pictures is full, or does not answer; why is in the log.
pub fn storage_away(cause: &(dyn std::error::Error + 'static)) -> Problem {
    Problem::unavailable(cause).detail(
        "Pictures cannot be kept or read at the moment; what there is stays as it is. Try again later.",
    )
}

/// The bytes at `id`, which never change: for the browser's cache, and for nothing but an `<img>`.
pub fn answer(
    request: &HttpRequest,
    id: &str,
    content_type: &'static str,
    cache: &'static str,
    bytes: Bytes,
) -> HttpResponse {
    let etag = format!("\"{id}\"");
    let asked =
        request.headers().get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let is_known = asked.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag);
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static(cache)))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; sandbox",
        ));
    if is_known {
        return answer.finish();
    }
    answer.content_type(content_type).body(bytes)
}
