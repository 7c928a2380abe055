//! Pictures that people upload: what may be decoded, what is made of it, how many at once, and how they come in and go out by HTTP.
//!
//! The bytes themselves say what they are; names and content types are not asked. Nothing of the upload but its pixels comes out: no
//! metadata (GPS among it), no second format behind the first, no markup. It takes processor time and up to 256 MiB ([`MAX_SIDE`] squared
//! as decoded, as JPEG coefficients, and a copy): [`Uploads`] runs it on a thread that may block, few at once.
//! Who may upload, and where the result goes, is the caller's to know.

pub mod body;
mod decode;
mod encode;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
pub mod uploads;

pub use uploads::{Place, Uploads};

use streamly_storage::Kind;

/// Longest side of an upload, pixels: photographs of 16 megapixels fit.
pub const MAX_SIDE: u32 = 4096;
/// Pixels of all frames of an animation together, at most: what is decoded takes half a second, whatever its file says.
pub const MAX_FRAME_PIXELS: u64 = 100_000_000;
/// Sides of an emote, pixels: 28 on a page, on a screen of four times as many dots.
pub const EMOTE_SIDE: u32 = 112;
/// Frames of an animated emote, at most; of more, every second or third stays, for its neighbours' time.
pub const MAX_EMOTE_FRAMES: usize = 60;
/// Bytes of an emote as it is kept, at most; an animation gives up frames for it.
pub const MAX_EMOTE_BYTES: usize = 1 << 20;

/// Why an upload is no picture for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Neither PNG, JPEG, GIF nor WebP.
    #[error("the bytes are no PNG, JPEG, GIF or WebP")]
    Format,
    /// More pixels, frames or scans than are decoded.
    #[error("the picture is larger than {MAX_SIDE} pixels a side, or an animation is too long")]
    TooLarge,
    /// It begins as a picture and does not go on as one.
    #[error("the picture is damaged")]
    Damaged,
}

/// A picture as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Of the bytes.
    pub kind: Kind,
    /// The file.
    pub bytes: Vec<u8>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Whether it moves.
    pub animated: bool,
}

/// An emote of an upload: PNG that fits into [`EMOTE_SIDE`] squared, never larger than it was; what moved still moves (APNG).
pub fn emote(bytes: &[u8]) -> Result<Picture, Invalid> {
    let mut frames = decode::frames(bytes, EMOTE_SIDE)?;
    frames.thin(MAX_EMOTE_FRAMES);
    loop {
        let picture = encode::png(&frames)?;
        if picture.bytes.len() <= MAX_EMOTE_BYTES || frames.len() == 1 {
            return Ok(picture);
        }
        frames.thin(frames.len() / 2);
    }
}

/// A picture to be looked at, of an upload: at most `max_side` pixels a side, turned as the camera was held, still.
/// JPEG of photographs; of drawings and screens lossless WebP, as long as that is small.
pub fn shared(bytes: &[u8], max_side: u32) -> Result<Picture, Invalid> {
    let still = decode::still(bytes, max_side)?;
    encode::photograph(still)
}

/// The middle square of an upload, still and upright, of at most `max_side` pixels a side: somebody's face beside a name.
pub fn square(bytes: &[u8], max_side: u32) -> Result<Picture, Invalid> {
    let still = decode::square(bytes, max_side)?;
    encode::photograph(still)
}
