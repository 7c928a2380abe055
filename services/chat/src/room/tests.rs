//! The room's machine against a log of its own: any interleaving of deliveries, drops, doubles, gaps and failed reads.

use super::*;
use crate::bus::Kind;
use proptest::prelude::*;
use std::sync::Arc;

fn id(n: u32) -> LogId {
    LogId::new(1_000, n).unwrap()
}

fn entry(n: u32) -> Entry {
    let prev = if n == 0 { LogId::default() } else { id(n - 1) };
    Entry {
        id: id(n),
        prev,
        kind: Kind::Message,
        author: None,
        nonce: None,
        body: format!("\"text\":\"{n}\""),
    }
}

fn outputs(room: &mut Room) -> Vec<Output> {
    std::iter::from_fn(|| room.poll_output()).collect()
}

#[test]
fn events_that_follow_on_go_out_at_once() {
    let mut room = Room::new(LogId::default());
    room.handle(Input::Published(entry(0)));
    room.handle(Input::Published(entry(1)));
    room.handle(Input::Published(entry(1)));
    assert_eq!(outputs(&mut room), [Output::Deliver(entry(0)), Output::Deliver(entry(1))]);
}

#[test]
fn a_hole_is_read_from_the_log_before_anything_later_goes_out() {
    let mut room = Room::new(id(0));
    room.handle(Input::Published(entry(2)));
    assert_eq!(outputs(&mut room), [Output::Read(id(0))]);
    room.handle(Input::Published(entry(3)));
    assert_eq!(outputs(&mut room), []);
    room.handle(Input::Read { entries: vec![entry(1), entry(2)], more: false });
    assert_eq!(outputs(&mut room), [1, 2, 3].map(|n| Output::Deliver(entry(n))));
}

#[test]
fn what_was_deleted_before_the_read_stays_away_and_the_room_goes_on() {
    let mut room = Room::new(id(0));
    room.handle(Input::Published(entry(2)));
    // 1 and 2 were deleted meanwhile; 3 is the note of it.
    room.handle(Input::Read { entries: vec![entry(3)], more: false });
    room.handle(Input::Published(entry(4)));
    assert_eq!(
        outputs(&mut room),
        [Output::Read(id(0)), Output::Deliver(entry(3)), Output::Deliver(entry(4))]
    );
}

#[test]
fn a_failed_read_is_tried_again() {
    let mut room = Room::new(id(0));
    room.handle(Input::Gap);
    room.handle(Input::ReadFailed);
    assert!(room.needs_retry());
    room.handle(Input::Gap);
    assert_eq!(outputs(&mut room), [Output::Read(id(0))]);
    room.handle(Input::Retry);
    assert_eq!(outputs(&mut room), [Output::Read(id(0))]);
}

#[test]
fn memory_gives_out_no_deleted_text() {
    let deleted = Entry { kind: Kind::Deleted, body: format!("\"message_id\":\"{}\"", id(1)), ..entry(3) };
    let mut recent = Recent::new(LogId::default(), vec![entry(0), entry(1), entry(2)], 3);
    recent.push(Arc::new(deleted));
    let ids: Vec<_> = recent.newest(10).iter().map(|e| e.id).collect();
    assert_eq!(ids, [id(0), id(2), id(3)]);
    recent.push(Arc::new(entry(4)));
    assert!(recent.after(LogId::default()).is_none(), "older than memory");
    assert_eq!(recent.after(id(0)).unwrap().len(), 3);
}

#[derive(Debug, Clone)]
enum Step {
    /// The world appends one and publishes it; whether it gets through.
    Append {
        delivered: bool,
    },
    /// One of those on the way arrives.
    Arrive(usize),
    /// One arrives a second time.
    Double(usize),
    Gap,
    /// A read that was asked for is answered by a page, or fails.
    Answer {
        ok: bool,
    },
    Retry,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(|delivered| Step::Append { delivered }),
        4 => any::<usize>().prop_map(Step::Arrive),
        1 => any::<usize>().prop_map(Step::Double),
        1 => Just(Step::Gap),
        3 => any::<bool>().prop_map(|ok| Step::Answer { ok }),
        1 => Just(Step::Retry),
    ]
}

/// A node with its lossy subscription.
struct Node {
    room: Room,
    on_the_way: Vec<Entry>,
    asked: Option<LogId>,
    seen: Vec<LogId>,
}

impl Node {
    fn take(&mut self) {
        while let Some(output) = self.room.poll_output() {
            match output {
                Output::Deliver(e) => self.seen.push(e.id),
                Output::Read(after) => self.asked = Some(after),
            }
        }
    }
    fn answer(&mut self, log: &[Entry]) {
        const PAGE: usize = 3;
        let Some(after) = self.asked.take() else { return };
        let entries: Vec<Entry> = log.iter().filter(|e| e.id > after).take(PAGE).cloned().collect();
        let more = entries.len() == PAGE;
        self.room.handle(Input::Read { entries, more });
        self.take();
    }
}

proptest! {
    #[test]
    fn every_interleaving_gives_the_one_order_without_holes_or_doubles(steps in prop::collection::vec(step(), 0..120)) {
        let mut log: Vec<Entry> = Vec::new();
        let mut node = Node { room: Room::new(LogId::default()), on_the_way: Vec::new(), asked: None, seen: Vec::new() };
        for s in steps {
            match s {
                Step::Append { delivered } => {
                    let e = entry(log.len() as u32);
                    log.push(e.clone());
                    if delivered { node.on_the_way.push(e) }
                }
                Step::Arrive(i) if !node.on_the_way.is_empty() => {
                    let i = i % node.on_the_way.len();
                    let e = node.on_the_way.remove(i);
                    node.room.handle(Input::Published(e));
                }
                Step::Double(i) if !log.is_empty() => {
                    let e = log[i % log.len()].clone();
                    node.room.handle(Input::Published(e));
                }
                Step::Gap => node.room.handle(Input::Gap),
                Step::Answer { ok: true } => node.answer(&log),
                Step::Answer { ok: false } if node.asked.take().is_some() => node.room.handle(Input::ReadFailed),
                Step::Retry => node.room.handle(Input::Retry),
                _ => {}
            }
            node.take();
            let expected: Vec<LogId> = log.iter().map(|e| e.id).take(node.seen.len()).collect();
            prop_assert_eq!(&node.seen, &expected, "a prefix of the log");
        }
        // The end of every outage: pub/sub tells of a gap, reads work.
        node.room.handle(Input::Gap);
        node.room.handle(Input::Retry);
        node.take();
        while node.asked.is_some() {
            node.answer(&log);
        }
        let all: Vec<LogId> = log.iter().map(|e| e.id).collect();
        prop_assert_eq!(node.seen, all);
    }
}
