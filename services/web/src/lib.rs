//! The one public origin: the browser app, `/api/*` passed to its services, `/ws` to chat, `/live` from the HLS edge cache.
//!
//! It owns no fact and has no database; Redis only tells it where broadcasts are and takes viewer counts. [`Service::bind`] takes the
//! ports, [`Service::serve`] runs until the stop. A service that is away costs 502 on its own routes and nothing else; Redis away: known
//! broadcasts play on.

mod address;
mod app;
mod assets;
mod cards;
mod client;
mod config;
mod connections;
mod document;
mod forward;
mod head;
mod headers;
mod limits;
mod listener;
mod live;
mod networks;
mod oembed;
mod pages;
mod redirect;
mod routes;
mod tunnel;

pub use app::{Addresses, Service};
pub use config::{Config, HttpsConfig, InnerConfig, ShieldsConfig};
