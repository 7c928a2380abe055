//! The new node's side: the files of a rewind that came along as a list, from the node that had the broadcast before.
//!
//! The newest first, one at a time, each piece at the node's pace; what a viewer wants comes before all others and at once. Of a rung that
//! only the other node made nothing comes but that: its playlists are soon gone. A segment that is not to be had (the other node has deleted
//! it or is gone, there is no room here) leaves the list, with all before it. Whatever ends this, nothing stays listed that will not come.

use super::{
    pace::turn,
    store::{Key, Reserved, Store},
};
use crate::{
    broadcast::{Broadcast, Rendition},
    node::Node,
};
use parking_lot::Mutex;
use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_hls::Awaited;
use streamly_proto::ingest::v1::{
    RewindPiece, TakeRewindRequest, ingest_service_client::IngestServiceClient,
};
use streamly_rpc::Peer;
use tokio::{
    fs::File,
    io::AsyncWriteExt,
    sync::mpsc,
    task::spawn_blocking,
    time::{sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

/// Longest wait for a piece, and for the call to be opened.
const STALL: Duration = Duration::from_secs(5);
/// The call is opened again so often, after [`AGAIN`] each time, before the other node counts as gone.
const TRIES: u32 = 5;
/// See [`TRIES`]; together less than the other node waits.
const AGAIN: Duration = Duration::from_millis(500);

/// One file will not come by this call.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the other node refused or broke off: {}", .0.message())]
    Refused(#[from] Box<tonic::Status>),
    #[error("the other node does not answer")]
    Silent,
    #[error("what came is not what was asked for")]
    Wrong,
    #[error("the disk does not take it")]
    Disk(#[from] io::Error),
    #[error("the broadcast is not served here any more")]
    Over,
}

/// An open call.
struct Line {
    requests: mpsc::Sender<TakeRewindRequest>,
    pieces: Streaming<RewindPiece>,
}

/// Nothing is awaited any more when it is dropped.
struct Pull {
    node: Arc<Node>,
    broadcast: Arc<Broadcast>,
}

impl Drop for Pull {
    fn drop(&mut self) {
        for rendition in self.broadcast.renditions().unwrap_or_default() {
            rendition.with(|window| window.forget_awaited(Instant::now()));
        }
        self.broadcast.wishes().settled();
    }
}

/// Fetches all that is awaited, then lets the other node go.
pub(crate) async fn pull(node: Arc<Node>, broadcast: Arc<Broadcast>, peer: Peer) {
    let pull = Pull { node, broadcast };
    let Some(store) = pull.node.rewind.store.get().cloned() else { return };
    // At once, so that the other node waits.
    let mut line = pull.open(&peer).await;
    let mut changes = pull.broadcast.changes();
    while pull.broadcast.renditions().is_none() {
        if !pull.goes_on() || changes.changed().await.is_err() {
            return;
        }
    }
    let (mut files, mut failures) = (0_u32, 0);
    while pull.goes_on() {
        let Some((rendition, awaited, wished)) = pull.next() else {
            tracing::info!(broadcast = pull.broadcast.id, files, "the rewind has come along");
            return;
        };
        let fetched = match &mut line {
            Ok(line) => pull.fetch(line, &store, &rendition, &awaited, wished).await,
            Err(_) => Err(Failed::Silent),
        };
        pull.broadcast.wishes().settled();
        match fetched {
            Ok(()) => (files, failures) = (files + 1, 0),
            Err(_) if !pull.goes_on() => return,
            Err(error) if failures < TRIES => {
                tracing::debug!(broadcast = pull.broadcast.id, id = %awaited.id, error = ?error, "a file of the rewind did not come");
                failures += 1;
                sleep(AGAIN).await;
                line = pull.open(&peer).await;
            }
            Err(error) => {
                tracing::warn!(broadcast = pull.broadcast.id, files, error = ?error, "not all of the rewind could be fetched");
                return;
            }
        }
    }
}

impl Pull {
    async fn open(&self, peer: &Peer) -> Result<Line, Failed> {
        let (requests, queue) = mpsc::channel(1);
        let broadcast_id = self.broadcast.id.clone();
        // The queue is empty: it fits.
        let _ = requests.try_send(TakeRewindRequest { broadcast_id, ..TakeRewindRequest::default() });
        let mut client = IngestServiceClient::new(peer.streaming());
        let opened = timeout(STALL, client.take_rewind(ReceiverStream::new(queue))).await;
        let pieces = opened.map_err(|_| Failed::Silent)?.map_err(Box::new)?.into_inner();
        Ok(Line { requests, pieces })
    }

    /// Whether it is served here.
    fn goes_on(&self) -> bool {
        let known = self.node.registry.by_id(&self.broadcast.id);
        known.is_some_and(|known| Arc::ptr_eq(&known, &self.broadcast))
            && !self.broadcast.leaving().is_fenced()
    }

    /// What is fetched next, and whether a viewer wants it.
    fn next(&self) -> Option<(Arc<Rendition>, Awaited, bool)> {
        let renditions = self.broadcast.renditions()?;
        while let Some((name, id)) = self.broadcast.wishes().take() {
            let rendition = renditions.iter().find(|rendition| rendition.name == name);
            let awaited = rendition.and_then(|rendition| rendition.read(|window| window.awaited(id)));
            if let Some((rendition, awaited)) = rendition.zip(awaited) {
                return Some((rendition.clone(), awaited, true));
            }
        }
        let made = renditions.iter().filter(|rendition| !rendition.facts().inherited);
        let all = made.filter_map(|rendition| {
            Some((rendition.clone(), rendition.read(|window| window.next_awaited())?, false))
        });
        // The source is the first of all, and the last of those that are alike counts.
        all.rev().max_by_key(|(_, awaited, _)| awaited.id.msn)
    }

    /// Waits for the node's pace, so many bytes having come; no longer than the broadcast is here, and not while a viewer wants something.
    async fn turn(&self, bytes: usize) {
        let (disk, rate) = (&self.node.rewind, self.node.config.rewind_pull.bytes());
        tokio::select! {
            () = turn(&disk.pace, bytes as u64, rate, || self.goes_on()) => {}
            () = self.broadcast.wishes().any() => {}
        }
    }

    /// One file. One that is not to be had is no error: it leaves the list.
    async fn fetch(
        &self,
        line: &mut Line,
        store: &Arc<Mutex<Store>>,
        rendition: &Arc<Rendition>,
        awaited: &Awaited,
        wished: bool,
    ) -> Result<(), Failed> {
        let lost = || rendition.with(|window| window.forget(awaited.id, Instant::now()));
        let key: Key = (self.broadcast.id.clone(), rendition.name.clone());
        let (disk, place, to, what) = (store.clone(), key.clone(), rendition.clone(), *awaited);
        let reserved = match blocking(move || disk.lock().reserve(&place, &to, &what)).await {
            Ok(reserved) => reserved,
            Err(error) => {
                tracing::debug!(id = %awaited.id, %error, "no room for a file of the rewind");
                lost();
                return Ok(());
            }
        };
        match self.receive(line, &key.1, awaited, (&reserved, wished)).await {
            Ok(true) => {}
            Ok(false) => {
                lost();
                return Ok(());
            }
            Err(error) => {
                if matches!(error, Failed::Disk(_) | Failed::Wrong) {
                    lost();
                }
                return Err(error);
            }
        }
        let (disk, to, what) = (store.clone(), rendition.clone(), *awaited);
        let kept = blocking(move || disk.lock().commit(&key, &to, &what, reserved)).await;
        kept.map_err(|error| {
            lost();
            error.into()
        })
    }

    /// Writes what comes. `false`: the other node does not have it.
    async fn receive(
        &self,
        line: &mut Line,
        rendition: &str,
        awaited: &Awaited,
        (reserved, wished): (&Reserved, bool),
    ) -> Result<bool, Failed> {
        let request = TakeRewindRequest {
            broadcast_id: String::new(),
            rendition: rendition.to_owned(),
            epoch: awaited.id.epoch,
            msn: awaited.id.msn,
        };
        line.requests.send(request).await.map_err(|_| Failed::Silent)?;
        let (mut file, mut left) = (File::create(&reserved.path).await?, awaited.size);
        loop {
            let piece = timeout(STALL, line.pieces.message()).await.map_err(|_| Failed::Silent)?;
            let piece = piece.map_err(Box::new)?.ok_or(Failed::Silent)?;
            if piece.msn != awaited.id.msn {
                return Err(Failed::Wrong);
            }
            if piece.missing {
                return Ok(false);
            }
            left = left.checked_sub(piece.bytes.len() as u64).ok_or(Failed::Wrong)?;
            file.write_all(&piece.bytes).await?;
            if !wished {
                self.turn(piece.bytes.len()).await;
            }
            if !self.goes_on() {
                return Err(Failed::Over);
            }
            if piece.last {
                break;
            }
        }
        file.flush().await?;
        if left == 0 { Ok(true) } else { Err(Failed::Wrong) }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
}
