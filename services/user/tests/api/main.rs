//! The service from outside, each test with a database and a redis-server of its own.
#![allow(clippy::unwrap_used)]

mod acts;
mod addresses;
mod app;
mod authenticator;
mod browser_errors;
mod closure;
mod cluster;
mod edge;
mod export;
mod factor_reset;
mod failover;
mod grpc;
mod guessing;
mod languages;
mod letters;
mod live_notices;
mod mails;
mod outages;
mod own_profile;
mod passkeys;
mod passwords;
mod people;
mod refreshing;
mod registration;
mod second_factor;
mod sessions;
mod signing;
mod staff;
mod standing;
mod strangers;
mod totp;
