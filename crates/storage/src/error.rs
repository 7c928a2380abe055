//! What can go wrong with storage, as facts; the cause is kept for the log and is nothing for a caller of ours to see.

use object_store::Error as Cause;

/// Why an object was not stored, found or removed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing is at the key.
    #[error("there is no object {0}")]
    NotFound(String),
    /// Storage did not answer, not in time, or not well: the disk is full, the bucket is away.
    #[error("storage does not answer")]
    Away(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Storage answered that this account may not.
    #[error("storage refuses this account")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The object has more bytes than the caller takes.
    #[error("the object has {size} bytes, more than {max}")]
    TooLarge {
        /// Its bytes.
        size: u64,
        /// What was allowed.
        max: u64,
    },
    /// The settings cannot work.
    #[error("{key}: {detail}")]
    Settings {
        /// Which of them.
        key: &'static str,
        /// What is wrong with it; never the value of a secret.
        detail: String,
    },
}

impl Error {
    /// Whether it may go well at another time.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Refused(_))
    }
}

impl From<Cause> for Error {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::NotFound { path, .. } => Self::NotFound(path),
            Cause::PermissionDenied { .. } | Cause::Unauthenticated { .. } => Self::Refused(Box::new(cause)),
            other => Self::Away(Box::new(other)),
        }
    }
}
