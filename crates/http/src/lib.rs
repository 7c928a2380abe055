//! The HTTP edge of a service (actix-web): listeners, problem+json, request ids, token extraction, body limits, the admin listener.
//!
//! A service's `http` module holds only handlers; everything that must be alike everywhere is here. It holds no SQL and no domain.

mod access;
mod admin;
mod bind;
mod calls;
mod document;
pub mod encoding;
mod extract;
pub mod forwarded;
mod heads;
mod holder;
mod hot;
mod limits_in_force;
mod paced;
mod problem;
mod program;
mod replay;
mod request_id;
mod requests;
mod secure;
mod server;
mod shares;
mod traced;
mod wants;

pub use access::{AccessKeys, JwksSource};
pub use admin::serve_admin;
pub use bind::{BindError, bind};
pub use calls::Calls;
pub use document::{Bearer, Problems};
pub use extract::{Authenticated, MaybeAuthenticated, MaybeJson, defaults, look_first};
pub use holder::Holder;
pub use hot::{Answer, Body, FileRange, Hot, Request, serve_hot, serve_hot_admitted};
pub use limits_in_force::{SettingItem, SettingList};
pub use problem::{Problem, ProblemBody, Result};
pub use program::{Program, StartError};
pub use replay::Replay;
pub use request_id::{RequestId, request_id};
pub use requests::RequestsConfig;
pub use secure::{Seat, Secure, serve_secure};
pub use server::{AppFactory, Limits, health, serve};
pub use shares::{Pace, Shares};
pub use traced::{Follows, Traced, method_name};
pub use wants::Wants;
