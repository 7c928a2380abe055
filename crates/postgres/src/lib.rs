//! The one door to PostgreSQL: pool, migrations under a lock, readiness. SQL lives in the services' `store` modules.
//!
//! A pool opens lazily: a database that is away is named in readiness and waited for, never a crash. Every statement has a
//! time-out (`statement_timeout`), every wait for a connection one too. Of several hosts the one is used that takes writes, and connections
//! to one that does so no more, or says nothing, are given up: after a failover services go on by themselves. What may be a little old is read
//! from standbys ([`Replicas`]). What a traced call asks has spans.

mod config;
mod connection;
mod hosts;
mod meters;
mod pool;
mod ready;
mod renewal;
mod replicas;
mod spans;

pub use config::Config;
pub use connection::{Connection, GenericClient, Query, Statement, Transaction};
pub use pool::{Database, Error, NAME, takes_writes};
pub use refinery;
pub use replicas::Replicas;
