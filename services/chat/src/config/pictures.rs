//! What an operator can set about emotes and images.

use serde::{Deserialize, Serialize};
use streamly_config::{ByteSize, Duration};

/// Bounds; each says what breaks without it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pictures {
    /// Largest upload of an emote. Memory.
    pub emote_upload: ByteSize,
    /// Emotes of one channel. Storage, and the list that every page of the channel loads.
    pub emotes_per_room: usize,
    /// Largest upload of an image. Memory; web's `max_upload` has to let it through.
    pub image_upload: ByteSize,
    /// Longest side of an image as it is kept, pixels. Storage, and what every reader loads.
    pub image_side: u32,
    /// How long an uploaded image waits for its message. Storage.
    pub image_unused: Duration,
    /// How long images are kept. Storage.
    pub image_keep: Duration,
    /// A person's pace of uploads in the long run: one in this time. Processor time.
    pub upload_interval: Duration,
    /// Uploads at once above that.
    pub upload_burst: u32,
    /// Pictures that are decoded at once, each with up to 256 MiB. Memory and cores.
    pub decoders: usize,
    /// Pictures in memory for the next reader, twice: emotes and images. Smaller asks storage more often.
    pub cache: ByteSize,
}

impl Default for Pictures {
    fn default() -> Self {
        Self {
            emote_upload: ByteSize::new(512 << 10),
            emotes_per_room: 100,
            image_upload: ByteSize::new(5 << 20),
            image_side: 1280,
            image_unused: Duration::from_secs(600),
            image_keep: Duration::from_secs(30 * 24 * 3600),
            upload_interval: Duration::from_secs(5),
            upload_burst: 20,
            decoders: 1,
            cache: ByteSize::new(16 << 20),
        }
    }
}

impl Pictures {
    /// What cannot be: `(key, problem)` of each.
    pub(super) fn problems(&self) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        if !(64..=4096).contains(&self.image_side) {
            all.push(("pictures.image_side", "must be from 64 to 4096".into()));
        }
        for (key, is_none) in [
            ("pictures.decoders", self.decoders == 0),
            ("pictures.upload_burst", self.upload_burst == 0),
            ("pictures.image_unused", self.image_unused.is_zero()),
        ] {
            if is_none {
                all.push((key, "must be at least 1".into()));
            }
        }
        if self.image_keep.get() < self.image_unused.get() {
            all.push(("pictures.image_keep", "must be at least pictures.image_unused".into()));
        }
        all
    }
}
