//! One room's order as a plain machine: events come in any order, late, twice or not at all, and go out once each, in id order.
//!
//! Every published event names the one before it. If that is not the last one given out, the machine asks for a read of the log from
//! there; what is published meanwhile waits. The log is the truth: an event that a complete read did not have was deleted.
//! No I/O and no clock. Law of use: after each [`Room::handle`] call [`Room::poll_output`] until it says `None`; a read asked for
//! is answered by `Read` or `ReadFailed` before anything else is asked.

mod recent;
#[cfg(test)]
mod tests;

pub use recent::Recent;

use crate::{bus::Entry, log_id::LogId};
use std::collections::{BTreeMap, VecDeque};

/// Events that may wait during a read; more are dropped and read from the log.
const MAX_WAITING: usize = 1024;

/// What the driver brings.
#[derive(Debug, Clone)]
pub enum Input {
    /// Came over pub/sub.
    Published(Entry),
    /// Pub/sub may have lost something.
    Gap,
    /// The answer to a read: events after the asked id, oldest first; `more` if the page was full.
    Read { entries: Vec<Entry>, more: bool },
    /// The read failed; it is asked again at the next `Retry`.
    ReadFailed,
    /// Time to try a failed read again.
    Retry,
}

/// What the driver does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Give this to the sockets.
    Deliver(Entry),
    /// Read the log after this id.
    Read(LogId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    No,
    Asked,
    Failed,
}

/// The order of one room.
#[derive(Debug)]
pub struct Room {
    last: LogId,
    reading: Reading,
    again: bool,
    waiting: BTreeMap<LogId, Entry>,
    outputs: VecDeque<Output>,
}

impl Room {
    /// Goes on after `last`.
    pub fn new(last: LogId) -> Self {
        Self { last, reading: Reading::No, again: false, waiting: BTreeMap::new(), outputs: VecDeque::new() }
    }

    /// The id of the last event given out.
    pub fn last(&self) -> LogId {
        self.last
    }

    /// Whether a read has failed and waits for `Retry`.
    pub fn needs_retry(&self) -> bool {
        self.reading == Reading::Failed
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input) {
        match input {
            Input::Published(e) => self.published(e),
            Input::Gap if self.reading == Reading::No => self.read(),
            Input::Gap => self.again = true,
            Input::Read { entries, more } => {
                for e in entries {
                    if e.id > self.last {
                        self.deliver(e);
                    }
                }
                if more {
                    self.read();
                } else {
                    self.reading = Reading::No;
                    self.settle();
                }
            }
            Input::ReadFailed => self.reading = Reading::Failed,
            Input::Retry if self.reading == Reading::Failed => self.read(),
            Input::Retry => {}
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
        if self.reading == Reading::No && e.prev == self.last {
            self.deliver(e);
            return;
        }
        if self.reading == Reading::No {
            // The read has this event as well: it was appended before it was published.
            self.read();
        } else if self.waiting.len() < MAX_WAITING {
            self.waiting.insert(e.id, e);
        } else {
            self.waiting.clear();
            self.again = true;
        }
    }

    /// What was published during a read either follows on or needs another read.
    fn settle(&mut self) {
        if std::mem::take(&mut self.again) {
            self.read();
            return;
        }
        while let Some((id, e)) = self.waiting.pop_first() {
            if id <= self.last {
                continue;
            }
            if e.prev != self.last {
                self.read();
                return;
            }
            self.deliver(e);
        }
    }

    fn deliver(&mut self, e: Entry) {
        self.last = e.id;
        self.outputs.push_back(Output::Deliver(e));
    }

    fn read(&mut self) {
        self.reading = Reading::Asked;
        self.waiting.clear();
        self.outputs.push_back(Output::Read(self.last));
    }
}
