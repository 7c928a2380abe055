//! Whose webhooks are, where they may go, and what becomes of them with their owner.

use super::{Receiver, app, change, holds, hook, log, newest, retitle, shown, signed_by};
use crate::harness::{TestApp, now, until};
use serde_json::{Value, json};

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn addresses_that_are_not_of_the_public_internet_are_refused_when_entered_and_when_sent_to() {
    // As an operator has it who has set nothing but that plain HTTP may be.
    let app = TestApp::spawn_with(|c| {
        c.outbound.https_only = false;
        c.outbound.ports = Vec::new();
        c.rate_limits = false;
    })
    .await;
    let (ada, receiver) = (app.streamer("ada").await, Receiver::start().await);
    let port = receiver.at.port();
    let draft = |url: &str| json!({"name": "Bot", "url": url, "events": ["updated"]}).to_string();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.1.2.3",
        "0",
        "localhost",
        "LOCALHOST.",
        "hooks.localhost",
    ] {
        let refused = app.post("me/webhooks", &ada.token, &draft(&format!("http://{host}:{port}/"))).await;
        assert_eq!(code(&refused), (422, "validation_failed"), "{host}");
        let wrong = &refused.1["errors"][0];
        assert_eq!((&wrong["field"], &wrong["code"]), (&json!("url"), &json!("not_public")), "{host}");
        assert!(wrong["detail"].as_str().unwrap().contains("stream.outbound.allow"), "{wrong}");
    }
    for url in ["ftp://example.org/", "http://me:pw@example.org/", "example.org", "", "javascript:alert(1)"] {
        assert_eq!(app.post("me/webhooks", &ada.token, &draft(url)).await.0, 422, "{url}");
    }
    let (id, _) = hook(&app, &ada.token, "https://hooks.example.org/", &["updated"]).await;
    let to = json!({"url": format!("http://127.0.0.1:{port}/")}).to_string();
    let moved = app.send("PATCH", &format!("me/webhooks/{id}"), &ada.token, Some(&to)).await;
    assert_eq!(moved.0, 422);
    // A name that was taken before such names were refused.
    change(&app, &format!("UPDATE webhooks SET url = 'http://localhost:{port}/'")).await;
    assert_eq!(app.post(&format!("me/webhooks/{id}/test"), &ada.token, "").await.0, 202);
    until("it was refused", || async {
        let last = log(&app, &ada.token, &id).await[0]["attempts"][0].clone();
        last["error_code"] == "not_public" && last["status"].is_null()
    })
    .await;
    // What an earlier version wrote is told as it is.
    change(&app, "UPDATE delivery_attempts SET error = 'no connection'").await;
    let old = log(&app, &ada.token, &id).await[0]["attempts"][0].clone();
    assert_eq!((&old["error"], &old["error_code"]), (&json!("no connection"), &Value::Null));
    // One whose address was permitted once and is not any more.
    change(&app, &format!("UPDATE webhooks SET url = 'http://127.0.0.1:{port}/'")).await;
    assert_eq!(app.post(&format!("me/webhooks/{id}/test"), &ada.token, "").await.0, 202);
    until("it was refused", || async {
        log(&app, &ada.token, &id).await.iter().filter(|d| d["attempts"][0]["error"].is_string()).count() == 2
    })
    .await;
    assert!(receiver.got().is_empty());
    app.stop().await;
}

#[tokio::test]
async fn a_secret_is_shown_once_soon_after_a_sign_in_and_two_sign_while_it_is_changed() {
    let app = app().await;
    let (ada, receiver) = (app.streamer("ada").await, Receiver::start().await);
    let (id, first) = hook(&app, &ada.token, &receiver.url(), &["updated"]).await;
    assert!(!app.get("me/webhooks", &ada.token).await.1.to_string().contains("secret"));
    let old = app.token(ada.id, "ada", now() - 3600);
    let draft = json!({"name": "x", "url": receiver.url(), "events": ["live"]}).to_string();
    assert_eq!(code(&app.post("me/webhooks", &old, &draft).await), (403, "reauth_required"));
    let rotate = format!("me/webhooks/{id}/rotate");
    assert_eq!(code(&app.post(&rotate, &old, "{}").await), (403, "reauth_required"));
    assert_eq!(app.post(&rotate, &ada.token, r#"{"overlap_s":999999}"#).await.0, 422);
    let rotated = app.post(&rotate, &ada.token, "{}").await;
    assert_eq!(rotated.0, 200);
    assert!(rotated.1["overlap_until"].is_string());
    let second = rotated.1["secret"].as_str().unwrap().to_owned();
    assert_ne!(second, first);
    retitle(&app, &ada.token, "one").await;
    let got = receiver.has("updated", 1).await[0].clone();
    assert_eq!((signed_by(&got, &second), signed_by(&got, &first)), (vec![true, false], vec![false, true]));
    // The overlap is over; then one without any.
    change(&app, "UPDATE webhooks SET former_until = now()").await;
    retitle(&app, &ada.token, "two").await;
    assert_eq!(signed_by(&receiver.has("updated", 2).await[1], &second), [true]);
    let third = app.post(&rotate, &ada.token, r#"{"overlap_s":0}"#).await.1;
    assert_eq!(third["overlap_until"], Value::Null);
    retitle(&app, &ada.token, "three").await;
    assert_eq!(signed_by(&receiver.has("updated", 3).await[2], third["secret"].as_str().unwrap()), [true]);
    // What is stored is sealed.
    let readable = "SELECT 1 / (NOT w::text ~ encode('whsec_'::bytea, 'hex') AND NOT w::text ~ 'whsec_')::int FROM webhooks w";
    change(&app, readable).await;
    app.stop().await;
}

#[tokio::test]
async fn others_webhooks_do_not_exist() {
    let app = app().await;
    let (ada, eve, receiver) =
        (app.streamer("ada").await, app.streamer("eve").await, Receiver::start().await);
    let (id, _) = hook(&app, &ada.token, &receiver.url(), &["updated"]).await;
    let (hers, _) = hook(&app, &eve.token, &receiver.url(), &["live"]).await;
    retitle(&app, &ada.token, "one").await;
    let delivery = newest(&app, &ada.token, &id, "delivered").await["id"].as_str().unwrap().to_owned();
    let all = [
        ("PATCH", format!("me/webhooks/{id}"), Some(r#"{"enabled":false}"#)),
        ("DELETE", format!("me/webhooks/{id}"), None),
        ("POST", format!("me/webhooks/{id}/rotate"), Some("{}")),
        ("POST", format!("me/webhooks/{id}/test"), None),
        ("GET", format!("me/webhooks/{id}/deliveries"), None),
        ("POST", format!("me/webhooks/{id}/deliveries/{delivery}/redeliver"), None),
    ];
    for (method, path, body) in &all {
        let others = app.send(method, path, &eve.token, *body).await;
        assert_eq!(code(&others), (404, "webhook_not_found"), "{method} {path}");
        let nobodys = app.send(method, path, "", *body).await;
        assert_eq!(code(&nobodys), (401, "unauthenticated"), "{method} {path}");
    }
    for (method, path) in [("GET", "me/webhooks"), ("POST", "me/webhooks")] {
        assert_eq!(app.send(method, path, "", Some("{}")).await.0, 401);
    }
    // Nor by way of one's own webhook.
    let mixed = format!("me/webhooks/{hers}/deliveries/{delivery}/redeliver");
    assert_eq!(code(&app.post(&mixed, &eve.token, "").await), (404, "delivery_not_found"));
    assert_eq!(app.get("me/webhooks", &eve.token).await.1["items"].as_array().unwrap().len(), 1);
    let odd = app.get(&format!("me/webhooks/{id}/deliveries?cursor=x"), &ada.token).await;
    assert_eq!(code(&odd), (400, "invalid_cursor"));
    assert_eq!(code(&app.post("me/webhooks/none/test", &ada.token, "").await), (404, "webhook_not_found"));
    assert_eq!(receiver.got().len(), 1);
    assert_eq!(shown(&app, &ada.token, &id).await["enabled"], true);
    app.stop().await;
}

#[tokio::test]
async fn webhooks_are_few_and_a_page_of_the_log_leads_to_the_next() {
    let app = app().await;
    let (ada, receiver) = (app.streamer("ada").await, Receiver::start().await);
    let (id, _) = hook(&app, &ada.token, &receiver.url(), &["updated"]).await;
    for _ in 1..10 {
        hook(&app, &ada.token, &receiver.url(), &["live"]).await;
    }
    let draft = json!({"name": "x", "url": receiver.url(), "events": ["live"]}).to_string();
    assert_eq!(code(&app.post("me/webhooks", &ada.token, &draft).await), (409, "too_many_webhooks"));
    for (field, value) in [("events", json!([])), ("events", json!(["test"])), ("name", json!(" "))] {
        let edit = json!({field: value}).to_string();
        let wrong = app.send("PATCH", &format!("me/webhooks/{id}"), &ada.token, Some(&edit)).await;
        assert_eq!((wrong.0, wrong.1["errors"][0]["field"].as_str()), (422, Some(field)));
    }
    for n in 0..25 {
        retitle(&app, &ada.token, &format!("title {n}")).await;
    }
    receiver.has("updated", 25).await;
    let path = format!("me/webhooks/{id}/deliveries");
    let first = app.get(&path, &ada.token).await.1;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = app.get(&format!("{path}?cursor={cursor}"), &ada.token).await.1;
    let ids = |page: &Value| {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (mut all, rest) = (ids(&first), ids(&second));
    assert_eq!((all.len(), rest.len(), &second["next_cursor"]), (20, 5, &Value::Null));
    all.extend(rest);
    assert!(all.is_sorted_by(|newer, older| newer > older));
    // Switched off nothing is sent, not even a test.
    let off = app.send("PATCH", &format!("me/webhooks/{id}"), &ada.token, Some(r#"{"enabled":false}"#)).await;
    assert_eq!((off.0, &off.1["enabled"]), (200, &json!(false)));
    assert_eq!(
        code(&app.post(&format!("me/webhooks/{id}/test"), &ada.token, "").await),
        (409, "webhook_off")
    );
    assert_eq!(app.send("DELETE", &format!("me/webhooks/{id}"), &ada.token, None).await.0, 204);
    assert_eq!(app.get(&path, &ada.token).await.0, 404);
    change(&app, "SELECT 1 / (count(*) = 0)::int FROM deliveries").await;
    app.stop().await;
}

#[tokio::test]
async fn a_suspended_owners_webhooks_wait_and_an_erased_ones_are_gone() {
    let app = app().await;
    let (ada, receiver) = (app.streamer("ada").await, Receiver::start().await);
    let (id, secret) = hook(&app, &ada.token, &receiver.url(), &["followed"]).await;
    app.people.change(ada.id, |u| u.suspended = true);
    app.user_fact("user.suspended", ada.id, r#"{"username":"ada"}"#).await;
    until("it is known", || async { holds(&app, "SELECT 1 / suspended::int FROM channels").await }).await;
    let (_, bob) = app.person("bob");
    assert_eq!(app.send("PUT", "ada/follow", &bob, None).await.0, 204);
    let cleo = app.streamer("cleo").await;
    hook(&app, &cleo.token, &receiver.url(), &["updated"]).await;
    retitle(&app, &cleo.token, "sent after it").await;
    receiver.has("updated", 1).await;
    assert_eq!(receiver.got().len(), 1);
    assert_eq!(shown(&app, &ada.token, &id).await["waiting"], 1);
    app.people.change(ada.id, |u| u.suspended = false);
    app.user_fact("user.updated", ada.id, r#"{"suspended":false}"#).await;
    receiver.has("followed", 1).await;

    // For the person everything but the secret.
    let items = app.export("user", ada.id, "").await.unwrap().items;
    let of = |kind: &str| items.iter().filter(|i| i.kind == kind).map(|i| i.json.clone()).collect::<Vec<_>>();
    let (hooks, sent) = (of("webhooks"), of("deliveries"));
    assert_eq!((hooks.len(), sent.len()), (1, 1));
    assert!(hooks[0].contains(&receiver.url()) && sent[0].contains("bob"), "{hooks:?} {sent:?}");
    assert!(!hooks[0].contains("secret") && !hooks[0].contains(&secret));
    app.user_fact("user.deleted", ada.id, r#"{"username":"ada"}"#).await;
    until("it is gone", || async {
        let gone = "SELECT 1 / (count(*) = 1)::int FROM webhooks";
        holds(&app, gone).await
    })
    .await;
    change(&app, "SELECT 1 / (count(*) = 0)::int FROM deliveries WHERE type = 'followed'").await;
    app.stop().await;
}

#[tokio::test]
async fn an_operator_who_has_set_nothing_has_https_on_two_ports_and_refusals_name_the_setting() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let ada = app.streamer("ada").await;
    let draft = |url: &str| json!({"name": "Bot", "url": url, "events": ["live"]}).to_string();
    for (url, code, setting) in [
        ("http://hooks.example.org/", "not_https", "stream.outbound.https_only"),
        ("https://hooks.example.org:9000/", "port", "stream.outbound.ports"),
        ("https://localhost/", "not_public", "stream.outbound.allow"),
        ("https://192.168.1.2/", "not_public", "stream.outbound.allow"),
        ("https://[fd00::2]:8443/", "not_public", "stream.outbound.allow"),
    ] {
        let refused = app.post("me/webhooks", &ada.token, &draft(url)).await;
        let wrong = &refused.1["errors"][0];
        assert_eq!((refused.0, &wrong["code"]), (422, &json!(code)), "{url}");
        assert!(wrong["detail"].as_str().unwrap().contains(setting), "{wrong}");
    }
    for url in ["https://hooks.example.org/", "https://hooks.example.org:8443/", "https://8.8.8.8/"] {
        assert_eq!(app.post("me/webhooks", &ada.token, &draft(url)).await.0, 201, "{url}");
    }
    app.stop().await;
}
