//! A plain HLS client for tests: reads playlists, keeps every segment of a rendition, and asks ffprobe what they hold.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// One rendition of a multivariant playlist.
#[derive(Debug, Clone)]
pub struct Variant {
    /// `source`, `480p`, …
    pub name: String,
    /// Absolute URL of its media playlist.
    pub url: reqwest::Url,
    /// The STREAM-INF attributes.
    pub attributes: String,
}

/// Reads the multivariant playlist.
pub async fn variants(http: &reqwest::Client, url: &str) -> Result<Vec<Variant>> {
    let base = reqwest::Url::parse(url)?;
    let answer = http.get(url).send().await?;
    ensure!(answer.status() == 200, "{url}: {}", answer.status());
    let text = answer.text().await?;
    let mut found = Vec::new();
    let mut attributes = None;
    for line in text.lines() {
        if let Some(a) = line.strip_prefix("#EXT-X-STREAM-INF:") {
            attributes = Some(a.to_owned());
        } else if !line.starts_with('#')
            && let Some(attributes) = attributes.take()
        {
            let url = base.join(line)?;
            let mut path = url.path_segments().context("a path")?.rev();
            let name = path.nth(1).context("…/RENDITION/index.m3u8")?.to_owned();
            found.push(Variant { name, url, attributes });
        }
    }
    Ok(found)
}

/// Waits until the plain media playlist lists so much media, in whole segments.
pub async fn wait_media(
    http: &reqwest::Client,
    url: &reqwest::Url,
    wanted: Duration,
    limit: Duration,
) -> Result<()> {
    let since = Instant::now();
    let mut plain = url.clone();
    plain.query_pairs_mut().append_pair("ll", "0");
    loop {
        let answer = http.get(plain.clone()).send().await?;
        ensure!(answer.status() == 200, "{plain}: {} {}", answer.status(), answer.text().await?);
        let text = answer.text().await?;
        let lengths =
            text.lines().filter_map(|l| l.strip_prefix("#EXTINF:")?.split(',').next()?.parse::<f64>().ok());
        let listed = lengths.sum::<f64>();
        if listed >= wanted.as_secs_f64() {
            return Ok(());
        }
        ensure!(
            since.elapsed() < limit,
            "{url} lists {listed} s of media and not {wanted:?} after {limit:?}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The segments of one rendition, in order, each with the init segment it needs.
#[derive(Debug, Default)]
pub struct Recording {
    /// Media sequence → (init URL, bytes).
    pub segments: BTreeMap<u64, (String, Vec<u8>)>,
    /// Init segments by URL.
    pub inits: BTreeMap<String, Vec<u8>>,
    /// DISCONTINUITY tags seen before a media sequence.
    pub discontinuities: Vec<u64>,
    /// ENDLIST was seen.
    pub ended: bool,
}

/// Follows the plain media playlist until ENDLIST, fetching each segment once.
pub async fn record(http: &reqwest::Client, url: &reqwest::Url, limit: Duration) -> Result<Recording> {
    let since = Instant::now();
    let mut plain = url.clone();
    plain.query_pairs_mut().append_pair("ll", "0");
    let mut recording = Recording::default();
    while !recording.ended {
        ensure!(since.elapsed() < limit, "{url} has no ENDLIST after {limit:?}");
        let answer = http.get(plain.clone()).send().await?;
        ensure!(answer.status() == 200, "{plain}: {} {}", answer.status(), answer.text().await?);
        let text = answer.text().await?;
        recording.take(http, &plain, &text).await?;
        if !recording.ended {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    Ok(recording)
}

impl Recording {
    async fn take(&mut self, http: &reqwest::Client, base: &reqwest::Url, text: &str) -> Result<()> {
        let (mut msn, mut init, mut gap) = (0u64, String::new(), false);
        for line in text.lines() {
            if let Some(n) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
                msn = n.parse()?;
            } else if let Some(map) = line.strip_prefix("#EXT-X-MAP:URI=\"") {
                init = base.join(map.split('"').next().unwrap_or_default())?.to_string();
                if !self.inits.contains_key(&init) {
                    self.inits.insert(init.clone(), bytes(http, &init).await?);
                }
            } else if line == "#EXT-X-DISCONTINUITY" {
                if !self.discontinuities.contains(&msn) {
                    self.discontinuities.push(msn);
                }
            } else if line == "#EXT-X-GAP" {
                gap = true;
            } else if line == "#EXT-X-ENDLIST" {
                self.ended = true;
            } else if !line.starts_with('#') && !line.is_empty() {
                if !gap && !self.segments.contains_key(&msn) {
                    let url = base.join(line)?.to_string();
                    self.segments.insert(msn, (init.clone(), bytes(http, &url).await?));
                }
                (msn, gap) = (msn + 1, false);
            }
        }
        Ok(())
    }

    /// One recording for each init segment, in order.
    pub fn by_init(&self) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (msn, segment) in &self.segments {
            let same =
                all.last().and_then(|last| last.segments.values().next()).is_some_and(|s| s.0 == segment.0);
            if !same {
                all.push(Self { inits: self.inits.clone(), ..Self::default() });
            }
            if let Some(last) = all.last_mut() {
                last.segments.insert(*msn, segment.clone());
            }
        }
        all
    }

    /// Writes init and segments as one file, those of one init segment only (the last).
    pub fn write(&self, path: &Path) -> Result<()> {
        let init = &self.segments.values().last().context("no segment")?.0;
        let mut file = self.inits.get(init).context("no init segment")?.clone();
        for (_, bytes) in self.segments.values().filter(|(i, _)| i == init) {
            file.extend_from_slice(bytes);
        }
        std::fs::write(path, file)?;
        Ok(())
    }
}

async fn bytes(http: &reqwest::Client, url: &str) -> Result<Vec<u8>> {
    let answer = http.get(url).send().await?;
    ensure!(answer.status() == 200, "{url}: {}", answer.status());
    Ok(answer.bytes().await?.to_vec())
}

/// What ffprobe and a full decode say of a file.
#[derive(Debug)]
pub struct Probe {
    /// `h264`
    pub video: String,
    /// `aac`
    pub audio: String,
    /// Pixels.
    pub size: (u64, u64),
    /// Decoded pictures.
    pub frames: u64,
    /// Start of video minus start of audio, seconds.
    pub av_offset_s: f64,
}

/// Decodes the whole file (no error allowed) and reads its streams.
pub fn probe(path: &Path) -> Result<Probe> {
    let decoded =
        Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(path).args(["-f", "null", "-"]).output()?;
    let complaints = String::from_utf8_lossy(&decoded.stderr);
    ensure!(decoded.status.success() && complaints.trim().is_empty(), "{}: {complaints}", path.display());
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-show_streams", "-of", "json"])
        .arg(path)
        .output()?;
    let shown: Value = serde_json::from_slice(&out.stdout)?;
    let stream = |kind: &str| -> Result<Value> {
        let all = shown["streams"].as_array().context("no streams")?;
        all.iter().find(|s| s["codec_type"] == kind).cloned().with_context(|| format!("no {kind}"))
    };
    let (video, audio) = (stream("video")?, stream("audio")?);
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let seconds =
        |v: &Value| v["start_time"].as_str().and_then(|t| t.parse::<f64>().ok()).unwrap_or(f64::NAN);
    Ok(Probe {
        video: text(&video["codec_name"]),
        audio: text(&audio["codec_name"]),
        size: (video["width"].as_u64().unwrap_or(0), video["height"].as_u64().unwrap_or(0)),
        frames: text(&video["nb_read_frames"]).parse().unwrap_or(0),
        av_offset_s: seconds(&video) - seconds(&audio),
    })
}
