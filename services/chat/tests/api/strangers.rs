//! Every operation by whom it is not for: without a token, with one that is good for nothing, with somebody else's, and by another channel's
//! bot. Whoever adds an operation has to add its row.

use crate::{
    app::Platform,
    bots::issue,
    peers::{room_id, user_id},
};
use serde_json::{Value, json};
use streamly_auth::access::Claims;
use streamly_domain::Username;
use streamly_testkit::strangers::{
    Row,
    Whose::{Anyone, Everybody, Own, Staff, Theirs},
    bad_tokens, check, unknown_key,
};

const CALLS: &[Row] = &[
    ("GET", "/api/chat/emotes", Everybody, ""),
    ("GET", "/api/chat/emotes/{id}", Everybody, ""),
    ("GET", "/api/chat/images/{id}", Everybody, ""),
    ("GET", "/api/chat/rooms/{room}/emotes", Anyone, ""),
    ("GET", "/api/chat/rooms/{room}/messages", Anyone, ""),
    ("GET", "/api/chat/rooms/{room}/people", Anyone, ""),
    ("GET", "/api/chat/rooms/{room}/polls", Anyone, ""),
    ("GET", "/api/chat/rooms/{room}/record", Anyone, ""),
    ("GET", "/api/chat/rooms/{room}/settings", Anyone, ""),
    ("GET", "/api/chat/blocks", Own, ""),
    ("PUT", "/api/chat/blocks/{user}", Own, ""),
    ("DELETE", "/api/chat/blocks/{user}", Own, ""),
    ("PUT", "/api/chat/me", Own, r##"{"color":"#1e90ff"}"##),
    ("GET", "/api/chat/rooms/{room}/me", Own, ""),
    ("POST", "/api/chat/rooms/{room}/messages", Own, r#"{"text":"hello from elsewhere"}"#),
    ("POST", "/api/chat/rooms/{room}/images", Own, "x"),
    ("PUT", "/api/chat/rooms/{room}/polls/{id}/vote", Own, r#"{"option":1}"#),
    ("POST", "/api/chat/reports", Own, r#"{"room":"ada","user":"bob","category":"spam"}"#),
    ("POST", "/api/chat/rooms/{room}/unban-requests", Own, r#"{"text":"please"}"#),
    ("GET", "/api/chat/reports", Staff, ""),
    ("GET", "/api/admin/limits/chat", Staff, ""),
    ("POST", "/api/chat/reports/{id}/resolve", Theirs, r#"{"outcome":"dismissed"}"#),
    ("GET", "/api/chat/reports/{id}/image", Theirs, ""),
    ("GET", "/api/chat/rooms/{room}/audit", Theirs, ""),
    ("POST", "/api/chat/rooms/{room}/audit/{id}/undo", Theirs, ""),
    ("GET", "/api/chat/rooms/{room}/bans", Theirs, ""),
    ("PUT", "/api/chat/rooms/{room}/bans/{user}", Theirs, "{}"),
    ("DELETE", "/api/chat/rooms/{room}/bans/{user}", Theirs, ""),
    ("GET", "/api/chat/rooms/{room}/bots", Theirs, ""),
    ("POST", "/api/chat/rooms/{room}/bots", Theirs, r#"{"name":"mine","scopes":["say"]}"#),
    ("DELETE", "/api/chat/rooms/{room}/bots/{id}", Theirs, ""),
    ("POST", "/api/chat/rooms/{room}/emotes", Theirs, "x"),
    ("DELETE", "/api/chat/rooms/{room}/emotes/{name}", Theirs, ""),
    ("GET", "/api/chat/rooms/{room}/holds", Theirs, ""),
    ("POST", "/api/chat/rooms/{room}/holds/{id}/approve", Theirs, "{}"),
    ("POST", "/api/chat/rooms/{room}/holds/{id}/deny", Theirs, "{}"),
    ("DELETE", "/api/chat/rooms/{room}/messages/{id}", Theirs, ""),
    ("DELETE", "/api/chat/rooms/{room}/messages", Theirs, ""),
    ("PUT", "/api/chat/rooms/{room}/pin", Theirs, r#"{"message_id":"{id}"}"#),
    ("DELETE", "/api/chat/rooms/{room}/pin", Theirs, ""),
    ("POST", "/api/chat/rooms/{room}/polls", Theirs, r#"{"question":"Mine?","options":["a","b"]}"#),
    ("POST", "/api/chat/rooms/{room}/polls/{id}/close", Theirs, "{}"),
    ("GET", "/api/chat/rooms/{room}/reports", Theirs, ""),
    ("PATCH", "/api/chat/rooms/{room}/settings", Theirs, r#"{"slow_s":60}"#),
    ("GET", "/api/chat/rooms/{room}/terms", Theirs, ""),
    ("POST", "/api/chat/rooms/{room}/terms", Theirs, r#"{"term":"word"}"#),
    ("DELETE", "/api/chat/rooms/{room}/terms/{id}", Theirs, ""),
    ("GET", "/api/chat/rooms/{room}/unban-requests", Theirs, ""),
    ("POST", "/api/chat/rooms/{room}/unban-requests/{id}/resolve", Theirs, r#"{"outcome":"approved"}"#),
    ("GET", "/api/chat/rooms/{room}/users/{user}", Theirs, ""),
];

/// Ids of what there is in ada's room.
struct Things {
    message: String,
    hold: String,
    poll: String,
    bot: String,
    term: String,
    report: String,
    request: String,
    act: String,
}

async fn things(p: &Platform) -> Things {
    let id = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let made = async |method: &str, path: &str, name: &str, body: Value| {
        let (status, answer) = p.call(0, method, path, Some(name), body).await;
        assert!(matches!(status, 200 | 201), "{path} {status} {answer}");
        answer
    };
    crate::terms::set(p, json!({"rules": {"terms": "hold"}})).await;
    let message = id(&p.join(0, Some("bob")).await.said("keep me").await["id"]);
    let term = id(&made("POST", "rooms/ada/terms", "ada", json!({"term": "rude"})).await["id"]);
    let mut bob = p.join(0, Some("bob")).await;
    bob.say("a rude word").await;
    let hold = id(&bob.wait_for("held").await["hold_id"]);
    let poll = json!({"question": "Tea?", "options": ["yes", "no"], "duration_s": 3600});
    let poll = id(&made("POST", "rooms/ada/polls", "ada", poll).await["id"]);
    let report = json!({"room": "ada", "message_id": message, "category": "spam"});
    let report = id(&made("POST", "reports", "vic", report).await["id"]);
    made("PUT", "rooms/ada/bans/vic", "ada", json!({})).await;
    let request = made("POST", "rooms/ada/unban-requests", "vic", json!({"text": "please"})).await;
    let audit = made("GET", "rooms/ada/audit", "ada", Value::Null).await;
    let act = id(&audit["items"][0]["id"]);
    let (bot, _) = issue(p, "ada", "quiz", &["say"]).await;
    Things { message, hold, poll, bot, term, report, request: id(&request["id"]), act }
}

fn filled(path: &str, t: &Things) -> String {
    let id = [
        ("/messages/", &t.message),
        ("/pin", &t.message),
        ("/holds/", &t.hold),
        ("/polls/", &t.poll),
        ("/bots/", &t.bot),
        ("/terms/", &t.term),
        ("/unban-requests/", &t.request),
        ("/reports/", &t.report),
        ("/audit/", &t.act),
    ];
    let id = id.iter().find(|(part, _)| path.contains(part)).map_or("none", |(_, id)| id);
    let query = if path.ends_with("/emotes") { "?name=mine" } else { "" };
    path.replace("{room}", "ada").replace("{id}", id).replace("{user}", "bob").replace("{name}", "none")
        + query
}

/// What ada sees of her room.
async fn of_ada(p: &Platform) -> Vec<Value> {
    let mut all = Vec::new();
    for what in [
        "audit",
        "bans",
        "bots",
        "terms",
        "holds",
        "polls",
        "reports",
        "settings",
        "emotes",
        "unban-requests",
    ] {
        let (status, body) = p.call(0, "GET", &format!("rooms/ada/{what}"), Some("ada"), Value::Null).await;
        assert_eq!(status, 200, "{what} {body}");
        all.push(body);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_by_a_key_that_nobody_published_is_refused_everywhere_before_the_body_is_read() {
    let p = Platform::start(1).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let claims = Claims::new(user_id("ada").parse().unwrap(), Username::parse("ada").unwrap(), now, now);
    let (token, client) = (unknown_key(&claims), reqwest::Client::new());
    let none = "01932f00-0000-7000-8000-000000000999";
    // At once: each waits for the key.
    let (at, client, token) = (p.nodes[0].at.rest, &client, token.as_str());
    let guarded = CALLS.iter().filter(|(_, _, whose, _)| *whose != Everybody);
    let calls = guarded.map(|(method, path, ..)| async move {
        let path = path
            .replace("{room}", "ada")
            .replace("{user}", "bob")
            .replace("{name}", "x")
            .replace("{id}", none);
        let request =
            client.request(method.parse().unwrap(), format!("http://{at}{path}")).bearer_auth(token);
        let answer = request.header("content-type", "application/json").body("{").send().await.unwrap();
        assert_eq!(answer.status(), 401, "{method} {path}");
    });
    futures_util::future::join_all(calls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_is_for_whom_its_row_says() {
    let p = Platform::start(1).await;
    let (_, document) = p.call(0, "GET", "openapi.json", None, Value::Null).await;
    check(&document, CALLS);
    let things = things(&p).await;
    let (_, bot) = issue(&p, "bob", "all", &["read", "say", "moderate"]).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let ada = Claims::new(user_id("ada").parse().unwrap(), Username::parse("ada").unwrap(), now, now);
    let bad = bad_tokens(p.key(), &ada);
    let before = of_ada(&p).await;
    let client = reqwest::Client::new();
    for (method, path, whose, body) in CALLS {
        let (path, body) = (filled(path, &things), body.replace("{id}", &things.message));
        let call = async |token: Option<&str>, body: &str| {
            let url = format!("http://{}{path}", p.nodes[0].at.rest);
            let mut request = client.request(method.parse().unwrap(), url);
            if let Some(token) = token {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let kind = if body == "x" { "image/png" } else { "application/json" };
            if !body.is_empty() {
                request = request.header("content-type", kind).body(body.to_owned());
            }
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            let body: Value = answer.json().await.unwrap_or_default();
            (status, body["code"].as_str().unwrap_or_default().to_owned())
        };
        let refused = (401, "unauthenticated".to_owned());
        if *whose != Everybody {
            for (what, token) in &bad {
                assert_eq!(call(Some(token), &body).await, refused, "{method} {path}: {what}");
                // Nor is a stranger told what is wrong with a body.
                assert_eq!(call(Some(token), "{").await, refused, "{method} {path}: {what}");
            }
        }
        if !matches!(whose, Everybody | Anyone) {
            assert_eq!(call(None, &body).await, refused, "{method} {path}");
        }
        for token in [p.token("cleo", 900), bot.clone()] {
            let (status, code) = call(Some(&token), &body).await;
            match whose {
                Theirs => assert!(matches!(status, 403 | 404), "{method} {path} {status} {code}"),
                Staff => assert_eq!((status, code.as_str()), (403, "forbidden"), "{method} {path}"),
                _ => assert!(status < 500 && status != 401, "{method} {path} {status} {code}"),
            }
        }
    }
    let mut after = of_ada(&p).await;
    // What cleo may do: vote, and report bob.
    let polls = &mut after[5]["items"][0];
    assert_eq!((&polls["votes"], &polls["voters"]), (&json!([1, 0]), &json!(1)));
    (polls["votes"], polls["voters"]) = (json!([0, 0]), json!(0));
    let reports = after[6]["items"].as_array_mut().unwrap();
    reports.retain(|r| r["id"] == things.report.as_str());
    assert_eq!(after, before, "nothing else of hers has changed");
    let (_, log) = p.call(0, "GET", "rooms/ada/messages", Some("ada"), Value::Null).await;
    assert!(log.to_string().contains("keep me") && log.to_string().contains(&room_id("ada")));
}
