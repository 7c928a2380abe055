//! The I-frame playlist: every keyframe that begins a part, as a byte range of its segment (draft 4.4.3.6), for fast search.
//!
//! An entry lasts until the next keyframe and is listed once its segment is whole, so the newest is one GOP late. Its numbers are its own: they begin at 64 for each
//! media sequence number, so that another node, which begins at a higher one, does not go back as long as a segment has at
//! most 64 parts that begin with a keyframe.

use std::collections::VecDeque;
use std::fmt::Write;
use std::time::{Duration, SystemTime};

use crate::name::{InitName, Name};
use crate::segment::{Start, push_map};
use crate::text::{push_date, push_seconds};

/// Numbers of this playlist for each media sequence number.
const PER_SEGMENT: u64 = 64;

#[derive(Debug, Clone, Copy)]
struct Entry {
    msn: u64,
    lines: usize,
    init: Option<InitName>,
    maps: bool,
    discontinuities: u64,
}

/// A keyframe whose end is not known yet.
#[derive(Debug)]
struct Open {
    start: Start,
    date: Option<SystemTime>,
    offset: usize,
    bytes: u32,
    duration: Duration,
    discontinuities: u64,
}

#[derive(Debug, Default)]
pub(super) struct Iframes {
    entries: VecDeque<Entry>,
    text: VecDeque<u8>,
    open: Option<Open>,
    /// Number of the first entry; known with it.
    sequence: Option<u64>,
    discontinuities_removed: u64,
    /// Begun since the last keyframe.
    discontinuities: u64,
    mapped: Option<InitName>,
    /// Entries of the open segment.
    waiting: Vec<(Entry, String)>,
    /// The last whole segment.
    whole: Option<u64>,
    peak_bps: u64,
    revision: u64,
}

impl Iframes {
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bits per second of the largest keyframe for its time.
    pub(super) fn peak_bps(&self) -> Option<u64> {
        Some(self.peak_bps).filter(|bps| *bps > 0)
    }

    /// A segment begins.
    pub(super) fn begin(&mut self, start: &Start, longest: Duration) {
        if start.discontinuity {
            self.close(longest);
            self.discontinuities += 1;
        }
    }

    /// A part of the segment that begins with `start`, `offset` bytes and `since` into it. `keyframe`: so many bytes of it
    /// hold the keyframe it begins with.
    pub(super) fn part(
        &mut self,
        start: &Start,
        (offset, since): (usize, Duration),
        duration: Duration,
        keyframe: Option<u32>,
        longest: Duration,
    ) {
        let Some(bytes) = keyframe else {
            if let Some(open) = &mut self.open {
                open.duration += duration;
            }
            return;
        };
        self.close(longest);
        let discontinuities = std::mem::take(&mut self.discontinuities);
        let date = start.date.and_then(|date| date.checked_add(since));
        self.open = Some(Open { start: *start, date, offset, bytes, duration, discontinuities });
    }

    /// The last keyframe lasts no longer than what came so far: nothing that continues it follows. An entry never lasts longer
    /// than `longest`, the target duration; where a GOP does, the dates tell of the hole.
    pub(super) fn close(&mut self, longest: Duration) {
        let Some(Open { start, date, offset, bytes, duration, discontinuities }) = self.open.take() else {
            return;
        };
        let duration = duration.min(longest);
        let mut lines = String::with_capacity(160);
        for _ in 0..discontinuities {
            lines.push_str("#EXT-X-DISCONTINUITY\n");
        }
        let maps = discontinuities > 0 || self.mapped != start.init;
        if let Some(init) = start.init.filter(|_| maps) {
            push_map(&mut lines, init);
        }
        self.mapped = start.init;
        if let Some(date) = date {
            lines.push_str("#EXT-X-PROGRAM-DATE-TIME:");
            push_date(&mut lines, date);
            lines.push('\n');
        }
        lines.push_str("#EXTINF:");
        push_seconds(&mut lines, duration);
        let name = Name::Segment { epoch: start.epoch, msn: start.msn };
        writeln!(lines, ",\n#EXT-X-BYTERANGE:{bytes}@{offset}\n{name}").expect("a String takes every write");
        let bits = f64::from(bytes) * 8.0;
        if !duration.is_zero() {
            self.peak_bps = self.peak_bps.max((bits / duration.as_secs_f64()) as u64);
        }
        let entry = Entry { msn: start.msn, lines: lines.len(), init: start.init, maps, discontinuities };
        match self.whole.is_some_and(|whole| whole >= start.msn) {
            true => self.list(entry, &lines),
            false => self.waiting.push((entry, lines)),
        }
    }

    fn list(&mut self, entry: Entry, lines: &str) {
        self.sequence.get_or_insert(entry.msn.saturating_mul(PER_SEGMENT));
        self.text.extend(lines.as_bytes());
        self.entries.push_back(entry);
        self.revision += 1;
    }

    /// A segment is whole. One with a gap cannot be fetched, and so its keyframes cannot.
    pub(super) fn finish(&mut self, msn: u64, gap: bool) {
        self.whole = Some(msn);
        let waiting = std::mem::take(&mut self.waiting);
        if !gap {
            waiting.iter().for_each(|(entry, lines)| self.list(*entry, lines));
            return;
        }
        let open = self.open.take_if(|open| open.start.msn == msn).map_or(0, |open| open.discontinuities);
        self.discontinuities += open + waiting.iter().map(|(entry, _)| entry.discontinuities).sum::<u64>();
        self.mapped = None;
    }

    /// What belongs to segments before `first` leaves the list.
    pub(super) fn slide(&mut self, first: u64) {
        if self.open.as_ref().is_some_and(|open| open.start.msn < first) {
            let gone = self.open.take().map_or(0, |open| open.discontinuities);
            self.discontinuities += gone;
        }
        while let Some(entry) = self.entries.pop_front_if(|entry| entry.msn < first) {
            self.text.drain(..entry.lines);
            self.discontinuities_removed += entry.discontinuities;
            self.sequence = self.sequence.map(|sequence| sequence + 1);
            self.revision += 1;
        }
    }

    /// The whole playlist.
    pub(super) fn render(&self, target: Duration, first_discontinuity: u64, ended: bool) -> String {
        let mut out = String::with_capacity(256 + self.text.len());
        let (sequence, discontinuities) =
            (self.sequence.unwrap_or(0), first_discontinuity + self.discontinuities_removed);
        write!(
            out,
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{sequence}\n\
             #EXT-X-DISCONTINUITY-SEQUENCE:{discontinuities}\n#EXT-X-I-FRAMES-ONLY\n",
            target.as_secs()
        )
        .expect("a String takes every write");
        if let Some(init) = self.entries.front().filter(|first| !first.maps).and_then(|first| first.init) {
            push_map(&mut out, init);
        }
        let (one, two) = self.text.as_slices();
        super::playlist::push_text(&mut out, &[one, two]);
        if ended {
            out.push_str("#EXT-X-ENDLIST\n");
        }
        out
    }
}
