//! Silence: access units that sound like nothing, for where a publisher sent no sound.
//!
//! AAC: a raw data block (ISO/IEC 14496-3, 4.4.2.1) whose channels have no scale factor bands, so nothing is coded in them. Opus: a
//! CELT packet of 20 ms that says silence (RFC 6716, 4.3).

use bytes::Bytes;

use crate::{AudioConfig, AudioFormat};

/// `syntactic element` of AAC, 3 bits: one channel, two, the one of low frequencies, the end.
#[derive(Clone, Copy)]
enum Element {
    Single = 0,
    Pair = 1,
    Low = 3,
    End = 7,
}

/// A silent access unit of the track; `None` for layouts of channels that are too rare to know one (7 and 8 of AAC, above 2 of
/// Opus).
pub(crate) fn unit(config: &AudioConfig) -> Option<Bytes> {
    match (config.format, config.channels) {
        (AudioFormat::Aac, channels) => aac(channels),
        // A mapping other than family 0 may have several streams in a packet.
        _ if config.header.get(DOPS_FAMILY).is_some_and(|family| *family != 0) => None,
        (AudioFormat::Opus, 1) => Some(Bytes::from_static(&[0xf8, 0xff, 0xfe])),
        (AudioFormat::Opus, 2) => Some(Bytes::from_static(&[0xfc, 0xff, 0xfe])),
        (AudioFormat::Opus, _) => None,
    }
}

/// Where a `dOps` box's body says its channel mapping family.
const DOPS_FAMILY: usize = 10;

fn aac(channels: u8) -> Option<Bytes> {
    // ISO/IEC 14496-3, table 1.19: channel configurations 1 to 6.
    let elements: &[Element] = match channels {
        1 => &[Element::Single],
        2 => &[Element::Pair],
        3 => &[Element::Single, Element::Pair],
        4 => &[Element::Single, Element::Pair, Element::Single],
        5 => &[Element::Single, Element::Pair, Element::Pair],
        6 => &[Element::Single, Element::Pair, Element::Pair, Element::Low],
        _ => return None,
    };
    let mut bits = Writer::default();
    let mut tags = [0u32; 4];
    for element in elements {
        let tag = &mut tags[*element as usize];
        bits.put(*element as u32, 3).put(*tag, 4);
        *tag += 1;
        match element {
            // common_window, ics_info, no middle and side; each channel: global_gain, no pulses, no noise shaping, no gain control.
            Element::Pair => bits.put(1, 1).put(0, ICS_INFO).put(0, 2).put(0, 8 + 3).put(0, 8 + 3),
            _ => bits.put(0, 8).put(0, ICS_INFO).put(0, 3),
        };
    }
    bits.put(Element::End as u32, 3);
    Some(bits.bytes.into())
}

/// Bits of `ics_info` of a long window: reserved, sequence, shape, no scale factor bands (6 bits), no prediction.
const ICS_INFO: u32 = 1 + 2 + 1 + 6 + 1;

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    used: usize,
}

impl Writer {
    fn put(&mut self, value: u32, count: u32) -> &mut Self {
        for at in (0..count).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> at & 1) as u8) << (7 - self.used % 8);
            }
            self.used += 1;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opus;

    #[test]
    fn silent_units_are_those_that_decoders_take() {
        // Bytes that ffmpeg decoded: samples of 0, the right number of channels, no complaint.
        let known: [&[u8]; 6] = [
            &[0, 0, 0, 7],
            &[0x21, 0, 0, 0, 0, 0x1c],
            &[0, 0, 0, 1, 8, 0, 0, 0, 0, 0xe0],
            &[0, 0, 0, 1, 8, 0, 0, 0, 0, 2, 0, 0, 7],
            &[0, 0, 0, 1, 8, 0, 0, 0, 0, 0x23, 0, 0, 0, 0, 0x1c],
            &[0, 0, 0, 1, 8, 0, 0, 0, 0, 0x23, 0, 0, 0, 0, 0x0c, 0, 0, 0, 0xe0],
        ];
        for (channels, known) in (1..).zip(known) {
            assert_eq!(aac(channels).unwrap(), known, "{channels}");
        }
        assert_eq!(aac(8), None);
    }

    #[test]
    fn silence_of_opus_lasts_20_ms() {
        let config = opus::Header::parse(b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0").unwrap().to_config();
        assert_eq!(opus::samples(&unit(&config).unwrap()), Some(960));
    }
}
