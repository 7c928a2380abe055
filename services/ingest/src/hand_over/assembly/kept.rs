//! The list of the rewind, as it comes: newest first, in pieces, and of use as far as it goes on in front of the window without a hole.

use super::{date, fits_target};
use crate::broadcast::Imported;
use std::time::Duration;
use streamly_hls::{InitName, KeptSegment, SegmentId};
use streamly_proto::ingest::v1::hand_over_piece as piece;

/// Segments of a rendition that are listed at most: 12 h, the longest rewind, of a second each. What is older is left out.
const MAX_KEPT: usize = 43_200;
/// Largest segment: two minutes of 60 Mbit/s are less.
const MAX_BYTES: u64 = 1 << 30;

impl Imported {
    /// Takes the next older ones.
    pub(super) fn take_kept(&mut self, segments: Vec<piece::KeptSegment>) {
        let room = MAX_KEPT.saturating_sub(self.kept.len());
        self.kept.extend(segments.into_iter().take(room).map(kept));
    }

    /// Puts them in the order of the list. Those that cannot stand in front of what follows under that target duration, and all before them,
    /// are left out.
    pub(super) fn settle_kept(&mut self, target: Duration) {
        let Some(first) = self.segments.first() else { return self.kept.clear() };
        let (mut msn, mut epoch) = (first.msn, first.epoch);
        let inits = &self.inits;
        let fits = |kept: &&KeptSegment| {
            let follows = kept.id.msn.checked_add(1) == Some(msn) && kept.id.epoch <= epoch;
            (msn, epoch) = (kept.id.msn, kept.id.epoch);
            let has_init = match kept.init {
                Some(init) => init.epoch <= kept.id.epoch && inits.iter().any(|(name, _)| *name == init),
                None => kept.gap,
            };
            follows && has_init && fits_target(kept.duration, target) && (kept.gap || kept.size <= MAX_BYTES)
        };
        let fitting = self.kept.iter().take_while(fits).count();
        self.kept.truncate(fitting);
        self.kept.reverse();
    }
}

fn kept(told: piece::KeptSegment) -> KeptSegment {
    KeptSegment {
        id: SegmentId { epoch: told.epoch, msn: told.msn },
        duration: Duration::from_nanos(told.duration_ns),
        size: if told.gap { 0 } else { told.bytes },
        date: date(told.date_us),
        init: (told.init_epoch > 0).then_some(InitName { epoch: told.init_epoch, number: told.init_number }),
        maps: told.maps,
        discontinuity: told.discontinuity,
        gap: told.gap,
    }
}
