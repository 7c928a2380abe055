//! The configuration of ingest: every address and limit, with its default and what it is for.
//!
//! `STREAMLY_INGEST__RTMP__BIND` and so on; a value that parses but cannot be used is found by [`Config::problems`], before any
//! port is bound.

mod rtmp;
mod stills;

pub use rtmp::{RtmpConfig, RtmpLimits, RtmpsConfig};
pub use stills::Stills;

use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};
use streamly_config::{ByteSize, Duration, Network};
use streamly_http::RequestsConfig;
use streamly_rpc::{PatienceConfig, PeerConfig, TrustConfig};
use streamly_transcode::{encoders, ladder, roster};

/// Broadcasts in one heartbeat that `stream` takes; a node with more would lose its lease.
const MAX_BROADCASTS: usize = 2_000;
/// Longest rewind: a list of more than some 20,000 segments takes players too long to read.
const MAX_REWIND: std::time::Duration = std::time::Duration::from_secs(12 * 3600);

/// Loopback, and what RFC 1918 and RFC 4193 keep private.
const PRIVATE: [&str; 6] =
    ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"];
/// All settings.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The HLS origin and `/health`. Default 0.0.0.0:8000.
    pub http: SocketAddr,
    /// gRPC for peers. Default 127.0.0.1:9000.
    pub grpc: SocketAddr,
    /// Health and metrics. Default 127.0.0.1:10000.
    pub admin: SocketAddr,
    /// How long the origin waits for a request.
    pub requests: RequestsConfig,
    /// How long the gRPC listener waits for who says nothing.
    pub grpc_patience: PatienceConfig,
    /// The RTMP listener and its limits.
    pub rtmp: RtmpConfig,
    /// The RTMPS listener and its certificate.
    pub rtmps: RtmpsConfig,
    /// Whether publishes of one address are limited in time. Off only for load measurements on loopback.
    pub rate_limits: bool,
    /// Whether calls are traced, and where that is sent.
    pub tracing: streamly_telemetry::TracingConfig,
    /// Keys of service tokens.
    pub trust: TrustConfig,
    /// The stream service's gRPC. Default http://127.0.0.1:9082.
    pub stream: PeerConfig,
    /// The name of this node, the same after a restart. Default `ingest-1`.
    pub node_id: String,
    /// Where edges reach this node's origin. Default http://127.0.0.1:8000.
    pub origin_url: String,
    /// Where other ingest nodes reach this one's gRPC, "http://10.0.0.5:9000". Default empty: its windows are not handed over when it
    /// drains, and viewers of a broadcast that moves begin anew.
    pub grpc_url: String,
    /// Networks of the other ingest nodes: windows are fetched from nowhere else. Default: loopback and the private ones.
    pub hand_over_allow: Vec<Network>,
    /// Command and arguments of the transcode worker. Default: the running program with `transcode-worker`.
    pub worker: Vec<String>,
    /// GStreamer's plugin registry for the workers. Default: a fresh file a boot in the system's temporary folder.
    pub gst_registry: Option<PathBuf>,
    /// Encoder elements to use, best first, without trying them. Default: empty, what works is found out at the start.
    pub encoders: Vec<String>,
    /// Rungs below the source where the permit names none. Default 480p and 360p; empty: the source alone.
    pub ladder: Vec<String>,
    /// x264's speed preset. Default `veryfast`.
    pub preset: String,
    /// How long an encoder that failed at run time is put aside before it is tried again. Default 5 min. Without it every broadcast
    /// meets the same fault again and again.
    pub encoder_rest: Duration,
    /// Cores that transcode workers may use in all; beyond them rungs are shed. Default 0: all but an eighth, and at least half a core.
    /// Without it ladders take the processor from the sources.
    #[serde(deserialize_with = "streamly_config::value::number")]
    pub transcode_budget: f64,
    /// Stills of the live picture.
    pub stills: Stills,
    /// How much media the playlists list from memory. Default 30 s.
    pub window: Duration,
    /// How much media the playlists list in all, what memory does not hold from disk. Default 2 h; zero: none from disk.
    pub rewind: Duration,
    /// The folder for it, of this node alone: whatever an earlier run left there is deleted at the start. Default: none, and so no rewind.
    pub rewind_dir: Option<PathBuf>,
    /// Most bytes in it; the oldest segments of the node go first. Default 20 GiB.
    pub rewind_bytes: ByteSize,
    /// Bytes of its file system that are left free; below that the oldest segments go as well. Default 2 GiB.
    pub rewind_keep_free: ByteSize,
    /// Bytes a second at which this node fetches the rewind of broadcasts that come from a node that drains; what a viewer wants comes at
    /// once. Default 32 MiB.
    pub rewind_pull: ByteSize,
    /// Most media bytes of one rendition. Default 192 MiB.
    pub window_bytes: ByteSize,
    /// Most bytes of whole segments that are laid out beside the windows, of all renditions of the node; beyond them, or with 0, each viewer
    /// costs a copy. Default 256 MiB. Without a bound viewers of every segment of every stream double the memory.
    pub flat_bytes: ByteSize,
    /// TARGETDURATION where the key's last keyframe interval is not known, and the longest there may be. Default 9 s, above the
    /// 8.33 s of a stock OBS.
    pub target_duration: Duration,
    /// How long playlists and segments stay fetchable after the end. Default 75 s; CONTRACT promises 60.
    pub ended_linger: Duration,
    /// How long a request for a channel that is starting is held for the first part. Default 10 s.
    pub start_hold: Duration,
    /// Longest a blocked playlist or part request is held. Default 30 s; never more than three target durations.
    pub max_hold: Duration,
    /// A viewer that takes nothing of what is sent to it for this long is cut off. Default 30 s. Without it such viewers hold buffers for
    /// ever.
    pub stall_timeout: Duration,
    /// Bytes a second that a viewer has to take of what is sent to it, in the long run; one that is more than `stall_timeout` behind is cut
    /// off. Default 16 KiB. Without it a byte now and then keeps a segment in memory for as long as the viewer likes.
    pub min_send_rate: ByteSize,
    /// At a stop: how long running broadcasts may go on, and what has moved or ended is served. Default 20 s: ten to ask all publishers to
    /// move, ten for the last one's next keyframe (8.33 s with a stock OBS).
    pub drain: Duration,
    /// After that: how long the node stays for those that went to another one, which take the rewind meanwhile. Default 10 min: about as long
    /// as `rewind_bytes` take at `rewind_pull`. It is over at once when nothing is left to take, and never begins with nobody to take it.
    pub rewind_drain: Duration,
    /// Threads that serve the origin. Default 1.
    pub http_workers: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            http: SocketAddr::from(([0, 0, 0, 0], 8000)),
            grpc: SocketAddr::from(([127, 0, 0, 1], 9000)),
            admin: SocketAddr::from(([127, 0, 0, 1], 10_000)),
            requests: RequestsConfig::default(),
            grpc_patience: PatienceConfig::default(),
            rtmp: RtmpConfig::default(),
            rtmps: RtmpsConfig::default(),
            rate_limits: true,
            tracing: streamly_telemetry::TracingConfig::default(),
            trust: TrustConfig::default(),
            stream: PeerConfig::at("http://127.0.0.1:9082"),
            node_id: "ingest-1".into(),
            origin_url: "http://127.0.0.1:8000".into(),
            grpc_url: String::new(),
            hand_over_allow: PRIVATE
                .map(|network| network.parse().expect("each of these is a network"))
                .to_vec(),
            worker: Vec::new(),
            gst_registry: None,
            encoders: Vec::new(),
            ladder: vec!["480p".into(), "360p".into()],
            preset: encoders::PRESET_DEFAULT.into(),
            encoder_rest: Duration::from_secs(roster::REST_DEFAULT.as_secs()),
            transcode_budget: 0.0,
            stills: Stills::default(),
            window: Duration::from_secs(30),
            rewind: Duration::from_secs(7200),
            rewind_dir: None,
            rewind_bytes: ByteSize::new(20 << 30),
            rewind_keep_free: ByteSize::new(2 << 30),
            rewind_pull: ByteSize::new(32 << 20),
            window_bytes: ByteSize::new(192 << 20),
            flat_bytes: ByteSize::new(256 << 20),
            target_duration: Duration::from_secs(9),
            ended_linger: Duration::from_secs(75),
            start_hold: Duration::from_secs(10),
            max_hold: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(30),
            min_send_rate: ByteSize::new(16 << 10),
            drain: Duration::from_secs(20),
            rewind_drain: Duration::from_secs(600),
            http_workers: 1,
        }
    }
}

impl Config {
    /// Everything that cannot be used, one sentence each; empty if nothing.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |ok: bool, text: String| {
            if !ok {
                problems.push(text);
            }
        };
        for name in ladder::unknown_names(&self.ladder) {
            check(false, format!("ladder: {name} is no rung of the ladder"));
        }
        let presets = encoders::PRESETS;
        check(presets.contains(&self.preset.as_str()), format!("preset: use one of {}", presets.join(", ")));
        check(
            self.transcode_budget.is_finite() && self.transcode_budget >= 0.0,
            "transcode_budget: is no number of cores".into(),
        );
        check(self.encoder_rest.as_secs() >= 1, "encoder_rest: is below 1s".into());
        check(!self.node_id.is_empty(), "node_id: is empty".into());
        check(
            streamly_rpc::address::is_http(&self.origin_url),
            "origin_url: is no http URL with a host alone".into(),
        );
        check(
            self.grpc_url.is_empty() || streamly_rpc::address::address(&self.grpc_url).is_some(),
            "grpc_url: is no http URL of an address and a port, such as http://10.0.0.5:9000".into(),
        );
        check(self.target_duration.as_secs() >= 2, "target_duration: is below 2s".into());
        check(self.target_duration.as_secs() <= 60, "target_duration: is above 60s".into());
        check(!self.window.is_zero(), "window: is zero".into());
        check(self.rewind.get() <= MAX_REWIND, "rewind: is above 12h".into());
        check(self.rewind_pull.bytes() >= 64 << 10, "rewind_pull: is below 64 KiB a second".into());
        check(!self.stall_timeout.is_zero(), "stall_timeout: is zero".into());
        check(self.min_send_rate.bytes() > 0, "min_send_rate: is zero".into());
        check(self.window_bytes.bytes() >= 1 << 20, "window_bytes: is below 1 MiB".into());
        check(self.http_workers > 0, "http_workers: is zero".into());
        check(self.rtmp.max_connections > 0, "rtmp.max_connections: is zero".into());
        check(self.rtmp.max_pending > 0, "rtmp.max_pending: is zero".into());
        check(self.rtmp.max_pending_per_address > 0, "rtmp.max_pending_per_address: is zero".into());
        check(
            self.rtmp.max_connections <= MAX_BROADCASTS,
            format!(
                "rtmp.max_connections: is above {MAX_BROADCASTS}, the most broadcasts that stream takes of a node"
            ),
        );
        check(self.rtmp.max_bitrate_bps > 0, "rtmp.max_bitrate_bps: is zero".into());
        let times = self.requests.problems().into_iter().chain(self.grpc_patience.problems());
        problems.extend(times.map(|(key, detail)| format!("{key}: {detail}")));
        problems.extend(self.rtmp.limits.problems());
        problems.extend(self.rtmps.problems());
        problems.extend(self.stills.problems());
        problems.extend(self.tracing.problems().into_iter().map(|(key, why)| format!("{key}: {why}")));
        problems
    }
}

#[cfg(test)]
mod tests;
