//! The service against a real PostgreSQL and Redis, with a user service and ingest nodes of the test's own.
#![allow(clippy::unwrap_used)]

mod cards;
mod categories;
mod cursors;
mod departure;
mod directory;
mod events;
mod facts;
mod follows;
mod harness;
mod history;
mod markers;
mod members;
mod nodes;
mod notices;
mod often;
mod on_air;
mod outage;
mod private_events;
mod profile;
mod publish;
mod pushes;
mod qoe;
mod races;
mod rest;
mod retention;
mod schedule;
mod settings;
mod silent;
mod start;
mod stills;
mod strangers;
mod telling;
mod test_mode;
mod watching;
mod webhooks;
