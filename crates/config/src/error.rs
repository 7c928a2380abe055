//! What is wrong with a configuration, all of it at once.

use std::fmt;

/// One wrong key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Dotted path (`rtmp.bind`) or environment name.
    pub key: String,
    /// What is wrong with it.
    pub detail: String,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Whose configuration.
    pub service: String,
    /// At least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration of {} has {} problem(s)", self.service, self.problems.len())?;
        self.problems.iter().try_for_each(|p| write!(f, "\n  {}: {}", p.key, p.detail))
    }
}

impl std::error::Error for Error {}
