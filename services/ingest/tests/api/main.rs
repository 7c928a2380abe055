//! The service as its neighbours see it: publishers over RTMP, viewers over HTTP, `stream` as a real gRPC server with a table.

#![allow(clippy::unwrap_used)]

mod admission;
mod app;
mod codecs;
mod commands;
mod drain;
mod fixtures;
mod hand_over;
mod health;
mod hls;
mod hostile;
mod hot;
mod hung;
mod iframes;
mod nodes;
mod playback;
mod pressure;
mod probe;
mod process;
mod program;
mod proxied;
mod proxy;
mod reconnect;
mod rewind;
mod secure;
mod shed;
mod stills;
mod stream;
mod targets;
mod test_mode;
mod transcode;
mod viewers;
mod watching;
