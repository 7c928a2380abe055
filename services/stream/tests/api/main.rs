//! The service against a real PostgreSQL and Redis, with a user service and ingest nodes of the test's own.
#![allow(clippy::unwrap_used)]

mod categories;
mod departure;
mod directory;
mod events;
mod follows;
mod harness;
mod members;
mod nodes;
mod often;
mod outage;
mod private_events;
mod profile;
mod publish;
mod races;
mod rest;
mod retention;
mod schedule;
mod settings;
mod start;
mod strangers;
mod watching;
