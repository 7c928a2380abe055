//! Why there is no answer. The texts name no address of the operator's, and not the URL; what users are told is their callers' affair.

use super::resolver::Refusal;
use std::{error::Error as StdError, io};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing that may be asked, for this reason.
    #[error("the address {0}")]
    Invalid(Wrong),
    /// It is, or its name leads to, an address that is not of the public internet.
    #[error("the address leads nowhere on the public internet")]
    Forbidden,
    /// The name has no address. In the same words: else they would tell which names the operator's own DNS knows.
    #[error("the address leads nowhere on the public internet")]
    Unresolved(#[source] Option<io::Error>),
    /// Nobody there takes connections.
    #[error("no connection")]
    Unreachable(#[source] Box<dyn StdError + Send + Sync>),
    /// The certificate is not trusted, or there is no TLS.
    #[error("no secure connection: the certificate is not trusted, or the server speaks no TLS")]
    Insecure(#[source] rustls::Error),
    /// What came is no HTTP, or the connection broke.
    #[error("the connection broke before an answer came")]
    Broken(#[source] Box<dyn StdError + Send + Sync>),
    /// No answer in time.
    #[error("no answer in time")]
    Late,
    /// Too many others wait for this host, or in all: later.
    #[error("too many others wait")]
    Busy,
    /// More than is sent.
    #[error("the body is too large")]
    TooLarge,
}

/// What is wrong with an address as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It is none, or names no server.
    #[error("cannot be read")]
    Unreadable,
    /// It is not `https://`, and only that may be.
    #[error("must begin with https://")]
    NotHttps,
    /// It is neither `https://` nor `http://`.
    #[error("must begin with https:// or http://")]
    NotHttp,
    /// It is longer than is taken.
    #[error("is longer than 2048 bytes")]
    TooLong,
    /// It has a user name or a password.
    #[error("must have no user name or password in it")]
    Credentials,
    /// Its port is none of those that are sent to.
    #[error("has a port that this server does not send to")]
    Port,
}

impl From<hyper_util::client::legacy::Error> for Error {
    fn from(e: hyper_util::client::legacy::Error) -> Self {
        let (connecting, boxed) = (e.is_connect(), Box::<dyn StdError + Send + Sync>::from(e));
        match cause(boxed.as_ref()) {
            Some(Cause::Forbidden) => Self::Forbidden,
            Some(Cause::Unresolved) => Self::Unresolved(None),
            Some(Cause::Tls(e)) => Self::Insecure(e),
            Some(Cause::Late) => Self::Late,
            None if connecting => Self::Unreachable(boxed),
            None => Self::Broken(boxed),
        }
    }
}

enum Cause {
    Forbidden,
    Unresolved,
    Tls(rustls::Error),
    Late,
}

/// The first cause in the chain that says more than "connect". What an `io::Error` wraps is no `source` of it.
fn cause(error: &(dyn StdError + 'static)) -> Option<Cause> {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return Some(match refusal {
            Refusal::Forbidden => Cause::Forbidden,
            Refusal::Unresolved(_) => Cause::Unresolved,
        });
    }
    if let Some(e) = error.downcast_ref::<rustls::Error>() {
        return Some(Cause::Tls(e.clone()));
    }
    if let Some(e) = error.downcast_ref::<io::Error>() {
        if e.kind() == io::ErrorKind::TimedOut {
            return Some(Cause::Late);
        }
        if let Some(inner) = e.get_ref() {
            return cause(inner);
        }
    }
    error.source().and_then(cause)
}
