//! The one door to PostgreSQL: pool, migrations under a lock, readiness. SQL lives in the services' `store` modules.
//!
//! A pool opens lazily: a database that is away is named in readiness and waited for, never a crash. Every statement has a
//! time-out (`statement_timeout`), every wait for a connection one too.

mod config;
mod meters;
mod pool;

pub use config::Config;
pub use pool::{Database, Error, NAME};
pub use refinery;
