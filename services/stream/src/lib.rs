//! The stream service: channels, stream keys, broadcasts, permits and leases, the live index, the directory, events.
//!
//! `app` puts it together; `http` and `rpc` are its edges; `admission`, `lease`, `lease_stream` and `duties` are the life of a
//! broadcast; `store` is SQL, `bus` is Redis. It owns who may publish and what is live; the media itself is ingest's.

pub mod admission;
pub mod app;
pub mod bus;
pub mod capabilities;
pub mod categories;
pub mod channel;
pub mod config;
pub mod departure;
pub mod directory;
pub mod duties;
pub mod embedding;
pub mod error;
pub mod export;
pub mod facts;
pub mod feed;
pub mod follows;
pub mod hand_over;
pub mod history;
pub mod http;
pub mod key;
pub mod lease;
pub mod lease_stream;
pub mod limit;
pub mod members;
pub mod names;
pub mod nodes;
pub mod notices;
pub mod on_air;
pub mod outbound;
pub mod people;
pub mod pictures;
pub mod playback;
pub mod profile;
pub mod qoe;
pub mod refusal;
pub mod retention;
pub mod revocation;
pub mod rpc;
pub mod schedule;
pub mod search;
pub mod store;
pub mod suspension;
pub mod view;
pub mod visibility;
pub mod waiting;
pub mod web_push;
pub mod webhooks;

pub use app::{Addresses, Service};
pub use config::Config;
