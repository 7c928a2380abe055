//! Chat: WebSocket rooms whose one order of events is the same for everybody, on any number of nodes.
//!
//! One Lua script in Redis gives an event its id, appends it to the room's Redis Stream and publishes it; nodes deliver in id order
//! and read what pub/sub lost from the stream. Bans, settings and the audit log are in PostgreSQL. Who owns a channel is `stream`'s
//! to say, who a person is `user`'s. The frames are documented in `docs/CHAT-PROTOCOL.md`.

mod accounts;
mod app;
mod bans;
mod blocks;
mod bots;
mod bus;
mod chatters;
mod commands;
mod compose;
pub mod config;
mod departures;
mod directory;
mod emotes;
mod error;
mod export;
mod facts;
mod frame;
mod gcra;
mod holds;
mod http;
mod hub;
mod images;
mod listener;
mod log_id;
mod moderation;
mod notices;
mod pace;
mod pins;
mod polls;
mod queue;
mod record;
mod reports;
mod room;
mod roster;
mod rpc;
mod rules;
mod screen;
mod session;
mod settings;
mod socket;
mod sockets;
mod speech;
mod store;
mod terms;
mod text;
mod unban_requests;
mod wire;

pub use app::{Addresses, Service};
pub use config::Config;
pub use http::openapi;
