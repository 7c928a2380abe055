//! Pieces of a window, put together: a plain machine that bounds what it takes and checks what it gives.
//!
//! The newest segments of all renditions come first, so that what is there when the time or the room is over is a window too, a shorter one.
//! An older node gives the oldest first: then it is all or nothing.

mod kept;

use crate::broadcast::{Import, Imported, SOURCE, Stills, Targets};
use bytes::{Bytes, BytesMut};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use streamly_hls::{HandedPart, HandedSegment, InitName};
use streamly_media::timeline::Position;
use streamly_proto::ingest::v1::hand_over_piece::{Init, Opened, Part, Piece, Segment};
use streamly_transcode::ladder;

/// Renditions, init sections and segments in all: above what any window has, so that many small ones take no memory either.
const MAX_ITEMS: usize = 20_000;
/// Parts of a segment: 60 s of sixths of a second.
const MAX_PARTS: usize = 1_000;
/// Renditions of a broadcast: the source and more rungs than the ladder has.
const MAX_RENDITIONS: usize = 8;
/// Numbers that the other node may be ahead of the permit's: its reservation grows while it runs.
const MAX_AHEAD: u64 = 1 << 20;
/// Times (90 kHz) beyond this are centuries: sums with them must not overflow.
const MAX_TIME: u64 = 1 << 50;
/// Discontinuity sequences beyond this are none that `discontinuity_base` gives.
const MAX_DISCONTINUITY: u64 = 1 << 48;
/// Largest still that is taken along: as large as `stills.bytes` may be.
const MAX_STILL: usize = 1 << 20;
/// Dates (Unix, seconds) from here on have more than four digits for the year (RFC 3339).
const MAX_DATE: u64 = 253_402_300_800;

/// What came is of no use.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum Unusable {
    #[error("it ended before it was finished")]
    Unfinished,
    #[error("a piece came out of order")]
    Order,
    #[error("it is larger than window_bytes")]
    TooLarge,
    #[error("its target or part duration cannot be used")]
    Targets,
    #[error("the parts of segment {0} do not add up")]
    Parts(u64),
    #[error("segment {0} is out of order")]
    Numbers(u64),
    #[error("its numbers, times or epochs cannot be those of the broadcast before")]
    Bounds,
    #[error("it names renditions that there cannot be")]
    Renditions,
    #[error("there is no media in it")]
    Empty,
}

/// See the module's head.
pub(super) struct Assembly {
    room: usize,
    items: usize,
    opened: Option<Opened>,
    finished: bool,
    /// Segments in the order in which they came.
    renditions: Vec<Imported>,
    /// The lowest number that came; of it some renditions may be missing.
    lowest: Option<u64>,
    /// A segment of which more pieces come: its rendition, its first piece, its bytes so far.
    open: Option<(usize, Segment, BytesMut)>,
}

impl Assembly {
    /// Takes at most so many bytes.
    pub(super) fn new(most: usize) -> Self {
        let (opened, renditions, open) = (None, Vec::new(), None);
        Self { room: most, items: 0, opened, finished: false, renditions, lowest: None, open }
    }

    /// Takes the next piece. `true`: it was the last one.
    pub(super) fn take(&mut self, piece: Piece) -> Result<bool, Unusable> {
        self.items += 1;
        if self.items > MAX_ITEMS {
            return Err(Unusable::TooLarge);
        }
        match piece {
            Piece::Opened(opened) if self.opened.is_none() => self.opened = Some(opened),
            Piece::Opened(_) => return Err(Unusable::Order),
            _ if self.opened.is_none() => return Err(Unusable::Order),
            Piece::Init(init) => self.init(init)?,
            Piece::Segment(segment) => self.segment(segment)?,
            Piece::Finished(_) if self.open.is_some() => return Err(Unusable::Unfinished),
            Piece::Finished(_) => self.finished = true,
            Piece::Kept(_) if self.open.is_some() => return Err(Unusable::Order),
            Piece::Kept(kept) => {
                let at = self.rendition(&kept.rendition)?;
                self.renditions[at].take_kept(kept.segments);
            }
        }
        Ok(self.finished)
    }

    /// Whether it can be finished now, with less than there is.
    pub(super) fn is_of_use(&self) -> bool {
        let newest_first = self.opened.as_ref().is_some_and(|opened| opened.newest_first);
        self.finished || newest_first
    }

    fn count(&mut self, bytes: usize) -> Result<(), Unusable> {
        self.room = self.room.checked_sub(bytes).ok_or(Unusable::TooLarge)?;
        Ok(())
    }

    /// Only names that this node could have given itself: they become folders, labels and URLs.
    fn rendition(&mut self, name: &str) -> Result<usize, Unusable> {
        if let Some(known) = self.renditions.iter().position(|rendition| rendition.name == name) {
            return Ok(known);
        }
        let is_rung = || ladder::unknown_names(&[name.to_owned()]).is_empty();
        if self.renditions.len() >= MAX_RENDITIONS || !(name == SOURCE || is_rung()) {
            return Err(Unusable::Renditions);
        }
        self.renditions.push(Imported { name: name.to_owned(), ..Imported::default() });
        Ok(self.renditions.len() - 1)
    }

    fn init(&mut self, init: Init) -> Result<(), Unusable> {
        self.count(init.bytes.len())?;
        let at = self.rendition(&init.rendition)?;
        let name = InitName { epoch: init.epoch, number: init.number };
        self.renditions[at].inits.push((name, init.bytes.into()));
        Ok(())
    }

    fn segment(&mut self, mut piece: Segment) -> Result<(), Unusable> {
        self.count(piece.bytes.len())?;
        let at = self.rendition(&piece.rendition)?;
        if !self.renditions[at].kept.is_empty() {
            return Err(Unusable::Order);
        }
        self.lowest = Some(self.lowest.map_or(piece.msn, |lowest| lowest.min(piece.msn)));
        let (last, bytes) = (piece.last, std::mem::take(&mut piece.bytes));
        let (first, mut whole) = match self.open.take() {
            Some((rendition, first, whole)) if rendition == at && first.msn == piece.msn => (first, whole),
            Some(_) => return Err(Unusable::Order),
            None => (piece, BytesMut::new()),
        };
        if last && whole.is_empty() {
            self.renditions[at].segments.push(segment(first, bytes.into())?);
            return Ok(());
        }
        whole.extend_from_slice(&bytes);
        if last {
            self.renditions[at].segments.push(segment(first, whole.freeze())?);
        } else {
            self.open = Some((at, first, whole));
        }
        Ok(())
    }

    /// The window, once all of it is there, or as much as came: of a node whose last epoch was `epoch`, for a permit that begins at
    /// `first_msn`.
    pub(super) fn finish(mut self, epoch: u64, first_msn: u64) -> Result<Import, Unusable> {
        if !self.is_of_use() {
            return Err(Unusable::Unfinished);
        }
        let opened = self.opened.take().ok_or(Unusable::Unfinished)?;
        if opened.newest_first {
            self.turn();
        }
        let targets =
            Targets::told(opened.target_duration_ms, opened.part_target_us).ok_or(Unusable::Targets)?;
        let times_fit = [opened.video_dts, opened.video_pts, opened.audio]
            .iter()
            .all(|time| time.unsigned_abs() <= MAX_TIME);
        let epochs_fit = self.renditions.iter().all(|rendition| {
            rendition.inits.iter().all(|(name, _)| name.epoch <= epoch)
                && rendition.segments.iter().all(|segment| segment.epoch <= epoch)
                && rendition.kept.iter().all(|kept| kept.id.epoch <= epoch)
        });
        let is_date = |date: &Option<SystemTime>| {
            date.is_none_or(|date| date < UNIX_EPOCH + Duration::from_secs(MAX_DATE))
        };
        let dates_fit = is_date(&date(opened.last_date_us))
            && self.renditions.iter().all(|rendition| {
                rendition.segments.iter().all(|segment| is_date(&segment.date))
                    && rendition.kept.iter().all(|kept| is_date(&kept.date))
            });
        if !times_fit
            || !epochs_fit
            || !dates_fit
            || opened.next_msn > first_msn.saturating_add(MAX_AHEAD)
            || opened.discontinuity_sequence > MAX_DISCONTINUITY
            || opened.next_discontinuity_sequence > MAX_DISCONTINUITY
        {
            return Err(Unusable::Bounds);
        }
        for rendition in &self.renditions {
            let mut next = 0;
            for segment in &rendition.segments {
                if segment.msn < next || segment.msn >= opened.next_msn {
                    return Err(Unusable::Numbers(segment.msn));
                }
                next = segment.msn + 1;
            }
        }
        // Counted before anything is left out: it must never go back (rfc8216bis, 6.2.2).
        let breaks = |rendition: &Imported| {
            let breaks = rendition.segments.iter().filter(|segment| segment.discontinuity).count() as u64;
            (rendition.name == SOURCE).then_some(breaks)
        };
        let next_discontinuity_sequence = match opened.newest_first {
            true => opened.next_discontinuity_sequence,
            false => {
                opened.discontinuity_sequence + self.renditions.iter().find_map(breaks).unwrap_or_default()
            }
        };
        for rendition in &mut self.renditions {
            // What is too long to be listed is left out with all before it.
            let too_long = |segment: &HandedSegment| !fits_target(segment.duration(), targets.segment);
            let from = rendition.segments.iter().rposition(too_long).map_or(0, |last| last + 1);
            rendition.segments.drain(..from);
            rendition.settle_kept(targets.segment);
        }
        let has_media = |rendition: &Imported| rendition.name == SOURCE && !rendition.segments.is_empty();
        if !self.renditions.iter().any(has_media) {
            return Err(Unusable::Empty);
        }
        let position =
            Position { video_dts: opened.video_dts, video_pts: opened.video_pts, audio: opened.audio };
        Ok(Import {
            next_msn: opened.next_msn,
            next_discontinuity_sequence,
            targets,
            last_date: date(opened.last_date_us),
            position,
            renditions: self.renditions,
            still: still(opened.still, opened.still_jpeg, epoch),
        })
    }
}

impl Assembly {
    /// What came the newest first, in the order of the lists. If not all came, the last number may not be there of all renditions: they
    /// begin together behind it, and what would be before that is left out.
    fn turn(&mut self) {
        let whole = self.finished || self.renditions.iter().any(|rendition| !rendition.kept.is_empty());
        let from = if whole { 0 } else { self.lowest.map_or(0, |lowest| lowest.saturating_add(1)) };
        for rendition in &mut self.renditions {
            rendition.segments.reverse();
            rendition.segments.retain(|segment| segment.msn >= from);
        }
    }
}

/// The still that came along. The next number is this node's own, above all of that epoch: one beyond it would be in its way.
fn still(number: u64, jpeg: Vec<u8>, epoch: u64) -> Option<(u64, Bytes)> {
    let is_one = number > 0 && Stills::is_of(number, epoch) && jpeg.len() <= MAX_STILL;
    is_one.then(|| (number, jpeg.into()))
}

fn date(us: u64) -> Option<SystemTime> {
    (us > 0).then(|| UNIX_EPOCH + Duration::from_micros(us))
}

/// Whether a segment may be listed under that EXT-X-TARGETDURATION: to the nearest second it is no longer (rfc8216bis, 4.4.3.1).
fn fits_target(duration: Duration, target: Duration) -> bool {
    duration < target + Duration::from_millis(500)
}

fn segment(told: Segment, mut bytes: Bytes) -> Result<HandedSegment, Unusable> {
    let wrong = || Unusable::Parts(told.msn);
    if told.parts.len() > MAX_PARTS {
        return Err(wrong());
    }
    let divided = !told.parts.is_empty();
    let mut parts = Vec::with_capacity(told.parts.len().max(1));
    for Part { duration_ns, bytes: length, independent, gap } in &told.parts {
        let length = usize::try_from(*length).map_err(|_| wrong())?;
        if length > bytes.len() {
            return Err(wrong());
        }
        let duration = Duration::from_nanos(*duration_ns);
        parts.push(HandedPart {
            duration,
            independent: *independent,
            gap: *gap,
            bytes: bytes.split_to(length),
        });
    }
    if !divided {
        let duration = Duration::from_micros(told.duration_us);
        parts.push(HandedPart {
            duration,
            independent: false,
            gap: told.gap,
            bytes: std::mem::take(&mut bytes),
        });
    }
    if !bytes.is_empty() {
        return Err(wrong());
    }
    Ok(HandedSegment {
        epoch: told.epoch,
        msn: told.msn,
        discontinuity: told.discontinuity,
        init: (told.init_epoch > 0).then_some(InitName { epoch: told.init_epoch, number: told.init_number }),
        date: date(told.date_us),
        divided,
        parts,
    })
}

#[cfg(test)]
mod tests;
