//! How often one person may make keys, see them, change their channel and its members, follow others, set their notices, have webhooks asked,
//! begin to publish, or try a channel's password. Off with `rate_limits = false`.

use crate::error::Error;
use std::{num::NonZeroU32, time::Duration};
use streamly_domain::{ChannelId, UserId};
use streamly_redis::{Limit, Redis};
use uuid::Uuid;

/// Keys made, shown and rotated: ten at once, then one in ten seconds. Each is a secret in an answer.
const KEYS: (u32, Duration) = (10, Duration::from_secs(10));
/// Changes of a channel: twenty at once, then one in two seconds. Each is pushed to every viewer.
const EDITS: (u32, Duration) = (20, Duration::from_secs(2));
/// Changes of categories: sixty at once, then one in two seconds. Each may move many channels.
const CATEGORIES: (u32, Duration) = (60, Duration::from_secs(2));
/// Roles given and taken: thirty at once, then one in two seconds. Each is told to every node of chat.
const MEMBERS: (u32, Duration) = (30, Duration::from_secs(2));
/// Tests and messages sent again to webhooks: ten at once, then one in five seconds. Each is a request to somebody.
const SENDINGS: (u32, Duration) = (10, Duration::from_secs(5));
/// Channels followed and left: thirty at once, then one in three seconds. Each new one is shown in a room.
const FOLLOWS: (u32, Duration) = (30, Duration::from_secs(3));
/// Changes of notices: thirty at once, then one in two seconds. Each is told to open pages.
const NOTICES: (u32, Duration) = (30, Duration::from_secs(2));
/// Browsers subscribed and tried: ten at once, then one in ten seconds. Each may cause requests to addresses that a person chose.
const BROWSERS: (u32, Duration) = (10, Duration::from_secs(10));
/// Passwords tried on one channel by one signed-in user: ten at once, then one in ten seconds.
const PASSWORDS: (u32, Duration) = (10, Duration::from_secs(10));
/// The same by all who are not signed in, together: addresses are cheap. Who has a token goes on whatever others try.
const STRANGERS: (u32, Duration) = (60, Duration::from_secs(2));
/// How long, and of how many attempts to publish, it is remembered whether they were in time: well over the 20 s for which ingest asks
/// again under the same attempt.
const ATTEMPTS: (Duration, u64) = (Duration::from_secs(60), 10_000);

/// The limits of this service.
#[derive(Debug)]
pub struct Limits {
    keys: Limit,
    edits: Limit,
    categories: Limit,
    members: Limit,
    follows: Limit,
    notices: Limit,
    browsers: Limit,
    sendings: Limit,
    publishes: Limit,
    passwords: Limit,
    strangers: Limit,
    attempts: moka::future::Cache<Uuid, bool>,
    on: bool,
}

impl Limits {
    /// `publishes`: at once, then one in that time. `on` false lets everything through.
    pub fn new(on: bool, publishes: (u32, Duration)) -> Self {
        let limit = |what, (burst, interval): (u32, Duration)| {
            Limit::new("stream", what, interval, NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN))
        };
        let (remembered, most) = ATTEMPTS;
        Self {
            keys: limit("keys", KEYS),
            edits: limit("edits", EDITS),
            categories: limit("categories", CATEGORIES),
            members: limit("members", MEMBERS),
            follows: limit("follows", FOLLOWS),
            notices: limit("notices", NOTICES),
            browsers: limit("browsers", BROWSERS),
            sendings: limit("sendings", SENDINGS),
            publishes: limit("publishes", publishes),
            passwords: limit("passwords", PASSWORDS),
            strangers: limit("strangers", STRANGERS),
            attempts: moka::future::Cache::builder().max_capacity(most).time_to_live(remembered).build(),
            on,
        }
    }
    /// One key made, shown or rotated. Errors: [`Error::Limited`].
    pub async fn keys(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.keys, redis, &who.to_string()).await
    }
    /// One change of a channel. Errors: [`Error::Limited`].
    pub async fn edits(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.edits, redis, &who.to_string()).await
    }
    /// One change of categories. Errors: [`Error::Limited`].
    pub async fn categories(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.categories, redis, &who.to_string()).await
    }
    /// One role given or taken by `who`, in whatever channel. Errors: [`Error::Limited`].
    pub async fn members(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.members, redis, &who.to_string()).await
    }
    /// One channel followed or left. Errors: [`Error::Limited`].
    pub async fn follows(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.follows, redis, &who.to_string()).await
    }
    /// One change of a person's notices. Errors: [`Error::Limited`].
    pub async fn notices(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.notices, redis, &who.to_string()).await
    }

    /// One browser subscribed or tried. Errors: [`Error::Limited`].
    pub async fn browsers(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.browsers, redis, &who.to_string()).await
    }

    /// One test, or one delivery sent again. Errors: [`Error::Limited`].
    pub async fn sendings(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.sendings, redis, &who.to_string()).await
    }
    /// One password tried on a channel. Errors: [`Error::Limited`].
    pub async fn passwords(
        &self,
        redis: &Redis,
        channel: ChannelId,
        who: Option<UserId>,
    ) -> Result<(), Error> {
        match who {
            Some(who) => self.take(&self.passwords, redis, &format!("{channel}:{who}")).await,
            None => self.take(&self.strangers, redis, &channel.to_string()).await,
        }
    }
    /// Whether this attempt to publish is in time. The same attempt, asked about again, counts once.
    pub async fn publishes(&self, redis: &Redis, attempt: Uuid, who: &str) -> bool {
        let taking = async { self.take(&self.publishes, redis, who).await.is_ok() };
        self.attempts.get_with(attempt, taking).await
    }
    async fn take(&self, limit: &Limit, redis: &Redis, who: &str) -> Result<(), Error> {
        if !self.on {
            return Ok(());
        }
        limit.take(redis, who).await.map_err(|limited| {
            metrics::counter!("streamly_stream_rate_limited_total", "what" => limit.what()).increment(1);
            Error::Limited(limited.retry_after)
        })
    }
}
