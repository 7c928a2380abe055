//! The whole platform on a Redis Cluster of three masters: a broadcast is published, watched, counted, talked of and ended, and amid it the
//! master that has its place in the live index is killed.
//!
//! Until the replica takes over messages may be refused, and are told so. Viewers and the publisher notice nothing.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use streamly_e2e::{Platform, chat, playback, publish::publish, viewer::Viewer};
use streamly_testkit::redis::{RedisCluster, RedisServer};

/// From the loss of a master until everything is as before; the servers take a second to call one of them gone.
const BACK: Duration = Duration::from_secs(30);
/// For what takes a second or two while nothing is wrong.
const SOON: Duration = Duration::from_secs(15);

/// All services that have a Redis know the cluster; the broadcast is its source alone.
fn settings(cluster: &RedisCluster) -> Vec<(String, String)> {
    let urls = ["USER", "STREAM", "CHAT", "WEB"]
        .map(|service| (format!("STREAMLY_{service}__REDIS__URL"), cluster.url()));
    let ladder = ("STREAMLY_INGEST__LADDER".to_owned(), "[]".to_owned());
    urls.into_iter().chain([ladder]).collect()
}

/// Views on while something is done.
async fn watching<T>(viewer: &mut Viewer, doing: impl Future<Output = Result<T>>) -> Result<T> {
    let on = async {
        loop {
            if let Err(e) = viewer.next().await {
                return e;
            }
        }
    };
    tokio::select! {
        broke = on => Err(broke.context("the viewer")),
        done = doing => done,
    }
}

/// Asks until it is so, within `limit`.
async fn until<F: Future<Output = Result<bool>>>(
    what: &str,
    limit: Duration,
    mut so: impl FnMut() -> F,
) -> Result<()> {
    let since = Instant::now();
    while !so().await? {
        ensure!(since.elapsed() < limit, "not {what} after {limit:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Says it, again while that is refused, until the one who reads has it.
async fn said(speaker: &mut chat::Socket, reader: &mut chat::Socket, text: &str) -> Result<()> {
    let since = Instant::now();
    loop {
        let answer = chat::say(speaker, "ada", text).await?;
        if answer["type"] == "message" {
            break;
        }
        ensure!(answer["code"] == "unavailable", "{answer}");
        ensure!(since.elapsed() < BACK, "refused for {BACK:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    while chat::next(reader, "message").await?["text"] != text {}
    Ok(())
}

/// What a server has under a key; nothing also where it does not serve it.
fn entry(server: &RedisServer, key: &str) -> Option<Value> {
    let text = server.command(&["GET", key]).ok()?;
    serde_json::from_str(&text).ok()
}

fn now_ms() -> Result<u64> {
    Ok(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_redis_cluster_a_broadcast_is_watched_counted_and_talked_of_and_outlives_a_master() -> Result<()>
{
    let mut cluster = tokio::task::spawn_blocking(|| RedisCluster::start(3, true)).await??;
    let settings = settings(&cluster);
    let env: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let platform = Platform::start_with(&[], &env).await?;
    let ada = platform.register("ada").await?;
    let publishing = publish(platform.rtmp(), &platform.stream_key(&ada).await?).await?;
    platform.wait_state("ada", "live", SOON).await?;
    let variants = playback::variants(&platform.http, &platform.url("/live/ada/index.m3u8")).await?;
    let source = variants.iter().find(|variant| variant.name == "source").context("no source")?;
    let mut viewer = Viewer::join(&platform.http, &source.url).await?;
    let chat_url = format!("ws://127.0.0.1:{}/ws", platform.port(3000));
    let mut speaker = chat::join(&chat_url, Some(&ada), "ada").await?;
    let mut reader = chat::join(&chat_url, None, "ada").await?;
    let counted = || async { anyhow::Ok(platform.stream("ada").await?["live"]["viewers"] == 1) };
    watching(&mut viewer, said(&mut speaker, &mut reader, "before")).await?;
    watching(&mut viewer, until("counted", SOON, counted)).await?;
    let mut with_keys = 0;
    for master in &cluster.masters {
        with_keys += u32::from(master.command(&["DBSIZE"])?.parse::<u64>()? > 0);
    }
    ensure!(with_keys > 1, "all keys are on one master");

    let stream = platform.stream("ada").await?;
    let index = format!("live:{}", stream["id"].as_str().context("no id")?);
    let master = cluster.master_of(&index)?;
    let before = entry(&cluster.masters[master], &index).context("it is not in the live index")?;
    ensure!(before["broadcast_id"] == stream["live"]["broadcast_id"], "{before}");
    let lost = now_ms()?;
    cluster.masters[master].kill();
    let since = Instant::now();
    watching(&mut viewer, said(&mut speaker, &mut reader, "after")).await?;
    // Written anew by the server that took over, with what was read from the database since.
    let replica = &cluster.replicas[master];
    let anew = || async {
        let entry = entry(replica, &index);
        anyhow::Ok(entry.is_some_and(|entry| entry["read_at_ms"].as_u64().is_some_and(|read| read > lost)))
    };
    watching(&mut viewer, until("in the index again", BACK, anew)).await?;
    println!("{:?} after the loss of a master all was as before", since.elapsed());
    watching(&mut viewer, until("counted", SOON, counted)).await?;
    // Somebody who comes now finds it, and is counted too.
    let variants = playback::variants(&platform.http, &platform.url("/live/ada/index.m3u8")).await?;
    let source = variants.iter().find(|variant| variant.name == "source").context("no source")?;
    let mut second = Viewer::join(&platform.http, &source.url).await?;
    let two = || async { anyhow::Ok(platform.stream("ada").await?["live"]["viewers"] == 2) };
    let both = Box::pin(watching(&mut second, until("counted", SOON, two)));
    watching(&mut viewer, both).await?;
    ensure!(!publishing.is_finished(), "the publisher was cut off");

    let end = platform.http.post(platform.url("/api/streams/me/end")).bearer_auth(&ada.token).send().await?;
    ensure!(end.status() == 204, "end: {}", end.status());
    platform.wait_state("ada", "offline", SOON).await?;
    let out = || async { anyhow::Ok(entry(replica, &index).is_none()) };
    until("out of the index", SOON, out).await?;
    publishing.abort();
    platform.stop().await?;
    Ok(())
}
