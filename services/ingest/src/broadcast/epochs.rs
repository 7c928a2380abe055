//! Which session wrote a segment, and the number it has in the playlists.
//!
//! Segmenter and packagers count on through reconnects; names carry the epoch of the session, and the numbers leap ahead if
//! the broadcast was on another node meanwhile. Both change at a segment that is known when the session joins.

use std::collections::VecDeque;

/// Sessions remembered: older ones have no part in flight any more.
const KEPT: usize = 8;

/// One session's share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// First segment, as the segmenter counts.
    from: u64,
    pub(super) epoch: u64,
    /// Added to the segmenter's number.
    offset: u64,
}

/// All sessions, oldest first.
#[derive(Debug, Default)]
pub(super) struct Epochs {
    spans: VecDeque<Span>,
}

impl Epochs {
    /// A session joins: segments from `from` on are its own. `jump_to` is the least number they may have, if the broadcast was
    /// elsewhere.
    pub(super) fn join(&mut self, from: u64, epoch: u64, jump_to: Option<u64>) {
        let offset = self.spans.back().map_or(0, |last| last.offset);
        let ahead = jump_to.map_or(0, |least| least.saturating_sub(from + offset));
        self.spans.push_back(Span { from, epoch, offset: offset + ahead });
        if self.spans.len() > KEPT {
            self.spans.pop_front();
        }
    }

    /// Epoch and playlist number of the segmenter's segment.
    pub(super) fn place(&self, segment: u64) -> Option<(u64, u64)> {
        let span = self.spans.iter().rev().find(|span| span.from <= segment).or(self.spans.front())?;
        Some((span.epoch, segment + span.offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_parts_keep_the_epoch_of_their_segment() {
        let mut epochs = Epochs::default();
        epochs.join(100, 1, None);
        epochs.join(107, 2, None);
        assert_eq!(epochs.place(106), Some((1, 106)));
        assert_eq!(epochs.place(107), Some((2, 107)));
    }

    #[test]
    fn numbers_leap_only_ahead() {
        let mut epochs = Epochs::default();
        epochs.join(100, 1, None);
        epochs.join(107, 3, Some(500));
        assert_eq!(epochs.place(108), Some((3, 501)));
        epochs.join(110, 4, Some(200));
        assert_eq!(epochs.place(110), Some((4, 503)));
    }
}
