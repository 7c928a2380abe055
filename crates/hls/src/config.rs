//! What is fixed about a window for its whole life, with every bound that it keeps.
//!
//! A changed value means a new window under a new playlist URL, never a changed tag (draft 4.4.3.1, 4.4.3.7).

use std::time::Duration;

/// Smallest hold-back in units of the target duration (draft 4.4.3.8: at least three).
pub(crate) const HOLD_BACK_TARGETS: u32 = 3;
/// Skip boundary in units of the target duration (draft 4.4.3.8: at least six).
pub(crate) const SKIP_TARGETS: u32 = 6;
/// How long a part stays fetchable after its tag has gone, in target durations.
pub(crate) const PART_RETENTION_TARGETS: u32 = 3;
/// A part may be shorter than this share of PART-TARGET only as the last of its segment or before a gap
/// (draft 4.4.4.9).
pub(crate) const MIN_PART_PERCENT: u32 = 85;
/// Added to the multiple of PART-TARGET. Clients compare in floating point, where 3 × 0.2 is more than 0.6.
pub(crate) const PART_HOLD_BACK_MARGIN: Duration = Duration::from_millis(1);
/// Discontinuities one epoch may use of the numbers that [`discontinuity_base`] gives out.
const DISCONTINUITIES_PER_EPOCH: u64 = 4096;

/// The settings of one rendition's window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowConfig {
    /// EXT-X-TARGETDURATION: whole seconds, at least one. No segment's duration, rounded to the nearest second,
    /// may exceed it.
    pub target_duration: Duration,
    /// PART-TARGET: no part may be longer. Above zero and not above `target_duration`.
    pub part_target: Duration,
    /// How much media the playlists list from memory, counted in whole segments. Never less than three target durations is
    /// kept, whatever is set here (draft 6.2.2).
    pub window: Duration,
    /// How much media the playlists list in all, the part beyond `window` from the owner's disk: see [`Window::take_unstored`].
    /// Zero: none is.
    ///
    /// [`Window::take_unstored`]: crate::Window::take_unstored
    pub rewind: Duration,
    /// The playlists list at least so many whole segments once there have been so many.
    pub min_segments: usize,
    /// For how many of the last whole segments the LL playlist lists parts; the open segment comes on top.
    pub parts_for_last_segments: usize,
    /// PART-HOLD-BACK in thousandths of PART-TARGET: at least 2000 (draft 4.4.3.8, which advises 3000). One millisecond is added.
    pub part_hold_back_permille: u32,
    /// Hard bound on the media bytes held (listed, removed but still fetchable, init segments). Beyond it removed
    /// segments go early, then listed ones from the front; a part that does not fit beside its own segment is
    /// refused. Without it one publisher with a huge bitrate takes the memory of all. Needed in normal work:
    /// bitrate × (2 × listed duration + longest segment).
    pub max_bytes: usize,
    /// EXT-X-DISCONTINUITY-SEQUENCE at the start; see [`discontinuity_base`]. The same for all renditions.
    pub first_discontinuity_sequence: u64,
}

impl Default for WindowConfig {
    /// Two-second segments, parts of 0.2 s, 30 s of window and no rewind, at most 192 MiB.
    fn default() -> Self {
        Self {
            target_duration: Duration::from_secs(2),
            part_target: Duration::from_millis(200),
            window: Duration::from_secs(30),
            rewind: Duration::ZERO,
            min_segments: 6,
            parts_for_last_segments: 3,
            part_hold_back_permille: 2500,
            max_bytes: 192 * 1024 * 1024,
            first_discontinuity_sequence: 0,
        }
    }
}

/// A window cannot be made from these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The target duration is zero or not whole seconds.
    #[error("target duration {0:?} is not a whole number of seconds above zero")]
    TargetDuration(Duration),
    /// The part target is zero or longer than a segment.
    #[error("part target {0:?} is zero or above the target duration")]
    PartTarget(Duration),
    /// Fewer than two part targets of hold-back.
    #[error("part hold-back of {0} thousandths of the part target is below 2000")]
    PartHoldBack(u32),
    /// A live playlist needs at least one segment in the window and one with parts.
    #[error("a window needs at least one segment and parts for at least one segment")]
    NoSegments,
}

impl WindowConfig {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.target_duration.is_zero() || self.target_duration.subsec_nanos() != 0 {
            return Err(ConfigError::TargetDuration(self.target_duration));
        }
        if self.part_target.is_zero() || self.part_target > self.target_duration {
            return Err(ConfigError::PartTarget(self.part_target));
        }
        if self.part_hold_back_permille < 2000 {
            return Err(ConfigError::PartHoldBack(self.part_hold_back_permille));
        }
        if self.min_segments == 0 || self.parts_for_last_segments == 0 {
            return Err(ConfigError::NoSegments);
        }
        Ok(())
    }

    /// HOLD-BACK, for players that know no parts.
    pub fn hold_back(&self) -> Duration {
        self.target_duration * HOLD_BACK_TARGETS
    }

    /// PART-HOLD-BACK, of PART-TARGET as playlists write it: in whole microseconds, so that a node which only knows that says the same.
    pub fn part_hold_back(&self) -> Duration {
        let micros = (self.part_target.as_nanos() + 500) / 1000;
        let part_target = Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        part_target * self.part_hold_back_permille / 1000 + PART_HOLD_BACK_MARGIN
    }

    /// CAN-SKIP-UNTIL: segments that end further than this from the end of the playlist are skipped in a delta.
    pub fn skip_boundary(&self) -> Duration {
        self.target_duration * SKIP_TARGETS
    }

    pub(crate) fn listed_floor(&self) -> Duration {
        self.window.max(self.target_duration * HOLD_BACK_TARGETS)
    }
}

/// The discontinuity sequence at which a window starts that begins with this epoch (epochs start at 1).
///
/// A node that takes a broadcast over cannot know how many discontinuities the lost node counted, and the number
/// must not go back for a viewer. Each epoch therefore owns 4096 numbers; the result stays below 2^31 for the
/// first 500,000 epochs, as some players read it into 32 bits.
pub fn discontinuity_base(epoch: u64) -> u64 {
    epoch.saturating_sub(1).saturating_mul(DISCONTINUITIES_PER_EPOCH)
}
