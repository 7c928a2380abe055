//! Deleted text is gone: from answers that quote it, from what is pinned, from records, from what nodes remember. However it was deleted.

use crate::{
    app::{Platform, until},
    client::Client,
    facts::{now_ms, tell_at},
    peers::{room_id, user_id},
};
use serde_json::{Value, json};
use streamly_config::Duration;

const BROADCAST: &str = "01932f00-0000-7000-8000-0000000000b1";

pub fn id(frame: &Value) -> String {
    frame["id"].as_str().unwrap().to_owned()
}

/// All that anybody is told of ada's room on that node: by joining, by coming back, by REST.
async fn told(p: &Platform, node: usize, since: &str) -> Told {
    let mut client = p.hello(node, None).await;
    client.send(json!({"type":"join","room":"ada","history":200})).await;
    let joined = client.wait_for("joined").await;
    let mut back = p.hello(node, None).await;
    back.send(json!({"type":"join","room":"ada","since":since})).await;
    Told([joined, back.wait_for("joined").await, p.rest(node, "GET", "?limit=200", None).await.1])
}

struct Told([Value; 3]);

impl Told {
    fn has(&self, text: &str) -> bool {
        self.0.iter().any(|v| v.to_string().contains(text))
    }
    /// In how many of the three an answer quotes this text.
    fn quoting(&self, text: &str) -> usize {
        let lists = self.0.iter().map(|v| v.get("events").unwrap_or(&v["items"]).as_array().unwrap());
        lists.filter(|l| l.iter().any(|e| e["reply"]["text"] == text)).count()
    }
}

async fn answer(client: &mut Client, to: &Value, text: &str) -> Value {
    let nonce = text.replace(' ', "_");
    client.send(json!({"type":"say","room":"ada","text":text,"nonce":nonce,"reply_to":to["id"]})).await;
    loop {
        let message = client.wait_for("message").await;
        if message["text"] == text {
            return message;
        }
    }
}

pub async fn pin(p: &Platform, node: usize, message: &str) -> u16 {
    p.call(node, "PUT", "rooms/ada/pin", Some("ada"), json!({"message_id": message})).await.0
}

/// What is pinned for who joins there.
pub async fn pinned(p: &Platform, node: usize) -> Value {
    p.hello(node, None).await.join("ada").await["pinned"].clone()
}

/// As `XTRIM` to nothing leaves it: nothing of the log is kept any more.
async fn trim(p: &Platform) {
    let log = format!("chat:{{{}}}:log", room_id("ada"));
    let trimmed: i64 =
        p.redis_client().await.call("XTRIM", [log, "MAXLEN".to_owned(), "0".to_owned()]).await.unwrap();
    assert!(trimmed > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_was_deleted_is_in_no_answer_and_no_pin_however_it_was_deleted() {
    let p = Platform::start(2).await;
    let mut ada = p.join(0, Some("ada")).await;
    let mut other = p.join(1, Some("mia")).await;
    let start = id(&ada.said("start").await);
    for (way, method, path, body) in [
        ("one", "DELETE", "rooms/ada/messages/ID", Value::Null),
        ("theirs", "DELETE", "rooms/ada/messages?user=cleo", Value::Null),
        ("all", "DELETE", "rooms/ada/messages?all=true", Value::Null),
        ("ban", "PUT", "rooms/ada/bans/bob", json!({})),
    ] {
        let mut author = p.join(1, Some(if way == "theirs" { "cleo" } else { "bob" })).await;
        let secret = author.said(&format!("secret {way}")).await;
        let quoting = answer(&mut ada, &secret, &format!("answer {way}")).await;
        assert_eq!(quoting["reply"]["text"], secret["text"], "shown as long as it is there");
        assert_eq!(pin(&p, 0, &id(&secret)).await, 204);
        while other.wait_for("pinned").await["message"]["id"] != secret["id"] {}
        for node in 0..2 {
            let told = told(&p, node, &start).await;
            assert_eq!(told.quoting(&format!("secret {way}")), 3, "node {node}: {:?}", told.0);
        }
        let path = path.replace("ID", &id(&secret));
        let (status, problem) = p.call(0, method, &path, Some("ada"), body).await;
        assert!(status < 300, "{way}: {status} {problem}");
        for client in [&mut ada, &mut other] {
            client.wait_for_text(&["deleted", "cleared"]).await;
            while !client.wait_for("pinned").await["message"].is_null() {}
        }
        for node in 0..2 {
            let told = told(&p, node, &start).await;
            assert!(!told.has("secret"), "{way}, node {node}: {:?}", told.0);
        }
        let late = answer(&mut ada, &secret, &format!("late {way}")).await;
        assert_eq!((&late["reply_to"], late.get("reply")), (&secret["id"], None));
    }
    // A new node has it all from the log.
    let mut p = p;
    p.add_node();
    p.until_ready(2).await;
    assert!(!told(&p, 2, &start).await.has("secret"));
    let log = format!("chat:{{{}}}:log", room_id("ada"));
    let stored: streamly_redis::Value =
        p.redis_client().await.call("XRANGE", [log, "-".to_owned(), "+".to_owned()]).await.unwrap();
    let stored = format!("{stored:?}");
    assert!(stored.contains("late ban") && !stored.contains("secret"), "Redis does not have it either");
    assert!(p.holds("NOT EXISTS (SELECT 1 FROM pins WHERE frame LIKE '%secret%')"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nodes_bring_to_an_emptied_redis_has_no_deleted_text() {
    let p = Platform::start(2).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(1, Some("bob")).await);
    let start = id(&ada.said("start").await);
    let secret = bob.said("secret").await;
    answer(&mut ada, &secret, "the answer").await;
    let kept = bob.said("kept").await;
    answer(&mut ada, &kept, "another answer").await;
    assert_eq!(p.rest(0, "DELETE", &format!("/{}", id(&secret)), Some("bob")).await.0, 204);
    for client in [&mut ada, &mut bob] {
        client.wait_for("deleted").await;
    }
    let _: streamly_redis::Value =
        p.redis_client().await.call("FLUSHALL", Vec::<String>::new()).await.unwrap();
    ada.said("after").await;
    for node in 0..2 {
        until("it has what was said", async || told(&p, node, &start).await.has("after")).await;
        let told = told(&p, node, &start).await;
        assert!(told.has("the answer") && !told.has("secret"), "{:?}", told.0);
        assert_eq!(told.quoting("kept"), 3, "what is there is quoted: {:?}", told.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_quotes_no_deleted_text_and_what_only_it_has_can_be_deleted() {
    let p = Platform::with(1, |c| c.recording.interval = Duration::from_millis(50)).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(0, Some("bob")).await);
    let live = json!({"state": "live", "broadcast_id": BROADCAST});
    tell_at(&p.redis_client().await, "stream.state_changed", live, now_ms() - 10).await;
    let path = format!("/api/chat/rooms/ada/record?broadcast={BROADCAST}");
    let record = async || p.get(p.nodes[0].at.rest, &path).await;
    until("it is known", async || record().await.0 == 200).await;
    let (one, two, three) = (bob.said("one").await, bob.said("two").await, bob.said("three").await);
    for (message, text) in [(&one, "first"), (&two, "second")] {
        answer(&mut ada, message, text).await;
    }
    let recorded = async |wanted: &[&str]| {
        until("the record has it", async || {
            let (_, page) = record().await;
            let items = page["items"].as_array().unwrap().iter().filter(|i| i["type"] == "message");
            items.map(|i| i["text"].as_str().unwrap()).eq(wanted.iter().copied())
        })
        .await;
        record().await.1
    };
    let quotes = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.filter_map(|i| Some(i["reply"]["text"].as_str()?.to_owned())).collect()
    };
    let page = recorded(&["one", "two", "three", "first", "second"]).await;
    assert_eq!(quotes(&page), ["one", "two"], "{page}");
    assert_eq!(p.rest(0, "DELETE", &format!("/{}", id(&one)), Some("bob")).await.0, 204);
    let page = recorded(&["two", "three", "first", "second"]).await;
    assert_eq!(quotes(&page), ["two"], "{page}");
    // What only the record has.
    assert_eq!(pin(&p, 0, &id(&three)).await, 204);
    bob.wait_for("pinned").await;
    trim(&p).await;
    until("pinned all the same", async || pinned(&p, 0).await["message"]["text"] == "three").await;
    let delete = async |message: &Value, name: &str| {
        p.rest(0, "DELETE", &format!("/{}", id(message)), Some(name)).await.0
    };
    let unknown = json!({"id": "000000000001000000"});
    assert_eq!((delete(&two, "cleo").await, delete(&unknown, "bob").await), (403, 404));
    assert_eq!(delete(&two, "bob").await, 204);
    while bob.wait_for("deleted").await["message_id"] != two["id"] {}
    let page = recorded(&["three", "first", "second"]).await;
    assert!(quotes(&page).is_empty(), "{page}");
    assert_eq!(delete(&three, "mia").await, 204);
    assert!(bob.wait_for("pinned").await["message"].is_null());
    recorded(&["first", "second"]).await;
    assert!(pinned(&p, 0).await["message"].is_null());
    assert!(p.holds("NOT EXISTS (SELECT 1 FROM pins WHERE frame LIKE '%three%')"));
    assert!(p.holds(&format!(
        "EXISTS (SELECT 1 FROM audit WHERE action = 'delete' AND target = '{}' AND user_id = '{}')",
        id(&three),
        user_id("bob")
    )));
}
