//! Places that take a push and say nothing, as anybody may name them: whoever has them waits for them alone.

use crate::{
    harness::{TestApp, until},
    pushes::{PushService, follow, pushed_to_the_end, reachable, subscribe},
};
use serde_json::json;
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

/// A place is given up after three seconds; then it is the next one's turn.
const SOON: Duration = Duration::from_secs(7);

/// So many people follow the channel with ten silent places each.
async fn silent_crowd(app: &TestApp, dumb: &PushService, channel: &str, people: usize) {
    for n in 0..people {
        let (_, token) = app.person(&format!("quiet_{channel}{n}"));
        follow(app, &token, channel).await;
        for m in 0..10 {
            subscribe(app, &token, &dumb.browser(&format!("/{channel}/{n}/{m}/silent"))).await;
        }
    }
}

#[tokio::test]
async fn silent_places_of_one_channels_followers_hold_up_no_other_channel() {
    let app = TestApp::spawn_with(reachable).await;
    let (service, dumb) = (PushService::start().await, PushService::start_at("127.0.0.2").await);
    let (cleo, ada) = (app.streamer("cleo").await, app.streamer("ada").await);
    silent_crowd(&app, &dumb, "cleo", 5).await;
    let (_, bob) = app.person("bob");
    follow(&app, &bob, "ada").await;
    subscribe(&app, &bob, &service.browser("/bob")).await;
    let first = app.permit(&cleo.key, "n1").await;
    let _node = app.live("n1", &first).await;
    until("one hangs", || async { dumb.open.load(Ordering::SeqCst) > 0 }).await;
    let second = app.permit(&ada.key, "n2").await;
    let _other = app.live("n2", &second).await;
    let begun = Instant::now();
    until("bob is told", || async { service.to("/bob").len() == 1 }).await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    app.stop().await;
}

#[tokio::test]
async fn who_was_told_before_is_told_before_those_of_whom_nothing_is_known() {
    let app = TestApp::spawn_with(reachable).await;
    let (service, dumb) = (PushService::start().await, PushService::start_at("127.0.0.2").await);
    let ada = app.streamer("ada").await;
    silent_crowd(&app, &dumb, "ada", 5).await;
    // The newest account: by age it comes last.
    let (_, bob) = app.person("bob");
    follow(&app, &bob, "ada").await;
    subscribe(&app, &bob, &service.browser("/bob")).await;
    assert_eq!(app.post("me/notices/browsers/test", &bob, "").await.1["told"], 1);
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    let begun = Instant::now();
    until("bob is told", || async { service.to("/bob").len() == 2 }).await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    app.stop().await;
}

#[tokio::test]
async fn a_test_of_browsers_is_answered_in_time_with_what_is_known_and_that_is_kept() {
    let app = TestApp::spawn_with(reachable).await;
    let (service, dumb) = (PushService::start().await, PushService::start_at("127.0.0.2").await);
    let (_, bob) = app.person("bob");
    for n in 0..6 {
        subscribe(&app, &bob, &dumb.browser(&format!("/{n}/silent"))).await;
    }
    for path in ["/a", "/b/410"] {
        subscribe(&app, &bob, &service.browser(path)).await;
    }
    let done = app.post("me/notices/browsers/test", &bob, "").await;
    assert_eq!((done.0, done.1), (200, json!({"told": 1, "gone": 1, "failed": 6})));
    let left = app.get("me/notices/browsers", &bob).await.1;
    let items = left["items"].as_array().unwrap();
    assert_eq!(items.len(), 7, "what is no more is forgotten");
    assert_eq!(items.iter().filter(|b| b["told_at"].is_string()).count(), 1);
    app.stop().await;
}

#[tokio::test]
async fn one_persons_tests_leave_places_to_others() {
    let app = TestApp::spawn_with(reachable).await;
    let service = PushService::start().await;
    let ((_, eve), (_, bob)) = (app.person("eve"), app.person("bob"));
    subscribe(&app, &bob, &service.browser("/bob")).await;
    // At ten hosts, so that no host's bound is the one that holds.
    let mut dumb = Vec::new();
    for n in 0..10 {
        let at = PushService::start_at(&format!("127.0.0.{}", n + 2)).await;
        subscribe(&app, &eve, &at.browser("/silent")).await;
        dumb.push(at);
    }
    let open = || -> usize { dumb.iter().map(|at| at.open.load(Ordering::SeqCst)).sum() };
    let calls = (0..9).map(|_| app.post("me/notices/browsers/test", &eve, ""));
    let eves = futures_util::future::join_all(calls);
    let bobs = async {
        until("hers hang", || async { open() > 0 }).await;
        let mut most = 0;
        for _ in 0..20 {
            most = most.max(open());
            assert_eq!(app.post("me/notices/browsers/test", &bob, "").await.1["told"], 1);
        }
        most
    };
    let (answers, most) = tokio::join!(eves, bobs);
    assert!(most <= 4, "{most} of one person at once");
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.0).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 429)), "{statuses:?}");
    app.stop().await;
}

#[tokio::test]
async fn a_browser_that_says_nothing_rests_and_is_forgotten_in_the_end() {
    let app = TestApp::spawn_with(|c| {
        reachable(c);
        // Longer than a busy machine needs for an answer.
        c.notices.push_patience = streamly_config::Duration::from_secs(4);
        c.notices.push_pause = streamly_config::Duration::from_secs(0);
        c.notices.push_rest = streamly_config::Duration::from_secs(3_600);
    })
    .await;
    let (ada, service) = (app.streamer("ada").await, PushService::start().await);
    let (_, bob) = app.person("bob");
    follow(&app, &bob, "ada").await;
    for path in ["/silent", "/well", "/later/503"] {
        subscribe(&app, &bob, &service.browser(path)).await;
    }
    let mut node = app.node("n1").await;
    let mut live = async || {
        let permit = app.permit(&ada.key, "n1").await;
        node.beat(&permit, streamly_proto::stream::v1::State::Live).await;
        node.settled().await;
        pushed_to_the_end(&app, &permit.broadcast_id).await;
        node.ended(&permit, "clean", "", "").await;
        node.settled().await;
        ["/silent", "/well", "/later/503"].map(|path| service.to(path).len())
    };
    // Who says "later" is asked once more in the second walk.
    assert_eq!(live().await, [1, 1, 2]);
    assert_eq!(live().await, [2, 2, 4]);
    assert_eq!(live().await, [2, 3, 4], "twice nothing: they rest");
    app.sql("UPDATE push_subscriptions SET rests_until = now() - interval '1 second' WHERE failures > 0");
    assert_eq!(live().await, [3, 4, 6]);
    let rests = "SELECT 1 / count(*) FROM push_subscriptions WHERE rests_until BETWEEN now() + interval '115 minutes' AND now() + interval '2 hours'";
    assert!(app.pg.execute(&app.database, rests).is_ok(), "for longer and longer");
    app.sql("UPDATE push_subscriptions SET rests_until = NULL, failures = 4, failing_since = now() - interval '8 days' WHERE failures > 0");
    assert_eq!(live().await, [4, 5, 8]);
    let left = app.get("me/notices/browsers", &bob).await.1;
    assert_eq!(left["items"].as_array().unwrap().len(), 1, "{left}");
    app.stop().await;
}
