//! What the transcode workers can decode: asked once at the start.
//!
//! Until the answer is there everything is assumed, so that a broadcast that starts meanwhile has its rungs; a worker that lacks
//! something says so. A source that cannot be decoded has no rungs; Opus that cannot be is passed on to them as it is.

use std::sync::Arc;

use arc_swap::ArcSwap;
use streamly_transcode::{
    WorkerCommand,
    decoders::{self, Decodes},
};

/// Clones share what was found.
#[derive(Clone)]
pub(crate) struct Decoders {
    worker: WorkerCommand,
    found: Arc<ArcSwap<Decodes>>,
}

impl Decoders {
    pub(crate) fn new(worker: WorkerCommand) -> Self {
        Self { worker, found: Arc::new(ArcSwap::from_pointee(Decodes::ALL)) }
    }

    pub(crate) fn found(&self) -> Decodes {
        **self.found.load()
    }

    /// Asks a worker.
    pub(crate) async fn find(&self) {
        let Some(found) = decoders::find(&self.worker).await else {
            tracing::warn!("the transcode worker does not say what it decodes");
            return;
        };
        let lacks =
            [(found.h264, "H.264"), (found.hevc, "HEVC"), (found.av1, "AV1"), (found.opus, "Opus to AAC")];
        for (_, name) in lacks.iter().filter(|(has, _)| !has) {
            tracing::warn!(codec = name, "no decoder is installed: such broadcasts have fewer renditions");
        }
        self.found.store(Arc::new(found));
    }
}
