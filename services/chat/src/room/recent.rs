//! The newest events of a room in memory, as a joining client gets them: in order, without deleted text.

use crate::{
    bus::{Entry, Kind},
    log_id::LogId,
};
use std::{collections::VecDeque, sync::Arc};

/// A bounded tail of the log: everything after `from`.
#[derive(Debug)]
pub struct Recent {
    from: LogId,
    entries: VecDeque<Arc<Entry>>,
    max: usize,
}

impl Recent {
    /// `loaded` are all events after `from`, oldest first. Keeps the newest `max`.
    pub fn new(from: LogId, loaded: Vec<Entry>, max: usize) -> Self {
        let mut this = Self { from, entries: VecDeque::new(), max };
        for e in loaded {
            this.push(Arc::new(e));
        }
        this
    }

    /// The next event; takes out what it deletes.
    pub fn push(&mut self, e: Arc<Entry>) {
        for quoting in self.entries.iter_mut().filter(|m| m.is_hidden_by(&e)) {
            Arc::make_mut(quoting).shown = None;
        }
        match e.kind {
            Kind::Deleted => {
                if let Some(id) = e.target() {
                    self.entries.retain(|m| m.id != id);
                }
            }
            Kind::Cleared => {
                self.entries.retain(|m| m.kind != Kind::Message || e.author.is_some() && m.author != e.author)
            }
            Kind::Message | Kind::Settings | Kind::Notice | Kind::Pinned | Kind::Poll => {}
        }
        self.entries.push_back(e);
        while self.entries.len() > self.max {
            if let Some(old) = self.entries.pop_front() {
                self.from = old.id;
            }
        }
    }

    /// The id after which it has everything that was not deleted.
    pub fn from(&self) -> LogId {
        self.from
    }

    /// Everything, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter()
    }

    /// Whether it has this event.
    pub fn has(&self, id: LogId) -> bool {
        self.entries.iter().any(|e| e.id == id)
    }

    /// Whether `since` is an event of this log, as far as memory reaches: kept, deleted, or where memory begins. One that is not was lost.
    pub fn knows(&self, since: LogId) -> bool {
        let gone = |e: &Arc<Entry>| match e.kind {
            Kind::Deleted => e.target() == Some(since),
            Kind::Cleared => e.id > since,
            _ => false,
        };
        since <= self.from || self.entries.iter().any(|e| e.id == since || gone(e))
    }

    /// All after `since`; `None` if memory does not reach back so far.
    pub fn after(&self, since: LogId) -> Option<Vec<Arc<Entry>>> {
        (since >= self.from).then(|| self.entries.iter().filter(|e| e.id > since).cloned().collect())
    }

    /// The newest `count`.
    pub fn newest(&self, count: usize) -> Vec<Arc<Entry>> {
        self.entries.iter().skip(self.entries.len().saturating_sub(count)).cloned().collect()
    }
}
