//! From the first keyframe on the wire to the first part a viewer has fetched; the peer's first segment in a playlist beside it.
//!
//! The viewer asks as soon as the publish is accepted, as a page that waits for its encoder does, and follows what it is given:
//! multivariant playlist, media playlist with the first part (asked for by number), that part. The publisher sends in real time.
//! A request without a number is answered only with the first whole segment, since hls.js takes a shorter list for an error; when
//! that comes is told beside it.

use super::{Figures, Settings, mean};
use crate::{
    nginx, origin,
    process::{Cores, Process},
    publish, recording,
    report::{Figure, Must, quantile},
    rows,
};
use anyhow::{Context, ensure};
use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};
use streamly_testkit::{
    flv::{self, Kind, Tag},
    publisher::{Options, Pace, Publisher},
};
use tokio::sync::oneshot;

/// Longest a first part or segment may take before the row fails.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the peer's folder is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// Video tags: frame type 1 is a keyframe, packet type 1 holds pictures (FLV 10.1, E.4.3).
const KEYFRAME: u8 = 0x17;

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    let recording = recording::make(folder, recording::USUAL).await?;
    let tags = flv::read(&recording.file)?;
    let (host, addresses) = rows::host(Cores::All, &[]).await?;
    let viewer = origin::Origin::new(addresses.http)?;
    let nginx_folder = folder.join("nginx-first");
    std::fs::create_dir_all(&nginx_folder)?;
    let peer = nginx::start(&nginx_folder, nginx::Rtmp::default()).await?;
    let (mut ours, mut whole, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for index in 0..settings.publishes {
        let key = publish::key(index);
        let playlist = peer.hls.join(format!("{key}.m3u8"));
        let (mine, other) = tokio::try_join!(
            timed(addresses.rtmp, &key, &tags, first_part(&viewer, &key)),
            timed(peer.rtmp, &key, &tags, first_segment(&playlist)),
        )?;
        ours.push(mine.0);
        whole.push(mine.1);
        theirs.push(other.0);
    }
    stop(host, peer.process).await?;
    let worst = |samples: &[f64]| quantile(samples, 1.0);
    Ok(vec![
        Figure::new("first keyframe to first part, worst run", worst(&ours), "s")
            .beside("nginx-rtmp, first segment", worst(&theirs))
            .must(Must::AtMost(0.3))
            .note(format!("{} publishes in real time; each part was fetched whole", ours.len())),
        Figure::new("first keyframe to first part, mean", mean(&ours), "s")
            .beside("nginx-rtmp, first segment", mean(&theirs)),
        Figure::new("first keyframe to first playlist for hls.js, mean", mean(&whole), "s")
            .beside("nginx-rtmp, first segment", mean(&theirs)),
    ])
}

async fn stop(host: Process, peer: Process) -> anyhow::Result<()> {
    host.stop().await?;
    peer.stop().await
}

/// Publishes until the viewer has both things it waits for; seconds from the first keyframe to each.
async fn timed(
    to: SocketAddr,
    key: &str,
    tags: &[Tag],
    seen: impl Future<Output = anyhow::Result<(Instant, Instant)>>,
) -> anyhow::Result<(f64, f64)> {
    let mut publisher =
        Publisher::connect(to, Options::new(key).pace(Pace::Speed(1.0))).await.context("publishing")?;
    let (told, keyframe) = oneshot::channel();
    let mut told = Some(told);
    let sending = async {
        for tag in tags {
            publisher.send_tag(tag).await?;
            // Taken behind the write: the keyframe is on the wire now.
            if is_keyframe(tag)
                && let Some(told) = told.take()
            {
                let _ = told.send(Instant::now());
            }
        }
        tokio::time::sleep(PATIENCE).await;
        anyhow::Ok(())
    };
    let seen = async { tokio::time::timeout(PATIENCE, seen).await.context("nothing to see in time")? };
    let seen = tokio::select! {
        seen = seen => seen?,
        ended = sending => { ended?; anyhow::bail!("nothing to see before the recording ended") }
    };
    let begun = keyframe.await.context("no keyframe was sent")?;
    publisher.stop().await?;
    let since = |at: Instant| at.saturating_duration_since(begun).as_secs_f64();
    Ok((since(seen.0), since(seen.1)))
}

fn is_keyframe(tag: &Tag) -> bool {
    tag.kind == Kind::Video && tag.data.first() == Some(&KEYFRAME) && tag.data.get(1) == Some(&1)
}

/// What the app's player does first.
async fn first_part(viewer: &origin::Origin, username: &str) -> anyhow::Result<(Instant, Instant)> {
    let playlist = viewer.rendition(username, "source").await?;
    let numbered =
        |query: &str| format!("{playlist}{}{query}", if playlist.contains('?') { '&' } else { '?' });
    let text = viewer.text(&numbered("_HLS_msn=1&_HLS_part=0")).await?;
    let uri = |tag: &str| {
        // The list opens with a gap: number 0.
        let line = text.lines().find(|line| line.starts_with(tag) && !line.ends_with(",GAP=YES"))?;
        let (_, rest) = line.split_once("URI=\"")?;
        Some(origin::beside(&playlist, rest.split('"').next()?))
    };
    let (init, part) =
        (uri("#EXT-X-MAP:").context("no init section")?, uri("#EXT-X-PART:").context("no part")?);
    let (init, part) = tokio::try_join!(viewer.bytes(&init), viewer.bytes(&part))?;
    let seen = Instant::now();
    ensure!(init.get(4..8) == Some(b"ftyp"), "the init section does not begin with ftyp");
    ensure!(part.windows(4).any(|name| name == b"moof"), "the part has no moof");
    viewer.text(&playlist).await?;
    Ok((seen, Instant::now()))
}

/// The peer's playlist lists a segment.
async fn first_segment(playlist: &Path) -> anyhow::Result<(Instant, Instant)> {
    loop {
        if std::fs::read_to_string(playlist).is_ok_and(|text| text.contains("#EXTINF")) {
            return Ok((Instant::now(), Instant::now()));
        }
        tokio::time::sleep(LOOK).await;
    }
}
