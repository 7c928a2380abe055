//! The service from outside, each test with a database and a redis-server of its own.
#![allow(clippy::unwrap_used)]

mod addresses;
mod app;
mod closure;
mod edge;
mod export;
mod grpc;
mod guessing;
mod letters;
mod mails;
mod outages;
mod passwords;
mod people;
mod refreshing;
mod registration;
mod sessions;
mod signing;
mod staff;
mod standing;
