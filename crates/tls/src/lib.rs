//! The certificate that a listener shows: two PEM files of an operator, looked at again and again, and the TLS settings that show it.
//!
//! New files serve new handshakes, while running connections keep what they began with. Files that cannot be used never replace those that
//! can: they are logged, and the last good ones stay. Not here: sockets, deadlines of handshakes, and certificates that a node makes for
//! itself, which are their service's.

mod certificates;
mod files;
mod validity;
mod watch;

pub use certificates::{Certificates, Told};
pub use files::{Error, Files, MAX_FILE};
