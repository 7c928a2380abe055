//! One rendition as the origin sees it: its window behind a short lock, and the revision that held requests wait for.
//!
//! The lock is held for a push or a rendering, never across an await.

use super::{
    flats::{Flat, Flats, Room},
    zipped::Zipped,
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{sync::Arc, time::Instant};
use streamly_hls::{Rendered, RenditionReport, SegmentId, Window};
use streamly_transcode::Rung;
use tokio::sync::watch;

/// A planned rendition.
pub(crate) struct Rendition {
    pub(crate) name: String,
    window: Mutex<Window>,
    revision: watch::Sender<u64>,
    facts: Mutex<Facts>,
    zipped: Zipped,
    flats: Flats,
    /// Its playlist as those of the others name it.
    uri: Arc<str>,
}

/// What the multivariant playlist and the heartbeat say of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Facts {
    pub(crate) codecs: String,
    pub(crate) resolution: Option<(u32, u32)>,
    pub(crate) fps: Option<f64>,
    /// Peak of the video.
    pub(crate) video_bps: u64,
    pub(crate) average_video_bps: Option<u64>,
    /// Nobody told the video's rate.
    pub(crate) assumed: bool,
    pub(crate) audio_bps: u64,
    /// GStreamer element; empty for the source.
    pub(crate) encoder: String,
    /// Since when its transcoder has given up.
    pub(crate) shed: Option<Instant>,
    /// Only the node before made it: it is here to end in order.
    pub(crate) inherited: bool,
}

impl Facts {
    /// The size and the rates of a rung.
    pub(super) fn is(&mut self, rung: &Rung) {
        self.resolution = Some((rung.width, rung.height));
        self.fps = Some(rung.fps.as_f64());
        self.video_bps = u64::from(rung.bitrate_kbps) * 1000;
        self.average_video_bps = Some(self.video_bps);
    }
}

impl Rendition {
    pub(super) fn new(name: String, window: Window, facts: Facts, flats: Room) -> Self {
        let uri = format!("../{name}/index.m3u8").into();
        Self {
            name,
            uri,
            window: Mutex::new(window),
            revision: watch::Sender::new(0),
            facts: Mutex::new(facts),
            zipped: Zipped::default(),
            flats: Flats::new(flats),
        }
    }

    /// Changes the window, then wakes held requests if it changed.
    pub(crate) fn with<T>(&self, f: impl FnOnce(&mut Window) -> T) -> T {
        let mut window = self.window.lock();
        let value = f(&mut window);
        let position = window.position();
        self.flats.follow(position.whole_msn, &window);
        drop(window);
        let revision = position.revision;
        self.revision.send_if_modified(|known| std::mem::replace(known, revision) != revision);
        value
    }

    /// Reads the window.
    pub(crate) fn read<T>(&self, f: impl FnOnce(&Window) -> T) -> T {
        f(&self.window.lock())
    }

    /// Changes with the window. Subscribe before asking the window.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// A playlist of this rendition, compressed once for everybody.
    pub(crate) fn zipped(&self, playlist: &Rendered) -> Bytes {
        self.zipped.of(playlist)
    }

    /// A whole segment as a file in memory, if there is one.
    pub(crate) fn flat(&self, id: SegmentId) -> Option<Arc<Flat>> {
        self.flats.get(id)
    }

    /// Whether it is for who asks now to make one: this is the second who does.
    pub(crate) fn is_to_be_flat(&self, id: SegmentId) -> bool {
        self.flats.asked(id)
    }

    /// Makes one of a segment's pieces, if there is room. It copies them.
    pub(crate) fn flatten(&self, id: SegmentId, pieces: &[Bytes]) -> Option<Arc<Flat>> {
        let flat = self.flats.make(pieces);
        self.flats.keep(id, flat.as_ref(), &self.window.lock());
        flat
    }

    pub(crate) fn facts(&self) -> Facts {
        self.facts.lock().clone()
    }

    /// Since when it is not made any more.
    pub(crate) fn shed(&self) -> Option<Instant> {
        self.facts.lock().shed
    }

    pub(super) fn set_facts(&self, f: impl FnOnce(&mut Facts)) {
        f(&mut self.facts.lock());
    }

    /// How far it is, for the playlists of the others.
    pub(crate) fn report(&self) -> Option<RenditionReport> {
        self.window.lock().report(self.uri.clone())
    }
}
