//! The one door to object storage: whole objects of bytes under short keys, in a folder of this machine or in an S3 bucket.
//!
//! It knows no pictures, no database and no HTTP server. A key is written once: what is at it never changes, so that it may be cached for
//! ever. Objects of up to some tens of megabytes: a put holds all of its bytes. Several nodes share a bucket; a folder is one machine's.
//! On failure an object is there as a whole or not at all, and [`Error::is_unavailable`] says whether another try may succeed.

mod client;
mod config;
mod error;
mod key;
mod store;

pub use config::Config;
pub use error::Error;
pub use key::{InvalidKey, Key, Kind};
pub use store::{Object, Store};
