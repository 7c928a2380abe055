//! In which language people are written to: their account's, else that of whoever asks for the mail, else English.

use crate::{
    app::{Answer, PASSWORD, TestApp},
    letters::{link, mail},
};
use reqwest::{Method, header};
use serde_json::{Value, json};
use streamly_config::Duration;
use streamly_proto::user::v1::{
    GetUsersByNameRequest, LiveNoticeRecipient, SendLiveNoticesRequest,
    user_service_client::UserServiceClient,
};
use streamly_testkit::smtp::Mail;
use streamly_user::config::{Policy, Rate, Registration};
use uuid::Uuid;

const FIRST: Registration = Registration { policy: Policy::Open, confirm_email_first: true };

async fn register_in(app: &TestApp, name: &str, language: Value) -> Answer {
    let email = format!("{name}@example.org");
    let body = json!({"username": name, "email": email, "password": PASSWORD, "language": language});
    app.post("/api/auth/register", body).await
}

/// A call of somebody whose browser wants that language.
async fn post_wanting(app: &TestApp, accept: &str, path: &str, body: Value) -> Answer {
    let request = app.request(Method::POST, path).header(header::ACCEPT_LANGUAGE, accept);
    app.send(request.json(&body)).await
}

async fn speak(app: &TestApp, access: &str, language: Value) -> Answer {
    app.call(Method::PATCH, "/api/auth/me", access, json!({"language": language})).await
}

/// Its text, in whatever encoding it came.
fn lines(mail: &Mail) -> String {
    mail.text.replace("\r\n", "\n")
}

fn said_in(mail: &Mail) -> &str {
    mail.raw.lines().find_map(|line| line.strip_prefix("Content-Language: ")).unwrap_or_default().trim()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_registers_in_german_is_written_to_in_german() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let ada = register_in(&app, "ada", json!("de-AT")).await;
    assert_eq!((ada.status.as_u16(), &ada.body["user"]["language"]), (201, &json!("de")));
    let got = mail(&smtp, "ada@example.org", "Bestätige deine E-Mail-Adresse");
    assert_eq!(said_in(&got), "de");
    assert!(lines(&got).starts_with("Hallo ada,\n\nbitte bestätige"), "{}", got.text);
    let done = app.post("/api/auth/email/verify", json!({"token": link(&got, "verify-email")})).await;
    assert_eq!(done.status, 204, "a link in other letters than ASCII's is whole");
    // A sign-in from elsewhere is told in German, whatever that place speaks.
    let login = app
        .request(Method::POST, "/api/auth/login")
        .header(header::ACCEPT_LANGUAGE, "en")
        .header(header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0")
        .json(&json!({"login": "ada", "password": PASSWORD}));
    assert_eq!(app.send(login).await.status, 200);
    let told = mail(&smtp, "ada@example.org", "Eine neue Anmeldung in deinem Konto");
    assert!(told.text.contains("Gerät    Firefox, Linux"), "{}", told.text);
    let export = app.call(Method::GET, "/api/auth/me/export", ada.access(), Value::Null).await;
    assert_eq!(export.body["user"]["account"][0]["language"], "de");
    // Nobody else's business.
    assert!(app.get("/api/users/ada").await.body.get("language").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_no_language_or_an_unknown_one_is_written_to_in_that_of_the_request_else_in_english() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let body = |name: &str, language: Value| json!({"username": name, "email": format!("{name}@example.org"), "password": PASSWORD, "language": language});
    for (name, accept, language, subject, tag) in [
        ("silent", "", Value::Null, "Confirm your e-mail address", "en"),
        ("klingon", "tlh", json!("tlh"), "Confirm your e-mail address", "en"),
        ("browser", "fr, de-CH;q=0.8, en;q=0.5", Value::Null, "Bestätige deine E-Mail-Adresse", "de"),
        ("junk", "de", json!(7), "Bestätige deine E-Mail-Adresse", "de"),
        ("english", "de", json!("en"), "Confirm your e-mail address", "en"),
    ] {
        let made = post_wanting(&app, accept, "/api/auth/register", body(name, language.clone())).await;
        let kept = if language == "en" { json!("en") } else { Value::Null };
        assert_eq!((made.status.as_u16(), &made.body["user"]["language"]), (201, &kept), "{name}");
        assert_eq!(said_in(&mail(&smtp, &format!("{name}@example.org"), subject)), tag, "{name}");
    }
    // A forgotten password is looked up later, when the request is gone; its language is kept.
    let forgot = json!({"email": "silent@example.org"});
    assert_eq!(post_wanting(&app, "de", "/api/auth/password/forgot", forgot).await.status, 202);
    let got = mail(&smtp, "silent@example.org", "Wähle ein neues Passwort");
    let body = json!({"token": link(&got, "reset-password"), "password": "quite another password"});
    assert_eq!(post_wanting(&app, "de", "/api/auth/password/reset", body).await.status, 204);
    mail(&smtp, "silent@example.org", "Dein Passwort wurde geändert");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_language_counts_from_the_next_mail_on() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let ada = register_in(&app, "ada", json!("en")).await;
    mail(&smtp, "ada@example.org", "Confirm your e-mail address");
    let changed = speak(&app, ada.access(), json!("de")).await;
    assert_eq!((changed.status.as_u16(), &changed.body["user"]["language"]), (200, &json!("de")));
    assert_eq!(app.me(ada.access()).await.body["user"]["language"], "de");
    assert_eq!(app.refresh(&ada.token()).await.body["user"]["language"], "de");
    for unknown in [json!("tlh"), json!(""), json!(7)] {
        let refused = speak(&app, ada.access(), unknown).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, "validation_failed"));
        assert_eq!(refused.body["errors"][0]["field"], "language");
    }
    // What is left out stays.
    assert_eq!(speak(&app, ada.access(), Value::Null).await.body["user"]["language"], "de");
    app.post("/api/auth/password/forgot", json!({"email": "ada@example.org"})).await;
    let got = mail(&smtp, "ada@example.org", "Wähle ein neues Passwort");
    assert_eq!(said_in(&got), "de");
    link(&got, "reset-password");
    // A new address is asked in the account's language, and so is the old one told.
    let body = json!({"email": "new@example.org"});
    assert_eq!(app.call(Method::POST, "/api/auth/me/email", ada.access(), body).await.status, 202);
    mail(&smtp, "new@example.org", "Bestätige deine neue E-Mail-Adresse");
    mail(&smtp, "ada@example.org", "Deine E-Mail-Adresse soll sich ändern");
}

#[tokio::test(flavor = "multi_thread")]
async fn to_say_the_same_again_costs_nothing_and_changes_are_bounded() {
    let app = TestApp::spawn_with(|c| {
        c.rate_limits = true;
        c.limits.profile = Rate { burst: 1, interval: Duration::from_secs(3_600) };
    })
    .await;
    let ada = register_in(&app, "ada", json!("de")).await;
    for _ in 0..5 {
        assert_eq!(speak(&app, ada.access(), json!("de")).await.status, 200);
    }
    assert_eq!(speak(&app, ada.access(), json!("en")).await.status, 200);
    assert_eq!(speak(&app, ada.access(), json!("de")).await.code(), "rate_limited");
    assert_eq!(speak(&app, "no-token", json!("de")).await.code(), "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_waits_for_its_link_keeps_its_language() {
    let (app, smtp) = TestApp::spawn_with_mail(|c| c.registration = FIRST).await;
    assert_eq!(register_in(&app, "ada", json!("de")).await.status, 202);
    let got = mail(&smtp, "ada@example.org", "Schließe deine Registrierung ab");
    let token = link(&got, "verify-email");
    assert_eq!(app.post("/api/auth/email/verify", json!({"token": token})).await.status, 204);
    assert_eq!(app.login("ada", PASSWORD).await.body["user"]["language"], "de");
    // Who has the address already is told in their own language, whatever a stranger chose.
    let body = json!({"username": "eve", "email": "ada@example.org", "password": PASSWORD, "language": "en"});
    assert_eq!(app.post("/api/auth/register", body).await.status, 202);
    mail(&smtp, "ada@example.org", "Du hast schon ein Konto");
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_are_told_of_a_live_channel_each_in_their_language_and_so_is_stream() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let mut recipients = Vec::new();
    for (name, language) in [("ada", json!("de")), ("bob", json!("en")), ("eve", Value::Null)] {
        let made = register_in(&app, name, language).await;
        let user_id = made.body["user"]["id"].as_str().unwrap().to_owned();
        let stop_url = format!("https://stream.example/api/streams/me/notices/stop/{name}");
        recipients.push(LiveNoticeRecipient { user_id, stop_url });
    }
    app.sql("UPDATE users SET email_verified_at = now()");
    // What a newer version may write and this one does not speak.
    app.sql("UPDATE users SET language = 'pl' WHERE username = 'eve'");
    let request = SendLiveNoticesRequest {
        broadcast_id: Uuid::now_v7().to_string(),
        username: "caster".into(),
        display_name: "Caster".into(),
        title: "Engines".into(),
        category: "Music".into(),
        recipients,
    };
    let peer = app.peer("stream");
    let sent = peer.call(|t| {
        let request = request.clone();
        async move { UserServiceClient::new(t).send_live_notices(request).await }
    });
    assert_eq!(sent.await.unwrap().written, 3);
    let german = mail(&smtp, "ada@example.org", "Caster ist live: Engines");
    assert_eq!(said_in(&german), "de");
    assert!(lines(&german).contains("\n  Engines\n  Musik\n"), "{}", german.text);
    assert!(german.text.contains("/notices/stop/ada"), "{}", german.text);
    for name in ["bob", "eve"] {
        let english = mail(&smtp, &format!("{name}@example.org"), "Caster is live: Engines");
        assert_eq!(said_in(&english), "en");
        assert!(lines(&english).contains("\n  Engines\n  Music\n"), "{}", english.text);
    }
    let request = GetUsersByNameRequest { usernames: ["ada", "bob", "eve"].map(Into::into).into() };
    let named = peer.call(|t| {
        let request = request.clone();
        async move { UserServiceClient::new(t).get_users_by_name(request).await }
    });
    let mut users = named.await.unwrap().users;
    users.sort_by(|a, b| a.username.cmp(&b.username));
    assert_eq!(users.iter().map(|u| u.language.as_str()).collect::<Vec<_>>(), ["de", "en", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_file_a_german_mail_can_be_read_and_its_link_copied() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("mail");
    let app = TestApp::spawn_with(|c| {
        c.public_url = Some("https://stream.example".into());
        c.mail.folder = Some(folder.clone());
    })
    .await;
    register_in(&app, "ada", json!("de")).await;
    let files = || -> Vec<_> {
        let found = std::fs::read_dir(&folder).into_iter().flatten().filter_map(|e| Some(e.ok()?.path()));
        found.filter(|path| path.extension().is_some_and(|e| e == "eml")).collect()
    };
    app.until("written", || !files().is_empty()).await;
    let text = std::fs::read_to_string(&files()[0]).unwrap();
    assert!(text.contains("Content-Transfer-Encoding: 8bit") && text.contains("gehört"), "{text}");
    let line = text.lines().find(|line| line.starts_with("https://stream.example/verify-email#")).unwrap();
    let token = line.split('#').nth(1).unwrap().trim();
    assert_eq!(app.post("/api/auth/email/verify", json!({"token": token})).await.status, 204);
}
