//! Moderators and VIPs: by their owner over REST, by chat's slash commands over gRPC; and what chat is told of everybody.

use crate::harness::{TestApp, now};
use serde_json::{Value, json};
use std::time::Duration;
use streamly_domain::UserId;
use tonic::Code;

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

async fn put(app: &TestApp, token: &str, name: &str, role: &str) -> (u16, Value) {
    let body = json!({"role": role, "more": 1}).to_string();
    app.send("PUT", &format!("me/members/{name}"), token, Some(&body)).await
}

async fn delete(app: &TestApp, token: &str, name: &str) -> (u16, Value) {
    app.send("DELETE", &format!("me/members/{name}"), token, None).await
}

/// Names and roles as the owner sees them.
async fn listed(app: &TestApp, token: &str) -> Vec<(String, String)> {
    let list = app.get("me/members", token).await;
    assert_eq!(list.0, 200);
    let text = |v: &Value| v.as_str().unwrap_or("?").to_owned();
    list.1["items"].as_array().unwrap().iter().map(|m| (text(&m["username"]), text(&m["role"]))).collect()
}

fn named(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, role)| ((*name).to_owned(), (*role).to_owned())).collect()
}

fn staff(app: &TestApp, name: &str, role: &str) -> UserId {
    let id = app.people.add(name);
    app.people.change(id, |u| u.platform_role = role.into());
    id
}

#[tokio::test]
async fn an_owner_gives_and_takes_roles_each_change_is_one_fact_and_the_same_again_is_none() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let (bob, cleo) = (app.people.add("bob"), app.people.add("cleo"));
    assert_eq!(listed(&app, &ada.token).await, []);
    for (name, role) in [("Cleo", "vip"), ("bob", "vip"), ("bob", "vip"), ("BOB", "moderator")] {
        assert_eq!(put(&app, &ada.token, name, role).await.0, 204, "{name} {role}");
    }
    assert_eq!(listed(&app, &ada.token).await, named(&[("bob", "moderator"), ("cleo", "vip")]));
    let one = app.get("me/members", &ada.token).await.1["items"][0].clone();
    assert_eq!((&one["user_id"], &one["display_name"]), (&json!(bob), &json!("BOB")));
    assert_eq!(one["added_by"], json!(ada.id));
    assert!(one["added_at"].as_str().unwrap().ends_with('Z'));
    for _ in 0..2 {
        assert_eq!(delete(&app, &ada.token, "bob").await.0, 204, "twice is as once");
    }
    // A name may be gone; the id is not.
    assert_eq!(delete(&app, &ada.token, &cleo.to_string()).await.0, 204);
    assert_eq!(listed(&app, &ada.token).await, []);
    app.relayed().await;
    let fact = |user: UserId, role: Value| json!({"user_id": user, "role": role});
    assert_eq!(
        app.facts("stream.member_changed", &ada.channel).await,
        [
            fact(cleo, json!("vip")),
            fact(bob, json!("vip")),
            fact(bob, json!("moderator")),
            fact(bob, Value::Null),
            fact(cleo, Value::Null),
        ]
    );
    app.stop().await;
}

#[tokio::test]
async fn roles_names_and_bodies_that_are_not_are_told_and_change_nothing() {
    let app = TestApp::spawn_with(|c| c.max_members = 2).await;
    let ada = app.streamer("ada").await;
    for name in ["bob", "cleo", "dan"] {
        app.people.add(name);
    }
    for role in ["owner", "staff", "Moderator", "", "moderator\u{0}"] {
        let answer = put(&app, &ada.token, "bob", role).await;
        assert_eq!(code(&answer), (422, "validation_failed"), "{role:?}");
        assert_eq!(answer.1["errors"][0]["field"], "role");
    }
    for (body, told) in [("{", 400), ("{}", 422), (r#"{"role":1}"#, 422), (r#"{"role":null}"#, 422)] {
        assert_eq!(app.send("PUT", "me/members/bob", &ada.token, Some(body)).await.0, told, "{body}");
    }
    for name in ["nobody", "a%00b", "%F0%9F%A6%80", "xx"] {
        assert_eq!(code(&put(&app, &ada.token, name, "vip").await), (404, "user_not_found"), "{name}");
        assert_eq!(code(&delete(&app, &ada.token, name).await), (404, "user_not_found"), "{name}");
    }
    app.people.change(app.people.id("dan"), |u| u.suspended = true);
    assert_eq!(code(&put(&app, &ada.token, "dan", "vip").await), (404, "user_not_found"), "suspended");
    for answer in [put(&app, &ada.token, "ada", "vip").await, delete(&app, &ada.token, "ada").await] {
        assert_eq!(code(&answer), (422, "validation_failed"), "the owner");
    }
    app.people.change(app.people.id("dan"), |u| u.suspended = false);
    assert_eq!(put(&app, &ada.token, "bob", "vip").await.0, 204);
    assert_eq!(put(&app, &ada.token, "cleo", "moderator").await.0, 204);
    assert_eq!(code(&put(&app, &ada.token, "dan", "vip").await), (409, "too_many_members"));
    assert_eq!(put(&app, &ada.token, "bob", "moderator").await.0, 204, "who is one already may change");
    let full = app.set_member(&ada.channel, app.people.id("dan"), "vip", ada.id).await;
    assert_eq!(full, Err(Code::FailedPrecondition));
    assert_eq!(listed(&app, &ada.token).await.len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn chat_is_told_who_the_members_of_a_channel_are_in_the_owners_order() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    assert_eq!(app.list_members(&ada.channel).await, Ok(Vec::new()));
    let ids = ["vic", "mia", "moe"].map(|name| app.people.add(name).to_string());
    for (name, role) in [("vic", "vip"), ("mia", "moderator"), ("moe", "moderator")] {
        assert_eq!(put(&app, &ada.token, name, role).await.0, 204, "{name}");
    }
    let [vic, mia, moe] = ids;
    let expected =
        [(mia, "moderator"), (moe, "moderator"), (vic, "vip")].map(|(id, role)| (id, role.to_owned()));
    assert_eq!(app.list_members(&ada.channel).await, Ok(expected.to_vec()));
    assert_eq!(app.list_members(&bob.channel).await, Ok(Vec::new()), "each channel has its own");
    for channel in ["", "x", &uuid::Uuid::now_v7().to_string()] {
        assert_eq!(app.list_members(channel).await, Err(Code::NotFound), "{channel:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn of_two_that_come_at_once_one_has_the_last_place() {
    let app = TestApp::spawn_with(|c| c.max_members = 1).await;
    let ada = app.streamer("ada").await;
    app.people.add("bob");
    app.people.add("cleo");
    for _ in 0..5 {
        let (one, two) =
            tokio::join!(put(&app, &ada.token, "bob", "vip"), put(&app, &ada.token, "cleo", "vip"));
        let mut told = [one.0, two.0];
        told.sort_unstable();
        assert_eq!(told, [204, 409]);
        let who = listed(&app, &ada.token).await;
        assert_eq!(who.len(), 1);
        assert_eq!(delete(&app, &ada.token, &who[0].0).await.0, 204);
    }
    app.stop().await;
}

#[tokio::test]
async fn nobody_sees_or_changes_the_members_of_somebody_elses_channel() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let cleo = app.people.add("cleo");
    assert_eq!(put(&app, &ada.token, "cleo", "moderator").await.0, 204);
    assert_eq!(listed(&app, &bob.token).await, []);
    assert_eq!(delete(&app, &bob.token, "cleo").await.0, 204, "of Bob's own she is none");
    assert_eq!(listed(&app, &ada.token).await, named(&[("cleo", "moderator")]));
    // Nor does a moderator, who makes herself nothing on the channel.
    let token = app.token(cleo, "cleo", now());
    assert_eq!(put(&app, &token, "bob", "moderator").await.0, 204);
    assert_eq!(listed(&app, &ada.token).await, named(&[("cleo", "moderator")]));
    for (method, path) in [("GET", "me/members"), ("PUT", "me/members/cleo"), ("DELETE", "me/members/cleo")] {
        for token in ["", "x"] {
            let answer = app.send(method, path, token, Some(r#"{"role":"vip"}"#)).await;
            assert_eq!(code(&answer), (401, "unauthenticated"), "{method} {path}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn chat_gives_roles_for_the_owner_and_for_staff_and_for_nobody_else() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let (cleo, dan) = (app.people.add("cleo"), app.people.add("dan"));
    let (moderator, admin) = (staff(&app, "mona", "moderator"), staff(&app, "root_1", "admin"));
    let set = |user, role, actor| app.set_member(&ada.channel, user, role, actor);
    assert_eq!(set(cleo, "moderator", ada.id).await.as_deref(), Ok(""));
    assert_eq!(set(cleo, "vip", moderator).await.as_deref(), Ok("moderator"));
    assert_eq!(set(cleo, "moderator", admin).await.as_deref(), Ok("vip"));
    // The owner of another channel, a stranger, the channel's own moderator, nobody, suspended staff.
    app.people.change(moderator, |u| u.suspended = true);
    for actor in [bob.id, dan, cleo, UserId::new(), moderator] {
        for (user, role) in [(dan, "moderator"), (cleo, ""), (actor, "vip")] {
            assert_eq!(set(user, role, actor).await, Err(Code::PermissionDenied), "{actor} {user} {role}");
        }
    }
    assert_eq!(listed(&app, &ada.token).await, named(&[("cleo", "moderator")]));
    assert_eq!(app.get("me/members", &ada.token).await.1["items"][0]["added_by"], json!(admin));
    for (user, role, told) in [
        (dan, "owner", Code::InvalidArgument),
        (ada.id, "vip", Code::InvalidArgument),
        (UserId::new(), "vip", Code::NotFound),
    ] {
        assert_eq!(set(user, role, ada.id).await, Err(told), "{role}");
    }
    for channel in ["", "x", &uuid::Uuid::now_v7().to_string()] {
        assert_eq!(app.set_member(channel, dan, "vip", admin).await, Err(Code::NotFound));
    }
    assert_eq!(set(cleo, "", ada.id).await.as_deref(), Ok("moderator"));
    assert_eq!(set(cleo, "", ada.id).await.as_deref(), Ok(""), "twice is as once");
    // A suspended owner gives nothing, once that is known.
    app.sql("UPDATE channels SET suspended = true WHERE username = 'ada'");
    assert_eq!(set(cleo, "vip", ada.id).await, Err(Code::PermissionDenied));
    app.stop().await;
}

#[tokio::test]
async fn chat_is_told_roles_capabilities_and_since_when_somebody_follows() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let (bob, token) = app.person("bob");
    let mona = staff(&app, "mona", "moderator");
    let told = async |user| {
        let all = app.capabilities(user, &ada.channel).await.unwrap();
        (all.roles.join(" "), all.capabilities.join(" "))
    };
    let is = |roles: &str, names: &str| (roles.to_owned(), names.to_owned());
    let all = "channel.view chat.say chat.moderate stream.members stream.manage stream.health";
    assert_eq!(told(ada.id).await, is("owner", all));
    assert_eq!(told(bob).await, is("", "channel.view chat.say"));
    assert_eq!(told(mona).await, is("staff", "channel.view chat.say chat.moderate stream.members"));
    assert_eq!(put(&app, &ada.token, "bob", "moderator").await.0, 204);
    assert_eq!(told(bob).await, is("moderator", "channel.view chat.say chat.moderate"), "at once");
    assert_eq!(put(&app, &ada.token, "bob", "vip").await.0, 204);
    assert_eq!(told(bob).await, is("vip", "channel.view chat.say"));

    let since = async || app.capabilities(bob, &ada.channel).await.unwrap().followed_at_ms;
    assert_eq!(since().await, 0);
    let before = i64::try_from(now()).unwrap() * 1_000;
    assert_eq!(app.send("PUT", "ada/follow", &token, None).await.0, 204);
    assert!((before..before + 60_000).contains(&since().await));
    assert_eq!(app.send("DELETE", "ada/follow", &token, None).await.0, 204);
    assert_eq!(since().await, 0);
    assert_eq!(app.capabilities(bob, &uuid::Uuid::now_v7().to_string()).await, Err(Code::NotFound));
    app.stop().await;
}

#[tokio::test]
async fn without_the_user_service_staff_is_who_was_staff_and_others_may_what_they_could() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let (mona, bob) = (staff(&app, "mona", "moderator"), app.people.add("bob"));
    assert_eq!(app.capabilities(mona, &ada.channel).await.unwrap().roles, ["staff"]);
    app.people.slow(Duration::from_secs(3600));
    assert_eq!(app.capabilities(mona, &ada.channel).await.unwrap().roles, ["staff"]);
    let asked = std::time::Instant::now();
    let stranger = app.capabilities(bob, &ada.channel).await.unwrap();
    assert_eq!(
        (stranger.roles.len(), stranger.capabilities),
        (0, ["channel.view", "chat.say"].map(str::to_owned).to_vec())
    );
    assert_eq!(app.capabilities(ada.id, &ada.channel).await.unwrap().roles, ["owner"]);
    assert!(asked.elapsed() < Duration::from_secs(2), "chat waits 2 s: {:?}", asked.elapsed());
    app.stop().await;
}

#[tokio::test]
async fn changes_of_members_are_limited_per_person_whichever_way_they_come() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.people.add("bob"));
    let mut answers = Vec::new();
    for n in 0..40 {
        let role = if n % 2 == 0 { "vip" } else { "moderator" };
        answers.push(put(&app, &ada.token, "bob", role).await.0);
    }
    assert_eq!((answers[0], answers[39]), (204, 429), "{answers:?}");
    assert_eq!(app.set_member(&ada.channel, bob, "", ada.id).await, Err(Code::ResourceExhausted));
    let mona = staff(&app, "mona", "admin");
    assert_eq!(app.set_member(&ada.channel, bob, "", mona).await.map(|_| ()), Ok(()), "others go on");
    app.stop().await;
}
