//! Slash commands: who may use them, what they answer, what they do.

use crate::{app::Platform, client::Client, peers::user_id};
use serde_json::{Value, json};

/// The answer to a command: `done` or the error.
async fn command(client: &mut Client, text: &str) -> Value {
    client.send(json!({"type": "say", "room": "ada", "text": text, "nonce": "c"})).await;
    let answer: Value = serde_json::from_str(&client.wait_for_text(&["done", "error"]).await).unwrap();
    assert_eq!(answer["nonce"], "c", "{answer}");
    answer
}

async fn done(client: &mut Client, text: &str) -> String {
    let answer = command(client, text).await;
    assert_eq!(answer["type"], "done", "{text}: {answer}");
    answer["text"].as_str().unwrap().to_owned()
}

async fn refused(client: &mut Client, text: &str) -> String {
    let answer = command(client, text).await;
    assert_eq!(answer["type"], "error", "{text}: {answer}");
    answer["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_needs_the_role_and_is_never_said_in_the_room() {
    let p = Platform::start(1).await;
    let (mut bob, mut mia) = (p.join(0, Some("bob")).await, p.join(0, Some("mia")).await);
    for text in ["/ban cleo", "/timeout cleo 5", "/clear", "/slow 5", "/shield on", "/unban cleo", "/mod bob"]
    {
        assert_eq!(refused(&mut bob, text).await, "forbidden", "{text}");
    }
    assert_eq!(refused(&mut mia, "/mod bob").await, "forbidden", "moderators make no moderators");
    for text in ["/", "/dance", "/<script>", "/ ban cleo", "/bаn cleo"] {
        assert_eq!(refused(&mut mia, text).await, "unknown_command", "{text}");
    }
    for text in [
        "/ban",
        "/timeout",
        "/timeout bob rude",
        "/slow x",
        "/slow 3h",
        "/links maybe",
        "/unique",
        "/delete 5",
    ] {
        assert_eq!(refused(&mut mia, text).await, "invalid_command", "{text}");
    }
    assert_eq!(refused(&mut mia, "/timeout bob 15d").await, "invalid_command");
    let usage = command(&mut mia, "/ban").await;
    assert_eq!(usage["detail"], "Use it so: /ban USER [REASON]");
    assert_eq!(refused(&mut mia, "/ban nobody_here").await, "user_not_found");
    assert_eq!(refused(&mut mia, "/ban '; DROP TABLE bans --").await, "user_not_found");
    assert_eq!(refused(&mut mia, "/ban ada").await, "forbidden");
    assert!(done(&mut bob, "/HELP").await.contains("/me TEXT"));
    assert!(!done(&mut bob, "/help").await.contains("/ban"));
    assert!(done(&mut mia, "/help").await.contains("/ban USER [REASON]"));
    assert!(p.holds("NOT EXISTS (SELECT FROM audit)"));
    bob.say("//ban is no command").await;
    assert_eq!(bob.wait_for("message").await["text"], "/ban is no command");
    let events = p.hello(0, None).await.join("ada").await["events"].clone();
    assert_eq!(events.as_array().unwrap().len(), 1);
    assert_eq!(events[0]["text"], "/ban is no command");
    let mut nobody = p.join(0, None).await;
    nobody.send(json!({"type": "say", "room": "ada", "text": "/help"})).await;
    assert_eq!(nobody.wait_for("error").await["code"], "unauthorized");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_does_its_act_on_both_nodes() {
    let p = Platform::start(2).await;
    let (mut bob, mut mia, mut ada) =
        (p.join(0, Some("bob")).await, p.join(1, Some("mia")).await, p.join(1, Some("ada")).await);
    let id = bob.said("one").await["id"].as_str().unwrap().to_owned();
    assert_eq!(done(&mut mia, &format!("/delete {id} off topic")).await, "The message is deleted.");
    let deleted = bob.wait_for("deleted").await;
    assert_eq!((&deleted["message_id"], &deleted["by"]), (&json!(id), &json!("moderator")));
    assert_eq!(refused(&mut mia, "/delete 000000000001000000").await, "message_not_found");
    assert_eq!(done(&mut mia, "/timeout @bob 1h30m be kind").await, "bob may not write for 1 h 30 min.");
    let sanction = bob.wait_for("sanction").await;
    assert_eq!((&sanction["kind"], &sanction["reason"]), (&json!("timeout"), &json!("be kind")));
    assert_eq!(done(&mut mia, "/untimeout bob").await, "bob may write again.");
    bob.wait_for("sanction").await;
    bob.said("two").await;
    assert_eq!(done(&mut mia, "/clear bob").await, "The messages of bob are deleted.");
    assert_eq!(bob.wait_for("cleared").await["user"], user_id("bob"));
    for (text, field, value) in [
        ("/slow", "slow_s", json!(30)),
        ("/slow 2h", "slow_s", json!(7200)),
        ("/slow off", "slow_s", json!(0)),
        ("/followers 10m", "followers_only_min", json!(10)),
        ("/followers off", "followers_only_min", Value::Null),
        ("/verified on", "verified_only", json!(true)),
        ("/verified off", "verified_only", json!(false)),
        ("/emoteonly on", "emote_only", json!(true)),
        ("/emoteonly off", "emote_only", json!(false)),
        ("/unique on", "unique", json!(true)),
        ("/unique off", "unique", json!(false)),
        ("/links refuse", "links", json!("refuse")),
        ("/links allow", "links", json!("allow")),
        ("/shield on", "shield", json!(true)),
        ("/shield off", "shield", json!(false)),
    ] {
        done(&mut mia, text).await;
        assert_eq!(bob.wait_for("settings").await["settings"][field], value, "{text}");
    }
    assert_eq!(done(&mut mia, "/ban bob spam").await, "bob is banned.");
    assert_eq!(bob.close_code().await, Some(4003));
    assert_eq!(done(&mut mia, "/ban bob").await, "bob is banned already.");
    assert_eq!(done(&mut mia, "/unban bob a mistake").await, "bob may write again.");
    p.join(0, Some("bob")).await.said("back").await;
    assert_eq!(done(&mut mia, "/clear").await, "The chat is cleared.");
    assert!(
        p.hello(0, None).await.join("ada").await["events"]
            .as_array()
            .unwrap()
            .iter()
            .all(|e| e["type"] != "message")
    );

    assert_eq!(done(&mut ada, "/mod cleo").await, "cleo is a moderator now.");
    assert!(p.holds("EXISTS (SELECT FROM audit WHERE action = 'role' AND detail @> '{\"changes\": {\"role\": [null, \"moderator\"]}}')"));
    // On the same node: another one learns of it by stream's fact.
    let mut cleo = p.join(1, Some("cleo")).await;
    done(&mut cleo, "/slow 5").await;
    assert_eq!(done(&mut ada, "/unvip cleo").await, "cleo is no VIP.");
    done(&mut cleo, "/slow off").await;
    assert_eq!(done(&mut ada, "/unmod cleo").await, "cleo is no moderator.");
    assert_eq!(refused(&mut cleo, "/slow 5").await, "forbidden");
    assert_eq!(done(&mut ada, "/vip cleo").await, "cleo is a VIP now.");
    assert_eq!(cleo.said("hi").await["user"]["badges"], json!(["vip"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_count_as_messages_do() {
    let p = Platform::with(1, |c| {
        c.rate_limits = true;
        (c.limits.say_interval, c.limits.say_burst) = (streamly_config::Duration::from_secs(60), 2);
    })
    .await;
    let mut mia = p.join(0, Some("mia")).await;
    done(&mut mia, "/slow 5").await;
    assert_eq!(refused(&mut mia, "/dance").await, "unknown_command");
    assert_eq!(refused(&mut mia, "/slow off").await, "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn mods_and_vips_are_listed_to_who_asks_and_to_nobody_else() {
    let p = Platform::start(1).await;
    let (mut bob, mut cleo, mut ada) =
        (p.join(0, Some("bob")).await, p.join(0, Some("cleo")).await, p.join(0, Some("ada")).await);
    assert_eq!(done(&mut bob, "/mods").await, "The moderators here: mia.");
    assert_eq!(done(&mut bob, "/VIPs").await, "The VIPs here: vic.");
    for text in ["/mod vic", "/unvip vic", "/unmod mia", "/mod bob"] {
        done(&mut ada, text).await;
    }
    assert_eq!(done(&mut bob, "/mods").await, "The moderators here: bob, vic.");
    assert_eq!(done(&mut bob, "/vips").await, "There are no VIPs here.");
    let mut elsewhere = p.hello(0, Some("bob")).await;
    elsewhere.join("cleo").await;
    elsewhere.send(json!({"type": "say", "room": "cleo", "text": "/mods", "nonce": "c"})).await;
    assert_eq!(elsewhere.wait_for("done").await["text"], "There are no moderators here.");
    // Nothing of it came to somebody else in the room.
    bob.said("after it").await;
    let frame: Value = serde_json::from_str(&cleo.wait_for_text(&["done", "message"]).await).unwrap();
    assert_eq!(frame["text"], "after it", "{frame}");
}
