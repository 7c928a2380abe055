//! CMAF packaging: where parts and segments begin, and the fMP4 bytes of init segments and parts.
//!
//! Pure: no I/O, no clock. It is not the playlist (`hls`) and keeps no window: what a [`Packager`] gives out is forgotten.
//! One [`Segmenter`] per broadcast decides the [`Cut`]s from the source; one [`Packager`] per rendition follows them.
//!
//! The order a driver must keep, for each [`streamly_media::Output`] of the timeline:
//! 1. `Discontinuity` → [`Segmenter::discontinuity`] and [`Packager::discontinuity`] of every packager.
//! 2. `Track` → [`Segmenter::track`] and [`Packager::config`] of every packager the track belongs to (audio: all; video: the
//!    source's; rungs get the video configuration of their encoder).
//! 3. `AccessUnit` → [`Segmenter::push`], then every polled [`Cut`] → [`Packager::cut`] of every packager, then the unit →
//!    [`Packager::push`] (audio: all; video: the source's; rungs get the transcoder's).
//!
//! Nothing here fails: units that fit no part are dropped and counted, a part without media is a gap.

mod boxes;
mod cut;
mod entry;
mod init;
mod moof;
mod packaged;
mod packager;
mod part_target;
mod segmenter;

pub use cut::Cut;
pub use packaged::{Facts, Init, Packaged, Part, ticks_to_duration};
pub use packager::{Counters, Mode, Packager};
pub use part_target::PartTarget;
pub use segmenter::{Limits, Segmenter};
