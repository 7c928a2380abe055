//! The people of one room on this node: which sockets are whose, and what of it the other nodes do not know yet. Pure.
//!
//! Law of use: [`Here::changes`], then [`Here::told`] if they arrived or [`Here::unknown`] if all has to be told; without either they are told
//! again. Who has not signed in is nobody here.

use crate::frame::Person;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// People of one page.
pub const PAGE: usize = 100;
/// Longest cursor: a channel's name, a colon and a bot's name.
const MAX_CURSOR: usize = 64;

/// Whether it can be a cursor.
pub fn is_cursor(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b':');
    !text.is_empty() && text.len() <= MAX_CURSOR && text.bytes().all(is_part)
}

/// A page of a room's people over all nodes, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// `{id, username, display_name, badges}`.
    pub people: Vec<Value>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u64,
}

/// A person as the list has them.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub person: Person,
    /// Their badges in the room.
    pub badges: Vec<&'static str>,
}

impl Entry {
    fn json(&self) -> String {
        let Person { id, username, display_name } = &self.person;
        json!({"id": id, "username": username, "display_name": display_name, "badges": self.badges})
            .to_string()
    }
}

/// What the other nodes are to be told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Nothing that was told before counts.
    pub all: bool,
    /// Names and JSON.
    pub come: Vec<(String, String)>,
    /// Names.
    pub go: Vec<String>,
}

/// The people.
#[derive(Debug, Default)]
pub struct Here {
    sockets: HashMap<u64, Arc<Entry>>,
    /// Each with the number of their sockets.
    people: HashMap<String, (Arc<Entry>, usize)>,
    changed: HashSet<String>,
    /// This node is known to the others as having people here.
    known: bool,
}

impl Here {
    /// The socket is this person's now; `None`: nobody's.
    pub fn enter(&mut self, socket: u64, entry: Option<Arc<Entry>>) {
        let Some(entry) = entry else { return self.leave(socket) };
        if self.sockets.get(&socket) == Some(&entry) {
            return;
        }
        self.leave(socket);
        let name = entry.person.username.clone();
        let counted = self.people.entry(name.clone()).or_insert_with(|| (entry.clone(), 0));
        (counted.0, counted.1) = (entry.clone(), counted.1 + 1);
        self.changed.insert(name);
        self.sockets.insert(socket, entry);
    }

    /// The socket goes.
    pub fn leave(&mut self, socket: u64) {
        let Some(entry) = self.sockets.remove(&socket) else { return };
        let name = &entry.person.username;
        if let Some((_, count)) = self.people.get_mut(name) {
            *count -= 1;
            if *count == 0 {
                self.people.remove(name);
                self.changed.insert(name.clone());
            }
        }
    }

    /// Only these sockets are somebody's still.
    pub fn retain(&mut self, is_signed_in: impl Fn(u64) -> bool) {
        let gone: Vec<u64> = self.sockets.keys().copied().filter(|s| !is_signed_in(*s)).collect();
        gone.into_iter().for_each(|socket| self.leave(socket));
    }

    /// Whose socket it is.
    pub fn of(&self, socket: u64) -> Option<&Arc<Entry>> {
        self.sockets.get(&socket)
    }

    /// How many people are here.
    pub fn count(&self) -> usize {
        self.people.len()
    }

    /// Whether the others know of this node's people.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// What the others do not know.
    pub fn changes(&self) -> Changes {
        let come = |name: &String, entry: &Entry| (name.clone(), entry.json());
        if !self.known {
            let come = self.people.iter().map(|(name, (entry, _))| come(name, entry)).collect();
            return Changes { all: true, come, go: Vec::new() };
        }
        let mut changes = Changes::default();
        for name in &self.changed {
            match self.people.get(name) {
                Some((entry, _)) => changes.come.push(come(name, entry)),
                None => changes.go.push(name.clone()),
            }
        }
        changes
    }

    /// Whether they know all of it.
    pub fn is_told(&self) -> bool {
        (self.known || self.people.is_empty()) && self.changed.is_empty()
    }

    /// They know it.
    pub fn told(&mut self) {
        self.known = true;
        self.changed.clear();
    }

    /// They know nothing of this node.
    pub fn unknown(&mut self) {
        self.known = false;
    }
}

#[cfg(test)]
mod tests;
