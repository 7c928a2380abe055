//! The gate in front of each encoder: a rung that is shed gets no pictures, and it begins again with a boundary's keyframe.
//!
//! Pure. Scaling and decoding go on, since smaller rungs are scaled from larger ones and cost little by that; encoding is the price of a rung.

/// One rung's gate.
#[derive(Debug, Default)]
pub(super) struct Gate {
    is_shed: bool,
    /// It was shed and has not met a boundary since.
    waits: bool,
}

impl Gate {
    pub(super) fn shed(&mut self, is_shed: bool) {
        self.is_shed = is_shed;
        self.waits |= is_shed;
    }

    /// Whether a picture may pass. One that is to be a keyframe and comes while the rung is made opens the gate.
    pub(super) fn lets(&mut self, is_keyframe: bool) -> bool {
        if is_keyframe && !self.is_shed {
            self.waits = false;
        }
        !self.is_shed && !self.waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYFRAME: bool = true;
    const OTHER: bool = false;

    #[test]
    fn an_open_gate_lets_everything_pass() {
        let mut gate = Gate::default();
        assert!(gate.lets(OTHER) && gate.lets(KEYFRAME) && gate.lets(OTHER));
    }

    #[test]
    fn a_rung_that_comes_back_begins_at_a_boundary() {
        let mut gate = Gate::default();
        assert!(gate.lets(OTHER));
        gate.shed(true);
        assert!(!gate.lets(KEYFRAME) && !gate.lets(OTHER));
        gate.shed(false);
        assert!(!gate.lets(OTHER), "the middle of a segment");
        assert!(gate.lets(KEYFRAME) && gate.lets(OTHER));
    }

    #[test]
    fn a_boundary_met_while_shed_does_not_count() {
        let mut gate = Gate::default();
        gate.lets(OTHER);
        gate.shed(true);
        gate.lets(KEYFRAME);
        gate.shed(false);
        assert!(!gate.lets(OTHER));
    }
}
