//! The service from outside, each test with a database and a redis-server of its own.
#![allow(clippy::unwrap_used)]

mod app;
mod edge;
mod grpc;
mod outages;
mod people;
mod refreshing;
mod standing;
