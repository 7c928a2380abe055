//! From a click to the query, and from a line of chat to who reads it at another node: what one call through the public origin causes in all
//! services is one trace, which a real receiver gets. The log of what took long leads there. Nothing that people sent, kept or were given is in it.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use streamly_e2e::{Platform, chat, nodes::ChatNode};
use streamly_testkit::traces::{Seen, TraceReceiver};

/// What a stranger says that the trace is.
const FORGED: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PASSWORD: &str = "correct horse battery";
const BY_NAME: &str = "streamly.user.v1.UserService/GetUsersByName";

/// Settings of all services: everything is recorded and sent there, and all that is recorded took long.
fn settings(endpoint: &str) -> Vec<(String, String)> {
    let all = ["USER", "STREAM", "CHAT", "INGEST", "WEB"].into_iter();
    all.flat_map(|service| {
        let key = |name: &str| format!("STREAMLY_{service}__TRACING__{name}");
        let set = |name: &str, value: &str| (key(name), value.to_owned());
        [set("OTLP_ENDPOINT", endpoint), set("SAMPLE_RATIO", "1"), set("SLOW", "0s")]
    })
    .collect()
}

fn as_env(settings: &[(String, String)]) -> Vec<(&str, &str)> {
    settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// The trace of the request with that id, whose first span is web's.
fn trace<'a>(all: &'a [Seen], request: &str) -> Vec<&'a Seen> {
    let is_first = |span: &&Seen| span.service == "web" && span.attribute("streamly.request_id") == request;
    let Some(first) = all.iter().find(is_first) else { return Vec::new() };
    all.iter().filter(|span| span.trace == first.trace).collect()
}

/// Whether there is one first span, and each other one's parent.
fn is_whole(trace: &[&Seen]) -> bool {
    let has_parent = |span: &&&Seen| trace.iter().any(|parent| parent.id == span.parent);
    trace.iter().filter(|span| !has_parent(span)).count() == 1 && trace.iter().any(|s| s.parent.is_empty())
}

fn of<'a>(trace: &[&'a Seen], service: &str, name: &str) -> Option<&'a Seen> {
    trace.iter().find(|span| span.service == service && span.name == name).copied()
}

/// The names of what a span is below, from itself to the first one.
fn way(trace: &[&Seen], of: &Seen) -> Vec<String> {
    let (mut names, mut at) = (Vec::new(), Some(of));
    while let Some(span) = at {
        names.push(format!("{} {}", span.service, span.name));
        at = trace.iter().find(|parent| parent.id == span.parent).copied();
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_call_causes_is_one_trace_from_the_public_origin_to_the_statements() -> Result<()> {
    let receiver = TraceReceiver::start().await?;
    let settings = settings(&receiver.url());
    let platform = Platform::start_with(&[], &as_env(&settings)).await?;
    let ada = platform.register("ada").await?;

    // The edge's own matters are not traced.
    for path in ["/health", "/live/ada/index.m3u8", "/live/b/1/source/index.m3u8"] {
        platform.http.get(platform.url(path)).send().await?;
    }
    let forged = format!("00-{FORGED}-00f067aa0ba902b7-01");
    let bob = json!({"username": "bob", "email": "bob@example.org", "password": PASSWORD});
    let register = platform.http.post(platform.url("/api/auth/register?hidden=words")).json(&bob);
    let register = register.header("traceparent", &forged).header("x-request-id", "the-registration");
    let answer = register.send().await?;
    ensure!(answer.status() == 201, "register: {}", answer.status());
    let token: serde_json::Value = answer.json().await?;
    let token = token["access_token"].as_str().context("no access token")?.to_owned();
    let follow = platform.http.put(platform.url("/api/streams/ada/follow")).bearer_auth(&token);
    let follow = follow.header("traceparent", &forged).header("x-request-id", "the-follow");
    let answer = follow.send().await?;
    ensure!(answer.status().is_success(), "follow: {}", answer.status());

    let all = receiver
        .until("both calls with all that they caused", |all| {
            let (register, follow) = (trace(all, "the-registration"), trace(all, "the-follow"));
            is_whole(&register) && is_whole(&follow) && of(&follow, "user", BY_NAME).is_some()
        })
        .await?;

    let register = trace(&all, "the-registration");
    let insert = of(&register, "user", "INSERT streamly_users").context("no statement")?;
    ensure!(
        way(&register, insert)
            == [
                "user INSERT streamly_users",
                "user POST /api/auth/register",
                "web POST",
                "web POST /api/{rest:.*}"
            ],
        "{:?}",
        way(&register, insert)
    );
    ensure!(insert.attribute("db.query.text").starts_with("INSERT INTO "), "{insert:?}");
    ensure!(of(&register, "user", "COMMIT streamly_users").is_some(), "{register:?}");

    let follow = trace(&all, "the-follow");
    let asked = of(&follow, "user", BY_NAME).context("user was not asked")?;
    let at_user = follow.iter().find(|span| span.parent == asked.id).context("no statement")?;
    ensure!(at_user.attribute("db.namespace") == "streamly_users", "{at_user:?}");
    let way_down = way(&follow, at_user);
    // From user's statement over user's and stream's ends of the gRPC call to the two of HTTP.
    ensure!(way_down.len() == 6, "{way_down:?}");
    ensure!(way_down[1..3] == [format!("user {BY_NAME}"), format!("stream {BY_NAME}")], "{way_down:?}");
    ensure!(way_down[3].starts_with("stream PUT /api/streams/{"), "{way_down:?}");
    let at_stream = follow.iter().find(|span| span.service == "stream" && span.is_server);
    let at_stream = at_stream.context("no call of stream")?;
    ensure!(!at_stream.attribute("user.id").is_empty(), "{at_stream:?}");
    ensure!(follow.iter().any(|span| span.attribute("db.system.name") == "redis"), "{follow:?}");

    for span in &all {
        ensure!(span.trace != FORGED, "a stranger says what is recorded: {span:?}");
        let route = span.attribute("http.route");
        ensure!(!route.starts_with("/live") && !route.starts_with("/health"), "{span:?}");
        let given = [token.as_str(), ada.token.as_str()];
        for secret in [PASSWORD, "@example.org", "hidden=words", "Bearer"].into_iter().chain(given) {
            ensure!(!span.raw.contains(secret), "{secret} is in {span:?}");
        }
    }
    // From the log of what took long one comes to the trace.
    let trace = &of(&register, "user", "POST /api/auth/register").context("no call of user")?.trace;
    let (_, data) = platform.stop().await?;
    let log = std::fs::read_to_string(data.path().join("streamly.log"))?;
    let told = log.lines().filter(|line| line.contains("a recorded call took long") && line.contains(trace));
    let calls: Vec<&str> = told.filter(|line| line.contains("\"POST /api/auth/register\"")).collect();
    ensure!(calls.len() == 1, "{calls:?}");
    Ok(())
}

/// Where that message was given out.
fn given_out<'a>(all: &'a [Seen], id: &str) -> Vec<&'a Seen> {
    let is_of_it = |span: &&Seen| span.is_consumer && span.attribute("messaging.message.id") == id;
    all.iter().filter(is_of_it).collect()
}

/// The trace of that message, and the one of what opened its writer's socket, once both are whole and both nodes have given the message out.
fn story<'a>(all: &'a [Seen], id: &str) -> Option<[Vec<&'a Seen>; 2]> {
    let of_trace = |trace: &str| all.iter().filter(|span| span.trace == trace).collect::<Vec<_>>();
    let given = given_out(all, id);
    let line = of_trace(&given.first()?.trace);
    let opening = of_trace(&of(&line, "chat", "ws say")?.links.first()?.0);
    let is_there = given.len() == 2 && of(&opening, "chat", "GET /ws").is_some();
    (is_there && is_whole(&line) && is_whole(&opening)).then_some([line, opening])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_chat_is_one_trace_from_its_writer_to_a_viewer_at_another_node() -> Result<()> {
    let receiver = TraceReceiver::start().await?;
    let settings = settings(&receiver.url());
    let env = as_env(&settings);
    let platform = Platform::start_with(&["--processes"], &env).await?;
    let other = ChatNode::start(&platform, &env).await?;
    let ada = platform.register("ada").await?;
    // The writer comes through web, the viewer straight to the other node.
    let through_web = platform.url("/ws").replacen("http", "ws", 1);
    let mut writer = chat::join(&through_web, Some(&ada), "ada").await?;
    let mut viewer = chat::join(&other.url(), None, "ada").await?;
    let said = chat::say(&mut writer, "ada", "a xylophone").await?;
    let id = said["id"].as_str().context("no id")?;
    let seen = chat::next(&mut viewer, "message").await?;
    ensure!(seen["id"] == said["id"], "{seen}");

    let all = receiver.until("both nodes have given it out", |all| story(all, id).is_some()).await?;
    let [line, opened] = story(&all, id).context("it was there")?;
    let given = given_out(&all, id);
    for one in &given {
        let way = way(&line, one);
        ensure!(way == ["chat process chat:ROOM", "chat publish chat:ROOM", "chat ws say"], "{way:?}");
        ensure!(one.attribute("streamly.chat.sockets") == "1", "{one:?}");
    }
    // The line begins a trace of its own and leads to what opened its socket: chat's part of a call of web.
    let frame = of(&line, "chat", "ws say").context("no frame")?;
    let opening = of(&opened, "chat", "GET /ws").context("no opening")?;
    ensure!(frame.links == [(opening.trace.clone(), opening.id.clone())], "{frame:?}");
    let way = way(&opened, opening);
    ensure!(way == ["chat GET /ws", "web GET", "web GET /ws"], "{way:?}");
    for span in &all {
        ensure!(!span.raw.contains("xylophone") && !span.raw.contains(&ada.token), "{span:?}");
    }
    drop(other);
    platform.stop().await?;
    Ok(())
}
