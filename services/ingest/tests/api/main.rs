//! The service as its neighbours see it: publishers over RTMP, viewers over HTTP, `stream` as a real gRPC server with a table.

#![allow(clippy::unwrap_used)]

mod admission;
mod app;
mod codecs;
mod commands;
mod fixtures;
mod hls;
mod playback;
mod probe;
mod program;
mod reconnect;
mod stream;
mod transcode;
