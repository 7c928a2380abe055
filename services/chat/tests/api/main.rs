//! The chat service against a real Redis and PostgreSQL, one or two nodes on one Redis; `stream` and `user` are tables in this process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod app;
mod blocks;
mod boards;
mod client;
mod cluster;
mod crowd;
mod emotes;
mod facts;
mod frames;
mod holds;
mod images;
mod large;
mod limits;
mod messages;
mod moderation;
mod notices;
mod order;
mod outages;
mod peers;
mod pictures;
mod program;
mod record;
mod replay;
mod reports;
mod resume;
mod survive;
mod terms;
mod unban_requests;
