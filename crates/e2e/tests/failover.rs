//! The whole platform on a primary with its standby, of which the primary is lost amid a broadcast, chat, registrations and follows.
//!
//! Writes may be refused for a while, and are told so; what was answered is there afterwards. Viewers and the publisher notice nothing.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use streamly_e2e::{Person, Platform, chat, playback, publish::publish, viewer::Viewer};
use streamly_testkit::postgres::{self, Pair};

/// From the end of the promotion until a round of writes is answered with yes.
const BACK: Duration = Duration::from_secs(20);
/// For [`ROUNDS`] of them while nothing is wrong: each hashes a password, and the machine is busy.
const USUAL: Duration = Duration::from_secs(60);
/// Rounds of writes before the loss, and after the first good one behind it.
const ROUNDS: usize = 6;

/// What became of the writes.
#[derive(Debug, Default)]
struct Told {
    /// Who was told that there is an account.
    registered: Vec<String>,
    /// How many of these were told that they follow ada, and how many tried to.
    follow: usize,
    tried: usize,
    /// What chat showed to whom said it.
    said: Vec<String>,
    /// Calls that were answered 503, and messages that were `unavailable`.
    refused: usize,
}

/// All three services that have a database know both servers; the broadcast is its source alone.
fn settings(pair: &Pair) -> Result<Vec<(String, String)>> {
    let mut all = vec![("STREAMLY_INGEST__LADDER".to_owned(), "[]".to_owned())];
    for service in ["USER", "STREAM", "CHAT"] {
        for (key, value) in [
            ("HOST", pair.host()),
            ("PORT", postgres::PORT.to_string()),
            ("USER", postgres::USER.to_owned()),
            ("DATABASE", pair.primary.database()?),
        ] {
            all.push((format!("STREAMLY_{service}__POSTGRES__{key}"), value));
        }
    }
    Ok(all)
}

/// One round: an account is made, follows ada, and ada says something. Whether all of it was answered with yes.
async fn round(
    platform: &Platform,
    speaker: &mut chat::Socket,
    number: usize,
    told: &mut Told,
) -> Result<bool> {
    let refused = told.refused;
    let name = format!("person{number}");
    let body = json!({"username": name, "email": format!("{name}@example.org"), "password": "correct horse battery"});
    let answer = platform.http.post(platform.url("/api/auth/register")).json(&body).send().await?;
    match answer.status().as_u16() {
        201 => {
            let body: Value = answer.json().await?;
            told.registered.push(name);
            told.tried += 1;
            let token = body["access_token"].as_str().context("no access token")?;
            let following = platform.http.put(platform.url("/api/streams/ada/follow")).bearer_auth(token);
            let answer = following.send().await?;
            match answer.status().as_u16() {
                204 => told.follow += 1,
                503 => told.refused += 1,
                other => anyhow::bail!("follow: {other} {}", answer.text().await?),
            }
        }
        503 => told.refused += 1,
        other => anyhow::bail!("register: {other} {}", answer.text().await?),
    }
    let text = format!("message {number}");
    let said = chat::say(speaker, "ada", &text).await?;
    match said["type"].as_str() {
        Some("message") => told.said.push(text),
        _ => {
            ensure!(said["code"] == "unavailable", "{said}");
            told.refused += 1;
        }
    }
    Ok(told.refused == refused)
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_primary_is_lost_writes_are_at_most_refused_and_a_broadcast_goes_on() -> Result<()> {
    let pair = Arc::new(tokio::task::spawn_blocking(Pair::start).await??);
    let settings = settings(&pair)?;
    let env: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let platform = Platform::start_with(&[], &env).await?;
    let ada = platform.register("ada").await?;
    let publishing = publish(platform.rtmp(), &platform.stream_key(&ada).await?).await?;
    platform.wait_state("ada", "live", Duration::from_secs(10)).await?;
    let variants = playback::variants(&platform.http, &platform.url("/live/ada/index.m3u8")).await?;
    let source = variants.iter().find(|variant| variant.name == "source").context("no source")?;
    let mut viewer = Viewer::join(&platform.http, &source.url).await?;

    let (rounds, enough) = (AtomicUsize::new(0), AtomicBool::new(false));
    let writes = Box::pin(write(&platform, &ada, &rounds, &enough));
    let failover = async {
        until("under way", &rounds, ROUNDS, USUAL).await?;
        pair.lose_primary()?;
        let standby = pair.clone();
        tokio::task::spawn_blocking(move || standby.promote()).await??;
        let (since, before) = (Instant::now(), rounds.load(Relaxed));
        until("back", &rounds, before + 1, BACK).await?;
        let back = since.elapsed();
        until("going on", &rounds, before + 1 + ROUNDS, USUAL).await?;
        enough.store(true, Relaxed);
        anyhow::Ok(back)
    };
    let watching = async {
        loop {
            if let Err(e) = viewer.next().await {
                return e;
            }
        }
    };
    let (told, back) = tokio::select! {
        broke = watching => return Err(broke.context("the viewer")),
        done = async { tokio::try_join!(writes, failover) } => done?,
    };
    ensure!(!publishing.is_finished(), "the publisher was cut off");
    println!("{back:?} after the promotion a round of writes was done; {} calls were refused", told.refused);
    there_is_what_was_told(&platform, &told).await?;
    publishing.abort();
    Ok(())
}

/// Round after round until it is enough; `good` counts those of which nothing was refused. Whoever reads chat sees what was said, in order.
async fn write(platform: &Platform, ada: &Person, good: &AtomicUsize, enough: &AtomicBool) -> Result<Told> {
    let url = format!("ws://127.0.0.1:{}/ws", platform.port(3000));
    let mut speaker = chat::join(&url, Some(ada), "ada").await?;
    let mut reader = chat::join(&url, None, "ada").await?;
    let (mut told, mut number) = (Told::default(), 0);
    while !enough.load(Relaxed) {
        let all = round(platform, &mut speaker, number, &mut told).await?;
        good.fetch_add(usize::from(all), Relaxed);
        number += 1;
    }
    for said in &told.said {
        // A message whose sender was told of an outage may have got through.
        while chat::next(&mut reader, "message").await?["text"] != said.as_str() {}
    }
    Ok(told)
}

/// Waits until so many rounds were good, within `limit`.
async fn until(what: &str, good: &AtomicUsize, count: usize, limit: Duration) -> Result<()> {
    let since = Instant::now();
    while good.load(Relaxed) < count {
        ensure!(since.elapsed() < limit, "not {what}: {} of {count} rounds", good.load(Relaxed));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

async fn there_is_what_was_told(platform: &Platform, told: &Told) -> Result<()> {
    for login in &told.registered {
        let body = json!({"login": login, "password": "correct horse battery"});
        let answer = platform.http.post(platform.url("/api/auth/login")).json(&body).send().await?;
        ensure!(answer.status() == 200, "{login} was told that there is an account: {}", answer.status());
    }
    let range = told.follow as u64..=told.tried as u64;
    let since = Instant::now();
    loop {
        let followers = platform.stream("ada").await?["followers"].as_u64().context("followers")?;
        if range.contains(&followers) {
            return Ok(());
        }
        ensure!(since.elapsed() < BACK, "{followers} of {range:?} who were told so follow");
    }
}
