//! Who may watch a channel, and what each other person is told of it: tokens, links, passwords, lists, events, chat's question.

use crate::harness::{Events, Streamer, TestApp, now};
use serde_json::{Value, json};
use streamly_auth::{
    SigningKey,
    playback::{self, Claims, Verifier, Way},
};
use streamly_config::Duration;
use uuid::Uuid;

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

const DENIED: (u16, &str) = (403, "playback_denied");

impl TestApp {
    async fn set(&self, who: &Streamer, body: &str) -> Value {
        let answer = self.send("PATCH", "me", &who.token, Some(body)).await;
        assert_eq!(answer.0, 200, "{}", answer.1);
        answer.1
    }
    /// What a playback token is asked for with.
    async fn ask(&self, name: &str, token: &str, body: &str) -> (u16, Value) {
        self.post(&format!("{name}/playback-token"), token, body).await
    }
    async fn claims(&self, token: &str) -> Claims {
        let keys = self.get("playback-keys.json", "").await.1;
        let verifier = Verifier::new(&serde_json::from_value(keys).unwrap());
        verifier.verify(token, now()).unwrap()
    }
    /// Makes the channel's link; gives its secret.
    async fn link(&self, who: &Streamer) -> String {
        let made = self.post("me/watch-link", &who.token, "").await;
        assert_eq!(made.0, 201);
        let url = made.1["url"].as_str().unwrap();
        assert_eq!(self.get("me/watch-link", &who.token).await.1["url"], url);
        url.split_once("/ada#").unwrap().1.to_owned()
    }
    async fn views(&self, user: Option<streamly_domain::UserId>, channel: &str) -> bool {
        let id = user.map(|id| id.to_string()).unwrap_or_default();
        let request =
            streamly_proto::stream::v1::GetCapabilitiesRequest { user_id: id, channel_id: channel.into() };
        let mut client = streamly_proto::stream::v1::channel_service_client::ChannelServiceClient::new(
            self.chat.streaming(),
        );
        let answer = client.get_capabilities(request).await.unwrap().into_inner();
        answer.capabilities.iter().any(|name| name == "channel.view")
    }
}

#[tokio::test]
async fn an_open_channel_needs_no_token_and_an_unlisted_one_is_in_no_list() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    let asked = app.ask("ada", "", "").await;
    assert_eq!(
        (asked.0, &asked.1["token"], &asked.1["playback_url"]),
        (200, &Value::Null, &json!("http://localhost:3000/live/ada/index.m3u8"))
    );
    let mut directory = Events::open(&app, "directory", "", None).await;
    directory
        .find("directory", |data| data["id"] == ada.channel.as_str() && data["visibility"] == "public")
        .await;
    assert_eq!(app.get("?live=true", "").await.1["items"].as_array().unwrap().len(), 1);
    assert_eq!(app.set(&ada, r#"{"visibility":"unlisted"}"#).await["visibility"], "unlisted");
    directory
        .find("directory", |data| data["channel_id"] == ada.channel.as_str() && data["state"] == "offline")
        .await;
    for query in ["?live=true", "?q=ada", ""] {
        assert!(app.get(query, "").await.1["items"].as_array().unwrap().is_empty(), "{query}");
    }
    let seen = app.get("ada", "").await.1;
    assert_eq!((&seen["may_watch"], seen["live"]["playback_url"].is_string()), (&json!(true), true));
    assert!(app.views(None, &ada.channel).await);
    app.stop().await;
}

#[tokio::test]
async fn a_channel_for_followers_is_watched_by_them_and_by_who_belongs_there() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let ((bob, bob_token), (mia, mia_token)) = (app.person("bob"), app.person("mia"));
    let (_, eve_token) = app.person("eve");
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    app.set(&ada, r#"{"visibility":"followers"}"#).await;
    assert_eq!(app.send("PUT", "ada/follow", &bob_token, None).await.0, 204);
    app.set_member(&ada.channel, mia, "vip", ada.id).await.unwrap();
    for (who, may) in
        [("", false), (&eve_token, false), (&bob_token, true), (&mia_token, true), (&ada.token, true)]
    {
        let seen = app.get("ada", who).await.1;
        // That it is on air everybody may know.
        assert_eq!(
            (&seen["state"], &seen["visibility"], &seen["may_watch"]),
            (&json!("live"), &json!("followers"), &json!(may))
        );
        let asked = app.ask("ada", who, "").await;
        match may {
            true => {
                let token = asked.1["token"].as_str().unwrap();
                assert_eq!(
                    asked.1["playback_url"],
                    format!("http://localhost:3000/live/ada/index.m3u8?token={token}")
                );
                assert!(seen["live"]["playback_url"].as_str().unwrap().contains("?token="));
                let claims = app.claims(token).await;
                assert_eq!((claims.sub.to_string(), claims.way), (ada.channel.clone(), Way::Person));
                assert!((119..=120).contains(&(claims.exp - claims.iat)));
            }
            false => {
                assert_eq!(code(&asked), DENIED);
                assert_eq!(seen["live"]["playback_url"], Value::Null);
            }
        }
    }
    assert!(app.views(Some(bob), &ada.channel).await && !app.views(None, &ada.channel).await);
    // Who leaves gets no other token, whoever shows the one before.
    let token = app.ask("ada", &bob_token, "").await.1["token"].as_str().unwrap().to_owned();
    let renewal = json!({"token": token}).to_string();
    let next = app.ask("ada", "", &renewal).await.1["token"].as_str().unwrap().to_owned();
    let (first, second) = (app.claims(&token).await, app.claims(&next).await);
    assert_eq!((first.jti, first.first, second.who), (second.jti, second.first, Some(bob)));
    assert_eq!(app.send("DELETE", "ada/follow", &bob_token, None).await.0, 204);
    assert_eq!(code(&app.ask("ada", "", &renewal).await), DENIED);
    assert!(!app.views(Some(bob), &ada.channel).await);
    app.stop().await;
}

#[tokio::test]
async fn a_password_lets_in_until_it_is_another_one_and_guesses_are_slowed_down() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let (bob, bob_token) = app.person("bob");
    for (body, field) in [
        (r#"{"visibility":"password"}"#, "required"),
        (r#"{"visibility":"password","password":"abc"}"#, "too_short"),
        (r#"{"visibility":"hidden"}"#, "invalid"),
    ] {
        let answer = app.send("PATCH", "me", &ada.token, Some(body)).await;
        assert_eq!((answer.0, answer.1["errors"][0]["code"].as_str()), (422, Some(field)), "{body}");
    }
    app.set(&ada, r#"{"visibility":"password","password":"open sesame"}"#).await;
    app.sql("SELECT 1 / (watch_password LIKE '$argon2id$%')::int FROM channels");
    for body in ["", "{}", r#"{"password":"open sesam"}"#, r#"{"password":""}"#, r#"{"link":"open sesame"}"#]
    {
        assert_eq!(code(&app.ask("ada", "", body).await), DENIED, "{body}");
    }
    let right = r#"{"password":"open sesame"}"#;
    let stranger = app.ask("ada", "", right).await.1["token"].as_str().unwrap().to_owned();
    assert!(!app.views(Some(bob), &ada.channel).await);
    assert_eq!(app.ask("ada", &bob_token, right).await.0, 200);
    // Who is signed in has proved it for good.
    assert_eq!(app.ask("ada", &bob_token, "").await.0, 200);
    assert!(app.views(Some(bob), &ada.channel).await);
    let renewal = json!({"token": stranger}).to_string();
    assert_eq!(app.ask("ada", "", &renewal).await.0, 200);

    app.set(&ada, r#"{"password":"another one"}"#).await;
    assert_eq!(code(&app.ask("ada", "", &renewal).await), DENIED, "what was proved is void");
    assert_eq!(code(&app.ask("ada", &bob_token, "").await), DENIED);
    assert!(!app.views(Some(bob), &ada.channel).await);
    let tries: Vec<u16> = {
        let mut all = Vec::new();
        for _ in 0..14 {
            all.push(app.ask("ada", &bob_token, r#"{"password":"guess"}"#).await.0);
        }
        all
    };
    assert!(tries.contains(&429) && tries[0] == 403, "{tries:?}");
    assert_eq!(app.ask("ada", "", r#"{"password":"another one"}"#).await.0, 200, "others are not locked out");
    app.stop().await;
}

#[tokio::test]
async fn a_private_channel_is_offline_to_strangers_and_its_link_can_be_ended() {
    let app = TestApp::spawn().await;
    let (ada, eve) = (app.streamer("ada").await, app.streamer("eve").await);
    let (_, bob_token) = app.person("bob");
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    app.set(&ada, r#"{"title":"a secret","category":"Plots","tags":["hush"]}"#).await;
    let topic = format!("channel:{}", ada.channel);
    let mut strangers = Events::open(&app, &topic, "", None).await;
    let mut own = Events::open(&app, &topic, &ada.token, None).await;
    strangers.find("stream", |data| data["state"] == "live").await;
    assert_eq!(code(&app.get("me/watch-link", &ada.token).await), (404, "watch_link_not_found"));
    app.set(&ada, r#"{"visibility":"private"}"#).await;
    let hidden = strangers.find("stream", |data| data["visibility"] == "private").await.data;
    assert_eq!(
        (&hidden["state"], &hidden["live"], &hidden["title"]),
        (&json!("offline"), &Value::Null, &json!(""))
    );
    let seen = own.find("stream", |data| data["visibility"] == "private").await.data;
    assert_eq!((&seen["state"], &seen["title"]), (&json!("live"), &json!("a secret")));
    // Who asks anew learns no more.
    let mut anew = Events::open(&app, &topic, &bob_token, None).await;
    assert_eq!(anew.next().await.unwrap().data["state"], "offline");
    for who in ["", &eve.token] {
        let seen = app.get("ada", who).await.1;
        assert_eq!(
            (&seen["state"], &seen["live"], &seen["title"], &seen["visibility"]),
            (&json!("offline"), &Value::Null, &json!(""), &json!("private"))
        );
        assert_eq!((&seen["category"], &seen["tags"]), (&json!(""), &json!([])));
        assert!(app.get("?q=secret", who).await.1["items"].as_array().unwrap().is_empty());
        for what in ["about", "schedule", "schedule.ics"] {
            assert_eq!(
                code(&app.get(&format!("ada/{what}"), who).await),
                (404, "channel_not_found"),
                "{what}"
            );
        }
    }
    app.send("PUT", "ada/follow", &bob_token, None).await;
    let following = app.get("me/following", &bob_token).await.1["items"][0]["stream"].clone();
    assert_eq!((&following["state"], &following["title"]), (&json!("offline"), &json!("")));
    let live = app.get("me/following?live=true", &bob_token).await.1;
    assert!(live["items"].as_array().unwrap().is_empty(), "nor that it is on air");
    assert_eq!(code(&app.ask("ada", &bob_token, "").await), DENIED, "to follow is not enough");

    assert_eq!(app.get("ada/about", &ada.token).await.0, 200);

    let link = app.link(&ada).await;
    let by_link = json!({"link": link}).to_string();
    let entered = app.ask("ada", "", &by_link).await.1;
    assert_eq!(
        (&entered["stream"]["state"], &entered["stream"]["title"]),
        (&json!("live"), &json!("a secret"))
    );
    assert!(entered["stream"]["live"]["playback_url"].as_str().unwrap().contains("?token="));
    let renewal = json!({"token": entered["token"]}).to_string();
    assert_eq!(app.ask("ada", "", &renewal).await.0, 200);
    for bad in ["wl_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", &ada.key, &link[..20], &"x".repeat(5000)] {
        assert_eq!(code(&app.ask("ada", "", &json!({"link": bad}).to_string()).await), DENIED, "{bad}");
    }
    // Somebody else's link opens nothing here, nor does this one elsewhere; and nobody ends another's.
    app.set(&eve, r#"{"visibility":"private"}"#).await;
    assert_eq!(code(&app.ask("eve", "", &by_link).await), DENIED);
    assert_eq!(app.send("DELETE", "me/watch-link", &eve.token, None).await.0, 204);
    assert_eq!(app.ask("ada", "", &by_link).await.0, 200);
    // Another link ends the one before.
    let second = json!({"link": app.link(&ada).await}).to_string();
    assert_eq!(code(&app.ask("ada", "", &by_link).await), DENIED);
    assert_eq!(code(&app.ask("ada", "", &renewal).await), DENIED);
    assert_eq!(app.ask("ada", "", &second).await.0, 200);
    assert_eq!(app.send("DELETE", "me/watch-link", &ada.token, None).await.0, 204);
    assert_eq!(code(&app.ask("ada", "", &second).await), DENIED);
    app.stop().await;
}

#[tokio::test]
async fn tokens_that_are_old_forged_or_of_another_channel_are_renewed_for_nobody() {
    let app = TestApp::spawn_with(|c| c.playback_session = Duration::from_secs(3600)).await;
    let (ada, eve) = (app.streamer("ada").await, app.streamer("eve").await);
    for who in [&ada, &eve] {
        app.set(who, r#"{"visibility":"followers"}"#).await;
    }
    let good = app.ask("ada", &ada.token, "").await.1["token"].as_str().unwrap().to_owned();
    let foreign = app.ask("eve", &eve.token, "").await.1["token"].as_str().unwrap().to_owned();
    let claims = app.claims(&good).await;
    let other = SigningKey::generate().unwrap();
    let forged = playback::sign(&other, &Claims { jti: Uuid::now_v7(), ..claims }).unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    for bad in [foreign, forged, unsigned, good[..good.len() - 2].to_owned(), ada.token.clone(), "x".into()] {
        let answer = app.ask("ada", "", &json!({"token": bad}).to_string()).await;
        assert_eq!(code(&answer), DENIED, "{bad}");
        assert!(!answer.1.to_string().contains(&bad) || bad == "x", "a refusal repeats no secret");
    }
    assert_eq!(app.ask("ada", "", &json!({"token": good}).to_string()).await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn an_index_entry_says_at_once_who_may_watch_and_a_node_hears_it_with_its_lease() {
    use streamly_proto::stream::v1::{State, node_command::Command};
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    app.set(&ada, r#"{"visibility":"followers"}"#).await;
    let permit = app.permit(&ada.key, "n1").await;
    assert!(permit.restricted && permit.watch_version == 1);
    let mut node = app.live("n1", &permit).await;
    let entry = async || -> Value {
        let text: Option<String> =
            app.bus.call("GET", [format!("live:b:{}", permit.broadcast_id)]).await.unwrap();
        serde_json::from_str(&text.unwrap()).unwrap()
    };
    assert_eq!((&entry().await["restricted"], &entry().await["watch_version"]), (&json!(true), &json!(1)));
    // No heartbeat comes in between.
    app.set(&ada, r#"{"visibility":"private"}"#).await;
    assert_eq!(entry().await["watch_version"], 2);
    node.beat(&permit, State::Live).await;
    let Command::Renewed(renewed) = node.command().await else { panic!("a renewal") };
    assert!(renewed.restricted && renewed.watch_version == 2);
    app.set(&ada, r#"{"visibility":"public"}"#).await;
    assert_eq!(entry().await["restricted"], false);
    app.stop().await;
}

#[tokio::test]
async fn a_key_ends_when_its_owner_said_and_what_runs_goes_on() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let past = r#"{"name":"x","expires_at":"2020-01-01T00:00:00Z"}"#;
    assert_eq!(code(&app.post("keys", &ada.token, past).await), (422, "validation_failed"));
    let made =
        app.post("keys", &ada.token, r#"{"name":"Guest","expires_at":"2099-01-01T00:00:00Z"}"#).await.1;
    assert_eq!(made["expires_at"], "2099-01-01T00:00:00Z");
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let permit = app.permit(key, "n1").await;
    let _node = app.live("n1", &permit).await;
    let path = format!("keys/{id}");
    let ended = app.send("PATCH", &path, &ada.token, Some(r#"{"expires_at":"2020-01-01T00:00:00Z"}"#)).await;
    assert_eq!((ended.0, &ended.1["name"]), (200, &json!("Guest")));
    assert!(!ended.1.to_string().contains(key));
    assert_eq!(app.refusal(key, "n1").await.code, "key_expired");
    let me = app.get("me", &ada.token).await.1;
    assert_eq!((&me["state"], &me["refusals"][0]["code"]), (&json!("live"), &json!("key_expired")));
    assert!(me["refusals"][0]["detail"].as_str().unwrap().contains("Guest"));
    // Without an end, and under another name.
    let changed =
        app.send("PATCH", &path, &ada.token, Some(r#"{"name":"Guests","expires_at":null}"#)).await.1;
    assert_eq!((&changed["name"], &changed["expires_at"]), (&json!("Guests"), &Value::Null));
    let again = app.permit(key, "n1").await;
    assert_eq!(again.broadcast_id, permit.broadcast_id);
    // What a rotation leaves is told.
    app.post(&format!("{path}/rotate"), &ada.token, r#"{"overlap_s":600}"#).await;
    let list = app.get("keys", &ada.token).await.1;
    assert!(list["items"][1]["overlap_until"].is_string() && list["items"][0]["overlap_until"].is_null());
    app.stop().await;
}

#[tokio::test]
async fn who_guesses_a_channels_password_keeps_nobody_else_out_and_many_together_no_one_who_was_right() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let (_, bob_token) = app.person("bob");
    app.set(&ada, r#"{"visibility":"password","password":"open sesame"}"#).await;
    let from = async |address: &str, password: &str| {
        let request = app.http.post(app.url("ada/playback-token")).header("x-forwarded-for", address);
        let answer = request.json(&json!({"password": password})).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
    };
    assert_eq!(from("192.0.2.1", "open sesame").await.0, 200);
    // One address by itself is stopped, and nobody else with it.
    let mut tries = vec![from("192.0.2.66", "guess").await];
    while tries.last() == Some(&(403, false)) && tries.len() < 40 {
        tries.push(from("192.0.2.66", "guess").await);
    }
    assert_eq!(tries.last(), Some(&(429, true)), "{tries:?}");
    assert_eq!(from("192.0.2.2", "open sesame").await.0, 200);
    // Many addresses together are slowed down, whichever they are.
    let mut guesses = 0;
    while from(&format!("198.51.100.{guesses}"), "guess").await.0 == 403 {
        guesses += 1;
        assert!(guesses < 120, "they are never slowed down");
    }
    assert!(guesses >= 40, "{guesses}");
    for good in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(from(good, "open sesame").await.0, 200, "who was right before comes in: {good}");
    }
    assert_eq!(
        app.ask("ada", &bob_token, r#"{"password":"open sesame"}"#).await.0,
        200,
        "and who is signed in"
    );
    app.stop().await;
}
