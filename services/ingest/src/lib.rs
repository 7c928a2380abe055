//! The ingest service: RTMP publishers in, live broadcasts in memory, the HLS origin out.
//!
//! It owns live media only: who may publish is decided by `stream` (asked over gRPC), and nothing here is durable. `listener`
//! accepts, `session` is one connection, `admission` asks, `broadcast` lives through reconnects, `lease` tells `stream`,
//! `http` is the origin and `rpc` what peers may command. While `stream` is away running broadcasts go on.
//!
//! A program that embeds this service must answer the subcommand of [`Config::worker`] with [`worker_main`].

mod admission;
mod app;
mod broadcast;
mod budget;
mod config;
mod decoder;
mod drain;
mod encoder;
mod guests;
mod hand_over;
mod http;
mod lease;
mod listener;
mod machine;
mod meters;
mod node;
mod proxied;
mod registry;
mod rewind;
mod rpc;
mod session;
mod stills;
mod stop;
mod tls;
mod turns;

pub use app::{Addresses, Service};
pub use config::{Config, RtmpConfig, RtmpLimits, RtmpsConfig, Stills};

/// The subcommand that [`Config::worker`] names by default.
pub const WORKER_SUBCOMMAND: &str = "transcode-worker";

/// Runs the transcode worker to its end: what a program does in the subcommand [`WORKER_SUBCOMMAND`]. `args` are those behind it:
/// none to transcode, `probe NAME` to try one encoder, `decoders` to list what can be decoded, `stills` to make stills. Nothing may have been written to stdout before.
pub fn worker_main(args: impl IntoIterator<Item = String>) -> std::process::ExitCode {
    streamly_transcode::worker::main(args)
}
