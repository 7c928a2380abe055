//! RTMPS as publishers see it: the same publish, the certificate that is shown, and its change under a running session.

use crate::{
    app::{TestApp, send, tags},
    hls::{self, Playlist},
};
use std::{
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use streamly_config::Duration as Setting;
use streamly_ingest::Config;
use streamly_testkit::publisher::{Options, Pace, Publisher, Refused};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// With an own certificate in that folder.
fn own(folder: &Path) -> impl FnOnce(&mut Config) {
    let folder = folder.to_owned();
    move |config| {
        config.rtmps.bind = Some(([127, 0, 0, 1], 0).into());
        config.rtmps.own_dir = Some(folder);
    }
}

/// A certificate for localhost and its key, into these files.
fn certify(cert: &Path, key: &Path) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(key, made.signing_key.serialize_pem()).unwrap();
    fs::write(cert, made.cert.pem()).unwrap();
}

async fn publish(app: &TestApp, key: &str, certificate: &[u8]) -> Result<Publisher, Refused> {
    let options = Options::new(key).pace(Pace::Speed(1.0)).tls(certificate);
    Publisher::connect(app.addresses.rtmps.unwrap(), options).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publish_by_rtmps_is_played_ended_and_told_as_secure() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::with(own(folder.path())).await;
    app.stream.key("sk_ada", "ada");
    app.stream.key("sk_bob", "bob");
    let certificate = fs::read(folder.path().join("rtmps.crt")).unwrap();
    let publisher = publish(&app, "sk_ada", &certificate).await.unwrap();
    let media = tags("obs-gop2-bframes").into_iter().filter(|tag| tag.timestamp < 4500).collect();
    let (publisher, sent) = send(publisher, media).await.unwrap();
    sent.unwrap();
    let path = hls::variants(&app.text("/live/ada/index.m3u8").await)[0].1.clone();
    assert!(app.stream.was_secure("sk_ada"));
    let (id, _) = app.stream.broadcast("ada").unwrap();
    let report = app.stream.report("health", |r| r.broadcast_id == id && r.health.is_some()).await;
    assert!(report.health.unwrap().secure);
    publisher.stop().await.unwrap();
    app.stream.ended("clean").await;
    let list = Playlist::parse(&app.text(&path).await);
    assert!(list.ended && list.segments.len() >= 2 && list.discontinuities == 0, "{list:?}");

    let plain = app.publish("sk_bob").await.unwrap();
    assert!(!app.stream.was_secure("sk_bob"));
    plain.stop().await.unwrap();
    let refused = publish(&app, "wrong", &certificate).await.err().expect("refused");
    let Refused::Status(status) = refused else { panic!("{refused}") };
    assert_eq!(status.code, "NetStream.Publish.BadName", "the refusal is read before the close");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ffmpeg_publishes_by_rtmps() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::with(own(folder.path())).await;
    app.stream.key("sk_ada", "ada");
    let address = app.addresses.rtmps.unwrap();
    let mut ffmpeg = tokio::process::Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-re", "-i"])
        .arg(streamly_testkit::fixture("obs-gop2-bframes"))
        .args(["-t", "5", "-c", "copy", "-f", "flv", "-tls_verify", "0"])
        .arg(format!("rtmps://{address}/live/sk_ada"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let status = tokio::time::timeout(Duration::from_secs(30), ffmpeg.wait()).await.expect("ffmpeg ends");
    assert!(status.unwrap().success());
    app.stream.ended("clean").await;
    assert!(app.stream.was_secure("sk_ada"));
    let (id, _) = app.stream.broadcast("ada").unwrap();
    let list = Playlist::parse(&app.text(&format!("/live/b/{id}/source/index.m3u8")).await);
    assert!(list.ended && list.segments.len() >= 2, "{list:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_certificate_is_served_without_a_running_session_noticing() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    certify(&cert, &key);
    let app = TestApp::with(|config| {
        config.rtmps.bind = Some(([127, 0, 0, 1], 0).into());
        (config.rtmps.cert_file, config.rtmps.key_file) = (Some(cert.clone()), Some(key.clone()));
        config.rtmps.reload_interval = Setting::from_millis(50);
        config.rate_limits = false;
    })
    .await;
    for (name, user) in [("sk_ada", "ada"), ("sk_bob", "bob"), ("sk_eve", "eve")] {
        app.stream.key(name, user);
    }
    let first = fs::read(&cert).unwrap();
    let running = send(publish(&app, "sk_ada", &first).await.unwrap(), tags("obs-gop2-bframes"));
    let (id, _) = app.stream.broadcast("ada").unwrap();

    // A certificate that does not belong to the key: the old one stays.
    let (other, other_key) = (folder.path().join("other.pem"), folder.path().join("other-key.pem"));
    certify(&other, &other_key);
    let second = fs::read(&other).unwrap();
    fs::copy(&other, &cert).unwrap();
    let until = Instant::now() + Duration::from_millis(500);
    while Instant::now() < until {
        publish(&app, "sk_bob", &first).await.expect("the last good one is shown").stop().await.unwrap();
    }

    // With its key it is taken.
    fs::copy(&other_key, &key).unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        match publish(&app, "sk_eve", &second).await {
            Ok(publisher) => break publisher.stop().await.unwrap(),
            Err(refused) => assert!(Instant::now() < until, "never served: {refused}"),
        }
    }
    assert!(publish(&app, "sk_eve", &first).await.is_err(), "the old one is no longer shown");
    assert!(!running.is_finished(), "the session goes on");
    assert_eq!(app.stream.count_ended_of(&id), 0);
    running.abort();
}

#[tokio::test]
async fn neither_silence_nor_a_slow_tls_handshake_nor_bytes_inside_it_extend_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::with(|config| {
        own(folder.path())(config);
        config.rtmp.publish_deadline = Setting::from_millis(800);
    })
    .await;
    let address = app.addresses.rtmps.unwrap();
    let within = |opened: Instant| {
        let took = opened.elapsed();
        assert!((Duration::from_millis(700)..Duration::from_secs(3)).contains(&took), "{took:?}");
    };
    // A hello that comes a byte at a time: a handshake record that announces 512 bytes.
    let mut slow = TcpStream::connect(address).await.unwrap();
    let opened = Instant::now();
    let mut hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3].into_iter().chain(std::iter::repeat(7));
    loop {
        let wrote = slow.write_all(&[hello.next().unwrap()]).await;
        let read = tokio::time::timeout(Duration::from_millis(20), slow.read(&mut [0; 64])).await;
        if wrote.is_err() || matches!(read, Ok(Ok(0) | Err(_))) {
            break;
        }
        assert!(opened.elapsed() < Duration::from_secs(3), "never closed");
    }
    within(opened);
    // TLS is there, and then an RTMP handshake that comes a byte at a time.
    let certificate = fs::read(folder.path().join("rtmps.crt")).unwrap();
    let mut dripping = streamly_testkit::publisher::raw_tls(address, &certificate).await.unwrap();
    let opened = Instant::now();
    dripping.write_all(&[3]).await.unwrap();
    loop {
        let wrote = async { dripping.write_all(&[0]).await.and(dripping.flush().await) }.await;
        let read = tokio::time::timeout(Duration::from_millis(20), dripping.read(&mut [0; 64])).await;
        if wrote.is_err() || matches!(read, Ok(Ok(0) | Err(_))) {
            break;
        }
        assert!(opened.elapsed() < Duration::from_secs(3), "never closed");
    }
    assert!(opened.elapsed() < Duration::from_secs(2), "{:?}", opened.elapsed());
}

#[tokio::test]
async fn what_is_no_tls_is_closed_and_disturbs_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::with(own(folder.path())).await;
    app.stream.key("sk_ada", "ada");
    let certificate = fs::read(folder.path().join("rtmps.crt")).unwrap();
    let address = app.addresses.rtmps.unwrap();
    let mut rtmp = vec![3];
    rtmp.extend([0; 1536]);
    for bytes in [rtmp.as_slice(), b"GET / HTTP/1.1\r\n\r\n", &[0x16, 3, 1, 0xff, 0xff], &[0; 4000]] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        // Its end may come before ours: a record that lies of its length is waited for.
        let _ = socket.shutdown().await;
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(3), socket.read_to_end(&mut rest));
        let _ = closed.await.expect("closed in time");
    }
    publish(&app, "sk_ada", &certificate).await.unwrap().stop().await.unwrap();
    // A plain publisher at the secure port and the other way round are told by a close.
    assert!(Publisher::connect(address, Options::new("sk_ada")).await.is_err());
    assert!(Publisher::connect(app.addresses.rtmp, Options::new("sk_ada").tls(certificate)).await.is_err());
}
