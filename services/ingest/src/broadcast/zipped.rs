//! The last playlists of a rendition in gzip: each is compressed once, however many ask for it.

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use parking_lot::Mutex;
use std::{collections::VecDeque, io::Write};
use streamly_hls::Rendered;

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

/// Fast: the list of two hours changes with each part.
fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 6 + 64), Compression::fast());
    encoder.write_all(plain).expect("a Vec takes every write");
    Bytes::from(encoder.finish().expect("a Vec takes every write"))
}
