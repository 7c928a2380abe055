//! What is on air, as a table or as JSON; and what is said when a broadcast was ended.

use crate::{
    figures,
    table::Table,
    text::{cut, escaped},
};
use serde_json::{Value, json};
use streamly_proto::stream::v1::{EndBroadcastResponse, LiveBroadcast, LiveRendition, State};

/// Most characters of a title.
const TITLE: usize = 60;

/// The broadcasts in their order.
pub(crate) fn lines(broadcasts: &[LiveBroadcast], as_json: bool) -> Vec<String> {
    if as_json {
        return broadcasts.iter().map(|b| escaped(&object(b))).collect();
    }
    if broadcasts.is_empty() {
        return vec!["Nothing is on air.".to_owned()];
    }
    let head = ["CHANNEL", "STATE", "SINCE", "VIEWERS", "PICTURE", "RUNGS", "NODE", "BROADCAST", "TITLE"];
    let mut table = Table::new(head);
    for b in broadcasts {
        table.row([
            b.username.clone(),
            marked(b),
            figures::at(b.started_at_ms),
            b.viewers.to_string(),
            picture(b),
            rungs(&b.renditions),
            b.node_id.clone(),
            b.broadcast_id.clone(),
            cut(&b.title, TITLE),
        ]);
    }
    table.lines()
}

/// What is said of a broadcast that was ended.
pub(crate) fn ended(answer: &EndBroadcastResponse) -> Vec<String> {
    vec![
        format!("Broadcast {} of {} has ended.", answer.broadcast_id, answer.username),
        "Its encoder may come again: `revoke` its key to keep it away.".to_owned(),
    ]
}

fn state(b: &LiveBroadcast) -> &'static str {
    match b.state() {
        State::Starting => "starting",
        State::Live => "live",
        State::Reconnecting => "reconnecting",
        State::Offline => "offline",
        State::Unspecified => "",
    }
}

/// The state with what keeps people from seeing it: `live (test, followers)`.
fn marked(b: &LiveBroadcast) -> String {
    let hidden = b.visibility != "public" && !b.visibility.is_empty();
    let marks = [b.test.then_some("test"), hidden.then_some(b.visibility.as_str())];
    let marks: Vec<&str> = marks.into_iter().flatten().collect();
    if marks.is_empty() { state(b).to_owned() } else { format!("{} ({})", state(b), marks.join(", ")) }
}

/// The source's picture and what arrives of it.
fn picture(b: &LiveBroadcast) -> String {
    let source = b.renditions.first();
    let size = source.map(|source| figures::picture(source.width, source.height, source.fps));
    let known = [size.unwrap_or_default(), figures::bitrate(b.video_bitrate_bps)];
    known.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// All but the source.
fn rungs(renditions: &[LiveRendition]) -> String {
    let name = |r: &LiveRendition| if r.shed { format!("{} (shed)", r.name) } else { r.name.clone() };
    renditions.iter().skip(1).map(name).collect::<Vec<_>>().join(", ")
}

fn object(b: &LiveBroadcast) -> Value {
    let rendition = |r: &LiveRendition| json!({"name": r.name, "width": r.width, "height": r.height, "fps": r.fps, "shed": r.shed});
    json!({
        "broadcast_id": b.broadcast_id,
        "channel_id": b.channel_id,
        "username": b.username,
        "title": b.title,
        "visibility": b.visibility,
        "test": b.test,
        "state": state(b),
        "started_at_ms": b.started_at_ms,
        "viewers": b.viewers,
        "node_id": b.node_id,
        "video_bitrate_bps": b.video_bitrate_bps,
        "renditions": b.renditions.iter().map(rendition).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broadcast() -> LiveBroadcast {
        let rendition = |name: &str, height: u32, shed| LiveRendition {
            name: name.into(),
            width: height * 16 / 9,
            height,
            fps: 30.0,
            shed,
        };
        LiveBroadcast {
            broadcast_id: "b-1".into(),
            username: "ada".into(),
            title: "Engines".into(),
            visibility: "public".into(),
            state: State::Live.into(),
            started_at_ms: 1_800_000_000_000,
            viewers: 12,
            node_id: "ingest-1".into(),
            video_bitrate_bps: 2_700_000,
            renditions: vec![
                rendition("source", 720, false),
                rendition("480p", 480, false),
                rendition("360p", 360, true),
            ],
            ..Default::default()
        }
    }

    #[test]
    fn a_row_says_what_there_is_of_it() {
        let lines = lines(&[broadcast()], false);
        let row: Vec<&str> = lines[1].split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        assert_eq!(
            row,
            [
                "ada",
                "live",
                "2027-01-15 08:00:00Z",
                "12",
                "1280x720p30 2.7 Mbit/s",
                "480p, 360p (shed)",
                "ingest-1",
                "b-1",
                "Engines"
            ]
        );
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn a_test_and_what_is_hidden_are_marked() {
        let marked = |test, visibility: &str| {
            marked(&LiveBroadcast { test, visibility: visibility.into(), ..broadcast() })
        };
        assert_eq!(marked(false, "public"), "live");
        assert_eq!(marked(true, "public"), "live (test)");
        assert_eq!(marked(false, "unlisted"), "live (unlisted)");
        assert_eq!(marked(true, "private"), "live (test, private)");
    }

    #[test]
    fn nothing_on_air_is_said_to_people_and_is_no_line_of_json() {
        assert_eq!(lines(&[], false), ["Nothing is on air."]);
        assert!(lines(&[], true).is_empty());
    }

    #[test]
    fn what_is_not_known_yet_is_left_out() {
        let new = LiveBroadcast { renditions: Vec::new(), video_bitrate_bps: 0, ..broadcast() };
        assert_eq!((picture(&new), rungs(&new.renditions)), (String::new(), String::new()));
        assert!(lines(&[new], false)[1].contains(" -  "));
    }

    #[test]
    fn json_is_one_object_a_line_with_all_of_it() {
        let hostile = LiveBroadcast { title: "a\nb\u{9b}".into(), ..broadcast() };
        let lines = lines(&[hostile, broadcast()], true);
        assert_eq!(lines.len(), 2);
        assert!(!lines[0].contains(['\n', '\u{9b}']));
        let read: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((read["title"].as_str(), read["state"].as_str()), (Some("a\nb\u{9b}"), Some("live")));
        assert_eq!(read["renditions"][2]["shed"], true);
    }
}
