//! Mails to followers, from a channel that goes live to a mail server: stream, user and SMTP together. What becomes of a mail that waits
//! while its reader or the channel changes their mind.

use anyhow::{Context, Result, ensure};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use streamly_e2e::{Person, Platform, publish::publish};
use streamly_testkit::smtp::{Options, SmtpServer};

const LIVE: Duration = Duration::from_secs(15);
/// Longest wait for what is looked at again and again.
const LONG: Duration = Duration::from_secs(40);

struct Run {
    platform: Platform,
    admin: Person,
}

impl Run {
    async fn call(&self, method: &str, path: &str, who: &Person, body: Value) -> Result<Value> {
        let request = self.platform.http.request(method.parse()?, self.platform.url(path));
        let answer = request.bearer_auth(&who.token).json(&body).send().await?;
        ensure!(answer.status().is_success(), "{method} {path}: {}", answer.status());
        Ok(serde_json::from_slice(&answer.bytes().await?).unwrap_or_default())
    }
    /// Mails to followers, the newest first, once they are as wanted.
    async fn notices(&self, what: &str, wanted: impl Fn(&[Value]) -> bool) -> Result<Vec<Value>> {
        let looking = async {
            loop {
                let all = self.call("GET", "/api/admin/mails", &self.admin, Value::Null).await?;
                let all = all["items"].as_array().context("no list")?.iter();
                let found: Vec<Value> = all.filter(|m| m["kind"] == "channel_live").cloned().collect();
                if wanted(&found) {
                    return anyhow::Ok(found);
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(LONG, looking).await.with_context(|| format!("never: {what}"))?
    }
    /// Follows ada, with a proved address, and wants mails.
    async fn follower(&self, smtp: &SmtpServer, name: &str) -> Result<Person> {
        let who = self.platform.register(name).await?;
        let mail = tokio::task::block_in_place(|| smtp.mail(&format!("{name}@example.org"), "Confirm"))?;
        let token = mail.text.split("/verify-email#").nth(1).and_then(|t| t.split_whitespace().next());
        let body = json!({"token": token.context("no link")?});
        self.call("POST", "/api/auth/email/verify", &who, body).await?;
        self.call("PUT", "/api/streams/ada/follow", &who, Value::Null).await?;
        self.call("PATCH", "/api/streams/me/notices/settings", &who, json!({"mail": true})).await?;
        Ok(who)
    }
}

fn to(mail: &Value) -> &str {
    mail["to"].as_str().and_then(|to| to.split('@').next()).unwrap_or_default()
}

fn is_over(mail: &Value) -> bool {
    mail["sent_at"].is_string() || mail["given_up_at"].is_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_waits_is_not_sent_to_who_stopped_them_meanwhile_nor_about_what_is_over() -> Result<()> {
    let smtp = SmtpServer::start()?;
    let port = smtp.port;
    let away = |smtp: SmtpServer| drop(smtp);
    let back = || SmtpServer::with(&Options { port, ..Options::default() });
    let number = port.to_string();
    let env = [
        ("STREAMLY_INGEST__LADDER", "[]"),
        ("STREAMLY_USER__MAIL__SMTP__HOST", "127.0.0.1"),
        ("STREAMLY_USER__MAIL__SMTP__PORT", number.as_str()),
        ("STREAMLY_USER__MAIL__SMTP__TLS", "off"),
        ("STREAMLY_USER__MAIL__RETRY", "1s"),
        ("STREAMLY_STREAM__NOTICES__SETTLE", "0s"),
        ("STREAMLY_STREAM__NOTICES__MAIL_PAUSE", "0s"),
    ];
    let platform = Platform::start_with(&[], &env).await?;
    let (admin, ada) = (platform.register("boss").await?, platform.register("ada").await?);
    let key = platform.stream_key(&ada).await?;
    let secret = std::fs::read_to_string(platform.data().join("secrets/first-admin"))?;
    let run = Run { platform, admin };
    run.call("POST", "/api/admin/first", &run.admin, json!({"token": secret.trim()})).await?;
    let stays = run.follower(&smtp, "stays").await?;
    let leaves = run.follower(&smtp, "leaves").await?;
    let silences = run.follower(&smtp, "silences").await?;
    run.follower(&smtp, "stops").await?;

    away(smtp);
    let publishing = publish(run.platform.rtmp(), &key).await?;
    run.platform.wait_state("ada", "live", LIVE).await?;
    let waiting = run.notices("all four wait", |all| all.len() == 4).await?;
    ensure!(!waiting.iter().any(is_over), "{waiting:?}");
    // As a mail program's button does it.
    let stops = waiting.iter().find(|m| to(m) == "stops").context("no mail")?;
    let path = format!("/api/admin/mails/{}", stops["id"].as_str().context("no id")?);
    let text = run.call("GET", &path, &run.admin, Value::Null).await?["text"].clone();
    let link = text.as_str().and_then(|text| text.split("/api/streams/me/notices/stop/").nth(1));
    let link = link.and_then(|rest| rest.split_whitespace().next()).context("no link")?;
    let url = run.platform.url(&format!("/api/streams/me/notices/stop/{link}"));
    ensure!(run.platform.http.post(url).send().await?.status() == StatusCode::OK);
    run.call("DELETE", "/api/streams/ada/follow", &leaves, Value::Null).await?;
    run.call("PATCH", "/api/streams/me/following/ada", &silences, json!({"notify": false})).await?;
    let smtp = back()?;
    let done = run.notices("all are decided", |all| all.iter().all(is_over)).await?;
    let sent: Vec<_> = done.iter().filter(|m| m["sent_at"].is_string()).map(to).collect();
    ensure!(sent == ["stays"], "sent to {sent:?}");
    let taken = smtp.taken();
    ensure!(taken.len() == 1 && taken[0].to == ["stays@example.org"], "{taken:?}");
    ensure!(taken[0].raw.contains("List-Unsubscribe"), "{}", taken[0].raw);
    run.call("POST", "/api/streams/me/end", &ada, Value::Null).await?;
    run.platform.wait_state("ada", "offline", LIVE).await?;
    publishing.abort();

    // The next broadcast is over before the mail server is back.
    away(smtp);
    let publishing = publish(run.platform.rtmp(), &key).await?;
    run.notices("one more waits", |all| all.len() == 5).await?;
    run.call("POST", "/api/streams/me/end", &ada, Value::Null).await?;
    publishing.abort();
    let smtp = back()?;
    let done = run.notices("it is decided", |all| all.iter().all(is_over)).await?;
    ensure!(done[0]["given_up_at"].is_string() && to(&done[0]) == stays.username, "{}", done[0]);
    // So it counts for nothing: the one after it is told, as if there had been none.
    let publishing = publish(run.platform.rtmp(), &key).await?;
    let mail = tokio::task::block_in_place(|| smtp.mail("stays@example.org", "ada is live"))?;
    ensure!(mail.text.contains("/ada"), "{}", mail.text);
    publishing.abort();
    run.platform.stop().await?;
    Ok(())
}
