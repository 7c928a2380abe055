//! Where and how RTMP and RTMPS are taken: listeners, limits of connections and of the protocol.

use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};
use streamly_config::{ByteSize, Duration, Network};

/// Room for the events of one read beside the largest message, bytes.
const MIN_EVENTS: usize = 1 << 20;
/// More than this for each connection is no bound.
const MAX_HALF_OPEN: usize = 256 << 20;

/// Where and how RTMP is taken.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RtmpConfig {
    /// The RTMP listener. Default 0.0.0.0:1935.
    pub bind: SocketAddr,
    /// Whether another process of the same user that says so too may listen on the same port, so that a replacement is there before
    /// this one stops. Default off: then a port that is taken is noticed.
    pub share_port: bool,
    /// Networks of balancers that begin each connection with a PROXY header, version 1 or 2; a connection from there without one is
    /// closed. Default: none, and a header from anywhere is no RTMP. Without it behind a balancer all publishers share one address's limits.
    pub proxies: Vec<Network>,
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
#[derive(Debug, Clone, Deserialize, Serialize)]
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
#[derive(Debug, Clone, Deserialize, Serialize)]
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

    pub(super) fn problems(&self) -> Vec<String> {
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
    pub(super) fn problems(&self) -> Vec<String> {
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
            proxies: Vec::new(),
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
