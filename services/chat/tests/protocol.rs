//! Every example of `docs/CHAT-PROTOCOL.md` is a JSON object with its `type` first, and every frame type has one.

#[test]
fn every_frame_of_the_protocol_has_an_example_that_parses() {
    let text = include_str!("../../../docs/CHAT-PROTOCOL.md");
    let mut seen = std::collections::BTreeSet::new();
    for block in text.split("```json\n").skip(1) {
        let example = block.split("\n```").next().unwrap();
        assert!(example.starts_with("{\"type\":"), "{example}");
        let frame: serde_json::Value = serde_json::from_str(example).unwrap();
        seen.insert(frame["type"].as_str().unwrap().to_owned());
    }
    for kind in [
        "hello",
        "auth",
        "join",
        "say",
        "roster",
        "leave",
        "ping",
        "welcome",
        "auth_expiring",
        "joined",
        "message",
        "deleted",
        "cleared",
        "notice",
        "pinned",
        "poll",
        "vote",
        "poll_votes",
        "roster",
        "held",
        "hold_resolved",
        "report",
        "unban_request",
        "report_answered",
        "stream",
        "presence",
        "emotes",
        "skipped",
        "left",
        "reconnect",
        "pong",
        "error",
        "moderation",
        "sanction",
        "you",
        "settings",
        "done",
    ] {
        assert!(seen.contains(kind), "no example of {kind}");
    }
}
