//! A room's log on a server, as the scripts in `bus/lua` keep it, said in Rust: what they answer here they must answer there.
//!
//! `bus::tests` holds the scripts to the same on a real server. No clock: settling ends when the world says so.

use crate::{
    bus::{Entry, Kind},
    log_id::LogId,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

fn id(n: u32) -> LogId {
    LogId::new(1, n).unwrap()
}
fn message(n: LogId, prev: LogId, author: usize) -> Entry {
    // What makes two events of one id different: who said it, and the how manieth it was.
    Entry {
        id: n,
        prev,
        kind: Kind::Message,
        author: None,
        nonce: Some(author.to_string()),
        shown: None,
        body: String::new(),
    }
}

/// A generation, the server it was on, and how often events came into its middle.
pub(super) type Known = (u32, u32, u32);

/// The log, as the scripts keep it.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    pub(super) server: u32,
    pub(super) generation: Option<u32>,
    pub(super) of_server: u32,
    pub(super) merges: u32,
    pub(super) prior: Option<Known>,
    pub(super) settling: bool,
    pub(super) base: LogId,
    /// `None`: somebody unknown.
    pub(super) awaited: BTreeSet<Option<usize>>,
    pub(super) present: BTreeSet<usize>,
    pub(super) late: Option<(LogId, LogId)>,
    pub(super) log: BTreeMap<LogId, Entry>,
    pub(super) last: LogId,
    /// What was said under which nonce.
    pub(super) nonces: BTreeMap<String, LogId>,
}

impl Store {
    /// Answers whether settling began.
    pub(super) fn look(&mut self, knows: bool, generations: &mut u32) -> bool {
        if self.generation.is_none() {
            *generations += 1;
            self.generation = Some(*generations);
            self.base = LogId::default();
            // A node that knows nothing has known the server for a while here: the worse case.
            self.begin(if knows { BTreeSet::from([None]) } else { BTreeSet::new() })
        } else if self.of_server != self.server {
            self.base = self.last;
            let present = self.present.iter().copied().map(Some).collect();
            self.begin(present)
        } else {
            false
        }
    }
    pub(super) fn begin(&mut self, awaited: BTreeSet<Option<usize>>) -> bool {
        self.prior = Some(self.known());
        self.of_server = self.server;
        self.settling = !awaited.is_empty();
        self.awaited = awaited;
        self.settling
    }
    pub(super) fn known(&self) -> Known {
        (self.generation.unwrap(), self.of_server, self.merges)
    }
    pub(super) fn usable(&self, known: Option<Known>, floor: LogId) -> bool {
        !self.settling && known.is_none_or(|k| k == self.known()) && floor <= self.last
    }
    pub(super) fn base_for(&self, known: Known) -> LogId {
        let here = (known.0, known.1) == (self.generation.unwrap(), self.of_server);
        if here || Some(known) == self.prior { self.base } else { LogId::default() }
    }
    pub(super) fn append(&mut self, now: u32, kind: Kind, author: usize, body: String) -> Entry {
        let next = LogId::new(1, self.last_number() + 1).unwrap();
        let e = Entry { kind, body, ..message(next.max(id(now)), self.last, author) };
        self.last = e.id;
        self.nonces.extend(e.nonce.clone().map(|n| (n, e.id)));
        self.log.insert(e.id, e.clone());
        e
    }
    pub(super) fn last_number(&self) -> u32 {
        self.last.redis().split_once('-').unwrap().1.parse().unwrap()
    }
    pub(super) fn from(&self) -> LogId {
        self.log.values().next().map_or(self.last, |e| e.prev)
    }
    /// The event that was said under this nonce, under which this one cannot be said as well.
    pub(super) fn twin(&self, e: &Entry) -> bool {
        self.log.values().any(|o| o.nonce == e.nonce && o.kind == Kind::Message && o.id != e.id)
    }
    /// Answers the lowest that was added or is there already under another id, whether any came into the middle, and whether there are some that the node is
    /// beyond and never had, or has given out in vain.
    pub(super) fn merge(
        &mut self,
        from: LogId,
        delivered: LogId,
        mine: &[Arc<Entry>],
    ) -> (Option<LogId>, bool, bool) {
        let (mut added, mut twins) = (Vec::new(), Vec::new());
        let top = self.last;
        let mut known: BTreeSet<LogId> = mine.iter().map(|e| e.id).collect();
        for e in mine {
            match self.log.get(&e.id) {
                None if e.kind == Kind::Message && self.twin(e) => {
                    known.remove(&e.id);
                    twins.push(e.id);
                }
                None => {
                    self.log.insert(e.id, (**e).clone());
                    added.push(e.id);
                }
                Some(other) if other.nonce != e.nonce => drop(known.remove(&e.id)),
                Some(_) => {}
            }
        }
        for target in self
            .log
            .values()
            .filter(|e| e.kind == Kind::Deleted)
            .filter_map(Entry::target)
            .collect::<Vec<_>>()
        {
            self.log.remove(&target);
        }
        added.retain(|i| self.log.contains_key(i));
        self.nonces.extend(added.iter().filter_map(|i| Some((self.log.get(i)?.nonce.clone()?, *i))));
        let mut before = LogId::default();
        for e in self.log.values_mut() {
            e.prev = e.prev.max(before);
            before = e.id;
        }
        let strange = self.log.keys().any(|i| *i > from && *i <= delivered && !known.contains(i))
            || twins.iter().any(|i| *i <= delivered);
        self.last = self.last.max(mine.last().map(|e| e.id).unwrap_or_default());
        let lowest = added.first().copied().filter(|i| *i <= top);
        if let Some(lowest) = lowest {
            self.merges += 1;
            let before = self.log.range(..lowest).next_back().map(|(i, _)| *i);
            self.base = self.base.min(before.unwrap_or_default());
        }
        (added.first().into_iter().chain(&twins).min().copied(), lowest.is_some(), strange)
    }
}
