//! Glass to glass: a wall clock burnt into the pictures, read back from the canvas of a player in Chromium.
//!
//! Pictures of our generator go to ffmpeg (x264 veryfast, zerolatency, a keyframe each 2 s), over RTMP into the whole platform as
//! `./scripts/up` runs it, and out to a player: the app's watch page, then a bare page with hls.js as it comes. What is counted is the age of
//! the picture on screen at every animation frame, so a stall shows as age and not as a gap in the samples.

use super::{Figures, Settings};
use crate::{
    frames,
    process::Process,
    report::{Figure, Must, quantile},
    rows,
};
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use serde_json::json;
use std::{net::TcpStream, os::unix::fs::PermissionsExt, path::Path, process::Stdio, time::Duration};
use tokio::process::{Child, Command};

/// Where players come to rest before anything is counted.
const SETTLE_SECONDS: u64 = 10;
/// All ports of a platform, to which the offset is added.
const PORTS: [u16; 6] = [1935, 3000, 8000, 8080, 8082, 8084];
const PASSWORD: &str = "correct horse battery staple";
/// The script that drives the browser, below the project's root.
const SCRIPT: &str = "crates/bench/browser/glass.mjs";

/// What the browser script says of one player.
#[derive(Debug, Deserialize)]
struct Watched {
    /// Age of the picture on screen at each animation frame, milliseconds.
    ages: Vec<f64>,
    /// Age of each picture when it was presented, milliseconds.
    presented: Vec<f64>,
    /// Times the player waited for media.
    stalls: u32,
    /// Longest time one picture stood, milliseconds.
    longest_still: f64,
    /// Heights of the pictures seen.
    heights: Vec<u32>,
    /// Presented pictures whose clock could not be read.
    unreadable: u32,
    /// hls.js of the bare page.
    version: Option<String>,
}

/// Where a broadcast is sent and watched.
struct Place {
    process: Option<Process>,
    publish: String,
    playback: String,
    /// The app's watch page.
    page: Option<String>,
}

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    ensure!(Path::new(SCRIPT).exists(), "run from the project's root");
    let place = if settings.ingest_only { alone().await? } else { platform(settings, folder).await? };
    let (_frames, mut encoder) = broadcast(&place.publish)?;
    let mut figures = Vec::new();
    if let Some(page) = &place.page {
        let watched = watch(settings, json!({"page": page})).await.context("the app's player")?;
        figures.extend(told("our player", &watched, Some((0.8, 1.2))));
    }
    let watched = watch(settings, json!({"playback": place.playback})).await.context("stock hls.js")?;
    let version = watched.version.as_deref().unwrap_or("?");
    let mut stock = told(&format!("stock hls.js {version}"), &watched, None);
    stock[0].must = Some(Must::AtMost(1.1));
    if let Some(own) = figures.first_mut() {
        *own = own.clone().beside("stock hls.js", stock[0].value);
    }
    figures.extend(stock);
    ensure!(encoder.try_wait()?.is_none(), "the encoder ended by itself");
    encoder.kill().await?;
    if let Some(process) = place.process {
        process.stop().await?;
    }
    Ok(figures)
}

fn told(player: &str, watched: &Watched, bounds: Option<(f64, f64)>) -> Vec<Figure> {
    let seconds = |samples: &[f64], share| quantile(samples, share) / 1000.0;
    let note = format!(
        "{} animation frames, {} pictures of height {:?}, {} unreadable; at presentation p50 {:.3} s, p95 {:.3} s; {} stalls, longest still picture {:.2} s",
        watched.ages.len(),
        watched.presented.len(),
        watched.heights,
        watched.unreadable,
        seconds(&watched.presented, 0.5),
        seconds(&watched.presented, 0.95),
        watched.stalls,
        watched.longest_still / 1000.0
    );
    let mut p50 = Figure::new(format!("{player}, p50"), seconds(&watched.ages, 0.5), "s").note(note);
    let mut p95 = Figure::new(format!("{player}, p95"), seconds(&watched.ages, 0.95), "s");
    if let Some((middle, tail)) = bounds {
        p50.must = Some(Must::AtMost(middle));
        p95.must = Some(Must::AtMost(tail));
    }
    vec![p50, p95]
}

/// Runs the browser once.
async fn watch(settings: &Settings, mut job: serde_json::Value) -> anyhow::Result<Watched> {
    job["settle"] = SETTLE_SECONDS.into();
    job["seconds"] = settings.watch_seconds.into();
    let browser = Command::new("node")
        .arg(SCRIPT)
        .arg(job.to_string())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output();
    let limit = Duration::from_secs(settings.watch_seconds + SETTLE_SECONDS + 90);
    let output = tokio::time::timeout(limit, browser).await.context("the browser does not end")??;
    ensure!(output.status.success(), "the browser script ended with {}", output.status);
    let watched: Watched = serde_json::from_slice(&output.stdout)?;
    ensure!(!watched.presented.is_empty(), "no picture with a clock was seen");
    Ok(watched)
}

/// The generator and ffmpeg behind it, which publishes.
fn broadcast(to: &str) -> anyhow::Result<(Child, Child)> {
    let mut frames = Command::new(std::env::current_exe()?)
        .arg("frames")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let pictures: Stdio = frames.stdout.take().context("no stdout")?.try_into()?;
    let (size, rate) = (format!("{}x{}", frames::WIDTH, frames::HEIGHT), frames::RATE.to_string());
    let encoder = Command::new("ffmpeg")
        .args([
            "-hide_banner",
            "-loglevel",
            "error",
            "-fflags",
            "nobuffer",
            "-probesize",
            "32",
            "-analyzeduration",
            "0",
        ])
        .args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &size, "-r", &rate, "-i", "-"])
        .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"])
        .args([
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-tune",
            "zerolatency",
        ])
        .args([
            "-g",
            "60",
            "-keyint_min",
            "60",
            "-sc_threshold",
            "0",
            "-b:v",
            "2500k",
            "-maxrate",
            "2500k",
            "-bufsize",
            "1500k",
        ])
        .args(["-c:a", "aac", "-ac", "2", "-b:a", "128k", "-flush_packets", "1", "-f", "flv", to])
        .stdin(pictures)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("starting ffmpeg")?;
    Ok((frames, encoder))
}

/// Ingest alone: no app, so only the bare page can be measured.
async fn alone() -> anyhow::Result<Place> {
    let (process, addresses) = rows::host("480p,360p").await?;
    Ok(Place {
        process: Some(process),
        publish: format!("rtmp://{}/live/glass", addresses.rtmp),
        playback: format!("http://{}/live/glass/index.m3u8", addresses.http),
        page: None,
    })
}

/// The whole platform, with a person and a stream key.
async fn platform(settings: &Settings, folder: &Path) -> anyhow::Result<Place> {
    let (process, url) = match &settings.url {
        Some(url) => (None, url.trim_end_matches('/').to_owned()),
        None => start(settings, folder).await.map(|(process, url)| (Some(process), url))?,
    };
    let client = reqwest::Client::builder().no_proxy().build()?;
    let name = format!("glass_{}", &uuid::Uuid::now_v7().simple().to_string()[24..]);
    let person = json!({"username": name, "email": format!("{name}@example.org"), "password": PASSWORD});
    let registered = post(client.post(format!("{url}/api/auth/register")).json(&person)).await?;
    let token = registered["access_token"].as_str().context("no access token")?;
    let key =
        client.post(format!("{url}/api/streams/keys")).bearer_auth(token).json(&json!({"name": "bench"}));
    let key = post(key).await?;
    let text = |field: &str| key[field].as_str().map(str::to_owned).with_context(|| format!("no {field}"));
    let playback = text("playback_url")?;
    let playback = if playback.starts_with('/') { format!("{url}{playback}") } else { playback };
    Ok(Place { process, publish: text("stream_url")?, playback, page: Some(format!("{url}/{name}")) })
}

async fn post(request: reqwest::RequestBuilder) -> anyhow::Result<serde_json::Value> {
    let response = request.send().await?;
    let (status, path) = (response.status(), response.url().path().to_owned());
    let body = response.text().await?;
    ensure!(status.is_success(), "{path}: {status} {body}");
    Ok(serde_json::from_str(&body)?)
}

async fn start(settings: &Settings, folder: &Path) -> anyhow::Result<(Process, String)> {
    let program = match &settings.platform {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("streamly"),
    };
    // The private servers drop to a user who must be able to go through the folders.
    let data = folder.join("platform");
    std::fs::create_dir_all(&data)?;
    for open in [folder, &data] {
        std::fs::set_permissions(open, std::fs::Permissions::from_mode(0o755))?;
    }
    let mut command = Command::new(&program);
    command
        .arg("up")
        .env("STREAMLY_DATA_DIR", &data)
        .env("STREAMLY_PORT_OFFSET", free_offset()?.to_string())
        .env("STREAMLY_RATE_LIMITS", "off");
    let mut process =
        Process::spawn("the platform", &mut command).with_context(|| program.display().to_string())?;
    loop {
        let line = process.line().await?;
        if let Some(url) = line.trim().strip_prefix("Streamly is ready: ") {
            let url = url.trim_end_matches('/').to_owned();
            return Ok((process, url));
        }
    }
}

/// An offset on whose ports nothing answers.
fn free_offset() -> anyhow::Result<u16> {
    for offset in (1..=9).rev().map(|hundreds| hundreds * 100) {
        if PORTS.iter().all(|port| TcpStream::connect(("127.0.0.1", port + offset)).is_err()) {
            return Ok(offset);
        }
    }
    bail!("no free port offset")
}
