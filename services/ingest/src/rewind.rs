//! The rewind on disk: older segments of every live broadcast, so that viewers can go back further than memory reaches.
//!
//! Nobody waits for it. A round a quarter of a second asks each window what is new and writes it, deletes what nobody needs, and
//! keeps within the bounds (`store`); there is no queue besides the windows themselves, which let go of what is not on disk in
//! time. A disk that is full, slow or gone costs the rewind, is counted and told once.
//!
//! What another node has of a broadcast that came from there is fetched from it (`pull`, `give`), in the background and slowly; a segment that a
//! viewer wants comes next (`wishes`).
//!
//! A file is where its URL is: `{rewind_dir}/{broadcast}/{rendition}/{epoch}-{msn}.m4s`. A folder belongs to one running process (it is
//! locked); nothing in it outlives the broadcast or the process.

mod give;
mod pace;
mod pull;
mod store;
mod wishes;

use crate::{Config, broadcast::Broadcast, node::Node};
use nix::fcntl::{Flock, FlockArg};
use pace::Pace;
use parking_lot::Mutex;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};
use store::Store;
use streamly_hls::SegmentId;

pub(crate) use give::give;
pub(crate) use pull::pull;
pub(crate) use wishes::{Wishes, comes};

/// How often windows are asked for what is new. A segment has the whole window's length of time to be written.
const ROUND: Duration = Duration::from_millis(250);
/// How often a folder that cannot be had is tried again: another process may still have it.
const RETRY: Duration = Duration::from_secs(5);
/// The file whose lock is the folder's.
const LOCK: &str = ".lock";

/// The files, once the folder is this process's own, and how fast files of other nodes may come.
#[derive(Default)]
pub(crate) struct Disk {
    store: OnceLock<Arc<Mutex<Store>>>,
    pace: Mutex<Pace>,
}

impl Disk {
    /// Whether segments can be kept.
    pub(crate) fn is_there(&self) -> bool {
        self.store.get().is_some()
    }
}

/// What the settings say of it.
pub(crate) struct Spool {
    root: PathBuf,
    max_bytes: u64,
    keep_free: u64,
}

impl Spool {
    /// `None`: there is no rewind.
    pub(crate) fn new(config: &Config) -> Option<Self> {
        let root = config.rewind_dir.clone().filter(|_| !config.rewind.is_zero())?;
        Some(Self {
            root,
            max_bytes: config.rewind_bytes.bytes(),
            keep_free: config.rewind_keep_free.bytes(),
        })
    }

    /// Makes the folder this process's own and empties it. The lock goes with the value.
    fn open(&self) -> io::Result<Flock<File>> {
        fs::create_dir_all(&self.root)?;
        let file = File::options().create(true).truncate(false).write(true).open(self.root.join(LOCK))?;
        let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| error)?;
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            // Of what is not ours nothing is touched.
            if entry.file_name().to_str().is_some_and(is_broadcast) && entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(lock)
    }
}

/// The file of a segment.
pub(crate) fn path(root: &Path, broadcast: &str, rendition: &str, id: SegmentId) -> PathBuf {
    let mut path = root.join(broadcast);
    path.push(rendition);
    path.push(id.to_string());
    path
}

/// Whether the name can only be a broadcast's: an UUID has no `.` and no `/`.
pub(crate) fn is_broadcast(name: &str) -> bool {
    uuid::Uuid::try_parse(name).is_ok()
}

/// Keeps the rewind until the node closes.
pub(crate) async fn keep(node: Arc<Node>, mut spool: Spool) {
    let closing = node.closing.clone();
    let mut told = false;
    let (lock, spool) = loop {
        let opening = tokio::task::spawn_blocking(move || (spool.open(), spool)).await;
        let Ok((opened, back)) = opening else { return };
        match opened {
            Ok(lock) => break (lock, back),
            Err(error) if !told => {
                told = true;
                tracing::warn!(folder = %back.root.display(), %error, "no rewind: the folder cannot be had; it is tried again");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = closing.cancelled() => return,
        }
        spool = back;
    };
    let store = Arc::new(Mutex::new(Store::new(spool.root, spool.max_bytes, spool.keep_free)));
    // Nobody else sets it.
    let _ = node.rewind.store.set(store.clone());
    while !closing.is_cancelled() {
        let (node, store) = (node.clone(), store.clone());
        let round = tokio::task::spawn_blocking(move || {
            let mut store = store.lock();
            // Looked up under the lock: a file that comes meanwhile belongs to one that is known.
            let live: Vec<Arc<Broadcast>> =
                node.registry.all().into_iter().filter(|broadcast| is_broadcast(&broadcast.id)).collect();
            store.round(&live);
        });
        if let Err(error) = round.await {
            tracing::error!(%error, "no rewind any more");
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(ROUND) => {}
            () = closing.cancelled() => {}
        }
    }
    drop(lock);
}
