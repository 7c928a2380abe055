//! The configuration of ingest: every address and limit, with its default and what it is for.
//!
//! `STREAMLY_INGEST__RTMP__BIND` and so on; a value that parses but cannot be used is found by [`Config::problems`], before any
//! port is bound.

use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf};
use streamly_config::{ByteSize, Duration};
use streamly_rpc::{PeerConfig, TrustConfig};
use streamly_transcode::{encoders, ladder, roster};

/// Broadcasts in one heartbeat that `stream` takes; a node with more would lose its lease.
const MAX_BROADCASTS: usize = 2_000;
/// Room for the events of one read beside the largest message, bytes.
const MIN_EVENTS: usize = 1 << 20;
/// More than this for each connection is no bound.
const MAX_HALF_OPEN: usize = 256 << 20;

/// Longest rewind: a list of more than some 20,000 segments takes players too long to read.
const MAX_REWIND: std::time::Duration = std::time::Duration::from_secs(12 * 3600);

/// Where and how RTMP is taken.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RtmpConfig {
    /// The RTMP listener. Default 0.0.0.0:1935.
    pub bind: SocketAddr,
    /// Whether another process of the same user that says so too may listen on the same port, so that a replacement is there before
    /// this one stops. Default off: then a port that is taken is noticed.
    pub share_port: bool,
    /// Connections at a time, in all; more are closed at once. Default 1000, at most 2000: a node has no more broadcasts.
    /// Without it sockets and memory run out.
    pub max_connections: usize,
    /// Connections at a time from one address (of IPv6: a /56). Default 64. Without it one address takes all of them.
    pub max_connections_per_address: usize,
    /// Connections at a time that are not admitted yet; the oldest gives way to a newcomer. Default 256. Without it silent ones keep
    /// every publisher out.
    pub max_pending: usize,
    /// The same of one address. Default 32.
    pub max_pending_per_address: usize,
    /// Publishes of one address that `stream` is asked about at once. Default 20. Without it one address tries keys and keeps
    /// `stream` busy.
    pub publish_burst: u32,
    /// Beyond them one in this time; the others wait, unanswered, for at most `authorize_timeout`. Default 1 s.
    pub publish_interval: Duration,
    /// From the TCP accept to the publish command; no byte extends it. Default 10 s. Without it a byte now and then keeps a
    /// socket for ever.
    pub publish_deadline: Duration,
    /// A publisher that sends no media for so long is lost. Default 10 s.
    pub media_timeout: Duration,
    /// How long a publish waits unanswered while `stream` is away; OBS waits 30 s. Default 20 s.
    pub authorize_timeout: Duration,
    /// Longest wait for a refused publisher to close. Default 3 s.
    pub refused_linger: Duration,
    /// Most bits per second a publisher may send, over ten seconds. Default 60 Mbit/s; above it the publish is refused. Without
    /// it one publisher takes the memory of all windows.
    pub max_bitrate_bps: u64,
    /// TCP keepalive: idle time before the kernel asks whether the peer is there, three times, a third of it apart; `0s`: never.
    /// Default 15 s. Without it a machine that is gone keeps a socket that sends nothing.
    pub keepalive: Duration,
    /// Longest time that sent data may stay unacknowledged (TCP_USER_TIMEOUT); `0s`: the kernel's, some 15 minutes. Default 15 s,
    /// as OBS.
    pub user_timeout: Duration,
    /// Bounds of the protocol, for each connection.
    pub limits: RtmpLimits,
}

/// Bounds of one connection's RTMP; a connection beyond one is closed.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RtmpLimits {
    /// Largest audio, video or aggregate message. Default 4 MiB: a keyframe of a 60 Mbit/s 4K stream is about 1 MiB.
    pub max_media_message: ByteSize,
    /// Largest message of any other type. Default 64 KiB. Without it one command costs many times its size.
    pub max_command_message: ByteSize,
    /// Half-received messages of a connection together. Default 8 MiB. Without it each chunk stream holds a whole message.
    pub max_half_open: ByteSize,
    /// Chunk streams of a connection; publishers use two to six. Default 64.
    pub max_chunk_streams: usize,
    /// Bytes outside an accepted publish. Default 256 KiB. Without it strangers use memory and bandwidth.
    pub max_unauthorized: ByteSize,
    /// Bytes taken and thrown away after a refusal. Default 1 MiB.
    pub max_after_refusal: ByteSize,
    /// Message streams of a connection; publishers use one. Default 16.
    pub max_message_streams: usize,
    /// Media and facts that one read may bring, 128 bytes each beside their payload. Default 16 MiB.
    pub max_queued_events: ByteSize,
    /// Answers that wait for the peer to read. Default 256 KiB.
    pub max_queued_output: ByteSize,
    /// Bytes between two acknowledgements where the peer asks for no more. Default 2 500 000.
    pub ack_window: u32,
}

/// Where and how RTMPS is taken: RTMP in TLS 1.2 or 1.3.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RtmpsConfig {
    /// The RTMPS listener. Default: none. Its connections count among RTMP's.
    pub bind: Option<SocketAddr>,
    /// PEM file with the certificate, its issuers behind it; looked at again every `reload_interval`.
    pub cert_file: Option<PathBuf>,
    /// PEM file with its key.
    pub key_file: Option<PathBuf>,
    /// Folder for a certificate of our own, signed by itself, made if there is none; used without `cert_file`.
    pub own_dir: Option<PathBuf>,
    /// Host names and addresses in the own certificate when it is made. Default `localhost`.
    pub names: Vec<String>,
    /// How often the files are looked at for a change. Default 10 s.
    pub reload_interval: Duration,
}

impl Default for RtmpsConfig {
    fn default() -> Self {
        Self {
            bind: None,
            cert_file: None,
            key_file: None,
            own_dir: None,
            names: vec!["localhost".into()],
            reload_interval: Duration::from_secs(10),
        }
    }
}

impl Default for RtmpLimits {
    fn default() -> Self {
        let told = streamly_rtmp::Limits::default();
        let size = |bytes: usize| ByteSize::new(bytes as u64);
        Self {
            max_media_message: size(told.max_media_message),
            max_command_message: size(told.max_command_message),
            max_half_open: size(told.max_half_open),
            max_chunk_streams: told.max_chunk_streams,
            max_unauthorized: size(told.max_unauthorized),
            max_after_refusal: size(told.max_after_refusal),
            max_message_streams: told.max_message_streams,
            max_queued_events: size(told.max_queued_events),
            max_queued_output: size(told.max_queued_output),
            ack_window: told.ack_window,
        }
    }
}

impl RtmpLimits {
    pub(crate) fn of_connection(&self) -> streamly_rtmp::Limits {
        let size = |size: ByteSize| usize::try_from(size.bytes()).unwrap_or(usize::MAX);
        streamly_rtmp::Limits {
            max_media_message: size(self.max_media_message),
            max_command_message: size(self.max_command_message),
            max_half_open: size(self.max_half_open),
            max_chunk_streams: self.max_chunk_streams,
            max_unauthorized: size(self.max_unauthorized),
            max_after_refusal: size(self.max_after_refusal),
            max_message_streams: self.max_message_streams,
            max_queued_events: size(self.max_queued_events),
            max_queued_output: size(self.max_queued_output),
            ack_window: self.ack_window,
        }
    }

    fn problems(&self) -> Vec<String> {
        let limits = self.of_connection();
        let bounds = [
            ("max_media_message", limits.max_media_message, 64 << 10, "64 KiB, a usual keyframe"),
            ("max_command_message", limits.max_command_message, 4 << 10, "4 KiB, a usual onMetaData"),
            ("max_half_open", limits.max_half_open, limits.max_media_message, "max_media_message"),
            ("max_chunk_streams", limits.max_chunk_streams, 6, "6, which publishers use"),
            ("max_unauthorized", limits.max_unauthorized, 16 << 10, "16 KiB: handshake and commands"),
            ("max_message_streams", limits.max_message_streams, 1, "1"),
            (
                "max_queued_events",
                limits.max_queued_events,
                limits.max_media_message.saturating_add(MIN_EVENTS),
                "max_media_message and 1 MiB",
            ),
            ("max_queued_output", limits.max_queued_output, 8 << 10, "8 KiB: handshake and answers"),
            ("ack_window", limits.ack_window as usize, 64 << 10, "65536"),
        ];
        let low = bounds.into_iter().filter(|(_, value, least, _)| value < least);
        let mut problems: Vec<_> =
            low.map(|(key, .., least)| format!("rtmp.limits.{key}: is below {least}")).collect();
        if limits.max_half_open > MAX_HALF_OPEN {
            problems.push(format!("rtmp.limits.max_half_open: is above {} MiB", MAX_HALF_OPEN >> 20));
        }
        problems
    }
}

impl RtmpsConfig {
    fn problems(&self) -> Vec<String> {
        let files = [&self.cert_file, &self.key_file].into_iter().flatten().count();
        let mut problems = Vec::new();
        let mut check = |ok: bool, text: &str| {
            if !ok {
                problems.push(text.to_owned());
            }
        };
        check(files != 1, "rtmps: cert_file and key_file go together");
        check(
            self.bind.is_none() || files > 0 || self.own_dir.is_some(),
            "rtmps.bind: needs cert_file and key_file, or own_dir",
        );
        check(self.own_dir.is_none() || !self.names.is_empty(), "rtmps.names: is empty");
        check(!self.reload_interval.is_zero(), "rtmps.reload_interval: is zero");
        problems
    }
}

impl Default for RtmpConfig {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([0, 0, 0, 0], 1935)),
            share_port: false,
            max_connections: 1000,
            max_connections_per_address: 64,
            max_pending: 256,
            max_pending_per_address: 32,
            publish_burst: 20,
            publish_interval: Duration::from_secs(1),
            publish_deadline: Duration::from_secs(10),
            media_timeout: Duration::from_secs(10),
            authorize_timeout: Duration::from_secs(20),
            refused_linger: Duration::from_secs(3),
            max_bitrate_bps: 60_000_000,
            keepalive: Duration::from_secs(15),
            user_timeout: Duration::from_secs(15),
            limits: RtmpLimits::default(),
        }
    }
}

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The HLS origin and `/health`. Default 0.0.0.0:8000.
    pub http: SocketAddr,
    /// gRPC for peers. Default 127.0.0.1:9000.
    pub grpc: SocketAddr,
    /// Health and metrics. Default 127.0.0.1:10000.
    pub admin: SocketAddr,
    /// The RTMP listener and its limits.
    pub rtmp: RtmpConfig,
    /// The RTMPS listener and its certificate.
    pub rtmps: RtmpsConfig,
    /// Whether publishes of one address are limited in time. Off only for load measurements on loopback.
    pub rate_limits: bool,
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
    pub transcode_budget: f64,
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
    /// At a stop: how long running broadcasts may go on. Default 1 s.
    pub drain: Duration,
    /// Threads that serve the origin. Default 1.
    pub http_workers: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            http: SocketAddr::from(([0, 0, 0, 0], 8000)),
            grpc: SocketAddr::from(([127, 0, 0, 1], 9000)),
            admin: SocketAddr::from(([127, 0, 0, 1], 10_000)),
            rtmp: RtmpConfig::default(),
            rtmps: RtmpsConfig::default(),
            rate_limits: true,
            trust: TrustConfig::default(),
            stream: PeerConfig::at("http://127.0.0.1:9082"),
            node_id: "ingest-1".into(),
            origin_url: "http://127.0.0.1:8000".into(),
            grpc_url: String::new(),
            worker: Vec::new(),
            gst_registry: None,
            encoders: Vec::new(),
            ladder: vec!["480p".into(), "360p".into()],
            preset: encoders::PRESET_DEFAULT.into(),
            encoder_rest: Duration::from_secs(roster::REST_DEFAULT.as_secs()),
            transcode_budget: 0.0,
            window: Duration::from_secs(30),
            rewind: Duration::from_secs(7200),
            rewind_dir: None,
            rewind_bytes: ByteSize::new(20 << 30),
            rewind_keep_free: ByteSize::new(2 << 30),
            rewind_pull: ByteSize::new(32 << 20),
            window_bytes: ByteSize::new(192 << 20),
            target_duration: Duration::from_secs(9),
            ended_linger: Duration::from_secs(75),
            start_hold: Duration::from_secs(10),
            max_hold: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(30),
            drain: Duration::from_secs(1),
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
        check(self.origin_url.starts_with("http"), "origin_url: is no http URL".into());
        let grpc_url = self.grpc_url.is_empty() || self.grpc_url.starts_with("http");
        check(grpc_url, "grpc_url: is no http URL".into());
        check(self.target_duration.as_secs() >= 2, "target_duration: is below 2s".into());
        check(self.target_duration.as_secs() <= 60, "target_duration: is above 60s".into());
        check(!self.window.is_zero(), "window: is zero".into());
        check(self.rewind.get() <= MAX_REWIND, "rewind: is above 12h".into());
        check(self.rewind_pull.bytes() >= 64 << 10, "rewind_pull: is below 64 KiB a second".into());
        check(!self.stall_timeout.is_zero(), "stall_timeout: is zero".into());
        check(self.window_bytes.bytes() >= 1 << 20, "window_bytes: is below 1 MiB".into());
        check(self.http_workers > 0, "http_workers: is zero".into());
        check(self.rtmp.max_connections > 0, "rtmp.max_connections: is zero".into());
        check(self.rtmp.max_pending > 0, "rtmp.max_pending: is zero".into());
        check(self.rtmp.max_pending_per_address > 0, "rtmp.max_pending_per_address: is zero".into());
        check(
            self.rtmp.max_connections <= MAX_BROADCASTS,
            format!(
                "rtmp.max_connections: is above {MAX_BROADCASTS}, the most broadcasts of one node that stream takes"
            ),
        );
        check(self.rtmp.max_bitrate_bps > 0, "rtmp.max_bitrate_bps: is zero".into());
        problems.extend(self.rtmp.limits.problems());
        problems.extend(self.rtmps.problems());
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used() {
        assert_eq!(Config::default().problems(), Vec::<String>::new());
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let config = Config {
            ladder: vec!["481p".into()],
            preset: "placebo".into(),
            node_id: String::new(),
            transcode_budget: -1.0,
            ..Config::default()
        };
        assert_eq!(config.problems().len(), 4);
    }

    #[test]
    fn limits_that_no_publisher_fits_in_are_told() {
        let mut config = Config::default();
        config.rtmp.limits.max_unauthorized = ByteSize::new(100);
        config.rtmp.limits.max_half_open = ByteSize::new(1 << 20);
        config.rtmps.bind = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.rtmps.key_file = Some("key".into());
        let problems = config.problems();
        let named = ["max_unauthorized", "max_half_open", "cert_file and key_file go together"];
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(
            named.iter().all(|name| problems.iter().any(|problem| problem.contains(name))),
            "{problems:?}"
        );
    }

    #[test]
    fn a_limit_of_the_environment_reaches_the_connection() {
        let env =
            [("STREAMLY_INGEST__RTMP__LIMITS__MAX_COMMAND_MESSAGE".to_owned(), "8 KiB".to_owned())].into();
        let config: Config = streamly_config::load("ingest", None, &env).expect("loads");
        assert_eq!(config.rtmp.limits.of_connection().max_command_message, 8 << 10);
    }

    #[test]
    fn nested_keys_come_from_the_environment() {
        let env = [("STREAMLY_INGEST__RTMP__BIND".to_owned(), "127.0.0.1:2935".to_owned())].into();
        let config: Config = streamly_config::load("ingest", None, &env).expect("loads");
        assert_eq!(config.rtmp.bind.port(), 2935);
    }
}
