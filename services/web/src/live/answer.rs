//! Answers of `/live`: CORS on everything, errors included (a browser otherwise reports CORS instead of the 404), Range and HEAD.

use super::outcome::{Failure, Fetched};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError,
    body::{BodySize, MessageBody},
    http::{StatusCode, header},
};
use bytes::Bytes;
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use streamly_http::{Problem, encoding};
use streamly_status::Code;

/// Adds what every answer of `/live` has.
pub(crate) fn open(builder: &mut HttpResponseBuilder) {
    builder
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::ACCESS_CONTROL_EXPOSE_HEADERS, "Content-Length, Content-Range, Date, ETag"))
        .insert_header(("timing-allow-origin", "*"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
}

/// A problem with CORS.
pub(crate) fn problem(problem: &Problem) -> HttpResponse {
    let mut response = problem.error_response();
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, header::HeaderValue::from_static("*"));
    response
}

/// What a failed fetch becomes: an origin's own 4xx and 503 pass; 503 where asking again may help; the rest is 502.
pub(crate) fn failure(e: &Failure) -> HttpResponse {
    match e {
        Failure::Refused(f) if matches!(f.status, 400..=499 | 503) => {
            let mut builder =
                HttpResponse::build(StatusCode::from_u16(f.status).unwrap_or(StatusCode::BAD_GATEWAY));
            open(&mut builder);
            builder.insert_header((header::CACHE_CONTROL, f.cache_control.as_deref().unwrap_or("no-store")));
            if let Some(after) = &f.retry_after {
                builder.insert_header((header::RETRY_AFTER, after.as_str()));
            }
            builder.content_type(f.content_type.as_str()).body(f.body.clone())
        }
        Failure::Busy
        | Failure::IndexAway
        | Failure::Moving
        | Failure::Behind
        | Failure::Unreachable
        | Failure::TimedOut => {
            tracing::debug!(cause = %e, "viewers are asked to come again");
            problem(&Problem::new(Code::Unavailable).retry_after(Duration::from_secs(1)))
        }
        e => {
            tracing::debug!(cause = %e, "an origin did not serve");
            problem(&Problem::new(Code::BadGateway))
        }
    }
}

/// A playlist, as the origin gave it: in gzip to who takes it, or 304 to who has it.
pub(crate) fn playlist(request: &HttpRequest, fetched: &Fetched) -> HttpResponse {
    let headers = request.headers();
    let zipped =
        if encoding::takes_gzip(headers, fetched.body.len()) { Some(fetched.zipped()) } else { None };
    let mut builder = HttpResponse::Ok();
    open(&mut builder);
    builder
        .insert_header((header::CACHE_CONTROL, fetched.cache_control.as_deref().unwrap_or("no-cache")))
        .insert_header((header::VARY, "Accept-Encoding"))
        .content_type(fetched.content_type.as_str());
    if let Some(etag) = &fetched.etag {
        // Each encoding is another representation, with a tag of its own (RFC 9110, 8.8.3).
        let etag = match &zipped {
            Some(_) => format!("{}-gz\"", etag.strip_suffix('"').unwrap_or(etag)),
            None => etag.clone(),
        };
        builder.insert_header((header::ETAG, etag.as_str()));
        if encoding::is_known(headers, &etag) {
            return builder.status(StatusCode::NOT_MODIFIED).finish();
        }
    }
    match zipped {
        Some(bytes) => builder.insert_header((header::CONTENT_ENCODING, "gzip")).body(bytes),
        None => builder.body(fetched.body.clone()),
    }
}

/// How long a viewer's own cache may keep media of a channel that is not open; no other may.
const PRIVATE: &str = "private, max-age=600, immutable";

/// A part, segment or init segment: immutable, with one byte range (RFC 9110 §14). `private`: not for caches on the way.
pub(crate) fn media(request: &HttpRequest, fetched: &Fetched, private: bool) -> HttpResponse {
    let total = fetched.body.len();
    let mut builder = HttpResponse::Ok();
    open(&mut builder);
    builder
        .insert_header((
            header::CACHE_CONTROL,
            match &fetched.cache_control {
                _ if private => PRIVATE,
                Some(said) => said,
                None => "public, max-age=31536000, immutable",
            },
        ))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .content_type(fetched.content_type.as_str());
    let asked = request.headers().get(header::RANGE).and_then(|v| v.to_str().ok());
    match asked.map(|r| range(r, total)) {
        None | Some(Range::Ignored) => builder.body(Slices(fetched.body.clone())),
        Some(Range::Of(from, to)) => {
            builder
                .status(StatusCode::PARTIAL_CONTENT)
                .insert_header((header::CONTENT_RANGE, format!("bytes {from}-{}/{total}", to - 1)));
            builder.body(Slices(fetched.body.slice(from..to)))
        }
        Some(Range::Unsatisfiable) => {
            builder
                .status(StatusCode::RANGE_NOT_SATISFIABLE)
                .insert_header((header::CONTENT_RANGE, format!("bytes */{total}")));
            builder.body(Bytes::new())
        }
    }
}

/// Sent a slice at a time: the server copies what it is given into its write buffer, so a viewer who does not read costs one slice.
struct Slices(Bytes);

/// Bytes given to the server at once.
const SLICE: usize = 32 << 10;

impl MessageBody for Slices {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let n = self.0.len().min(SLICE);
        Poll::Ready((n > 0).then(|| Ok(self.0.split_to(n))))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Range {
    /// Half-open.
    Of(usize, usize),
    /// Not one simple range: the whole is served, as RFC 9110 allows.
    Ignored,
    Unsatisfiable,
}

fn range(text: &str, total: usize) -> Range {
    let Some((from, to)) = text.strip_prefix("bytes=").and_then(|r| r.split_once('-')) else {
        return Range::Ignored;
    };
    let (from, to) = (from.trim(), to.trim());
    if from.is_empty() {
        return match to.parse::<usize>() {
            Ok(0) => Range::Unsatisfiable,
            Ok(n) if total > 0 => Range::Of(total.saturating_sub(n), total),
            Ok(_) => Range::Unsatisfiable,
            Err(_) => Range::Ignored,
        };
    }
    let last = if to.is_empty() { Ok(usize::MAX) } else { to.parse::<usize>() };
    match (from.parse::<usize>(), last) {
        (Ok(from), Ok(to)) if from <= to && from < total => Range::Of(from, to.saturating_add(1).min(total)),
        (Ok(from), Ok(to)) if from <= to => Range::Unsatisfiable,
        _ => Range::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::{Range, range};
    use proptest::prelude::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        assert_eq!(range("bytes=0-3", 10), Range::Of(0, 4));
        assert_eq!(range("bytes=5-", 10), Range::Of(5, 10));
        assert_eq!(range("bytes=-4", 10), Range::Of(6, 10));
        assert_eq!(range("bytes=10-", 10), Range::Unsatisfiable);
        for whole in ["bytes=1-2,4-5", "lines=1-2", "bytes=3-1", "bytes=a-b"] {
            assert_eq!(range(whole, 10), Range::Ignored, "{whole}");
        }
    }

    proptest! {
        #[test]
        fn a_range_is_never_outside_the_object(text in "(bytes=)?[0-9]{0,25}-?[0-9]{0,25}", total in 0usize..100) {
            if let Range::Of(from, to) = range(&text, total) {
                prop_assert!(from < to && to <= total);
            }
        }
    }
}
