//! The one door to Redis: commands, scripts, pub/sub that admits its gaps, followed streams. Only this crate knows `fred`.
//!
//! Every command has a time-out, every connection a reconnect policy. Pub/sub loses messages (a reconnect, a lagging reader):
//! [`Subscriber::next`] then says [`Delivery::Gap`], and the caller reads what it missed from the Redis Stream. A timed-out write may
//! still have happened: writers must be idempotent.

mod client;
mod config;
mod failures;
mod follow;
mod limit;
mod masters;
mod replicas;
mod script;
mod spans;
mod subscriber;
mod successor;
mod void_tokens;

pub use client::{AT_ONCE, Error, NAME, Redis};
pub use config::Config;
pub use failures::{Delay, Failures};
pub use follow::{Entry, Follower};
pub use fred::types::{FromValue, Value};
pub use limit::{Limit, Limited};
pub use replicas::Replicas;
pub use script::{Run, Script};
pub use subscriber::{Delivery, Subscriber, Subscriptions};
