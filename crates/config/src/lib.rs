//! Typed configuration: defaults < file (TOML) < environment, every problem listed at once.
//!
//! [`load`] is pure over (file text, environment map): no port is bound here, and only [`from_process`] reads a file. A service's `Config` is a
//! `serde` struct with `#[serde(default, deny_unknown_fields)]`; the environment name of `rtmp.bind` of ingest is
//! `STREAMLY_INGEST__RTMP__BIND`. A secret is a value or, in `*_file`, the path of one; no secret has a default.

mod bounds;
mod env;
mod error;
mod in_force;
mod network;
pub mod value;

pub use bounds::out_of_bounds;
pub use error::{Error, Problem};
pub use in_force::{InForce, in_force};
pub use network::{Network, NotANetwork};
pub use value::{ByteSize, Duration, Secret};

use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Exit status for unusable configuration (`EX_USAGE` of sysexits.h).
pub const EXIT_CONFIG: u8 = 64;
/// Exit status when something needed is away or taken (`EX_UNAVAILABLE`).
pub const EXIT_UNAVAILABLE: u8 = 69;
/// Exit status when a folder cannot be made or written (`EX_CANTCREAT`).
pub const EXIT_CANTCREAT: u8 = 73;

/// Reads a service's configuration.
///
/// `service` is the lower-case name (`"ingest"`); `file` the text of its TOML file, if any; `env` the process environment.
/// Errors: every problem of file and environment together; values of secrets are not repeated in them.
pub fn load<T: DeserializeOwned>(
    service: &str,
    file: Option<&str>,
    env: &BTreeMap<String, String>,
) -> Result<T, Error> {
    let mut problems = Vec::new();
    let mut table = match file.map(toml::from_str::<toml::Table>).transpose() {
        Ok(table) => table.unwrap_or_default(),
        Err(e) => {
            problems.push(Problem { key: "file".into(), detail: e.message().to_owned() });
            toml::Table::new()
        }
    };
    env::overlay(service, env, &mut table, &mut problems);
    match env::deserialize(table, &mut problems) {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(Error { service: service.to_owned(), problems }),
    }
}

/// Reads a service's configuration from what its process was given: the file named by `STREAMLY_CONFIG`, if any, and the environment.
/// Errors: as [`load`], or that the file cannot be read.
pub fn from_process<T: DeserializeOwned>(service: &str) -> Result<T, Error> {
    let env = process_env();
    let file = env.get("STREAMLY_CONFIG").map(|path| {
        std::fs::read_to_string(path).map_err(|e| {
            let problem =
                Problem { key: "STREAMLY_CONFIG".into(), detail: format!("{path} cannot be read: {e}") };
            Error { service: service.to_owned(), problems: vec![problem] }
        })
    });
    load(service, file.transpose()?.as_deref(), &env)
}

/// The process environment as [`load`] takes it; names or values that are not UTF-8 are left out.
pub fn process_env() -> BTreeMap<String, String> {
    std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect()
}
