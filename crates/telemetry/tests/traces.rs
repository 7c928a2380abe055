//! Traces against a real receiver: what arrives of a call that causes others, who decides whether it is recorded, and that a receiver that is
//! away or says nothing costs spans and nothing else.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{net::TcpListener, time::Duration};
use streamly_telemetry::{
    TracingConfig, metrics,
    trace::{Parent, Span, Traces},
};
use streamly_testkit::traces::{Seen, TraceReceiver};

fn config(endpoint: String, sample_ratio: f64) -> TracingConfig {
    TracingConfig { otlp_endpoint: endpoint, sample_ratio, ..TracingConfig::default() }
}

fn named<'a>(all: &'a [Seen], name: &str) -> &'a Seen {
    all.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name} in {all:?}"))
}

#[tokio::test]
async fn what_a_call_causes_here_and_elsewhere_is_one_trace() {
    let receiver = TraceReceiver::start().await.unwrap();
    let web = Traces::start(&config(receiver.url(), 1.0), "web", "1.2.3").unwrap();
    let user = Traces::start(&config(receiver.url(), 0.0), "user", "1.2.3").unwrap();

    let came = web.server(|| "POST /api/{rest}".into(), None);
    let header = came
        .clone()
        .scope(async {
            assert!(Span::current().is_recorded());
            let call = Span::current().client(|| "POST".into());
            call.number("http.response.status_code", 201);
            call.traceparent().unwrap()
        })
        .await;
    assert!(!Span::current().is_recorded(), "only what runs in the scope is in the span");
    came.end();

    // The other service records nothing of its own, but what it was told to.
    let inner = user.server(|| "POST /api/auth/register".into(), Parent::parse(&header));
    inner.text("streamly.request_id", "1-2-3");
    inner.failed("503");
    assert_eq!(inner.trace_id(), came.trace_id());
    // Who is not answered to ends it too.
    drop(inner);
    let alone = user.server(|| "GET /alone".into(), None);
    assert!(!alone.is_recorded() && alone.trace_id().is_none());
    drop(alone);

    let all = receiver.until("both services' spans", |all| all.len() >= 3).await.unwrap();
    assert_eq!(all.len(), 3, "{all:?}");
    let (first, call, inner) =
        (named(&all, "POST /api/{rest}"), named(&all, "POST"), named(&all, "POST /api/auth/register"));
    assert!(first.parent.is_empty() && first.is_server && call.is_client && inner.is_server);
    assert_eq!((&call.parent, &inner.parent), (&first.id, &call.id));
    assert!(all.iter().all(|span| span.trace == first.trace && span.version == "1.2.3"));
    assert_eq!((first.service.as_str(), inner.service.as_str()), ("web", "user"));
    assert_eq!(call.attribute("http.response.status_code"), "201");
    assert_eq!((inner.attribute("streamly.request_id"), inner.attribute("error.type")), ("1-2-3", "503"));
    assert!(inner.failed && !first.failed);
    web.close().await;
    user.close().await;
    receiver.stop().await.unwrap();
}

#[tokio::test]
async fn a_trace_that_is_not_recorded_stays_so_wherever_it_goes_and_keeps_its_id() {
    let receiver = TraceReceiver::start().await.unwrap();
    let web = Traces::start(&config(receiver.url(), 0.0), "web", "1").unwrap();
    let user = Traces::start(&config(receiver.url(), 1.0), "user", "1").unwrap();
    let came = web.server(|| "GET /a".into(), None);
    let header = came.client(|| unreachable!("nobody needs its name")).traceparent().unwrap();
    assert!(header.ends_with("-00"), "{header}");
    let inner = user.server(|| "GET /b".into(), Parent::parse(&header));
    let (_, rest) = header.split_once('-').unwrap();
    let id = &rest[..32];
    assert!(inner.traceparent().unwrap().starts_with(&format!("00-{id}-")) && !inner.is_recorded());
    drop((came, inner));
    // What it is not told of it decides itself.
    drop(user.server(|| "GET /c".into(), Parent::parse("00-not-a-header-01")));
    web.close().await;
    user.close().await;
    let all = receiver.until("what it decided itself", |all| !all.is_empty()).await.unwrap();
    let names: Vec<_> = all.into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["GET /c"]);
}

#[tokio::test]
async fn what_is_told_is_done_elsewhere_in_one_trace_and_calls_on_a_connection_are_traces_of_their_own() {
    let receiver = TraceReceiver::start().await.unwrap();
    let here = Traces::start(&config(receiver.url(), 1.0), "here", "1").unwrap();
    // It records what it is told of, and nothing that begins there.
    let there = Traces::start(&config(receiver.url(), 0.0), "there", "1").unwrap();
    let off = Traces::default();

    let opening = here.server(|| "GET /ws".into(), None);
    opening.end();
    let said = here.on_connection(|| "say".into(), &opening);
    let told = said.producer(|| "publish".into());
    let header = told.traceparent().unwrap();
    told.end();
    said.end();
    let cause = Parent::parse(&header).unwrap();
    there.consumer(|| "process".into(), cause.clone()).end();
    assert!(!off.consumer(|| unreachable!("nobody needs its name"), cause).is_recorded());

    // Of what is not recorded nothing is told along, and nothing is done under it.
    let silent = there.on_connection(|| "silent".into(), &opening);
    assert!(!silent.is_recorded());
    let nothing = silent.producer(|| unreachable!("nobody needs its name"));
    assert_eq!(nothing.traceparent(), None);
    let unrecorded = Parent::parse(&silent.traceparent().unwrap()).unwrap();
    assert_eq!(here.consumer(|| unreachable!("nobody needs its name"), unrecorded).traceparent(), None);
    // A link leads somewhere, or there is none.
    here.on_connection(|| "alone".into(), &silent).end();
    drop((silent, nothing));

    let all = receiver.until("five spans", |all| all.len() >= 5).await.unwrap();
    assert_eq!(all.len(), 5, "{all:?}");
    let [opening, said, told, done, alone] =
        ["GET /ws", "say", "publish", "process", "alone"].map(|name| named(&all, name));
    assert!(said.parent.is_empty() && said.is_server && said.trace != opening.trace);
    assert_eq!(said.links, [(opening.trace.clone(), opening.id.clone())]);
    assert!(told.is_producer && done.is_consumer && done.service == "there");
    assert_eq!((&told.parent, &done.parent), (&said.id, &told.id));
    assert!([told, done].iter().all(|span| span.trace == said.trace && span.links.is_empty()));
    assert!(alone.parent.is_empty() && alone.links.is_empty());
    here.close().await;
    there.close().await;
}

#[tokio::test]
async fn without_a_receiver_there_is_no_span_and_no_name_is_made() {
    let off = Traces::start(&TracingConfig::default(), "web", "1").unwrap();
    assert!(!off.is_on());
    let span = off.server(|| unreachable!("nobody needs its name"), None);
    let below = span.client(|| unreachable!("nobody needs its name"));
    below.text("a", "b");
    below.failed("c");
    below.end();
    assert!(below.traceparent().is_none() && below.trace_id().is_none());
    assert_eq!(span.scope(async { Span::current().traceparent() }).await, None);
    off.close().await;
}

/// The count of spans of a service, as `/metrics` tells it.
fn counted(service: &str, outcome: &str) -> u64 {
    let all = metrics().unwrap().render();
    let labels = [format!("service=\"{service}\""), format!("outcome=\"{outcome}\"")];
    let mut lines = all.lines().filter(|line| line.starts_with("streamly_traces_spans_total{"));
    let line = lines.find(|line| labels.iter().all(|label| line.contains(label)));
    line.unwrap_or_else(|| panic!("not counted: {all}")).rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_receiver_that_is_away_costs_spans_and_when_it_is_back_later_ones_arrive() {
    metrics().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = TracingConfig { queue: 8, ..config(format!("http://{address}"), 1.0) };
    let traces = Traces::start(&settings, "away", "1").unwrap();
    // One thread, and nothing is waited for: only what does not wait comes to an end here.
    for _ in 0..1_000 {
        traces.server(|| "early".into(), None).end();
    }
    assert_eq!(counted("away", "dropped"), 992);
    let given_up = async {
        while counted("away", "failed") < 8 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), given_up).await.expect("the first ones are given up");
    let receiver = TraceReceiver::at(address).await.unwrap();
    let later = async {
        while receiver.spans().iter().all(|span| span.name != "later") {
            traces.server(|| "later".into(), None).end();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), later).await.expect("a span that ended later arrives");
    assert!(receiver.spans().iter().all(|span| span.service == "away" && span.name == "later"));
    traces.close().await;
}

#[tokio::test]
async fn a_receiver_that_takes_connections_and_says_nothing_holds_nobody_up() {
    metrics().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let settings = TracingConfig {
        queue: 4,
        timeout: streamly_config::Duration::from_millis(50),
        ..config(endpoint, 1.0)
    };
    let traces = Traces::start(&settings, "silent", "1").unwrap();
    let lost = async {
        while counted("silent", "failed") < 2 {
            traces.server(|| "lost".into(), None).end();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), lost).await.expect("batches are given up");
    traces.close().await;
    assert_eq!(counted("silent", "sent"), 0);
}
