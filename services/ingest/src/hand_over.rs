//! The window of a broadcast on its way from a node that drains to the one that goes on with it: `IngestService.HandOver`.
//!
//! The new node fetches it between the permit and its answer to the publish, within [`FETCH`] and `window_bytes`; without success it goes on
//! as after a lost node. It keeps the call open until `stream` has renewed the lease, so that the old node sends nobody here too early.

mod assembly;
mod give;

use crate::{
    admission::Permit,
    broadcast::{Broadcast, Import},
    node::Node,
};
use assembly::{Assembly, Unusable};
use std::{sync::Arc, time::Duration};
use streamly_proto::ingest::v1::{
    HandOverPiece, HandOverRequest, ingest_service_client::IngestServiceClient,
};
use streamly_rpc::{Peer, PeerConfig};
use tokio::time::timeout;
use tonic::Streaming;

pub(crate) use give::give;

/// The publish is unanswered meanwhile, and viewers wait.
const FETCH: Duration = Duration::from_secs(2);
/// How long the old node is kept waiting for the new lease.
const RENEWED_IN: Duration = Duration::from_secs(1);

/// A fetched window, and the call that it came by.
pub(crate) struct Fetched {
    import: Import,
    call: Call,
}

/// The call, as long as it is to be open.
pub(crate) struct Call {
    _pieces: Streaming<HandOverPiece>,
    _peer: Peer,
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

/// The window of the permit's broadcast, if another node is to hand it over and does.
pub(crate) async fn fetch(node: &Node, permit: &Permit) -> Option<Fetched> {
    let from = permit.hand_over.as_ref()?;
    let fetched = timeout(FETCH, fetch_from(node, permit, &from.url, from.epoch));
    match fetched.await.unwrap_or(Err(Failed::TooLong)) {
        Ok(fetched) => {
            node.meters.hand_overs_taken.increment(1);
            let segments =
                fetched.import.renditions.iter().map(|rendition| rendition.segments.len()).sum::<usize>();
            tracing::info!(broadcast = permit.broadcast_id, url = from.url, segments, "window taken over");
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
    let peer = Peer::new(PeerConfig::at(url), "ingest", node.identity.clone())?;
    let request = HandOverRequest { broadcast_id: permit.broadcast_id.clone(), epoch };
    let answer = IngestServiceClient::new(peer.streaming()).hand_over(request).await.map_err(Box::new)?;
    let mut call = answer.into_inner();
    let mut assembly = Assembly::new(node.settings.window_bytes);
    while let Some(HandOverPiece { piece: Some(piece) }) = call.message().await.map_err(Box::new)? {
        if assembly.take(piece)? {
            let import = assembly.finish(epoch, permit.first_msn)?;
            return Ok(Fetched { import, call: Call { _pieces: call, _peer: peer } });
        }
    }
    Err(Unusable::Unfinished.into())
}

/// Keeps the call open until the broadcast's lease is renewed under its new session.
pub(crate) async fn release(call: Call, broadcast: Arc<Broadcast>, epoch: u64) {
    let mut changes = broadcast.changes();
    let renewed = async { while !broadcast.is_renewed(epoch) && changes.changed().await.is_ok() {} };
    if timeout(RENEWED_IN, renewed).await.is_err() {
        tracing::debug!(broadcast = broadcast.id, epoch, "the lease was not renewed in time");
    }
    drop(call);
}

impl Fetched {
    /// The window, and the call to [`release`].
    pub(crate) fn split(self) -> (Import, Call) {
        (self.import, self.call)
    }
}
