//! What the futures of a worker's life know of each other: what each rung owes, and since when.

use std::time::Duration;

use super::super::super::Job;

/// Pictures a decoder may rightly hold back before the first comes out (H.264 A.3.1: max_dec_frame_buffering ≤ 16).
pub(super) const REORDER_MAX: u32 = 16;

/// What a rung owes us.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Owed {
    /// Pictures it was given since it last gave one.
    pub(super) pictures: u32,
    /// How long they have been more than a decoder holds back, as the watch counts.
    pub(super) silent: Duration,
    /// It is not made, or waits for a boundary to begin with.
    pub(super) is_excused: bool,
    /// Its encoder took pictures and gave none, the worker says.
    pub(super) stalled: bool,
}

/// What the four futures know of each other.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) started: bool,
    pub(super) gave_output: bool,
    pub(super) encoder: Option<String>,
    pub(super) rungs: Vec<Owed>,
    /// A write to the worker waits, since so long.
    pub(super) writing: Option<Duration>,
    /// What is shed, one bit a rung.
    pub(super) shed: u16,
    /// The caller has not taken an event since.
    pub(super) caller_waits: bool,
    pub(super) last_words: String,
    /// Taken off the queue, for the next worker; `Some(None)`: there is nothing for it to make.
    pub(super) next_job: Option<Option<Box<Job>>>,
}

impl Progress {
    /// Counts the time of one look; the longest that something was owed. `None`: not to be judged, since it starts or the caller
    /// does not read.
    pub(super) fn silent(&mut self, step: Duration) -> Option<Duration> {
        if self.caller_waits || !self.started {
            for owed in &mut self.rungs {
                *owed = Owed { is_excused: owed.is_excused, ..Owed::default() };
            }
            self.writing = self.writing.map(|_| Duration::ZERO);
            return None;
        }
        // What a decoder rightly holds back is no debt: a broadcaster's pause must not make one of it.
        for owed in self.rungs.iter_mut().filter(|owed| owed.pictures > REORDER_MAX) {
            owed.silent += step;
        }
        if let Some(writing) = &mut self.writing {
            *writing += step;
        }
        let rungs = self.rungs.iter().map(|owed| owed.silent);
        Some(rungs.chain(self.writing).max().unwrap_or_default())
    }

    /// A picture goes in: each rung owes one more.
    pub(super) fn asked(&mut self) {
        for owed in self.rungs.iter_mut().filter(|owed| !owed.is_excused) {
            owed.pictures = owed.pictures.saturating_add(1);
        }
    }

    /// What is shed owes nothing; what comes back owes nothing before a boundary.
    pub(super) fn sheds(&mut self, shed: u16) {
        self.shed = shed;
        for (rung, owed) in self.rungs.iter_mut().enumerate() {
            if shed >> rung & 1 == 1 {
                *owed = Owed { is_excused: true, ..Owed::default() };
            }
        }
    }

    /// A boundary goes in: what waited for one begins.
    pub(super) fn excuse_no_more(&mut self) {
        let shed = self.shed;
        for (rung, owed) in self.rungs.iter_mut().enumerate() {
            owed.is_excused &= shed >> rung & 1 == 1;
        }
    }
}
