//! Web Push: a message for one browser, encrypted so that the push service between cannot read it, and signed so that the service knows
//! who sends. What the message says is `notices`'; where it goes to people chose, so it leaves by `outbound` alone.
//!
//! Where a browser is reached, and the secrets it gave with it, never print. Nothing here waits or retries.

mod encrypt;
mod vapid;

pub use encrypt::{Browser, InvalidBrowser};
pub use vapid::{InvalidKey, Vapid};

use std::time::Duration;
use uuid::Uuid;

/// Longest text of a message, bytes: a push service takes 4096 of what it becomes (RFC 8030, 7.2), and every one of them pads.
pub const MAX_TEXT: usize = 3_000;

/// A message ready to be sent.
pub struct Message {
    /// `Authorization`, a secret for as long as it is good.
    pub authorization: String,
    /// `TTL` (RFC 8030, 5.2), seconds.
    pub ttl: u64,
    /// `Topic` (RFC 8030, 5.4): of two about one channel that wait, the later stays.
    pub topic: String,
    /// The body, in `Content-Encoding: aes128gcm`.
    pub body: Vec<u8>,
}

/// A message to a browser could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// More than [`MAX_TEXT`].
    #[error("the text of a push is too long")]
    TooLong,
    /// The browser's key is none, or the system's random source failed.
    #[error("a push cannot be encrypted")]
    Cipher,
    /// The signing key does not sign.
    #[error("a push cannot be signed")]
    Signature,
}

/// A text for a browser about one thing. `now`: seconds since 1970.
pub fn message(
    vapid: &Vapid,
    browser: &Browser,
    about: Uuid,
    text: &str,
    ttl: Duration,
    now: u64,
) -> Result<Message, Failed> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    if text.len() > MAX_TEXT {
        return Err(Failed::TooLong);
    }
    Ok(Message {
        authorization: vapid.authorization(browser.origin(), now).ok_or(Failed::Signature)?,
        ttl: ttl.as_secs(),
        topic: URL_SAFE_NO_PAD.encode(about.as_bytes()),
        body: encrypt::seal(browser, text.as_bytes()).ok_or(Failed::Cipher)?,
    })
}
