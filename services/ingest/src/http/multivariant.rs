//! The multivariant playlist of a channel: where a player starts.

use super::{hold, media};
use crate::{
    broadcast::{Broadcast, Facts},
    node::Node,
};
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use streamly_hls::{Multivariant, Rendition, bandwidth};
use streamly_http::Result;

/// Room above the average that a source's peak is announced with, in percent: encoders hold a rate only over a second or so.
const SOURCE_PEAK_PERCENT: u64 = 125;

/// `GET /live/{username}/index.m3u8`
pub(super) async fn playlist(
    node: web::Data<Node>,
    username: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let query = media::query(&request)?;
    let broadcast = hold::started(&node, &username).await?;
    let playlist = Multivariant {
        renditions: renditions(&broadcast),
        // A GOP longer than the target duration is cut without a keyframe.
        independent_segments: false,
        no_captions: true,
        ll: query.ll,
        sid: query.sid,
    };
    Ok(HttpResponse::Ok()
        .content_type(media::PLAYLIST_TYPE)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(playlist.render()))
}

fn renditions(broadcast: &Broadcast) -> Vec<Rendition> {
    let all = broadcast.renditions().unwrap_or_default().iter();
    all.map(|rendition| (&rendition.name, rendition.facts()))
        .filter(|(_, facts)| facts.shed.is_none())
        .map(|(name, facts)| {
            let peak =
                if name == "source" { facts.video_bps * SOURCE_PEAK_PERCENT / 100 } else { facts.video_bps };
            let Facts { codecs, resolution, fps, audio_bps, average_video_bps, .. } = facts;
            Rendition {
                name: name.clone(),
                bandwidth_bps: bandwidth(peak, audio_bps),
                average_bandwidth_bps: average_video_bps.map(|video| video + audio_bps),
                resolution,
                frame_rate: fps,
                codecs,
                uri: format!("/live/b/{}/{name}/index.m3u8", broadcast.id),
            }
        })
        .collect()
}
