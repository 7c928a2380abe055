//! Why the service cannot start. What a caller is told about a failure is in `forward` and `live::answer`.

use streamly_config::{EXIT_CONFIG, EXIT_UNAVAILABLE};
use streamly_http::BindError;

/// Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be used; all problems.
    #[error(transparent)]
    Config(#[from] streamly_config::Error),
    /// A listener could not be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A bound listener does not tell its address or take its options.
    #[error("a listener's socket")]
    Socket(#[source] std::io::Error),
}

impl StartError {
    /// The process's exit status, after sysexits.h.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) => EXIT_CONFIG,
            Self::Bind(_) | Self::Socket(_) => EXIT_UNAVAILABLE,
        }
    }
}
