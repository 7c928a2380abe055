//! Who gets what: once, in order, nothing of others; who is behind; who has left.

use super::*;
use serde_json::{Value, json};

const USER: &str = "018f0000-0000-7000-8000-00000000000a";

fn item(kind: &str, subject: &str, payload: Value) -> Arc<Item> {
    let mut item = Item::default();
    (item.kind, item.channel, item.payload) = (kind.into(), subject.into(), payload);
    Arc::new(item)
}

fn fact(kind: &str, subject: &str) -> Arc<Item> {
    item(kind, subject, json!({}))
}

fn router(backlog: usize) -> Arc<Router> {
    Arc::new(Router::new(backlog))
}

/// A reader of these topics.
fn reader(router: &Arc<Router>, topics: &[Topic], user: Option<&str>) -> Post {
    router.join(keys_for(topics, user.map(|id| id.parse().unwrap())))
}

/// All that waits for a reader: kinds of events, `behind`.
fn waiting(post: &mut Post) -> Vec<String> {
    let mut all = Vec::new();
    // Nothing is awaited that is not there.
    while let Some(Some(heard)) = futures_util::FutureExt::now_or_never(post.next()) {
        all.push(match heard {
            Heard::Item(item) => item.kind.clone(),
            Heard::Behind => "behind".into(),
        });
    }
    all
}

fn channel(id: &str) -> Topic {
    Topic::Channel(id.into())
}

#[test]
fn each_reader_gets_what_it_goes_by_and_nothing_else() {
    // All kinds that there are, and who needs them: see the table in the router's head.
    let of_channel = [
        "stream.updated",
        "stream.state_changed",
        "stream.test_state_changed",
        "stream.test_updated",
        "stream.test_viewers",
        "stream.viewers",
        "stream.still",
        "stream.member_changed",
        "stream.followed",
        "stream.unfollowed",
        "stream.ended",
        "stream.deleted",
    ];
    let of_health = ["stream.health", "stream.refused"];
    let of_user = ["user.suspended", "user.updated", "user.tokens_voided", "notices.changed"];
    let router = router(64);
    let mut watcher = reader(&router, &[channel("c1")], None);
    let mut signed_in = reader(&router, &[channel("c1")], Some(USER));
    let mut owner = reader(&router, &[Topic::Health("c1".into())], Some(USER));
    let mut account = reader(&router, &[Topic::Account(USER.into())], Some(USER));
    let mut follower = reader(&router, &[Topic::Notices(USER.into())], Some(USER));
    let mut rail = reader(&router, &[Topic::Directory], None);
    let mut cards = reader(&router, &[Topic::Directory, Topic::Stills], None);
    let others = "018f0000-0000-7000-8000-00000000000b";
    for channel in ["c1", "c2"] {
        for kind in of_channel.iter().chain(&of_health).chain(&["stream.went_live"]) {
            router.publish(&item(kind, channel, json!({"listed": channel == "c1"})));
        }
    }
    for user in [USER, others] {
        for kind in of_user {
            router.publish(&fact(kind, user));
        }
    }
    let (live, up, still) = ("stream.went_live", "stream.updated", "stream.still");
    assert_eq!(waiting(&mut watcher), of_channel);
    assert_eq!(waiting(&mut signed_in), [&of_channel[..], &of_user[..]].concat());
    assert_eq!(waiting(&mut owner), [&of_health[..], &of_user[..]].concat());
    assert_eq!(waiting(&mut account), of_user);
    assert_eq!(waiting(&mut follower), [&[live, live][..], &of_user[..]].concat());
    assert_eq!(waiting(&mut rail), [up, up]);
    assert_eq!(waiting(&mut cards), [up, still, up], "no still of what is not listed");
}

#[test]
fn who_has_several_keys_of_an_event_gets_it_once_and_all_get_the_same_one() {
    let router = router(8);
    let topics = [channel("c1"), channel("c2"), Topic::Directory, Topic::Stills];
    let (mut one, mut two) = (reader(&router, &topics, None), reader(&router, &topics, Some(USER)));
    let still = item("stream.still", "c1", json!({"listed": true}));
    assert_eq!(router.publish(&fact("stream.updated", "c1")), 2);
    assert_eq!(router.publish(&still), 2);
    assert_eq!(router.publish(&fact("stream.updated", "c2")), 2);
    assert_eq!(router.publish(&fact("stream.updated", "c3")), 2, "as the list of channels tells it");
    assert_eq!(router.publish(&fact("stream.viewers", "c3")), 0, "and nobody is woken");
    assert_eq!(router.publish(&fact("stream.health", "c1")), 0);
    let order = ["stream.updated", "stream.still", "stream.updated", "stream.updated"];
    for reader in [&mut one, &mut two] {
        assert_eq!(waiting(reader), order);
    }
    assert_eq!(Arc::strong_count(&still), 1, "nobody keeps it");
}

#[test]
fn who_is_behind_hears_so_before_anything_newer_and_others_miss_nothing() {
    let router = router(4);
    let mut slow = reader(&router, &[channel("c1")], None);
    let mut quick = reader(&router, &[channel("c1")], None);
    for n in 0..20 {
        // From the fifth on the slow one gets none.
        assert_eq!(router.publish(&fact("stream.viewers", "c1")), if n < 4 { 2 } else { 1 });
        assert_eq!(waiting(&mut quick), ["stream.viewers"]);
    }
    // What waited, whether older or newer than what did not fit, is not told.
    assert_eq!(waiting(&mut slow), ["behind"]);
    router.publish(&fact("stream.updated", "c1"));
    assert_eq!(waiting(&mut slow), ["stream.updated"], "it has begun again");
    assert_eq!(waiting(&mut quick), ["stream.updated"]);
}

#[test]
fn what_comes_after_a_gap_is_not_told_before_it() {
    let router = router(2);
    let mut slow = reader(&router, &[channel("c1")], None);
    for _ in 0..2 {
        router.publish(&fact("stream.viewers", "c1"));
    }
    // The one that bars the reader, say.
    router.publish(&fact("stream.member_changed", "c1"));
    // Room for what follows, as if an event had been taken from the queue at this moment.
    slow.items.try_recv().unwrap();
    router.publish(&fact("stream.test_updated", "c1"));
    assert_eq!(waiting(&mut slow), ["behind"]);
}

#[test]
fn a_reader_that_has_left_leaves_nothing_and_takes_nothing_from_others() {
    let router = router(4);
    let topics = [channel("c1"), Topic::Health("c1".into()), Topic::Directory, Topic::Notices(USER.into())];
    let stays = reader(&router, &topics[..1], None);
    let readers: Vec<_> = (0..10).map(|_| reader(&router, &topics, Some(USER))).collect();
    let update = fact("stream.updated", "c1");
    assert_eq!(router.publish(&update), 11);
    drop(readers);
    assert_eq!(Arc::strong_count(&update), 2, "what waited for them is gone: only the other one has it");
    let keys: Vec<_> = router.readers.lock().by_key.keys().cloned().collect();
    assert_eq!(keys, [Key::Subject("c1".into())]);
    assert_eq!(router.publish(&fact("stream.updated", "c1")), 1);
    drop(stays);
    assert!(router.readers.lock().by_key.is_empty());
    assert_eq!(router.publish(&fact("stream.updated", "c1")), 0);
    assert_eq!(Arc::strong_count(&router), 1);
}

#[tokio::test]
async fn readers_on_other_threads_get_all_in_order_while_some_come_and_go() {
    let router = router(10_000);
    let mut post = reader(&router, &[channel("c1"), Topic::Directory], None);
    let publishing = std::thread::spawn({
        let router = router.clone();
        move || {
            for n in 0..5_000 {
                drop(reader(&router, &[channel("c1"), Topic::Directory], None));
                router.publish(&item("stream.updated", "c1", json!({"n": n})));
            }
        }
    });
    for n in 0..5_000 {
        match post.next().await {
            Some(Heard::Item(item)) => assert_eq!(item.payload["n"], n),
            other => panic!("{n}: {other:?}"),
        }
    }
    publishing.join().unwrap();
    assert!(waiting(&mut post).is_empty());
}
