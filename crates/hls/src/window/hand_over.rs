//! A window on its way from one node to another: what is listed, as values, and the same taken in again.
//!
//! What was handed over renders as it did before, and its names stand for the same bytes; segments that had left the list stay behind.
//! The order of calls is the caller's: nothing may be pushed into the old window after [`Window::listed_segments`].

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use super::{Part, PushError, WholeSegment, Window};
use crate::name::InitName;
use crate::segment::Segment;

/// One listed segment with everything that its lines and names are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedSegment {
    /// The session that wrote it.
    pub epoch: u64,
    /// Media sequence number.
    pub msn: u64,
    /// EXT-X-DISCONTINUITY stands before it.
    pub discontinuity: bool,
    /// Its init section; none where all of it is missing.
    pub init: Option<InitName>,
    /// Wall-clock time of its first sample.
    pub date: Option<SystemTime>,
    /// False: it came whole, `parts` has one entry that is no part.
    pub divided: bool,
    /// In order; at least one.
    pub parts: Vec<HandedPart>,
}

/// One of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedPart {
    /// Presentation duration.
    pub duration: Duration,
    /// Starts with a keyframe.
    pub independent: bool,
    /// The media is missing; `bytes` is empty.
    pub gap: bool,
    /// moof and mdat.
    pub bytes: Bytes,
}

impl HandedSegment {
    fn of(segment: &Segment) -> Self {
        let part = |piece: &crate::segment::Piece| HandedPart {
            duration: piece.duration,
            independent: piece.independent,
            gap: piece.gap,
            bytes: piece.bytes.clone(),
        };
        let start = &segment.start;
        Self {
            epoch: start.epoch,
            msn: start.msn,
            discontinuity: start.discontinuity,
            init: start.init,
            date: start.date,
            divided: start.divided,
            parts: segment.pieces.iter().map(part).collect(),
        }
    }

    /// Presentation duration.
    pub fn duration(&self) -> Duration {
        self.parts.iter().map(|part| part.duration).sum()
    }
}

impl Window {
    /// EXT-X-DISCONTINUITY-SEQUENCE of a playlist that begins with [`Window::listed_segments`]: what is only on disk stays behind.
    pub fn discontinuity_sequence(&self) -> u64 {
        let on_disk = self.old.iter().filter(|old| old.discontinuity).count() as u64;
        self.config.first_discontinuity_sequence + self.discontinuities_removed + on_disk
    }

    /// The init sections, in the order in which they came.
    pub fn inits(&self) -> impl Iterator<Item = &(InitName, Bytes)> {
        self.inits.iter()
    }

    /// What is listed, oldest first; the segment that only opens the list is not media and left out.
    pub fn listed_segments(&self) -> impl Iterator<Item = HandedSegment> {
        self.listed.iter().filter(|segment| !segment.lead_in).map(HandedSegment::of)
    }

    /// Takes a segment that another node listed. Its init section has to be pushed before ([`Window::push_init`]).
    ///
    /// # Errors
    /// As for any push; parts before the refused one are in.
    pub fn take_over(&mut self, segment: HandedSegment, now: Instant) -> Result<(), PushError> {
        let HandedSegment { epoch, msn, discontinuity, date, divided, parts, .. } = segment;
        if discontinuity {
            self.discontinuity(now);
        }
        for (index, part) in (0..).zip(parts) {
            let HandedPart { duration, independent, gap, bytes } = part;
            if divided {
                let part = Part {
                    epoch,
                    msn,
                    part: index,
                    duration,
                    independent,
                    gap,
                    ends_segment: false,
                    program_date_time: date,
                    // Where keyframes are is not handed over: the I-frame list begins with what comes.
                    keyframe: None,
                    pictures: 0,
                    bytes,
                };
                self.push_part(part, now)?;
            } else {
                let whole = WholeSegment { epoch, msn, duration, gap, program_date_time: date, bytes };
                self.push_segment(whole, now)?;
            }
        }
        self.close_segment();
        Ok(())
    }
}
