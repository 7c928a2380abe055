//! One room's order as a plain machine: events come in any order, late, twice or not at all, and go out once each, in id order.
//!
//! Every published event names the one before it. If that is not the last one given out, the machine asks for a read of the log from
//! there; what is published meanwhile waits. The log is the truth, an event that a complete read did not have was deleted, as long as it is the
//! log that this node knows: if Redis was replaced or lost its data, a read answers `Unsettled`, and the node first brings what it
//! remembers ([`Output::Seed`]) and waits until the others have, too. What was missed for good is named ([`Output::Lost`]), and if the log has events
//! below the last one given out that this node never saw, its clients get the room anew ([`Output::Reload`]): no silent hole, nothing out of order.
//!
//! No I/O and no clock. Law of use: after each [`Room::handle`] call [`Room::poll_output`] until it says `None`; what is asked for
//! is answered, by `Failed` if need be, before anything else is asked.

mod exchange;
mod gaps;
mod recent;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

pub use exchange::{Input, Output};
pub use recent::Recent;

use crate::{bus::Entry, log_id::LogId};
use gaps::Gaps;
use std::collections::{BTreeMap, VecDeque};

/// Events that may wait during a read; more are dropped and read from the log.
const MAX_WAITING: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// A read, a seed or a reload was asked for.
    Asked,
    /// The log is not whole yet: others may bring more.
    Settling,
    ReadFailed,
    ReloadFailed,
}

/// The order of one room.
#[derive(Debug)]
pub struct Room {
    last: LogId,
    /// The last id that the log had given out when it was read to its end.
    read_to: LogId,
    state: State,
    again: bool,
    /// The clients are to get the room anew.
    strange: bool,
    /// Everything was seeded since the last complete read: a log that still does not know this node's last event never will.
    seeded: bool,
    first_page: bool,
    gaps: Gaps,
    waiting: BTreeMap<LogId, Entry>,
    outputs: VecDeque<Output>,
}

impl Room {
    /// Goes on after `last`.
    pub fn new(last: LogId) -> Self {
        Self {
            last,
            read_to: last,
            state: State::Idle,
            again: false,
            strange: false,
            seeded: false,
            first_page: true,
            gaps: Gaps::default(),
            waiting: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// The id of the last event given out.
    pub fn last(&self) -> LogId {
        self.last
    }

    /// The id up to which nothing is left in the log that was not given out: beyond [`Room::last`] if what had the ids between is lost.
    pub fn reached(&self) -> LogId {
        self.last.max(self.read_to)
    }

    /// Whether something waits for `Retry`.
    pub fn needs_retry(&self) -> bool {
        !matches!(self.state, State::Idle | State::Asked)
    }

    /// Events that came and could not go out yet, oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = &Entry> {
        self.waiting.values()
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input) {
        match input {
            Input::Published(e) => self.published(e),
            Input::Foreign(e) if e.id > self.last => {
                self.wait(e);
                match self.state {
                    State::Idle => self.read(true),
                    State::Settling => {}
                    State::Asked | State::ReadFailed | State::ReloadFailed => self.again = true,
                }
            }
            Input::Foreign(_) => {}
            Input::Gap => match self.state {
                State::Idle | State::Settling => self.read(true),
                State::Asked | State::ReadFailed | State::ReloadFailed => self.again = true,
            },
            Input::Read { entries, more, last, from } => self.was_read(entries, more, last, from),
            Input::Unsettled { base } => {
                self.state = State::Asked;
                self.outputs.push_back(Output::Seed(base));
            }
            Input::Seeded { settled, strange } => {
                self.strange |= strange;
                if !settled {
                    self.state = State::Settling;
                } else if !self.reload_if_strange() {
                    self.read(true);
                }
            }
            Input::Reloaded(last) => {
                self.last = last;
                self.strange = false;
                self.settle(last);
            }
            Input::Failed => {
                self.state = if self.strange { State::ReloadFailed } else { State::ReadFailed };
            }
            Input::Retry => match self.state {
                State::ReadFailed | State::Settling => self.read(true),
                State::ReloadFailed => {
                    self.reload_if_strange();
                }
                State::Idle | State::Asked => {}
            },
        }
    }

    /// What to do next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn published(&mut self, e: Entry) {
        if e.id <= self.last {
            return;
        }
        if self.state == State::Idle && e.prev == self.last {
            self.deliver(e);
            return;
        }
        self.wait(e);
        if self.state == State::Idle {
            self.read(true);
        }
    }

    fn wait(&mut self, e: Entry) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.insert(e.id, e);
        } else {
            self.again = true;
        }
    }

    fn was_read(&mut self, entries: Vec<Entry>, more: bool, last: LogId, from: LogId) {
        // Nothing goes out before the room is shown anew: who came back from a later event would not be told that earlier ones are missing.
        if self.reload_if_strange() {
            return;
        }
        if self.first_page && !self.seeded && entries.first().is_some_and(|e| e.prev < self.last) {
            // The log went on without this node's last event.
            self.seeded = true;
            self.outputs.push_back(Output::Seed(LogId::default()));
            return;
        }
        if from > self.last {
            // It was trimmed, or this node never knew it.
            self.strange = true;
            self.reload_if_strange();
            return;
        }
        self.first_page = false;
        for e in entries {
            if e.id > self.last {
                self.gaps.passed(self.last, &e);
                self.deliver(e);
            }
        }
        self.forget_waiting(self.last);
        if more {
            self.read(false);
            return;
        }
        self.seeded = false;
        for (after, missing) in self.gaps.unexplained() {
            self.outputs.push_back(Output::Lost { after, missing });
        }
        self.settle(last);
    }

    /// The log was read up to `read`: what was published meanwhile follows on, was deleted, or needs another read.
    fn settle(&mut self, read: LogId) {
        self.state = State::Idle;
        self.read_to = read;
        self.forget_waiting(self.last.max(read));
        if self.reload_if_strange() {
            return;
        }
        if std::mem::take(&mut self.again) {
            self.read(true);
            return;
        }
        while let Some((id, e)) = self.waiting.pop_first() {
            if e.prev != self.last {
                self.waiting.insert(id, e);
                self.read(true);
                return;
            }
            self.deliver(e);
        }
    }

    /// What waits up to here was deleted or lost, or it would have been read: it is not brought back.
    fn forget_waiting(&mut self, to: LogId) {
        while self.waiting.first_key_value().is_some_and(|(id, _)| *id <= to) {
            self.waiting.pop_first();
        }
    }

    fn deliver(&mut self, e: Entry) {
        self.last = e.id;
        self.outputs.push_back(Output::Deliver(e));
    }

    fn read(&mut self, first_page: bool) {
        self.state = State::Asked;
        self.first_page = first_page;
        self.outputs.push_back(Output::Read(self.last));
    }

    fn reload_if_strange(&mut self) -> bool {
        if self.strange {
            self.state = State::Asked;
            self.outputs.push_back(Output::Reload);
        }
        self.strange
    }
}
