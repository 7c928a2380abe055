//! People who talk and read at several nodes while something breaks: who was answered is in everybody's list, once, in one order.

use crate::{app::Platform, client::Client, peers::room_id};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use streamly_testkit::toxic::Proxy;
use tokio::task::JoinHandle;

/// What ends every reader's reading.
const END: &str = "that is all";
/// Between two messages of one person, and before one is repeated.
const PAUSE: Duration = Duration::from_millis(25);
/// Longest wait for a crowd to be done once nothing is broken any more.
const PATIENCE: Duration = Duration::from_secs(120);

/// What somebody saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// Text by id, in the order of coming.
    pub list: Vec<(String, String)>,
    /// How often the room was given anew.
    pub anew: usize,
}

impl Seen {
    fn take(&mut self, frame: &Value) {
        let of =
            |m: &Value| (m["id"].as_str().unwrap().to_owned(), m["text"].as_str().unwrap_or("").to_owned());
        match frame["type"].as_str() {
            Some("message") => self.list.push(of(frame)),
            // As a client does: what is not complete replaces, the rest is added.
            Some("joined") => {
                if frame["complete"] == false {
                    self.anew += 1;
                    self.list.clear();
                }
                self.list.extend(frame["events"].as_array().unwrap().iter().map(of));
            }
            _ => {}
        }
    }
}

/// Talkers and readers.
pub struct Crowd {
    stop: Arc<AtomicBool>,
    /// Messages that were answered so far.
    pub answered: Arc<AtomicUsize>,
    talkers: Vec<JoinHandle<Vec<String>>>,
    readers: Vec<JoinHandle<Seen>>,
}

/// A platform whose nodes reach Redis each by a proxy of its own.
pub async fn with_proxies(mut p: Platform, nodes: usize) -> (Platform, Vec<Proxy>) {
    let mut proxies = Vec::new();
    for n in 0..nodes {
        let proxy = match p.redis.address().port() {
            0 => Proxy::to_unix(&p.redis.socket()).await.unwrap(),
            _ => Proxy::to_tcp(p.redis.address()).await.unwrap(),
        };
        p.config.redis.url = format!("redis://{}", proxy.address());
        p.add_node();
        p.until_ready(n).await;
        proxies.push(proxy);
    }
    p.config.redis.url = p.redis.url();
    (p, proxies)
}

/// Settings with which a crowd may talk.
pub fn lively(p: &mut Platform) {
    let l = &mut p.config.limits;
    (l.frames_burst, l.frames_per_second) = (100_000, 100_000);
    (l.history_default, l.history_max, l.memory_events, l.replay_max) = (2_000, 2_000, 2_000, 2_000);
    (l.keep_count, l.queue_frames) = (20_000, 10_000);
    // Who waits for each answer says few otherwise.
    l.say_together = streamly_config::Duration::from_millis(5);
    p.config.redis.command_timeout = streamly_config::Duration::from_millis(1_000);
}

impl Crowd {
    /// At each of the nodes one who talks and two who read, in ada's room.
    pub async fn at(p: &Platform, nodes: &[usize]) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let (mut talkers, mut readers) = (Vec::new(), Vec::new());
        for node in nodes {
            for _ in 0..2 {
                readers.push(tokio::spawn(read(p.join(*node, None).await)));
            }
        }
        for (node, name) in nodes.iter().zip(["ada", "bob", "cleo"]) {
            let client = p.join(*node, Some(name)).await;
            let (stop, answered) = (stop.clone(), Arc::clone(&answered));
            talkers.push(tokio::spawn(talk(client, name, stop, answered)));
        }
        Self { stop, answered, talkers, readers }
    }

    /// Waits until so many more were answered.
    pub async fn until_answered(&self, more: usize) {
        let from = self.answered.load(Ordering::Relaxed);
        crate::app::until("answered", async || self.answered.load(Ordering::Relaxed) >= from + more).await;
    }

    /// Ends it at a node that is well, and checks everything; answers what the readers saw.
    pub async fn done(self, p: &Platform, node: usize) -> Vec<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        let mut answered = Vec::new();
        for talker in self.talkers {
            answered.extend(tokio::time::timeout(PATIENCE, talker).await.expect("all are answered").unwrap());
        }
        crate::app::until("said", async || {
            let mut last = p.join(node, Some("ada")).await;
            last.say(END).await;
            last.wait_for_text(&["message", "error"]).await.contains(END)
        })
        .await;
        let log = log_of(p).await;
        let texts: HashSet<&str> = log.values().map(String::as_str).collect();
        assert!(texts.len() == log.len(), "nothing is there twice");
        let lost: Vec<_> = answered.iter().filter(|t| !texts.contains(t.as_str())).collect();
        assert!(lost.is_empty(), "answered and lost: {lost:?}");
        let mut all = Vec::new();
        for reader in self.readers {
            let seen = tokio::time::timeout(PATIENCE, reader).await.expect("the end is read").unwrap();
            let ids: Vec<&String> = seen.list.iter().map(|(id, _)| id).collect();
            assert!(ids.windows(2).all(|w| w[0] < w[1]), "upwards, once: {ids:?}");
            assert_eq!(seen.list, log.clone().into_iter().collect::<Vec<_>>(), "as the log has it");
            all.push(seen);
        }
        all
    }
}

/// The messages of the log, as Redis has them.
async fn log_of(p: &Platform) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut before = String::new();
    loop {
        let query = if before.is_empty() { String::new() } else { format!("&before={before}") };
        let mut page = Value::Null;
        // A node may be ready and Redis slow again a moment later.
        crate::app::until("a page of the log", async || {
            let Some(node) = p.nodes.iter().position(|n| n.ready.is_ready()) else { return false };
            let (status, answer) = p.rest(node, "GET", &format!("?limit=200{query}"), None).await;
            assert!(status == 200 || status == 503, "{answer}");
            page = answer;
            status == 200
        })
        .await;
        for m in page["items"].as_array().unwrap() {
            all.insert(m["id"].as_str().unwrap().to_owned(), m["text"].as_str().unwrap().to_owned());
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => before = cursor.to_owned(),
            None => return all,
        }
    }
}

async fn read(mut client: Client) -> Seen {
    let mut seen = Seen::default();
    loop {
        let Some(text) = client.read_text().await else { panic!("a reader was closed") };
        let frame: Value = serde_json::from_str(&text).unwrap();
        seen.take(&frame);
        if seen.list.last().is_some_and(|(_, text)| text == END) {
            return seen;
        }
    }
}

/// Says one after the other; each again under its nonce until it is answered.
async fn talk(
    mut client: Client,
    name: &str,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
) -> Vec<String> {
    let mut done = Vec::new();
    for n in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let text = format!("{name} {n}");
        while !say(&mut client, &text).await {
            tokio::time::sleep(PAUSE).await;
        }
        answered.fetch_add(1, Ordering::Relaxed);
        done.push(text);
        tokio::time::sleep(PAUSE).await;
    }
    done
}

/// Whether it was answered by its message; not: by an error.
async fn say(client: &mut Client, text: &str) -> bool {
    client.send(json!({"type":"say","room":room_id("ada"),"text":text,"nonce":text.replace(' ', "_")})).await;
    loop {
        let Some(frame) = client.read_text().await else { panic!("a talker was closed") };
        let frame: Value = serde_json::from_str(&frame).unwrap();
        match frame["type"].as_str() {
            Some("message") if frame["text"] == text => return true,
            // What came while its node was behind comes with others.
            Some("joined") if frame["events"].as_array().unwrap().iter().any(|e| e["text"] == text) => {
                return true;
            }
            Some("error") if frame["nonce"] == text.replace(' ', "_") => return false,
            _ => {}
        }
    }
}
