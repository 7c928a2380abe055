//! The chat service against a real Redis and PostgreSQL, one or two nodes on one Redis; `stream` and `user` are tables in this process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod app;
mod client;
mod cluster;
mod crowd;
mod facts;
mod frames;
mod large;
mod limits;
mod moderation;
mod order;
mod outages;
mod peers;
mod program;
mod replay;
mod resume;
mod survive;
