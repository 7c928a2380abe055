//! The service against a real PostgreSQL and Redis, with a user service and ingest nodes of the test's own.
#![allow(clippy::unwrap_used)]

mod categories;
mod departure;
mod directory;
mod events;
mod facts;
mod follows;
mod harness;
mod members;
mod nodes;
mod often;
mod outage;
mod profile;
mod publish;
mod races;
mod rest;
mod retention;
mod schedule;
mod settings;
mod start;
mod watching;
mod webhooks;
