//! Mails to followers: when they are asked for, who gets one, and that nobody is left out or asked for without end while things break.

use crate::harness::{TestApp, until};
use streamly_config::Duration;
use streamly_domain::UserId;
use streamly_proto::stream::v1::State;
use streamly_stream::Config;

fn at_once(config: &mut Config) {
    config.notices.settle = Duration::from_secs(0);
    config.rate_limits = false;
}

/// So many people follow the channel and want mails.
fn crowd(app: &TestApp, channel: &str, people: u32) {
    app.sql(&format!(
        "WITH p AS (SELECT gen_random_uuid() AS id FROM generate_series(1, {people})), \
         s AS (INSERT INTO notice_settings (user_id, mail) SELECT id, true FROM p) \
         INSERT INTO follows (user_id, channel_id) SELECT id, '{channel}' FROM p"
    ));
}

async fn told_to_the_end(app: &TestApp, broadcast: &str) {
    let sql = format!(
        "SELECT 1 / count(*) FROM live_notices WHERE broadcast_id = '{broadcast}' AND mail_done_at IS NOT NULL"
    );
    until("all are told", || async { app.pg.execute(&app.database, &sql).is_ok() }).await;
}

/// The users of whom a mail about that broadcast was asked for.
fn asked(app: &TestApp, broadcast: &str) -> Vec<String> {
    let mails = app.people.mails();
    mails.asked.keys().filter(|(b, _)| b == broadcast).map(|(_, user)| user.clone()).collect()
}

#[tokio::test]
async fn each_of_a_thousand_followers_gets_one_mail_though_the_leader_is_lost_and_user_and_redis_are_away() {
    let mut app = TestApp::spawn_with(at_once).await;
    let ada = app.streamer("ada").await;
    crowd(&app, &ada.channel, 1_000);
    // A batch takes long enough for the loss of the leader's lock to be seen while there are more.
    app.people.slow(std::time::Duration::from_millis(400));
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    app.redis.kill();
    // Three times whoever leads loses its place while a batch is on its way.
    for calls in [2, 5, 8] {
        until("some are told", || async { app.people.mails().calls.len() >= calls }).await;
        // And user is away for as long as a call is tried.
        app.people.mails().refuse = 4;
        node.beat(&permit, State::Live).await;
        // The lock of `duties`, in this test's database.
        app.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 21332 AND objid = 1380270413 \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        );
    }
    told_to_the_end(&app, &permit.broadcast_id).await;
    assert_eq!(asked(&app, &permit.broadcast_id).len(), 1_000);
    {
        let mails = app.people.mails();
        let asked: u32 = mails.asked.values().sum();
        assert!(asked <= 1_300, "{asked}: no more than the batch that was on its way is asked for again");
        assert_eq!(mails.calls[0].username, "ada");
        let links: std::collections::BTreeSet<_> =
            mails.calls.iter().flat_map(|c| &c.recipients).map(|r| r.stop_url.clone()).collect();
        assert_eq!(links.len(), 1_000, "each has a link of their own");
    }
    app.redis.start_again().unwrap();
    app.stop().await;
}

#[tokio::test]
async fn a_mail_is_for_who_wants_it_may_watch_and_had_none_lately() {
    let app = TestApp::spawn_with(at_once).await;
    let ada = app.streamer("ada").await;
    let mut ids = std::collections::BTreeMap::<&str, UserId>::new();
    for name in ["wants", "never_asked", "bell_off", "left", "had_one"] {
        let (id, token) = app.person(name);
        ids.insert(name, id);
        assert_eq!(app.send("PUT", "ada/follow", &token, None).await.0, 204);
        if name != "never_asked" {
            app.send("PATCH", "me/notices/settings", &token, Some(r#"{"mail":true}"#)).await;
        }
        match name {
            "bell_off" => {
                app.send("PATCH", "me/following/ada", &token, Some(r#"{"notify":false}"#)).await;
            }
            "left" => {
                app.send("DELETE", "ada/follow", &token, None).await;
            }
            _ => {}
        }
    }
    let had = ids["had_one"];
    app.sql(&format!("UPDATE follows SET mailed_at = now() - interval '3 hours' WHERE user_id = '{had}'"));
    let mut node = app.node("n1").await;
    let mut live = async || {
        let permit = app.permit(&ada.key, "n1").await;
        node.beat(&permit, State::Live).await;
        node.settled().await;
        told_to_the_end(&app, &permit.broadcast_id).await;
        node.ended(&permit, "clean", "", "").await;
        node.settled().await;
        asked(&app, &permit.broadcast_id)
    };
    assert_eq!(live().await, [ids["wants"].to_string()]);
    // Again at once, as who restarts often does: nobody.
    assert_eq!(live().await, Vec::<String>::new());
    app.sql("UPDATE follows SET mailed_at = now() - interval '5 hours'");
    assert_eq!(live().await.len(), 2);
    // Private: for nobody of these.
    app.sql("UPDATE follows SET mailed_at = NULL");
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(r#"{"visibility":"private"}"#)).await.0, 200);
    assert_eq!(live().await, Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn what_ends_before_it_has_settled_or_is_live_for_long_or_is_unlisted_is_not_told() {
    let app = TestApp::spawn_with(|c| {
        c.rate_limits = false;
        c.notices.settle = Duration::from_secs(3_600 / 2);
    })
    .await;
    let mut people = Vec::new();
    for name in ["brief", "long", "unlisted", "suspended", "away", "fine"] {
        let who = app.streamer(name).await;
        crowd(&app, &who.channel, 1);
        let permit = app.permit(&who.key, name).await;
        let node = app.live(name, &permit).await;
        people.push((name, who, permit, node));
    }
    let find = |wanted: &str| people.iter().find(|(name, ..)| *name == wanted).unwrap();
    let (.., permit, node) = find("brief");
    node.ended(permit, "clean", "", "").await;
    let (.., permit, node) = find("away");
    node.beat(permit, State::Reconnecting).await;
    until("it is away", || async { app.get("away", "").await.1["state"] == "reconnecting" }).await;
    until("it is over", || async { app.get("brief", "").await.1["state"] == "offline" }).await;
    app.sql("UPDATE channels SET visibility = 'unlisted' WHERE username = 'unlisted'");
    app.sql("UPDATE channels SET suspended = true WHERE username = 'suspended'");
    // All are live since long enough at once; one since too long.
    app.sql(
        "UPDATE broadcasts SET live_at = now() - CASE WHEN node_id = 'long' THEN interval '2 hours' ELSE interval '40 minutes' END",
    );
    let (.., fine, _) = find("fine");
    told_to_the_end(&app, &fine.broadcast_id).await;
    let told: std::collections::BTreeSet<_> =
        app.people.mails().calls.iter().map(|c| c.username.clone()).collect();
    assert_eq!(told.into_iter().collect::<Vec<_>>(), ["fine"]);
    // It is back: now it is told.
    let (.., permit, node) = find("away");
    node.beat(permit, State::Live).await;
    told_to_the_end(&app, &permit.broadcast_id).await;
    assert_eq!(asked(&app, &permit.broadcast_id).len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn no_more_mails_are_asked_for_while_many_wait_and_a_small_channel_waits_for_no_large_one() {
    let app = TestApp::spawn_with(at_once).await;
    let (ada, cleo) = (app.streamer("ada").await, app.streamer("cleo").await);
    crowd(&app, &ada.channel, 1_500);
    crowd(&app, &cleo.channel, 1);
    app.people.mails().keeps = true;
    let (first, second) = (app.permit(&ada.key, "n1").await, app.permit(&cleo.key, "n2").await);
    let _node = app.live("n1", &first).await;
    until("as many wait as may", || async { asked(&app, &first.broadcast_id).len() >= 500 }).await;
    let looks = app.people.mails().looks;
    until("it was looked three times", || async { app.people.mails().looks >= looks + 3 }).await;
    assert!(app.people.mails().written <= 600, "no more are asked for while none is sent");
    let _other = app.live("n2", &second).await;
    // Now and then some are sent; each time the large channel could take the place.
    until("the small one is told", || async {
        let (told, mut mails) = (asked(&app, &second.broadcast_id).len(), app.people.mails());
        if told == 0 && mails.written - mails.sent > 450 {
            mails.sent += 50;
        }
        told == 1
    })
    .await;
    let sent = app.people.mails().sent;
    assert!(sent <= 300, "{sent} of the large one's were sent before it");
    // However long it takes: what waits is bounded.
    let total = || app.people.mails().written;
    until("all are told", || async {
        let mut mails = app.people.mails();
        mails.sent = mails.written.saturating_sub(100).max(mails.sent);
        drop(mails);
        total() >= 1_501
    })
    .await;
    told_to_the_end(&app, &first.broadcast_id).await;
    assert_eq!(asked(&app, &first.broadcast_id).len(), 1_500);
    let most = app.people.mails().most;
    assert!(most <= 600, "{most} waited");
    app.stop().await;
}

#[tokio::test]
async fn a_mail_that_waits_is_wanted_as_long_as_its_reader_may_and_wants_to_be_told() {
    let app = TestApp::spawn_with(at_once).await;
    let ada = app.streamer("ada").await;
    let (bob, token) = app.person("bob");
    let bob = bob.to_string();
    app.send("PUT", "ada/follow", &token, None).await;
    app.send("PATCH", "me/notices/settings", &token, Some(r#"{"mail":true}"#)).await;
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    told_to_the_end(&app, &permit.broadcast_id).await;
    let wanted = async || app.is_mail_wanted("user", &permit.broadcast_id, &bob).await;
    let had_one = |is: bool| {
        let sql =
            format!("SELECT 1 / (count(*) = {})::int FROM follows WHERE mailed_at IS NOT NULL", u8::from(is));
        app.pg.execute(&app.database, &sql).is_ok()
    };
    assert_eq!((wanted().await, had_one(true)), (Ok(true), true));
    for (no, yes) in [
        ("UPDATE channels SET visibility = 'unlisted'", "UPDATE channels SET visibility = 'public'"),
        ("UPDATE channels SET visibility = 'private'", "UPDATE channels SET visibility = 'public'"),
        ("UPDATE channels SET suspended = true", "UPDATE channels SET suspended = false"),
        ("UPDATE follows SET notify = false", "UPDATE follows SET notify = true"),
        ("UPDATE follows SET unfollowed_at = now()", "UPDATE follows SET unfollowed_at = NULL"),
        ("UPDATE notice_settings SET mail = false", "UPDATE notice_settings SET mail = true"),
    ] {
        app.sql("UPDATE follows SET mailed_at = now()");
        app.sql(no);
        assert_eq!((wanted().await, had_one(false)), (Ok(false), true), "{no}");
        app.sql(yes);
        assert_eq!(wanted().await, Ok(true), "{yes}");
    }
    for (by, broadcast, user, is) in [
        ("chat", &permit.broadcast_id, &bob, Err(tonic::Code::PermissionDenied)),
        ("user", &"x".to_owned(), &bob, Err(tonic::Code::InvalidArgument)),
        ("user", &permit.broadcast_id, &"x".to_owned(), Err(tonic::Code::InvalidArgument)),
        ("user", &permit.broadcast_id, &ada.id.to_string(), Ok(false)),
        ("user", &uuid::Uuid::now_v7().to_string(), &bob, Ok(false)),
    ] {
        assert_eq!(app.is_mail_wanted(by, broadcast, user).await, is);
    }
    node.beat(&permit, State::Reconnecting).await;
    node.settled().await;
    assert_eq!(wanted().await, Ok(true), "it may come back at any moment");
    node.ended(&permit, "clean", "", "").await;
    node.settled().await;
    assert_eq!(wanted().await, Ok(false));
    app.stop().await;
}
