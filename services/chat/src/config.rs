//! What an operator can set. Every limit is here, with what it guards.

mod pictures;

pub use pictures::Pictures;

use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};
use streamly_config::{ByteSize, Duration, Network};
use streamly_http::RequestsConfig;
use streamly_rpc::{PatienceConfig, PeerConfig, TrustConfig};

/// What a message is besides its text, bytes, with room to spare: ids, names, badges, nonce.
const FRAME_EXTRA: u64 = 4 << 10;
/// What may wait for a socket besides one `joined`, bytes: what follows it, and what is said meanwhile.
const JOINED_EXTRA: u64 = 64 << 10;

/// The chat service's configuration, `STREAMLY_CHAT__…`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// WebSocket and `/health`.
    pub http: SocketAddr,
    /// REST.
    pub rest: SocketAddr,
    /// gRPC, for peers.
    pub grpc: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
    /// How long the REST listener waits for a request.
    pub requests: RequestsConfig,
    /// How long the gRPC listener waits for who says nothing.
    pub grpc_patience: PatienceConfig,
    /// Database of bans, settings and audit.
    pub postgres: streamly_postgres::Config,
    /// The log, pub/sub, rate limits and facts.
    pub redis: streamly_redis::Config,
    /// Whether calls are traced, and where that is sent.
    pub tracing: streamly_telemetry::TracingConfig,
    /// Keys of service tokens.
    pub trust: TrustConfig,
    /// The `user` service: display names, suspensions.
    pub user: PeerConfig,
    /// The `stream` service: channels and roles.
    pub stream: PeerConfig,
    /// Keys that verify people's access tokens.
    pub jwks_url: String,
    /// Where the last known keys are kept; none: memory only.
    pub jwks_cache: Option<PathBuf>,
    /// The public origin; WebSockets from pages of it are taken.
    pub public_url: String,
    /// More origins (`https://host`) whose pages may open WebSockets.
    pub origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed, besides loopback.
    pub trusted_proxies: Vec<Network>,
    /// Rate limits of people; off only for load measurements.
    pub rate_limits: bool,
    /// Whether the platform can confirm e-mail addresses. Without it no room asks for one, or nobody could write there.
    pub email_verification: bool,
    /// The chat of broadcasts that is kept for replay.
    pub recording: Recording,
    /// Bounds of sockets, rooms and the log.
    pub limits: Limits,
    /// From when on a message is suspicious; what becomes of it each room sets.
    pub rules: Rules,
    /// Where channels' emotes and images of messages are kept; without it there are none.
    pub storage: streamly_storage::Config,
    /// Bounds of emotes and images.
    pub pictures: Pictures,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            http: ([0, 0, 0, 0], 8084).into(),
            rest: ([0, 0, 0, 0], 11084).into(),
            grpc: ([127, 0, 0, 1], 9084).into(),
            admin: ([127, 0, 0, 1], 10084).into(),
            requests: RequestsConfig::default(),
            grpc_patience: PatienceConfig::default(),
            postgres: streamly_postgres::Config {
                database: "streamly_chat".into(),
                ..streamly_postgres::Config::default()
            },
            redis: streamly_redis::Config::default(),
            tracing: streamly_telemetry::TracingConfig::default(),
            trust: TrustConfig::default(),
            user: PeerConfig::at("http://127.0.0.1:9080"),
            stream: PeerConfig::at("http://127.0.0.1:9082"),
            jwks_url: "http://127.0.0.1:8080/.well-known/jwks.json".into(),
            jwks_cache: None,
            public_url: "http://localhost:3000".into(),
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
            rate_limits: true,
            email_verification: false,
            recording: Recording::default(),
            limits: Limits::default(),
            rules: Rules::default(),
            storage: streamly_storage::Config::default(),
            pictures: Pictures::default(),
        }
    }
}

/// Thresholds of the rules for suspicious messages.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Accounts younger than this are new, besides everybody whose first message in the room it is.
    pub new_account: Duration,
    /// The window in which messages are counted for floods.
    pub flood_window: Duration,
    /// Messages of one person in it that are no flood yet.
    pub flood_messages: usize,
    /// So many people with the same text in it are a flood.
    pub flood_people: usize,
    /// Shorter texts, folded, may be said by everybody at once, and again ("gg").
    pub same_characters: usize,
    /// Texts with fewer letters are never shouted.
    pub caps_letters: usize,
    /// Capitals among the letters of a shouted text, percent.
    pub caps_percent: u8,
    /// The same character so often in a row is a repeat.
    pub repeated_characters: usize,
    /// The same word so often, and half of the text, is a repeat.
    pub repeated_words: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            new_account: Duration::from_secs(24 * 3600),
            flood_window: Duration::from_secs(10),
            flood_messages: 6,
            flood_people: 6,
            same_characters: 8,
            caps_letters: 15,
            caps_percent: 80,
            repeated_characters: 15,
            repeated_words: 7,
        }
    }
}

/// What is kept of broadcasts' chat in PostgreSQL.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recording {
    /// Whether it is kept at all.
    pub enabled: bool,
    /// How long, from the broadcast's start.
    pub keep: Duration,
    /// Pace of the batches: as old is what a replay of a running broadcast lacks at most.
    pub interval: Duration,
}

impl Default for Recording {
    fn default() -> Self {
        Self { enabled: true, keep: Duration::from_secs(90 * 24 * 3600), interval: Duration::from_secs(5) }
    }
}

/// Bounds; each says what breaks without it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Open connections of this node; more are answered 503, many more are closed unread. Memory.
    pub max_connections: usize,
    /// Open sockets of one client address (of IPv6: of one /56); more are answered 429. Loopback peers without `X-Forwarded-For` are not counted.
    pub max_connections_per_address: usize,
    /// Rooms one socket may be in. Memory, and subscriptions that a single client can cause.
    pub max_rooms: usize,
    /// Longest text frame of a client; longer ones close the socket with 1009.
    pub max_message: ByteSize,
    /// Longest text of a message, bytes of UTF-8, besides its 500 graphemes; longer ones are `too_long`. Memory of every room.
    pub max_text: ByteSize,
    /// Longest `joined`: history and replays are cut to the newest events that fit. Memory, and time of every join.
    pub max_joined: ByteSize,
    /// Frames waiting for one socket; a reader that falls behind by more is closed with 4008.
    pub queue_frames: usize,
    /// Bytes waiting for one socket, as above. Memory: frames alone say nothing of it.
    pub queue_bytes: ByteSize,
    /// Longest time that something waits for a reader which takes nothing of it, then 4008.
    pub stalled: Duration,
    /// Bytes sent to a client that has said nothing since; beyond it a ping asks for a sign of life. What its kernel holds for a reader that has
    /// stopped is not seen otherwise.
    pub max_unheard: ByteSize,
    /// Longest wait for the answer to such a ping, then 4008.
    pub pong_timeout: Duration,
    /// Messages a second that one room's readers are given in the long run, and as many at once; what is more is left out for all of them alike
    /// and told as `skipped`. Nobody reads that many, and every one costs a write for every socket.
    pub deliver_per_second: u32,
    /// The socket's SO_SNDBUF: what the kernel holds for a slow reader besides the queue.
    pub send_buffer: ByteSize,
    /// Time for the upgrade request, and again for `hello`.
    pub hello_timeout: Duration,
    /// Pace of pings; silence of 2.5 times this closes the socket.
    pub heartbeat: Duration,
    /// How long before a token's end `auth_expiring` is sent.
    pub expiry_warning: Duration,
    /// Frames a second that a socket may send in the long run; beyond it and the burst it is closed with 4029.
    pub frames_per_second: u32,
    /// Frames at once above that.
    pub frames_burst: u32,
    /// Pace of joins of a room that the socket is in already; faster ones are `rate_limited`. Each answer is a whole history.
    pub join_interval: Duration,
    /// Joins a second of whatever rooms by one socket in the long run, whether it leaves them or not. Each costs questions to other services and a
    /// history; faster ones are `rate_limited`.
    pub joins_per_second: u32,
    /// Joins at once above that: a client comes back to all of its rooms.
    pub joins_burst: u32,
    /// Joins a second from one client address to this node. Without it many sockets do what one may not.
    pub address_joins_per_second: u32,
    /// Joins at once above that: everybody behind one address comes back.
    pub address_joins_burst: u32,
    /// A person's pace of messages in the long run: one in this time.
    pub say_interval: Duration,
    /// Messages at once above that.
    pub say_burst: u32,
    /// A bot's pace of messages in the long run: one in this time. It stands for no person, and its address is not counted.
    pub bot_say_interval: Duration,
    /// Messages at once above that.
    pub bot_say_burst: u32,
    /// Bots of one channel. Each is a token that somebody may lose.
    pub max_bots: usize,
    /// The pace of messages from one address (of IPv6: of one /56), whoever's they are: one in this time in the long run. Many accounts
    /// behind one address share it.
    pub address_interval: Duration,
    /// Messages at once above that.
    pub address_burst: u32,
    /// The pace of messages in one room, whoever's they are: one in this time in the long run. What every reader has to take.
    pub room_interval: Duration,
    /// Messages at once above that.
    pub room_burst: u32,
    /// A moderator's pace of acts by REST in the long run: one in this time. Each is a transaction and an event.
    pub act_interval: Duration,
    /// Acts at once above that.
    pub act_burst: u32,
    /// A person's pace of reports in the long run: one in this time. Each is for a person to read.
    pub report_interval: Duration,
    /// Reports at once above that.
    pub report_burst: u32,
    /// Open reports of one person; further ones are refused until some are answered. What a queue has to bear of one account.
    pub max_reports: usize,
    /// How long a banned person waits after a refusal before the next request.
    pub unban_request_pause: Duration,
    /// Blocked terms of one room. Memory, and time of every message there.
    pub max_terms: usize,
    /// People on one's block list. Memory of clients, which hold it whole.
    pub max_blocks: usize,
    /// Messages of one room that wait for a moderator; what would wait beyond them is refused.
    pub max_holds: usize,
    /// Those of one person in a room, so that nobody fills the queue alone.
    pub max_holds_per_person: usize,
    /// How long a message waits; after that it is over, and stays unsaid.
    pub hold_for: Duration,
    /// How long resolved holds, reports and requests are kept, with their texts; then they are deleted.
    pub resolved_keep: Duration,
    /// How long acts of moderation are in the audit log. Those that made a ban which still counts stay.
    pub audit_keep: Duration,
    /// Longest wait for the answer to a message while Redis or a service is away, then `unavailable`.
    pub say_patience: Duration,
    /// Longest wait for nodes that may have events which a replaced or emptied Redis lacks; meanwhile nothing is said. Who comes later makes the
    /// others load the room anew.
    pub settle: Duration,
    /// Longest wait for a replica of Redis to have an event before it is shown, where one is connected; 0: no wait.
    pub replica_wait: Duration,
    /// Messages that come to a busy node within this time go to Redis together, which costs them at most as much delay; those that come alone go
    /// at once. Without it each costs wake-ups of its own everywhere.
    pub say_together: Duration,
    /// Events in `joined` when the client does not say how many.
    pub history_default: usize,
    /// Most events of history in `joined`.
    pub history_max: usize,
    /// Most events replayed after `since`; a client further behind gets the newest and `complete: false`.
    pub replay_max: usize,
    /// Events kept per room, about (`MAXLEN ~`).
    pub keep_count: usize,
    /// How long events are kept.
    pub keep_age: Duration,
    /// Newest events of each open room in this node's memory, from which joins are answered.
    pub memory_events: usize,
    /// Time over which the sockets are closed at a stop, at most 2 s.
    pub drain: Duration,
    /// Upper bound of `after_ms` in `reconnect`: how far reconnects are spread.
    pub reconnect_spread: Duration,
    /// Longest time to get a close frame to a peer that does not read.
    pub close_timeout: Duration,
    /// Pace of presence counts, sent on change only.
    pub presence_interval: Duration,
    /// How long answers of `stream` and `user` count without asking again; while they are away, for ever.
    pub directory_fresh: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 20_000,
            max_connections_per_address: 200,
            max_rooms: 50,
            max_message: ByteSize::new(16 << 10),
            max_text: ByteSize::new(4 << 10),
            max_joined: ByteSize::new(512 << 10),
            queue_frames: 1_024,
            queue_bytes: ByteSize::new(2 << 20),
            stalled: Duration::from_secs(5),
            max_unheard: ByteSize::new(32 << 10),
            pong_timeout: Duration::from_secs(5),
            deliver_per_second: 200,
            send_buffer: ByteSize::new(64 << 10),
            hello_timeout: Duration::from_secs(10),
            heartbeat: Duration::from_secs(30),
            expiry_warning: Duration::from_secs(60),
            frames_per_second: 20,
            frames_burst: 60,
            join_interval: Duration::from_secs(1),
            joins_per_second: 4,
            joins_burst: 100,
            address_joins_per_second: 100,
            address_joins_burst: 1_000,
            say_interval: Duration::from_secs(1),
            say_burst: 10,
            bot_say_interval: Duration::from_millis(200),
            bot_say_burst: 20,
            max_bots: 20,
            address_interval: Duration::from_millis(100),
            address_burst: 50,
            room_interval: Duration::from_millis(5),
            room_burst: 400,
            act_interval: Duration::from_millis(500),
            act_burst: 30,
            report_interval: Duration::from_secs(60),
            report_burst: 10,
            max_reports: 50,
            unban_request_pause: Duration::from_secs(7 * 24 * 3600),
            max_terms: 500,
            max_blocks: 1_000,
            max_holds: 500,
            max_holds_per_person: 10,
            hold_for: Duration::from_secs(3600),
            resolved_keep: Duration::from_secs(30 * 24 * 3600),
            audit_keep: Duration::from_secs(400 * 24 * 3600),
            say_patience: Duration::from_millis(1_800),
            settle: Duration::from_millis(1_500),
            replica_wait: Duration::from_millis(200),
            say_together: Duration::from_millis(50),
            history_default: 50,
            history_max: 200,
            replay_max: 500,
            keep_count: 1_000,
            keep_age: Duration::from_secs(24 * 3600),
            memory_events: 256,
            drain: Duration::from_millis(1_500),
            reconnect_spread: Duration::from_secs(5),
            close_timeout: Duration::from_secs(3),
            presence_interval: Duration::from_secs(5),
            directory_fresh: Duration::from_secs(60),
        }
    }
}

impl Config {
    /// What contradicts itself: `(key, problem)` of each.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let l = &self.limits;
        let mut all = Vec::new();
        for (key, value) in [
            ("limits.max_connections", l.max_connections),
            ("limits.max_rooms", l.max_rooms),
            ("limits.queue_frames", l.queue_frames),
            ("limits.frames_per_second", l.frames_per_second as usize),
            ("limits.frames_burst", l.frames_burst as usize),
            ("limits.joins_per_second", l.joins_per_second as usize),
            ("limits.joins_burst", l.joins_burst as usize),
            ("limits.address_joins_per_second", l.address_joins_per_second as usize),
            ("limits.address_joins_burst", l.address_joins_burst as usize),
            ("limits.deliver_per_second", l.deliver_per_second as usize),
            ("limits.say_burst", l.say_burst as usize),
            ("limits.bot_say_burst", l.bot_say_burst as usize),
            ("limits.max_bots", l.max_bots),
            ("limits.address_burst", l.address_burst as usize),
            ("limits.room_burst", l.room_burst as usize),
            ("limits.act_burst", l.act_burst as usize),
            ("limits.report_burst", l.report_burst as usize),
            ("limits.max_terms", l.max_terms),
            ("limits.max_blocks", l.max_blocks),
            ("limits.max_reports", l.max_reports),
            ("limits.max_holds", l.max_holds),
            ("limits.max_holds_per_person", l.max_holds_per_person),
            ("rules.flood_messages", self.rules.flood_messages),
            ("rules.flood_people", self.rules.flood_people),
            ("rules.caps_letters", self.rules.caps_letters),
            ("rules.caps_percent", self.rules.caps_percent.into()),
            ("rules.repeated_characters", self.rules.repeated_characters),
            ("rules.repeated_words", self.rules.repeated_words),
            ("limits.keep_count", l.keep_count),
            ("limits.memory_events", l.memory_events),
            ("limits.max_message", l.max_message.bytes() as usize),
            ("limits.max_text", l.max_text.bytes() as usize),
        ] {
            if value == 0 {
                all.push((key, "must be at least 1".into()));
            }
        }
        for (key, value) in [
            ("limits.heartbeat", l.heartbeat),
            ("limits.stalled", l.stalled),
            ("limits.pong_timeout", l.pong_timeout),
            ("limits.say_interval", l.say_interval),
            ("limits.bot_say_interval", l.bot_say_interval),
            ("limits.address_interval", l.address_interval),
            ("limits.room_interval", l.room_interval),
            ("limits.act_interval", l.act_interval),
            ("limits.report_interval", l.report_interval),
            ("limits.hold_for", l.hold_for),
            ("limits.resolved_keep", l.resolved_keep),
            ("limits.audit_keep", l.audit_keep),
            ("rules.flood_window", self.rules.flood_window),
            ("limits.say_patience", l.say_patience),
            ("limits.settle", l.settle),
            ("limits.hello_timeout", l.hello_timeout),
            ("limits.presence_interval", l.presence_interval),
            ("limits.keep_age", l.keep_age),
            ("recording.interval", self.recording.interval),
            ("recording.keep", self.recording.keep),
        ] {
            if value.is_zero() {
                all.push((key, "must be longer than nothing".into()));
            }
        }
        if self.rules.caps_percent > 100 {
            all.push(("rules.caps_percent", "must be at most 100".into()));
        }
        all.extend(self.requests.problems());
        all.extend(self.grpc_patience.problems());
        all.extend(self.pictures.problems());
        all.extend(self.tracing.problems());
        if l.drain > Duration::from_secs(2) {
            all.push(("limits.drain", "must be at most 2s".into()));
        }
        // JSON writes a text with at most twice its bytes.
        if l.max_joined.bytes() < l.max_text.bytes().saturating_mul(2).saturating_add(FRAME_EXTRA) {
            all.push(("limits.max_joined", "must be at least twice limits.max_text and 4 KiB".into()));
        }
        if l.queue_bytes.bytes() < l.max_joined.bytes().saturating_add(JOINED_EXTRA) {
            all.push(("limits.queue_bytes", "must be at least limits.max_joined and 64 KiB".into()));
        }
        if l.history_max > l.memory_events {
            all.push(("limits.history_max", "must be at most limits.memory_events".into()));
        }
        all
    }
}
