//! How a test publisher is to publish, and how a server can refuse it.

use std::fmt;

/// How fast tags go out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// As fast as the socket takes them.
    Unpaced,
    /// By their timestamps, that many times as fast; 1.0 is real time.
    Speed(f64),
}

/// Where and how to publish.
#[derive(Debug, Clone)]
pub struct Options {
    /// Application name, by default "live".
    pub app: String,
    /// Stream key.
    pub key: String,
    /// Pace of [`Publisher::send`], by default unpaced.
    pub pace: Pace,
    /// Added to every timestamp, modulo 2^32.
    pub offset: u32,
    /// How often [`Publisher::send`] sends the tags; timestamps continue, headers come again.
    pub loops: u32,
    /// By RTMPS, to a server with this certificate (PEM), which must be valid for "localhost". By default plain RTMP.
    pub tls: Option<Vec<u8>>,
}

impl Options {
    /// Defaults: app "live", once, unpaced, timestamps as they are.
    pub fn new(key: impl Into<String>) -> Self {
        Self { app: "live".into(), key: key.into(), pace: Pace::Unpaced, offset: 0, loops: 1, tls: None }
    }

    /// The same at a pace.
    pub fn pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// The same with an offset on all timestamps, in milliseconds.
    pub fn offset(self, offset: u32) -> Self {
        Self { offset, ..self }
    }

    /// The same by RTMPS; the server's certificate must be this one (PEM).
    pub fn tls(self, certificate: impl Into<Vec<u8>>) -> Self {
        Self { tls: Some(certificate.into()), ..self }
    }

    /// The same, sent that many times.
    pub fn loops(self, loops: u32) -> Self {
        Self { loops, ..self }
    }
}

/// An `onStatus` of the server, or what its `_result` or `_error` said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// "status" or "error".
    pub level: String,
    /// For example "NetStream.Publish.Start".
    pub code: String,
    /// Free text.
    pub description: String,
}

/// Why a publish did not start.
#[derive(Debug)]
pub enum Refused {
    /// The server refused with a status, for example NetStream.Publish.BadName.
    Status(Status),
    /// The server closed without a status.
    Closed,
    /// No answer within 30 s.
    TimedOut,
    /// The socket failed.
    Io(std::io::Error),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{} ({})", status.code, status.description),
            Self::Closed => f.write_str("server closed the connection"),
            Self::TimedOut => f.write_str("no answer from the server"),
            Self::Io(_) => f.write_str("connection failed"),
        }
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(source) => Some(source),
            _ => None,
        }
    }
}

impl From<std::io::Error> for Refused {
    fn from(source: std::io::Error) -> Self {
        Self::Io(source)
    }
}
