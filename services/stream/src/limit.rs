//! How often one person may make keys, see them, or change their channel. Off with `rate_limits = false`.

use crate::error::Error;
use std::{num::NonZeroU32, time::Duration};
use streamly_domain::UserId;
use streamly_redis::{Limit, Redis};

/// Keys made, shown and rotated: ten at once, then one in ten seconds. Each is a secret in an answer.
const KEYS: (u32, Duration) = (10, Duration::from_secs(10));
/// Changes of a channel: twenty at once, then one in two seconds. Each is pushed to every viewer.
const EDITS: (u32, Duration) = (20, Duration::from_secs(2));

/// The limits of this service.
#[derive(Debug)]
pub struct Limits {
    keys: Limit,
    edits: Limit,
    on: bool,
}

impl Limits {
    /// `on` false lets everything through.
    pub fn new(on: bool) -> Self {
        let limit = |what, (burst, interval): (u32, Duration)| {
            Limit::new("stream", what, interval, NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN))
        };
        Self { keys: limit("keys", KEYS), edits: limit("edits", EDITS), on }
    }
    /// One key made, shown or rotated. Errors: [`Error::Limited`].
    pub async fn keys(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.keys, redis, who).await
    }
    /// One change of a channel. Errors: [`Error::Limited`].
    pub async fn edits(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.edits, redis, who).await
    }
    async fn take(&self, limit: &Limit, redis: &Redis, who: UserId) -> Result<(), Error> {
        if !self.on {
            return Ok(());
        }
        limit.take(redis, &who.to_string()).await.map_err(|limited| {
            metrics::counter!("streamly_stream_rate_limited_total", "what" => limit.what()).increment(1);
            Error::Limited(limited.retry_after)
        })
    }
}
