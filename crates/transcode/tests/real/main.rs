//! The transcoder on real input: recorded publishes and ffmpeg's H.264 through real worker processes and real GStreamer.

#![allow(clippy::unwrap_used)]

mod captions;
mod codecs;
mod faults;

mod output;
mod probing;
mod shedding;
mod source;
mod stills;
mod transcoding;
