//! The room's machine, one thing at a time; whole worlds of nodes are in `world`.

use super::*;
use crate::bus::Kind;
use std::sync::Arc;
use streamly_domain::UserId;

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
        shown: None,
    }
}

fn deleted(n: u32, target: u32) -> Entry {
    Entry { kind: Kind::Deleted, body: format!("\"message_id\":\"{}\"", id(target)), ..entry(n) }
}

/// All that the log has after what was asked for.
fn read(entries: Vec<Entry>) -> Input {
    let last = entries.last().map_or(LogId::default(), |e| e.id);
    Input::Read { entries, more: false, last, from: LogId::default() }
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
    room.handle(read(vec![entry(1), entry(2)]));
    assert_eq!(outputs(&mut room), [1, 2, 3].map(|n| Output::Deliver(entry(n))));
}

#[test]
fn what_was_deleted_before_the_read_stays_away_and_the_room_goes_on() {
    let mut room = Room::new(id(0));
    room.handle(Input::Published(entry(2)));
    // 1 and 2 were deleted meanwhile; 3 is the note of it.
    room.handle(read(vec![deleted(3, 2)]));
    room.handle(Input::Published(entry(4)));
    assert_eq!(
        outputs(&mut room),
        [Output::Read(id(0)), Output::Deliver(deleted(3, 2)), Output::Deliver(entry(4))]
    );
}

#[test]
fn a_failed_read_is_tried_again() {
    let mut room = Room::new(id(0));
    room.handle(Input::Gap);
    room.handle(Input::Failed);
    assert!(room.needs_retry());
    room.handle(Input::Gap);
    assert_eq!(outputs(&mut room), [Output::Read(id(0))]);
    room.handle(Input::Retry);
    assert_eq!(outputs(&mut room), [Output::Read(id(0))]);
}

#[test]
fn memory_gives_out_no_deleted_text() {
    let mut recent = Recent::new(LogId::default(), vec![entry(0), entry(1), entry(2)], 3);
    recent.push(Arc::new(deleted(3, 1)));
    let ids: Vec<_> = recent.newest(10).iter().map(|e| e.id).collect();
    assert_eq!(ids, [id(0), id(2), id(3)]);
    recent.push(Arc::new(entry(4)));
    assert!(recent.after(LogId::default()).is_none(), "older than memory");
    assert_eq!(recent.after(id(0)).unwrap().len(), 3);
}

#[test]
fn memory_gives_out_no_quote_of_deleted_text() {
    let (ada, bob) = (UserId::new(), UserId::new());
    let answer = |n: u32, to: u32, author: UserId| Entry {
        body: format!("\"text\":\"{n}\",\"reply_to\":\"{}\"", id(to)),
        shown: Some(format!("\"reply\":{{\"user\":{{\"id\":\"{author}\"}},\"text\":\"{to}\"}}").into()),
        ..entry(n)
    };
    let mut recent = Recent::new(
        id(0),
        vec![answer(4, 1, ada), answer(5, 2, bob), answer(6, 3, ada), answer(7, 0, bob)],
        9,
    );
    let quoting = |recent: &Recent| -> Vec<LogId> {
        recent.entries().filter(|e| e.shown.is_some()).map(|e| e.id).collect()
    };
    recent.push(Arc::new(deleted(8, 2)));
    assert_eq!(quoting(&recent), [id(4), id(6), id(7)]);
    // Whose messages memory does not have any more.
    recent.push(Arc::new(Entry { kind: Kind::Cleared, author: Some(ada), body: String::new(), ..entry(9) }));
    assert_eq!(quoting(&recent), [id(7)]);
    recent.push(Arc::new(Entry { kind: Kind::Cleared, body: String::new(), ..entry(10) }));
    assert_eq!(quoting(&recent), []);
}

#[test]
fn what_a_complete_read_does_not_explain_is_named_as_lost() {
    let mut room = Room::new(id(0));
    room.handle(Input::Gap);
    room.handle(read(vec![entry(1), entry(5), entry(8), deleted(9, 7)]));
    let lost =
        outputs(&mut room).into_iter().filter(|o| matches!(o, Output::Lost { .. })).collect::<Vec<_>>();
    assert_eq!(lost, [Output::Lost { after: id(1), missing: id(4) }], "7 was deleted");
}

#[test]
fn a_log_that_is_put_together_again_gets_what_waits_and_is_read_when_it_is_whole() {
    let mut room = Room::new(id(3));
    room.handle(Input::Published(entry(5)));
    room.handle(Input::Unsettled { base: id(2) });
    assert_eq!(outputs(&mut room), [Output::Read(id(3)), Output::Seed(id(2))]);
    assert_eq!(room.waiting().collect::<Vec<_>>(), [&entry(5)]);
    room.handle(Input::Seeded { settled: false, strange: false });
    assert!(room.needs_retry() && outputs(&mut room).is_empty());
    room.handle(Input::Gap);
    assert_eq!(outputs(&mut room), [Output::Read(id(3))]);
    room.handle(read(vec![entry(4), entry(5)]));
    assert_eq!(outputs(&mut room), [4, 5].map(|n| Output::Deliver(entry(n))));
}

#[test]
fn a_log_that_went_on_without_the_last_event_gets_everything_once() {
    let mut room = Room::new(id(3));
    room.handle(Input::Gap);
    let stray = Entry { prev: id(2), ..entry(6) };
    room.handle(read(vec![stray.clone()]));
    assert_eq!(outputs(&mut room), [Output::Read(id(3)), Output::Seed(LogId::default())]);
    room.handle(Input::Seeded { settled: true, strange: false });
    room.handle(read(vec![stray.clone()]));
    assert_eq!(outputs(&mut room), [Output::Read(id(3)), Output::Deliver(stray)], "not for ever");
}

#[test]
fn clients_get_the_room_anew_when_the_log_does_not_reach_back_or_has_what_they_never_saw() {
    let mut room = Room::new(id(3));
    room.handle(Input::Gap);
    room.handle(Input::Read { entries: vec![entry(9)], more: false, last: id(9), from: id(8) });
    assert_eq!(outputs(&mut room), [Output::Read(id(3)), Output::Reload]);
    room.handle(Input::Failed);
    room.handle(Input::Retry);
    assert_eq!(outputs(&mut room), [Output::Reload]);
    room.handle(Input::Published(entry(10)));
    room.handle(Input::Reloaded(id(9)));
    assert_eq!(outputs(&mut room), [Output::Deliver(entry(10))]);
}

#[test]
fn nothing_later_goes_out_before_a_room_that_lacks_something_is_shown_anew() {
    let mut room = Room::new(id(3));
    room.handle(Input::Gap);
    room.handle(Input::Unsettled { base: id(0) });
    room.handle(Input::Seeded { settled: false, strange: true });
    room.handle(Input::Retry);
    room.handle(read(vec![entry(4)]));
    assert_eq!(
        outputs(&mut room),
        [Output::Read(id(3)), Output::Seed(id(0)), Output::Read(id(3)), Output::Reload]
    );
}

#[test]
fn memory_knows_what_was_deleted_and_not_what_was_lost() {
    let recent = Recent::new(id(0), vec![entry(2), entry(4), deleted(5, 3)], 10);
    let known: Vec<u32> = (0..6).filter(|n| recent.knows(id(*n))).collect();
    assert_eq!(known, [0, 2, 3, 4, 5], "1 is lost");
}

#[test]
fn what_another_server_published_waits_for_the_log() {
    let mut room = Room::new(id(0));
    room.handle(Input::Foreign(entry(1)));
    assert_eq!(outputs(&mut room), [Output::Read(id(0))], "it follows on, and the log may know better");
    room.handle(Input::Unsettled { base: id(0) });
    assert_eq!(room.waiting().collect::<Vec<_>>(), [&entry(1)], "it is brought");
    room.handle(Input::Seeded { settled: true, strange: false });
    room.handle(read(vec![entry(1)]));
    room.handle(Input::Foreign(entry(1)));
    let expected = [Output::Seed(id(0)), Output::Read(id(0)), Output::Deliver(entry(1))];
    assert_eq!(outputs(&mut room), expected);
}

#[test]
fn ids_that_nobody_has_are_asked_for_once() {
    let mut room = Room::new(id(0));
    room.handle(Input::Gap);
    room.handle(Input::Read { entries: vec![entry(1)], more: false, last: id(5), from: LogId::default() });
    assert_eq!((room.last(), room.reached()), (id(1), id(5)));
}
