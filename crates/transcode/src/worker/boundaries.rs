//! Which decoded pictures must be keyframes in every rung.
//!
//! Pure. The decoder drops the source's keyframe flags, so the boundaries ingest sent are kept here until the picture they mean
//! comes out of it. The times of the pictures that were chosen so are kept in the same way for each rung. The first picture is never
//! forced: it is a keyframe anyway, and forcing it makes x264enc of GStreamer 1.22.0 ignore every later request.

use std::collections::VecDeque;

/// Boundaries kept; seconds apart, pictures less than one behind. The oldest goes first.
const BOUNDARIES_MAX: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Boundaries {
    /// Ascending: ticks as ingest sends them, nanoseconds behind the decoder.
    due: VecDeque<i64>,
    has_seen_one: bool,
}

impl Boundaries {
    pub(super) fn add(&mut self, pts: i64) {
        if self.due.len() == BOUNDARIES_MAX {
            self.due.pop_front();
        }
        let at = self.due.partition_point(|due| *due < pts);
        self.due.insert(at, pts);
    }

    /// True if the picture with this PTS must be forced to be a keyframe. Asked once for each, in presentation order.
    pub(super) fn forces(&mut self, pts: i64) -> bool {
        let reached = self.due.partition_point(|due| *due <= pts);
        self.due.drain(..reached);
        let is_first = !std::mem::replace(&mut self.has_seen_one, true);
        reached > 0 && !is_first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_picture_at_or_after_a_boundary_is_forced_once() {
        let mut boundaries = Boundaries::default();
        assert!(!boundaries.forces(0));
        boundaries.add(6000);
        assert!(!boundaries.forces(3000));
        assert!(boundaries.forces(6000));
        assert!(!boundaries.forces(9000));
        boundaries.add(10_000);
        boundaries.add(11_000);
        assert!(boundaries.forces(12_000));
        assert!(!boundaries.forces(15_000));
    }

    #[test]
    fn the_very_first_picture_is_never_forced() {
        let mut boundaries = Boundaries::default();
        boundaries.add(0);
        assert!(!boundaries.forces(0));
        assert!(!boundaries.forces(3000));
    }

    #[test]
    fn boundaries_no_picture_reaches_are_bounded() {
        let mut boundaries = Boundaries::default();
        (0..1000).for_each(|pts| boundaries.add(pts));
        assert_eq!(boundaries.due.len(), BOUNDARIES_MAX);
        assert_eq!(boundaries.due.front(), Some(&936));
    }
}
