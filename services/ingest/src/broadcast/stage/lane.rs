//! One rendition's way from its packager into its window.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Instant, SystemTime},
};

use bytes::Bytes;
use streamly_cmaf::{Mode, Packaged, Packager};
use streamly_hls::{InitName, Part};

use crate::broadcast::{epochs::Epochs, import::SOURCE, rendition::Rendition, settings::Settings};

pub(crate) struct Lane {
    pub(crate) packager: Packager,
    pub(crate) rendition: Arc<Rendition>,
    /// The packager's last init section.
    init: Option<(u32, Bytes)>,
    /// The one the window was told last, with its epoch.
    told: Option<(u64, u32)>,
    /// Where its newest part with media begins, as the cuts tell, in 90 kHz ticks.
    pub(super) newest: Option<i64>,
}

/// One cut, as long as any rung may still come to it.
pub(super) struct Cutting {
    pub(super) msn: u64,
    pub(super) part: u32,
    pub(super) date: Option<SystemTime>,
    pub(super) arrived: Instant,
    pub(super) pts: i64,
}

impl Lane {
    pub(super) fn new(mode: Mode, rendition: Arc<Rendition>) -> Self {
        Self { packager: Packager::new(mode), rendition, init: None, told: None, newest: None }
    }

    fn packager_is_rung(&self) -> bool {
        self.rendition.name != SOURCE
    }
}

/// Moves what the packager gives into the window; returns how many parts.
pub(super) fn deliver(
    lane: &mut Lane,
    epochs: &Epochs,
    cuts: &VecDeque<Cutting>,
    settings: &Settings,
    now: Instant,
) -> usize {
    let Some(mut next) = lane.packager.poll() else { return 0 };
    let rung = lane.packager_is_rung();
    let (mut parts, mut refused) = (0, 0);
    let Lane { packager, rendition, init, told, newest } = lane;
    rendition.with(|window| loop {
        match next {
            Packaged::Init(new) => {
                // What an encoder made of its configuration counts.
                rendition.set_facts(|facts| facts.codecs = new.facts.codecs);
                *init = Some((new.version, new.bytes));
            }
            Packaged::Part(part) => {
                let Some((epoch, msn)) = epochs.place(part.msn) else { return };
                if part.discontinuity {
                    window.discontinuity(now);
                }
                if let Some((version, bytes)) = init.as_ref()
                    && *told != Some((epoch, *version))
                    && (part.part == 0 || !part.gap)
                {
                    let name = InitName { epoch, number: *version };
                    match window.push_init(name, bytes.clone(), now) {
                        Ok(()) => *told = Some((epoch, *version)),
                        Err(error) => tracing::debug!(%error, "init section refused"),
                    }
                }
                let cutting = cuts.iter().rev().find(|c| c.msn == part.msn && c.part == part.part);
                let follows = |before: u64| window.position().msn.is_none_or(|last| last < before);
                if let Some(before) = msn.checked_sub(1).filter(|before| part.part == 0 && follows(*before)) {
                    // Without its init section the segment is a gap itself, and opens the list as well.
                    let _ = window.lead_in(epoch, before, cutting.and_then(|c| c.date), now);
                }
                let pushed = window.push_part(
                    Part {
                        epoch,
                        msn,
                        part: part.part,
                        duration: part.duration(),
                        independent: part.independent,
                        gap: part.gap,
                        ends_segment: false,
                        program_date_time: cutting.and_then(|c| c.date),
                        keyframe: part.keyframe,
                        pictures: part.pictures,
                        bytes: part.bytes,
                    },
                    now,
                );
                if rung && !part.gap && let Some(cutting) = cutting {
                    // The part's end on the source's side is the next cut; its own length is not encoder's latency.
                    let age = now.saturating_duration_since(cutting.arrived);
                    let latency = age.saturating_sub(streamly_cmaf::ticks_to_duration(part.ticks));
                    settings.meters.part_latency_rung.record(latency.as_secs_f64());
                }
                match pushed {
                    Ok(_) => {
                        parts += 1;
                        if let Some(cutting) = cutting.filter(|_| !part.gap) {
                            *newest = Some(cutting.pts);
                        }
                    }
                    Err(error) => {
                        refused += 1;
                        tracing::debug!(rendition = rendition.name, msn, part = part.part, %error, "part refused");
                    }
                }
            }
            Packaged::SegmentEnd { .. } => window.close_segment(),
        }
        match packager.poll() {
            Some(packaged) => next = packaged,
            None => return,
        }
    });
    if refused > 0 {
        settings.meters.refused_parts.increment(refused);
    }
    parts
}
