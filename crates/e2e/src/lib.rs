//! The whole platform for end-to-end tests: the launcher's own binary on a free port offset and a data folder of its own.
//!
//! Nothing here knows the services' insides: it speaks HTTP, WebSocket and RTMP as people's programs do. A [`Platform`] stops what it started;
//! after [`Platform::stop`] a test can look for what was left behind. Where services are replaced while people are there, the platform is a
//! `streamly_testkit::fleet`; [`watcher`], [`chatter`] and [`caller`] are people who stay.

pub mod caller;
pub mod chat;
pub mod chatter;
pub mod cramped;
pub mod nodes;
pub mod people;
pub mod platform;
pub mod playback;
pub mod processes;
pub mod publish;
pub mod viewer;
pub mod watcher;

pub use platform::{Person, Platform};
