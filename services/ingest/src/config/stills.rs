//! What an operator can set about stills of the live picture.

use serde::{Deserialize, Serialize};
use streamly_config::{ByteSize, Duration};

/// Longest and shortest side of a still.
const SIDES: std::ops::RangeInclusive<u16> = 16..=1920;

/// Bounds and looks.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stills {
    /// Time between two stills of a broadcast; the first is made of its first keyframe. Default 30 s; zero: none are made.
    pub interval: Duration,
    /// Widest still, pixels: the picture is scaled to fit, never up. Default 640.
    pub width: u16,
    /// Highest still, pixels. Default 360.
    pub height: u16,
    /// Of the JPEG, 1 to 100. Default 75.
    pub quality: u8,
    /// Stills of a broadcast that are kept, the newest. Default 4: two minutes, so that a page that was told of one finds it. Memory: so many
    /// times `bytes` a broadcast.
    pub keep: usize,
    /// Largest still; a larger one is left out. Default 256 KiB. Without it noise would fill the memory.
    pub bytes: ByteSize,
    /// Keyframes that wait for their turn; beyond them, and after some seconds, they are left out and a later one is tried. Default 16.
    pub waiting: usize,
}

impl Default for Stills {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            width: 640,
            height: 360,
            quality: 75,
            keep: 4,
            bytes: ByteSize::new(256 << 10),
            waiting: 16,
        }
    }
}

impl Stills {
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |ok: bool, text: &str| {
            if !ok {
                problems.push(text.to_owned());
            }
        };
        let (shortest, longest) = SIDES.into_inner();
        let sides = format!("is not {shortest} to {longest}");
        check(SIDES.contains(&self.width), &format!("stills.width: {sides}"));
        check(SIDES.contains(&self.height), &format!("stills.height: {sides}"));
        check((1..=100).contains(&self.quality), "stills.quality: is not 1 to 100");
        check((1..=100).contains(&self.keep), "stills.keep: is not 1 to 100");
        check((1..=10_000).contains(&self.waiting), "stills.waiting: is not 1 to 10,000");
        check(self.bytes.bytes() >= 4 << 10, "stills.bytes: is below 4 KiB");
        check(self.bytes.bytes() <= 1 << 20, "stills.bytes: is above 1 MiB");
        problems
    }
}
