//! Floods: many messages of one person, or one text by many people, within a window.
//!
//! A plain counter with the time as an argument. Redis counts for all nodes ([`crate::bus::Counts`]); this one counts for a node alone while
//! Redis is away. Windows begin with the first message and end by themselves. Memory is bounded: the oldest windows are forgotten first.

use std::{
    collections::{HashMap, HashSet, VecDeque},
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
    people: Windows<(ChannelId, u64), HashSet<UserId>>,
}

impl Default for Flood {
    fn default() -> Self {
        Self { messages: Windows::new(), people: Windows::new() }
    }
}

impl Flood {
    /// Counts a message of `user`, whose text has the hash `text`. People beyond `at_most` are not counted.
    pub fn count(
        &mut self,
        now: Instant,
        window: Duration,
        room: ChannelId,
        user: UserId,
        text: u64,
        at_most: usize,
    ) -> Seen {
        let messages = self.messages.at(now, window, (room, user));
        *messages += 1;
        let people = self.people.at(now, window, (room, text));
        if people.len() < at_most {
            people.insert(user);
        }
        Seen { messages: *messages, people: people.len() as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    #[test]
    fn messages_of_a_person_and_people_with_a_text_are_counted_by_room_until_the_window_ends() {
        let (mut flood, start, room) = (Flood::default(), Instant::now(), ChannelId::new());
        let (ada, bob) = (UserId::new(), UserId::new());
        let mut count = |ms, room, user, text| {
            flood.count(start + Duration::from_millis(ms), WINDOW, room, user, text, 3)
        };
        assert_eq!(count(0, room, ada, 1), Seen { messages: 1, people: 1 });
        assert_eq!(count(1, room, ada, 1), Seen { messages: 2, people: 1 });
        assert_eq!(count(2, room, bob, 1), Seen { messages: 1, people: 2 });
        assert_eq!(count(3, room, bob, 2), Seen { messages: 2, people: 1 });
        assert_eq!(count(4, ChannelId::new(), ada, 1), Seen { messages: 1, people: 1 });
        assert_eq!(count(9_999, room, ada, 1), Seen { messages: 3, people: 2 });
        assert_eq!(count(10_000, room, ada, 1), Seen { messages: 1, people: 1 });
    }

    #[test]
    fn memory_is_bounded_whoever_comes() {
        let (mut flood, now, room) = (Flood::default(), Instant::now(), ChannelId::new());
        for text in 0..(WINDOWS as u64 + 100) {
            flood.count(now, WINDOW, room, UserId::new(), text, 3);
        }
        assert!(flood.messages.open.len() <= WINDOWS && flood.people.order.len() <= WINDOWS);
        let ada = UserId::new();
        for n in 0..10 {
            assert!(flood.count(now, WINDOW, room, UserId::new(), 7, 3).people <= 3, "{n}");
        }
        assert_eq!(flood.count(now, WINDOW, room, ada, 7, 3).people, 3);
    }
}
