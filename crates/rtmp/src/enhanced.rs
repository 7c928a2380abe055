//! Enhanced RTMP (v2, veovera), as far as `connect` goes: which codecs this server takes, told to publishers that ask.
//!
//! Who names no codec in `connect` is answered as ever. What a codec's messages look like is `media`'s; a FourCC belongs here only if
//! they are taken there.

use crate::amf0::Value;
use bytes::Bytes;

/// FourCCs by track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FourCcs {
    /// Of `videoFourCcInfoMap`.
    pub video: &'static [&'static str],
    /// Of `audioFourCcInfoMap`.
    pub audio: &'static [&'static str],
}

/// What is taken: the one list.
pub const FOUR_CCS: FourCcs = FourCcs { video: &["avc1", "hvc1", "av01"], audio: &["Opus", "mp4a"] };

/// FourCcInfoMask.CanForward: what comes goes on to viewers as it is.
const CAN_FORWARD: f64 = 4.0;

/// What the answer to `connect` says more to those who ask.
pub(crate) fn properties() -> Vec<(Bytes, Value)> {
    let name = |text: &'static str| Bytes::from_static(text.as_bytes());
    let map = |all: &[&'static str]| {
        Value::Object(all.iter().map(|four_cc| (name(four_cc), Value::Number(CAN_FORWARD))).collect())
    };
    let all = FOUR_CCS.video.iter().chain(FOUR_CCS.audio);
    vec![
        (name("fourCcList"), Value::Array(all.map(|four_cc| Value::String(name(four_cc))).collect())),
        (name("videoFourCcInfoMap"), map(FOUR_CCS.video)),
        (name("audioFourCcInfoMap"), map(FOUR_CCS.audio)),
    ]
}
