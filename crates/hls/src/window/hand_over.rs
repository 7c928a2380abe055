//! A window on its way from one node to another: what is listed, as values, and the same taken in again.
//!
//! What was handed over renders as it did before, and its names stand for the same bytes; segments that had left the list stay behind.
//! Of the rewind only what is listed goes along at once: its media is fetched later (`rewind`). The order of calls is the caller's: nothing
//! may be pushed into the old window after [`Window::listed_segments`]; the new one is given the rewind first.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use super::{Part, PushError, SegmentId, WholeSegment, Window};
use crate::name::InitName;
use crate::segment::{Segment, Start};

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

/// One listed segment of the rewind: everything that its lines are made of. Its media is on the disk of the node before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSegment {
    /// Under which name.
    pub id: SegmentId,
    /// Presentation duration.
    pub duration: Duration,
    /// Bytes.
    pub size: u64,
    /// Wall-clock time of its first sample.
    pub date: Option<SystemTime>,
    /// Its init section; none where all of it is missing.
    pub init: Option<InitName>,
    /// EXT-X-MAP stands before it.
    pub maps: bool,
    /// EXT-X-DISCONTINUITY stands before it.
    pub discontinuity: bool,
    /// The media is missing.
    pub gap: bool,
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

    /// The same of a playlist that would begin behind everything listed.
    pub fn next_discontinuity_sequence(&self) -> u64 {
        let in_memory = self.listed.iter().filter(|segment| segment.start.discontinuity).count() as u64;
        self.discontinuity_sequence() + in_memory
    }

    /// The rewind in front of [`Window::listed_segments`], newest first, as far back as there are files of it here.
    pub fn kept_segments(&self) -> impl Iterator<Item = KeptSegment> {
        self.old.iter().rev().take_while(|old| !old.awaited).map(|old| KeptSegment {
            id: SegmentId { epoch: old.epoch, msn: old.msn },
            duration: old.duration,
            size: old.size,
            date: old.date,
            init: old.init,
            maps: old.maps,
            discontinuity: old.discontinuity,
            gap: old.gap,
        })
    }

    /// Takes the rewind that another node listed, oldest first, before anything else but init sections: their files are awaited from now
    /// on. Its init sections have to be pushed before.
    ///
    /// # Errors
    /// Something was pushed before, or a number does not follow the one before it; what came before the refused one is in.
    pub fn take_over_kept(
        &mut self,
        segments: impl IntoIterator<Item = KeptSegment>,
    ) -> Result<(), PushError> {
        if !self.listed.is_empty() {
            return Err(PushError::OutOfOrder { msn: 0, part: 0 });
        }
        for kept in segments {
            let KeptSegment { id: SegmentId { epoch, msn }, date, init, maps, discontinuity, .. } = kept;
            if self.last_msn.is_some_and(|last| last.checked_add(1) != Some(msn)) || msn == u64::MAX {
                return Err(PushError::OutOfOrder { msn, part: 0 });
            }
            self.check_epoch(epoch)?;
            let mut segment =
                Segment::new(Start { epoch, msn, discontinuity, init, maps, date, divided: false });
            (segment.duration, segment.gap) = (kept.duration, kept.gap);
            segment.size = usize::try_from(kept.size).unwrap_or(usize::MAX);
            segment.finish();
            self.old.push(&segment, !kept.gap);
            (self.epoch, self.last_msn) = (Some(epoch), Some(msn));
        }
        self.longest_playlist = self.longest_playlist.max(self.old.duration());
        self.changed();
        self.plain_revision += 1;
        Ok(())
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
        self.unwritten_until = now.checked_add(self.config.target_duration);
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
