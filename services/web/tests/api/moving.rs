//! A broadcast whose node changes, is left or is dead: viewers are led to the next one, or asked to come again, and never told that there is
//! nothing while the live index names it.

use crate::{
    BROADCAST, TestApp,
    edge::{eventually, media},
    peers::{Peer, Silent},
    until,
};
use std::time::{Duration, Instant};
use streamly_config::Duration as Setting;

/// What a viewer asks for: a list, a list that is held, a part that is held, a channel.
pub fn everything() -> [String; 4] {
    ["index.m3u8", "index.m3u8?_HLS_msn=7&_HLS_part=1", "1-9.0.m4s"]
        .map(media)
        .into_iter()
        .chain(["/live/alice/index.m3u8".to_owned()])
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

/// It is told to come again, in words that a browser may read.
pub async fn is_asked_to_come_again(app: &TestApp, path: &str) {
    let answer = app.get(path).await;
    assert_eq!(answer.status(), 503, "{path}");
    assert_eq!(answer.headers()["retry-after"], "1", "{path}");
    assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_moves_to_its_next_origin_and_never_back() {
    let (old, new) = (Peer::start().await, Peer::start().await);
    let app = TestApp::spawn(old.address).await;
    app.live(&old.url(), 1).await;
    assert_eq!(app.get(&media("1-1.m4s")).await.status(), 200);
    let old_url = old.url();
    drop(old);
    app.live(&new.url(), 2).await;
    // The old one's port is closed, or its last connections end.
    eventually("the next origin is asked", || async {
        Some(app.get(&media("1-2.m4s")).await.status()).filter(|status| *status == 200)
    })
    .await;
    assert_eq!(new.count("1-2.m4s"), 1);
    app.live(&old_url, 1).await;
    assert_eq!(app.get(&media("nothing.m4s")).await.status(), 404);
    assert_eq!(app.get(&media("1-3.m4s")).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_right_after_a_move_is_not_told_that_there_is_nothing() {
    let (old, middle, new) = (Peer::start().await, Peer::start().await, Peer::start().await);
    let app = TestApp::spawn(old.address).await;
    app.live(&old.url(), 1).await;
    let list = |rendition: &str| format!("/live/b/{BROADCAST}/{rendition}/index.m3u8");
    assert_eq!(app.get(&list("source")).await.status(), 200);
    // Twice within the second in which a name is not looked up again; each time another list, which nobody remembers.
    for (from, to, epoch, rendition) in [(&old, &middle, 2, "720p"), (&middle, &new, 3, "480p")] {
        from.gone.send_replace(true);
        app.live(&to.url(), epoch).await;
        assert_eq!(app.get(&list(rendition)).await.status(), 200, "{rendition}");
        assert_eq!((from.count(rendition), to.count(rendition)), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_says_nothing_any_more_is_left_as_soon_as_the_index_names_another() {
    let (dead, new) = (Silent::start().await, Peer::start().await);
    let app = TestApp::spawn(new.address).await;
    new.open.send_replace(true);
    app.live(&dead.url(), 1).await;
    let mut viewers = tokio::task::JoinSet::new();
    for path in everything() {
        let (client, url) = (app.client.clone(), app.url(&path));
        viewers.spawn(async move { (client.get(url).send().await.unwrap().status(), path) });
    }
    until(|| dead.count() == 4).await;
    let moved = Instant::now();
    app.live(&new.url(), 2).await;
    while let Some(answer) = viewers.join_next().await {
        let (status, path) = answer.unwrap();
        assert_eq!(status, 200, "{path}");
    }
    // The time-out of an origin is 30 s.
    assert!(moved.elapsed() < Duration::from_secs(10), "{:?}", moved.elapsed());
    for path in everything() {
        assert_eq!(app.get(&path.replace("1-9.0", "1-9.1")).await.status(), 200, "{path}");
    }
    assert_eq!(dead.count(), 4, "who comes later is not sent there");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_hang_at_a_node_that_was_left_take_no_place_from_the_next() {
    let (dead, new) = (Silent::start().await, Peer::start().await);
    // One address has half of the places: as many as it asks for here.
    let app = TestApp::spawn_with(new.address, |c| c.max_fetches = 8).await;
    new.open.send_replace(true);
    app.live(&dead.url(), 1).await;
    let mut viewers = tokio::task::JoinSet::new();
    for path in everything() {
        let (client, url) = (app.client.clone(), app.url(&path));
        viewers.spawn(async move { (client.get(url).send().await.unwrap().status(), path) });
    }
    until(|| dead.count() == 4).await;
    app.live(&new.url(), 2).await;
    while let Some(answer) = viewers.join_next().await {
        let (status, path) = answer.unwrap();
        assert_eq!(status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_index_names_a_node_that_is_dead_viewers_are_asked_to_come_again() {
    let dead = Silent::start().await;
    let app = TestApp::spawn_with(dead.address, |c| c.origin_timeout = Setting::from_millis(300)).await;
    app.live(&dead.url(), 1).await;
    for path in everything() {
        is_asked_to_come_again(&app, &path).await;
    }
    // A process that was killed, on a machine that goes on.
    let url = dead.url();
    drop(dead);
    app.live(&url, 2).await;
    for path in everything() {
        is_asked_to_come_again(&app, &path).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_just_left_is_not_believed_that_there_is_nothing() {
    let (old, new) = (Peer::start().await, Peer::start().await);
    let app = TestApp::spawn(old.address).await;
    new.open.send_replace(true);
    old.open.send_replace(true);
    old.gone.send_replace(true);
    app.live(&old.url(), 1).await;
    for path in everything() {
        is_asked_to_come_again(&app, &path).await;
    }
    // The index is a moment late. An edge of its own each: it remembers where a broadcast is.
    for path in everything() {
        let app = TestApp::spawn(old.address).await;
        app.live(&old.url(), 1).await;
        let (before, client, url) = (old.asked.lock().len(), app.client.clone(), app.url(&path));
        let asking = tokio::spawn(async move { client.get(url).send().await.unwrap().status() });
        until(|| old.asked.lock().len() > before).await;
        app.live(&new.url(), 2).await;
        assert_eq!(asking.await.unwrap(), 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_and_is_nowhere_any_more_is_not_found() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    assert_eq!(app.get(&media("1-1.m4s")).await.status(), 200);
    origin.gone.send_replace(true);
    // It is off the air, while where it was stays known for some minutes.
    app.redis::<streamly_redis::Value>("DEL", &["live:c1"]).await;
    let (asked, list) = (Instant::now(), media("index.m3u8"));
    let answer = app.get(&list).await;
    assert_eq!(answer.status(), 404);
    assert!(answer.text().await.unwrap().contains("broadcast_not_found"));
    assert!(asked.elapsed() < Duration::from_secs(1), "nobody waits for it: {:?}", asked.elapsed());
    app.redis::<streamly_redis::Value>("DEL", &[&format!("live:b:{BROADCAST}")]).await;
    assert_eq!(app.get(&list).await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kernel_asks_after_a_machine_whose_answer_is_waited_for() {
    let dead = Silent::start().await;
    // Nothing else of this edge asks there.
    let app = TestApp::spawn_with(dead.address, |c| c.stream_url = "http://127.0.0.1:9".into()).await;
    app.live(&dead.url(), 1).await;
    asked_by_the_kernel(&app, &dead, &media("index.m3u8?_HLS_msn=7")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kernel_asks_after_a_service_s_machine_too() {
    let dead = Silent::start().await;
    let app = TestApp::spawn_with(dead.address, |c| c.stream_url = "http://127.0.0.1:9".into()).await;
    asked_by_the_kernel(&app, &dead, "/api/users/alice").await;
}

/// While a viewer waits for what only `dead` could answer, the kernel asks within a second whether that machine is there.
async fn asked_by_the_kernel(app: &TestApp, dead: &Silent, path: &str) {
    let (client, url) = (app.client.clone(), app.url(path));
    let asking = tokio::spawn(async move { client.get(url).send().await });
    until(|| dead.count() == 1).await;
    let to = format!(":{:04X}", dead.address.port());
    // proc(5), /proc/net/tcp: an active timer of kind 2 is the one of keepalive, in hundredths of a second.
    let next = eventually("a keepalive timer", || async {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        table.lines().find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, _, remote, "01", _, timer, ..] = fields[..] else { return None };
            let when = timer.strip_prefix("02:").filter(|_| remote.ends_with(&to))?;
            u64::from_str_radix(when, 16).ok().map(|hundredths| Duration::from_millis(hundredths * 10))
        })
    })
    .await;
    assert!(next <= Duration::from_secs(1), "asked in {next:?}");
    asking.abort();
}
