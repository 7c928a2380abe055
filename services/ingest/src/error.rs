//! Why the service cannot start. What happens to a publish is in `admission`, to an HTTP request in `http`.

use streamly_config::{EXIT_CONFIG, EXIT_UNAVAILABLE};
use streamly_http::BindError;

/// Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The file of STREAMLY_CONFIG cannot be read.
    #[error("the configuration file cannot be read")]
    File(#[source] std::io::Error),
    /// The configuration does not parse; all problems.
    #[error(transparent)]
    Load(streamly_config::Error),
    /// The configuration parses but cannot be used; all problems, one a line.
    #[error("the configuration cannot be used:\n{}", .0.join("\n"))]
    Config(Vec<String>),
    /// A listener could not be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A bound listener does not tell its address.
    #[error("a listener does not tell its address")]
    Address(#[source] std::io::Error),
}

impl StartError {
    /// The process's exit status, after sysexits.h.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::File(_) | Self::Load(_) | Self::Config(_) => EXIT_CONFIG,
            Self::Bind(_) | Self::Address(_) => EXIT_UNAVAILABLE,
        }
    }
}
