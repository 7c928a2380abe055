//! What moderators and admins do, and that nobody else does.

use crate::{
    app::{Answer, TestApp},
    letters::mail,
};
use reqwest::Method;
use serde_json::{Value, json};
use streamly_config::Secret;

const TOKEN: &str = "dGhlIGZpcnN0IGFkbWluJ3MgdG9rZW4";

pub struct Person {
    pub id: String,
    pub access: String,
    refresh: String,
}

async fn person(app: &TestApp, name: &str) -> Person {
    let session = app.register(name).await;
    Person {
        id: session.body["user"]["id"].as_str().unwrap().into(),
        access: session.access().into(),
        refresh: session.token(),
    }
}

pub async fn with_role(app: &TestApp, name: &str, role: &str) -> Person {
    let person = person(app, name).await;
    app.sql(&format!("UPDATE users SET role = '{role}' WHERE username = '{name}'"));
    person
}

async fn suspend(app: &TestApp, who: &Person, whom: &Person, reason: Value) -> Answer {
    let path = format!("/api/admin/users/{}/suspension", whom.id);
    app.call(Method::PUT, &path, &who.access, json!({"reason": reason})).await
}

async fn set_role(app: &TestApp, who: &Person, whom: &Person, role: &str) -> Answer {
    let path = format!("/api/admin/users/{}/role", whom.id);
    app.call(Method::PUT, &path, &who.access, json!({"role": role})).await
}

pub async fn audit(app: &TestApp, who: &Person) -> Vec<Value> {
    let answer = app.call(Method::GET, "/api/admin/audit", &who.access, Value::Null).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_link_makes_one_admin_once() {
    let app = TestApp::spawn_with(|c| c.first_admin_token = Some(Secret::new(TOKEN))).await;
    let (ada, eve) = (person(&app, "ada").await, person(&app, "eve").await);
    let first = |who: &Person, token: &str| {
        let (access, body) = (who.access.clone(), json!({"token": token}));
        let app = &app;
        async move { app.call(Method::POST, "/api/admin/first", &access, body).await }
    };
    assert_eq!(app.get("/api/admin/first").await.body, json!({"open": true}));
    assert_eq!(app.post("/api/admin/first", json!({"token": TOKEN})).await.code(), "unauthenticated");
    for wrong in ["", "x", &TOKEN[1..]] {
        assert_eq!(first(&eve, wrong).await.code(), "invalid_link");
    }
    let (a, b) = tokio::join!(first(&ada, TOKEN), first(&eve, TOKEN));
    let (won, lost) = if a.status == 200 { (a, b) } else { (b, a) };
    assert_eq!((won.status.as_u16(), &won.body["user"]["platform_role"]), (200, &json!("admin")));
    assert_eq!((lost.status.as_u16(), lost.code()), (409, "admin_exists"));
    assert_eq!(app.get("/api/admin/first").await.body, json!({"open": false}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_nobody_configured_makes_nobody_an_admin() {
    let app = TestApp::spawn().await;
    let ada = person(&app, "ada").await;
    assert_eq!(app.get("/api/admin/first").await.body, json!({"open": false}));
    for token in ["", "null"] {
        let refused = app.call(Method::POST, "/api/admin/first", &ada.access, json!({"token": token})).await;
        assert_eq!(refused.code(), "invalid_link");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_ends_the_sign_ins_tells_its_owner_why_and_is_written_down() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let (boss, mallory) = (with_role(&app, "boss", "moderator").await, person(&app, "mallory").await);
    for bad in [Value::Null, json!(""), json!("x".repeat(501)), json!(7)] {
        assert_eq!(suspend(&app, &boss, &mallory, bad).await.code(), "validation_failed");
    }
    let done = suspend(&app, &boss, &mallory, json!("spam\r\nBcc: all@example.org")).await;
    assert_eq!(
        (done.status.as_u16(), &done.body["suspension_reason"]),
        (200, &json!("spam  Bcc: all@example.org"))
    );
    assert!(done.body["suspended_at"].is_string() && done.body["email"].is_null());
    assert_eq!(app.me(&mallory.access).await.code(), "unauthenticated");
    assert_eq!(app.refresh(&mallory.refresh).await.code(), "invalid_refresh_token");
    assert_eq!(app.get("/api/users/mallory").await.code(), "user_not_found");
    assert!(mail(&smtp, "mallory@example.org", "Your account is suspended").text.contains("spam  Bcc"));
    let path = format!("/api/admin/users/{}/suspension", mallory.id);
    for bad in [json!(""), json!("x".repeat(501)), json!(7)] {
        let refused = app.call(Method::DELETE, &path, &boss.access, json!({"reason": bad})).await;
        assert_eq!(refused.code(), "validation_failed");
    }
    let back = app.call(Method::DELETE, &path, &boss.access, json!({"reason": "a mistake\nof ours"})).await;
    assert_eq!((back.status.as_u16(), &back.body["suspended_at"]), (200, &Value::Null));
    // A body that cannot be read is no body left out.
    let broken = app.request(Method::DELETE, &path).bearer_auth(&boss.access).body("{");
    let broken = app.send(broken.header("content-type", "application/json")).await;
    assert_eq!((broken.status.as_u16(), broken.code()), (400, "malformed_request"));
    // Once more is nothing to tell of, and without a reason it goes, too.
    assert_eq!(app.send(app.request(Method::DELETE, &path).bearer_auth(&boss.access)).await.status, 200);
    assert_eq!(app.login("mallory", crate::app::PASSWORD).await.status, 200);
    let admin = with_role(&app, "chief", "admin").await;
    let acts = audit(&app, &admin).await;
    let seen: Vec<_> = acts
        .iter()
        .map(|a| {
            (
                a["act"].as_str().unwrap(),
                a["actor_name"].as_str().unwrap(),
                a["subject_name"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(seen, [("unsuspended", "boss", "mallory"), ("suspended", "boss", "mallory")]);
    let reasons = [&acts[0]["detail"]["reason"], &acts[1]["detail"]["reason"]];
    assert_eq!(reasons, ["a mistake of ours", "spam  Bcc: all@example.org"]);
    app.sql("DO $$ BEGIN ASSERT (SELECT count(*) FROM mails WHERE kind = 'unsuspended') = 1; END $$");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_act_is_for_its_role_and_nobody_acts_on_their_own_or_above() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (person(&app, "ada").await, person(&app, "bob").await);
    let (boss, mate) =
        (with_role(&app, "boss", "moderator").await, with_role(&app, "mate", "moderator").await);
    let chief = with_role(&app, "chief", "admin").await;
    let reason = json!("spam");
    let all = [
        suspend(&app, &ada, &bob, reason.clone()).await,
        suspend(&app, &ada, &ada, reason.clone()).await,
        suspend(&app, &boss, &boss, reason.clone()).await,
        suspend(&app, &boss, &mate, reason.clone()).await,
        suspend(&app, &boss, &chief, reason.clone()).await,
        suspend(&app, &chief, &chief, reason.clone()).await,
        set_role(&app, &ada, &ada, "admin").await,
        set_role(&app, &boss, &boss, "admin").await,
    ];
    for answer in &all {
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "forbidden"), "{answer:?}");
    }
    for path in ["users", "audit", "mails", "mails/none", "invitations"] {
        let path = format!("/api/admin/{path}");
        let expected = if path.ends_with("/none") { "mail_not_found" } else { "forbidden" };
        assert_eq!(app.call(Method::GET, &path, &ada.access, Value::Null).await.code(), expected, "{path}");
        assert_eq!(app.get(&path).await.code(), "unauthenticated", "{path}");
    }
    assert_eq!(
        app.call(Method::GET, "/api/admin/audit", &boss.access, Value::Null).await.code(),
        "forbidden"
    );
    assert_eq!(
        app.call(Method::POST, "/api/admin/invitations", &boss.access, json!({})).await.code(),
        "forbidden"
    );
    // An admin is no admin's to suspend, but may be made less first.
    let peer = with_role(&app, "peer", "admin").await;
    assert_eq!(suspend(&app, &chief, &peer, reason.clone()).await.code(), "forbidden");
    assert_eq!(set_role(&app, &chief, &peer, "moderator").await.status, 200);
    assert_eq!(suspend(&app, &chief, &peer, reason.clone()).await.status, 200);
    assert_eq!(suspend(&app, &chief, &boss, reason).await.status, 200);
    let nobody = Person { id: "none".into(), access: String::new(), refresh: String::new() };
    assert_eq!(set_role(&app, &chief, &nobody, "user").await.code(), "user_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_gives_roles_soon_after_a_sign_in_and_the_last_one_stays() {
    let app = TestApp::spawn().await;
    let (chief, ada) = (with_role(&app, "chief", "admin").await, person(&app, "ada").await);
    assert_eq!(set_role(&app, &chief, &ada, "king").await.code(), "validation_failed");
    let last = set_role(&app, &chief, &chief, "user").await;
    assert_eq!((last.status.as_u16(), last.code()), (409, "last_admin"));
    let made = set_role(&app, &chief, &ada, "admin").await;
    assert_eq!((made.status.as_u16(), &made.body["platform_role"]), (200, &json!("admin")));
    assert_eq!(set_role(&app, &chief, &chief, "user").await.status, 200);
    assert_eq!(audit(&app, &ada).await[0]["detail"], json!({"from": "admin", "to": "user"}));
    app.sql("UPDATE refresh_tokens SET auth_time = now() - interval '1 hour'");
    let old = app.refresh(&ada.refresh).await;
    let old = Person { access: old.access().into(), ..ada };
    assert_eq!(set_role(&app, &old, &chief, "moderator").await.code(), "reauth_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_finds_accounts_in_pages_and_only_admins_see_addresses() {
    let app = TestApp::spawn().await;
    let (chief, boss) = (with_role(&app, "chief", "admin").await, with_role(&app, "boss", "moderator").await);
    app.sql(
        "INSERT INTO users (id, username, display_name, email, password_hash) SELECT gen_random_uuid(), \
         'many' || lpad(n::text, 3, '0'), 'Many', 'many' || n || '@example.org', 'x' FROM generate_series(1, 120) n",
    );
    let find = |who: &Person, query: String| {
        let (app, access) = (&app, who.access.clone());
        async move { app.call(Method::GET, &format!("/api/admin/users?{query}"), &access, Value::Null).await.body }
    };
    let (mut cursor, mut names) = (String::new(), Vec::new());
    loop {
        let page = find(&chief, format!("q=MANY&cursor={cursor}")).await;
        names.extend(
            page["items"].as_array().unwrap().iter().map(|i| i["username"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.into(),
            None => break,
        }
    }
    assert_eq!((names.len(), names[0].as_str(), names[119].as_str()), (120, "many001", "many120"));
    assert_eq!(find(&chief, "q=many7@example.org".into()).await["items"][0]["email"], "many7@example.org");
    let found = find(&boss, "q=many007".into()).await;
    assert_eq!(
        (&found["items"][0]["username"], &found["items"][0]["email"]),
        (&json!("many007"), &Value::Null)
    );
    // Whoever may not see addresses finds nobody by one.
    assert_eq!(find(&boss, "q=many7@example.org".into()).await["items"], json!([]));
    // No wildcards, no SQL.
    for odd in ["%25", "_", "'%20OR%201=1%20--", "%00"] {
        let items = find(&chief, format!("q={odd}")).await["items"].clone();
        assert_eq!(items, json!([]), "{odd}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_reads_mails_soon_after_a_sign_in_and_that_is_written_down() {
    let app = TestApp::spawn().await;
    let chief = with_role(&app, "chief", "admin").await;
    for n in 0..60 {
        app.sql(&format!(
            "INSERT INTO mails (id, kind, recipient, subject, body) VALUES \
             (('00000000-0000-7000-8000-' || lpad('{n}', 12, '0'))::uuid, 'test', 'a@b.example', 'Number {n}', 'secret {n}')"
        ));
    }
    let page = app.call(Method::GET, "/api/admin/mails", &chief.access, Value::Null).await.body;
    assert_eq!(page["items"].as_array().unwrap().len(), 50);
    assert!(page["items"].as_array().unwrap().iter().all(|m| m.get("text").is_none()));
    let next = page["next_cursor"].as_str().unwrap();
    let path = format!("/api/admin/mails?cursor={next}");
    let rest = app.call(Method::GET, &path, &chief.access, Value::Null).await.body;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (11, &Value::Null));
    let bad = app.call(Method::GET, "/api/admin/mails?cursor=x", &chief.access, Value::Null).await;
    assert_eq!((bad.status.as_u16(), bad.code()), (400, "invalid_cursor"));
    let id = rest["items"][0]["id"].as_str().unwrap();
    let one = app.call(Method::GET, &format!("/api/admin/mails/{id}"), &chief.access, Value::Null).await;
    assert!(one.body["text"].as_str().unwrap().starts_with("secret "), "{one:?}");
    let act = &audit(&app, &chief).await[0];
    assert_eq!((&act["act"], &act["detail"]["mail"]), (&json!("mail_read"), &json!(id)));
    // Its links work like passwords: a browser that was left open does not show them. The list has none.
    app.sql("UPDATE refresh_tokens SET auth_time = now() - interval '1 hour'");
    let old = app.refresh(&chief.refresh).await;
    let refused = app.call(Method::GET, &format!("/api/admin/mails/{id}"), old.access(), Value::Null).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "reauth_required"));
    assert_eq!(app.call(Method::GET, "/api/admin/mails", old.access(), Value::Null).await.status, 200);
    app.sql("DO $$ BEGIN ASSERT (SELECT count(*) FROM audit WHERE act = 'mail_read') = 1; END $$");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_and_the_list_of_accounts_can_be_narrowed() {
    let app = TestApp::spawn().await;
    let (chief, boss) = (with_role(&app, "chief", "admin").await, with_role(&app, "boss", "moderator").await);
    let (ada, bob) = (person(&app, "ada").await, person(&app, "bob").await);
    for (who, whom) in [(&chief, &ada), (&boss, &bob)] {
        assert_eq!(suspend(&app, who, whom, json!("spam")).await.status, 200);
    }
    assert_eq!(set_role(&app, &chief, &bob, "moderator").await.status, 200);
    let acts = |query: &'static str| {
        let (app, access) = (&app, chief.access.clone());
        async move {
            let path = format!("/api/admin/audit?{query}");
            let answer = app.call(Method::GET, &path, &access, Value::Null).await;
            let items = answer.body["items"].as_array().unwrap_or_else(|| panic!("{answer:?}")).clone();
            items.iter().map(|a| a["act"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }
    };
    assert_eq!(acts("").await, ["role_changed", "suspended", "suspended"]);
    assert_eq!(acts("act=suspended").await, ["suspended", "suspended"]);
    assert_eq!(acts("actor=BOSS").await, ["suspended"]);
    assert_eq!(acts("subject=bob").await, ["role_changed", "suspended"]);
    assert_eq!(acts("subject=bob&actor=chief&act=role_changed").await, ["role_changed"]);
    assert!(acts("subject=%00").await.is_empty() && acts("act='%20OR%201=1").await.is_empty());
    let names = |query: &'static str| {
        let (app, access) = (&app, chief.access.clone());
        async move {
            let path = format!("/api/admin/users?{query}");
            let page = app.call(Method::GET, &path, &access, Value::Null).await.body;
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|i| i["username"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(names("only=suspended").await, ["ada", "bob"]);
    assert_eq!(names("only=staff").await, ["bob", "boss", "chief"]);
    assert_eq!(names("only=staff&q=bo").await, ["bob", "boss"]);
    let wrong = app.call(Method::GET, "/api/admin/users?only=kings", &chief.access, Value::Null).await;
    assert_eq!(wrong.code(), "validation_failed");
}
