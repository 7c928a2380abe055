//! The operator's command line: what is on air and on which node, and its end; keys, draining, health, new signing keys.
//!
//! It speaks gRPC to `stream` and to the ingest nodes that `stream` names, by the service token of the identity `operator`, and owns no
//! state: whatever it does, the services do, and they log it. [`run`] writes to stdout what was asked for; whatever fails is an [`Error`]
//! that says where and what to do about it. Text of strangers is written without what a terminal would obey.

mod app;
mod command;
mod config;
mod drain;
mod error;
mod figures;
mod health;
mod keys;
mod live;
mod node;
mod nodes;
mod output;
pub mod rotation;
mod stream;
mod table;
mod text;

pub use app::run;
pub use command::{Command, NotNamed, Which};
pub use config::Config;
pub use error::{Asked, Error};
