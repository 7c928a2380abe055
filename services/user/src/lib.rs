//! Accounts: registration, sign-in, second factors, refresh families, passwords, addresses and the mails about them, public profiles, the
//! key set that verifies access tokens.
//!
//! The only service that signs people's tokens and the only one that sees passwords. It knows nothing of channels, bans or
//! streams. [`Service::bind`] takes the ports, [`Service::serve`] runs until the stop. PostgreSQL away: calls answer 503 and
//! recover by themselves; Redis away: rate limits fall back to this process, facts wait in the outbox.

mod accounts;
mod app;
mod browser_error;
mod bus;
pub mod config;
mod device;
mod error;
mod export;
mod factor;
mod http;
mod input;
mod limit;
mod mail;
mod origin;
mod password;
mod qr;
mod refresh;
mod rpc;
mod signing;
mod store;
mod webauthn;

pub use app::{Addresses, Service};
pub use config::Config;
pub use http::{ROUTES, openapi};
