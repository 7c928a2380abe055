//! CPU and memory of streams that are passed through, beside nginx-rtmp writing HLS to memory.
//!
//! Both servers run at the same time and get the same streams from publishers of the same kind, so whatever else the machine does
//! meets both alike. Measured only once the windows are full: what is listed, and what has left the playlist but must still be answered.

use super::{Figures, Settings};
use crate::{
    nginx, origin,
    process::{Cores, CpuMeter, resident_bytes},
    publish, recording,
    report::{Figure, Must},
    rows,
};
use std::path::Path;

/// Before the first reading of memory: start-up is over.
const IDLE_SECONDS: u64 = 2;
const MIB: f64 = 1024.0 * 1024.0;

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    let recording = recording::make(folder, recording::USUAL).await?;
    let nginx_folder = folder.join("nginx-passthrough");
    std::fs::create_dir_all(&nginx_folder)?;
    let mut peer = nginx::start(&nginx_folder, nginx::Rtmp::default()).await?;
    let (mut host, addresses) = rows::host(Cores::All, &[]).await?;
    let (own, other) = (host.pid()?, peer.process.pid()?);
    rows::wait(IDLE_SECONDS, &mut [&mut host, &mut peer.process]).await?;
    let empty = (resident_bytes(own)?, resident_bytes(other)?);
    let mut to_own = rows::publishers(Cores::All, addresses.rtmp, &recording.file, settings.streams, &[])?;
    let mut to_other = rows::publishers(Cores::All, peer.rtmp, &recording.file, settings.streams, &[])?;
    let mut running = [&mut host, &mut peer.process, &mut to_own, &mut to_other];
    rows::wait(settings.fill, &mut running).await?;

    let (own_cpu, other_cpu) = (CpuMeter::start(vec![own])?, CpuMeter::start(vec![other])?);
    rows::wait(settings.seconds, &mut running).await?;
    let streams = f64::from(settings.streams);
    let (own_cpu, other_cpu) = (own_cpu.percent()? / streams, other_cpu.percent()? / streams);
    let full = (resident_bytes(own)?, resident_bytes(other)?);

    let viewer = origin::Origin::new(addresses.http)?;
    let (mut listed, mut removed) = (0, 0);
    for index in 0..settings.streams {
        let playlist = viewer.rendition(&publish::key(index), "source").await?;
        let (holding, _) = viewer.holding(&playlist).await?;
        listed += holding.listed;
        removed += holding.removed;
    }
    let on_disk = folder_bytes(&peer.hls)? as f64 / streams / MIB;
    let _ = tokio::join!(to_own.stop(), to_other.stop());
    host.stop().await?;
    peer.process.stop().await?;

    let per_stream = |bytes: f64| bytes / streams / MIB;
    let grown = per_stream(full.0.saturating_sub(empty.0) as f64);
    let (listed, removed) = (per_stream(listed as f64), per_stream(removed as f64));
    let window = listed + removed;
    Ok(vec![
        Figure::new("CPU per stream, of one core", own_cpu, "%")
            .beside("nginx-rtmp, HLS to tmpfs", other_cpu)
            .must(Must::TimesPeer(1.0))
            .note(format!(
                "{} streams of {:.2} Mbit/s, no viewers, {} s; Streamly makes parts of a sixth of a second, nginx 2 s segments",
                settings.streams,
                recording.bitrate_bps / 1e6,
                settings.seconds
            )),
        Figure::new("memory per stream beyond its window", grown - window, "MiB").must(Must::AtMost(2.0)).note(format!(
            "resident {grown:.2} MiB; window {window:.2} MiB = {listed:.2} listed + {removed:.2} removed but still answered"
        )),
        Figure::new("memory per stream in all", grown, "MiB")
            .beside("nginx-rtmp, resident + tmpfs", per_stream(full.1.saturating_sub(empty.1) as f64) + on_disk)
            .note(format!("server with no stream: {:.1} MiB, nginx {:.1} MiB", empty.0 as f64 / MIB, empty.1 as f64 / MIB)),
    ])
}

fn folder_bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        // A segment may be removed while we look.
        sum += entry?.metadata().map_or(0, |metadata| metadata.len());
    }
    Ok(sum)
}
