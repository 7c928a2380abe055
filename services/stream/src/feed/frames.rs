//! What an event says under each topic.
//!
//! A frame goes by the event, the kind of topic and whether the reader may know what goes on in the channel, and by nothing else of the reader:
//! it is written once and shared ([`Item::written`]).

use super::{
    Topic,
    item::{DURING_TEST, Item, TEST_STATE, TEST_UPDATED, TEST_VIEWERS, Words, is_listed_still},
};
use crate::{view, visibility::Visibility};
use bytes::Bytes;
use serde_json::{Value, json};

/// The frame of an event under a topic, if it has one there. `hide`: the reader may not know what goes on in that private channel, and is told
/// its object, as offline, and no more. A notice is not for each who has the topic: `notices::page` gives it out.
pub fn frame(topic: &Topic, item: &Item, hide: bool) -> Option<Bytes> {
    let (about, words) = match topic {
        Topic::Channel(id) if hide => (Some(id), Words::Hidden),
        Topic::Channel(id) => (Some(id), Words::Channel),
        Topic::Health(id) => (Some(id), Words::Health),
        Topic::Account(id) => (Some(id), Words::Account),
        Topic::Directory => (None, Words::Directory),
        Topic::Stills => (None, Words::Stills),
        Topic::Notices(_) => return None,
    };
    if about.is_some_and(|id| *id != item.channel) {
        return None;
    }
    item.written(words, || told(words, item))
}

/// Name and data of the frame.
fn told(words: Words, item: &Item) -> Option<(&'static str, Value)> {
    match words {
        Words::Channel => channel(item),
        Words::Hidden => {
            let (name, data) = channel(item)?;
            (name == "stream").then(|| (name, view::hidden(&data)))
        }
        Words::Health => match item.kind.as_str() {
            "stream.health" => Some(("health", with_channel(item))),
            "stream.refused" => Some(("refused", with_channel(item))),
            _ => None,
        },
        Words::Account => account(item).map(|data| ("account", data)),
        Words::Directory => {
            (item.kind == "stream.updated").then(|| ("directory", listed(&without_mark(item))))
        }
        Words::Stills => is_listed_still(item).then(|| ("still", still(item))),
        Words::Notice => None,
    }
}

fn channel(item: &Item) -> Option<(&'static str, Value)> {
    match item.kind.as_str() {
        "stream.state_changed" | TEST_STATE => {
            let p = &item.payload;
            let state = json!({"channel_id": item.channel, "state": p["state"], "broadcast_id": p["broadcast_id"], "username": p["username"]});
            Some(("state", state))
        }
        "stream.updated" => Some(("stream", without_mark(item))),
        TEST_UPDATED => Some(("stream", item.payload.clone())),
        "stream.viewers" | TEST_VIEWERS => Some(("viewers", with_channel(item))),
        "stream.still" => Some(("still", still(item))),
        _ => None,
    }
}

fn with_channel(item: &Item) -> Value {
    let mut payload = item.payload.clone();
    if let Some(map) = payload.as_object_mut() {
        map.insert("channel_id".into(), item.channel.clone().into());
    }
    payload
}

/// The object as readers get it.
fn without_mark(item: &Item) -> Value {
    let mut stream = item.payload.clone();
    if let Some(fields) = stream.as_object_mut() {
        fields.remove(DURING_TEST);
    }
    stream
}

fn still(item: &Item) -> Value {
    let p = &item.payload;
    json!({"channel_id": item.channel, "broadcast_id": p["broadcast_id"], "still_url": p["still_url"]})
}

/// An account's owner's page is told what to do: whether the account may do nothing any more, or that the session is to be renewed.
fn account(item: &Item) -> Option<Value> {
    let barred = match item.kind.as_str() {
        "user.suspended" => true,
        "user.updated" => item.payload["suspended"].as_bool()?,
        "user.tokens_voided" => false,
        _ => return None,
    };
    Some(json!({"user_id": item.channel, "suspended": barred, "closed": item.payload["closed"] == true}))
}

/// The directory's word about a stream object: itself while it can be watched and is listed, else that it left.
fn listed(stream: &Value) -> Value {
    let is_listed = stream["visibility"].as_str().is_none_or(|v| v == Visibility::Public.as_str());
    if stream["live"].is_null() || !is_listed {
        json!({"channel_id": stream["id"], "state": "offline"})
    } else {
        stream.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: Option<&str>, kind: &str, payload: Value) -> Item {
        let mut item = Item::default();
        (item.id, item.kind) = (id.map(str::to_owned), kind.into());
        (item.channel, item.payload) = ("c1".into(), payload);
        item
    }

    fn text(topic: &Topic, item: &Item, hide: bool) -> Option<String> {
        frame(topic, item, hide).map(|frame| String::from_utf8(frame.to_vec()).unwrap())
    }

    #[test]
    fn readers_share_one_frame_and_it_is_what_each_would_have_written() {
        let fact = item(Some("7-0"), "stream.refused", json!({"code": "x"}));
        let topic = Topic::Health("c1".into());
        let (one, two) = (frame(&topic, &fact, false).unwrap(), frame(&topic, &fact, false).unwrap());
        assert_eq!(one.as_ptr(), two.as_ptr(), "the same bytes");
        let (head, data) = ("id: 7-0\nevent: refused\ndata: ", json!({"code": "x", "channel_id": "c1"}));
        assert_eq!(one, format!("{head}{data}\n\n"));
        let passing = item(None, "stream.viewers", json!({"viewers": 3}));
        let data = json!({"viewers": 3, "channel_id": "c1"});
        let told = text(&Topic::Channel("c1".into()), &passing, false);
        assert_eq!(told, Some(format!("event: viewers\ndata: {data}\n\n")));
    }

    #[test]
    fn who_may_not_know_is_never_given_the_frame_of_who_may() {
        let object = json!({"id": "c1", "title": "a secret plan", "visibility": "private", "live": {"viewers": 2}, "state": "live"});
        let fact = item(Some("7-0"), "stream.updated", object);
        let topic = Topic::Channel("c1".into());
        // In whichever order they ask.
        for hide in [false, true, false, true] {
            let told = text(&topic, &fact, hide).unwrap();
            assert_eq!(told.contains("a secret plan"), !hide, "{told}");
        }
        let listed = text(&Topic::Directory, &fact, false).unwrap();
        let data = json!({"channel_id": "c1", "state": "offline"});
        assert_eq!(listed, format!("id: 7-0\nevent: directory\ndata: {data}\n\n"));
        for kind in ["stream.viewers", "stream.still", "stream.state_changed"] {
            let item = item(None, kind, json!({"viewers": 3}));
            assert!(text(&topic, &item, false).is_some() && text(&topic, &item, true).is_none(), "{kind}");
        }
    }

    #[test]
    fn a_topic_is_told_of_its_own_channel_alone_and_stills_have_theirs() {
        let still = item(None, "stream.still", json!({"still_url": "/s", "listed": true}));
        assert!(text(&Topic::Channel("c2".into()), &still, false).is_none());
        assert!(text(&Topic::Channel("c1".into()), &still, false).is_some());
        assert!(text(&Topic::Directory, &still, false).is_none());
        assert!(text(&Topic::Stills, &still, false).unwrap().starts_with("event: still\n"));
        let unlisted = item(None, "stream.still", json!({"still_url": "/s", "listed": false}));
        assert!(text(&Topic::Stills, &unlisted, false).is_none());
        assert!(text(&Topic::Notices("c1".into()), &still, false).is_none());
    }

    #[test]
    fn no_reader_is_told_of_the_mark_of_a_test() {
        let fact = item(Some("7-0"), "stream.updated", json!({"id": "c1", DURING_TEST: true, "live": null}));
        for topic in [Topic::Channel("c1".into()), Topic::Directory] {
            let told = text(&topic, &fact, false).unwrap();
            assert!(!told.contains(DURING_TEST), "{told}");
        }
    }
}
