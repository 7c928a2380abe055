//! Bounds: slow readers, sockets, rooms, the pace of messages, and the drain at a stop.

use crate::{
    app::{Platform, until},
    client::Client,
};
use serde_json::json;
use std::time::Instant;
use streamly_config::{ByteSize, Duration};

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_cut_with_4008_while_others_go_on() {
    const COUNT: usize = 120;
    let p = Platform::with(1, |c| {
        (c.limits.queue_frames, c.limits.frames_burst) = (32, 10_000);
        (c.limits.send_buffer, c.limits.max_text) = (ByteSize::new(4 << 10), c.limits.max_message);
        c.limits.close_timeout = Duration::from_secs(15);
    })
    .await;
    let mut slow = Client::with_small_buffers(&p, 0).await;
    slow.hello(None).await;
    slow.join("ada").await;
    let (mut ada, mut reader) = (p.join(0, Some("ada")).await, p.join(0, None).await);
    let long = "👩‍👩‍👧‍👦".repeat(490);
    for n in 0..COUNT {
        let text = format!("{n} {long}");
        ada.send(json!({"type":"say","room":"ada","text":text})).await;
        // One at a time: nobody but the slow one has anything waiting.
        ada.wait_for("message").await;
        assert_eq!(reader.wait_for("message").await["text"], text);
    }
    assert_eq!(slow.close_code().await, Some(4008));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_stop_every_socket_hears_reconnect_then_1001_within_two_seconds() {
    let mut p = Platform::start(2).await;
    let mut all = Vec::new();
    for _ in 0..12 {
        all.push(p.join(0, None).await);
    }
    let mut other = p.join(1, Some("ada")).await;
    let stopped = Instant::now();
    p.nodes[0].stop.start();
    for client in &mut all {
        let wait = client.wait_for("reconnect").await["after_ms"].as_u64().unwrap();
        assert!(wait < 5_000, "{wait}");
        assert_eq!(client.close_code().await, Some(1001));
    }
    drop(all);
    assert!(stopped.elapsed() < std::time::Duration::from_secs(2), "{:?}", stopped.elapsed());
    p.nodes.remove(0).served.await.unwrap().unwrap();
    assert!(stopped.elapsed() < std::time::Duration::from_secs(4), "{:?}", stopped.elapsed());
    other.said("the other node goes on").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_sockets_than_configured_and_a_place_is_given_back() {
    let p = Platform::with(1, |c| {
        (c.limits.max_connections, c.limits.max_connections_per_address) = (3, 2);
    })
    .await;
    let from = |address| Some(("x-forwarded-for", address));
    let first = p.open(0, from("203.0.113.9")).await.unwrap();
    let _second = p.open(0, from("203.0.113.9")).await.unwrap();
    assert_eq!(p.refusal(0, from("203.0.113.9")).await, 429);
    let _third = p.open(0, from("203.0.113.10")).await.unwrap();
    assert_eq!(p.refusal(0, from("203.0.113.11")).await, 503);
    drop(first);
    until("a place is free", async || p.open(0, from("203.0.113.9")).await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_an_ingress_a_socket_takes_the_place_of_the_client_that_the_ingress_saw() {
    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::TcpStream,
    };
    let p = Platform::with(1, |c| {
        c.limits.max_connections_per_address = 1;
        c.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    })
    .await;
    // The peer is on this machine, as a proxy may be.
    let open = async |named: &[&str]| {
        let mut socket = TcpStream::connect(p.nodes[0].at.http).await.unwrap();
        let named: String = named.iter().map(|line| format!("X-Forwarded-For: {line}\r\n")).collect();
        let head = format!(
            "GET /ws HTTP/1.1\r\nHost: stream.example\r\n{named}Connection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut socket = BufReader::new(socket);
        let mut status = String::new();
        tokio::time::timeout(crate::app::PATIENCE, socket.read_line(&mut status)).await.unwrap().unwrap();
        (socket, status.split(' ').nth(1).unwrap_or_default().to_owned())
    };
    let first = open(&["203.0.113.9"]).await;
    assert_eq!(first.1, "101");
    // Another name in a line of its own, or before the one that the proxy adds, is no other place.
    for named in [&["198.51.100.1", "203.0.113.9"][..], &["198.51.100.2, 203.0.113.9, 10.1.2.3"]] {
        assert_eq!(open(named).await.1, "429", "{named:?}");
    }
    let other = open(&["198.51.100.3, 203.0.113.10"]).await;
    assert_eq!(other.1, "101");
    drop((first, other));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_rooms_than_configured_and_leaving_one_makes_place() {
    let p = Platform::with(1, |c| (c.limits.max_rooms, c.limits.join_interval) = (2, Duration::from_secs(0)))
        .await;
    let mut ada = p.join(0, Some("ada")).await;
    ada.join("bob").await;
    ada.send(json!({"type":"join","room":"cleo"})).await;
    let error = ada.wait_for("error").await;
    assert_eq!((error["code"].as_str(), error["room"].as_str()), (Some("too_many_rooms"), Some("cleo")));
    ada.join("bob").await;
    ada.send(json!({"type":"leave","room":"bob"})).await;
    ada.wait_for("left").await;
    ada.join("cleo").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_have_a_pace_also_of_rooms_that_were_left_and_an_address_has_one_over_its_sockets() {
    let p = Platform::with(1, |c| {
        c.rate_limits = true;
        (c.limits.joins_per_second, c.limits.joins_burst) = (1, 4);
        (c.limits.address_joins_per_second, c.limits.address_joins_burst) = (1, 6);
    })
    .await;
    let from = || p.open(0, Some(("x-forwarded-for", "203.0.113.9")));
    let (mut one, mut other) = (from().await.unwrap(), from().await.unwrap());
    for client in [&mut one, &mut other] {
        client.send(json!({"type":"hello","v":1})).await;
        client.wait_for("welcome").await;
    }
    for _ in 0..4 {
        one.join("bob").await;
        one.send(json!({"type":"leave","room":"bob"})).await;
        one.wait_for("left").await;
    }
    for (client, rooms) in [(&mut one, &["bob"][..]), (&mut other, &["nobody1", "nobody2", "bob"])] {
        for room in rooms {
            client.send(json!({"type":"join","room":room})).await;
        }
        loop {
            let error = client.wait_for("error").await;
            if error["code"] != "channel_not_found" {
                assert_eq!(
                    (error["code"].as_str(), error["room"].as_str()),
                    (Some("rate_limited"), Some("bob"))
                );
                assert!((1..=1_000).contains(&error["retry_after_ms"].as_u64().unwrap()));
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pace_of_messages_is_shared_by_the_nodes_and_each_nodes_own_while_redis_is_away() {
    let mut p = Platform::with(2, |c| {
        c.rate_limits = true;
        (c.limits.say_interval, c.limits.say_burst) = (Duration::from_secs(60), 3);
        c.redis.command_timeout = Duration::from_millis(200);
    })
    .await;
    let (mut here, mut there) = (p.join(0, Some("ada")).await, p.join(1, Some("ada")).await);
    here.said("1").await;
    there.said("2").await;
    here.said("3").await;
    for client in [&mut here, &mut there] {
        client.say("4").await;
        let error = client.wait_for("error").await;
        assert_eq!((error["code"].as_str(), error["nonce"].as_str()), (Some("rate_limited"), Some("4")));
        let wait = error["retry_after_ms"].as_u64().unwrap();
        assert!((50_000..=60_000).contains(&wait), "{wait}");
    }
    p.join(1, Some("bob")).await.said("others have a pace of their own").await;
    p.redis.kill();
    for expected in ["unavailable", "unavailable", "unavailable", "rate_limited"] {
        here.say("away").await;
        assert_eq!(here.wait_for("error").await["code"], expected);
    }
    there.say("away").await;
    assert_eq!(there.wait_for("error").await["code"], "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pace_that_was_too_fast_may_go_on_after_the_time_it_was_told() {
    let p = Platform::with(1, |c| {
        c.rate_limits = true;
        (c.limits.say_interval, c.limits.say_burst) = (Duration::from_millis(300), 1);
    })
    .await;
    let mut ada = p.join(0, Some("ada")).await;
    ada.said("1").await;
    ada.say("2").await;
    let wait = ada.wait_for("error").await["retry_after_ms"].as_u64().unwrap();
    assert!((1..=300).contains(&wait), "{wait}");
    tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
    ada.said("2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_say_nothing_are_bounded_too_and_health_is_still_answered() {
    use tokio::{io::AsyncReadExt, net::TcpStream};
    // As many as are still read beyond the bound, to be answered 503.
    const SPARE: usize = 64;
    let p = Platform::with(1, |c| {
        c.limits.max_connections = 2;
        c.limits.hello_timeout = Duration::from_secs(600);
    })
    .await;
    let at = p.nodes[0].at.http;
    let mut silent = Vec::new();
    for _ in 0..2 {
        silent.push(TcpStream::connect(at).await.unwrap());
    }
    assert_eq!(p.refusal(0, None).await, 503);
    assert_eq!(p.get(at, "/health").await.0, 200);
    // At least the last of these finds no place: those before it are accepted before it.
    for _ in 0..=SPARE {
        silent.push(TcpStream::connect(at).await.unwrap());
    }
    let last = silent.last_mut().unwrap();
    let read = tokio::time::timeout(crate::app::PATIENCE, last.read(&mut [0u8; 16])).await.unwrap();
    assert_eq!(read.unwrap_or(0), 0);
    drop(silent);
    until("a place is free", async || p.open(0, None).await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_a_pace_whoever_writes_from_it_on_whatever_node() {
    let p = Platform::with(2, |c| {
        c.rate_limits = true;
        (c.limits.address_interval, c.limits.address_burst) = (Duration::from_secs(60), 2);
    })
    .await;
    let from = async |node: usize, name: &str, address: &str| {
        let mut client = p.open(node, Some(("x-forwarded-for", address))).await.unwrap();
        client.hello(Some(p.token(name, 900))).await;
        client.join("ada").await;
        client
    };
    let mut ada = from(0, "ada", "2001:db8:1:200::1").await;
    let mut bob = from(1, "bob", "2001:db8:1:2ff::2").await;
    ada.said("1").await;
    bob.said("2").await;
    bob.say("3").await;
    let error = bob.wait_for("error").await;
    let wait = error["retry_after_ms"].as_u64().unwrap();
    assert!(error["code"] == "rate_limited" && (50_000..=60_000).contains(&wait), "{error}");
    from(1, "bob", "2001:db8:1:300::2").await.said("another address").await;
    p.join(0, Some("cleo")).await.said("none that is known").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_room_has_a_pace_whoever_writes_in_it_and_another_room_its_own() {
    let mut p = Platform::with(2, |c| {
        c.rate_limits = true;
        (c.limits.room_interval, c.limits.room_burst) = (Duration::from_secs(60), 2);
        c.redis.command_timeout = Duration::from_millis(200);
    })
    .await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(1, Some("bob")).await);
    ada.said("1").await;
    bob.said("2").await;
    ada.say("3").await;
    assert_eq!(ada.wait_for("error").await["code"], "rate_limited");
    bob.join("cleo").await;
    bob.send(json!({"type": "say", "room": "cleo", "text": "elsewhere"})).await;
    assert_eq!(bob.wait_for("message").await["text"], "elsewhere");
    // In this process alone while Redis is away: what is refused there is not even tried.
    p.redis.kill();
    for expected in ["unavailable", "unavailable", "rate_limited"] {
        bob.say("away").await;
        assert_eq!(bob.wait_for("error").await["code"], expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_by_rest_have_a_pace_and_are_told_when_to_go_on() {
    let p = Platform::with(2, |c| {
        c.rate_limits = true;
        (c.limits.act_interval, c.limits.act_burst) = (Duration::from_secs(60), 2);
    })
    .await;
    let patch = async |node: usize, by: &str, slow: u64| {
        p.call(node, "PATCH", "rooms/ada/settings", Some(by), json!({"slow_s": slow})).await
    };
    assert_eq!((patch(0, "mia", 1).await.0, patch(1, "mia", 2).await.0), (200, 200));
    let (status, problem) = patch(0, "mia", 3).await;
    assert_eq!((status, &problem["code"]), (429, &json!("rate_limited")));
    assert_eq!(patch(0, "ada", 4).await.0, 200, "others have a pace of their own");
}
