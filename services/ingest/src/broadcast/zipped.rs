//! The last playlists of a rendition in gzip: each is compressed once, however many ask for it.

use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::VecDeque;
use streamly_hls::Rendered;
use streamly_http::encoding::gzip;

/// Kept: one of each kind, and those that are being replaced.
const KEPT: usize = 6;

/// See the module's head.
#[derive(Default)]
pub(super) struct Zipped(Mutex<VecDeque<(u64, Bytes)>>);

impl Zipped {
    /// The playlist in gzip. Held while it is compressed, so that those who ask meanwhile do not compress it again.
    pub(super) fn of(&self, playlist: &Rendered) -> Bytes {
        let mut kept = self.0.lock();
        if let Some((_, bytes)) = kept.iter().find(|(etag, _)| *etag == playlist.etag) {
            return bytes.clone();
        }
        let bytes = gzip(&playlist.body);
        kept.push_front((playlist.etag, bytes.clone()));
        kept.truncate(KEPT);
        bytes
    }
}
