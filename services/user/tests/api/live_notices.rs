//! Mails of live channels: once to whom they may go, behind all other mail, with a way to stop them, and none when it is too late.

use crate::{
    app::{TestApp, logs},
    letters::mail,
};
use serde_json::json;
use streamly_config::Duration;
use streamly_proto::user::v1::{
    LiveNoticeRecipient, SendLiveNoticesRequest, SendLiveNoticesResponse,
    user_service_client::UserServiceClient,
};
use streamly_testkit::smtp::SmtpServer;
use tonic::Code;
use uuid::Uuid;

const STOP: &str = "https://stream.example/api/streams/me/notices/stop/";

fn request(broadcast: Uuid, users: &[String]) -> SendLiveNoticesRequest {
    let recipient =
        |id: &String| LiveNoticeRecipient { user_id: id.clone(), stop_url: format!("{STOP}{id}") };
    SendLiveNoticesRequest {
        broadcast_id: broadcast.to_string(),
        username: "caster".into(),
        display_name: "Caster".into(),
        title: "Engines – all of them".into(),
        category: "Science".into(),
        recipients: users.iter().map(recipient).collect(),
    }
}

async fn send(
    app: &TestApp,
    by: &'static str,
    request: SendLiveNoticesRequest,
) -> Result<SendLiveNoticesResponse, Code> {
    let peer = app.peer(by);
    let call = peer.call(|t| {
        let request = request.clone();
        async move { UserServiceClient::new(t).send_live_notices(request).await }
    });
    call.await.map_err(|status| status.code())
}

/// Somebody whose address is proved.
async fn person(app: &TestApp, name: &str) -> String {
    let id = app.register(name).await.body["user"]["id"].as_str().unwrap().to_owned();
    app.sql(&format!("UPDATE users SET email_verified_at = now() WHERE id = '{id}'"));
    id
}

fn notices(smtp: &SmtpServer) -> usize {
    smtp.taken().iter().filter(|m| m.subject.starts_with("Caster is live")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_is_told_once_about_a_broadcast_and_the_mail_says_how_to_stop_it() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let ada = person(&app, "ada").await;
    let unproved = app.register("unproved").await.body["user"]["id"].as_str().unwrap().to_owned();
    let mut users = vec![ada.clone(), unproved, Uuid::now_v7().to_string()];
    for (name, column) in [("suspended", "suspended_at"), ("closed", "closed_at"), ("deleted", "deleted_at")]
    {
        let id = person(&app, name).await;
        app.sql(&format!("UPDATE users SET {column} = now() WHERE id = '{id}'"));
        users.push(id);
    }
    let broadcast = Uuid::now_v7();
    assert_eq!(send(&app, "stream", request(broadcast, &users)).await.unwrap().written, 1);
    let got = mail(&smtp, "ada@example.org", "Caster is live: Engines – all of them");
    for words in
        ["Engines – all of them", "Science", "https://stream.example/caster", &format!("{STOP}{ada}")]
    {
        assert!(got.text.contains(words), "{words} in {}", got.text);
    }
    let head = got.raw.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
    assert!(head.contains(&format!("List-Unsubscribe: <{STOP}{ada}>")), "{head}");
    assert!(head.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{head}");
    // Again with the same broadcast, before and after it was sent.
    let database = app.config.postgres.database.clone();
    let sent = "SELECT 1 / count(*) FROM mails WHERE bulk AND sent_at IS NOT NULL AND body IS NULL AND stop_url IS NULL";
    app.until("noted as sent", || app.postgres.execute(&database, sent).is_ok()).await;
    let again = send(&app, "stream", request(broadcast, &users)).await.unwrap();
    assert_eq!((again.written, again.waiting), (0, 0));
    assert_eq!(send(&app, "stream", request(Uuid::now_v7(), &users)).await.unwrap().written, 1);
    app.until("the next broadcast", || notices(&smtp) == 2).await;
    let confirmations = smtp.taken();
    assert!(
        confirmations.iter().all(|m| m.subject.starts_with("Caster") || !m.raw.contains("List-Unsubscribe"))
    );
    let text = String::from_utf8_lossy(&logs().lock().unwrap()).into_owned();
    assert!(!text.contains(&format!("stop/{ada}")), "a link is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_overtakes_the_mails_to_followers() {
    // After each notice the sender rests for an hour, unless it is woken.
    let (app, smtp) = TestApp::spawn_with_mail(|c| c.mail.notice_pace = Duration::from_secs(3_600)).await;
    let mut users = Vec::new();
    for n in 0..6 {
        users.push(person(&app, &format!("person{n}")).await);
        mail(&smtp, &format!("person{n}@example.org"), "Confirm");
    }
    let answer = send(&app, "stream", request(Uuid::now_v7(), &users)).await.unwrap();
    assert_eq!((answer.written, answer.waiting), (6, 6));
    app.until("the first", || notices(&smtp) > 0).await;
    app.post("/api/auth/password/forgot", json!({"email": "person5@example.org"})).await;
    mail(&smtp, "person5@example.org", "Choose a new password");
    assert!(notices(&smtp) < 6, "{}", notices(&smtp));
}

#[tokio::test(flavor = "multi_thread")]
async fn broadcasts_take_turns_so_that_few_followers_wait_for_no_many() {
    let (app, smtp) = TestApp::spawn_with_mail(|c| c.mail.notice_pace = Duration::from_millis(100)).await;
    app.register("last").await;
    app.sql(
        "INSERT INTO users (id, username, display_name, email, password_hash) \
         SELECT gen_random_uuid(), 'p' || n, 'P' || n, 'p' || n || '@example.org', 'none' FROM generate_series(1, 200) n",
    );
    app.sql("UPDATE users SET email_verified_at = now()");
    // As `stream` asks for them.
    app.sql(
        "INSERT INTO mails (id, kind, user_id, recipient, subject, body, bulk, about, next_try_at) \
         SELECT gen_random_uuid(), 'channel_live', id, email, 'Caster is live', 'x', true, '00000000-0000-7000-8000-000000000001', \
         now() - interval '1 minute' FROM users WHERE username <> 'last'",
    );
    app.until("some are sent", || notices(&smtp) > 0).await;
    app.sql(
        "INSERT INTO mails (id, kind, user_id, recipient, subject, body, bulk, about) \
         SELECT gen_random_uuid(), 'channel_live', id, email, 'Other is live', 'x', true, '00000000-0000-7000-8000-000000000002' \
         FROM users WHERE username = 'last'",
    );
    let before = notices(&smtp);
    mail(&smtp, "last@example.org", "Other is live");
    let between = notices(&smtp) - before;
    assert!(between < 20, "{between} of the first broadcast's went before it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_late_or_no_more_for_its_reader_is_not_sent() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    for name in ["late", "suspended", "moved", "fine"] {
        person(&app, name).await;
    }
    // What becomes of people while their mail waits.
    app.sql("UPDATE users SET suspended_at = now() WHERE username = 'suspended'");
    app.sql("UPDATE users SET email = 'new@example.org' WHERE username = 'moved'");
    app.sql(
        "INSERT INTO mails (id, kind, user_id, recipient, subject, body, bulk, about, created_at) \
         SELECT gen_random_uuid(), 'channel_live', id, username || '@example.org', 'Caster is live', 'x', true, gen_random_uuid(), \
         CASE WHEN username = 'late' THEN now() - interval '2 hours' ELSE now() END FROM users",
    );
    let database = app.config.postgres.database.clone();
    let done =
        "SELECT 1 / (count(*) = 0)::int FROM mails WHERE bulk AND sent_at IS NULL AND given_up_at IS NULL";
    app.until("decided", || app.postgres.execute(&database, done).is_ok()).await;
    mail(&smtp, "fine@example.org", "Caster is live");
    assert_eq!(notices(&smtp), 1);
    app.sql("DO $$ BEGIN ASSERT 3 = (SELECT count(*) FROM mails WHERE bulk AND given_up_at IS NOT NULL AND body IS NULL); END $$");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_stream_may_ask_for_them_and_nothing_that_breaks_a_mail_is_taken() {
    let app = TestApp::spawn().await;
    let ada = person(&app, "ada").await;
    let good = || request(Uuid::now_v7(), std::slice::from_ref(&ada));
    assert_eq!(send(&app, "chat", good()).await.unwrap_err(), Code::PermissionDenied);
    let mut many = good();
    many.recipients = vec![many.recipients[0].clone(); 101];
    let mut injected = good();
    injected.title = "x\r\nBcc: eve@example.org".into();
    let mut link = good();
    link.recipients[0].stop_url = "https://x/>, <https://y".into();
    for bad in [many, injected, link] {
        assert_eq!(send(&app, "stream", bad).await.unwrap_err(), Code::InvalidArgument);
    }
    // Twice in one call is once.
    let mut twice = good();
    twice.recipients.push(twice.recipients[0].clone());
    assert_eq!(send(&app, "stream", twice).await.unwrap().written, 1);
}
