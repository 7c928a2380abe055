//! Publishers of one recorded FLV: many keys over one process, in real time, in a loop, spread over a keyframe interval.
//!
//! By default each message goes out by itself, as an encoder sends it. Together, each picture goes out with the sound before it: fewer
//! writes, for loads where the generator would otherwise be full before the server. Asked on stdin it says how late it sends.

use anyhow::{Context, ensure};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_testkit::{
    flv::{self, Kind, Tag},
    publisher::{Options as Publishing, Publisher},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    task::JoinSet,
};

use crate::report::quantile;

/// Starts are spread over so long, so that keyframes of different streams do not fall together.
const SPREAD: Duration = Duration::from_secs(2);
/// Samples of lateness kept between two questions.
const SAMPLES_MAX: usize = 4 << 20;

/// What is published and where.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// RTMP.
    #[arg(long)]
    to: SocketAddr,
    /// FLV.
    #[arg(long)]
    file: PathBuf,
    /// Publishers.
    #[arg(long, default_value_t = 1)]
    count: u32,
    /// Number of the first one's key.
    #[arg(long, default_value_t = 0)]
    first: u32,
    /// Stream keys, one a line, instead of numbered ones.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// A picture and the sound before it in one write.
    #[arg(long)]
    together: bool,
}

/// How late messages were sent since the last question.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Late {
    /// Seconds.
    pub p99: f64,
    /// Seconds.
    pub most: f64,
}

/// The stream key of a publisher; also its channel.
pub fn key(index: u32) -> String {
    format!("bench{index}")
}

/// Tags that are sent at one time, in milliseconds from the first.
pub struct Group {
    due: u32,
    tags: Vec<Tag>,
}

/// Publishes until killed or refused.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let (groups, length) = read(&options.file, options.together)?;
    let groups = Arc::new(groups);
    let keys: Vec<String> = match &options.keys {
        Some(file) => std::fs::read_to_string(file)?.lines().map(str::to_owned).collect(),
        None => (0..options.count).map(|index| key(options.first + index)).collect(),
    };
    ensure!(!keys.is_empty(), "no keys");
    let late = Arc::new(Mutex::new(Vec::new()));
    let mut publishing = JoinSet::new();
    let all = keys.len() as u32;
    for (index, key) in (0..).zip(keys) {
        let (groups, late, to) = (groups.clone(), late.clone(), options.to);
        publishing.spawn(async move {
            tokio::time::sleep(SPREAD * index / all).await;
            let publisher = Publisher::connect(to, Publishing::new(&key));
            let mut publisher = publisher.await.with_context(|| format!("publishing {key}"))?;
            let sent = in_time(&mut publisher, &groups, length, |late_by| {
                let mut late = late.lock();
                if late.len() < SAMPLES_MAX {
                    late.push(late_by);
                }
            });
            sent.await.with_context(|| format!("sending {key}"))
        });
    }
    let answering = tokio::spawn(answer(late));
    while let Some(ended) = publishing.join_next().await {
        ended??;
    }
    answering.abort();
    Ok(())
}

/// A recording in groups, and its length in milliseconds.
///
/// # Errors
/// If the file cannot be read.
pub fn read(file: &Path, together: bool) -> anyhow::Result<(Vec<Group>, u32)> {
    let mut tags = flv::read(file)?;
    let length = trim(&mut tags).context("a recording without pictures")?;
    Ok((grouped(tags, together), length))
}

/// Makes rounds follow each other without a hole: the length is the pictures', and sound beyond it goes.
fn trim(tags: &mut Vec<Tag>) -> Option<u32> {
    let pictures =
        tags.iter().filter(|tag| tag.kind == Kind::Video && is_picture(&tag.data)).map(|tag| tag.timestamp);
    let (first, last, count) = (pictures.clone().min()?, pictures.clone().max()?, pictures.count() as u32);
    let length = last - first + (last - first).div_ceil(count.checked_sub(1)?.max(1));
    let from = tags.first()?.timestamp;
    tags.retain(|tag| tag.timestamp - from < length);
    Some(length)
}

/// Of a video tag: coded frames, by the packet type of H.264 (FLV annex E.4.3.1) or of Enhanced RTMP, whose first byte has its top bit set.
fn is_picture(data: &[u8]) -> bool {
    match *data {
        [first, ..] if first & 0x80 != 0 => matches!(first & 0x0f, 1 | 3),
        [_, packet, ..] => packet == 1,
        _ => false,
    }
}

fn grouped(tags: Vec<Tag>, together: bool) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut open = false;
    for tag in tags {
        let ends = !together || tag.kind == Kind::Video;
        match groups.last_mut().filter(|_| open) {
            Some(group) => {
                group.due = group.due.max(tag.timestamp);
                group.tags.push(tag);
            }
            None => groups.push(Group { due: tag.timestamp, tags: vec![tag] }),
        }
        open = !ends;
    }
    groups
}

/// Sends round after round in real time until the socket fails; `late` is told of each group by how many seconds.
///
/// # Errors
/// When it fails.
pub async fn in_time(
    publisher: &mut Publisher,
    groups: &[Group],
    length: u32,
    mut late: impl FnMut(f64),
) -> anyhow::Result<()> {
    let started = Instant::now();
    for round in 0u32.. {
        let before = round.wrapping_mul(length);
        for group in groups {
            let passed = u64::from(round) * u64::from(length) + u64::from(group.due);
            let due = started + Duration::from_millis(passed);
            tokio::time::sleep_until(due.into()).await;
            publisher.send_together(&group.tags, before).await?;
            late(due.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

/// Each line on stdin is a question; ends with stdin.
async fn answer(late: Arc<Mutex<Vec<f64>>>) -> anyhow::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while lines.next_line().await?.is_some() {
        let samples = std::mem::take(&mut *late.lock());
        let said = Late { p99: quantile(&samples, 0.99), most: quantile(&samples, 1.0) };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(&said)?)?;
        out.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_as_long_as_its_pictures() {
        let tag = |kind, timestamp| Tag { kind, timestamp, data: vec![0x17, 1].into() };
        let mut tags: Vec<_> = (0..300).map(|n| tag(Kind::Video, n * 1000 / 30)).collect();
        tags.extend([tag(Kind::Audio, 9_990), tag(Kind::Audio, 10_011)]);
        assert_eq!(trim(&mut tags), Some(10_000));
        assert_eq!(tags.last().map(|tag| tag.timestamp), Some(9_990));
        assert_eq!(trim(&mut vec![tag(Kind::Audio, 0)]), None);
    }

    #[test]
    fn recordings_of_newer_codecs_have_pictures() {
        for name in flv::ENHANCED {
            let (groups, length) = read(&flv::fixture(name), false).unwrap();
            assert!((3_950..=4_050).contains(&length) && groups.len() > 250, "{name}: {length} ms");
        }
    }

    #[test]
    fn together_a_picture_goes_with_the_sound_before_it() {
        let tag = |kind, timestamp| Tag { kind, timestamp, data: Default::default() };
        let tags = vec![
            tag(Kind::Audio, 0),
            tag(Kind::Video, 10),
            tag(Kind::Video, 20),
            tag(Kind::Audio, 25),
            tag(Kind::Audio, 30),
        ];
        let shape = |together| {
            let groups = grouped(tags.clone(), together);
            groups.iter().map(|group| (group.due, group.tags.len())).collect::<Vec<_>>()
        };
        assert_eq!(shape(true), [(10, 2), (20, 1), (30, 2)]);
        assert_eq!(shape(false), [(0, 1), (10, 1), (20, 1), (25, 1), (30, 1)]);
    }
}
