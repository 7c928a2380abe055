//! The scripts against a real redis-server: what nodes bring comes together, is told, and settles; writes wait for it.

mod again;
mod many;

use super::{scripts::Terms, seed::Seeded, *};
use crate::log_id::LogId;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use streamly_domain::{ChannelId, UserId};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_redis::{Config, Redis, Value};
use streamly_testkit::redis::RedisServer;

fn terms(node: &str) -> Terms {
    Terms {
        node: node.into(),
        keep_count: 1_000,
        keep_age: Duration::from_secs(3_600),
        settle: Duration::from_secs(60),
        presence: Duration::from_secs(60),
        patience: Duration::from_millis(400),
        replica: Duration::ZERO,
        together: Duration::ZERO,
    }
}

async fn log(server: &RedisServer, terms: Terms) -> Log {
    let redis = Redis::new(&Config { url: server.url(), ..Config::default() }, &Readiness::new()).unwrap();
    redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
    Log::new(&redis, terms).unwrap()
}

/// A node with the room open.
struct Node {
    log: Log,
    floor: Floor,
}

impl Node {
    async fn open(server: &RedisServer, name: &str, room: ChannelId) -> Self {
        let this = Self { log: log(server, terms(name)).await, floor: Floor::default() };
        this.bring(room, &Memory::default()).await;
        this
    }
    async fn bring(&self, room: ChannelId, memory: &Memory) -> Seeded {
        let seeded = self.log.seed(room, &self.floor, memory).await.unwrap();
        self.floor.enter(&seeded.generation);
        seeded
    }
    async fn say(&self, room: ChannelId, text: &str) -> Option<LogId> {
        let body = format!("\"text\":\"{text}\"");
        let said = self.log.say(room, self.floor.clone(), author(), text, body).await.ok()?;
        self.floor.rise(said.id);
        Some(said.id)
    }
    async fn read(&self, room: ChannelId) -> Option<Vec<Entry>> {
        match self.log.page(room, &self.floor, LogId::default(), 500, false).await.unwrap() {
            Page::Whole { entries, .. } => Some(entries),
            Page::Unsettled { .. } => None,
        }
    }
    async fn memory(&self, room: ChannelId, nodes: &[&str]) -> Memory {
        let entries: Vec<_> = self.read(room).await.unwrap().into_iter().map(Arc::new).collect();
        let nodes = nodes.iter().map(|n| (*n).to_owned()).collect();
        Memory {
            log: String::new(),
            from: LogId::default(),
            delivered: entries.last().map_or(LogId::default(), |e| e.id),
            entries,
            nodes,
        }
    }
}

fn author() -> UserId {
    "01932f00-0000-7000-8000-000000000001".parse().unwrap()
}

fn ids(entries: &[Entry]) -> Vec<LogId> {
    entries.iter().map(|e| e.id).collect()
}

/// The first `count` of what a node remembers.
fn first(memory: &Memory, count: usize) -> Memory {
    let entries = memory.entries[..count].to_vec();
    Memory { delivered: entries.last().map_or(LogId::default(), |e| e.id), entries, ..memory.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_server_gets_what_each_node_remembers_and_nothing_is_written_before_all_have_come() {
    let mut server = RedisServer::start().unwrap();
    let room = ChannelId::new();
    let (a, b) = (Node::open(&server, "a", room).await, Node::open(&server, "b", room).await);
    for text in ["1", "2", "3", "4"] {
        a.say(room, text).await.unwrap();
    }
    let all = a.memory(room, &["a", "b"]).await;
    b.floor.rise(all.entries[2].id);
    server.start_empty().unwrap();
    assert_eq!(a.read(room).await, None, "what is there cannot be relied on");
    assert_eq!(a.say(room, "5").await, None, "nor written");
    let seeded = b.bring(room, &first(&all, 3)).await;
    assert_eq!((seeded.settled, seeded.added), (false, 3));
    assert_eq!(b.say(room, "6").await, None, "a may have more");
    // Redis answers one connection in order: on a busy machine the last try may have been given up and still be under way.
    assert_eq!(b.read(room).await, None);
    let seeded = a.bring(room, &all).await;
    assert_eq!((seeded.settled, seeded.added, seeded.clashes, seeded.strange), (true, 1, 0, 0));
    let again = a.read(room).await.unwrap();
    assert_eq!(again.iter().collect::<Vec<_>>(), all.entries.iter().map(|e| &**e).collect::<Vec<_>>());
    let fifth = b.say(room, "5").await.unwrap();
    assert!(fifth > all.delivered, "ids go on upwards");
    assert_eq!(a.say(room, "4").await, Some(all.delivered), "a repeat is the same message as before");
    assert_eq!(ids(&a.read(room).await.unwrap()).last(), Some(&fifth));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_late_stands_in_its_place_and_every_node_has_to_compare() {
    let mut server = RedisServer::start().unwrap();
    let room = ChannelId::new();
    let (a, b) = (Node::open(&server, "a", room).await, Node::open(&server, "b", room).await);
    for text in ["1", "2", "3"] {
        a.say(room, text).await.unwrap();
    }
    let all = a.memory(room, &["a", "b"]).await;
    server.start_empty().unwrap();
    // b has not heard of a.
    let seeded = b.bring(room, &Memory { nodes: vec!["b".into()], ..first(&all, 1) }).await;
    assert_eq!((seeded.settled, seeded.added), (true, 1));
    let mut memory = b.memory(room, &["b"]).await;
    let fourth = b.say(room, "4").await.unwrap();
    memory.delivered = fourth;
    let seeded = a.bring(room, &all).await;
    assert_eq!((seeded.settled, seeded.added, seeded.strange), (true, 2, 0));
    assert_eq!(
        seeded.late,
        Some((LogId::default(), fourth)),
        "who comes back from a log that was lost gets the room anew"
    );
    let log = a.read(room).await.unwrap();
    assert_eq!(
        ids(&log),
        [ids(&all.entries.iter().map(|e| (**e).clone()).collect::<Vec<_>>()), vec![fourth]].concat()
    );
    assert_eq!(log[3].prev, log[2].id, "the chain is whole");
    assert_eq!(b.read(room).await, None, "b has gone past two that it never had");
    let entries = log.iter().filter(|e| e.id == log[0].id || e.id == fourth).cloned().map(Arc::new).collect();
    let seeded = b.bring(room, &Memory { entries, ..memory }).await;
    assert_eq!((seeded.added, seeded.strange), (0, 2), "and is told");
    assert_eq!(b.read(room).await.unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_one_node_knows_counts_for_what_another_brings() {
    let mut server = RedisServer::start().unwrap();
    let room = ChannelId::new();
    let (a, b) = (Node::open(&server, "a", room).await, Node::open(&server, "b", room).await);
    let one = a.say(room, "1").await.unwrap();
    a.say(room, "2").await.unwrap();
    let before = a.memory(room, &["a", "b"]).await;
    a.log.delete(room, a.floor.clone(), one, None, false).await.unwrap();
    let after = a.memory(room, &["a", "b"]).await;
    server.start_empty().unwrap();
    b.bring(room, &before).await;
    a.bring(room, &after).await;
    assert_eq!(
        ids(&a.read(room).await.unwrap()),
        ids(&after.entries.iter().map(|e| (**e).clone()).collect::<Vec<_>>())
    );
    server.start_empty().unwrap();
    a.bring(room, &after).await;
    let seeded = b.bring(room, &before).await;
    assert_eq!((seeded.added, seeded.settled), (0, true), "in either order");
    assert_eq!(a.read(room).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_with_all_data_settles_as_soon_as_the_nodes_have_come_and_they_bring_nothing() {
    let mut server = RedisServer::start().unwrap();
    let room = ChannelId::new();
    let (a, b) = (Node::open(&server, "a", room).await, Node::open(&server, "b", room).await);
    let one = a.say(room, "1").await.unwrap();
    b.floor.rise(one);
    server.start_again().unwrap();
    let Page::Unsettled { base, .. } = a.log.page(room, &a.floor, LogId::default(), 9, false).await.unwrap()
    else {
        panic!("another server is read at once");
    };
    assert_eq!(base, one, "what is older is there");
    let nothing = Memory { from: base, delivered: one, ..Memory::default() };
    assert!(!a.bring(room, &nothing).await.settled);
    assert_eq!(b.say(room, "2").await, None);
    assert!(b.bring(room, &nothing).await.settled);
    assert!(b.say(room, "2").await.is_some());
    assert_eq!(a.read(room).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_room_needs_no_settling_but_on_a_server_that_is_new_it_waits_for_those_who_may_know_it() {
    let mut server = RedisServer::start().unwrap();
    let patience = Duration::from_secs(5);
    let log = log(&server, Terms { settle: Duration::from_millis(300), patience, ..terms("a") }).await;
    let say = async |room| {
        let floor = Floor::default();
        log.say(room, floor, author(), "n", "\"text\":\"x\"".into()).await.is_ok()
    };
    let asked = std::time::Instant::now();
    assert!(say(ChannelId::new()).await);
    assert!(asked.elapsed() < Duration::from_millis(300), "{:?}", asked.elapsed());
    server.start_empty().unwrap();
    let asked = std::time::Instant::now();
    assert!(say(ChannelId::new()).await);
    assert!(asked.elapsed() >= Duration::from_millis(300), "{:?}", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_parts_nodes_remember_the_log_is_their_union_in_order() {
    let mut server = RedisServer::start().unwrap();
    let room = ChannelId::new();
    let names = ["a", "b", "c"];
    let mut nodes = Vec::new();
    for name in names {
        nodes.push(Node::open(&server, name, room).await);
    }
    for n in 0..30 {
        nodes[0].say(room, &format!("m{n}")).await.unwrap();
    }
    let all = nodes[0].memory(room, &names).await;
    // A simple generator of odd numbers is enough to take parts of many kinds.
    let mut number = 7usize;
    for round in 0..12 {
        server.start_empty().unwrap();
        let mut expected = BTreeMap::new();
        for n in 0..names.len() {
            number = number.wrapping_mul(25_214_903_917).wrapping_add(11);
            let (from, count) = (number % 20, number / 32 % 12);
            let entries: Vec<_> = all.entries[from..(from + count).min(30)].to_vec();
            expected.extend(entries.iter().map(|e| (e.id, e.body.clone())));
            let delivered = entries.last().map_or(LogId::default(), |e| e.id);
            let memory = Memory { from: all.entries[from].prev, delivered, entries, ..all.clone() };
            nodes[(n + round) % names.len()].bring(room, &memory).await;
        }
        let log = nodes[0].log.newest(room, LogId::default(), None, 500).await.unwrap();
        let got: Vec<_> = log.iter().map(|e| (e.id, e.body.clone())).collect();
        assert_eq!(got, expected.into_iter().collect::<Vec<_>>(), "round {round}");
        let whole = log.windows(2).all(|w| w[1].prev >= w[0].id);
        assert!(whole, "each names one that is not before its neighbour");
    }
    let _: Value = nodes[0].log.scripts.redis.call("PING", Vec::<String>::new()).await.unwrap();
}
