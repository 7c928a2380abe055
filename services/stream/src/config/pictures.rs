//! What an operator can set about pictures of profiles and categories.

use serde::{Deserialize, Serialize};
use streamly_config::{ByteSize, Duration};

/// Bounds; each says what breaks without it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pictures {
    /// Largest upload. Memory; web's `max_upload` has to let it through.
    pub upload: ByteSize,
    /// Pictures of one channel, shown or not yet. Storage.
    pub per_channel: u32,
    /// How long a picture that nobody shows is kept: its owner may be about to. Storage.
    pub unused: Duration,
    /// A person's pace of uploads in the long run: one in this time. Processor time.
    pub upload_interval: Duration,
    /// Uploads at once above that.
    pub upload_burst: u32,
    /// Pictures that are decoded at once, each with up to 256 MiB. Memory and cores.
    pub decoders: usize,
    /// Pictures in memory for the next reader. Smaller asks storage more often.
    pub cache: ByteSize,
}

impl Default for Pictures {
    fn default() -> Self {
        Self {
            upload: ByteSize::new(5 << 20),
            per_channel: 50,
            unused: Duration::from_secs(24 * 3600),
            upload_interval: Duration::from_secs(5),
            upload_burst: 20,
            decoders: 1,
            cache: ByteSize::new(16 << 20),
        }
    }
}
