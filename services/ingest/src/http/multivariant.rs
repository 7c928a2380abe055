//! The multivariant playlist of a channel: where a player starts.

use super::{
    hold, media,
    watching::{self, Let},
};
use crate::{
    broadcast::{Broadcast, Facts},
    node::Node,
};
use std::time::Duration;
use streamly_hls::{IframeStream, Measured, Multivariant, Rendition, Window, bandwidth};
use streamly_http::{Answer, Body, Result, Wants};

/// Room above the average that a source's peak is announced with, in percent: encoders hold a rate only over a second or so.
const SOURCE_PEAK_PERCENT: u64 = 125;
/// Room above a measured peak: what comes may be a little more.
const MEASURED_PEAK_PERCENT: u64 = 110;
/// The same where nobody told a rate: the measured one is all there is.
const UNTOLD_PEAK_PERCENT: u64 = 150;
/// Announced rates are multiples of it, so that they do not change with every segment.
const STEP_BPS: u64 = 50_000;
/// So much media says what a rendition is like.
const ENOUGH: Duration = Duration::from_secs(10);
/// A told frame rate that differs from the measured one by more is not believed, in percent.
const FPS_PERCENT: f64 = 10.0;
/// What encoders make.
const USUAL_FPS: [f64; 11] =
    [15.0, 20.0, 24.0, 25.0, 30_000.0 / 1001.0, 30.0, 48.0, 50.0, 60_000.0 / 1001.0, 60.0, 120.0];

/// `GET /live/{username}/index.m3u8`
pub(super) async fn playlist(node: &Node, username: &str, query: &str, wants: &Wants<'_>) -> Result<Answer> {
    let (asked, query) = (query, media::parse(query)?);
    if let Some(broadcast) = node.registry.by_name(&username.to_ascii_lowercase()) {
        watching::at_door(node, &broadcast, asked, wants)?;
    }
    let broadcast = hold::started(node, username).await?;
    watching::at_door(node, &broadcast, asked, wants)?;
    let token = match watching::admit(node, &broadcast, asked, wants)? {
        Let::Viewer(token) => format!("?token={token}"),
        Let::Open | Let::Edge => String::new(),
    };
    let playlist = Multivariant {
        renditions: renditions(&broadcast, &token),
        // A GOP longer than the target duration is cut without a keyframe.
        independent_segments: false,
        ll: query.ll,
        sid: query.sid,
    };
    Ok(Answer::new(200, Body::Bytes(playlist.render().into()))
        .with("content-type", media::PLAYLIST_TYPE)
        .with("cache-control", "no-store"))
}

/// `query` stands behind the URL of each.
fn renditions(broadcast: &Broadcast, query: &str) -> Vec<Rendition> {
    let all = broadcast.renditions().unwrap_or_default().iter();
    all.map(|rendition| (&rendition.name, rendition.facts(), rendition.read(Window::measured)))
        .filter(|(_, facts, _)| facts.shed.is_none())
        .map(|(name, facts, measured)| {
            let told =
                if name == "source" { facts.video_bps * SOURCE_PEAK_PERCENT / 100 } else { facts.video_bps };
            let folder = format!("/live/b/{}/{name}", broadcast.id);
            let bandwidth_bps = peak(bandwidth(told, facts.audio_bps), facts.assumed, &measured);
            let iframes = facts.resolution.map(|_| IframeStream {
                bandwidth_bps: measured
                    .iframe_peak_bps
                    .map_or(bandwidth_bps, |bps| room(bps, UNTOLD_PEAK_PERCENT)),
                codecs: video_codec(&facts.codecs).to_owned(),
                uri: format!("{folder}/iframes.m3u8{query}"),
            });
            let Facts { codecs, resolution, fps, audio_bps, average_video_bps, .. } = facts;
            let average = measured.average_bps.filter(|_| measured.media >= ENOUGH);
            Rendition {
                name: name.clone(),
                bandwidth_bps,
                average_bandwidth_bps: average.or(average_video_bps.map(|video| video + audio_bps)),
                resolution,
                frame_rate: frame_rate(fps, &measured).filter(|_| resolution.is_some()),
                codecs,
                uri: format!("{folder}/index.m3u8{query}"),
                iframes,
            }
        })
        .collect()
}

/// BANDWIDTH: what was told, but never below what was measured. What nobody told gives way to what was measured.
fn peak(told: u64, assumed: bool, measured: &Measured) -> u64 {
    match measured.peak_bps {
        Some(bps) if assumed && measured.media >= ENOUGH => room(bps, UNTOLD_PEAK_PERCENT),
        Some(bps) => told.max(room(bps, MEASURED_PEAK_PERCENT)),
        None => told,
    }
}

fn room(bps: u64, percent: u64) -> u64 {
    (bps.saturating_mul(percent) / 100).div_ceil(STEP_BPS).saturating_mul(STEP_BPS)
}

/// FRAME-RATE: what was told, if the pictures agree; otherwise what they show.
fn frame_rate(told: Option<f64>, measured: &Measured) -> Option<f64> {
    let Some(shown) = measured.frame_rate.filter(|_| measured.media >= ENOUGH) else { return told };
    let near = |fps: &f64| (fps - shown).abs() * 100.0 <= shown * FPS_PERCENT;
    let usual = || USUAL_FPS.into_iter().min_by(|a, b| (a - shown).abs().total_cmp(&(b - shown).abs()));
    // A picture more or less in a segment is nothing.
    told.filter(near)
        .or_else(|| Some(usual().filter(|fps| (fps - shown).abs() * 50.0 <= shown).unwrap_or(shown)))
}

/// The video's of codecs that are joined by commas, which stands first.
fn video_codec(codecs: &str) -> &str {
    codecs.split(',').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(peak_bps: u64, fps: f64, seconds: u64) -> Measured {
        Measured {
            peak_bps: Some(peak_bps),
            frame_rate: Some(fps),
            media: Duration::from_secs(seconds),
            ..Measured::default()
        }
    }

    #[test]
    fn the_announced_rate_is_never_below_the_measured_one() {
        assert_eq!(peak(3_000_000, false, &Measured::default()), 3_000_000, "nothing measured");
        assert_eq!(
            peak(3_000_000, false, &measured(2_000_000, 30.0, 60)),
            3_000_000,
            "what was told has room"
        );
        assert_eq!(
            peak(3_000_000, false, &measured(3_000_001, 30.0, 2)),
            3_350_000,
            "the publisher sends more"
        );
        assert_eq!(peak(8_000_000, true, &measured(1_000_000, 30.0, 9)), 8_000_000, "too early to say");
        assert_eq!(peak(8_000_000, true, &measured(1_000_000, 30.0, 10)), 1_500_000, "nobody told");
        for bps in (1..200_000_000).step_by(999_983) {
            for (assumed, seconds) in [(true, 60), (false, 60), (true, 1)] {
                assert!(peak(1_000_000, assumed, &measured(bps, 30.0, seconds)) >= bps);
            }
        }
    }

    #[test]
    fn a_frame_rate_that_the_pictures_do_not_show_is_not_announced() {
        assert_eq!(frame_rate(Some(30.0), &Measured::default()), Some(30.0));
        assert_eq!(frame_rate(Some(30.0), &measured(1, 29.1, 60)), Some(30.0), "some were dropped");
        assert_eq!(frame_rate(Some(60.0), &measured(1, 30.2, 60)), Some(30.0));
        assert_eq!(frame_rate(None, &measured(1, 24.9, 60)), Some(25.0));
        assert_eq!(frame_rate(None, &measured(1, 10.0, 60)), Some(10.0));
        assert_eq!(frame_rate(None, &measured(1, 25.0, 3)), None, "too early to say");
    }
}
