//! Accounts that were erased: what they leave is removed, and others are told of it. And what an account's own page is told.

use crate::harness::{Events, TestApp, until};
use serde_json::json;

async fn holds(app: &TestApp, condition: &str) {
    let sql = format!("DO $$ BEGIN ASSERT ({condition}); END $$");
    until(condition, || async { app.pg.execute(&app.database, &sql).is_ok() }).await;
}

#[tokio::test]
async fn an_erased_accounts_channel_keys_follows_and_roles_are_removed_once_and_told_of() {
    let app = TestApp::spawn().await;
    let (ada, cleo) = (app.streamer("ada").await, app.streamer("cleo").await);
    let (_, bob) = app.person("bob");
    let channel = app.get("me", &ada.token).await.1["id"].as_str().unwrap().to_owned();
    let other = app.get("me", &cleo.token).await.1["id"].as_str().unwrap().to_owned();
    for (who, name) in [(&bob, "ada"), (&ada.token, "cleo"), (&bob, "cleo")] {
        assert_eq!(app.send("PUT", &format!("{name}/follow"), who, None).await.0, 204);
    }
    let made = app.send("PUT", "me/members/ada", &cleo.token, Some(r#"{"role":"moderator"}"#)).await;
    assert_eq!(made.0, 204, "{made:?}");
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    app.people.change(ada.id, |u| u.suspended = true);
    app.user_fact("user.deleted", ada.id, r#"{"username":"ada"}"#).await;
    assert_eq!(node.end().await.2, "account_suspended");
    holds(&app, "NOT EXISTS (SELECT 1 FROM channels WHERE username = 'ada')").await;
    for table in ["stream_keys", "broadcasts", "refusals", "channel_members", "follows"] {
        holds(&app, &format!("NOT EXISTS (SELECT 1 FROM {table} WHERE channel_id = '{channel}')")).await;
    }
    let user = ada.id;
    for table in ["channel_members", "follows"] {
        holds(&app, &format!("NOT EXISTS (SELECT 1 FROM {table} WHERE user_id = '{user}')")).await;
    }
    holds(&app, "(SELECT followers FROM channels WHERE username = 'cleo') = 1").await;
    app.relayed().await;
    assert_eq!(app.facts("stream.deleted", &channel).await, [json!({"owner_id": user})]);
    let roles = app.facts("stream.member_changed", &other).await;
    assert_eq!(roles.last(), Some(&json!({"user_id": user, "role": null})));
    // Told once more, there is nothing left to do or to tell.
    app.user_fact("user.deleted", ada.id, r#"{"username":"ada"}"#).await;
    app.user_fact("user.updated", cleo.id, r#"{"suspended":true}"#).await;
    app.relayed().await;
    assert_eq!(app.facts("stream.deleted", &channel).await.len(), 1);
    holds(&app, "(SELECT followers FROM channels WHERE username = 'cleo') = 1").await;
    app.stop().await;
}

#[tokio::test]
async fn an_accounts_page_is_told_what_happens_to_it_and_nobody_elses_is() {
    let app = TestApp::spawn().await;
    let ((ada, token), (_, eve)) = (app.person("ada"), app.person("eve"));
    let topic = format!("account:{ada}");
    for (who, status) in [("", 403), (eve.as_str(), 403), (token.as_str(), 200)] {
        let mut request = app.http.get(app.url(&format!("/api/events?topics={topic}")));
        if !who.is_empty() {
            request = request.bearer_auth(who);
        }
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    let wrong =
        app.http.get(app.url("/api/events?topics=account:none")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
    let mut page = Events::open(&app, &topic, &token, None).await;
    let (other, _) = app.person("bob");
    app.user_fact("user.suspended", other, r#"{"username":"bob"}"#).await;
    app.user_fact("user.tokens_voided", ada, r#"{"before":7}"#).await;
    app.user_fact("user.registered", ada, r#"{"username":"ada"}"#).await;
    app.user_fact("user.suspended", ada, r#"{"username":"ada","closed":true}"#).await;
    let mut told = Vec::new();
    while told.len() < 2 {
        let frame = page.next().await.expect("goes on");
        if !frame.comment {
            assert_eq!((frame.event.as_str(), frame.id.as_str()), ("account", ""));
            told.push(frame.data);
        }
    }
    assert_eq!(told[0], json!({"user_id": ada, "suspended": false, "closed": false}));
    assert_eq!(told[1], json!({"user_id": ada, "suspended": true, "closed": true}));

    app.stop().await;
}

#[tokio::test]
async fn what_is_known_of_a_person_is_told_to_user_alone_in_pages_without_a_key() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let (_, bob) = app.person("bob");
    assert_eq!(app.send("PUT", "ada/follow", &bob, None).await.0, 204);
    let closed = r#"{"visibility":"password","password":"open sesame"}"#;
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(closed)).await.0, 200);
    app.sql(
        "INSERT INTO refusals (id, channel_id, key_name, code, detail, remote_addr) \
         SELECT gen_random_uuid(), id, 'main', 'code', 'n' || n, '192.0.2.1' FROM channels, generate_series(1, 1200) n",
    );
    let (mut cursor, mut pages, mut kinds) = (String::new(), 0, std::collections::BTreeMap::new());
    loop {
        let page = app.export("user", ada.id, &cursor).await.unwrap();
        assert!(page.items.len() <= 500);
        pages += 1;
        for item in page.items {
            for secret in [&ada.key, "sealed", "argon2", "watch_password"] {
                assert!(!item.json.contains(secret), "{secret} in {}", item.json);
            }
            let json: serde_json::Value = serde_json::from_str(&item.json).unwrap();
            assert!(json.is_object());
            *kinds.entry(item.kind).or_insert(0) += 1;
        }
        if page.next_cursor.is_empty() {
            break;
        }
        cursor = page.next_cursor;
    }
    assert_eq!((kinds["channel"], kinds["keys"], kinds["refusals"], pages), (1, 1, 1200, 3));
    assert_eq!(app.export("chat", ada.id, "").await.unwrap_err().code(), tonic::Code::PermissionDenied);
    for odd in ["x", "99:", "1:\u{0}"] {
        assert_eq!(
            app.export("user", ada.id, odd).await.unwrap_err().code(),
            tonic::Code::InvalidArgument,
            "{odd}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn no_webhooks_log_keeps_the_name_of_a_follower_who_was_erased() {
    let app = TestApp::spawn_with(crate::pushes::reachable).await;
    let cleo = app.streamer("cleo").await;
    let (bob, token) = app.person("bob");
    let hook = json!({"name": "Bot", "url": "http://127.0.0.1:9/", "events": ["followed", "updated"]});
    assert_eq!(app.post("me/webhooks", &cleo.token, &hook.to_string()).await.0, 201);
    for who in [&token, &app.person("carl").1] {
        assert_eq!(app.send("PUT", "cleo/follow", who, None).await.0, 204);
    }
    assert_eq!(app.send("PATCH", "me", &cleo.token, Some(r#"{"title":"x"}"#)).await.0, 200);
    holds(&app, "(SELECT count(*) FROM deliveries) = 3").await;
    // One was sent, the other waits.
    app.sql("UPDATE deliveries SET state = 'delivered', finished_at = now() WHERE body LIKE '%bob%'");
    app.user_fact("user.deleted", bob, r#"{"username":"bob"}"#).await;
    holds(
        &app,
        &format!("NOT EXISTS (SELECT 1 FROM deliveries WHERE body LIKE '%bob%' OR body LIKE '%{bob}%')"),
    )
    .await;
    holds(&app, "(SELECT count(*) FROM deliveries) = 2").await;
    app.stop().await;
}
