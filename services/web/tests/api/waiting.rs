//! Many viewers of one worker who wait for the same thing: one of them does it for all, and nobody is hurt if that one leaves, or if it comes to
//! nothing where it was asked for.

use crate::{
    TestApp,
    edge::{ESTABLISHED, ask, edge_side, media},
    peers::{Peer, Silent},
    until,
};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use streamly_config::Duration as Setting;
use streamly_web::Config;
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};

/// Viewers, and the list that they wait for.
const VIEWERS: usize = 20;
const HELD: &str = "index.m3u8?_HLS_msn=7&_HLS_part=1";
/// Everything here is answered within this.
const SOON: Duration = Duration::from_secs(20);

/// An edge of one worker.
async fn edge(origin: &str, peer: SocketAddr, change: impl FnOnce(&mut Config)) -> TestApp {
    let app = TestApp::spawn_with(peer, |c| {
        c.workers = 1;
        change(c);
    })
    .await;
    app.live(origin, 1).await;
    app
}

/// Viewers whose requests are read and held.
async fn held(app: &TestApp) -> Vec<TcpStream> {
    let mut viewers = Vec::new();
    for _ in 0..VIEWERS {
        let viewer = ask(app, &media(HELD)).await;
        let port = viewer.local_addr().unwrap().port();
        until(|| edge_side(app, port) == Some((ESTABLISHED, 0))).await;
        viewers.push(viewer);
    }
    viewers
}

/// The status that it is answered with.
async fn status(mut viewer: TcpStream) -> u16 {
    let mut said = Vec::new();
    timeout(SOON, viewer.read_to_end(&mut said)).await.expect("it is answered").unwrap();
    String::from_utf8_lossy(&said).split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_first_ones_leave_the_others_get_what_they_wait_for() {
    let origin = Peer::start().await;
    let app = edge(&origin.url(), origin.address, |_| {}).await;
    let mut viewers = held(&app).await;
    until(|| origin.count("_HLS_msn=7") == 1).await;
    for _ in 0..VIEWERS / 2 {
        let first = viewers.remove(0);
        let port = first.local_addr().unwrap().port();
        drop(first);
        until(|| edge_side(&app, port).is_none_or(|(state, _)| state != ESTABLISHED)).await;
    }
    origin.open.send_replace(true);
    for viewer in viewers {
        assert_eq!(status(viewer).await, 200);
    }
    assert_eq!(origin.count("_HLS_msn=7"), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_wait_at_a_node_that_was_left_are_led_to_the_next_by_one_request() {
    let (dead, new) = (Silent::start().await, Peer::start().await);
    new.open.send_replace(true);
    let app = edge(&dead.url(), new.address, |_| {}).await;
    let viewers = held(&app).await;
    until(|| dead.count() == 1).await;
    let moved = Instant::now();
    app.live(&new.url(), 2).await;
    for viewer in viewers {
        assert_eq!(status(viewer).await, 200);
    }
    // The time-out of an origin is 30 s.
    assert!(moved.elapsed() < Duration::from_secs(10), "{:?}", moved.elapsed());
    assert_eq!((dead.count(), new.count("_HLS_msn=7")), (1, 1));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_wait_at_a_node_that_is_dead_are_asked_to_come_again() {
    let dead = Silent::start().await;
    let app = edge(&dead.url(), dead.address, |c| c.origin_timeout = Setting::from_secs(4)).await;
    let viewers = held(&app).await;
    for viewer in viewers {
        assert_eq!(status(viewer).await, 503);
    }
    app.stop().await;
}
