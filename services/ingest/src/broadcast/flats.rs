//! Whole segments as files in memory, which the kernel sends without a copy for each viewer (sendfile(2)): plain HLS.
//!
//! The first who asks for a segment gets the window's own pieces: an edge asks once. For the second the segment is copied into a file, and
//! from then on it is sent from there, until the window has no such segment any more. The copy is memory beside the window's; beyond
//! the node's [`Room`] no more are made, and viewers get the pieces, at the price of a copy each.

use bytes::Bytes;
use nix::sys::memfd::{MFdFlags, memfd_create};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    fs::File,
    io::{self, Write},
    sync::Arc,
};
use streamly_hls::{SegmentId, Window};

/// Most such files of a node. Each is a descriptor, and without a bound short segments take those that viewers and publishers are accepted
/// with. Segments of half a megabyte and more reach the bound of bytes (`flat_bytes`) first.
const FILES_MAX: usize = 512;

/// The bytes that such files of a node may have in all, shared by its renditions.
#[derive(Debug, Clone)]
pub(super) struct Room {
    most: u64,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    bytes: u64,
    files: usize,
}

impl Room {
    pub(super) fn new(most: u64) -> Self {
        Self { most, taken: Arc::default() }
    }

    fn take(&self, size: u64) -> Option<Held> {
        let mut taken = self.taken.lock();
        let bytes =
            taken.bytes.checked_add(size).filter(|sum| *sum <= self.most && taken.files < FILES_MAX)?;
        *taken = Taken { bytes, files: taken.files + 1 };
        metrics::gauge!("streamly_ingest_flat_segment_bytes").increment(size as f64);
        Some(Held { size, room: self.clone() })
    }
}

/// A share of the room.
#[derive(Debug)]
struct Held {
    size: u64,
    room: Room,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut taken = self.room.taken.lock();
        *taken = Taken { bytes: taken.bytes - self.size, files: taken.files - 1 };
        metrics::gauge!("streamly_ingest_flat_segment_bytes").decrement(self.size as f64);
    }
}

/// A segment in one piece.
#[derive(Debug)]
pub(crate) struct Flat {
    pub(crate) file: Arc<File>,
    /// Bytes.
    pub(crate) size: u64,
    _held: Held,
}

impl Flat {
    fn new(pieces: &[Bytes], held: Held) -> io::Result<Self> {
        let mut file = File::from(memfd_create(c"segment", MFdFlags::MFD_CLOEXEC)?);
        pieces.iter().try_for_each(|piece| file.write_all(piece))?;
        Ok(Self { file: Arc::new(file), size: held.size, _held: held })
    }
}

/// Those of a rendition.
pub(super) struct Flats {
    room: Room,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Segments that somebody has asked for. No more than the window has in memory, whose names alone get here.
    known: HashMap<SegmentId, Known>,
    /// The window's last whole segment when they were looked through.
    whole: Option<u64>,
}

enum Known {
    /// Somebody has asked for it.
    Once,
    /// Its file is being written; who asks meanwhile gets the pieces.
    Begun,
    There(Arc<Flat>),
}

impl Flats {
    pub(super) fn new(room: Room) -> Self {
        Self { room, kept: Mutex::default() }
    }

    pub(super) fn get(&self, id: SegmentId) -> Option<Arc<Flat>> {
        match self.kept.lock().known.get(&id)? {
            Known::There(flat) => Some(flat.clone()),
            Known::Once | Known::Begun => None,
        }
    }

    /// Whether somebody asked for it before, and nobody has begun with its file: who asks now is to make it, and to [keep](Flats::keep)
    /// what comes of it.
    pub(super) fn asked(&self, id: SegmentId) -> bool {
        let mut kept = self.kept.lock();
        match kept.known.get_mut(&id) {
            Some(known @ Known::Once) => {
                *known = Known::Begun;
                true
            }
            Some(Known::Begun | Known::There(_)) => false,
            None => {
                kept.known.insert(id, Known::Once);
                false
            }
        }
    }

    /// One of these pieces; `None`: there is no room.
    pub(super) fn make(&self, pieces: &[Bytes]) -> Option<Arc<Flat>> {
        let held = self.room.take(pieces.iter().map(|piece| piece.len() as u64).sum())?;
        match Flat::new(pieces, held) {
            Ok(flat) => Some(Arc::new(flat)),
            Err(error) => {
                tracing::debug!(%error, "a segment cannot be laid out in memory");
                None
            }
        }
    }

    /// Keeps it for the others, if the window still has it; without one, the next who asks tries again.
    pub(super) fn keep(&self, id: SegmentId, flat: Option<&Arc<Flat>>, window: &Window) {
        let mut kept = self.kept.lock();
        if let Some(known) = kept.known.get_mut(&id) {
            let flat = flat.filter(|_| window.has_segment(id));
            *known = flat.map_or(Known::Once, |flat| Known::There(flat.clone()));
        }
    }

    /// Lets go of what the window has no more, looked at with every segment that becomes whole.
    pub(super) fn follow(&self, whole: Option<u64>, window: &Window) {
        let mut kept = self.kept.lock();
        // What was forgotten at once is in no window, whatever its last number.
        if kept.whole != whole || !window.has_listed() {
            kept.whole = whole;
            kept.known.retain(|id, _| window.has_segment(*id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn a_flat_segment_is_its_pieces_in_order_and_counts_until_nobody_has_it() {
        let flats = Flats::new(Room::new(5));
        let pieces = [Bytes::from_static(b"ab"), Bytes::from_static(b""), Bytes::from_static(b"cde")];
        let flat = flats.make(&pieces).unwrap();
        let mut read = [0; 5];
        flat.file.read_exact_at(&mut read, 0).unwrap();
        assert_eq!((&read, flat.size), (b"abcde", 5));
        assert_eq!(flat.file.metadata().unwrap().len(), 5);
        assert!(flats.make(&pieces).is_none(), "the room is taken");
        drop(flat);
        assert!(flats.make(&pieces).is_some());
    }

    #[test]
    fn renditions_share_the_room_and_beyond_it_none_is_made() {
        let room = Room::new(100);
        let shared = room.clone();
        let half = room.take(51).unwrap();
        assert!(shared.take(50).is_none() && shared.take(u64::MAX).is_none());
        drop(half);
        assert!(shared.take(100).is_some());
        let pieces = [Bytes::from_static(b"a")];
        assert!(Flats::new(Room::new(0)).make(&pieces).is_none(), "no room at all");
    }

    #[test]
    fn there_are_no_more_files_than_descriptors_can_be_spared() {
        let room = Room::new(u64::MAX);
        let mut all: Vec<_> = (0..FILES_MAX).map(|_| room.take(1).unwrap()).collect();
        assert!(room.take(1).is_none());
        all.pop();
        assert!(room.take(1).is_some());
    }

    #[test]
    fn the_first_who_asks_is_remembered() {
        let flats = Flats::new(Room::new(5));
        let id = SegmentId { epoch: 1, msn: 0 };
        assert!(!flats.asked(id) && flats.asked(id), "the second makes it");
        assert!(!flats.asked(id), "and nobody else meanwhile");
        assert!(flats.get(id).is_none());
    }
}
