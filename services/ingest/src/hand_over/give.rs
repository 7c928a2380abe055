//! The old node's side: the window in pieces, at the pace at which the new node reads them.

use crate::broadcast::{Broadcast, Export, Targets};
use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use streamly_hls::HandedSegment;
use streamly_proto::ingest::v1::{
    HandOverPiece, HandOverRequest,
    hand_over_piece::{Finished, Init, Kept, KeptSegment, Opened, Part, Piece, Segment},
};
use tokio::{sync::mpsc, time::timeout};
use tonic::Status;

/// Most media bytes of a piece: with the rest below what a gRPC message may have.
const PIECE: usize = 1 << 20;
/// How long the rungs have for what their encoders still hold.
const RUNGS: Duration = Duration::from_millis(400);
/// A reader that takes longer is left alone.
const MOST: Duration = Duration::from_secs(5);

/// Segments of the rewind's list in a piece: some 50 KB.
const LISTED: usize = 1_000;

type Pieces = mpsc::Sender<Result<HandOverPiece, Status>>;

/// Gives the window of a fenced broadcast, then waits until the reader is gone: it is when the broadcast's new place is known.
pub(crate) async fn give(
    broadcast: Arc<Broadcast>,
    request: HandOverRequest,
    pieces: Pieces,
    export: Export,
) {
    let giving = async {
        broadcast.leaving().rungs(RUNGS).await;
        // What would come later is in nobody's copy.
        broadcast.seal(Instant::now());
        if all(&broadcast, &request, &pieces).await.is_some() {
            pieces.closed().await;
        }
    };
    if timeout(MOST, giving).await.is_err() {
        tracing::warn!(broadcast = broadcast.id, "who fetches the window takes too long");
    }
    drop(export);
}

/// `None`: the reader is gone.
async fn all(broadcast: &Broadcast, request: &HandOverRequest, pieces: &Pieces) -> Option<()> {
    let opened = Opened { newest_first: request.newest_first, ..opened(broadcast) };
    send(pieces, Piece::Opened(opened)).await?;
    let (mut lists, mut rewinds) = (Vec::new(), Vec::new());
    for rendition in broadcast.renditions().unwrap_or_default() {
        let name = &rendition.name;
        // At once: what is in memory goes over to the rewind when it is on disk.
        let (inits, segments, kept) = rendition.read(|window| {
            let inits: Vec<_> = window.inits().cloned().collect();
            (inits, window.listed_segments().collect::<Vec<_>>(), window.kept_segments().collect::<Vec<_>>())
        });
        for (init, bytes) in inits {
            let (epoch, number, bytes) = (init.epoch, init.number, bytes.to_vec());
            send(pieces, Piece::Init(Init { rendition: name.clone(), epoch, number, bytes })).await?;
        }
        if request.newest_first {
            lists.push((name, segments));
            rewinds.push((name, kept));
            continue;
        }
        for segment in segments {
            give_segment(name, &segment, pieces).await?;
        }
    }
    while let Some(newest) = lists.iter().filter_map(|(_, list)| Some(list.last()?.msn)).max() {
        for (name, list) in &mut lists {
            while let Some(segment) = list.pop_if(|segment| segment.msn == newest) {
                give_segment(name, &segment, pieces).await?;
            }
        }
    }
    for (name, kept) in rewinds.iter().filter(|_| request.rewind) {
        if kept.iter().any(|kept| !kept.gap) {
            broadcast.leaving().owes_rewind();
        }
        for some in kept.chunks(LISTED) {
            let segments = some.iter().map(kept_segment).collect();
            send(pieces, Piece::Kept(Kept { rendition: (*name).clone(), segments })).await?;
        }
    }
    send(pieces, Piece::Finished(Finished {})).await
}

fn kept_segment(kept: &streamly_hls::KeptSegment) -> KeptSegment {
    KeptSegment {
        epoch: kept.id.epoch,
        msn: kept.id.msn,
        duration_ns: u64::try_from(kept.duration.as_nanos()).unwrap_or(u64::MAX),
        date_us: kept.date.map_or(0, unix_us),
        bytes: kept.size,
        gap: kept.gap,
        discontinuity: kept.discontinuity,
        maps: kept.maps,
        init_number: kept.init.map_or(0, |init| init.number),
        init_epoch: kept.init.map_or(0, |init| init.epoch),
    }
}

async fn send(pieces: &Pieces, piece: Piece) -> Option<()> {
    pieces.send(Ok(HandOverPiece { piece: Some(piece) })).await.ok()
}

fn opened(broadcast: &Broadcast) -> Opened {
    let (next_msn, position) = broadcast.with_pipeline(|pipeline| (pipeline.next_msn(), pipeline.position()));
    let (still, jpeg) = broadcast.stills().last().unwrap_or_default();
    let mut opened = Opened {
        next_msn,
        video_dts: position.video_dts,
        video_pts: position.video_pts,
        audio: position.audio,
        still,
        still_jpeg: jpeg.to_vec(),
        ..Opened::default()
    };
    let source = broadcast.renditions().and_then(|all| all.first());
    if let Some(source) = source {
        source.read(|window| {
            let config = window.config();
            opened.discontinuity_sequence = window.discontinuity_sequence();
            opened.next_discontinuity_sequence = window.next_discontinuity_sequence();
            let targets = Targets { segment: config.target_duration, part: config.part_target };
            (opened.target_duration_ms, opened.part_target_us) = targets.tell();
            let last = window.listed_segments().last();
            opened.last_date_us =
                last.and_then(|last| Some(unix_us(last.date? + last.duration()))).unwrap_or(0);
        });
    }
    opened
}

fn unix_us(date: SystemTime) -> u64 {
    date.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

async fn give_segment(rendition: &str, segment: &HandedSegment, pieces: &Pieces) -> Option<()> {
    let part = |part: &streamly_hls::HandedPart| Part {
        duration_ns: u64::try_from(part.duration.as_nanos()).unwrap_or(u64::MAX),
        bytes: u32::try_from(part.bytes.len()).unwrap_or(u32::MAX),
        independent: part.independent,
        gap: part.gap,
    };
    let mut next = Segment {
        rendition: rendition.to_owned(),
        epoch: segment.epoch,
        msn: segment.msn,
        duration_us: u64::try_from(segment.duration().as_micros()).unwrap_or(u64::MAX),
        date_us: segment.date.map_or(0, unix_us),
        gap: segment.parts.iter().all(|part| part.gap),
        discontinuity: segment.discontinuity,
        init_number: segment.init.map_or(0, |init| init.number),
        init_epoch: segment.init.map_or(0, |init| init.epoch),
        parts: if segment.divided { segment.parts.iter().map(part).collect() } else { Vec::new() },
        ..Segment::default()
    };
    for part in &segment.parts {
        let mut rest = part.bytes.clone();
        while !rest.is_empty() {
            if next.bytes.len() == PIECE {
                let (rendition, msn) = (next.rendition.clone(), next.msn);
                send(pieces, Piece::Segment(next)).await?;
                next = Segment { rendition, msn, ..Segment::default() };
            }
            let take = rest.split_to(rest.len().min(PIECE - next.bytes.len()));
            next.bytes.extend_from_slice(&take);
        }
    }
    next.last = true;
    send(pieces, Piece::Segment(next)).await
}
