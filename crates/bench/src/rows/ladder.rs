//! CPU of the 720p source's 480p and 360p rungs, beside ffmpeg making the same at the same time from the same file.
//!
//! ffmpeg gets what the worker's encoders get: x264 veryfast, zerolatency, one thread, no B-frames, no scene cuts, the ladder's
//! rates as ABR with a VBV of 600 ms, a keyframe at each source keyframe, one decoder thread, bilinear scaling, 360p scaled from 480p.
//! CPU is counted per second of media that came out, so that a side which falls behind on a busy machine is not taken for a cheap one.

use super::{Figures, Settings};
use crate::{
    origin,
    process::{Cores, CpuMeter, Process, children},
    publish, recording,
    report::{Figure, Must},
    rows,
};
use anyhow::{Context, ensure};
use std::path::Path;
use tokio::process::Command;

/// Until both sides run evenly.
const SETTLE_SECONDS: u64 = 8;
/// Each rung: name, width, height, kbit/s.
const RUNGS: [(&str, u32, u32, u32); 2] = [("480p", 854, 480, 1200), ("360p", 640, 360, 700)];
/// Milliseconds of VBV, as the ladder has it.
const VBV_MS: u32 = 600;
/// Seconds between keyframes of the recording.
const GOP_SECONDS: u32 = 2;
/// Its pictures a second.
const RATE: u32 = 30;
/// Where ffmpeg tells its progress.
const PROGRESS: &str = "ladder.progress";

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    let recording = recording::make(folder, recording::USUAL).await?;
    let names: Vec<_> = RUNGS.iter().map(|rung| rung.0).collect();
    let (mut host, addresses) = rows::host(Cores::All, &["--ladder", &names.join(",")]).await?;
    let own = host.pid()?;
    let mut publisher = rows::publishers(Cores::All, addresses.rtmp, &recording.file, 1, &[])?;
    let mut peer = Process::spawn("ffmpeg", &mut ffmpeg(&recording.file, folder))?;
    let mut running = [&mut host, &mut publisher, &mut peer];
    rows::wait(SETTLE_SECONDS, &mut running).await?;
    let workers = children(own)?;
    ensure!(workers.len() == 1, "{} transcode workers instead of one", workers.len());

    let viewer = origin::Origin::new(addresses.http)?;
    let playlist = viewer.rendition(&publish::key(0), RUNGS[0].0).await?;
    let worker_cpu = CpuMeter::start(workers.clone())?;
    let host_cpu = CpuMeter::start(vec![own])?;
    let other_cpu = CpuMeter::start(vec![running[2].pid()?])?;
    let from = (viewer.edge(&playlist).await?, encoded(folder)?);
    rows::wait(settings.seconds, &mut running).await?;
    let (worker, host_cpu, other) = (worker_cpu.seconds()?, host_cpu.seconds()?, other_cpu.seconds()?);
    let (made, made_by_other) = (viewer.edge(&playlist).await? - from.0, encoded(folder)? - from.1);
    let percent = |used: f64, made: f64| used / made * 100.0;
    let (worker, host_cpu, other) =
        (percent(worker, made), percent(host_cpu, made), percent(other, made_by_other));
    ensure!(children(own)? == workers, "the transcode worker was restarted");

    let mut rates = Vec::new();
    for name in names {
        let playlist = viewer.rendition(&publish::key(0), name).await?;
        let (holding, seconds) = viewer.holding(&playlist).await?;
        rates.push(format!("{name} {:.0} kbit/s", holding.listed as f64 * 8.0 / seconds / 1000.0));
    }
    publisher.stop().await?;
    peer.stop().await?;
    host.stop().await?;
    let encoded_in_all = encoded(folder)?;
    let other_rates = RUNGS.map(|(name, ..)| {
        let length =
            std::fs::metadata(folder.join(format!("{name}.flv"))).map_or(0, |metadata| metadata.len());
        format!("{name} {:.0} kbit/s", length as f64 * 8.0 / encoded_in_all / 1000.0)
    });
    Ok(vec![
        Figure::new("CPU of the worker, of one core", worker, "%")
            .beside("ffmpeg, the same x264 settings", other)
            .must(Must::TimesPeer(1.0))
            .note(format!(
                "{made:.1} s of media, ffmpeg {made_by_other:.1} s; ours, audio included: {}; ffmpeg's, about: {}",
                rates.join(", "),
                other_rates.join(", ")
            )),
        Figure::new("the same with RTMP, packaging and HLS", worker + host_cpu, "%")
            .beside("ffmpeg, the same x264 settings", other),
    ])
}

/// Seconds of media ffmpeg has made so far, as it says itself.
fn encoded(folder: &Path) -> anyhow::Result<f64> {
    let said = std::fs::read_to_string(folder.join(PROGRESS))?;
    let frames = said.lines().rev().find_map(|line| line.strip_prefix("frame="));
    Ok(frames.context("ffmpeg tells no progress")?.trim().parse::<f64>()? / f64::from(RATE))
}

fn ffmpeg(file: &Path, folder: &Path) -> Command {
    let [(_, width, height, _), (_, narrow, low, _)] = RUNGS;
    let filter = format!(
        "[0:v]scale={width}:{height}:flags=bilinear,setsar=1,split=2[v0][s];[s]scale={narrow}:{low}:flags=bilinear,setsar=1[v1]"
    );
    let mut command = Command::new("ffmpeg");
    command
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-stats_period", "0.1", "-progress"])
        .arg(folder.join(PROGRESS))
        .args(["-re", "-stream_loop", "-1", "-threads", "1", "-i"])
        .arg(file)
        .args(["-filter_threads", "1", "-filter_complex_threads", "1", "-filter_complex", &filter]);
    for (index, (name, _, _, kbps)) in RUNGS.into_iter().enumerate() {
        let (rate, buffer) = (format!("{kbps}k"), format!("{}k", kbps * VBV_MS / 1000));
        command
            .args(["-map", &format!("[v{index}]"), "-c:v", "libx264"])
            .args(["-preset", "veryfast", "-tune", "zerolatency"])
            .args(["-profile:v", "high", "-threads", "1", "-bf", "0", "-g", "600", "-sc_threshold", "0"])
            .args(["-force_key_frames", &format!("expr:gte(t,n_forced*{GOP_SECONDS})")])
            .args(["-b:v", &rate, "-maxrate", &rate, "-bufsize", &buffer, "-f", "flv"])
            .arg(folder.join(format!("{name}.flv")));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_make_the_rungs_of_the_ladder() {
        use streamly_transcode::ladder::{FrameRate, SourceFormat, plan};
        let source = SourceFormat { width: 1280, height: 720, fps: FrameRate::DEFAULT };
        let wanted = RUNGS.map(|rung| rung.0.to_owned());
        let planned: Vec<_> = plan(source, &wanted, 2)
            .into_iter()
            .map(|rung| (rung.name, rung.width, rung.height, rung.bitrate_kbps, rung.vbv_buffer_ms))
            .collect();
        let rows = RUNGS.map(|(name, width, height, kbps)| (name.to_owned(), width, height, kbps, VBV_MS));
        assert_eq!(planned, rows);
    }

    #[test]
    fn every_rung_has_an_output() {
        let command = ffmpeg(Path::new("in.flv"), Path::new("/out"));
        let words: Vec<_> =
            command.as_std().get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        for (name, ..) in RUNGS {
            assert!(words.contains(&format!("/out/{name}.flv")), "{name}");
        }
    }
}
