//! Messages that were said again under their nonce: each is answered to its socket in the room's order.
//!
//! What the room has not given out yet comes to its author with everybody's, in its place: the room reads the log for it at once and
//! nothing else is sent. What was given out before is sent again. Answers that would take longer than a `say` may are `unavailable`,
//! to be said again. At most [`MAX`] wait; beyond that the oldest is unavailable.

use super::Driver;
use crate::{bus::Entry, error::Code, frame, log_id::LogId, room::Input, socket::Socket, wire};
use std::{collections::VecDeque, sync::Arc};
use tokio::time::Instant;

/// Repeats of one room that wait for their place.
const MAX: usize = 1_024;

/// A message that was said before, said again.
pub struct Repeat {
    /// By whom.
    pub socket: Arc<Socket>,
    /// As the log has it.
    pub entry: Entry,
    /// When its answer is too late.
    pub until: Instant,
}

/// What waits for its place.
#[derive(Default)]
pub(super) struct Repeats(VecDeque<Repeat>);

impl Repeats {
    /// Whether something waits.
    pub(super) fn wait(&self) -> bool {
        !self.0.is_empty()
    }

    /// This event is given out, to its author's sockets as their own.
    pub(super) fn given(&mut self, id: LogId) {
        self.0.retain(|r| r.entry.id != id);
    }

    /// Those that the room is beyond without having given them out: deleted meanwhile, mostly.
    fn passed(&mut self, last: LogId) -> Vec<Repeat> {
        let (passed, rest) = std::mem::take(&mut self.0).into_iter().partition(|r| r.entry.id <= last);
        self.0 = rest;
        passed.into()
    }

    fn late(&mut self, now: Instant) -> Vec<Repeat> {
        let (late, rest) = std::mem::take(&mut self.0).into_iter().partition(|r| r.until <= now);
        self.0 = rest;
        late.into()
    }
}

impl Driver {
    pub(super) async fn repeated(&mut self, repeat: Repeat) {
        let last = self.open.as_ref().map(|o| o.room.last());
        if last.is_none_or(|last| repeat.entry.id <= last) {
            self.give().await;
            return self.answer(&repeat).await;
        }
        if self.repeats.0.len() >= MAX {
            self.repeats.0.pop_front().iter().for_each(|r| self.unavailable(r));
        }
        self.repeats.0.push_back(repeat);
        self.feed(Input::Gap).await;
        self.answer_passed().await;
    }

    /// Answers what waits and cannot come by itself any more.
    pub(super) async fn answer_passed(&mut self) {
        let Some(last) = self.open.as_ref().map(|o| o.room.last()) else { return };
        let passed = if self.repeats.wait() { self.repeats.passed(last) } else { Vec::new() };
        if passed.is_empty() {
            return;
        }
        self.give().await;
        for repeat in &passed {
            self.answer(repeat).await;
        }
    }

    /// Answers those whose time is over.
    pub(super) async fn answer_late(&mut self) {
        self.answer_passed().await;
        self.repeats.late(Instant::now()).iter().for_each(|r| self.unavailable(r));
    }

    async fn answer(&self, repeat: &Repeat) {
        let (id, nonce) = (repeat.entry.id, repeat.entry.nonce.as_deref());
        let is_gone = self.open.as_ref().is_some_and(|o| id > o.recent.from() && !o.recent.has(id));
        let frame = if is_gone {
            frame::error(Code::MessageDeleted, Some(&self.id.to_string()), nonce)
        } else {
            // What the room remembers shows no text that went meanwhile.
            let known = self.open.as_ref().and_then(|o| o.recent.entries().find(|e| e.id == id));
            known.map_or(&repeat.entry, |e| e).encode(self.id, true)
        };
        self.sockets.send(&repeat.socket, &wire::text(&frame)).await;
    }

    fn unavailable(&self, repeat: &Repeat) {
        let (room, nonce) = (self.id.to_string(), repeat.entry.nonce.as_deref());
        repeat.socket.send(frame::error(Code::Unavailable, Some(&room), nonce));
    }
}
