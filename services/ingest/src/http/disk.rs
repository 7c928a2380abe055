//! A segment of the rewind, read from disk while it is sent. A few pieces are in memory at a time, however large it is.

use super::range::Asked;
use crate::{node::Node, rewind};
use actix_web::body::SizedStream;
use std::io::SeekFrom;
use streamly_hls::SegmentId;
use streamly_http::{Problem, Result};
use streamly_status::Code;
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt, Take},
};
use tokio_util::io::ReaderStream;

/// Read at once.
const CHUNK: usize = 64 << 10;

/// The body of what is asked of a file of `size` bytes. It may have been deleted since the window named it: 404.
pub(super) async fn body(
    node: &Node,
    (broadcast, rendition): (&str, &str),
    id: SegmentId,
    size: u64,
    asked: &Asked,
) -> Result<SizedStream<ReaderStream<Take<File>>>> {
    let gone = || Problem::new(Code::NotFound).detail("There is no such segment.");
    let root = node.config.rewind_dir.as_deref().ok_or_else(gone)?;
    let path = rewind::path(root, broadcast, rendition, id);
    let mut file = File::open(&path).await.map_err(|error| {
        tracing::debug!(file = %path.display(), %error, "a segment of the rewind cannot be read");
        gone()
    })?;
    let (first, length) = match *asked {
        Asked::Part { first, last } => (first, last - first + 1),
        Asked::All | Asked::Unsatisfiable => (0, size),
    };
    if first > 0 {
        file.seek(SeekFrom::Start(first)).await.map_err(|_| gone())?;
    }
    file.set_max_buf_size(CHUNK);
    Ok(SizedStream::new(length, ReaderStream::with_capacity(file.take(length), CHUNK)))
}
