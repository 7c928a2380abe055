//! Texts that are made to break a page, a line or a log: markup, direction overrides, towers of marks, bodies that unpack to much more.

use crate::app::Platform;
use serde_json::{Value, json};
use std::io::Write;

/// Nothing that reorders or hides what others wrote.
fn is_plain(text: &str) -> bool {
    !text.chars().any(
        |c| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}' | '\0'..='\u{1F}'),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_is_text_and_overrides_and_towers_of_marks_are_gone_wherever_a_text_is_shown() {
    let p = Platform::start(2).await;
    let (mut bob, mut reader) = (p.join(0, Some("bob")).await, p.join(1, None).await);
    let tower = format!("z{}", "\u{336}".repeat(200));
    for (n, (sent, shown)) in [
        ("<script>alert(1)</script>".to_owned(), "<script>alert(1)</script>".to_owned()),
        (
            "<img src=x onerror=\"alert('x')\"> &amp; \\u003cb\\u003e".into(),
            "<img src=x onerror=\"alert('x')\"> &amp; \\u003cb\\u003e".into(),
        ),
        (
            "\",\"id\":\"ffffffffffffffffff\",\"x\":\"".into(),
            "\",\"id\":\"ffffffffffffffffff\",\"x\":\"".into(),
        ),
        ("left \u{202E}thgir\u{202C} \u{2066}in\u{2069}".into(), "left thgir in".into()),
        ("two\nlines\u{0}and\u{1B}[31m".into(), "two linesand[31m".into()),
        (format!("{tower} {tower}"), format!("z{0} z{0}", "\u{336}".repeat(6))),
    ]
    .into_iter()
    .enumerate()
    {
        bob.send(json!({"type":"say","room":"ada","text":sent,"nonce":format!("n{n}")})).await;
        let message = bob.wait_for("message").await;
        assert_eq!(message["text"], shown, "{sent:?}");
        assert_eq!(message["id"].as_str().map(str::len), Some(18));
        assert_eq!(reader.wait_for("message").await["text"], shown, "{sent:?}");
    }
    let (_, history) = p.rest(1, "GET", "", None).await;
    let all = history["items"].as_array().unwrap();
    assert!(all.len() == 6 && all.iter().all(|m| is_plain(m["text"].as_str().unwrap())), "{history}");
    // A reason is shown too, to whom it concerns and to moderators.
    let why = json!({"duration_s": 60, "reason": "<b>\u{202E}rude\u{0}</b>", "note": "a\u{2067}b"});
    assert_eq!(p.call(0, "PUT", "rooms/ada/bans/bob", Some("ada"), why).await.0, 200);
    assert_eq!(bob.wait_for("sanction").await["reason"], "<b>rude</b>");
    let (_, noted) = p.call(0, "GET", "rooms/ada/audit", Some("ada"), Value::Null).await;
    assert_eq!(
        (&noted["items"][0]["reason"], &noted["items"][0]["note"]),
        (&json!("<b>rude</b>"), &json!("ab"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_unpacks_to_much_more_is_refused_before_it_is_there() {
    let p = Platform::start(1).await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(b"{\"text\":\"").unwrap();
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..64 {
        packed.write_all(&blanks).unwrap();
    }
    packed.write_all(b"hi\"}").unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 100_000, "{}", packed.len());
    let url = format!("http://{}/api/chat/rooms/ada/messages", p.nodes[0].at.rest);
    let request = reqwest::Client::new().post(url).bearer_auth(p.token("bob", 900));
    let request = request.header("content-type", "application/json").header("content-encoding", "gzip");
    let answer = request.body(packed).send().await.unwrap();
    let status = answer.status().as_u16();
    assert!(matches!(status, 400 | 413 | 415 | 422), "{status}: {}", answer.text().await.unwrap());
    assert_eq!(p.rest(0, "GET", "", None).await.1["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_nobody_knows_are_not_passed_on() {
    let p = Platform::start(1).await;
    let mut bob = p.join(0, Some("bob")).await;
    let frame = json!({"type":"say","room":"ada","text":"hi","nonce":"n","user":{"username":"ada"},"id":"0","badges":["staff"],"at":"x"});
    bob.send(frame).await;
    let said = bob.wait_for("message").await;
    assert_eq!((&said["user"]["username"], &said["user"]["badges"]), (&json!("bob"), &json!([])));
    let members: Vec<_> = said.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["at", "first", "id", "nonce", "room", "text", "type", "user"]);
}
