//! The table: one row an encoder element, with its own names for bit rate, keyframe distance and the rest.
//!
//! Only data. Setting an element up from a row, and what it lacks, is the module's above.

/// Unit of a bit rate property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Kbit,
    Bit,
}

/// How the VBV buffer is told, where it can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vbv {
    /// Property in milliseconds at the bit rate.
    Milliseconds(&'static str),
    /// Property in kbit.
    Kbit(&'static str),
    None,
}

/// What keeps pictures on the device in front of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Device {
    /// Caps feature of its memory.
    pub(crate) memory: &'static str,
    /// Decodes H.264 into it.
    pub(crate) decoder: &'static str,
    /// Scales in it.
    pub(crate) scaler: &'static str,
}

const CUDA: Option<Device> =
    Some(Device { memory: "memory:CUDAMemory", decoder: "nvh264dec", scaler: "cudascale" });
const VA: Option<Device> =
    Some(Device { memory: "memory:VAMemory", decoder: "vah264dec", scaler: "vapostproc" });
const VAAPI: Option<Device> =
    Some(Device { memory: "memory:VASurface", decoder: "vaapih264dec", scaler: "vaapipostproc" });
/// Quick Sync shares VA's memory on Linux.
const QSV: Option<Device> =
    Some(Device { memory: "memory:VAMemory", decoder: "qsvh264dec", scaler: "vapostproc" });

/// One encoder element.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) element: &'static str,
    /// Empty: by `extra-controls` (V4L2).
    pub(super) bitrate: &'static str,
    pub(super) unit: Unit,
    /// Keyframe distance in frames.
    pub(super) gop: &'static str,
    pub(super) vbv: Vbv,
    /// Name of the speed preset property that takes x264's words.
    pub(super) preset: Option<&'static str>,
    /// Set as they are: no B-frames, constant rate, low delay, no AUD.
    pub(super) fixed: &'static [(&'static str, &'static str)],
    /// Raw format it takes from system memory.
    pub(super) format: &'static str,
    /// Its source caps take a level, so that the CODECS string holds exactly.
    pub(super) takes_level: bool,
    /// Told so by caps, it gives whole pictures with lengths in front of their NAL units.
    pub(super) gives_avc: bool,
    pub(super) hardware: bool,
    /// Where the device does the rest as well.
    pub(super) device: Option<Device>,
}

/// Best first (MEDIA.md §5).
pub(super) const ENCODERS: [Row; 12] = [
    Row {
        gop: "gop-size",
        vbv: Vbv::Kbit("vbv-buffer-size"),
        fixed: &[
            ("bframes", "0"),
            ("rc-mode", "cbr"),
            ("preset", "low-latency-hq"),
            ("zerolatency", "true"),
            ("aud", "false"),
        ],
        device: CUDA,
        ..hardware("nvh264enc")
    },
    Row {
        gop: "gop-size",
        vbv: Vbv::Kbit("vbv-buffer-size"),
        fixed: &[
            ("b-frames", "0"),
            ("rate-control", "cbr"),
            ("preset", "p4"),
            ("tune", "ultra-low-latency"),
            ("aud", "false"),
        ],
        device: CUDA,
        ..hardware("nvcudah264enc")
    },
    va("vah264enc"),
    va("vah264lpenc"),
    Row {
        gop: "keyframe-period",
        vbv: Vbv::Milliseconds("cpb-length"),
        fixed: &[("max-bframes", "0"), ("rate-control", "cbr"), ("aud", "false")],
        device: VAAPI,
        ..hardware("vaapih264enc")
    },
    Row {
        gop: "gop-size",
        fixed: &[("b-frames", "0"), ("rate-control", "cbr"), ("low-latency", "true"), ("target-usage", "6")],
        device: QSV,
        ..hardware("qsvh264enc")
    },
    Row {
        gop: "gop-size",
        fixed: &[("b-frames", "0"), ("rate-control", "cbr"), ("async-depth", "1"), ("target-usage", "6")],
        ..hardware("msdkh264enc")
    },
    Row { bitrate: "", unit: Unit::Bit, ..hardware("v4l2h264enc") },
    vtenc("vtenc_h264_hw"),
    vtenc("vtenc_h264"),
    Row {
        gop: "key-int-max",
        vbv: Vbv::Milliseconds("vbv-buf-capacity"),
        preset: Some("speed-preset"),
        fixed: &[
            ("bframes", "0"),
            ("tune", "zerolatency"),
            ("option-string", "scenecut=0"),
            ("byte-stream", "false"),
            ("aud", "false"),
        ],
        format: "I420",
        takes_level: true,
        gives_avc: true,
        hardware: false,
        ..hardware("x264enc")
    },
    Row {
        unit: Unit::Bit,
        gop: "gop-size",
        fixed: &[("rate-control", "bitrate"), ("complexity", "low"), ("scene-change-detection", "false")],
        format: "I420",
        hardware: false,
        ..hardware("openh264enc")
    },
];

/// What most hardware encoders have in common.
const fn hardware(element: &'static str) -> Row {
    Row {
        element,
        bitrate: "bitrate",
        unit: Unit::Kbit,
        gop: "",
        vbv: Vbv::None,
        preset: None,
        fixed: &[],
        format: "NV12",
        takes_level: false,
        gives_avc: false,
        hardware: true,
        device: None,
    }
}

/// macOS: the second one may fall back to the processor.
const fn vtenc(element: &'static str) -> Row {
    Row {
        gop: "max-keyframe-interval",
        fixed: &[("allow-frame-reordering", "false"), ("realtime", "true")],
        ..hardware(element)
    }
}

const fn va(element: &'static str) -> Row {
    Row {
        gop: "key-int-max",
        vbv: Vbv::Kbit("cpb-size"),
        fixed: &[("b-frames", "0"), ("rate-control", "cbr"), ("target-usage", "6"), ("aud", "false")],
        device: VA,
        ..hardware(element)
    }
}
