//! The chat service against a real Redis and PostgreSQL, one or two nodes on one Redis; `stream` and `user` are tables in this process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod answers;
mod app;
mod audit;
mod blocks;
mod boards;
mod bots;
mod bucket;
mod client;
mod cluster;
mod commands;
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
mod modes;
mod newcomers;
mod notices;
mod order;
mod outages;
mod peers;
mod people;
mod pictures;
mod program;
mod reach;
