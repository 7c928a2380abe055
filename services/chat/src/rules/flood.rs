//! Floods: many messages of one person, or one text by many people, within a window.
//!
//! A plain counter with the time as an argument. Redis counts for all nodes ([`crate::bus::Counts`]); this one counts for a node alone while
//! Redis is away. Windows begin with the first message and end by themselves. Memory is bounded: the oldest windows are forgotten first.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    time::{Duration, Instant},
};
use streamly_domain::{ChannelId, UserId};

/// Windows that are remembered; of more the oldest are forgotten, and what they counted begins anew.
const WINDOWS: usize = 20_000;

/// How many there were in the window, this one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Messages of the person in the room.
    pub messages: u64,
    /// People who said the same text in the room.
    pub people: u64,
    /// Whether this person is one of them already, by another message.
    pub is_again: bool,
}

/// A message to be counted.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Where.
    pub room: ChannelId,
    /// Whose.
    pub user: UserId,
    /// The folded text's hash.
    pub text: u64,
    /// Of its frame; may be empty.
    pub nonce: &'a str,
}

/// Counters of one kind, in the order in which their windows began.
#[derive(Debug)]
struct Windows<K, V> {
    open: HashMap<K, (Instant, V)>,
    order: VecDeque<(Instant, K)>,
}

impl<K: Hash + Eq + Clone, V: Default> Windows<K, V> {
    fn new() -> Self {
        Self { open: HashMap::new(), order: VecDeque::new() }
    }

    fn at(&mut self, now: Instant, window: Duration, key: K) -> &mut V {
        while let Some((began, _)) = self.order.front() {
            if now.saturating_duration_since(*began) < window && self.order.len() < WINDOWS {
                break;
            }
            if let Some((began, key)) = self.order.pop_front()
                && self.open.get(&key).is_some_and(|(b, _)| *b == began)
            {
                self.open.remove(&key);
            }
        }
        let order = &mut self.order;
        &mut self
            .open
            .entry(key.clone())
            .or_insert_with(|| {
                order.push_back((now, key));
                (now, V::default())
            })
            .1
    }
}

/// A node's own counters.
#[derive(Debug)]
pub struct Flood {
    messages: Windows<(ChannelId, UserId), u64>,
    /// With the nonce that each said it under last.
    people: Windows<(ChannelId, u64), HashMap<UserId, String>>,
}

impl Default for Flood {
    fn default() -> Self {
        Self { messages: Windows::new(), people: Windows::new() }
    }
}

impl Flood {
    /// Counts a message. People beyond `at_most` are not counted; a repeat under the same nonce counts once.
    pub fn count(&mut self, now: Instant, window: Duration, at_most: usize, message: &Message<'_>) -> Seen {
        let Message { room, user, text, nonce } = *message;
        let people = self.people.at(now, window, (room, text));
        let before = people.get(&user);
        let repeated = !nonce.is_empty() && before.is_some_and(|b| b == nonce);
        let is_again = before.is_some() && !repeated;
        if is_again || people.len() < at_most {
            people.insert(user, nonce.to_owned());
        }
        let people = people.len() as u64;
        let messages = self.messages.at(now, window, (room, user));
        *messages += u64::from(!repeated);
        Seen { messages: *messages, people, is_again }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    fn seen(messages: u64, people: u64, is_again: bool) -> Seen {
        Seen { messages, people, is_again }
    }

    #[test]
    fn messages_of_a_person_and_people_with_a_text_are_counted_by_room_until_the_window_ends() {
        let (mut flood, start, room) = (Flood::default(), Instant::now(), ChannelId::new());
        let (ada, bob) = (UserId::new(), UserId::new());
        let mut count = |ms, room, user, text, nonce| {
            flood.count(start + Duration::from_millis(ms), WINDOW, 3, &Message { room, user, text, nonce })
        };
        assert_eq!(count(0, room, ada, 1, ""), seen(1, 1, false));
        assert_eq!(count(1, room, ada, 1, "n"), seen(2, 1, true));
        assert_eq!(count(2, room, ada, 1, "n"), seen(2, 1, false), "a repeat of the same message");
        assert_eq!(count(3, room, bob, 1, "n"), seen(1, 2, false));
        assert_eq!(count(4, room, bob, 2, ""), seen(2, 1, false));
        assert_eq!(count(5, ChannelId::new(), ada, 1, ""), seen(1, 1, false));
        assert_eq!(count(9_999, room, ada, 1, ""), seen(3, 2, true));
        assert_eq!(count(10_000, room, ada, 1, ""), seen(1, 1, false));
    }

    #[test]
    fn memory_is_bounded_whoever_comes() {
        let (mut flood, now, room) = (Flood::default(), Instant::now(), ChannelId::new());
        let mut count = |user, text| flood.count(now, WINDOW, 3, &Message { room, user, text, nonce: "" });
        for n in 0..10 {
            assert!(count(UserId::new(), 7).people <= 3, "{n}");
        }
        for text in 0..(WINDOWS as u64 + 100) {
            count(UserId::new(), text);
        }
        assert!(flood.messages.open.len() <= WINDOWS && flood.people.order.len() <= WINDOWS);
    }
}
