//! What came back: status, header fields, and the beginning of the body. A body that stalls or never ends spoils no status that was said.

use super::{HeaderMap, KEPT, StatusCode};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::time::Instant;

/// Longest wait for the kept part of a body once the status is there.
const BODY: Duration = Duration::from_secs(3);

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Any.
    pub status: StatusCode,
    /// All fields.
    pub headers: HeaderMap,
    /// The first [`KEPT`] bytes at most.
    pub body: Bytes,
}

/// Reads the kept part; the connection ends with it.
pub(super) async fn read(answered: http::Response<hyper::body::Incoming>, until: Instant) -> Answer {
    let (head, mut rest) = answered.into_parts();
    let mut body = BytesMut::new();
    let reading = async {
        while body.len() < KEPT
            && let Some(Ok(frame)) = rest.frame().await
        {
            let Ok(data) = frame.into_data() else { continue };
            body.extend_from_slice(&data[..data.len().min(KEPT - body.len())]);
        }
    };
    let _ = tokio::time::timeout_at(until.min(Instant::now() + BODY), reading).await;
    Answer { status: head.status, headers: head.headers, body: body.freeze() }
}
