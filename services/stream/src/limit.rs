//! How often one person may make keys, see them, change their channel and its members, follow others, set their notices, have webhooks asked,
//! begin to publish, or try a channel's password. Off with `rate_limits = false`.

use crate::error::Error;
use sha2::{Digest, Sha256};
use std::{num::NonZeroU32, time::Duration};
use streamly_domain::{ChannelId, UserId};
use streamly_http::Holder;
use streamly_redis::{Delay, Failures, Limit, Redis, Value};
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
/// Markers set, renamed and removed: twenty at once, then one a second. Each waits for the channel's lock.
const MARKERS: (u32, Duration) = (20, Duration::from_secs(1));
/// Channels followed and left: thirty at once, then one in three seconds. Each new one is shown in a room.
const FOLLOWS: (u32, Duration) = (30, Duration::from_secs(3));
/// Changes of notices: thirty at once, then one in two seconds. Each is told to open pages.
const NOTICES: (u32, Duration) = (30, Duration::from_secs(2));
/// Uses of one person's link that stops mails: ten at once, then one in ten seconds. Whoever has one mail has it.
const STOPS: (u32, Duration) = (10, Duration::from_secs(10));
/// Browsers subscribed and tried: ten at once, then one in ten seconds. Each may cause requests to addresses that a person chose.
const BROWSERS: (u32, Duration) = (10, Duration::from_secs(10));
/// Passwords tried on one channel by one signed-in user or from one address: ten at once, then one in ten seconds.
const PASSWORDS: (u32, Duration) = (10, Duration::from_secs(10));
/// Wrong ones from one address: then pauses that double. A household that mistypes has its ten.
const PASSWORD_DELAY: Delay =
    Delay { free: 10, first: Duration::from_secs(5), most: Duration::from_secs(300) };
/// Wrong ones of all who are not signed in, together: addresses are cheap. Who has a token, is signed in or was right before goes on
/// whatever others try, and one address alone comes nowhere near. Short, since it slows down who comes for the first time.
const STRANGERS_DELAY: Delay =
    Delay { free: 60, first: Duration::from_secs(1), most: Duration::from_secs(30) };
/// How long an address is remembered for having been right.
const RIGHT_FOR: Duration = Duration::from_secs(7 * 86_400);
/// Longest wait for Redis, where a limit asks more than it counts.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long, and of how many attempts to publish, it is remembered whether they were in time: well over the 20 s for which ingest asks
/// again under the same attempt.
const ATTEMPTS: (Duration, u64) = (Duration::from_secs(60), 10_000);

/// Who tries a channel's password.
#[derive(Debug, Clone, Copy)]
pub struct Guess {
    /// Whose password.
    pub channel: ChannelId,
    /// Of which version: who was right before a change was not afterwards.
    pub version: u64,
    /// Somebody signed in.
    pub user: Option<UserId>,
    /// Where from; none: a tool on this machine.
    pub from: Option<Holder>,
}

impl Guess {
    fn who(&self) -> String {
        match self.user {
            Some(user) => format!("{}:{user}", self.channel),
            None => format!("{}:{}", self.channel, self.place()),
        }
    }
    fn key(&self) -> String {
        format!("watch:good:{}:{}:{}", self.channel, self.version, self.place())
    }
    /// 64 bits of a hash of the address, as hex: none stands in Redis.
    fn place(&self) -> String {
        let from = self.from.map(|from| from.to_string()).unwrap_or_default();
        Sha256::digest(from)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The limits of this service.
#[derive(Debug)]
pub struct Limits {
    keys: Limit,
    edits: Limit,
    categories: Limit,
    members: Limit,
    markers: Limit,
    follows: Limit,
    notices: Limit,
    stops: Limit,
    browsers: Limit,
    sendings: Limit,
    publishes: Limit,
    passwords: Limit,
    password_failures: Failures,
    strangers: Failures,
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
            markers: limit("markers", MARKERS),
            follows: limit("follows", FOLLOWS),
            notices: limit("notices", NOTICES),
            stops: limit("stops", STOPS),
            browsers: limit("browsers", BROWSERS),
            sendings: limit("sendings", SENDINGS),
            publishes: limit("publishes", publishes),
            passwords: limit("passwords", PASSWORDS),
            password_failures: Failures::new("stream", "password", PASSWORD_DELAY),
            strangers: Failures::new("stream", "password_channel", STRANGERS_DELAY),
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
    /// One marker set, renamed or removed. Errors: [`Error::Limited`].
    pub async fn markers(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.markers, redis, &who.to_string()).await
    }
    /// One channel followed or left. Errors: [`Error::Limited`].
    pub async fn follows(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.follows, redis, &who.to_string()).await
    }
    /// One change of a person's notices. Errors: [`Error::Limited`].
    pub async fn notices(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.notices, redis, &who.to_string()).await
    }

    /// One use of a person's link that stops mails. Errors: [`Error::Limited`].
    pub async fn stops(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.stops, redis, &who.to_string()).await
    }

    /// One browser subscribed or tried. Errors: [`Error::Limited`].
    pub async fn browsers(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.browsers, redis, &who.to_string()).await
    }

    /// One test, or one delivery sent again. Errors: [`Error::Limited`].
    pub async fn sendings(&self, redis: &Redis, who: UserId) -> Result<(), Error> {
        self.take(&self.sendings, redis, &who.to_string()).await
    }

    /// One password tried on a channel; it counts as wrong until [`Limits::right`]. Errors: [`Error::Limited`].
    pub async fn password(&self, redis: &Redis, guess: &Guess) -> Result<(), Error> {
        self.take(&self.passwords, redis, &guess.who()).await?;
        if guess.user.is_some() || !self.on {
            return Ok(());
        }
        self.begin(&self.password_failures, redis, &guess.who()).await?;
        if self.was_right(redis, guess).await {
            return Ok(());
        }
        self.begin(&self.strangers, redis, &guess.channel.to_string()).await
    }
    /// The password was right.
    pub async fn right(&self, redis: &Redis, guess: &Guess) {
        if guess.user.is_some() || !self.on {
            return;
        }
        self.password_failures.forget(redis, &guess.who()).await;
        if !self.was_right(redis, guess).await {
            self.strangers.undo(redis, &guess.channel.to_string()).await;
        }
        let args = [guess.key(), "1".into(), "EX".into(), RIGHT_FOR.as_secs().to_string()];
        let _ = tokio::time::timeout(PATIENCE, redis.call::<Value>("SET", args)).await;
    }
    /// Not known is no.
    async fn was_right(&self, redis: &Redis, guess: &Guess) -> bool {
        let asked = tokio::time::timeout(PATIENCE, redis.call::<i64>("EXISTS", [guess.key()]));
        redis.is_connected() && asked.await.is_ok_and(|n| n.is_ok_and(|n| n == 1))
    }
    /// Whether this attempt to publish is in time. The same attempt, asked about again, counts once.
    pub async fn publishes(&self, redis: &Redis, attempt: Uuid, who: &str) -> bool {
        let taking = async { self.take(&self.publishes, redis, who).await.is_ok() };
        self.attempts.get_with(attempt, taking).await
    }
    async fn begin(&self, failures: &Failures, redis: &Redis, who: &str) -> Result<(), Error> {
        failures.begin(redis, who).await.map_err(|pause| {
            metrics::counter!("streamly_stream_rate_limited_total", "what" => failures.what()).increment(1);
            Error::Limited(pause)
        })
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
