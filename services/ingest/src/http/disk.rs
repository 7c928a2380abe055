//! A segment of the rewind. It is read from disk while it is sent, a few pieces at a time, however large it is.

use crate::{node::Node, rewind};
use std::{fs::File, sync::Arc};
use streamly_hls::SegmentId;
use streamly_http::{Problem, Result};
use streamly_status::Code;

/// Its file. It may have been deleted since the window named it: 404.
pub(super) async fn open(
    node: &Node,
    (broadcast, rendition): (&str, &str),
    id: SegmentId,
) -> Result<Arc<File>> {
    let gone = || Problem::new(Code::NotFound).detail("There is no such segment.");
    let root = node.config.rewind_dir.as_deref().ok_or_else(gone)?;
    let path = rewind::path(root, broadcast, rendition, id);
    match tokio::fs::File::open(&path).await {
        Ok(file) => Ok(Arc::new(file.into_std().await)),
        Err(error) => {
            tracing::debug!(file = %path.display(), %error, "a segment of the rewind cannot be read");
            Err(gone())
        }
    }
}
