//! A key in a log line, a URL that somebody logs, or an error is a defect: a whole run with every kind of secret, then a search for each of
//! them in all that the platform wrote and in every answer that is not the secret's own. What only an authenticator makes (passkeys, codes)
//! is searched for in user's own tests. A new kind of secret needs its lines here.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use streamly_e2e::{Platform, playback, publish::publish};

const LIVE: Duration = Duration::from_secs(15);
/// The platform's own words at their most talkative; libraries, which print whole headers then, as ever.
const LOG: &str = "info,streamly=debug,streamly_stream=debug,streamly_web=debug,streamly_ingest=debug,streamly_user=debug,streamly_chat=debug,\
                   streamly_rtmp=trace,streamly_http=debug,streamly_rpc=debug,streamly_redis=debug";

/// A run with its secrets, and all that was said where no secret may be.
struct Run {
    platform: Platform,
    secrets: Vec<(String, String)>,
    said: Vec<(String, String)>,
}

impl Run {
    fn secret(&mut self, what: &str, secret: &str) -> Result<String> {
        ensure!(secret.len() >= 12, "{what} is too short to be looked for");
        self.secrets.push((what.to_owned(), secret.to_owned()));
        Ok(secret.to_owned())
    }
    /// A call; `open`: its answer is to hold a secret.
    async fn call(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: Value,
        open: bool,
    ) -> Result<(u16, Value)> {
        let mut request = self.platform.http.request(method.parse()?, self.platform.url(path));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let headers = format!("{:?}", answer.headers());
        let text = format!("{headers} {}", answer.text().await?);
        let json = text.split_once("} ").and_then(|(_, body)| serde_json::from_str(body).ok());
        if !open {
            self.said.push((format!("{method} {}", path.split('?').next().unwrap_or(path)), text));
        }
        Ok((status, json.unwrap_or_default()))
    }
}

fn text(value: &Value, field: &str) -> Result<String> {
    Ok(value[field].as_str().with_context(|| format!("no {field}"))?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_whole_run_is_in_a_log_a_metric_or_another_answer() -> Result<()> {
    let platform = Platform::start_with(
        &[],
        &[("STREAMLY_INGEST__LADDER", "[]"), ("STREAMLY_STREAM__NOTICES__SETTLE", "0s"), ("RUST_LOG", LOG)],
    )
    .await?;
    let ada = platform.register("ada").await?;
    let bob = platform.register("bob").await?;
    let mut run = Run { platform, secrets: Vec::new(), said: Vec::new() };
    let me = run.secret("an access token", &ada.token)?;
    let other = run.secret("another access token", &bob.token)?;

    // Keys: made, shown, replaced, over, deleted, unknown; and published with.
    let made = run.call("POST", "/api/streams/keys", &me, json!({"name": "first"}), true).await?.1;
    let (id, first) = (text(&made, "id")?, run.secret("a key", &text(&made, "key")?)?);
    let publishing = publish(run.platform.rtmp(), &first).await?;
    run.platform.wait_state("ada", "live", LIVE).await?;
    let path = format!("/api/streams/keys/{id}");
    ensure!(run.call("POST", &format!("{path}/reveal"), &me, Value::Null, true).await?.1["key"] == *first);
    let rotated = run.call("POST", &format!("{path}/rotate"), &me, json!({"overlap_s": 0}), true).await?.1;
    let second = run.secret("a replaced key", &text(&rotated, "key")?)?;
    run.call("PATCH", &path, &me, json!({"expires_at": "2020-01-01T00:00:00Z"}), false).await?;
    let unknown = run.secret("an unknown key", "sk_aaaabbbbccccddddeeeeffffgggghhhh")?;
    for refused in [&first, &second, &unknown] {
        ensure!(publish(run.platform.rtmp(), refused).await.is_err(), "let in");
    }
    let guest = run.call("POST", "/api/streams/keys", &me, json!({"name": "guest"}), true).await?.1;
    let third = run.secret("a deleted key", &text(&guest, "key")?)?;
    run.call("DELETE", &format!("/api/streams/keys/{}", text(&guest, "id")?), &me, Value::Null, false)
        .await?;
    ensure!(publish(run.platform.rtmp(), &third).await.is_err(), "let in");
    run.call("POST", &format!("/api/streams/keys/{first}/reveal"), &other, Value::Null, false).await?;

    // Password, link and playback tokens, good ones and others.
    let password = run.secret("a channel's password", "swordfish and salmon")?;
    let body = json!({"visibility": "password", "password": password});
    run.call("PATCH", "/api/streams/me", &me, body, true).await?;
    let ask = "/api/streams/ada/playback-token";
    run.call("POST", ask, "", json!({"password": "not the password at all"}), false).await?;
    let granted = run.call("POST", ask, "", json!({"password": password}), true).await?.1;
    let token = run.secret("a playback token", &text(&granted, "token")?)?;
    run.platform.wait_state("ada", "live", LIVE).await?;
    let start = run.platform.url(&format!("/live/ada/index.m3u8?token={token}"));
    let variant = playback::variants(&run.platform.http, &start).await?.remove(0);
    let sid = variant.url.query_pairs().find(|(name, _)| name == "sid").context("no sid")?.1.into_owned();
    run.secret("a playback session", &sid)?;
    let list = run.platform.http.get(variant.url.clone()).send().await?;
    ensure!(list.status() == 200 && list.text().await?.contains(&format!("?sid={sid}")));
    // At the origin, too.
    let origin = format!("http://127.0.0.1:{}/live/ada/index.m3u8", run.platform.port(8000));
    // It hears of the change with its next heartbeat.
    let closed = async {
        while run.platform.http.get(&origin).send().await?.status() != 401 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(5), closed).await.context("the origin is still open")??;
    ensure!(run.platform.http.get(format!("{origin}?token={token}")).send().await?.status() == 200);
    run.call("PATCH", "/api/streams/me", &me, json!({"visibility": "private"}), true).await?;
    let link = run.call("POST", "/api/streams/me/watch-link", &me, Value::Null, true).await?.1;
    let link = run.secret("a secret link", text(&link, "url")?.split_once('#').context("no secret")?.1)?;
    run.call("POST", ask, &other, json!({"link": link}), true).await?;
    run.call("DELETE", "/api/streams/me/watch-link", &me, Value::Null, false).await?;
    for body in [
        json!({"link": link}),
        json!({"token": token}),
        json!({"password": password}),
        json!({"password": 7}),
    ] {
        run.call("POST", ask, "", body, false).await?;
    }
    // An edge hears of it within two seconds. To whom a private channel is not for it is offline.
    let cut_off = async {
        for (url, status) in [(start.clone(), 404), (variant.url.to_string(), 403)] {
            while run.platform.http.get(&url).send().await?.status() != status {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(5), cut_off).await.context("nobody was cut off")??;
    for (path, expected) in [
        (format!("/live/ada/index.m3u8?token={token}"), 404),
        (format!("{}?sid={sid}&token={token}", variant.url.path()), 403),
    ] {
        let (status, _) = run.call("GET", &path, "", Value::Null, false).await?;
        ensure!(status == expected, "{status} and not {expected}");
    }
    for path in ["/api/streams/keys", "/api/streams/ada", "/api/streams", "/api/streams/playback-keys.json"] {
        run.call("GET", path, &other, Value::Null, false).await?;
    }
    run.call("GET", "/api/streams/keys", &me, Value::Null, false).await?;
    accounts(&mut run, &bob.username, &other).await?;
    notices_and_webhooks(&mut run, &me, &other).await?;
    for base in [5000, 10_080, 10_082, 10_084, 10_000] {
        let url = format!("http://127.0.0.1:{}/metrics", run.platform.port(base));
        run.said.push((url.clone(), run.platform.http.get(&url).send().await?.text().await?));
    }
    publishing.abort();
    let kept = run.platform.data().join("secrets");
    for file in std::fs::read_dir(kept)?.flatten().filter(|file| file.path().is_file()) {
        let what = format!("the installation's {}", file.file_name().display());
        let text = std::fs::read_to_string(file.path())?;
        // A file of several is searched for by its longest word.
        let word = text.split(['"', ' ', '\n']).max_by_key(|word| word.len()).unwrap_or_default();
        run.secret(&what, word)?;
    }

    let Run { platform, secrets, mut said } = run;
    let (_, data) = platform.stop().await?;
    let logs = logs(data.path())?;
    let own = logs.iter().find(|(name, _)| name.ends_with("streamly.log")).context("no log")?;
    ensure!(
        own.1.contains("publish accepted") && own.1.contains("\"DEBUG\""),
        "the log says too little to be searched"
    );
    said.extend(logs);
    for (what, secret) in &secrets {
        for (place, text) in &said {
            ensure!(!text.contains(secret.as_str()), "{what} is in {place}");
        }
    }
    Ok(())
}

/// Sessions, links in mails, an authenticator's secret.
async fn accounts(run: &mut Run, name: &str, token: &str) -> Result<()> {
    let link = letter(run, "confirm_address", name).await?;
    let link = run.secret("a link that confirms an address", after(&link, "/verify-email#")?)?;
    ensure!(run.call("POST", "/api/auth/email/verify", "", json!({"token": link}), false).await?.0 == 204);
    run.call("POST", "/api/auth/email/verify", "", json!({"token": link}), false).await?;
    let address = format!("{name}@example.org");
    run.call("POST", "/api/auth/password/forgot", "", json!({"email": address}), false).await?;
    let link = letter(run, "password_reset", name).await?;
    let reset = run.secret("a link to a new password", after(&link, "/reset-password#")?)?;
    let password = run.secret("a password", "correct horse battery")?;
    // Not long enough, so that the link is good for a moment more.
    run.call("POST", "/api/auth/password/reset", "", json!({"token": reset, "password": "short"}), false)
        .await?;
    let login = json!({"login": name, "password": password});
    let answer = run.platform.http.post(run.platform.url("/api/auth/login")).json(&login).send().await?;
    for (cookie, what) in [("refresh_token=", "a session"), ("browser=", "a known browser")] {
        let all = answer.headers().get_all("set-cookie").iter().filter_map(|v| v.to_str().ok());
        let value = all.filter_map(|c| c.strip_prefix(cookie)).next().context("no cookie")?;
        run.secret(what, value.split(';').next().unwrap_or_default())?;
    }
    let app = run.call("POST", "/api/auth/totp", token, Value::Null, true).await?.1;
    run.secret("an authenticator's secret", &text(&app, "secret")?)?;
    for path in ["/api/auth/me", "/api/auth/sessions", "/api/auth/second-factor", "/api/auth/me/export"] {
        run.call("GET", path, token, Value::Null, false).await?;
    }
    Ok(())
}

/// Webhooks, browsers, and the link that stops mails; all of them used, none of them reached.
async fn notices_and_webhooks(run: &mut Run, owner: &str, follower: &str) -> Result<()> {
    let url = run.secret("a webhook's address", "https://hooks.example/hook-of-nobody-else-6f1c")?;
    let hook = json!({"name": "Bot", "url": url, "events": ["live", "updated"]});
    let made = run.call("POST", "/api/streams/me/webhooks", owner, hook, true).await?.1;
    run.secret("a webhook's secret", &text(&made, "secret")?)?;
    let path = format!("/api/streams/me/webhooks/{}", text(&made, "id")?);
    let rotated = run.call("POST", &format!("{path}/rotate"), owner, json!({"overlap_s": 60}), true).await?.1;
    run.secret("a webhook's next secret", &text(&rotated, "secret")?)?;
    run.call("POST", &format!("{path}/test"), owner, Value::Null, false).await?;
    let endpoint = run.secret("a browser's address", "https://push.example/browser-of-bob-93aa")?;
    let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    let auth = "BTBZMqHH6r4Tts7J_aSIgg";
    let keys = json!({"p256dh": run.secret("a browser's key", p256dh)?, "auth": run.secret("a browser's salt", auth)?});
    let browser = json!({"endpoint": endpoint, "keys": keys, "name": "Firefox"});
    ensure!(
        run.call("POST", "/api/streams/me/notices/browsers", follower, browser.clone(), false).await?.0
            == 201
    );
    let mut wrong = browser;
    wrong["keys"]["auth"] = "x".into();
    run.call("POST", "/api/streams/me/notices/browsers", follower, wrong, false).await?;
    run.call("POST", "/api/streams/me/notices/browsers/test", follower, Value::Null, false).await?;

    // It is public again, and goes live once more.
    run.call("PATCH", "/api/streams/me", owner, json!({"visibility": "public"}), false).await?;
    run.call("PUT", "/api/streams/ada/follow", follower, Value::Null, false).await?;
    run.call("PATCH", "/api/streams/me/notices/settings", follower, json!({"mail": true}), false).await?;
    run.call("POST", "/api/streams/me/end", owner, Value::Null, false).await?;
    run.platform.wait_state("ada", "offline", LIVE).await?;
    let key = run.call("POST", "/api/streams/keys", owner, json!({"name": "last"}), true).await?.1;
    let key = run.secret("the last key", &text(&key, "key")?)?;
    let publishing = publish(run.platform.rtmp(), &key).await?;
    let mail = letter(run, "channel_live", "bob").await?;
    publishing.abort();
    let stop = run.secret("a link that stops mails", after(&mail, "/api/streams/me/notices/stop/")?)?;
    for link in [stop.clone(), format!("{stop}x")] {
        let path = format!("/api/streams/me/notices/stop/{link}");
        // The page of the link has no link in it; the path of what is kept of it neither.
        for method in ["GET", "POST"] {
            let answer = run.platform.http.request(method.parse()?, run.platform.url(&path)).send().await?;
            run.said.push((format!("{method} …/stop"), answer.text().await?));
        }
    }
    for path in ["me/webhooks", "me/notices/browsers", "me/notices", "me", "ada"] {
        let who = if path == "me/webhooks" { owner } else { follower };
        run.call("GET", &format!("/api/streams/{path}"), who, Value::Null, path == "me/webhooks").await?;
    }
    Ok(())
}

/// The newest mail of a kind to somebody, once it is in the folder.
async fn letter(run: &Run, kind: &str, name: &str) -> Result<String> {
    let folder = run.platform.data().join("mail");
    let looking = async {
        loop {
            for file in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let is_it = file.file_name().to_string_lossy().starts_with(kind);
                let text = std::fs::read_to_string(file.path()).unwrap_or_default();
                if is_it
                    && text.contains(&format!("{name}@example.org"))
                    && file.path().extension().is_some_and(|e| e == "eml")
                {
                    return text;
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looking).await.with_context(|| format!("no mail: {kind}"))
}

/// The word that follows.
fn after<'a>(text: &'a str, start: &str) -> Result<&'a str> {
    let rest = text.split(start).nth(1).with_context(|| format!("no {start}"))?;
    Ok(rest.split([' ', '\r', '\n', '>']).next().unwrap_or_default())
}

/// Every log in the data folder, by its name.
fn logs(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)?.flatten() {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            found.extend(logs(&path)?);
        } else if path.extension().is_some_and(|e| e == "log") {
            found.push((
                path.display().to_string(),
                String::from_utf8_lossy(&std::fs::read(&path)?).into_owned(),
            ));
        }
    }
    Ok(found)
}
