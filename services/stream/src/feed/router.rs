//! Who gets which event: each reader names what it can be interested in, as keys, and an event goes to the readers of its keys alone, once
//! each, in the order in which it was read.
//!
//! A reader's keys are fixed at its start. They only say what it has to look at; whether it is told is decided there, with what it may know by
//! then. So a key too many costs a look, and a key too few is a defect: somebody who was barred goes on hearing. What each part of a reader
//! goes by, and the key that brings it:
//!
//! | part of `http::events::reader` | events | key |
//! |---|---|---|
//! | `heard`: whether the channel is for this reader | `stream.updated`, `stream.state_changed` of the channel | its subject |
//! | `heard`, `look_again`: role and follow of this reader, and so tests | `stream.member_changed`, `stream.followed`, `stream.unfollowed` of the channel | its subject |
//! | `about_reader`: its token and account | `user.suspended`, `user.updated`, `user.tokens_voided` of its user | its user |
//! | `Wants::is_changed_by`: whom it follows, bells, settings | `notices.changed` of its user | its user |
//! | `Wants::notice` | `stream.went_live` of any channel: whom it follows may change | went live |
//! | frames of `channel:ID` | `stream.updated`, `stream.state_changed`, `stream.viewers`, `stream.still` of the channel, and the first three of tests | its subject |
//! | frames of `health:ID` | `stream.health`, `stream.refused` of the channel | its health |
//! | frames of `account:ID` | the same of its user as `about_reader` | its user |
//! | frames of `directory` | `stream.updated` of any channel | directory |
//! | frames of `stills` | `stream.still` of any channel that is listed | stills |
//!
//! A kind that is not named here goes to who asked for its subject.
//!
//! One lock is held while an event is given out, and while a reader joins or leaves; never across an await. A reader whose queue is full is
//! not waited for: it is behind, gets nothing of what waited, and begins again with the present state.

#[cfg(test)]
mod tests;

use super::{
    Topic,
    item::{Item, is_listed_still},
};
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use streamly_domain::UserId;
use tokio::sync::mpsc::{self, error::TrySendError};

/// What an event is about, as readers ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A channel or a user: all about it but its health.
    Subject(String),
    /// A channel's health each second, and its refusals.
    Health(String),
    /// Objects of all channels.
    Directory,
    /// Stills of all listed channels.
    Stills,
    /// Channels that go live.
    WentLive,
}

/// The keys of an event.
fn keys_of(item: &Item) -> impl Iterator<Item = Key> + use<> {
    let subject = || Key::Subject(item.channel.clone());
    let keys = match item.kind.as_str() {
        "stream.health" | "stream.refused" => [Some(Key::Health(item.channel.clone())), None],
        "stream.went_live" => [Some(Key::WentLive), None],
        "stream.updated" => [Some(subject()), Some(Key::Directory)],
        "stream.still" => [Some(subject()), is_listed_still(item).then_some(Key::Stills)],
        _ => [Some(subject()), None],
    };
    keys.into_iter().flatten()
}

/// The keys of a reader of these topics, who has shown that account, if any.
pub fn keys_for(topics: &[Topic], user: Option<UserId>) -> HashSet<Key> {
    let mut keys: HashSet<Key> = user.map(|user| Key::Subject(user.to_string())).into_iter().collect();
    for topic in topics {
        match topic {
            Topic::Channel(id) | Topic::Account(id) => {
                keys.insert(Key::Subject(id.clone()));
            }
            Topic::Health(id) => {
                keys.insert(Key::Health(id.clone()));
            }
            Topic::Notices(id) => {
                keys.extend([Key::Subject(id.clone()), Key::WentLive]);
            }
            Topic::Directory => {
                keys.insert(Key::Directory);
            }
            Topic::Stills => {
                keys.insert(Key::Stills);
            }
        }
    }
    keys
}

/// The readers of a process, by their keys.
pub struct Router {
    readers: Mutex<Readers>,
    /// Events that may wait for a reader, at least one.
    backlog: usize,
}

#[derive(Default)]
struct Readers {
    /// Under each key those who have it, by their numbers; no key is without readers.
    by_key: HashMap<Key, BTreeMap<u64, Arc<Mailbox>>>,
    /// Readers so far: the number of the newest one.
    joined: u64,
    /// Events so far: the number of the newest one.
    published: u64,
}

/// A reader, as the router knows it.
struct Mailbox {
    items: mpsc::Sender<Arc<Item>>,
    /// Something did not fit.
    behind: AtomicBool,
    /// Number of the last event that it was given: it may have several of an event's keys.
    last: AtomicU64,
}

impl Mailbox {
    /// Whether it got it.
    fn give(&self, item: &Arc<Item>) -> bool {
        match self.items.try_send(item.clone()) {
            Ok(()) => true,
            Err(TrySendError::Full(item)) => {
                self.behind.swap(true, Ordering::SeqCst);
                // If the queue was emptied meanwhile nothing else wakes the reader to see that it is behind.
                self.items.try_send(item).is_ok()
            }
            // It is leaving.
            Err(TrySendError::Closed(_)) => false,
        }
    }
}

impl Router {
    /// Of no readers. `backlog`: events that may wait for one of them, at least 1.
    pub fn new(backlog: usize) -> Self {
        Self { readers: Mutex::default(), backlog: backlog.max(1) }
    }

    /// A new reader. It gets what is published from now on.
    pub fn join(self: &Arc<Self>, keys: HashSet<Key>) -> Post {
        let (sender, items) = mpsc::channel(self.backlog);
        let mailbox =
            Arc::new(Mailbox { items: sender, behind: AtomicBool::new(false), last: AtomicU64::new(0) });
        let mut readers = self.readers.lock();
        readers.joined += 1;
        let number = readers.joined;
        for key in &keys {
            readers.by_key.entry(key.clone()).or_default().insert(number, mailbox.clone());
        }
        drop(readers);
        Post { items, mailbox, router: self.clone(), number, keys }
    }

    /// Gives an event to the readers of its keys, and says to how many. Waits for nobody.
    pub fn publish(&self, item: &Arc<Item>) -> u64 {
        let keys = keys_of(item);
        let mut readers = self.readers.lock();
        readers.published += 1;
        let (event, mut given) = (readers.published, 0);
        for key in keys {
            let Some(all) = readers.by_key.get(&key) else { continue };
            for mailbox in all.values() {
                if mailbox.last.swap(event, Ordering::Relaxed) != event && mailbox.give(item) {
                    given += 1;
                }
            }
        }
        given
    }

    fn leave(&self, number: u64, keys: &HashSet<Key>) {
        let mut readers = self.readers.lock();
        for key in keys {
            let Some(all) = readers.by_key.get_mut(key) else { continue };
            all.remove(&number);
            if all.is_empty() {
                readers.by_key.remove(key);
            }
        }
    }
}

/// What a reader is handed.
#[derive(Debug, Clone)]
pub enum Heard {
    /// The next event.
    Item(Arc<Item>),
    /// It was too slow: events are missing, and what waited is gone, too. What it knows counts no more until it has asked anew.
    Behind,
}

/// A reader's end. Dropped, the reader has left.
pub struct Post {
    items: mpsc::Receiver<Arc<Item>>,
    mailbox: Arc<Mailbox>,
    router: Arc<Router>,
    number: u64,
    keys: HashSet<Key>,
}

impl Post {
    /// What comes next. Cancel-safe. `None`: nothing comes any more.
    pub async fn next(&mut self) -> Option<Heard> {
        let item = self.items.recv().await?;
        // Asked only now: what did not fit is older than whatever came after it, and nothing newer may be told before.
        if self.mailbox.behind.swap(false, Ordering::SeqCst) {
            while self.items.try_recv().is_ok() {}
            metrics::counter!("streamly_stream_event_streams_lagged_total").increment(1);
            return Some(Heard::Behind);
        }
        Some(Heard::Item(item))
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.router.leave(self.number, &self.keys);
    }
}
