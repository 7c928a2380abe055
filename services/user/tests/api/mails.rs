//! How mail leaves: to a real server, encrypted and signed in; again after failures and restarts; into a folder where there is no server.

use crate::{
    app::{TestApp, logs},
    letters::{link, mail, mail_to},
};
use serde_json::json;
use std::{os::unix::fs::PermissionsExt, path::PathBuf};
use streamly_config::{Duration, Secret};
use streamly_testkit::{
    postgres::Postgres,
    smtp::{Options, SmtpServer},
};
use streamly_user::config::Tls;

/// A certificate of 127.0.0.1 and its key, as files.
fn certificate(dir: &std::path::Path) -> (PathBuf, PathBuf) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (cert, key)
}

fn options() -> Options {
    Options::default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_reaches_a_server_that_demands_encryption_and_a_login() {
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = certificate(dir.path());
    let login = Some(("post".to_owned(), "let me in".to_owned()));
    let smtp = SmtpServer::with(&Options { tls: Some((cert.clone(), key)), login, ..options() }).unwrap();
    let app = TestApp::spawn_with(|c| {
        mail_to(c, smtp.port);
        c.mail.smtp.tls = Tls::Starttls;
        c.mail.smtp.ca_file = Some(cert);
        c.mail.smtp.username = "post".into();
        c.mail.smtp.password = Some(Secret::new("let me in"));
    })
    .await;
    assert_eq!(app.register("ada").await.status, 201);
    let got = mail(&smtp, "ada@example.org", "Confirm your e-mail address");
    assert!(got.tls && got.login == "post", "{got:?}");
    assert_eq!((got.from.as_str(), got.to.len()), ("post@stream.example", 1));
    assert_eq!(got.text.lines().next(), Some("Hello ada,"));
    for header in ["<post@stream.example>", "Auto-Submitted: auto-generated", "Message-ID: <", "Date: "] {
        assert!(got.raw.contains(header), "{header} in {}", got.raw);
    }
    // The server has it: the link does not stay here.
    let token = link(&got, "verify-email");
    let database = app.config.postgres.database.clone();
    let gone = "SELECT 1 / count(*) FROM mails WHERE sent_at IS NOT NULL AND body IS NULL AND attempts = 1";
    app.until("noted as sent", || app.postgres.execute(&database, gone).is_ok()).await;
    app.sql(&format!(
        "DO $$ BEGIN ASSERT NOT EXISTS (SELECT 1 FROM mails m WHERE m::text LIKE '%{token}%'); \
         ASSERT NOT EXISTS (SELECT 1 FROM email_tokens t WHERE t::text LIKE '%{token}%'); END $$"
    ));
    let text = String::from_utf8_lossy(&logs().lock().unwrap()).into_owned();
    assert!(!text.contains(&token), "a link is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_the_server_refuses_is_sent_again_and_once() {
    let smtp = SmtpServer::with(&Options { refuse: 3, ..options() }).unwrap();
    let app = TestApp::spawn_with(|c| {
        mail_to(c, smtp.port);
        c.mail.retry = Duration::from_millis(20);
    })
    .await;
    app.register("ada").await;
    mail(&smtp, "ada@example.org", "Confirm");
    let database = app.config.postgres.database.clone();
    let sent =
        "SELECT 1 / count(*) FROM mails WHERE sent_at IS NOT NULL AND attempts = 4 AND last_error IS NULL";
    app.until("sent at the fourth try", || app.postgres.execute(&database, sent).is_ok()).await;
    app.register("grace").await;
    mail(&smtp, "grace@example.org", "Confirm");
    assert_eq!(smtp.taken().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_is_lost_by_a_restart_and_one_that_is_too_old_is_given_up() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let mut app = TestApp::spawn_with(|c| {
        mail_to(c, port);
        c.mail.retry = Duration::from_millis(20);
    })
    .await;
    app.register("ada").await;
    app.register("old").await;
    let database = app.config.postgres.database.clone();
    let tried =
        "SELECT 1 / (count(*) = 2)::int FROM mails WHERE attempts > 0 AND last_error <> '' AND body <> ''";
    app.until("tried", || app.postgres.execute(&database, tried).is_ok()).await;
    app.sql("UPDATE mails SET created_at = now() - interval '4 days' WHERE recipient = 'old@example.org'");
    let given_up = "SELECT 1 / count(*) FROM mails WHERE given_up_at IS NOT NULL AND body IS NULL AND recipient = 'old@example.org'";
    app.until("given up", || app.postgres.execute(&database, given_up).is_ok()).await;
    app.stop().await.unwrap();

    let smtp = SmtpServer::start().unwrap();
    let config = app.config.clone();
    let again = TestApp::spawn_with(|c| {
        c.postgres = config.postgres;
        mail_to(c, smtp.port);
    })
    .await;
    let got = mail(&smtp, "ada@example.org", "Confirm");
    assert!(got.text.contains("/verify-email#"));
    again.register("grace").await;
    mail(&smtp, "grace@example.org", "Confirm");
    assert_eq!(smtp.taken().len(), 2, "what was given up is not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_send_each_mail_once_and_the_other_goes_on_when_one_stops() {
    let (mut a, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    assert_eq!(a.get("/api/auth/mail").await.body, json!({"sends_mail": true}));
    let config = a.config.clone();
    let b = TestApp::spawn_with(|c| {
        c.postgres = config.postgres;
        c.signing_key = config.signing_key;
        mail_to(c, smtp.port);
    })
    .await;
    for n in 0..6 {
        let app = if n % 2 == 0 { &a } else { &b };
        assert_eq!(app.register(&format!("person{n}")).await.status, 201);
    }
    for n in 0..6 {
        mail(&smtp, &format!("person{n}@example.org"), "Confirm");
    }
    a.stop().await.unwrap();
    b.register("last").await;
    mail(&smtp, "last@example.org", "Confirm");
    assert_eq!(smtp.taken().len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_each_mail_is_a_file_that_nobody_else_reads() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("mail");
    let app = TestApp::spawn_on(Postgres::shared().unwrap(), |c| c.mail.folder = Some(folder.clone()));
    app.until_ready().await;
    app.register("ada").await;
    assert_eq!(app.get("/api/auth/mail").await.body, json!({"sends_mail": false}));
    let files = || std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect::<Vec<_>>();
    app.until("a file", || files().iter().any(|p| p.extension().is_some_and(|e| e == "eml"))).await;
    let file = files().pop().unwrap();
    assert!(file.file_name().unwrap().to_str().unwrap().starts_with("confirm_address-"), "{file:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("To: ada@example.org") && text.contains("/verify-email#"), "{text}");
    // Whole, to be copied from there.
    let token = text.split("/verify-email#").nth(1).unwrap().split("\r\n").next().unwrap();
    assert_eq!(token.len(), 43, "{text}");
    let mode = |p: &std::path::Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    // The text stays for the page of mails, too.
    let database = app.config.postgres.database.clone();
    let kept = "SELECT 1 / count(*) FROM mails WHERE sent_at IS NOT NULL AND body LIKE '%verify-email#%'";
    app.until("kept", || app.postgres.execute(&database, kept).is_ok()).await;
}
