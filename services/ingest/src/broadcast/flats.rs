//! Whole segments as files in memory, which the kernel sends without a copy for each viewer (sendfile(2)): plain HLS.
//!
//! The first who asks for a segment gets the window's own pieces: an edge asks once. For the second the segment is copied into a file, and
//! from then on it is sent from there, until the window has no such segment any more. The copy is memory beside the window's; beyond
//! [`BYTES_MAX`] of the process no more are made, and viewers get the pieces, at the price of a copy each.

use nix::sys::memfd::{MFdFlags, memfd_create};
use parking_lot::Mutex;
use std::{
    fs::File,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use streamly_hls::{Resource, Window};

use bytes::Bytes;

/// Most bytes in such files, of all renditions of the process. A segment of 2 s and 2.7 Mbit/s has 675 kB, and ten to twenty of a
/// rendition are in memory. Without a bound, viewers of every segment of every stream double the memory.
const BYTES_MAX: u64 = 256 << 20;
/// Most segments of a rendition that are remembered. A window of 30 s has some 30 of them.
const SEGMENTS_MAX: usize = 64;

static BYTES: AtomicU64 = AtomicU64::new(0);

/// A segment in one piece.
#[derive(Debug)]
pub(crate) struct Flat {
    pub(crate) file: Arc<File>,
    /// Bytes.
    pub(crate) size: u64,
    _held: Held,
}

/// A share of the bound.
#[derive(Debug)]
struct Held(u64);

impl Held {
    fn of(size: u64) -> Option<Self> {
        let fits = |held: u64| held.checked_add(size).filter(|sum| *sum <= BYTES_MAX);
        BYTES.fetch_update(Relaxed, Relaxed, fits).ok()?;
        metrics::gauge!("streamly_ingest_flat_segment_bytes").increment(size as f64);
        Some(Self(size))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        BYTES.fetch_sub(self.0, Relaxed);
        metrics::gauge!("streamly_ingest_flat_segment_bytes").decrement(self.0 as f64);
    }
}

impl Flat {
    fn new(pieces: &[Bytes], held: Held) -> io::Result<Self> {
        let mut file = File::from(memfd_create(c"segment", MFdFlags::MFD_CLOEXEC)?);
        pieces.iter().try_for_each(|piece| file.write_all(piece))?;
        Ok(Self { file: Arc::new(file), size: held.0, _held: held })
    }
}

/// Those of a rendition.
#[derive(Default)]
pub(super) struct Flats(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// By name; without a file, somebody has asked for it once.
    known: Vec<(String, Option<Arc<Flat>>)>,
    /// The window's last whole segment when they were looked through.
    whole: Option<u64>,
}

impl Flats {
    pub(super) fn get(&self, name: &str) -> Option<Arc<Flat>> {
        let kept = self.0.lock();
        kept.known.iter().find(|(known, _)| known == name).and_then(|(_, flat)| flat.clone())
    }

    /// Whether somebody asked for it before.
    pub(super) fn asked(&self, name: &str) -> bool {
        let mut kept = self.0.lock();
        if kept.known.iter().any(|(known, _)| known == name) {
            return true;
        }
        if kept.known.len() < SEGMENTS_MAX {
            kept.known.push((name.to_owned(), None));
        }
        false
    }

    /// One of these pieces; `None`: there is no room.
    pub(super) fn make(pieces: &[Bytes]) -> Option<Arc<Flat>> {
        let held = Held::of(pieces.iter().map(|piece| piece.len() as u64).sum())?;
        match Flat::new(pieces, held) {
            Ok(flat) => Some(Arc::new(flat)),
            Err(error) => {
                tracing::debug!(%error, "a segment cannot be laid out in memory");
                None
            }
        }
    }

    /// Keeps it for the others, if the window still has it.
    pub(super) fn keep(&self, name: &str, flat: &Arc<Flat>, window: &Window) {
        let mut kept = self.0.lock();
        let place = kept.known.iter_mut().find(|(known, kept)| known == name && kept.is_none());
        if let Some((_, place)) = place.filter(|_| has(window, name)) {
            *place = Some(flat.clone());
        }
    }

    /// Lets go of what the window has no more, looked at with every segment that becomes whole.
    pub(super) fn follow(&self, whole: Option<u64>, window: &Window) {
        let mut kept = self.0.lock();
        if kept.whole != whole {
            kept.whole = whole;
            kept.known.retain(|(name, _)| has(window, name));
        }
    }
}

fn has(window: &Window, name: &str) -> bool {
    matches!(window.resource(name), Resource::Segment(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn a_flat_segment_is_its_pieces_in_order_and_counts_until_nobody_has_it() {
        let pieces = [Bytes::from_static(b"ab"), Bytes::from_static(b""), Bytes::from_static(b"cde")];
        let flat = Flats::make(&pieces).unwrap();
        let mut read = [0; 5];
        flat.file.read_exact_at(&mut read, 0).unwrap();
        assert_eq!((&read, flat.size, flat._held.0), (b"abcde", 5, 5));
        assert_eq!(flat.file.metadata().unwrap().len(), 5);
    }

    #[test]
    fn beyond_the_bound_none_is_made_and_room_comes_back() {
        let half = Held::of(BYTES_MAX / 2 + 1).unwrap();
        assert!(Held::of(BYTES_MAX / 2).is_none());
        assert!(Held::of(u64::MAX).is_none());
        drop(half);
        assert!(Held::of(BYTES_MAX / 2).is_some());
    }

    #[test]
    fn the_first_who_asks_is_remembered_and_no_more_than_so_many_are() {
        let flats = Flats::default();
        assert!(!flats.asked("1-0.m4s") && flats.asked("1-0.m4s"));
        for msn in 1..2 * SEGMENTS_MAX {
            flats.asked(&format!("1-{msn}.m4s"));
        }
        assert_eq!(flats.0.lock().known.len(), SEGMENTS_MAX);
        assert!(flats.get("1-0.m4s").is_none());
    }
}
