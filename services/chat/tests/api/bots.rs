//! Bots: issued, shown once, used over both ways, bounded by scope and channel, revoked on every node.

use crate::{
    app::{Platform, until},
    client::Client,
    peers::{room_id, user_id},
    promised,
};
use serde_json::{Value, json};
use std::{collections::HashSet, time::Instant};
use streamly_config::Duration;

/// A request with a token of any kind: status, body, `Retry-After`.
pub async fn rest(
    p: &Platform,
    node: usize,
    method: &str,
    path: &str,
    token: &str,
    body: Value,
) -> (u16, Value, Option<String>) {
    let url = format!("http://{}/api/chat/{path}", p.nodes[node].at.rest);
    let request = reqwest::Client::new().request(method.parse().unwrap(), &url);
    let answer = request.bearer_auth(token).json(&body).send().await.unwrap();
    let retry = answer.headers().get("retry-after").map(|v| v.to_str().unwrap().to_owned());
    let (status, answer) = (answer.status().as_u16(), answer.json().await.unwrap_or_default());
    promised::hold(method, &url, status, &answer).await;
    (status, answer, retry)
}

/// Issues one for somebody's own channel: its id and token.
pub async fn issue(p: &Platform, owner: &str, name: &str, scopes: &[&str]) -> (String, String) {
    let path = format!("rooms/{owner}/bots");
    let (status, bot) = p.call(0, "POST", &path, Some(owner), json!({"name": name, "scopes": scopes})).await;
    assert_eq!(status, 201, "{bot}");
    (bot["id"].as_str().unwrap().to_owned(), bot["token"].as_str().unwrap().to_owned())
}

async fn hello(p: &Platform, node: usize, token: &str) -> (Client, Value) {
    let mut client = p.open(node, None).await.unwrap();
    let welcome = client.hello(Some(token.to_owned())).await;
    (client, welcome)
}

async fn join(p: &Platform, node: usize, token: &str) -> Client {
    let mut client = hello(p, node, token).await.0;
    client.join("ada").await;
    client
}

async fn command(client: &mut Client, text: &str) -> Value {
    client.send(json!({"type":"say","room":"ada","text":text,"nonce":"c"})).await;
    serde_json::from_str(&client.wait_for_text(&["done", "error"]).await).unwrap()
}

async fn error(client: &mut Client) -> Value {
    client.wait_for("error").await["code"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_issues_bots_that_are_themselves_and_nobody_else_and_speak_over_both_ways() {
    let p = Platform::with(2, |c| c.limits.max_bots = 2).await;
    let new = json!({"name": "bob", "scopes": ["read", "say"]});
    for (name, status) in [(None, 401), (Some("bob"), 403), (Some("mia"), 403)] {
        assert_eq!(p.call(0, "POST", "rooms/ada/bots", name, new.clone()).await.0, status, "{name:?}");
        assert_eq!(p.call(0, "GET", "rooms/ada/bots", name, Value::Null).await.0, status, "{name:?}");
    }
    let (status, wrong) =
        p.call(0, "POST", "rooms/ada/bots", Some("ada"), json!({"name": "a:b", "scopes": ["own"]})).await;
    assert_eq!((status, wrong["errors"].as_array().unwrap().len()), (422, 2), "{wrong}");
    // A name as a user has it.
    let (status, bot) = p.call(0, "POST", "rooms/ada/bots", Some("ada"), new.clone()).await;
    assert_eq!((status, &bot["username"]), (201, &json!("ada:bob")));
    let token = bot["token"].as_str().unwrap();
    assert_eq!(token.len(), 44);
    let (_, list) = p.call(1, "GET", "rooms/ada/bots", Some("ada"), Value::Null).await;
    assert!(!list.to_string().contains(token) && list["items"][0]["last_used_at"].is_null(), "{list}");
    assert!(p.holds("(SELECT count(*) FROM bots WHERE length(token_hash) = 32) = 1"));
    assert_eq!(p.call(0, "POST", "rooms/ada/bots", Some("ada"), new).await.1["code"], "bot_taken");

    let mut reader = p.join(0, None).await;
    let (mut client, welcome) = hello(&p, 1, token).await;
    assert_eq!(welcome["user"], json!({"id": bot["id"], "username": "ada:bob", "display_name": "ada:bob"}));
    assert_eq!(client.join("ada").await["you"]["roles"], json!(["bot"]));
    let said = client.said("beep").await;
    assert_eq!((&said["user"]["badges"], &said["user"]["id"]), (&json!(["bot"]), &bot["id"]));
    let body = json!({"text": "by rest", "nonce": "n1", "reply_to": said["id"]});
    let (status, first, _) = rest(&p, 0, "POST", "rooms/ada/messages", token, body.clone()).await;
    assert_eq!((status, &first["nonce"], &first["reply"]["text"]), (201, &json!("n1"), &json!("beep")));
    let (status, again, _) = rest(&p, 1, "POST", "rooms/ada/messages", token, body).await;
    assert_eq!((status, &again), (200, &first), "one nonce is one message on any node");
    client.said("last").await;
    let heard: Vec<Value> = reader.messages(3).await;
    let texts: Vec<&str> = heard.iter().map(|m| m["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["beep", "by rest", "last"]);
    assert_eq!(heard[1]["id"], first["id"]);
    let (_, list) = p.call(0, "GET", "rooms/ada/bots", Some("ada"), Value::Null).await;
    assert!(list["items"][0]["last_used_at"].is_string(), "{list}");
    // Who acts against the name acts against the person, and has to name the bot to mean the bot.
    let mut mia = p.join(0, Some("mia")).await;
    assert_eq!(command(&mut mia, "/timeout bob 60").await["type"], "done");
    client.said("goes on").await;
    assert_eq!(command(&mut mia, "/timeout ada:bob 60").await["type"], "done");
    client.wait_for("sanction").await;
    client.say("not any more").await;
    assert_eq!(error(&mut client).await, "timed_out");
    assert_eq!(command(&mut mia, "/timeout ada:nobody 60").await["code"], "user_not_found");
    issue(&p, "ada", "second", &["say"]).await;
    let third = json!({"name": "third", "scopes": ["say"]});
    assert_eq!(p.call(0, "POST", "rooms/ada/bots", Some("ada"), third).await.1["code"], "too_many_bots");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_its_channel_and_scopes_only() {
    let p = Platform::start(1).await;
    let message = p.join(0, Some("bob")).await.said("pin me").await["id"].clone();
    let pin = json!({"message_id": message});
    // Another channel's, with everything: here it is a guest.
    let (_, bobs) = issue(&p, "bob", "all", &["read", "say", "moderate"]).await;
    let mut guest = hello(&p, 0, &bobs).await.0;
    assert_eq!(guest.join("ada").await["you"]["roles"], json!([]));
    for text in ["hi", "/me waves", "/ban cleo", "/help"] {
        guest.say(text).await;
        assert_eq!(error(&mut guest).await, "forbidden", "{text}");
    }
    for (method, path, body) in [
        ("POST", "rooms/ada/messages", json!({"text": "hi"})),
        ("PUT", "rooms/ada/pin", pin.clone()),
        ("GET", "rooms/ada/terms", json!({})),
        ("GET", "rooms/ada/holds", json!({})),
    ] {
        assert_eq!(rest(&p, 0, method, path, &bobs, body).await.0, 403, "{path}");
    }
    // One's own, with too little.
    let (_, reads) = issue(&p, "ada", "reads", &["read"]).await;
    let mut client = join(&p, 0, &reads).await;
    for text in ["hi", "/timeout bob 60", "/report bob rude", "/announce hear"] {
        client.say(text).await;
        assert_eq!(error(&mut client).await, "forbidden", "{text}");
    }
    client.send(json!({"type":"vote","room":"ada","poll":room_id("ada"),"option":1})).await;
    assert_eq!(error(&mut client).await, "forbidden", "a bot has no vote");
    assert_eq!(rest(&p, 0, "POST", "rooms/ada/messages", &reads, json!({"text": "hi"})).await.0, 403);
    let (_, says) = issue(&p, "ada", "says", &["say"]).await;
    let mut client = hello(&p, 0, &says).await.0;
    client.send(json!({"type":"join","room":"ada"})).await;
    assert_eq!(error(&mut client).await, "forbidden");
    assert_eq!(rest(&p, 0, "POST", "rooms/ada/messages", &says, json!({"text": "hi"})).await.0, 201);
    assert_eq!(rest(&p, 0, "PUT", "rooms/ada/pin", &says, pin.clone()).await.0, 403);
    // What is for people, whatever the scopes.
    let (id, all) = issue(&p, "ada", "all", &["read", "say", "moderate"]).await;
    assert_eq!(rest(&p, 0, "PUT", "rooms/ada/pin", &all, pin).await.0, 204);
    let more = json!({"name": "more", "scopes": ["moderate"]});
    for (method, path, body) in [
        ("POST", "rooms/ada/bots", more),
        ("GET", "rooms/ada/bots", json!({})),
        ("DELETE", &format!("rooms/ada/bots/{id}"), json!({})),
        ("PUT", "me", json!({"color": "#ffffff"})),
    ] {
        assert_eq!(rest(&p, 0, method, path, &all, body).await.0, 403, "{path}");
    }
    // Another owner's bot is not there for one.
    let (status, gone) = p.call(0, "DELETE", &format!("rooms/bob/bots/{id}"), Some("bob"), json!({})).await;
    assert_eq!((status, &gone["code"]), (404, &json!("bot_not_found")));
    assert_eq!(p.call(0, "DELETE", &format!("rooms/ada/bots/{id}"), Some("bob"), json!({})).await.0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_moderates_does_what_moderators_do_and_modes_count_for_the_others() {
    let p = Platform::start(2).await;
    let (id, token) = issue(&p, "ada", "guard", &["read", "say", "moderate"]).await;
    let (_, plain) = issue(&p, "ada", "quiz", &["read", "say"]).await;
    let mut mia = p.join(1, Some("mia")).await;
    let (mut guard, mut quiz, mut bob) =
        (join(&p, 0, &token).await, join(&p, 1, &plain).await, p.join(1, Some("bob")).await);
    assert_eq!(command(&mut guard, "/emoteonly on").await["type"], "done");
    let act = mia.wait_for("moderation").await["act"].clone();
    assert_eq!(act["actor"], json!({"id": id, "username": "ada:guard", "display_name": "ada:guard"}));
    // What moderators are told, it is told.
    assert_eq!(command(&mut mia, "/unique on").await["type"], "done");
    while guard.wait_for("moderation").await["act"]["actor"]["username"] != "mia" {}
    quiz.wait_for("settings").await;
    quiz.say("words").await;
    assert_eq!(error(&mut quiz).await, "emote_only");
    let (status, refused, _) = rest(&p, 1, "POST", "rooms/ada/messages", &plain, json!({"text": "x"})).await;
    assert_eq!((status, &refused["code"]), (422, &json!("emote_only")));
    let said = guard.said("words").await;
    assert_eq!(said["user"]["badges"], json!(["bot", "moderator"]));
    assert_eq!(command(&mut guard, "/ban bob").await["type"], "done");
    assert_eq!(bob.close_code().await, Some(4003));
    for text in ["/ban ada", "/ban mia", "/mod bob"] {
        assert_eq!(command(&mut guard, text).await["type"], "error", "{text}");
    }
    // A moderator stops a bot that runs wild.
    assert_eq!(command(&mut mia, "/ban ada:quiz").await["type"], "done");
    assert_eq!(quiz.close_code().await, Some(4003));
    let (status, banned, _) = rest(&p, 1, "POST", "rooms/ada/messages", &plain, json!({"text": "x"})).await;
    assert_eq!((status, &banned["code"]), (403, &json!("banned")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_bot_is_out_within_a_second_on_every_node_and_no_wrong_token_tells_why() {
    let p = Platform::start(2).await;
    let (id, token) = issue(&p, "ada", "quiz", &["read", "say", "moderate"]).await;
    let (_, other) = issue(&p, "ada", "other", &["read", "say"]).await;
    let mut stays = join(&p, 1, &other).await;
    let mut joined = [join(&p, 0, &token).await, join(&p, 1, &token).await];
    let mut idle = hello(&p, 1, &token).await.0;
    let mut elsewhere = hello(&p, 0, &token).await.0;
    elsewhere.join("bob").await;
    assert_eq!(p.call(0, "DELETE", &format!("rooms/ada/bots/{id}"), Some("ada"), json!({})).await.0, 204);
    let revoked = Instant::now();
    let say = async |token: &str| {
        let (status, mut body, _) =
            rest(&p, 1, "POST", "rooms/ada/messages", token, json!({"text": "x"})).await;
        body["request_id"] = Value::Null;
        (status, body)
    };
    for client in &mut joined {
        assert_eq!(client.close_code().await, Some(4001));
    }
    assert!(revoked.elapsed() < std::time::Duration::from_secs(1), "{:?}", revoked.elapsed());
    let refused = say(&token).await;
    assert_eq!(refused.0, 401, "{}", refused.1);
    // Those that are in no room of its own are asked for again at the next join; what a node remembers is not a second old.
    until("forgotten", async || revoked.elapsed() > std::time::Duration::from_secs(1)).await;
    for client in [&mut idle, &mut elsewhere] {
        client.send(json!({"type":"join","room":"cleo"})).await;
        assert_eq!(client.close_code().await, Some(4001));
    }
    stays.said("still here").await;
    let wrong = [
        token.clone(),
        format!("sbt_{}", "0".repeat(40)),
        "sbt_".into(),
        "sbt_%00'--".into(),
        token[..43].into(),
    ];
    for token in &wrong {
        assert_eq!(say(token).await, refused, "{token}");
        let mut client = p.open(0, None).await.unwrap();
        client.send(json!({"type":"hello","v":1,"token":token})).await;
        assert_eq!(client.close_code().await, Some(4001), "{token}");
    }
    assert_eq!(p.call(1, "DELETE", &format!("rooms/ada/bots/{id}"), Some("ada"), json!({})).await.0, 404);
    // Its name is free again, and is another bot's then.
    let (again, _) = issue(&p, "ada", "quiz", &["say"]).await;
    assert_eq!([&id, &again, &user_id("ada")].into_iter().collect::<HashSet<_>>().len(), 3);
    assert!(p.holds("(SELECT count(*) FROM audit WHERE action = 'revoke_bot') = 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_has_a_pace_of_its_own_over_both_ways() {
    let p = Platform::with(1, |c| {
        c.rate_limits = true;
        (c.limits.say_burst, c.limits.address_burst) = (1, 1);
        (c.limits.bot_say_burst, c.limits.bot_say_interval) = (3, Duration::from_secs(600));
    })
    .await;
    let (_, token) = issue(&p, "ada", "quiz", &["read", "say"]).await;
    let mut client = join(&p, 0, &token).await;
    client.said("one").await;
    client.said("two").await;
    assert_eq!(rest(&p, 0, "POST", "rooms/ada/messages", &token, json!({"text": "three"})).await.0, 201);
    client.say("four").await;
    let error = client.wait_for("error").await;
    assert_eq!(error["code"], "rate_limited");
    assert!(error["retry_after_ms"].as_u64().unwrap() > 500_000, "{error}");
    let (status, body, retry) =
        rest(&p, 0, "POST", "rooms/ada/messages", &token, json!({"text": "five"})).await;
    assert_eq!((status, &body["code"]), (429, &json!("rate_limited")));
    assert!(retry.unwrap().parse::<u64>().unwrap() > 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_people_only_is_forbidden_to_bots_and_a_token_of_nobody_is_nobodys() {
    let p = Platform::start(1).await;
    let (_, token) = issue(&p, "ada", "quiz", &["read", "say", "moderate"]).await;
    let poll = json!({"question": "Tea?", "options": ["yes", "no"]});
    let poll = p.call(0, "POST", "rooms/ada/polls", Some("ada"), poll).await.1["id"].clone();
    let vote = format!("rooms/ada/polls/{}/vote", poll.as_str().unwrap());
    for (method, path, body) in [
        ("POST", "rooms/ada/emotes?name=hey", Value::Null),
        ("DELETE", "rooms/ada/emotes/hey", Value::Null),
        ("PUT", vote.as_str(), json!({"option": 1})),
        ("GET", "blocks", Value::Null),
        ("PUT", "blocks/bob", Value::Null),
        ("DELETE", "blocks/bob", Value::Null),
        ("POST", "reports", json!({"room": "ada", "user": "bob", "category": "spam"})),
        ("GET", "reports?mine=1", Value::Null),
        ("GET", "rooms/ada/bots", Value::Null),
        ("POST", "rooms/ada/bots", json!({"name": "more", "scopes": ["say"]})),
        ("POST", "rooms/ada/unban-requests", json!({"text": "please"})),
        ("POST", "rooms/ada/images", Value::Null),
        ("PUT", "me", json!({"color": "#ff0000"})),
    ] {
        let (status, problem, _) = rest(&p, 0, method, path, &token, body.clone()).await;
        assert_eq!((status, &problem["code"]), (403, &json!("forbidden")), "{method} {path}: {problem}");
        let nobody = format!("sbt_{}", "0".repeat(40));
        assert_eq!(rest(&p, 0, method, path, &nobody, body).await.0, 401, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_does_nothing_while_its_owners_account_is_suspended_and_goes_on_afterwards() {
    let p = Platform::start(2).await;
    let redis = p.redis_client().await;
    crate::accounts::until_followed(&p, &redis).await;
    let (_, token) = issue(&p, "ada", "quiz", &["read", "say", "moderate"]).await;
    let (_, others) = issue(&p, "bob", "quiz", &["read", "say"]).await;
    let mut reads = [join(&p, 0, &token).await, join(&p, 1, &token).await];
    let mut guest = hello(&p, 1, &others).await.0;
    guest.join("ada").await;
    let say = async |node: usize| {
        let body = json!({"text": "beep"});
        let (status, answer, _) = rest(&p, node, "POST", "rooms/ada/messages", &token, body).await;
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(say(0).await.0, 201);
    let suspended = async |is: bool| {
        let fact = json!({"username": "ada", "display_name": "ADA", "suspended": is, "email_verified": false, "platform_role": "user"});
        if is {
            let username = json!({"username": "ada"});
            crate::accounts::tell(&redis, "events:user", "user.suspended", user_id("ada"), username).await;
        }
        crate::accounts::tell(&redis, "events:user", "user.updated", user_id("ada"), fact).await;
    };
    p.people.suspend("ada");
    let told = Instant::now();
    suspended(true).await;
    for client in &mut reads {
        assert_eq!(client.close_code().await, Some(4001));
    }
    assert!(told.elapsed() < std::time::Duration::from_secs(5), "{:?}", told.elapsed());
    for node in 0..2 {
        assert_eq!(say(node).await, (403, "account_suspended".into()));
        let hello = json!({"type": "hello", "v": 1, "token": token}).to_string();
        let hello = tokio_tungstenite::tungstenite::Message::text(hello);
        assert_eq!(p.open(node, None).await.unwrap().close_after(hello, 1).await, Some(4001));
    }
    // Another owner's bot is none of this.
    guest.send(json!({"type": "ping"})).await;
    guest.wait_for("pong").await;
    p.people.unsuspend("ada");
    suspended(false).await;
    for node in 0..2 {
        until("it goes on", async || say(node).await.0 == 201).await;
        join(&p, node, &token).await.said("back").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_looked_at_before_a_body_whosever_it_is() {
    let p = Platform::start(1).await;
    let mut unknown = issue(&p, "ada", "quiz", &["say"]).await.1;
    let other = if unknown.pop() == Some('0') { '1' } else { '0' };
    unknown.push(other);
    for token in [unknown.as_str(), "x", "x.y.z"] {
        let (status, answer, _) = rest(&p, 0, "POST", "rooms/ada/messages", token, json!({"text": 7})).await;
        assert_eq!((status, &answer["code"]), (401, &json!("unauthenticated")), "{token}");
    }
}
