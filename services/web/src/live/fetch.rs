//! One GET, of an origin or of a shield, and its answer, whole: within a bound of bytes and the client's bounds of time.
//!
//! It judges no status and keeps nothing (`origin` does). Where there is no usable answer it says why, not what that means for who asked.

use super::outcome::{Failure, Fetched};
use bytes::BytesMut;
use futures_util::StreamExt;
use std::{borrow::Cow, time::Duration};
use streamly_http::Holder;

/// What origins say again and again of what they give out: each answer here says it too, without a copy.
const USUAL: [&str; 7] = [
    "application/vnd.apple.mpegurl",
    "video/mp4",
    "image/jpeg",
    "public, max-age=31536000, immutable",
    "public, max-age=1",
    "private, no-cache",
    "no-cache",
];

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) url: &'a str,
    /// Shown in `Authorization`.
    pub(super) grant: Option<&'a str>,
    /// Of a shield; none: of an origin.
    pub(super) shield: Option<ToShield>,
}

/// What a shield is told beside the URL.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToShield {
    /// Whom the request counts for, there too.
    pub(super) holder: Holder,
    /// It must have answered by then.
    pub(super) within: Duration,
}

/// The answer, of whatever status, with at most `max` bytes.
pub(super) async fn fetch(client: &reqwest::Client, call: Call<'_>, max: usize) -> Result<Fetched, Failure> {
    let failed = |e: reqwest::Error| if e.is_connect() { Failure::Unreachable } else { Failure::TimedOut };
    let mut request = client.get(call.url);
    if let Some(token) = call.grant {
        request = request.bearer_auth(token);
    }
    if let Some(ToShield { holder, within }) = call.shield {
        request = request.header("x-forwarded-for", holder.to_string()).timeout(within);
    }
    let response = request.send().await.map_err(failed)?;
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
    let content_type = usual(header("content-type").unwrap_or("application/octet-stream"));
    let cache_control = header("cache-control").map(usual);
    let (etag, retry_after) = (header("etag").map(str::to_owned), header("retry-after").map(str::to_owned));
    let announced = response.content_length().unwrap_or(0);
    if announced > max as u64 {
        return Err(Failure::TooLarge);
    }
    let mut body = BytesMut::with_capacity(usize::try_from(announced).unwrap_or(0));
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(failed)?;
        if body.len() + chunk.len() > max {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    let zipped = Default::default();
    Ok(Fetched { status, content_type, cache_control, etag, retry_after, body: body.freeze(), zipped })
}

fn usual(said: &str) -> Cow<'static, str> {
    match USUAL.into_iter().find(|usual| *usual == said) {
        Some(usual) => Cow::Borrowed(usual),
        None => Cow::Owned(said.to_owned()),
    }
}
