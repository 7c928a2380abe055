//! The window of a broadcast on its way from a node that drains to the one that goes on with it: `IngestService.HandOver`.
//!
//! The new node fetches it between the permit and its answer to the publish, within [`FETCH`] and `window_bytes`: what came by then is taken,
//! the newest first; without any it goes on as after a lost node. It keeps the call open until `stream` has renewed the lease, so that the
//! old node sends nobody here too early. The rewind comes along as a list, its media afterwards (`rewind`).

mod arrivals;
mod assembly;
mod give;

use crate::{
    admission::Permit,
    broadcast::{Broadcast, Import, Seat},
    node::Node,
    rewind,
};
use assembly::{Assembly, Unusable};
use std::{sync::Arc, time::Duration};
use streamly_proto::ingest::v1::{
    HandOverPiece, HandOverRequest, ingest_service_client::IngestServiceClient,
};
use streamly_rpc::{Peer, PeerConfig};
use tokio::time::{Instant, timeout, timeout_at};
use tonic::Streaming;

pub(crate) use arrivals::{Arrival, Arrivals};
pub(crate) use give::give;

/// The publish is unanswered meanwhile, and viewers wait.
const FETCH: Duration = Duration::from_secs(2);
/// How long the old node is kept waiting for the new lease.
const RENEWED_IN: Duration = Duration::from_secs(1);

/// A fetched window, and what is still to be done with the node that had it.
pub(crate) struct Fetched {
    pub(crate) import: Import,
    /// It was a test when it was asked for.
    pub(crate) test: bool,
    pub(crate) call: Call,
}

/// The call, as long as it is to be open.
pub(crate) struct Call {
    _pieces: Streaming<HandOverPiece>,
    peer: Peer,
    has_rewind: bool,
}

/// There is none.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the node's address is no URL")]
    Address(#[from] tonic::transport::Error),
    #[error("the node refused or broke off: {}", .0.message())]
    Refused(#[from] Box<tonic::Status>),
    #[error("what came is of no use")]
    Unusable(#[from] Unusable),
    #[error("it took too long")]
    TooLong,
}

/// The window of the permit's broadcast, if another node is to hand it over: it is fetched now, or was asked for by an earlier session of the
/// broadcast whose fetch still runs. Nobody has it until it is [taken](Arrival::take).
pub(crate) async fn fetch(node: &Arc<Node>, permit: &Permit) -> Option<Arc<Arrival>> {
    loop {
        let (arrival, is_first) = node.arrivals.enter(&permit.broadcast_id, permit.hand_over.is_some())?;
        if is_first {
            let (node, arrival, permit) = (node.clone(), arrival.clone(), permit.clone());
            // It goes on if this session ends.
            node.clone().spawn("hand-over", async move { arrival.came(fetch_now(&node, &permit).await) });
        }
        tokio::select! {
            () = arrival.has_come() => {}
            () = node.closing.cancelled() => return None,
        }
        // An earlier one that had no success, or whose window was taken: this permit's node is asked then.
        if is_first || permit.hand_over.is_none() || arrival.is_there() {
            return Some(arrival);
        }
    }
}

async fn fetch_now(node: &Node, permit: &Permit) -> Option<Fetched> {
    let from = permit.hand_over.as_ref()?;
    match fetch_from(node, permit, &from.url, from.epoch).await {
        Ok(fetched) => {
            node.meters.hand_overs_taken.increment(1);
            let count = |of: fn(&crate::broadcast::Imported) -> usize| {
                fetched.import.renditions.iter().map(of).sum::<usize>()
            };
            let segments = count(|rendition| rendition.segments.len());
            let kept = count(|rendition| rendition.kept.len());
            tracing::info!(
                broadcast = permit.broadcast_id,
                url = from.url,
                segments,
                kept,
                "window taken over"
            );
            Some(fetched)
        }
        Err(error) => {
            node.meters.hand_overs_failed.increment(1);
            tracing::warn!(broadcast = permit.broadcast_id, url = from.url, error = ?error, "no window was handed over: viewers begin anew");
            None
        }
    }
}

async fn fetch_from(node: &Node, permit: &Permit, url: &str, epoch: u64) -> Result<Fetched, Failed> {
    let deadline = Instant::now() + FETCH;
    let peer = Peer::new(PeerConfig::at(url), "ingest", node.identity.clone())?;
    let request = HandOverRequest {
        broadcast_id: permit.broadcast_id.clone(),
        epoch,
        newest_first: true,
        rewind: node.rewind.is_there() && rewind::is_broadcast(&permit.broadcast_id),
    };
    let mut client = IngestServiceClient::new(peer.streaming());
    let answer = timeout_at(deadline, client.hand_over(request)).await.map_err(|_| Failed::TooLong)?;
    let mut pieces = answer.map_err(Box::new)?.into_inner();
    let mut assembly = Assembly::new(node.settings.window_bytes);
    let assembled = timeout_at(deadline, assemble(&mut pieces, &mut assembly)).await;
    let in_order = |error: &Failed| match error {
        Failed::Unusable(why) => matches!(why, Unusable::TooLarge | Unusable::Unfinished),
        _ => true,
    };
    match assembled.unwrap_or(Err(Failed::TooLong)) {
        Ok(()) => {}
        // Whoever sends what is wrong is not believed at all.
        Err(error) if in_order(&error) && assembly.is_of_use() => {
            tracing::warn!(broadcast = permit.broadcast_id, url, error = ?error, "not all of the window was handed over");
        }
        Err(error) => return Err(error),
    }
    let import = assembly.finish(epoch, permit.first_msn)?;
    let has_rewind = import.has_rewind();
    Ok(Fetched { import, test: permit.is_test(), call: Call { _pieces: pieces, peer, has_rewind } })
}

async fn assemble(pieces: &mut Streaming<HandOverPiece>, assembly: &mut Assembly) -> Result<(), Failed> {
    while let Some(HandOverPiece { piece: Some(piece) }) = pieces.message().await.map_err(Box::new)? {
        if assembly.take(piece)? {
            return Ok(());
        }
    }
    Err(Unusable::Unfinished.into())
}

/// A session has its seat with the window: the old node is told when the lease is renewed, and the rewind is fetched from it.
pub(crate) fn follow(node: &Arc<Node>, call: Call, seat: &Seat) {
    if call.has_rewind {
        let pulled = rewind::pull(node.clone(), seat.broadcast.clone(), call.peer.clone());
        node.spawn("rewind", pulled);
    }
    node.spawn("hand-over", release(call, seat.broadcast.clone(), seat.epoch));
}

/// Keeps the call open until the broadcast's lease is renewed under its new session.
async fn release(call: Call, broadcast: Arc<Broadcast>, epoch: u64) {
    let mut changes = broadcast.changes();
    let renewed = async { while !broadcast.is_renewed(epoch) && changes.changed().await.is_ok() {} };
    if timeout(RENEWED_IN, renewed).await.is_err() {
        tracing::debug!(broadcast = broadcast.id, epoch, "the lease was not renewed in time");
    }
    drop(call);
}
