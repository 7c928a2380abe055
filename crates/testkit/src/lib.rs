//! Tools for tests: recorded publishes and a publisher that sends them, real PostgreSQL, Redis,
//! S3 and mail servers, nginx, a receiver of traces, proxies that do what networks do, and all services in processes behind balancers.
//!
//! A dev-dependency only. Nothing here is used by a running service.
pub use flv::fixture;

pub mod fleet;
pub mod flv;
pub mod link;
pub mod nginx;
pub mod postgres;
pub mod publisher;
pub mod redis;
pub mod s3;
pub mod smtp;
pub mod strangers;
pub mod toxic;
pub mod traces;
