//! Tools for tests: recorded publishes and a publisher that sends them.
//!
//! A dev-dependency only. Nothing here is used by a running service.
pub use flv::fixture;

pub mod flv;
pub mod postgres;
pub mod publisher;
pub mod redis;
