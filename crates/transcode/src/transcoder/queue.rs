//! Access units on their way to the worker, bounded by bytes and by time.
//!
//! Pushing never waits: what does not fit is dropped, and with it everything that depends on it up to the next keyframe. Boundaries,
//! reconfigurations and frames of sound are a few bytes each and bounded by count. One reader: the supervisor.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use streamly_media::{AccessUnit, VIDEO_TIMESCALE};
use tokio::sync::Notify;

use super::{Job, Pushed};

/// Boundaries and reconfigurations waiting; the oldest goes first. Seconds apart in practice.
const CONTROLS_MAX: usize = 64;

/// Frames of sound waiting: ten seconds of 20 ms. Above it new ones are dropped.
const SOUNDS_MAX: usize = 512;

#[derive(Debug)]
pub(super) enum Item {
    AccessUnit(AccessUnit),
    Sound(AccessUnit),
    Boundary(i64),
    /// `None`: nothing can be made of what follows.
    Reconfigure(Option<Box<Job>>),
    /// One bit a rung: those set are not made.
    Shed(u16),
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    bytes: usize,
    controls: usize,
    sounds: usize,
    wants_sound: bool,
    /// A picture was dropped (or none seen yet): only a keyframe may come in.
    needs_keyframe: bool,
    /// A new decoder reads: only a keyframe may go out first.
    skips_to_keyframe: bool,
    /// One bit a rung that is not to be made, and the bits the reader knows.
    shed: u16,
    shed_known: u16,
    ended: bool,
    closed: bool,
}

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    ready: Notify,
    dropped: AtomicU64,
    overruns: AtomicU64,
    bytes_max: usize,
    ticks_max: i64,
}

impl Queue {
    pub(super) fn new(bytes_max: usize, duration_max: Duration) -> Self {
        let ticks = duration_max.as_secs_f64() * f64::from(VIDEO_TIMESCALE);
        Self {
            state: Mutex::new(State { needs_keyframe: true, skips_to_keyframe: true, ..State::default() }),
            ready: Notify::new(),
            dropped: AtomicU64::new(0),
            overruns: AtomicU64::new(0),
            bytes_max,
            ticks_max: ticks as i64,
        }
    }

    pub(super) fn push(&self, au: AccessUnit) -> Pushed {
        let mut state = self.lock();
        if state.closed || state.ended {
            return Pushed::Closed;
        }
        let oldest = state.items.iter().find_map(|item| match item {
            Item::AccessUnit(first) => Some(first.dts),
            _ => None,
        });
        let is_full = oldest.is_some_and(|oldest| {
            state.bytes + au.data.len() > self.bytes_max || au.dts.saturating_sub(oldest) > self.ticks_max
        });
        if is_full {
            self.overruns.fetch_add(1, Ordering::Relaxed);
        }
        if is_full || (state.needs_keyframe && !au.keyframe) {
            state.needs_keyframe = true;
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return Pushed::Dropped;
        }
        state.needs_keyframe = false;
        state.bytes += au.data.len();
        state.items.push_back(Item::AccessUnit(au));
        drop(state);
        self.ready.notify_one();
        Pushed::Queued
    }

    /// Whether sound is to be taken at all.
    pub(super) fn want_sound(&self, wanted: bool) {
        self.lock().wants_sound = wanted;
    }

    pub(super) fn push_sound(&self, au: AccessUnit) -> Pushed {
        let mut state = self.lock();
        if state.closed || state.ended {
            return Pushed::Closed;
        }
        if !state.wants_sound {
            return Pushed::NotWanted;
        }
        if state.sounds == SOUNDS_MAX || state.bytes + au.data.len() > self.bytes_max {
            return Pushed::Dropped;
        }
        state.sounds += 1;
        state.bytes += au.data.len();
        state.items.push_back(Item::Sound(au));
        drop(state);
        self.ready.notify_one();
        Pushed::Queued
    }

    pub(super) fn control(&self, item: Item) {
        let mut state = self.lock();
        if state.closed || state.ended {
            return;
        }
        if state.controls == CONTROLS_MAX {
            let oldest =
                state.items.iter().position(|item| matches!(item, Item::Boundary(_) | Item::Reconfigure(_)));
            if let Some(oldest) = oldest {
                state.items.remove(oldest);
                state.controls -= 1;
            }
        }
        if matches!(item, Item::Reconfigure(_)) {
            state.needs_keyframe = true;
        }
        state.controls += 1;
        state.items.push_back(item);
        drop(state);
        self.ready.notify_one();
    }

    /// The producer is done: what waits is still read.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.ready.notify_one();
    }

    /// The reader is done: nothing is taken any more, what waits is freed.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        *state = State { closed: true, ..State::default() };
    }

    /// Sheds a rung or gives it back; told to the reader ahead of what waits.
    pub(super) fn shed(&self, rung: usize, is_shed: bool) {
        let mut state = self.lock();
        let bit = u32::try_from(rung).ok().and_then(|rung| 1u16.checked_shl(rung)).unwrap_or(0);
        if is_shed {
            state.shed |= bit;
        } else {
            state.shed &= !bit;
        }
        drop(state);
        self.ready.notify_one();
    }

    /// What is shed now; the reader knows it from here on.
    pub(super) fn shed_now(&self) -> u16 {
        let mut state = self.lock();
        state.shed_known = state.shed;
        state.shed
    }

    /// The next picture read will be a keyframe.
    pub(super) fn skip_to_keyframe(&self) {
        self.lock().skips_to_keyframe = true;
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// How many pictures found no room; `dropped` counts those that depend on them too.
    pub(super) fn overruns(&self) -> u64 {
        self.overruns.load(Ordering::Relaxed)
    }

    /// The next item, `None` once ended and empty. Cancel-safe.
    pub(super) async fn next(&self) -> Option<Item> {
        loop {
            // Registered before looking, so that a push in between is not missed.
            let ready = self.ready.notified();
            {
                let mut state = self.lock();
                if let Some(item) = self.take(&mut state) {
                    return Some(item);
                }
                if state.ended || state.closed {
                    return None;
                }
            }
            ready.await;
        }
    }

    fn take(&self, state: &mut State) -> Option<Item> {
        if state.shed != state.shed_known {
            state.shed_known = state.shed;
            return Some(Item::Shed(state.shed));
        }
        loop {
            let item = state.items.pop_front()?;
            match &item {
                Item::AccessUnit(au) => {
                    state.bytes -= au.data.len();
                    if state.skips_to_keyframe && !au.keyframe {
                        self.dropped.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    state.skips_to_keyframe = false;
                }
                Item::Sound(au) => {
                    state.sounds -= 1;
                    state.bytes -= au.data.len();
                    // A worker's clock begins with its first picture: sound before it has no place.
                    if state.skips_to_keyframe {
                        continue;
                    }
                }
                Item::Boundary(_) | Item::Reconfigure(_) => state.controls -= 1,
                // Never in the queue: it is told ahead of it.
                Item::Shed(_) => {}
            }
            return Some(item);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use streamly_media::Kind;

    fn au(dts: i64, keyframe: bool, bytes: usize) -> AccessUnit {
        AccessUnit { kind: Kind::Video, dts, pts: dts, keyframe, data: Bytes::from(vec![0; bytes]) }
    }

    #[test]
    fn a_full_queue_drops_up_to_the_next_keyframe_that_fits() {
        let queue = Queue::new(100, Duration::from_secs(3));
        assert_eq!(queue.push(au(0, true, 60)), Pushed::Queued);
        assert_eq!(queue.push(au(1, false, 60)), Pushed::Dropped);
        assert_eq!(queue.push(au(2, false, 1)), Pushed::Dropped);
        assert_eq!(queue.push(au(3, true, 1)), Pushed::Queued);
        assert_eq!(queue.dropped(), 2);
    }

    #[test]
    fn a_queue_holds_no_more_than_its_time() {
        let queue = Queue::new(1 << 20, Duration::from_secs(3));
        assert_eq!(queue.push(au(0, true, 1)), Pushed::Queued);
        assert_eq!(queue.push(au(270_000, false, 1)), Pushed::Queued);
        assert_eq!(queue.push(au(270_001, false, 1)), Pushed::Dropped);
    }

    #[test]
    fn nothing_goes_in_before_the_first_keyframe() {
        let queue = Queue::new(100, Duration::from_secs(3));
        assert_eq!(queue.push(au(0, false, 1)), Pushed::Dropped);
        assert_eq!(queue.push(au(1, true, 1)), Pushed::Queued);
    }

    #[tokio::test]
    async fn a_new_reader_starts_at_a_keyframe_and_still_hears_of_boundaries() {
        let queue = Queue::new(100, Duration::from_secs(3));
        for (dts, keyframe) in [(0, true), (1, false)] {
            queue.push(au(dts, keyframe, 1));
        }
        assert!(matches!(queue.next().await, Some(Item::AccessUnit(au)) if au.dts == 0));
        queue.skip_to_keyframe();
        queue.control(Item::Boundary(2));
        queue.push(au(2, true, 1));
        queue.end();
        assert!(matches!(queue.next().await, Some(Item::Boundary(2))));
        assert!(matches!(queue.next().await, Some(Item::AccessUnit(au)) if au.dts == 2));
        assert!(queue.next().await.is_none());
        assert_eq!(queue.dropped(), 1);
    }

    #[tokio::test]
    async fn sound_is_taken_where_it_is_wanted_within_bounds_and_from_a_keyframe_on() {
        let sound = |dts| AccessUnit { kind: Kind::Audio, ..au(dts, true, 0) };
        let queue = Queue::new(100, Duration::from_secs(3));
        assert_eq!(queue.push_sound(sound(0)), Pushed::NotWanted);
        queue.want_sound(true);
        assert_eq!(queue.push_sound(sound(1)), Pushed::Queued);
        assert_eq!(queue.push(au(2, true, 1)), Pushed::Queued);
        let taken = (2..1000).filter(|dts| queue.push_sound(sound(*dts)) == Pushed::Queued).count();
        assert_eq!(taken, SOUNDS_MAX - 1);
        assert!(matches!(queue.next().await, Some(Item::AccessUnit(au)) if au.dts == 2));
        assert!(matches!(queue.next().await, Some(Item::Sound(au)) if au.dts == 2));
        assert_eq!(queue.push_sound(sound(3)), Pushed::Queued, "there is room again");
    }

    #[tokio::test]
    async fn what_is_shed_is_told_once_ahead_of_what_waits() {
        let queue = Queue::new(100, Duration::from_secs(3));
        queue.shed(0, true);
        assert_eq!(queue.shed_now(), 1, "a new reader asks");
        queue.push(au(0, true, 1));
        queue.shed(2, true);
        queue.shed(99, true);
        assert!(matches!(queue.next().await, Some(Item::Shed(0b101))));
        queue.shed(0, false);
        queue.shed(0, true);
        assert!(matches!(queue.next().await, Some(Item::AccessUnit(_))), "nothing changed in the end");
    }

    #[test]
    fn only_what_found_no_room_is_an_overrun() {
        let queue = Queue::new(100, Duration::from_secs(3));
        queue.push(au(0, false, 1));
        queue.push(au(1, true, 90));
        queue.push(au(2, false, 90));
        queue.push(au(3, false, 1));
        assert_eq!((queue.dropped(), queue.overruns()), (3, 1));
    }

    #[tokio::test]
    async fn boundaries_nobody_reads_are_bounded() {
        let queue = Queue::new(100, Duration::from_secs(3));
        for pts in 0..1000 {
            queue.control(Item::Boundary(pts));
        }
        assert!(matches!(queue.next().await, Some(Item::Boundary(936))));
    }
}
