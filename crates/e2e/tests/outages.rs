//! PostgreSQL and Redis taken away under a running broadcast: frozen first (they answer nothing), then killed (the launcher starts them again).

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use streamly_e2e::{
    Person, Platform, chat, playback,
    processes::{self, Process},
    publish::publish,
    viewer::Viewer,
};

/// How long each is frozen: many parts, and longer than a viewer's buffer.
const FROZEN: Duration = Duration::from_secs(4);
/// From the kill until everything works again.
const RECOVERY: Duration = Duration::from_secs(15);

struct Broadcast {
    platform: Platform,
    ada: Person,
    viewer: Viewer,
    publishing: tokio::task::JoinHandle<Result<()>>,
}

/// A broadcast of ada's with a viewer of its source.
async fn broadcast() -> Result<Broadcast> {
    let platform = Platform::start(&[]).await?;
    let ada = platform.register("ada").await?;
    let key = platform.stream_key(&ada).await?;
    let publishing = publish(platform.rtmp(), &key).await?;
    platform.wait_state("ada", "live", Duration::from_secs(10)).await?;
    let variants = playback::variants(&platform.http, &platform.url("/live/ada/index.m3u8")).await?;
    let source = variants.iter().find(|v| v.name == "source").context("no source")?;
    let viewer = Viewer::join(&platform.http, &source.url).await?;
    Ok(Broadcast { platform, ada, viewer, publishing })
}

/// Takes the server away while the viewer goes on.
async fn freeze(b: &mut Broadcast, server: &str) -> Result<Process> {
    b.viewer.watch(Duration::from_secs(1)).await.context("before")?;
    let process = processes::child(b.platform.pid(), server)?;
    process.signal(Signal::SIGSTOP)?;
    Ok(process)
}

/// Views on until `done`.
async fn watch_until<T>(
    viewer: &mut Viewer,
    limit: Duration,
    done: impl Future<Output = Result<T>>,
) -> Result<T> {
    let on = async {
        loop {
            if let Err(e) = viewer.next().await {
                return e;
            }
        }
    };
    tokio::select! {
        broke = on => Err(broke),
        done = tokio::time::timeout(limit, done) => done.with_context(|| format!("not in {limit:?}"))?,
    }
}

async fn sign_in(platform: &Platform, name: &str) -> Result<(u16, Value)> {
    let body = json!({"login": name, "password": "correct horse battery"});
    let answer = platform.http.post(platform.url("/api/auth/login")).json(&body).send().await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgresql_viewers_go_on_and_a_new_publish_waits_for_it() -> Result<()> {
    let mut b = broadcast().await?;
    let bob = b.platform.register("bob").await?;
    let key = b.platform.stream_key(&bob).await?;
    let postgres = freeze(&mut b, "postgres").await?;
    let rtmp = b.platform.rtmp();
    let waiting = tokio::spawn(async move { publish(rtmp, &key).await });
    let came = b.viewer.watch(FROZEN).await.context("PostgreSQL frozen")?;
    ensure!(came >= 8, "{came} parts in {FROZEN:?}");
    ensure!(!waiting.is_finished(), "the new publish was answered: {:?}", waiting.await);
    let (status, problem) = sign_in(&b.platform, "ada").await?;
    ensure!(status == 503, "sign-in: {status} {problem}");

    postgres.signal(Signal::SIGKILL)?;
    let again = async {
        // The publish that waited is taken, and everything asks the database again.
        let second = waiting.await??;
        b.platform.wait_state("bob", "live", RECOVERY).await?;
        let since = Instant::now();
        while let (status @ 500.., problem) = sign_in(&b.platform, "ada").await? {
            ensure!(since.elapsed() < RECOVERY, "sign-in: {status} {problem}");
        }
        let (status, _) = sign_in(&b.platform, "ada").await?;
        ensure!(status == 200, "sign-in: {status}");
        b.platform.stream_key(&b.ada).await?;
        second.abort();
        Ok(())
    };
    watch_until(&mut b.viewer, RECOVERY, again).await.context("PostgreSQL killed")?;
    ensure!(processes::child(b.platform.pid(), "postgres")?.pid != postgres.pid, "the same server");
    ensure!(!b.publishing.is_finished(), "the publisher was cut off");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_viewers_go_on_and_chat_says_so() -> Result<()> {
    let mut b = broadcast().await?;
    let url = format!("ws://127.0.0.1:{}/ws", b.platform.port(3000));
    let mut speaker = chat::join(&url, Some(&b.ada), "ada").await?;
    let mut reader = chat::join(&url, None, "ada").await?;
    let redis = freeze(&mut b, "redis-server").await?;
    let refused = watch_until(&mut b.viewer, FROZEN, chat::say(&mut speaker, "ada", "meanwhile")).await?;
    ensure!(refused["type"] == "error" && refused["code"] == "unavailable", "{refused}");
    let came = b.viewer.watch(FROZEN).await.context("Redis frozen")?;
    ensure!(came >= 8, "{came} parts in {FROZEN:?}");

    redis.signal(Signal::SIGKILL)?;
    let again = async {
        // The sockets stay; what is said comes through as soon as Redis is back.
        let since = Instant::now();
        let mut tries = 0;
        let said = loop {
            tries += 1;
            let said = chat::say(&mut speaker, "ada", &format!("again {tries}")).await?;
            if said["type"] == "message" {
                break said;
            }
            ensure!(said["code"] == "unavailable", "{said}");
            ensure!(since.elapsed() < RECOVERY, "{said}");
        };
        while chat::next(&mut reader, "message").await?["id"] != said["id"] {}
        let (status, problem) = sign_in(&b.platform, "ada").await?;
        ensure!(status == 200, "sign-in: {status} {problem}");
        b.platform.wait_state("ada", "live", RECOVERY).await?;
        Ok(())
    };
    watch_until(&mut b.viewer, RECOVERY, again).await.context("Redis killed")?;
    ensure!(processes::child(b.platform.pid(), "redis-server")?.pid != redis.pid, "the same server");
    ensure!(!b.publishing.is_finished(), "the publisher was cut off");
    Ok(())
}
