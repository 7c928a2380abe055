//! Which pictures a rung keeps, and what its scaler is told of them.

use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use super::super::boundaries::Boundaries;
use super::super::raw::nanoseconds;
use super::{TAKEN_AWAY, lock};
use crate::ladder::Rung;
use crate::transcoder::Job;

/// Which pictures a rung at a lower rate keeps: time decides, not counting, so that a lost picture shifts nothing for long.
struct Keep {
    /// A picture is kept once this much after the last kept one, nanoseconds.
    at_least: u64,
    last: Option<u64>,
}

impl Keep {
    fn keeps(&mut self, pts: u64, is_forced: bool) -> bool {
        let keeps = is_forced || self.last.is_none_or(|last| pts < last || pts - last >= self.at_least);
        if keeps {
            self.last = Some(pts);
        }
        keeps
    }
}

/// Drops what the rung's rate leaves out, `keyframes` (nanoseconds) excepted, and writes the rung's rate into the caps, by which encoders
/// spread their bits.
pub(super) fn keep_frames(scale: &gst::Element, job: &Job, rung: &Rung, keyframes: Arc<Mutex<Boundaries>>) {
    let Some(pad) = scale.static_pad("sink") else { return };
    let rate = gst::Fraction::new(rung.fps.num as i32, rung.fps.den as i32);
    let drops = rung.keep_every > 1;
    // Half a picture early counts as in time: publishers' times are whole milliseconds.
    let at_least = (f64::from(rung.keep_every) - 0.5) / job.fps.as_f64() * 1e9;
    let keep = Mutex::new(Keep { at_least: at_least as u64, last: None });
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(buffer) = info.buffer() {
            let keeps = !drops
                || buffer.pts().is_none_or(|pts| {
                    let is_forced = lock(&keyframes).forces(nanoseconds(pts));
                    lock(&keep).keeps(pts.nseconds(), is_forced)
                });
            return if keeps { gst::PadProbeReturn::Ok } else { TAKEN_AWAY };
        }
        let Some(event) = info.event() else { return gst::PadProbeReturn::Ok };
        if let gst::EventView::Caps(caps) = event.view() {
            let caps = rung_caps(caps.caps_owned(), rate);
            let replaced = gst::event::Caps::builder(&caps).seqnum(event.seqnum()).build();
            info.data = Some(gst::PadProbeData::Event(replaced));
        }
        gst::PadProbeReturn::Ok
    });
}

/// What the scaler is told it gets: the rung's rate, and colours by name.
///
/// A source that names none is taken for BT.709 or BT.601 by its height (as players do), so a rung below HD would be converted
/// from the one to the other at several times the cost of scaling, or, unconverted, be marked with the wrong one.
fn rung_caps(mut caps: gst::Caps, rate: gst::Fraction) -> gst::Caps {
    let assumed = gst_video::VideoInfo::from_caps(&caps).map(|info| info.colorimetry().to_string());
    let names_colours = caps.structure(0).is_some_and(|structure| structure.has_field("colorimetry"));
    let changed = caps.make_mut();
    changed.set("framerate", rate);
    if let (false, Ok(assumed)) = (names_colours, assumed) {
        changed.set("colorimetry", assumed);
    }
    caps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours(height: i32, named: Option<&str>) -> String {
        gst::init().unwrap();
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .field("width", height * 16 / 9)
            .field("height", height)
            .field_if_some("colorimetry", named)
            .build();
        let caps = rung_caps(caps, gst::Fraction::new(30, 1));
        caps.structure(0).unwrap().get::<String>("colorimetry").unwrap()
    }

    #[test]
    fn a_source_that_names_no_colours_gets_those_of_its_height() {
        assert_eq!(colours(720, None), "bt709");
        assert_eq!(colours(360, None), "bt601");
    }

    #[test]
    fn colours_that_a_source_names_stay() {
        assert_eq!(colours(720, Some("bt601")), "bt601");
    }
}
