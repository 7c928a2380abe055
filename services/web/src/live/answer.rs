//! Answers of `/live`, whichever way the request came: CORS on everything, errors included (a browser otherwise reports CORS instead of the
//! 404), conditions, Range and HEAD.

use super::outcome::{Failure, Fetched};
use actix_web::{
    HttpResponse, ResponseError,
    http::header::{HeaderName, HeaderValue},
};
use std::{borrow::Cow, time::Duration};
use streamly_http::{Answer, Body, Problem, Result, Wants};
use streamly_status::Code;

/// Every answer has it: any page may play.
pub(crate) const ANY_PAGE: (&str, &str) = ("access-control-allow-origin", "*");
/// How long a viewer's own cache may keep media of a channel that is not open; no other may.
const PRIVATE: &str = "private, max-age=600, immutable";
/// How long any cache may keep other media, unless its origin says something else.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// To whoever asks for what edges ask each other for, and no origin: only settings can mend that.
const CIRCLE: &str = "Edges ask each other in a circle: shields.urls of one leads back to it.";

/// Adds what pages elsewhere may see of an answer, all but refusals of ours.
pub(crate) fn open(answer: Answer) -> Answer {
    answer
        .with("access-control-expose-headers", "Content-Length, Content-Range, Date, ETag")
        .with("timing-allow-origin", "*")
}

/// The same answer where actix-web gets the request.
pub(crate) fn response(outcome: Result<Answer>) -> HttpResponse {
    let mut response: HttpResponse = match outcome {
        Ok(answer) => answer.into(),
        Err(problem) => problem.error_response(),
    };
    let (name, value) = ANY_PAGE;
    response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    response
}

/// What a failed fetch becomes: an origin's own 4xx and 503 pass; 503 where asking again may help; the rest is 502.
pub(crate) fn failure(failure: &Failure) -> Result<Answer> {
    match failure {
        Failure::Refused(f) if matches!(f.status, 400..=499 | 503) => {
            let caching = f.cache_control.clone().unwrap_or(Cow::Borrowed("no-store"));
            let answer = open(Answer::new(f.status, Body::Bytes(f.body.clone())))
                .with("cache-control", caching)
                .with("content-type", f.content_type.clone());
            Ok(match &f.retry_after {
                Some(after) => answer.with("retry-after", after.clone()),
                None => answer,
            })
        }
        Failure::Busy
        | Failure::IndexAway
        | Failure::Moving
        | Failure::Behind
        | Failure::Unreachable
        | Failure::TimedOut => {
            tracing::debug!(cause = %failure, "viewers are asked to come again");
            Err(Problem::new(Code::Unavailable).retry_after(Duration::from_secs(1)))
        }
        Failure::Circle => Err(Problem::new(Code::BadGateway).detail(CIRCLE)),
        failure => {
            tracing::debug!(cause = %failure, "an origin did not serve");
            Err(Problem::new(Code::BadGateway))
        }
    }
}

/// A playlist, as the origin gave it: in gzip to who takes it, or 304 to who has it.
pub(crate) fn playlist(wants: &Wants<'_>, fetched: &Fetched) -> Answer {
    let zips = wants.gzip(fetched.body.len());
    // Each encoding is another representation, with a tag of its own (RFC 9110, 8.8.3).
    let etag = fetched.etag.as_deref().map(|etag| match zips {
        true => format!("{}-gz\"", etag.strip_suffix('"').unwrap_or(etag)),
        false => etag.to_owned(),
    });
    let is_known = etag.as_deref().is_some_and(|etag| wants.knows(etag));
    let answer = match (is_known, zips) {
        (true, _) => Answer::new(304, Body::Empty),
        (false, true) => Answer::new(200, Body::Bytes(fetched.zipped())).with("content-encoding", "gzip"),
        (false, false) => Answer::new(200, Body::Bytes(fetched.body.clone())),
    };
    let answer = open(answer)
        .with("cache-control", fetched.cache_control.clone().unwrap_or(Cow::Borrowed("no-cache")))
        .with("vary", "Accept-Encoding")
        .with("content-type", fetched.content_type.clone());
    match etag {
        Some(etag) => answer.with("etag", etag),
        None => answer,
    }
}

/// A part, segment or init segment: immutable, with one byte range (RFC 9110 §14). `private`: not for caches on the way.
pub(crate) fn media(wants: &Wants<'_>, fetched: &Fetched, private: bool) -> Answer {
    let (whole, total) = (&fetched.body, fetched.body.len());
    let asked = wants.range().map_or(Range::Ignored, |asked| range(asked, total));
    let (answer, place) = match asked {
        Range::Ignored => (Answer::new(200, Body::Bytes(whole.clone())), None),
        Range::Of(from, to) => (
            Answer::new(206, Body::Bytes(whole.slice(from..to))),
            Some(format!("bytes {from}-{}/{total}", to - 1)),
        ),
        Range::Unsatisfiable => (Answer::new(416, Body::Empty), Some(format!("bytes */{total}"))),
    };
    let caching = match &fetched.cache_control {
        _ if private => Cow::Borrowed(PRIVATE),
        Some(said) => said.clone(),
        None => Cow::Borrowed(IMMUTABLE),
    };
    let answer = open(answer)
        .with("cache-control", caching)
        .with("accept-ranges", "bytes")
        .with("content-type", fetched.content_type.clone());
    match place {
        Some(place) => answer.with("content-range", place),
        None => answer,
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
