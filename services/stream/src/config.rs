//! What the stream service can be told: addresses, dependencies, secrets of stream keys, lease times and limits.
//!
//! Secrets have no default: `key_pepper` and `key_sealing` must be given, as a value or a file. Losing the first makes every key
//! unknown, losing the second makes keys work but no longer showable.

mod directory;
mod markers;
mod notices;
mod pictures;
mod webhooks;

pub use directory::Directory;
pub use markers::Markers;
pub use notices::Notices;
mod outbound;
pub use outbound::Outbound;
pub use pictures::Pictures;
pub use webhooks::Webhooks;

use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};
use streamly_config::{Duration, Network, Secret};
use streamly_http::RequestsConfig;
use streamly_rpc::{PatienceConfig, PeerConfig, TrustConfig};

/// Settings of the service; every key has a default but the secrets and `trust.key`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Public REST and server-sent events.
    pub http: SocketAddr,
    /// gRPC for ingest and chat.
    pub grpc: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
    /// How long the public listener waits for a request.
    pub requests: RequestsConfig,
    /// How long the gRPC listener waits for who says nothing.
    pub grpc_patience: PatienceConfig,
    /// Database `streamly_streams`.
    pub postgres: streamly_postgres::Config,
    /// Live index and events.
    pub redis: streamly_redis::Config,
    /// Whether calls are traced, and where that is sent.
    pub tracing: streamly_telemetry::TracingConfig,
    /// Own key and the callers' public keys (`ingest`, `chat`).
    pub trust: TrustConfig,
    /// The user service.
    pub user: PeerConfig,
    /// Where access tokens' public keys are.
    pub jwks_url: String,
    /// File that keeps the last known JWKS.
    pub jwks_cache: Option<PathBuf>,
    /// Secret under which stream keys are hashed for look-up; at least 16 bytes.
    pub key_pepper: Option<Secret>,
    /// File with it.
    pub key_pepper_file: Option<PathBuf>,
    /// Base64 of the 32 bytes under which stream keys are sealed.
    pub key_sealing: Option<Secret>,
    /// File with it.
    pub key_sealing_file: Option<PathBuf>,
    /// What OBS is given as "Server".
    pub rtmp_public_url: String,
    /// The same by RTMPS. Default: none, and no key's answer names one.
    pub rtmps_public_url: Option<String>,
    /// The web origin, for playback addresses.
    pub public_url: String,
    /// Life of a lease after its last heartbeat.
    pub lease_ttl: Duration,
    /// How long a broadcast waits for its lost publisher.
    pub grace: Duration,
    /// Authorize answers at multiples of this after the question, whatever the outcome, so that time does not tell known keys from
    /// unknown ones. Above the time of a usual decision, about 20 ms.
    pub authorize_step: Duration,
    /// Publishes of a channel (of a key that is not valid any more: of the key) at once. Each is stored for long and told to everybody.
    pub publish_burst: u32,
    /// Beyond them, one in this time.
    pub publish_interval: Duration,
    /// How recent a sign-in must be for a key to be shown.
    pub recent_sign_in: Duration,
    /// Life of a playback token; whoever may watch no more, but for reasons that void all tokens at once, goes on for so long at most.
    pub playback_token: Duration,
    /// How long one viewer session is given token after token; then the viewer shows anew why they may watch.
    pub playback_session: Duration,
    /// Most keys of a channel.
    pub max_keys: u32,
    /// Most members of a channel: moderators and VIPs.
    pub max_members: u32,
    /// Most channels that one user follows.
    pub max_follows: u32,
    /// Open event streams of this process; more get 503.
    pub max_event_streams: usize,
    /// Events that may wait for the reader of an event stream, at least 1; one that is further behind is told the present state anew.
    pub event_backlog: u32,
    /// How long the reader of an event stream may take nothing before it is cut off.
    pub event_patience: Duration,
    /// A comment this often keeps proxies from closing an idle event stream.
    pub event_keep_alive: Duration,
    /// Topics of one event stream; more are refused.
    pub max_topics: usize,
    /// Proxies whose `X-Forwarded-For` is believed, besides loopback: web's.
    pub trusted_proxies: Vec<Network>,
    /// Whether people's calls and publishes are limited.
    pub rate_limits: bool,
    /// Channels' names that are looked for in a second, those left out that were asked for and there within ten minutes; one address has at most half
    /// of what others leave, and who comes beyond it is asked to come again. Of one process. Without it who makes up names has each of them looked
    /// for in two databases.
    pub names_per_second: u32,
    /// How long ended broadcasts and sessions are kept.
    pub keep_broadcasts: Duration,
    /// How long the minutes of ended broadcasts are kept, at most as long as these; their sums stay with the broadcast.
    pub keep_broadcast_minutes: Duration,
    /// Points of a broadcast's course that are kept; of a longer one each stands for two minutes, then for four, and so on.
    pub broadcast_points: u32,
    /// How long refusals are kept; at most as long as the broadcasts that settle them.
    pub keep_refusals: Duration,
    /// How long facts wait for Redis before they are given up.
    pub keep_outbox: Duration,
    /// Most categories of the platform.
    pub max_categories: u32,
    /// Bounds of the directory.
    pub directory: Directory,
    /// Where pictures of profiles and categories are kept; without it there are none.
    pub storage: streamly_storage::Config,
    /// Bounds of pictures.
    pub pictures: Pictures,
    /// Notices of live channels.
    pub notices: Notices,
    /// Requests to addresses that users chose.
    pub outbound: Outbound,
    /// Bounds of webhooks.
    pub webhooks: Webhooks,
    /// Bounds of markers.
    pub markers: Markers,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            http: ([0, 0, 0, 0], 8082).into(),
            grpc: ([127, 0, 0, 1], 9082).into(),
            admin: ([127, 0, 0, 1], 10082).into(),
            requests: RequestsConfig::default(),
            grpc_patience: PatienceConfig::default(),
            postgres: streamly_postgres::Config { database: "streamly_streams".into(), ..Default::default() },
            redis: streamly_redis::Config::default(),
            tracing: streamly_telemetry::TracingConfig::default(),
            trust: TrustConfig::default(),
            user: PeerConfig::at("http://127.0.0.1:9080"),
            jwks_url: "http://127.0.0.1:8080/.well-known/jwks.json".into(),
            jwks_cache: None,
            key_pepper: None,
            key_pepper_file: None,
            key_sealing: None,
            key_sealing_file: None,
            rtmp_public_url: "rtmp://localhost:1935/live".into(),
            rtmps_public_url: None,
            public_url: "http://localhost:3000".into(),
            lease_ttl: Duration::from_secs(10),
            grace: Duration::from_secs(60),
            authorize_step: Duration::from_millis(100),
            publish_burst: 10,
            publish_interval: Duration::from_secs(5),
            recent_sign_in: Duration::from_secs(15 * 60),
            playback_token: Duration::from_secs(120),
            playback_session: Duration::from_secs(12 * 3600),
            max_keys: 10,
            max_members: 200,
            max_follows: 2000,
            max_event_streams: 10_000,
            event_backlog: 1024,
            event_patience: Duration::from_secs(10),
            event_keep_alive: Duration::from_secs(15),
            max_topics: 16,
            trusted_proxies: Vec::new(),
            rate_limits: true,
            names_per_second: 2000,
            keep_broadcasts: Duration::from_secs(90 * 86_400),
            keep_broadcast_minutes: Duration::from_secs(90 * 86_400),
            broadcast_points: 1440,
            keep_refusals: Duration::from_secs(30 * 86_400),
            keep_outbox: Duration::from_secs(86_400),
            max_categories: 500,
            directory: Directory::default(),
            storage: streamly_storage::Config::default(),
            pictures: Pictures::default(),
            notices: Notices::default(),
            outbound: Outbound::default(),
            webhooks: Webhooks::default(),
            markers: Markers::default(),
        }
    }
}
