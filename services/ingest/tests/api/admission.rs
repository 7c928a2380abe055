//! Who gets in, and how everybody else is turned away.

use crate::app::{TestApp, tags};
use bytes::Bytes;
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use streamly_config::Duration as Setting;
use streamly_testkit::{
    flv::{Kind, Tag},
    publisher::Refused,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn a_wrong_or_empty_key_is_told_so_before_any_media() {
    let app = TestApp::spawn().await;
    for key in ["wrong", ""] {
        let refused = app.publish(key).await.err().expect("refused");
        let Refused::Status(status) = refused else { panic!("{refused}") };
        assert_eq!((status.level.as_str(), status.code.as_str()), ("error", "NetStream.Publish.BadName"));
        assert_eq!(status.description, "This stream key is not known.");
    }
}

#[tokio::test]
async fn while_stream_is_away_the_publish_waits_and_is_closed_without_a_status() {
    let app = TestApp::with(|config| config.rtmp.authorize_timeout = Setting::from_millis(1500)).await;
    app.stream.key("sk_ada", "ada");
    app.stream.away.store(true, Ordering::Relaxed);
    let asked = Instant::now();
    let refused = app.publish("sk_ada").await.err().expect("closed");
    assert!(matches!(refused, Refused::Closed), "{refused}");
    assert!(asked.elapsed() >= Duration::from_millis(1400));
    assert!(app.stream.asked("sk_ada") > 1, "it was asked for again");
}

#[tokio::test]
async fn a_publish_that_waited_goes_on_when_stream_is_back() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    app.stream.away.store(true, Ordering::Relaxed);
    let publish = app.publish("sk_ada");
    let back = async {
        app.stream.asked_so_often("sk_ada", 2).await;
        app.stream.away.store(false, Ordering::Relaxed);
    };
    let (published, ()) = tokio::join!(publish, back);
    published.unwrap();
}

#[tokio::test]
async fn garbage_half_a_handshake_and_silence_are_closed() {
    let app = TestApp::with(|config| config.rtmp.publish_deadline = Setting::from_millis(500)).await;
    let half = [3u8; 700];
    for bytes in [b"GET / HTTP/1.1\r\n\r\n".as_slice(), &half, b""] {
        let mut socket = TcpStream::connect(app.addresses.rtmp).await.unwrap();
        let opened = Instant::now();
        socket.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(3), socket.read_to_end(&mut rest));
        // A reset is a close too.
        let _ = closed.await.expect("closed in time");
        assert!(opened.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn a_byte_now_and_then_does_not_extend_the_deadline() {
    let app = TestApp::with(|config| config.rtmp.publish_deadline = Setting::from_millis(600)).await;
    let mut socket = TcpStream::connect(app.addresses.rtmp).await.unwrap();
    let opened = Instant::now();
    socket.write_all(&[3]).await.unwrap();
    while socket.write_all(&[0]).await.is_ok() && opened.elapsed() < Duration::from_secs(5) {
        let mut byte = [0];
        let read = tokio::time::timeout(Duration::from_millis(50), socket.read(&mut byte)).await;
        if matches!(read, Ok(Ok(0) | Err(_))) {
            break;
        }
    }
    assert!(opened.elapsed() < Duration::from_secs(2), "{:?}", opened.elapsed());
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_at_once() {
    let app = TestApp::with(|config| config.rtmp.max_connections_per_address = 1).await;
    app.stream.key("sk_ada", "ada");
    let publisher = app.publish("sk_ada").await.unwrap();
    is_closed(TcpStream::connect(app.addresses.rtmp).await.unwrap()).await;
    publisher.stop().await.unwrap();
}

async fn is_closed(mut socket: TcpStream) {
    let mut byte = [0];
    let read = tokio::time::timeout(Duration::from_secs(2), socket.read(&mut byte)).await.expect("closed");
    assert!(matches!(read, Ok(0) | Err(_)));
}

#[tokio::test]
async fn silent_connections_keep_no_publisher_out() {
    let app = TestApp::with(|config| {
        config.rtmp.max_connections = 4;
        config.rtmp.max_pending_per_address = 3;
    })
    .await;
    app.stream.key("sk_ada", "ada");
    app.stream.key("sk_bob", "bob");
    let mut silent = Vec::new();
    for _ in 0..12 {
        silent.push(TcpStream::connect(app.addresses.rtmp).await.unwrap());
    }
    let ada = app.publish("sk_ada").await.expect("let in");
    for _ in 0..12 {
        silent.push(TcpStream::connect(app.addresses.rtmp).await.unwrap());
    }
    let bob = app.publish("sk_bob").await.expect("let in");
    is_closed(silent.remove(0)).await;
    // Who publishes never gave way.
    assert_eq!(app.stream.count_ended("lost"), 0);
    ada.stop().await.unwrap();
    bob.stop().await.unwrap();
    app.stream.ended("clean").await;
}

#[tokio::test]
async fn publishes_of_one_address_wait_their_turn_and_are_closed_without_a_status_when_it_is_too_far() {
    let app = TestApp::with(|config| {
        config.rtmp.publish_burst = 2;
        config.rtmp.publish_interval = Setting::from_millis(700);
        config.rtmp.authorize_timeout = Setting::from_millis(1_000);
    })
    .await;
    app.stream.key("sk_ada", "ada");
    for _ in 0..2 {
        assert!(matches!(app.publish("wrong").await.err(), Some(Refused::Status(_))));
    }
    let asked = Instant::now();
    let (first, second, third) =
        tokio::join!(app.publish("sk_ada"), app.publish("wrong"), app.publish("sk_ada"));
    assert!(asked.elapsed() >= Duration::from_millis(300), "{:?}", asked.elapsed());
    let all = [first.err(), second.err(), third.err()];
    let closed = all.iter().flatten().filter(|refused| matches!(refused, Refused::Closed)).count();
    assert!(closed >= 1, "{all:?}");
    for good in [&all[0], &all[2]] {
        assert!(!matches!(good, Some(Refused::Status(_))), "a right key is never called wrong");
    }
}

#[tokio::test]
async fn what_cannot_be_a_key_is_refused_the_way_of_a_wrong_one() {
    let app = TestApp::with(|config| config.rtmp.authorize_timeout = Setting::from_millis(600)).await;
    for key in ["a\u{7}b".to_owned(), "x".repeat(300)] {
        app.stream.away.store(false, Ordering::Relaxed);
        let asked = app.stream.asked("");
        let refused = app.publish(&key).await.err().expect("refused");
        let Refused::Status(status) = refused else { panic!("{refused}") };
        assert_eq!(status.code, "NetStream.Publish.BadName");
        assert_eq!(app.stream.asked(""), asked + 1, "stream was asked, and its time waited for");
        app.stream.away.store(true, Ordering::Relaxed);
        assert!(matches!(app.publish(&key).await.err(), Some(Refused::Closed)));
    }
}

#[tokio::test]
async fn a_codec_we_do_not_take_is_refused_with_what_to_do() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let mut publisher = app.publish("sk_ada").await.unwrap();
    // Enhanced RTMP: a sequence header of VP9.
    let data = Bytes::from_static(b"\x90vp09\x01\x02\x03\x04");
    publisher.send_tag(&Tag { kind: Kind::Video, timestamp: 0, data }).await.unwrap();
    let ended = app.stream.ended("refused").await;
    assert_eq!(ended.code, "codec_unsupported");
    assert!(ended.detail.contains("VP9") && ended.detail.contains("H.264"), "{}", ended.detail);
    tokio::time::timeout(Duration::from_secs(2), publisher.closed()).await.expect("closed");
}

#[tokio::test]
async fn a_codec_header_of_no_use_is_refused_with_what_is_wrong_with_it() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let mut publisher = app.publish("sk_ada").await.unwrap();
    let data = Bytes::from_static(b"\x90hvc1\x01\x02\x03\x04");
    publisher.send_tag(&Tag { kind: Kind::Video, timestamp: 0, data }).await.unwrap();
    let ended = app.stream.ended("refused").await;
    assert_eq!(ended.code, "codec_header_unusable");
    assert!(ended.detail.contains("truncated"), "{}", ended.detail);
    tokio::time::timeout(Duration::from_secs(2), publisher.closed()).await.expect("closed");
}

#[tokio::test]
async fn too_much_bitrate_is_refused() {
    let app = TestApp::with(|config| config.rtmp.max_bitrate_bps = 100_000).await;
    app.stream.key("sk_ada", "ada");
    let mut publisher = app.publish("sk_ada").await.unwrap();
    let _ = publisher.send(&tags("obs-gop2-bframes")).await;
    let ended = app.stream.ended("refused").await;
    assert_eq!(ended.code, "bitrate_too_high");
    assert!(
        ended.detail.contains("above 0.1 Mbit/s") && ended.detail.contains("Lower the bitrate"),
        "{}",
        ended.detail
    );
}
