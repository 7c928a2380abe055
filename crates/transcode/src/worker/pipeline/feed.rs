//! The half of the pipeline that takes input, for the thread that reads it.

use std::sync::{Arc, Mutex, OnceLock};

use gstreamer as gst;
use gstreamer_app as gst_app;
use streamly_media::{AccessUnit, VideoFormat, captions};

use super::super::boundaries::Boundaries;
use super::super::captions::Captions;
use super::super::clock::Clock;
use super::super::rung::Running;
use super::super::{Fault, source};
use super::lock;

/// The way into the pipeline.
pub(crate) struct Feed {
    pub(super) format: VideoFormat,
    pub(super) source: gst_app::AppSrc,
    pub(super) sound: Option<gst_app::AppSrc>,
    pub(super) boundaries: Arc<Mutex<Boundaries>>,
    pub(super) clock: Arc<OnceLock<Clock>>,
    pub(super) running: Vec<Running>,
    /// Of each rung.
    pub(super) captions: Vec<Arc<Mutex<Captions>>>,
}

impl Feed {
    /// Waits while the decoder is behind. A picture whose times lie before the worker's zero is left out.
    pub(crate) fn push(&self, au: AccessUnit) -> Result<(), Fault> {
        let clock = self.clock.get_or_init(|| Clock::starting_at(au.dts));
        let (Some(dts), Some(pts)) = (clock.to_gst(au.dts), clock.to_gst(au.pts)) else {
            eprintln!("picture with decode time {} left out: it is long before the first", au.dts);
            return Ok(());
        };
        let (data, captions) = captions::taken_out(self.format, au.data);
        if !captions.is_empty() {
            self.captions.iter().for_each(|rung| lock(rung).add(au.pts, &captions));
        }
        let mut buffer = source::delimited(self.format, data);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_dts(dts);
            buffer.set_pts(pts);
            if !au.keyframe {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        self.source.push_buffer(buffer).map(drop).map_err(Fault::Flow)
    }

    /// Sound without a place on the worker's clock is left out: before the first picture there is none.
    pub(crate) fn sound(&self, dts: i64, data: bytes::Bytes) -> Result<(), Fault> {
        let time = self.clock.get().and_then(|clock| clock.samples_to_gst(dts));
        let (Some(source), Some(time)) = (&self.sound, time) else { return Ok(()) };
        let mut buffer = gst::Buffer::from_slice(data);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(time);
        }
        source.push_buffer(buffer).map(drop).map_err(Fault::Flow)
    }

    pub(crate) fn boundary(&self, pts: i64) {
        lock(&self.boundaries).add(pts);
    }

    /// One bit a rung.
    pub(crate) fn shed(&self, rungs: u16) {
        for (index, rung) in self.running.iter().enumerate() {
            rung.shed(rungs >> index & 1 == 1);
        }
    }

    pub(crate) fn end(&self) {
        // An error means the pipeline is on its way down, which the bus tells.
        let _ = self.source.end_of_stream();
        if let Some(sound) = &self.sound {
            let _ = sound.end_of_stream();
        }
    }
}
