//! The scaler as a GStreamer element, for 8-bit I420 alone. Never in the registry: the worker makes it by its type.
//!
//! Colours, rate and everything else in the caps stay; the size is the one the caps filter behind it asks for, and pictures that
//! have it pass through. A rung of slightly another shape than the source is stretched to it, never bordered. `videoconvertscale` is
//! for all that this cannot do: other formats, interlacing, pixels that are not square.

use std::sync::{LazyLock, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::subclass::prelude::*;
use gstreamer_video as gst_video;
use gstreamer_video::gst_base;
use gstreamer_video::prelude::*;
use gstreamer_video::subclass::prelude::*;
use streamly_media::{VideoFormat, av1, avc, hevc};

use super::Plane;

glib::wrapper! {
    pub struct Scaler(ObjectSubclass<Implementation>)
        @extends gst_video::VideoFilter, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// True if the decoded pictures of a source are progressive 8-bit 4:2:0 with square pixels, as nearly every publisher's are.
/// `record` is its avcC, hvcC or av1C.
pub(in crate::worker) fn suits(format: VideoFormat, record: &[u8]) -> bool {
    match format {
        VideoFormat::H264 => avc::DecoderConfiguration::parse(record).is_ok_and(|config| {
            let sps = &config.active;
            let is_420 = (sps.chroma_format, sps.bit_depth_luma, sps.bit_depth_chroma) == (1, 8, 8);
            config.sps.len() == 1 && is_420 && sps.progressive && sps.square_pixels
        }),
        VideoFormat::Hevc => hevc::DecoderConfiguration::parse(record).is_ok_and(|config| {
            let sps = &config.active;
            let is_420 = (sps.chroma_format, sps.bit_depth_luma, sps.bit_depth_chroma) == (1, 8, 8);
            config.sps.len() == 1 && is_420 && !sps.fields && sps.square_pixels
        }),
        VideoFormat::Av1 => av1::Configuration::parse(record).is_ok_and(|config| {
            let header = &config.active;
            header.bit_depth == 8 && !header.monochrome && header.subsampling == (true, true)
        }),
    }
}

/// A new one.
pub(in crate::worker) fn element() -> gst::Element {
    glib::Object::new::<Scaler>().upcast()
}

/// The luma plane and one chroma plane, which does for both.
struct Planes {
    luma: Plane,
    chroma: Plane,
}

#[derive(Default)]
pub struct Implementation {
    planes: Mutex<Option<Planes>>,
}

#[glib::object_subclass]
impl ObjectSubclass for Implementation {
    const NAME: &'static str = "StreamlyScaler";
    type Type = Scaler;
    type ParentType = gst_video::VideoFilter;
}

impl ObjectImpl for Implementation {}
impl GstObjectImpl for Implementation {}

impl ElementImpl for Implementation {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            let what = "Scales I420 pictures bilinearly";
            gst::subclass::ElementMetadata::new("Scaler", "Filter/Converter/Video/Scaler", what, "Streamly")
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst_video::VideoCapsBuilder::new().format(gst_video::VideoFormat::I420).build();
            [("sink", gst::PadDirection::Sink), ("src", gst::PadDirection::Src)]
                .into_iter()
                .filter_map(|(name, direction)| {
                    gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
                })
                .collect()
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for Implementation {
    const MODE: gst_base::subclass::BaseTransformMode = gst_base::subclass::BaseTransformMode::NeverInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn transform_caps(
        &self,
        _direction: gst::PadDirection,
        caps: &gst::Caps,
        filter: Option<&gst::Caps>,
    ) -> Option<gst::Caps> {
        let mut caps = caps.clone();
        for structure in caps.make_mut().iter_mut() {
            structure.set("width", gst::IntRange::new(1, i32::MAX));
            structure.set("height", gst::IntRange::new(1, i32::MAX));
        }
        Some(match filter {
            Some(filter) => filter.intersect_with_mode(&caps, gst::CapsIntersectMode::First),
            None => caps,
        })
    }
}

impl VideoFilterImpl for Implementation {
    fn set_info(
        &self,
        _: &gst::Caps,
        source: &gst_video::VideoInfo,
        _: &gst::Caps,
        target: &gst_video::VideoInfo,
    ) -> Result<(), gst::LoggableError> {
        let size = |info: &gst_video::VideoInfo, plane: u8| {
            (info.comp_width(plane) as usize, info.comp_height(plane) as usize)
        };
        let plane = |plane| Plane::new(size(source, plane), size(target, plane));
        let planes = Planes { luma: plane(0), chroma: plane(1) };
        *self.planes.lock().unwrap_or_else(PoisonError::into_inner) = Some(planes);
        self.obj().set_passthrough(size(source, 0) == size(target, 0));
        Ok(())
    }

    fn transform_frame(
        &self,
        source: &gst_video::VideoFrameRef<&gst::BufferRef>,
        target: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let mut planes = self.planes.lock().unwrap_or_else(PoisonError::into_inner);
        let Planes { luma, chroma } = planes.as_mut().ok_or(gst::FlowError::NotNegotiated)?;
        for index in 0..3 {
            let stride = |stride: i32| usize::try_from(stride).map_err(|_| gst::FlowError::NotSupported);
            let source_stride = stride(source.plane_stride()[index as usize])?;
            let target_stride = stride(target.plane_stride()[index as usize])?;
            let from = source.plane_data(index).map_err(|_| gst::FlowError::Error)?;
            let to = target.plane_data_mut(index).map_err(|_| gst::FlowError::Error)?;
            let plane = if index == 0 { &mut *luma } else { &mut *chroma };
            plane.scale(from, source_stride, to, target_stride);
        }
        Ok(gst::FlowSuccess::Ok)
    }
}
