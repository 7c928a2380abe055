//! Broadcasts over several ingest processes: taken over, killed, drained, added, and with clocks apart. Viewers watch through the edge and keep
//! their URL.

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant, SystemTime},
};
use streamly_e2e::{
    Platform,
    nodes::{self, Node},
    playback,
    publish::publish,
    viewer::Viewer,
};
use streamly_testkit::{
    fixture,
    flv::{self, Kind},
    publisher::{Moving, Options, Pace, Publisher},
};

const SECOND: Duration = Duration::from_secs(1);
/// Numbers reserved at a time: a node that takes over begins above the first block.
const RESERVED: u64 = 1024;
/// No part of a viewer who stays is longer on its way while a broadcast moves. Usually a quarter of a second; a permit is a commit of
/// PostgreSQL, which a disk that others keep busy may hold up for seconds.
const LONGEST: Duration = Duration::from_secs(5);

async fn source(platform: &Platform, username: &str) -> Result<playback::Variant> {
    let variants =
        playback::variants(&platform.http, &platform.url(&format!("/live/{username}/index.m3u8"))).await?;
    variants.into_iter().find(|variant| variant.name == "source").context("a source")
}

async fn broadcast_id(platform: &Platform, username: &str) -> Result<String> {
    let stream = platform.stream(username).await?;
    Ok(stream["live"]["broadcast_id"].as_str().with_context(|| format!("{stream}"))?.to_owned())
}

/// The number behind a tag of a playlist.
fn number(text: &str, tag: &str) -> Result<u64> {
    let value =
        text.lines().find_map(|line| line.strip_prefix(tag)).with_context(|| format!("{tag} in {text}"))?;
    Ok(value.parse()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_on_another_node_takes_over_within_a_second_also_from_a_half_open_socket() -> Result<()>
{
    let platform = Platform::start_with(&["--processes"], &[("STREAMLY_INGEST__LADDER", "[]")]).await?;
    let second = Node::start(&platform, "second", None).await?;
    let key = platform.stream_key(&platform.register("ada").await?).await?;
    let first = publish(platform.rtmp(), &key).await?;
    platform.wait_state("ada", "live", Duration::from_secs(10)).await?;
    let id = broadcast_id(&platform, "ada").await?;
    let list = source(&platform, "ada").await?;
    let mut viewer = Viewer::join(&platform.http, &list.url).await?;
    // Longer than an edge remembers where it was last told that the broadcast is.
    viewer.watch(2 * SECOND).await?;

    // Media flows at the first node; the second one is chosen all the same.
    let since = Instant::now();
    let flowing = publish(second.rtmp, &key).await?;
    ensure!(since.elapsed() < SECOND, "accepted after {:?}", since.elapsed());
    ensure!(tokio::time::timeout(SECOND, first).await.context("the old session is not closed")??.is_err());
    viewer.watch(3 * SECOND).await?;
    let text = platform.http.get(list.url.clone()).send().await?.text().await?;
    ensure!(number(&text, "#EXT-X-MEDIA-SEQUENCE:")? >= RESERVED, "above the reservation: {text}");
    ensure!(!text.contains("\"1-") && text.contains("\"2-"), "only the new epoch: {text}");
    let sequence = number(&text, "#EXT-X-DISCONTINUITY-SEQUENCE:")?;
    flowing.abort();
    platform.wait_state("ada", "reconnecting", Duration::from_secs(10)).await?;

    // A socket whose peer is gone without a word, and back at the first node.
    let mut held =
        Publisher::connect(second.rtmp, Options::new(&key)).await.map_err(|e| anyhow::anyhow!("{e}"))?;
    held.send(&flv::read(&fixture("obs-gop2-bframes"))?).await?;
    platform.wait_state("ada", "live", Duration::from_secs(10)).await?;
    let _held = held.hold().await;
    let since = Instant::now();
    let back = publish(platform.rtmp(), &key).await?;
    ensure!(since.elapsed() < SECOND, "accepted after {:?}", since.elapsed());
    platform.wait_state("ada", "live", Duration::from_secs(10)).await?;
    ensure!(broadcast_id(&platform, "ada").await? == id, "another broadcast");
    let again = Viewer::join(&platform.http, &list.url).await?;
    let text = platform.http.get(again.held_url()).send().await?.text().await?;
    ensure!(number(&text, "#EXT-X-DISCONTINUITY-SEQUENCE:")? > sequence, "it goes on: {text}");
    back.abort();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn after_kill_9_of_a_node_live_clears_and_the_encoder_goes_on_at_another() -> Result<()> {
    let platform = Platform::start_with(&["--processes"], &[("STREAMLY_INGEST__LADDER", "[]")]).await?;
    let mut node = Node::start(&platform, "doomed", None).await?;
    let key = platform.stream_key(&platform.register("grace").await?).await?;
    let publishing = publish(node.rtmp, &key).await?;
    platform.wait_state("grace", "live", Duration::from_secs(10)).await?;
    let id = broadcast_id(&platform, "grace").await?;
    let list = source(&platform, "grace").await?;
    node.signal(Signal::SIGKILL)?;
    let since = Instant::now();
    node.ended(SECOND).await?;
    ensure!(publishing.await?.is_err(), "the publisher's socket broke");
    platform.wait_state("grace", "reconnecting", Duration::from_secs(15)).await?;
    let cleared = since.elapsed();

    let again = publish(platform.rtmp(), &key).await?;
    platform.wait_state("grace", "live", Duration::from_secs(10)).await?;
    ensure!(broadcast_id(&platform, "grace").await? == id, "another broadcast");
    let mut viewer = Viewer::join(&platform.http, &list.url).await?;
    viewer.watch(2 * SECOND).await?;
    println!("live cleared {cleared:?} after kill -9");
    again.abort();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_of_a_node_that_hangs_go_on_when_the_encoder_has_gone_to_another() -> Result<()> {
    let platform = Platform::start_with(&["--processes"], &[("STREAMLY_INGEST__LADDER", "[]")]).await?;
    let node = Node::start(&platform, "hung", None).await?;
    let key = platform.stream_key(&platform.register("ada").await?).await?;
    let first = publish(node.rtmp, &key).await?;
    platform.wait_state("ada", "live", Duration::from_secs(10)).await?;
    let list = source(&platform, "ada").await?;
    let mut viewer = Viewer::join(&platform.http, &list.url).await?;
    viewer.watch(2 * SECOND).await?;
    // Its sockets stay open, and it says nothing: neither an end nor a "not here".
    node.signal(Signal::SIGSTOP)?;
    let late = platform.http.get(viewer.held_url());
    let waiting = async {
        viewer.next_within(Duration::from_secs(25)).await?;
        anyhow::Ok((Instant::now(), viewer))
    };
    let elsewhere = async {
        let second = publish(platform.rtmp(), &key).await?;
        anyhow::Ok((Instant::now(), second))
    };
    let (watched, moved) = tokio::join!(waiting, elsewhere);
    let ((moved, second), (answered, mut viewer)) = (moved?, watched.context("a viewer waits for ever")?);
    let longest = answered.saturating_duration_since(moved);
    ensure!(longest < LONGEST, "the held request was answered {longest:?} after the move");
    viewer.watch(2 * SECOND).await?;
    ensure!(late.send().await?.status() == 200, "who comes late is led to the new node");
    println!("a held request was answered {longest:?} after the move");
    second.abort();
    first.abort();
    Ok(())
}

/// A broadcast that was there before.
struct Busy {
    username: String,
    id: String,
    list: reqwest::Url,
    viewer: Viewer,
    publishing: tokio::task::JoinHandle<Result<()>>,
}

impl Busy {
    async fn begin(platform: &Platform, at: &Node, username: String) -> Result<Self> {
        let key = platform.stream_key(&platform.register(&username).await?).await?;
        let publishing = publish(at.rtmp, &key).await?;
        platform.wait_state(&username, "live", Duration::from_secs(10)).await?;
        let (id, list) = (broadcast_id(platform, &username).await?, source(platform, &username).await?.url);
        let viewer = Viewer::join(&platform.http, &list).await?;
        Ok(Self { username, id, list, viewer, publishing })
    }

    /// Its viewer views on until it is enough; no part may be late.
    async fn watch(&mut self, enough: &AtomicBool) -> Result<()> {
        while !enough.load(Relaxed) {
            self.viewer.next_within(LONGEST).await.with_context(|| self.username.clone())?;
        }
        Ok(())
    }

    /// It is where and what it was, without a break.
    async fn has_stayed(&self, platform: &Platform, old: SocketAddr, new: SocketAddr) -> Result<()> {
        let Self { username, id, .. } = self;
        ensure!(!self.publishing.is_finished(), "the publisher of {username} was cut off");
        ensure!(broadcast_id(platform, username).await? == *id, "{username}: another broadcast");
        ensure!(is_at(platform, old, username).await?, "{username} is not where it was");
        ensure!(!is_at(platform, new, username).await?, "{username} is at the new node");
        let text = platform.http.get(self.list.clone()).send().await?.error_for_status()?.text().await?;
        ensure!(text.contains("\"1-") && !text.contains("\"2-"), "{username}: another epoch: {text}");
        ensure!(text.lines().all(|line| line != "#EXT-X-DISCONTINUITY"), "{username}: a break: {text}");
        Ok(())
    }
}

/// Whether the node that serves at that address has the channel's broadcast.
async fn is_at(platform: &Platform, node: SocketAddr, username: &str) -> Result<bool> {
    let answer = platform.http.get(format!("http://{node}/live/{username}/index.m3u8")).send().await?;
    match answer.status().as_u16() {
        200 => Ok(true),
        404 => Ok(false),
        status => anyhow::bail!("{username} at {node}: {status} {}", answer.text().await?),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_added_under_load_takes_new_publishers_and_the_old_broadcasts_stay() -> Result<()> {
    const BUSY: usize = 3;
    // The kernel leads each connection to one of the two nodes that share the port, by its ports: that so many in a row go to the one comes
    // to pass once in sixteen million times.
    const COME: usize = 24;
    let platform = Platform::start_with(&["--processes"], &[("STREAMLY_INGEST__LADDER", "[]")]).await?;
    let old = Node::start(&platform, "old", None).await?;
    let mut busy = Vec::new();
    for number in 0..BUSY {
        busy.push(Busy::begin(&platform, &old, format!("busy{number}")).await?);
    }

    let enough = AtomicBool::new(false);
    let watching = futures_util::future::try_join_all(busy.iter_mut().map(|one| one.watch(&enough)));
    let adding = async {
        let new = Node::start(&platform, "new", Some(&old)).await?;
        for number in 0..COME {
            let mut late = Busy::begin(&platform, &new, format!("late{number}")).await?;
            if is_at(&platform, new.http, &late.username).await? {
                late.viewer.watch(SECOND).await?;
                enough.store(true, Relaxed);
                return Ok((new, late, number + 1));
            }
            // Room for the next one.
            late.publishing.abort();
        }
        anyhow::bail!("none of {COME} new publishers came to the new node")
    };
    let (_, (new, late, tries)) = tokio::try_join!(watching, adding)?;
    for one in &busy {
        one.has_stayed(&platform, old.http, new.http).await?;
    }
    ensure!(!late.publishing.is_finished(), "who came to the new node was cut off");
    println!("publisher {tries} of those that came later is at the new node");
    busy.iter().chain([&late]).for_each(|one| one.publishing.abort());
    Ok(())
}

/// How much later it is by the newest EXT-X-PROGRAM-DATE-TIME (RFC 8216, 4.3.2.6; in UTC here) than by this machine's clock, seconds.
fn ahead(playlist: &str) -> Result<i64> {
    const DAY: i64 = 86_400;
    let date = playlist.lines().rev().find_map(|line| line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:"));
    let clock = date.and_then(|date| date.split('T').nth(1)?.get(..8)).context("no date")?;
    let told = clock.split(':').try_fold(0, |sum, part| anyhow::Ok(sum * 60 + part.parse::<i64>()?))?;
    let now = i64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs())?;
    // Of one day: midnight may be between the two.
    Ok((told - now + DAY / 2).rem_euclid(DAY) - DAY / 2)
}

#[tokio::test(flavor = "multi_thread")]
async fn broadcasts_of_nodes_five_minutes_off_play_through_an_edge_that_is_in_time() -> Result<()> {
    let platform = Platform::start_with(&["--processes"], &[("STREAMLY_INGEST__LADDER", "[]")]).await?;
    for (username, off) in [("ada", 300), ("bob", -300)] {
        let node = Node::start_ahead(&platform, &format!("of-{username}"), off).await?;
        let key = platform.stream_key(&platform.register(username).await?).await?;
        let publishing = publish(node.rtmp, &key).await?;
        platform.wait_state(username, "live", Duration::from_secs(10)).await?;
        let list = source(&platform, username).await?;
        let mut viewer = Viewer::join(&platform.http, &list.url).await?;
        // Longer than its lease would last if nothing renewed it.
        viewer.watch(12 * SECOND).await.with_context(|| format!("{off} s"))?;
        let text = platform.http.get(list.url).send().await?.error_for_status()?.text().await?;
        let told = ahead(&text)?;
        ensure!((off - 60..=off + 60).contains(&told), "its clock is {told} s ahead, not {off}: {text}");
        ensure!(platform.stream(username).await?["state"] == "live", "{off} s: it is not live any more");
        ensure!(!publishing.is_finished(), "{off} s: the publisher was cut off");
        publishing.abort();
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_ingest_of_a_port_is_replaced_under_a_publisher_and_its_viewers_lose_nothing() -> Result<()>
{
    println!("{}", replaced_under_a_publisher(false).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn so_is_it_under_one_that_publishes_by_rtmps() -> Result<()> {
    println!("{}", replaced_under_a_publisher(true).await?);
    Ok(())
}

/// Frames that came of those sent, and the longest that a viewer waited for a part.
async fn replaced_under_a_publisher(secure: bool) -> Result<String> {
    const LOOPS: u32 = 2;
    let platform = Platform::start_with(&["--processes"], &[("STREAMLY_INGEST__LADDER", "[]")]).await?;
    let mut old = Node::start(&platform, "old", None).await?;
    let key = platform.stream_key(&platform.register("ada").await?).await?;
    let tags = flv::read(&fixture("obs-gop2-bframes"))?;
    let pictures = tags.iter().filter(|tag| tag.kind == Kind::Video && tag.data[1] == 1).count() as u64;
    let options = Options::new(&key).pace(Pace::Speed(1.0)).loops(LOOPS);
    let (door, options) = match secure {
        true => (old.rtmps, options.tls(nodes::certificate(&platform)?)),
        false => (old.rtmp, options),
    };
    let mut publisher = Moving::connect(door, options).await.map_err(|e| anyhow::anyhow!("{e}"))?;
    let publishing = tokio::spawn(async move {
        let sent = publisher.send(&tags).await;
        (publisher, sent)
    });
    platform.wait_state("ada", "live", Duration::from_secs(10)).await?;
    let list = source(&platform, "ada").await?;
    let recording = {
        let (http, url) = (platform.http.clone(), list.url.clone());
        tokio::spawn(async move { playback::record(&http, &url, Duration::from_secs(60)).await })
    };
    let mut viewer = Viewer::join(&platform.http, &list.url).await?;
    viewer.next_segment().await?;

    let _new = Node::start(&platform, "new", Some(&old)).await?;
    old.signal(Signal::SIGTERM)?;
    let watched = async {
        let (since, mut longest) = (Instant::now(), Duration::ZERO);
        while since.elapsed() < 8 * SECOND {
            let waited = Instant::now();
            viewer.next_within(LONGEST).await?;
            longest = longest.max(waited.elapsed());
        }
        anyhow::Ok(longest)
    };
    let (longest, status) = tokio::join!(watched, old.ended(Duration::from_secs(12)));
    let longest = longest.context("a viewer was cut off")?;
    ensure!(status?.success(), "the old process ends by itself, and well");
    let (publisher, sent) = publishing.await?;
    sent.map_err(|e| anyhow::anyhow!("{e}"))?;
    ensure!(publisher.moves() == 1, "{} moves", publisher.moves());
    publisher.stop().await?;

    let recording = recording.await??;
    let numbers: Vec<u64> = recording.segments.keys().copied().collect();
    ensure!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "the numbers jump: {numbers:?}");
    ensure!(recording.discontinuities.len() == 1, "discontinuities at {:?}", recording.discontinuities);
    let file = tempfile::NamedTempFile::new()?;
    let mut frames = 0;
    for (number, part) in recording.by_init().into_iter().enumerate() {
        part.write(file.path())?;
        let probe = playback::probe(file.path())?;
        // Behind a break sound begins before the decode time of the first picture, with silence (ADR 0020).
        let lead = if number == 0 { 0.045 } else { 0.11 };
        ensure!((-0.045..=lead).contains(&probe.av_offset_s), "{probe:?}");
        frames += probe.frames;
    }
    let sent = u64::from(LOOPS) * pictures;
    ensure!(frames + 2 >= sent, "{frames} of {sent} frames");
    Ok(format!("{frames} of {sent} frames, longest wait for a part {longest:?}"))
}
