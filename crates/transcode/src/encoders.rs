//! The H.264 encoders Streamly knows, as data, and the one function that sets an element up from it.
//!
//! Property names and units differ per element and per GStreamer release, so each is looked up before it is set: a missing bit
//! rate is an error, anything else missing is a note in the log. Whether an encoder really works here is `probe`'s business.
//! An encoder whose device decodes and scales too is a second candidate, named with [`ON_DEVICE`] behind: there pictures stay
//! in the device's memory all the way. The plain one takes them from system memory and is what is left when that fails.

mod table;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;

use crate::ladder::Rung;
pub(crate) use table::Device;
use table::{ENCODERS, Row, Unit, Vbv};

/// Keyframes come at the boundaries ingest asks for; an encoder's own come only after so many frames without one.
const KEY_INTERVAL_MAX: u32 = 600;

/// x264's speed preset where nothing is configured.
pub const PRESET_DEFAULT: &str = "veryfast";

/// x264's presets that keep up live and stay within the levels of `ladder`, fastest first.
pub const PRESETS: [&str; 6] = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"];

/// Behind the name of an encoder that gets its pictures in its device's memory.
pub const ON_DEVICE: &str = "@device";

/// Why an encoder cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not in the table.
    #[error("no encoder named {0} is known")]
    Unknown(String),
    /// GStreamer has no such element, or cannot make one.
    #[error("element {0} is not there (its plugin is not installed, or it sees no device)")]
    Missing(String),
    /// It does not open its device.
    #[error("element {0} does not get ready (its device is gone or taken)")]
    Closed(String),
    /// It cannot be told a bit rate: never run unbounded.
    #[error("element {0} has no property for the bit rate")]
    NoBitrate(String),
}

/// Every known encoder element, best first.
pub fn names() -> impl Iterator<Item = &'static str> {
    ENCODERS.iter().map(|row| row.element)
}

/// True if the candidate encodes on a device of its own rather than on the processor.
pub fn is_hardware(name: &str) -> bool {
    row(name).is_some_and(|row| row.hardware)
}

/// The candidate whose device decodes and scales too; `None` where there is no such way.
pub fn on_device(name: &str) -> Option<String> {
    row(name).filter(|row| row.element == name && row.device.is_some()).map(|_| format!("{name}{ON_DEVICE}"))
}

/// The element of a candidate.
pub fn element_of(name: &str) -> &str {
    name.strip_suffix(ON_DEVICE).unwrap_or(name)
}

fn row(name: &str) -> Option<&'static Row> {
    ENCODERS.iter().find(|row| row.element == element_of(name))
}

/// An encoder ready to be linked.
pub(crate) struct Prepared {
    pub(crate) element: gst::Element,
    /// For the caps filter in front.
    pub(crate) format: &'static str,
    /// For the caps filter behind.
    pub(crate) caps: gst::Caps,
    /// It gives whole pictures with lengths in front of their NAL units: no parser is needed.
    pub(crate) gives_avc: bool,
    /// It gets its pictures so; `None`: in system memory.
    pub(crate) device: Option<Device>,
    /// Properties it lacks, in words.
    pub(crate) notes: Vec<String>,
}

impl Prepared {
    /// Opens the device, if the encoder has one.
    pub(crate) fn open(&self) -> Result<(), Error> {
        let opened = self.element.set_state(gst::State::Ready).map(drop);
        opened.map_err(|_| {
            let factory =
                self.element.factory().map_or_else(String::new, |factory| factory.name().to_string());
            // A refused change of state must be taken back before the element is dropped.
            let _ = self.element.set_state(gst::State::Null);
            Error::Closed(factory)
        })
    }
}

/// Makes the element and sets it up for the rung.
pub(crate) fn prepare(name: &str, rung: &Rung, preset: &str) -> Result<Prepared, Error> {
    let row = row(name).ok_or_else(|| Error::Unknown(name.to_owned()))?;
    let device = if name == row.element { None } else { row.device };
    let name = row.element;
    for needed in device.iter().flat_map(|device| [device.decoder, device.scaler]) {
        gst::ElementFactory::find(needed).ok_or_else(|| Error::Missing(needed.to_owned()))?;
    }
    let element = gst::ElementFactory::make(name).build().map_err(|_| Error::Missing(name.to_owned()))?;
    let mut notes = Vec::new();
    let mut set = |property: &str, value: &str| {
        let done = set_checked(&element, property, value);
        if let Err(problem) = &done {
            notes.push(format!("{name}: {problem}"));
        }
        done.is_ok()
    };
    let bitrate = match row.unit {
        Unit::Kbit => u64::from(rung.bitrate_kbps),
        Unit::Bit => u64::from(rung.bitrate_kbps) * 1000,
    };
    let has_bitrate = if row.bitrate.is_empty() {
        let gop = format!("h264_i_frame_period={KEY_INTERVAL_MAX},video_b_frames=0");
        set("extra-controls", &format!("controls,video_bitrate={bitrate},video_bitrate_mode=1,{gop}"))
    } else {
        set(row.bitrate, &bitrate.to_string())
    };
    if !has_bitrate {
        return Err(Error::NoBitrate(name.to_owned()));
    }
    if !row.gop.is_empty() {
        set(row.gop, &KEY_INTERVAL_MAX.to_string());
    }
    match row.vbv {
        Vbv::Milliseconds(property) => set(property, &rung.vbv_buffer_ms.to_string()),
        Vbv::Kbit(property) => set(property, &(rung.bitrate_kbps * rung.vbv_buffer_ms / 1000).to_string()),
        Vbv::None => true,
    };
    if let Some(property) = row.preset {
        set(property, preset);
        // One thread has no slices to pay for; two keep the largest sizes within a frame's time.
        let threads = if rung.width * rung.height > 1280 * 720 { "2" } else { "1" };
        set("threads", threads);
    }
    for (property, value) in row.fixed {
        set(property, value);
    }
    let mut caps = gst::Caps::builder("video/x-h264").field("profile", rung.profile.caps_name());
    if row.takes_level {
        caps = caps.field("level", level_name(rung.level_idc));
    }
    Ok(Prepared { element, format: row.format, caps: caps.build(), gives_avc: row.gives_avc, device, notes })
}

/// `31` → `3.1`, `40` → `4`: as GStreamer's caps write it.
fn level_name(level_idc: u8) -> String {
    match level_idc % 10 {
        0 => (level_idc / 10).to_string(),
        tenth => format!("{}.{tenth}", level_idc / 10),
    }
}

fn set_checked(element: &gst::Element, property: &str, value: &str) -> Result<(), String> {
    let spec = element.find_property(property).ok_or_else(|| format!("has no property {property}"))?;
    if !spec.flags().contains(glib::ParamFlags::WRITABLE) {
        return Err(format!("property {property} cannot be set"));
    }
    let value = glib::Value::deserialize_with_pspec(value, &spec)
        .map_err(|_| format!("property {property} does not take {value}"))?;
    element.set_property_from_value(property, &value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::{FrameRate, SourceFormat, plan};

    fn rung() -> Rung {
        let source = SourceFormat { width: 1280, height: 720, fps: FrameRate::DEFAULT };
        plan(source, &["480p".to_owned()], 2).remove(0)
    }

    #[test]
    fn every_property_of_the_table_exists_on_the_elements_of_this_machine() {
        gst::init().unwrap();
        let present: Vec<_> = names().filter(|name| gst::ElementFactory::find(name).is_some()).collect();
        assert!(present.contains(&"x264enc"), "x264enc is a required package; present: {present:?}");
        for name in present {
            let prepared = prepare(name, &rung(), PRESET_DEFAULT).unwrap();
            assert_eq!(prepared.notes, Vec::<String>::new());
        }
    }

    #[test]
    fn each_element_gets_the_bit_rate_in_its_own_unit() {
        gst::init().unwrap();
        let x264 = prepare("x264enc", &rung(), "ultrafast").unwrap().element;
        assert_eq!(x264.property::<u32>("bitrate"), 1200);
        assert_eq!(x264.property::<u32>("key-int-max"), KEY_INTERVAL_MAX);
        if let Ok(prepared) = prepare("openh264enc", &rung(), PRESET_DEFAULT) {
            assert_eq!(prepared.element.property::<u32>("bitrate"), 1_200_000);
        }
    }

    #[test]
    fn an_encoder_outside_the_table_is_refused_by_name() {
        gst::init().unwrap();
        let refused = prepare("fakesink", &rung(), PRESET_DEFAULT).err();
        assert_eq!(refused, Some(Error::Unknown("fakesink".to_owned())));
    }

    #[test]
    fn every_preset_is_one_x264enc_knows() {
        gst::init().unwrap();
        for preset in PRESETS {
            assert!(prepare("x264enc", &rung(), preset).unwrap().notes.is_empty(), "{preset}");
        }
        assert_eq!(prepare("x264enc", &rung(), "warp").unwrap().notes.len(), 1);
    }

    #[test]
    fn every_device_way_is_a_candidate_of_its_own_and_is_refused_where_its_elements_are_missing() {
        gst::init().unwrap();
        assert_eq!(on_device("vah264enc").as_deref(), Some("vah264enc@device"));
        assert_eq!((on_device("x264enc"), on_device("vah264enc@device"), on_device("x")), (None, None, None));
        assert!(is_hardware("vah264enc@device") && !is_hardware("x264enc"));
        for name in names().filter_map(on_device) {
            let row = row(&name).unwrap();
            let device = row.device.unwrap();
            let is_there = |element: &str| gst::ElementFactory::find(element).is_some();
            if ![device.decoder, device.scaler, row.element].into_iter().all(is_there) {
                assert!(
                    matches!(prepare(&name, &rung(), PRESET_DEFAULT).err(), Some(Error::Missing(_))),
                    "{name}"
                );
            }
        }
        assert_eq!(prepare("x264enc@device", &rung(), PRESET_DEFAULT).unwrap().device, None);
    }

    #[test]
    fn level_names_are_as_caps_write_them() {
        assert_eq!([level_name(20), level_name(31), level_name(40)], ["2", "3.1", "4"]);
    }
}
