//! The window itself: what is listed, what is only still fetchable, and how media enters and leaves.
//!
//! Numbering: media sequence numbers in one playlist are consecutive. A push whose number jumps ahead (the
//! broadcast was on another node meanwhile, or its reservation ended) therefore starts the list anew at that
//! number with a discontinuity; what was listed stays fetchable as long as any removed segment does. A number that
//! is not ahead is refused. An epoch change always is a discontinuity, and an older epoch is refused for good.
//!
//! Retention (draft 6.2.2): a removed segment stays for its own duration plus that of the longest playlist there
//! was; its parts as long as it does, and at least three target durations after their lines went. Only
//! [`WindowConfig::max_bytes`] overrides that. With a rewind (`rewind`) a segment that is on the owner's disk needs no memory for it; one
//! that is not stays in memory for twice the window only.

mod boundary;
mod hand_over;
mod iframes;
mod intake;
mod measure;
mod old;
mod playlist;
mod removal;
mod request;
mod rewind;

use std::collections::VecDeque;
use std::hash::RandomState;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use crate::config::{ConfigError, WindowConfig};
use crate::name::InitName;
use crate::segment::Segment;

pub use hand_over::{HandedPart, HandedSegment, KeptSegment};
pub use measure::Measured;
pub use playlist::{Rendered, RenditionReport, Variant};
pub use request::{Decision, Resource};
pub use rewind::{Awaited, SegmentId, Unstored};

/// A segment that is not on disk yet stays listed in memory until there is so many times the window of media after it.
const PATIENCE: u32 = 2;

/// One part as the packager hands it over.
///
/// Players need one whole segment before they start: see [`Window::lead_in`] for how not to let them wait for a GOP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The session that wrote it.
    pub epoch: u64,
    /// Media sequence number of its segment.
    pub msn: u64,
    /// Index in the segment; 0 starts a segment (and ends an open one).
    pub part: u32,
    /// Presentation duration; at most PART-TARGET.
    pub duration: Duration,
    /// Starts with a keyframe.
    pub independent: bool,
    /// The media is missing; `bytes` is ignored.
    pub gap: bool,
    /// The last of its segment. Set it whenever known, so that the next hint names the right part. The segment
    /// becomes whole with the first part of the next (or with a discontinuity, or the end), so that a player that is a
    /// part late does not lose its last one: hls.js 1.7 takes a segment for loaded that becomes whole while its last
    /// part but one is being appended, never asks for the last, and stands still for good.
    pub ends_segment: bool,
    /// Wall-clock time of the first sample, read at part 0 only. Without it the previous segment's goes on.
    pub program_date_time: Option<SystemTime>,
    /// How many of the first bytes hold the keyframe that it starts with, `moof` included; `None` if it does not. For the I-frame
    /// playlist.
    pub keyframe: Option<u32>,
    /// How many pictures it has.
    pub pictures: u32,
    /// moof and mdat.
    pub bytes: Bytes,
}

/// A segment without parts, as fetched from a node that is being drained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeSegment {
    /// The session that wrote it.
    pub epoch: u64,
    /// Media sequence number.
    pub msn: u64,
    /// Presentation duration.
    pub duration: Duration,
    /// The media is missing; `bytes` is ignored.
    pub gap: bool,
    /// Wall-clock time of the first sample.
    pub program_date_time: Option<SystemTime>,
    /// The whole segment.
    pub bytes: Bytes,
}

/// How far the rendition is; changes of `revision` are what waiting requests wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The last segment, open or whole; `None` before the first part.
    pub msn: Option<u64>,
    /// How many parts that segment has.
    pub parts: u32,
    /// The last whole segment.
    pub whole_msn: Option<u64>,
    /// Goes up with each change that a request can see.
    pub revision: u64,
    /// The broadcast is over: every held request can be answered.
    pub ended: bool,
}

/// What went through the window and what was out of order in it. Counters never go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Parts taken.
    pub parts: u64,
    /// Segments that became whole.
    pub segments: u64,
    /// Discontinuities published.
    pub discontinuities: u64,
    /// Parts longer than PART-TARGET: the packager is wrong, players may refuse the stream.
    pub parts_too_long: u64,
    /// Parts under 85 % of PART-TARGET where the draft does not allow it.
    pub parts_too_short: u64,
    /// Segments that round to more than the target duration.
    pub segments_too_long: u64,
    /// Segments that `max_bytes` took before their time.
    pub removed_early: u64,
}

/// A push is refused; nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// [`Window::end`] was called.
    #[error("the rendition has ended")]
    Ended,
    /// The epoch is older than one already seen: the session has been superseded.
    #[error("epoch {epoch} is older than {current}")]
    StaleEpoch {
        /// The refused epoch.
        epoch: u64,
        /// The highest seen.
        current: u64,
    },
    /// The epoch changed inside a segment; a new one starts with part 0 of a new segment.
    #[error("a new epoch begins inside segment {0}")]
    EpochInsideSegment(u64),
    /// The media sequence number was used already or the part is not the next one.
    #[error("segment {msn} part {part} does not follow what is there")]
    OutOfOrder {
        /// The refused segment number.
        msn: u64,
        /// The refused part index.
        part: u32,
    },
    /// Media of an epoch that has sent no init section.
    #[error("epoch {0} has no init section")]
    NoInit(u64),
    /// The init section's name stands for other bytes.
    #[error("init section {0} has other bytes already")]
    InitReused(InitName),
    /// The part does not fit `max_bytes` even with everything else gone.
    #[error("{bytes} bytes do not fit the window's limit")]
    OverBudget {
        /// Size of the refused media.
        bytes: usize,
    },
}

#[derive(Debug)]
struct Removed {
    segment: Segment,
    until: Instant,
    /// How long it stays on disk, if it is there.
    until_disk: Instant,
}

/// The live window of one rendition.
#[derive(Debug)]
pub struct Window {
    config: WindowConfig,
    inits: Vec<(InitName, Bytes)>,
    current_init: Option<InitName>,
    /// What is listed without its media in memory.
    old: old::Listed,
    /// What follows in the list; numbers are consecutive, and only the last may be open.
    listed: VecDeque<Segment>,
    /// In memory; sorted by number, all lower than the listed ones.
    removed: VecDeque<Removed>,
    /// On disk only.
    leaving: old::Leaving,
    /// Files to be deleted.
    discards: Vec<SegmentId>,
    /// What came from another node is not given up before: there was no time yet to write it.
    unwritten_until: Option<Instant>,
    iframes: iframes::Iframes,
    rates: measure::Rates,
    discontinuities_removed: u64,
    pending_discontinuity: bool,
    epoch: Option<u64>,
    /// The highest number that was ever pushed.
    last_msn: Option<u64>,
    bytes: usize,
    /// Of the whole segments in `listed`.
    listed_duration: Duration,
    longest_playlist: Duration,
    revision: u64,
    plain_revision: u64,
    ended: Option<Instant>,
    stats: Stats,
    /// Makes the tags of one window differ from those of another.
    salt: RandomState,
    cache: Mutex<playlist::Cache>,
}

impl Window {
    /// An empty window.
    pub fn new(config: WindowConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            config,
            inits: Vec::new(),
            current_init: None,
            old: old::Listed::default(),
            listed: VecDeque::new(),
            removed: VecDeque::new(),
            leaving: old::Leaving::default(),
            discards: Vec::new(),
            unwritten_until: None,
            iframes: iframes::Iframes::default(),
            rates: measure::Rates::default(),
            discontinuities_removed: 0,
            pending_discontinuity: false,
            epoch: None,
            last_msn: None,
            bytes: 0,
            listed_duration: Duration::ZERO,
            longest_playlist: Duration::ZERO,
            revision: 0,
            plain_revision: 0,
            ended: None,
            stats: Stats::default(),
            salt: RandomState::new(),
            cache: Mutex::default(),
        })
    }

    /// The settings it was made with.
    pub fn config(&self) -> &WindowConfig {
        &self.config
    }

    /// How far the rendition is.
    pub fn position(&self) -> Position {
        Position {
            msn: self.last_msn,
            parts: self.listed.back().map_or(0, Segment::parts),
            whole_msn: self.last_whole(),
            revision: self.revision,
            ended: self.ended.is_some(),
        }
    }

    /// What went through so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Media bytes held, in payload bytes; at most [`WindowConfig::max_bytes`].
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// When the rendition ended, if it has. Its playlist carries ENDLIST from then on; the owner keeps the window
    /// for as long as it promises that.
    pub fn ended(&self) -> Option<Instant> {
        self.ended
    }

    /// The open segment's duration so far; zero between segments. What the packager compares with the target
    /// duration to cut a GOP that is too long.
    pub fn open_duration(&self) -> Duration {
        self.open().filter(|open| !open.closed).map_or(Duration::ZERO, |open| open.duration)
    }

    /// Whether anything is listed.
    pub fn has_listed(&self) -> bool {
        self.first_listed().is_some()
    }

    /// The number with which the list begins.
    fn first_listed(&self) -> Option<u64> {
        let old = self.old.front().map(|old| old.msn);
        old.or_else(|| self.listed.front().map(|segment| segment.start.msn))
    }

    fn open(&self) -> Option<&Segment> {
        self.listed.back().filter(|segment| !segment.whole)
    }

    /// The last whole segment's number; while a segment is open, the number before it.
    fn last_whole(&self) -> Option<u64> {
        match self.open() {
            Some(open) => open.start.msn.checked_sub(1),
            None => self.last_msn,
        }
    }
}
