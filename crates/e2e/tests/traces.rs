//! From a click to the query: what one call through the public origin causes in all services is one trace, which a real receiver gets; and
//! nothing that people sent, kept or were given is in it.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use streamly_e2e::Platform;
use streamly_testkit::traces::{Seen, TraceReceiver};

/// What a stranger says that the trace is.
const FORGED: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PASSWORD: &str = "correct horse battery";
const BY_NAME: &str = "streamly.user.v1.UserService/GetUsersByName";

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
    let endpoint = receiver.url();
    let services = ["USER", "STREAM", "CHAT", "INGEST", "WEB"];
    let settings: Vec<(String, &str)> = services
        .iter()
        .flat_map(|service| {
            let key = |name: &str| format!("STREAMLY_{service}__TRACING__{name}");
            [(key("OTLP_ENDPOINT"), endpoint.as_str()), (key("SAMPLE_RATIO"), "1")]
        })
        .collect();
    let env: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (key.as_str(), *value)).collect();
    let platform = Platform::start_with(&[], &env).await?;
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
    platform.stop().await?;
    Ok(())
}
