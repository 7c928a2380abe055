//! One segment of the window: its parts' bytes and the playlist lines that describe it.
//!
//! The lines are written once, when the fact they state becomes known, so that rendering a playlist is joining
//! text. A line that has been published is never changed; only the part lines go, when the segment is old.

use std::collections::VecDeque;
use std::fmt::Write;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use crate::name::{InitName, Name};
use crate::text::{push_date, push_seconds};

/// The bytes of one part, or of a whole segment that came undivided.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) bytes: Bytes,
    pub(crate) duration: Duration,
    pub(crate) gap: bool,
    /// Starts with a keyframe.
    pub(crate) independent: bool,
}

/// What is known when a segment begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    pub(crate) epoch: u64,
    pub(crate) msn: u64,
    pub(crate) discontinuity: bool,
    pub(crate) init: Option<InitName>,
    /// Whether the section differs from the segment's before, so that EXT-X-MAP must stand here.
    pub(crate) maps: bool,
    pub(crate) date: Option<SystemTime>,
    /// False for a segment that arrived whole: it has no part names.
    pub(crate) divided: bool,
}

/// Whether a whole segment is on the owner's disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    No,
    Underway,
    Yes,
    Failed,
}

#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) start: Start,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) duration: Duration,
    pub(crate) size: usize,
    pub(crate) pictures: u32,
    pub(crate) gap: bool,
    /// Listed as a segment, no longer as parts alone.
    pub(crate) whole: bool,
    /// No part follows. It becomes whole when the next segment begins.
    pub(crate) closed: bool,
    /// A gap that opens the list, before there is a whole segment with media.
    pub(crate) lead_in: bool,
    /// EXT-X-DISCONTINUITY, EXT-X-MAP, EXT-X-PROGRAM-DATE-TIME.
    pub(crate) head: String,
    /// EXT-X-PART; empty once the parts are no longer listed.
    pub(crate) part_lines: String,
    /// EXT-X-GAP, EXTINF and the name; empty until the segment is whole.
    pub(crate) tail: String,
    /// Parts stay fetchable until then at least; set when their lines go.
    pub(crate) parts_until: Option<Instant>,
    pub(crate) stored: Stored,
}

impl Segment {
    pub(crate) fn new(start: Start) -> Self {
        let mut head = String::new();
        if start.discontinuity {
            head.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if let Some(init) = start.init.filter(|_| start.maps) {
            push_map(&mut head, init);
        }
        if let Some(date) = start.date {
            head.push_str("#EXT-X-PROGRAM-DATE-TIME:");
            push_date(&mut head, date);
            head.push('\n');
        }
        Self {
            start,
            pieces: Vec::new(),
            duration: Duration::ZERO,
            size: 0,
            pictures: 0,
            gap: false,
            whole: false,
            closed: false,
            lead_in: false,
            head,
            part_lines: String::new(),
            tail: String::new(),
            parts_until: None,
            stored: Stored::No,
        }
    }

    /// How many part names the segment has.
    pub(crate) fn parts(&self) -> u32 {
        if self.start.divided { u32::try_from(self.pieces.len()).unwrap_or(u32::MAX) } else { 0 }
    }

    /// Whether players that know no parts are told of it.
    pub(crate) fn is_plain(&self) -> bool {
        self.whole && !self.lead_in
    }

    /// Whether it can be listed without its media in memory.
    pub(crate) fn is_kept(&self) -> bool {
        self.stored == Stored::Yes || self.gap
    }

    /// Duration of the parts that are not missing.
    pub(crate) fn media(&self) -> Duration {
        self.pieces.iter().filter(|piece| !piece.gap).map(|piece| piece.duration).sum()
    }

    pub(crate) fn add(&mut self, piece: Piece) {
        if self.start.divided {
            let name = Name::Part { epoch: self.start.epoch, msn: self.start.msn, part: self.parts() };
            self.part_lines.push_str("#EXT-X-PART:DURATION=");
            push_seconds(&mut self.part_lines, piece.duration);
            write!(self.part_lines, ",URI=\"{name}\"").expect("a String takes every write");
            self.part_lines.push_str(if piece.independent { ",INDEPENDENT=YES" } else { "" });
            self.part_lines.push_str(if piece.gap { ",GAP=YES\n" } else { "\n" });
        }
        self.duration += piece.duration;
        self.size += piece.bytes.len();
        self.gap |= piece.gap;
        self.pieces.push(piece);
    }

    pub(crate) fn finish(&mut self) {
        (self.whole, self.closed) = (true, true);
        self.tail.push_str(if self.gap { "#EXT-X-GAP\n#EXTINF:" } else { "#EXTINF:" });
        push_seconds(&mut self.tail, self.duration);
        let name = Name::Segment { epoch: self.start.epoch, msn: self.start.msn };
        writeln!(self.tail, ",\n{name}").expect("a String takes every write");
    }

    /// The segment's media, part after part.
    pub(crate) fn chain(&self) -> Vec<Bytes> {
        self.pieces.iter().map(|piece| piece.bytes.clone()).collect()
    }
}

pub(crate) fn push_map(out: &mut String, init: InitName) {
    writeln!(out, "#EXT-X-MAP:URI=\"{init}\"").expect("a String takes every write");
}

/// The segment with this number in a queue sorted by number.
pub(crate) fn find<T>(queue: &VecDeque<T>, msn: u64, key: impl Fn(&T) -> u64) -> Option<&T> {
    let index = queue.partition_point(|item| key(item) < msn);
    queue.get(index).filter(|item| key(item) == msn)
}
