//! The web service's settings.

mod https;
mod sockets;
mod tiers;

pub use https::HttpsConfig;
pub(crate) use https::TOLD;
pub use tiers::{InnerConfig, ShieldsConfig};
pub(crate) use tiers::{TIER, base};

use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};
use streamly_config::{ByteSize, Duration, Network, Problem, Secret};
use streamly_http::{Limits, RequestsConfig};

/// Fewest bytes of `sid_key`.
const MIN_SID_KEY: usize = 16;

/// Settings, each with its default; environment `STREAMLY_WEB__…`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The public listener.
    pub http: SocketAddr,
    /// The same by TLS.
    pub https: HttpsConfig,
    /// For other edges that ask this one instead of an origin.
    pub inner: InnerConfig,
    /// Edges that this one asks instead of origins.
    pub shields: ShieldsConfig,
    /// Health and metrics.
    pub admin: SocketAddr,
    /// How long the listeners wait for a request. On the public ones a body has `upload_timeout` and ten seconds at least.
    pub requests: RequestsConfig,
    /// Where the live index is read and viewers are counted.
    pub redis: streamly_redis::Config,
    /// Whether calls are traced, and where that is sent. Traces begin here: what strangers say of theirs is not passed on.
    pub tracing: streamly_telemetry::TracingConfig,
    /// What people type: scheme, host and port. HSTS is sent when it is https, with `https.listen` in answers by TLS alone.
    pub public_url: String,
    /// Base URL of user's HTTP listener.
    pub user_url: String,
    /// Base URL of stream's HTTP listener.
    pub stream_url: String,
    /// Base URL of chat's REST listener.
    pub chat_url: String,
    /// Base URL of chat's WebSocket listener.
    pub chat_ws_url: String,
    /// Where browsers reach chat's WebSocket listener by themselves (`wss://chat.example`): pages and `GET /api/client` name it, and the policy of
    /// pages has no other beside their own origin. None: through here, at `/ws` of the same origin.
    pub chat_public_url: Option<String>,
    /// Not used any more: viewers are counted by session, wherever they are. Still read, so that older settings go on working.
    pub edge_id: String,
    /// Key under which session ids are signed, at least 16 bytes; the same at all edges, so that each counts the viewers whom another
    /// sent to it. Without it a random one: viewers from before a restart or from another edge are not counted.
    pub sid_key: Option<Secret>,
    /// File with it.
    pub sid_key_file: Option<PathBuf>,
    /// Threads that serve the public listener; 0: one per core.
    pub workers: usize,
    /// Open connections per thread of a listener; more wait in the listen queue. For each thread as many requests by HTTP/2 may be under way
    /// beside another one of their connection; more are refused.
    pub max_connections: usize,
    /// Open connections of one address (of IPv6: of one /56), more are closed at once; each request by HTTP/2 under way beside another one of its
    /// connection counts as one, more are refused. Trusted proxies are not counted.
    pub max_connections_per_address: usize,
    /// Parts and segments kept in memory for other viewers.
    pub cache: ByteSize,
    /// Largest media object taken from an origin; without it a wrong origin could fill the memory.
    pub max_object: ByteSize,
    /// Largest request body passed to a service: chat takes images of 5 MiB, other calls far less, which each service sees to itself.
    pub max_upload: ByteSize,
    /// A request body must have arrived by then.
    pub upload_timeout: Duration,
    /// A service must have begun its answer by then.
    pub answer_timeout: Duration,
    /// An origin must have answered a held request by then.
    pub origin_timeout: Duration,
    /// A client that takes nothing of what is sent to it for this long is cut off; without it such clients could hold buffers for ever.
    pub stall_timeout: Duration,
    /// Bytes a second that a client has to take of what is sent to it, in the long run; one that is more than `stall_timeout` behind is cut off.
    pub min_send_rate: ByteSize,
    /// Requests to origins or shields under way at once; more are answered 503. One address has at most half of what the others leave free.
    pub max_fetches: usize,
    /// Of these, playlist requests by number for one rendition of a broadcast, shared in the same way.
    pub max_held: usize,
    /// Networks (`10.0.0.0/8`) an origin may be in: a poisoned live index cannot make the edge fetch from elsewhere.
    pub origin_allow: Vec<Network>,
    /// Addresses and networks of proxies before this one, whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<Network>,
    /// Playback sessions counted at most; without it one client that asks for many could fill the memory.
    pub max_sessions: usize,
    /// Previews of one broadcast that are not counted as viewers; anybody can pose as one.
    pub max_previews: usize,
    /// Beacons that a playback session may send at once, one more each two seconds; more are answered 429 and told of nobody. Without it one
    /// viewer's script keeps an edge busy.
    pub max_beacons: u32,
    /// Playback sessions here from which on new ones get lists without parts, which cost a fraction; 0: never. Without it an edge that is short of
    /// processor makes all its viewers wait.
    pub low_latency_sessions: usize,
    /// Open chat tunnels at most.
    pub max_tunnels: usize,
    /// Who may frame `/embed/…` where the channel's owner allows it, too: a CSP source list.
    pub embed_ancestors: String,
    /// Channels and categories asked for in a second at most for the heads of pages, those remembered not counted; of it one address has at
    /// most half of what the others leave. More pages go without. Without it a crawl of pages would be one of the database.
    pub max_lookups: usize,
    /// Whether the platform can confirm e-mail addresses, as chat's setting of that name says: pages leave out what would need it.
    pub email_verification: bool,
    /// What OBS is given as "Server", as stream's setting of that name says: the guide shows it to those without a key too.
    pub rtmp_public_url: Option<String>,
    /// The same by RTMPS.
    pub rtmps_public_url: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            http: ([0, 0, 0, 0], 3000).into(),
            https: HttpsConfig::default(),
            inner: InnerConfig::default(),
            shields: ShieldsConfig::default(),
            admin: ([127, 0, 0, 1], 5000).into(),
            requests: RequestsConfig::default(),
            redis: streamly_redis::Config::default(),
            tracing: streamly_telemetry::TracingConfig::default(),
            public_url: "http://localhost:3000".into(),
            user_url: "http://127.0.0.1:8080".into(),
            stream_url: "http://127.0.0.1:8082".into(),
            chat_url: "http://127.0.0.1:11084".into(),
            chat_ws_url: "http://127.0.0.1:8084".into(),
            chat_public_url: None,
            edge_id: String::new(),
            sid_key: None,
            sid_key_file: None,
            workers: 0,
            max_connections: 25_000,
            max_connections_per_address: 4096,
            cache: ByteSize::new(256 << 20),
            max_object: ByteSize::new(64 << 20),
            max_upload: ByteSize::new(6 << 20),
            upload_timeout: Duration::from_secs(20),
            answer_timeout: Duration::from_secs(15),
            origin_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(30),
            min_send_rate: ByteSize::new(16 << 10),
            max_fetches: 8192,
            max_held: 16,
            origin_allow: [
                "127.0.0.0/8",
                "10.0.0.0/8",
                "172.16.0.0/12",
                "192.168.0.0/16",
                "::1/128",
                "fc00::/7",
            ]
            .map(|network| network.parse().expect("each of these is a network"))
            .to_vec(),
            trusted_proxies: Vec::new(),
            max_sessions: 200_000,
            max_previews: 4,
            max_beacons: 10,
            low_latency_sessions: 0,
            max_tunnels: 100_000,
            embed_ancestors: "*".into(),
            max_lookups: 200,
            email_verification: false,
            rtmp_public_url: None,
            rtmps_public_url: None,
        }
    }
}

impl Config {
    /// All problems at once.
    pub(crate) fn check(&self) -> Result<(), streamly_config::Error> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, detail: String| problems.push(Problem { key: key.into(), detail });
        let urls = [
            ("public_url", &self.public_url),
            ("user_url", &self.user_url),
            ("stream_url", &self.stream_url),
            ("chat_url", &self.chat_url),
            ("chat_ws_url", &self.chat_ws_url),
        ];
        for (key, url) in urls {
            let good = reqwest::Url::parse(url).is_ok_and(|u| {
                u.has_host() && (u.scheme() == "http" || key == "public_url" && u.scheme() == "https")
            });
            if !good {
                wrong(key, format!("{url:?} is not an http URL with a host"));
            }
        }
        let servers = [
            ("rtmp_public_url", "rtmp", &self.rtmp_public_url),
            ("rtmps_public_url", "rtmps", &self.rtmps_public_url),
        ];
        for (key, scheme, url) in servers {
            let is_good =
                |url: &String| reqwest::Url::parse(url).is_ok_and(|u| u.has_host() && u.scheme() == scheme);
            if let Some(url) = url.as_ref().filter(|url| !is_good(url)) {
                wrong(key, format!("{url:?} is not an {scheme} URL with a host"));
            }
        }
        let sockets = self.chat_public_url.as_deref();
        if let Some(Err(detail)) = sockets.map(|url| sockets::origin(url, self.is_https())) {
            wrong("chat_public_url", detail);
        }
        for (key, limit) in [
            ("max_connections_per_address", self.max_connections_per_address),
            ("max_fetches", self.max_fetches),
            ("max_held", self.max_held),
            ("max_lookups", self.max_lookups),
        ] {
            if limit == 0 {
                wrong(key, "0 lets nobody in".into());
            }
        }
        if self.max_beacons == 0 {
            wrong("max_beacons", "is 0: no player could tell that somebody watches".into());
        }
        if self.low_latency_sessions > self.max_sessions {
            let why = "is more than max_sessions, beyond which none is counted: it would never be reached";
            wrong("low_latency_sessions", why.into());
        }
        for (key, detail) in self.requests.problems().into_iter().chain(self.redis.problems()) {
            wrong(key, detail);
        }
        if self.min_send_rate.bytes() == 0 {
            wrong("min_send_rate", "is zero".into());
        }
        if self.embed_ancestors.contains([';', ',', '\n', '\r']) {
            wrong("embed_ancestors", "a CSP source list has no ; or ,".into());
        }
        match self.sid_key() {
            Ok(Some(key)) if key.expose().len() < MIN_SID_KEY => {
                wrong("sid_key", format!("has fewer than {MIN_SID_KEY} bytes"));
            }
            Ok(_) => {}
            Err(detail) => wrong("sid_key", detail),
        }
        for (key, why) in self.tracing.problems() {
            wrong(key, why);
        }
        problems.extend(self.https.problems(self.is_https()));
        problems.extend(self.inner.problems());
        problems.extend(self.shields.problems(self.origin_timeout, self.inner.listen));
        if problems.is_empty() {
            Ok(())
        } else {
            Err(streamly_config::Error { service: "web".into(), problems })
        }
    }

    /// The key, from wherever it is given. Errors: it is given twice, or its file cannot be read.
    pub(crate) fn sid_key(&self) -> Result<Option<Secret>, String> {
        Secret::from_value_or_file("sid_key", self.sid_key.as_ref(), self.sid_key_file.as_deref())
    }

    /// The origin of chat's sockets where they do not come through here; `wss://chat.example`.
    pub(crate) fn sockets(&self) -> Option<String> {
        sockets::origin(self.chat_public_url.as_deref()?, self.is_https()).ok()
    }

    /// Of each listener but the admin one.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            workers: self.workers(),
            max_connections: self.max_connections,
            stall_timeout: self.stall_timeout.get(),
            min_send_rate: self.min_send_rate.bytes(),
            ..self.requests.limits()
        }
    }

    /// The public address without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        self.public_url.trim_end_matches('/')
    }

    pub(crate) fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    pub(crate) fn workers(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ByteSize, Config, Duration, RequestsConfig};

    #[test]
    fn the_defaults_are_good_and_all_problems_are_named_at_once() {
        assert!(Config::default().check().is_ok());
        let bad = Config {
            user_url: "ftp://x".into(),
            max_held: 0,
            max_beacons: 0,
            low_latency_sessions: 200_001,
            min_send_rate: ByteSize::new(0),
            chat_public_url: Some("ftp://chat.example".into()),
            requests: RequestsConfig { head_timeout: Duration::from_secs(0), ..RequestsConfig::default() },
            redis: streamly_redis::Config {
                password_file: Some("/nonexistent/redis".into()),
                ..streamly_redis::Config::default()
            },
            sid_key: Some(streamly_config::Secret::new("short")),
            rtmp_public_url: Some("rtmp://live.example/live".into()),
            rtmps_public_url: Some("rtmp://live.example/live".into()),
            ..Config::default()
        };
        let keys: Vec<_> = bad.check().unwrap_err().problems.into_iter().map(|p| p.key).collect();
        assert_eq!(
            keys,
            [
                "user_url",
                "rtmps_public_url",
                "chat_public_url",
                "max_held",
                "max_beacons",
                "low_latency_sessions",
                "requests.head_timeout",
                "redis",
                "min_send_rate",
                "sid_key"
            ]
        );
    }

    #[test]
    fn networks_are_read_as_such_and_nothing_else_is() {
        let load = |text: &str| streamly_config::load::<Config>("web", Some(text), &Default::default());
        let config = load(r#"trusted_proxies = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"]"#).unwrap();
        let is = |text: &str| config.trusted_proxies.iter().any(|n| n.contains(text.parse().unwrap()));
        assert!(is("10.200.0.1") && is("192.0.2.7") && is("fd12::1") && !is("192.0.2.8"));
        for key in ["trusted_proxies", "origin_allow"] {
            let wrong = load(&format!(r#"{key} = ["10.0.0.0/99"]"#)).unwrap_err();
            assert!(wrong.to_string().contains(key) && wrong.to_string().contains("10.0.0.0/99"), "{wrong}");
        }
    }
}
