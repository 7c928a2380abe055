//! Many messages in one script are what they are one by one: each has its own answer, and one that fails stops no other.

use super::{author, ids, log, terms};
use crate::{
    bus::{Floor, Log, Page, channel, scripts::Terms},
    log_id::LogId,
};
use futures_util::future::join_all;
use std::{collections::BTreeSet, time::Duration};
use streamly_domain::ChannelId;
use streamly_redis::Delivery;
use streamly_telemetry::{
    TracingConfig,
    trace::{Span, Traces},
};
use streamly_testkit::{redis::RedisServer, traces::TraceReceiver};

/// A node whose messages wait for one another so long that all of a test's go in the second turn.
async fn busy(server: &RedisServer) -> Log {
    let together = Duration::from_millis(200);
    let node = log(server, Terms { together, patience: Duration::from_secs(2), ..terms("n1") }).await;
    // The first of a while goes by itself.
    say(&node, ChannelId::new(), "first", "first").await.unwrap();
    node
}

async fn say(log: &Log, room: ChannelId, nonce: &str, text: &str) -> Result<(LogId, bool), String> {
    let said = log.say(room, Floor::default(), author(), nonce, format!("\"text\":\"{text}\"")).await;
    said.map(|a| (a.id, a.repeated)).map_err(|e| e.details())
}

async fn kept(log: &Log, room: ChannelId) -> Vec<LogId> {
    match log.page(room, &Floor::default(), LogId::default(), 500, false).await.unwrap() {
        Page::Whole { entries, .. } => ids(&entries),
        Page::Unsettled { .. } => panic!("unsettled"),
    }
}

/// How often scripts were run.
fn runs(server: &RedisServer) -> u64 {
    let stats = server.command(&["INFO", "commandstats"]).unwrap();
    let of_scripts = stats.lines().filter(|l| l.starts_with("cmdstat_eval"));
    of_scripts.filter_map(|l| l.split_once("calls=")?.1.split_once(',')?.0.parse::<u64>().ok()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_rooms_messages_are_one_run_and_each_gets_its_own_answer() {
    let server = RedisServer::start().unwrap();
    let node = busy(&server).await;
    let rooms: Vec<ChannelId> = (0..5).map(|_| ChannelId::new()).collect();
    let before = runs(&server);
    let said = (0..100).map(|n| {
        let (node, room) = (&node, rooms[n % 5]);
        async move { say(node, room, &format!("n{n}"), &n.to_string()).await.unwrap() }
    });
    let said = join_all(said).await;
    assert!(runs(&server) - before <= 8, "{} runs of scripts for 100 messages", runs(&server) - before);
    for (at, room) in rooms.iter().enumerate() {
        let answered: BTreeSet<LogId> = said.iter().skip(at).step_by(5).map(|(id, _)| *id).collect();
        let kept = kept(&node, *room).await;
        assert_eq!((answered.len(), kept.len()), (20, 20), "each its own id");
        assert!(kept.is_sorted() && kept.into_iter().eq(answered), "what is answered is what is kept");
    }
    assert!(said.iter().all(|(_, repeated)| !repeated));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_twice_in_one_run_is_one_message_and_a_script_that_was_forgotten_is_told_again() {
    let server = RedisServer::start().unwrap();
    let node = busy(&server).await;
    let room = ChannelId::new();
    server.command(&["SCRIPT", "FLUSH"]).unwrap();
    let twice = join_all((0..6).map(|n| say(&node, room, ["a", "b"][n % 2], "x"))).await;
    let said: Vec<_> = twice.into_iter().map(Result::unwrap).collect();
    let ids: BTreeSet<LogId> = said.iter().map(|(id, _)| *id).collect();
    assert_eq!((ids.len(), said.iter().filter(|(_, repeated)| *repeated).count()), (2, 4));
    assert_eq!(kept(&node, room).await, ids.into_iter().collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_fails_stops_no_other_of_its_run() {
    let server = RedisServer::start().unwrap();
    let node = busy(&server).await;
    let (good, bad) = (ChannelId::new(), ChannelId::new());
    server.command(&["SET", &format!("chat:{{{bad}}}:log"), "no stream"]).unwrap();
    let said = join_all((0..12).map(|n| {
        let (node, room) = (&node, if n % 3 == 1 { bad } else { good });
        async move { (room, say(node, room, &format!("n{n}"), "x").await) }
    }))
    .await;
    for (room, answer) in said {
        assert_eq!(answer.is_ok(), room == good, "{answer:?}");
    }
    assert_eq!(kept(&node, good).await.len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_of_one_run_that_are_parts_of_traces_are_published_with_them_and_the_others_without() {
    let (server, receiver) = (RedisServer::start().unwrap(), TraceReceiver::start().await.unwrap());
    let config =
        TracingConfig { otlp_endpoint: receiver.url(), sample_ratio: 1.0, ..TracingConfig::default() };
    let traces = Traces::start(&config, "chat", "1").unwrap();
    let (node, room) = (busy(&server).await, ChannelId::new());
    let mut subscriber = node.redis().subscriber().await.unwrap();
    subscriber.subscriptions().ssubscribe(&channel(room)).await.unwrap();
    let spans: Vec<Span> = (0..12)
        .map(|n| if n % 3 == 1 { traces.server(|| "say".into(), None) } else { Span::none() })
        .collect();
    let before = runs(&server);
    let said = spans.iter().enumerate().map(|(n, span)| {
        let node = &node;
        span.clone().scope(async move { say(node, room, &format!("n{n}"), "x").await.unwrap() })
    });
    assert_eq!(join_all(said).await.len(), 12);
    assert!(runs(&server) - before <= 4, "{} runs of scripts", runs(&server) - before);
    let mut heard = BTreeSet::new();
    while heard.len() < 12 {
        let next = tokio::time::timeout(Duration::from_secs(20), subscriber.next()).await;
        let next = next.expect("all are published").expect("the subscription goes on");
        let Delivery::Message { payload, .. } = next else { continue };
        let payload = String::from_utf8(payload.to_vec()).unwrap();
        let lines: Vec<&str> = payload.split('\n').collect();
        let Some(n) = lines.get(5).and_then(|nonce| nonce.strip_prefix('n')?.parse::<usize>().ok()) else {
            continue;
        };
        let header = lines[2].split_once(' ').map(|(_, header)| header[3..35].to_owned());
        assert_eq!(header, spans[n].trace_id(), "{payload}");
        assert_eq!(lines.len(), 8, "{payload}");
        heard.insert(n);
    }
}
