//! The old node's side: files of the rewind, one after the other, at the pace at which the new node reads them.

use crate::{
    broadcast::{Broadcast, Taking},
    node::Node,
};
use std::{io, sync::Arc, time::Duration};
use streamly_hls::{Resource, SegmentId};
use streamly_proto::ingest::v1::{RewindPiece, TakeRewindRequest};
use tokio::{
    fs::File,
    io::{AsyncReadExt, Take},
    sync::mpsc,
    time::timeout,
};
use tonic::{Status, Streaming};

/// Bytes of a piece.
const PIECE: usize = 256 << 10;
/// A caller that asks for nothing, or takes nothing, for so long is gone. It waits for its turn among all that its node fetches.
const IDLE: Duration = Duration::from_secs(60);

type Pieces = mpsc::Sender<Result<RewindPiece, Status>>;

/// Gives what is asked for until the caller ends its requests: then it has all it wants.
pub(crate) async fn give(
    node: Arc<Node>,
    broadcast: Arc<Broadcast>,
    first: TakeRewindRequest,
    mut requests: Streaming<TakeRewindRequest>,
    pieces: Pieces,
    taking: Taking,
) {
    let mut next = Some(first);
    loop {
        let request = match next.take() {
            Some(first) => first,
            None => match timeout(IDLE, requests.message()).await {
                Ok(Ok(Some(request))) => request,
                Ok(Ok(None)) => return taking.done(),
                Ok(Err(_)) | Err(_) => return,
            },
        };
        if !request.rendition.is_empty() && segment(&node, &broadcast, &request, &pieces).await.is_none() {
            return;
        }
    }
}

/// `None`: the caller is gone.
async fn segment(
    node: &Node,
    broadcast: &Broadcast,
    request: &TakeRewindRequest,
    pieces: &Pieces,
) -> Option<()> {
    let msn = request.msn;
    let missing = RewindPiece { msn, missing: true, last: true, ..RewindPiece::default() };
    let Some(mut file) = open(node, broadcast, request).await else {
        return send(pieces, missing, IDLE).await;
    };
    loop {
        let mut bytes = Vec::new();
        let piece = match fill(&mut file, &mut bytes).await {
            Ok(last) => RewindPiece { msn, bytes, last, missing: false },
            // It may have been deleted since it was listed, and cut short.
            Err(_) => missing.clone(),
        };
        let last = piece.last;
        send(pieces, piece, IDLE).await?;
        if last {
            return Some(());
        }
    }
}

/// `None`: the caller is gone, or has not taken what was there for `idle`.
async fn send(pieces: &Pieces, piece: RewindPiece, idle: Duration) -> Option<()> {
    timeout(idle, pieces.send(Ok(piece))).await.ok()?.ok()
}

/// Only what the window has on disk: names come from there.
async fn open(node: &Node, broadcast: &Broadcast, request: &TakeRewindRequest) -> Option<Take<File>> {
    let rendition = broadcast.renditions()?.iter().find(|rendition| rendition.name == request.rendition)?;
    let id = SegmentId { epoch: request.epoch, msn: request.msn };
    let Resource::Stored { id, size } = rendition.read(|window| window.resource(&id.to_string())) else {
        return None;
    };
    let path = super::path(node.config.rewind_dir.as_deref()?, &broadcast.id, &rendition.name, id);
    Some(File::open(path).await.ok()?.take(size))
}

/// The next bytes, and whether they are the last. Errors: the file is shorter than it was.
async fn fill(file: &mut Take<File>, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let wanted = usize::try_from(file.limit()).unwrap_or(PIECE).min(PIECE);
    bytes.resize(wanted, 0);
    file.read_exact(bytes).await?;
    Ok(file.limit() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_caller_that_keeps_its_connection_and_takes_nothing_is_not_waited_for() {
        let (pieces, mut taken) = mpsc::channel(1);
        let (long, short) = (Duration::from_secs(60), Duration::from_millis(1));
        assert!(send(&pieces, RewindPiece::default(), long).await.is_some());
        let sent = timeout(long, send(&pieces, RewindPiece::default(), short)).await;
        assert_eq!(sent.expect("it is not waited for"), None);
        taken.recv().await.unwrap().unwrap();
        assert!(
            send(&pieces, RewindPiece::default(), long).await.is_some(),
            "one that goes on is given more"
        );
        drop(taken);
        assert!(send(&pieces, RewindPiece::default(), long).await.is_none());
    }
}
