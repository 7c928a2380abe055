//! The files of the rewind: written, counted, deleted. Blocking; runs where that is allowed.
//!
//! Files that come from another node are written by who fetches them (`pull`), into room that is reserved here.

use crate::broadcast::{Broadcast, Rendition};
use bytes::Bytes;
use metrics::{Counter, Gauge, counter, gauge};
use std::{
    collections::{BTreeMap, VecDeque},
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};
use streamly_hls::{Awaited, SegmentId, Unstored};
use streamly_lifecycle::Disk;

/// One segment on disk.
struct Kept {
    /// Goes up with each file that this node writes: when it did (Unix, milliseconds); of one that came from another node, its date, which is
    /// not after its arrival.
    order: u64,
    id: SegmentId,
    size: u64,
}

/// One rendition's files, oldest first.
struct Folder {
    rendition: Weak<Rendition>,
    path: PathBuf,
    files: VecDeque<Kept>,
}

/// Broadcast and rendition.
pub(super) type Key = (String, String);

/// Room for a file that is on its way. Dropped, it is given back and what came of the file is deleted.
pub(super) struct Reserved {
    /// Where the file is written until it is whole.
    pub(super) path: PathBuf,
    size: u64,
    all: Arc<AtomicU64>,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.all.fetch_sub(self.size, Ordering::Relaxed);
        // A whole one has another name by now.
        let _ = fs::remove_file(&self.path);
    }
}

/// See the module's head.
pub(super) struct Store {
    root: PathBuf,
    max_bytes: u64,
    keep_free: u64,
    folders: BTreeMap<Key, Folder>,
    bytes: u64,
    reserved: Arc<AtomicU64>,
    order: u64,
    /// The last segment could not be written.
    failing: bool,
    meters: Meters,
}

struct Meters {
    bytes: Gauge,
    written: Counter,
    failed: Counter,
    evicted: Counter,
    pulled: Counter,
    disk: Disk,
}

impl Store {
    pub(super) fn new(root: PathBuf, max_bytes: u64, keep_free: u64) -> Self {
        let meters = Meters {
            bytes: gauge!("streamly_ingest_rewind_bytes"),
            written: counter!("streamly_ingest_rewind_segments_written_total"),
            failed: counter!("streamly_ingest_rewind_segments_failed_total"),
            evicted: counter!("streamly_ingest_rewind_segments_evicted_total"),
            pulled: counter!("streamly_ingest_rewind_segments_pulled_total"),
            disk: Disk::of("ingest", "rewind", &root),
        };
        let (folders, bytes, reserved, order, failing) = (BTreeMap::new(), 0, Arc::default(), 0, false);
        Self { root, max_bytes, keep_free, folders, bytes, reserved, order, failing, meters }
    }

    /// Writes what is new of these broadcasts, deletes what is not needed and all of others.
    pub(super) fn round(&mut self, live: &[Arc<Broadcast>]) {
        self.leave_others(live);
        for broadcast in live {
            for rendition in broadcast.renditions().unwrap_or_default() {
                let key = (broadcast.id.clone(), rendition.name.clone());
                self.delete_discards(&key, rendition);
                while let Some(segment) = rendition.with(|window| window.take_unstored()) {
                    let written = self.take(&key, rendition, &segment);
                    rendition.with(|window| window.stored(segment.id, written, Instant::now()));
                }
            }
        }
        self.meters.bytes.set(self.bytes as f64);
        // A disk that cannot be asked cannot be written either, which is told where it is.
        let _ = self.meters.disk.measure();
    }

    /// Whether the segment is on disk now.
    fn take(&mut self, key: &Key, rendition: &Arc<Rendition>, segment: &Unstored) -> bool {
        let size = segment.pieces.iter().map(|piece| piece.len() as u64).sum();
        let outcome = match self.make_room(size, u64::MAX) {
            Ok(()) => write(&super::path(&self.root, &key.0, &key.1, segment.id), &segment.pieces),
            Err(error) => Err(error),
        };
        match &outcome {
            Ok(()) => {
                self.meters.written.increment(1);
                self.order = unix_ms(SystemTime::now()).max(self.order + 1);
                let order = self.order;
                self.bytes += size;
                self.folder(key, rendition).files.push_back(Kept { order, id: segment.id, size });
            }
            Err(_) => self.meters.failed.increment(1),
        }
        match &outcome {
            Err(error) if !self.failing => {
                tracing::warn!(folder = %self.root.display(), %error, "segments cannot be written: viewers cannot go back further than memory reaches");
            }
            Ok(()) if self.failing => tracing::info!("segments can be written again"),
            _ => {}
        }
        self.failing = outcome.is_err();
        outcome.is_ok()
    }

    fn folder(&mut self, key: &Key, rendition: &Arc<Rendition>) -> &mut Folder {
        self.folders.entry(key.clone()).or_insert_with(|| Folder {
            rendition: Arc::downgrade(rendition),
            path: self.root.join(&key.0).join(&key.1),
            files: VecDeque::new(),
        })
    }

    /// Room for the file of a segment that comes from another node. Errors: there is none without taking newer ones away, or the disk
    /// cannot be written.
    pub(super) fn reserve(
        &mut self,
        key: &Key,
        rendition: &Arc<Rendition>,
        awaited: &Awaited,
    ) -> io::Result<Reserved> {
        self.make_room(awaited.size, order_of(awaited))?;
        let folder = self.folder(key, rendition);
        fs::create_dir_all(&folder.path)?;
        let path = folder.path.join(format!(".{}", awaited.id));
        self.reserved.fetch_add(awaited.size, Ordering::Relaxed);
        Ok(Reserved { path, size: awaited.size, all: self.reserved.clone() })
    }

    /// The file is whole: it gets its name, and the window knows. Errors: the disk cannot be written, or the broadcast is over.
    pub(super) fn commit(
        &mut self,
        key: &Key,
        rendition: &Arc<Rendition>,
        awaited: &Awaited,
        reserved: Reserved,
    ) -> io::Result<()> {
        let Awaited { id, size, .. } = *awaited;
        let folder = self.folders.get_mut(key).ok_or(io::ErrorKind::NotFound)?;
        let path = folder.path.join(id.to_string());
        fs::rename(&reserved.path, &path)?;
        if !rendition.with(|window| window.arrived(id)) {
            remove(&path);
            return Ok(());
        }
        let at = folder.files.partition_point(|kept| kept.id.msn < id.msn);
        folder.files.insert(at, Kept { order: order_of(awaited), id, size });
        self.bytes += size;
        self.meters.pulled.increment(1);
        Ok(())
    }

    /// The segments of the node that are older than `order` go, the oldest first, until there is room for another. Errors: there is none
    /// all the same.
    fn make_room(&mut self, size: u64, order: u64) -> io::Result<()> {
        loop {
            let taken = self.bytes + self.reserved.load(Ordering::Relaxed);
            let within = taken.saturating_add(size) <= self.max_bytes;
            if within && free(&self.root)? >= self.keep_free.saturating_add(size) {
                return Ok(());
            }
            let oldest =
                self.folders.values_mut().filter_map(|folder| Some((folder.files.front()?.order, folder)));
            let oldest = oldest.min_by_key(|(order, _)| *order).filter(|(oldest, _)| *oldest < order);
            let Some((_, folder)) = oldest else {
                return Err(io::ErrorKind::StorageFull.into());
            };
            let Some(kept) = folder.files.pop_front() else { continue };
            if let Some(rendition) = folder.rendition.upgrade() {
                // Off the list first.
                rendition.with(|window| window.forget(kept.id, Instant::now()));
            }
            self.bytes -= kept.size;
            self.meters.evicted.increment(1);
            remove(&folder.path.join(kept.id.to_string()));
        }
    }

    fn delete_discards(&mut self, key: &Key, rendition: &Rendition) {
        let discards = rendition.with(|window| {
            window.expire(Instant::now());
            window.take_discards()
        });
        let Some(folder) = self.folders.get_mut(key) else { return };
        for id in discards {
            // It is among the oldest.
            if let Some(kept) =
                folder.files.iter().position(|kept| kept.id == id).and_then(|at| folder.files.remove(at))
            {
                self.bytes -= kept.size;
                remove(&folder.path.join(id.to_string()));
            }
        }
    }

    /// Folders of broadcasts that are over, or whose windows are others now.
    fn leave_others(&mut self, live: &[Arc<Broadcast>]) {
        let stays = |(id, name): &Key, folder: &Folder| {
            let broadcast = live.iter().find(|broadcast| broadcast.id == *id);
            let mut renditions = broadcast.into_iter().flat_map(|b| b.renditions().unwrap_or_default());
            renditions.any(|r| r.name == *name && std::ptr::eq(Arc::as_ptr(r), folder.rendition.as_ptr()))
        };
        let gone: Vec<Key> = self
            .folders
            .iter()
            .filter(|(key, folder)| !stays(key, folder))
            .map(|(key, _)| key.clone())
            .collect();
        for key in gone {
            let Some(folder) = self.folders.remove(&key) else { continue };
            self.bytes -= folder.files.iter().map(|kept| kept.size).sum::<u64>();
            if let Err(error) = fs::remove_dir_all(&folder.path) {
                tracing::debug!(folder = %folder.path.display(), %error, "not deleted");
            }
            // The broadcast's own goes with its last rendition.
            let _ = fs::remove_dir(self.root.join(&key.0));
        }
    }
}

fn unix_ms(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A node whose clock was ahead does not put its segments before those of others.
fn order_of(awaited: &Awaited) -> u64 {
    awaited.date.map_or(0, |date| unix_ms(date.min(SystemTime::now())))
}

/// Bytes that may be written to the file system of `folder`.
fn free(folder: &Path) -> io::Result<u64> {
    let stat = nix::sys::statvfs::statvfs(folder)?;
    Ok(stat.blocks_available().saturating_mul(stat.fragment_size()))
}

/// All of it or nothing.
fn write(path: &Path, pieces: &[Bytes]) -> io::Result<()> {
    let create = || File::options().write(true).create_new(true).open(path);
    let made = match create() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            create()
        }
        made => made,
    };
    let mut file = made?;
    let written = pieces.iter().try_for_each(|piece| file.write_all(piece));
    if written.is_err() {
        remove(path);
    }
    written
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::debug!(file = %path.display(), %error, "not deleted");
    }
}
