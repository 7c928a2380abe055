//! The service as its neighbours see it: publishers over RTMP, viewers over HTTP, `stream` as a real gRPC server with a table.

#![allow(clippy::unwrap_used)]

mod admission;
mod app;
mod codecs;
mod commands;
mod drain;
mod fixtures;
mod health;
mod hls;
mod hostile;
mod hung;
mod hot;
mod iframes;
mod nodes;
mod playback;
mod pressure;
mod probe;
mod program;
mod reconnect;
mod rewind;
mod secure;
mod shed;
mod stream;
mod transcode;
