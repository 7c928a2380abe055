//! What can go wrong for a caller, and the code of each; the only place where causes become problems or gRPC statuses.

use streamly_http::Problem;
use streamly_status::{Code, FieldError};

/// An error of the service's own work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed or is away.
    #[error("database")]
    Store(#[from] streamly_postgres::Error),
    /// Redis failed or is away.
    #[error("redis")]
    Bus(#[from] streamly_redis::Error),
    /// The user service failed or is away.
    #[error("user service")]
    User(#[source] Box<tonic::Status>),
    /// Something told to the caller by its code alone.
    #[error("{}", .0.name())]
    Told(Code),
    /// Some fields are wrong.
    #[error("{} wrong fields", .0.len())]
    Fields(Vec<FieldError>),
    /// A stored key does not open.
    #[error("sealed key")]
    Sealed(#[from] crate::key::Unopenable),
    /// No connection or no answer of the database within the caller's patience.
    #[error("the database took too long")]
    Busy,
    /// Too many calls; come again after this time.
    #[error("rate limited")]
    Limited(std::time::Duration),
    /// The attempt's id was used with another key before.
    #[error("the attempt belongs to another key")]
    ForeignAttempt,
    /// What is stored does not read.
    #[error("stored JSON")]
    Json(#[from] serde_json::Error),
}

impl From<tokio_postgres::Error> for Error {
    fn from(e: tokio_postgres::Error) -> Self {
        Self::Store(e.into())
    }
}
impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Told(code)
    }
}

impl Error {
    /// Whether something is away, rather than wrong: worth a retry.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Store(e) => e.is_unavailable(),
            Self::Bus(e) => e.is_unavailable(),
            Self::User(_) | Self::Busy => true,
            _ => false,
        }
    }
}

impl From<Error> for Problem {
    fn from(e: Error) -> Self {
        match e {
            Error::Told(code) => Problem::new(code),
            Error::Fields(fields) => Problem::fields(fields),
            Error::Limited(wait) => Problem::new(Code::RateLimited).retry_after(wait),
            e if e.is_unavailable() => Problem::unavailable(&e),
            e => Problem::internal(&e),
        }
    }
}

impl From<Error> for tonic::Status {
    fn from(e: Error) -> Self {
        let code = match &e {
            Error::Told(code) => *code,
            Error::Fields(_) | Error::ForeignAttempt => Code::ValidationFailed,
            Error::Limited(_) => Code::RateLimited,
            e if e.is_unavailable() => {
                tracing::warn!(cause = ?e, "a dependency is away");
                Code::Unavailable
            }
            e => {
                tracing::error!(cause = ?e, "call failed");
                Code::Internal
            }
        };
        streamly_rpc::status_of(code)
    }
}
