//! The whole platform for end-to-end tests: the launcher's own binary on a free port offset and a data folder of its own.
//!
//! Nothing here knows the services' insides: it speaks HTTP, WebSocket and RTMP as people's programs do. A [`Platform`] stops what it started;
//! after [`Platform::stop`] a test can look for what was left behind.

pub mod chat;
pub mod nodes;
pub mod platform;
pub mod playback;
pub mod processes;
pub mod publish;
pub mod viewer;

pub use platform::{Person, Platform};
