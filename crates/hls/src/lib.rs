//! The live window of one HLS rendition: its segments and parts in memory, its playlists, and the answer to
//! every LL-HLS request, after draft-pantos-hls-rfc8216bis (called "the draft" in this crate).
//!
//! Pure: no HTTP, no clock, no task. Time is an argument, bytes are `Bytes` and are never copied. The origin
//! owns sockets, waiting and status codes: it asks [`Window::decide`] and [`Window::resource`], waits for the
//! next change when told to, and asks again. One [`Window`] is one rendition of one broadcast; the renditions
//! of a broadcast are given the same boundaries and discontinuities by whoever cuts the segments.
//!
//! A name never gets other bytes, media sequence numbers never go back, and a refused push changes nothing.

mod config;
mod granted;
mod multivariant;
mod name;
mod query;
mod segment;
mod text;
mod window;

pub use config::{ConfigError, WindowConfig, discontinuity_base};
pub use granted::with_query;
pub use multivariant::{IframeStream, Multivariant, Rendition, bandwidth};
pub use name::{InitName, Name, NameError};
pub use query::{MediaQuery, QueryError};
pub use window::{
    Awaited, Decision, HandedPart, HandedSegment, KeptSegment, Measured, Part, Position, PushError, Rendered,
    RenditionReport, Resource, SegmentId, Stats, Unstored, Variant, WholeSegment, Window,
};
