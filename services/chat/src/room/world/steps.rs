//! What can happen in a world, and how often each is tried.

use super::*;

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Says something at a node (or, beyond them, at one that has the room not open); to whom it gets through.
    Say {
        node: usize,
        through: u8,
    },
    /// Says under its nonce again what was said.
    Again {
        node: usize,
        which: usize,
        through: u8,
    },
    Delete {
        node: usize,
        which: usize,
        through: u8,
    },
    /// One of those on the way arrives, perhaps to come once more.
    Arrive {
        node: usize,
        which: usize,
        twice: bool,
    },
    Gap(usize),
    /// What was asked for is answered, or fails.
    Answer {
        node: usize,
        ok: bool,
    },
    Retry(usize),
    /// Another server: with all, without the newest few, or with nothing. (Clocks that step back are the floor's business: ids of two servers differ.)
    Replace {
        lost: usize,
    },
    Empty,
    /// Nobody is waited for any longer.
    TimeIsUp,
    /// A node is gone, its client goes to another one.
    Kill(usize),
    /// A node opens the room.
    Open(usize),
    /// The clients of two nodes change places.
    Swap(usize, usize),
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let (node, which) = (0..NODES, any::<usize>());
    prop_oneof![
        10 => (0..=NODES, any::<u8>()).prop_map(|(node, through)| Step::Say { node, through }),
        2 => (0..=NODES, which, any::<u8>()).prop_map(|(node, which, through)| Step::Again { node, which, through }),
        2 => (node.clone(), which, any::<u8>()).prop_map(|(node, which, through)| Step::Delete { node, which, through }),
        14 => (node.clone(), which, proptest::bool::weighted(0.2)).prop_map(|(node, which, twice)| Step::Arrive { node, which, twice }),
        3 => node.clone().prop_map(Step::Gap),
        14 => (node.clone(), proptest::bool::weighted(0.8)).prop_map(|(node, ok)| Step::Answer { node, ok }),
        4 => node.clone().prop_map(Step::Retry),
        2 => (0..6usize).prop_map(|lost| Step::Replace { lost }),
        1 => Just(Step::Empty),
        2 => Just(Step::TimeIsUp),
        1 => node.clone().prop_map(Step::Kill),
        2 => (node.clone(), node.clone()).prop_map(|(a, b)| Step::Swap(a, b)),
        4 => node.prop_map(Step::Open),
    ]
}

impl World {
    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Say { node, through } => {
                self.write(node, through, |s, now, said| {
                    Some(s.append(now, Kind::Message, said, String::new()))
                });
            }
            Step::Again { node, which, through } => {
                let again = which % self.said.max(1) + 1;
                self.write(node, through, |s, now, said| {
                    let new = !s.nonces.contains_key(&again.to_string()) && again < said;
                    new.then(|| s.append(now, Kind::Message, again, String::new()))
                });
            }
            Step::Delete { node, which, through } => {
                let mut gone = None;
                self.write(node, through, |s, now, said| {
                    let of = s.log.values().filter(|e| e.kind == Kind::Message).map(|e| e.id);
                    let all: Vec<LogId> = of.collect();
                    let target = *all.get(which % all.len().max(1))?;
                    s.log.remove(&target);
                    gone = Some(target);
                    Some(s.append(now, Kind::Deleted, said, format!("\"message_id\":\"{target}\"")))
                });
                self.deleted.extend(gone);
            }
            Step::Arrive { node, which, twice } => self.arrive(node, which, twice),
            Step::Gap(node) => {
                if let Some(node) = &mut self.nodes[node] {
                    node.room.handle(Input::Gap);
                }
            }
            Step::Answer { node, ok } => self.answer(node, ok),
            Step::Retry(node) => {
                if let Some(node) = &mut self.nodes[node] {
                    node.room.handle(Input::Retry);
                }
            }
            Step::Replace { lost } => {
                self.servers += 1;
                self.store.server = self.servers;
                for _ in 0..lost {
                    self.store.log.pop_last();
                }
                let log = &self.store.log;
                self.store.nonces.retain(|_, i| log.contains_key(i));
                if lost > 0 {
                    self.store.last = self.store.log.keys().next_back().copied().unwrap_or_default();
                }
            }
            Step::Empty => {
                self.servers += 1;
                self.store = Store { server: self.servers, ..Store::default() };
            }
            Step::TimeIsUp => self.store.settling = false,
            Step::Kill(n) => {
                if let Some(node) = self.nodes[n].take() {
                    self.homeless.push(node.client);
                }
            }
            Step::Open(n) => self.open(n),
            Step::Swap(a, b) if a != b => {
                let [Some(x), Some(y)] = [a, b].map(|n| self.nodes[n].as_ref()) else { return };
                let joined = (self.join(x, Some(y.client.clone())), self.join(y, Some(x.client.clone())));
                for (n, client) in [(a, joined.0), (b, joined.1)] {
                    if let Some(node) = &mut self.nodes[n] {
                        node.client = client;
                        node.resumed = true;
                    }
                }
            }
            Step::Swap(..) => {}
        }
        for n in 0..NODES {
            self.take(n);
        }
    }
}
