//! Segments that are listed, or still fetchable, but whose media is on the owner's disk: the rewind.
//!
//! Two hours of two-second segments are 3,600 of them, so each is a few numbers, and what the playlists say of them is one run of
//! text that a rendering copies as it is.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use super::rewind::{Awaited, SegmentId};
use crate::name::InitName;
use crate::segment::Segment;

/// What is still known of a segment whose media is on disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Old {
    pub(super) epoch: u64,
    pub(super) msn: u64,
    pub(super) duration: Duration,
    pub(super) size: u64,
    pub(super) init: Option<InitName>,
    pub(super) maps: bool,
    pub(super) discontinuity: bool,
    /// There is no media, and no file.
    pub(super) gap: bool,
    /// Its file is still to come, from the node that had the broadcast before.
    pub(super) awaited: bool,
    /// Of its first sample.
    pub(super) date: Option<SystemTime>,
    /// Bytes of its lines.
    lines: u32,
}

impl Old {
    pub(super) fn as_awaited(&self) -> Awaited {
        let id = SegmentId { epoch: self.epoch, msn: self.msn };
        Awaited { id, size: self.size, date: self.date }
    }
}

/// The front of the list.
#[derive(Debug, Default)]
pub(super) struct Listed {
    segments: VecDeque<Old>,
    text: VecDeque<u8>,
    duration: Duration,
}

impl Listed {
    pub(super) fn len(&self) -> usize {
        self.segments.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    pub(super) fn front(&self) -> Option<&Old> {
        self.segments.front()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Old> {
        self.segments.iter()
    }

    pub(super) fn duration(&self) -> Duration {
        self.duration
    }

    pub(super) fn find(&self, msn: u64) -> Option<&Old> {
        find(&self.segments, msn, |old| old)
    }

    pub(super) fn find_mut(&mut self, msn: u64) -> Option<&mut Old> {
        let index = self.segments.partition_point(|old| old.msn < msn);
        self.segments.get_mut(index).filter(|old| old.msn == msn)
    }

    /// Takes the oldest whole segment of those in memory, or one that never was there and whose file is `awaited`.
    pub(super) fn push(&mut self, segment: &Segment, awaited: bool) {
        let Segment { head, tail, start, .. } = segment;
        self.text.extend(head.as_bytes());
        self.text.extend(tail.as_bytes());
        self.duration += segment.duration;
        self.segments.push_back(Old {
            epoch: start.epoch,
            msn: start.msn,
            duration: segment.duration,
            size: segment.size as u64,
            init: start.init,
            maps: start.maps,
            discontinuity: start.discontinuity,
            gap: segment.gap,
            awaited,
            date: start.date,
            lines: u32::try_from(head.len() + tail.len()).unwrap_or(u32::MAX),
        });
    }

    pub(super) fn pop(&mut self) -> Option<Old> {
        let old = self.segments.pop_front()?;
        self.text.drain(..(old.lines as usize).min(self.text.len()));
        self.duration -= old.duration;
        Some(old)
    }

    /// The lines of all but the first `skipped`, in two runs.
    pub(super) fn lines(&self, skipped: usize) -> [&[u8]; 2] {
        let shown: usize = self.segments.iter().skip(skipped).map(|old| old.lines as usize).sum();
        let from = self.text.len().saturating_sub(shown);
        let (first, second) = self.text.as_slices();
        match from.checked_sub(first.len()) {
            None => [&first[from..], second],
            Some(from) => [&[], &second[from..]],
        }
    }
}

/// No longer listed, still to be served.
#[derive(Debug)]
pub(super) struct Removed {
    pub(super) old: Old,
    pub(super) until: Instant,
}

/// Those that left the list, by number.
#[derive(Debug, Default)]
pub(super) struct Leaving(VecDeque<Removed>);

impl Leaving {
    pub(super) fn insert(&mut self, removed: Removed) {
        let at = self.0.partition_point(|known| known.old.msn < removed.old.msn);
        self.0.insert(at, removed);
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Old> {
        self.0.iter().map(|removed| &removed.old)
    }

    pub(super) fn find_mut(&mut self, msn: u64) -> Option<&mut Old> {
        let at = self.0.partition_point(|removed| removed.old.msn < msn);
        self.0.get_mut(at).map(|removed| &mut removed.old).filter(|old| old.msn == msn)
    }

    pub(super) fn front(&self) -> Option<&Removed> {
        self.0.front()
    }

    pub(super) fn find(&self, msn: u64) -> Option<&Old> {
        find(&self.0, msn, |removed| &removed.old)
    }

    /// The oldest, if its time is over.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<Old> {
        Some(self.0.pop_front_if(|removed| removed.until <= now)?.old)
    }

    /// The oldest, whatever its time.
    pub(super) fn pop_any(&mut self) -> Option<Old> {
        Some(self.0.pop_front()?.old)
    }

    pub(super) fn take(&mut self, msn: u64) -> Option<Old> {
        let at = self.0.partition_point(|removed| removed.old.msn < msn);
        self.0.get(at).filter(|removed| removed.old.msn == msn)?;
        self.0.remove(at).map(|removed| removed.old)
    }
}

fn find<T>(queue: &VecDeque<T>, msn: u64, old: impl Fn(&T) -> &Old) -> Option<&Old> {
    let index = queue.partition_point(|item| old(item).msn < msn);
    queue.get(index).map(old).filter(|found| found.msn == msn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Piece, Start};
    use bytes::Bytes;

    fn segment(msn: u64) -> Segment {
        let start = Start {
            epoch: 1,
            msn,
            discontinuity: msn.is_multiple_of(3),
            init: None,
            maps: false,
            date: None,
            divided: true,
        };
        let mut segment = Segment::new(start);
        let piece = Piece {
            bytes: Bytes::from_static(b"x"),
            duration: Duration::from_secs(1),
            gap: false,
            independent: true,
        };
        segment.add(piece);
        segment.finish();
        segment
    }

    #[test]
    fn the_lines_of_a_list_that_slides_are_those_of_its_segments_wherever_the_ring_breaks() {
        let mut listed = Listed::default();
        for msn in 0..500 {
            listed.push(&segment(msn), false);
            if msn >= 40 {
                assert_eq!(listed.pop().map(|old| old.msn), Some(msn - 40));
            }
            for skipped in [0, 1, 17, 40, 99] {
                let expected: String = (msn.saturating_sub(39)..=msn)
                    .skip(skipped)
                    .map(segment)
                    .map(|segment| segment.head + &segment.tail)
                    .collect();
                assert_eq!(listed.lines(skipped).concat(), expected.as_bytes());
            }
        }
        assert_eq!((listed.len(), listed.duration()), (40, Duration::from_secs(40)));
        assert_eq!(listed.find(480).map(|old| old.msn), Some(480));
        assert!(listed.find(459).is_none() && listed.find(500).is_none());
    }
}
