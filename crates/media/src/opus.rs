//! Opus: identification headers and the length of packets.
//!
//! The header comes as RFC 7845 has it (5.1), and leaves as the body of MP4's `dOps` box (Opus in ISO base media, 4.3.2).
//! Times of Opus are always 48 kHz, whatever rate the input had.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{AudioConfig, AudioFormat};

/// Samples per second of every Opus track.
pub const RATE: u32 = 48_000;
/// Nominal length of a packet in samples (20 ms), which nearly every encoder uses.
pub const NOMINAL_SAMPLES: u32 = 960;
/// Longest packet in samples: 120 ms (RFC 6716, 3.2.5).
pub const MAX_SAMPLES: u32 = 5_760;

const MAGIC: &[u8; 8] = b"OpusHead";

/// Why an Opus header cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It ends before its mandatory fields.
    #[error("audio config is truncated")]
    Truncated,
    /// It is no identification header.
    #[error("audio config is no Opus identification header")]
    Magic,
    /// A major version other than 0.
    #[error("audio config has the unknown version {0}")]
    Version(u8),
    /// No channels, or more than the mapping allows.
    #[error("audio config has the unusable number of {0} channels")]
    Channels(u8),
    /// A mapping family other than 0 (mono, stereo) and 1 (surround).
    #[error("audio config has the unusable channel mapping {0}")]
    Mapping(u8),
}

/// An identification header, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// 1 or 2, with a mapping up to 8.
    pub channels: u8,
    /// Samples at 48 kHz that a decoder throws away at the very start.
    pub pre_skip: u16,
    /// Rate of the encoder's input in Hz; for information.
    pub input_rate: u32,
    /// Gain in 1/256 dB.
    pub gain: i16,
    /// Of more than two channels: streams, coupled streams, the place of each channel.
    pub mapping: Option<Mapping>,
}

/// Channel mapping of family 1 (RFC 7845, 5.1.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Streams in each packet.
    pub streams: u8,
    /// How many of them are stereo.
    pub coupled: u8,
    /// For each channel the decoded channel it is.
    pub places: Vec<u8>,
}

impl Header {
    /// Reads a header. An empty one is Enhanced RTMP's way to say mono or stereo as the packets tell; decoders make stereo of both.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        if data.is_empty() {
            return Ok(Self { channels: 2, pre_skip: 0, input_rate: RATE, gain: 0, mapping: None });
        }
        let fields = data.strip_prefix(MAGIC).ok_or(Error::Magic)?;
        let (fields, table) = fields.split_first_chunk::<11>().ok_or(Error::Truncated)?;
        let [version, channels, skip_low, skip_high, rate @ .., gain_low, gain_high, family] = *fields;
        if version >> 4 != 0 {
            return Err(Error::Version(version));
        }
        let mapping = match family {
            0 if !(1..=2).contains(&channels) => return Err(Error::Channels(channels)),
            0 => None,
            1 if !(1..=8).contains(&channels) => return Err(Error::Channels(channels)),
            1 => Some(Mapping::parse(table, channels)?),
            other => return Err(Error::Mapping(other)),
        };
        Ok(Self {
            channels,
            pre_skip: u16::from_le_bytes([skip_low, skip_high]),
            input_rate: u32::from_le_bytes(rate),
            gain: i16::from_le_bytes([gain_low, gain_high]),
            mapping,
        })
    }

    /// Reads the body of a `dOps` box that [`to_dops`](Self::to_dops) wrote.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn parse_dops(data: &[u8]) -> Result<Self, Error> {
        let (fields, table) = data.split_first_chunk::<11>().ok_or(Error::Truncated)?;
        let [_, channels, skip @ .., family] = *fields;
        let [skip_high, skip_low, rate @ .., gain_high, gain_low] = skip;
        let mapping = if family == 0 { None } else { Some(Mapping::parse(table, channels)?) };
        Ok(Self {
            channels,
            pre_skip: u16::from_be_bytes([skip_high, skip_low]),
            input_rate: u32::from_be_bytes(rate),
            gain: i16::from_be_bytes([gain_high, gain_low]),
            mapping,
        })
    }

    /// The body of a `dOps` box.
    pub fn to_dops(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(24);
        out.put_slice(&[0, self.channels]);
        out.put_u16(self.pre_skip);
        out.put_u32(self.input_rate);
        out.put_i16(self.gain);
        match &self.mapping {
            None => out.put_u8(0),
            Some(Mapping { streams, coupled, places }) => {
                out.put_slice(&[1, *streams, *coupled]);
                out.put_slice(places);
            }
        }
        out.freeze()
    }

    /// The track configuration consumers see.
    pub fn to_config(&self) -> AudioConfig {
        AudioConfig {
            format: AudioFormat::Opus,
            header: self.to_dops(),
            sample_rate: RATE,
            channels: self.channels,
            object_type: 0,
            samples_per_frame: NOMINAL_SAMPLES,
        }
    }
}

impl Mapping {
    fn parse(table: &[u8], channels: u8) -> Result<Self, Error> {
        let [streams, coupled, places @ ..] = table else { return Err(Error::Truncated) };
        let places = places.get(..usize::from(channels)).ok_or(Error::Truncated)?;
        let decoded = u16::from(*streams) + u16::from(*coupled);
        let usable = |place: &u8| *place == 255 || u16::from(*place) < decoded;
        if *streams == 0 || coupled > streams || decoded > 255 || !places.iter().all(usable) {
            return Err(Error::Channels(channels));
        }
        Ok(Self { streams: *streams, coupled: *coupled, places: places.to_vec() })
    }
}

/// The length of a packet in samples at 48 kHz, by its first bytes (RFC 6716, 3.1 and 3.2). `None`: no Opus packet.
pub fn samples(packet: &[u8]) -> Option<u32> {
    let (&toc, rest) = packet.split_first()?;
    let configuration = toc >> 3;
    let frame = match configuration {
        // SILK: 10, 20, 40, 60 ms.
        0..=11 => [480, 960, 1_920, 2_880][usize::from(configuration % 4)],
        // Hybrid: 10, 20 ms.
        12..=15 => [480, 960][usize::from(configuration % 2)],
        // CELT: 2.5, 5, 10, 20 ms.
        _ => [120, 240, 480, 960][usize::from(configuration % 4)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(rest.first()? & 0x3f),
    };
    let samples = frame * frames;
    (1..=MAX_SAMPLES).contains(&samples).then_some(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As ffmpeg's libopus sends it.
    const STEREO: &[u8] = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";

    #[test]
    fn a_stereo_header_becomes_the_body_of_dops() {
        let header = Header::parse(STEREO).unwrap();
        assert_eq!((header.channels, header.pre_skip, header.input_rate), (2, 312, 48_000));
        assert_eq!(&header.to_dops()[..], [0, 2, 1, 0x38, 0, 0, 0xbb, 0x80, 0, 0, 0]);
        assert_eq!(Header::parse_dops(&header.to_dops()), Ok(header.clone()));
        let config = header.to_config();
        assert_eq!((config.codec().as_str(), config.sample_rate, config.channels), ("opus", 48_000, 2));
    }

    #[test]
    fn an_empty_header_is_stereo_and_surround_keeps_its_table() {
        assert_eq!(Header::parse(&[]).unwrap().channels, 2);
        let surround = [STEREO, &[4, 2, 0, 4, 1, 2, 3, 5]].concat();
        let mut surround = surround;
        (surround[9], surround[18]) = (6, 1);
        let header = Header::parse(&surround).unwrap();
        let mapping = Mapping { streams: 4, coupled: 2, places: vec![0, 4, 1, 2, 3, 5] };
        assert_eq!((header.channels, header.mapping.as_ref()), (6, Some(&mapping)));
        assert_eq!(Header::parse_dops(&header.to_dops()), Ok(header));
        surround[21] = 6;
        assert_eq!(Header::parse(&surround), Err(Error::Channels(6)), "a place that no stream has");
        surround[18] = 255;
        assert_eq!(Header::parse(&surround), Err(Error::Mapping(255)));
    }

    #[test]
    fn broken_headers_are_errors() {
        for cut in 1..STEREO.len() {
            assert!(Header::parse(&STEREO[..cut]).is_err(), "cut at {cut}");
        }
        let with = |at: usize, byte: u8| {
            let mut header = STEREO.to_vec();
            header[at] = byte;
            Header::parse(&header)
        };
        assert_eq!(with(0, b'o'), Err(Error::Magic));
        assert_eq!(with(8, 0x10), Err(Error::Version(0x10)));
        assert_eq!(with(9, 0), Err(Error::Channels(0)));
        assert_eq!(with(9, 3), Err(Error::Channels(3)));
    }

    #[test]
    fn the_first_bytes_tell_how_long_a_packet_is() {
        // CELT 20 ms, one frame; the same, two; SILK 60 ms; hybrid 10 ms; CELT 2.5 ms times 3; SILK 20 ms times 6.
        let lengths: [(&[u8], u32); 6] = [
            (&[0xfc], 960),
            (&[0xfd], 1_920),
            (&[0x18], 2_880),
            (&[0x60], 480),
            (&[0x83, 3], 360),
            (&[0x0b, 6], 5_760),
        ];
        for (packet, expected) in lengths {
            assert_eq!(samples(packet), Some(expected), "{packet:?}");
        }
        for broken in [&[][..], &[0x03], &[0x03, 0], &[0x1b, 3]] {
            assert_eq!(samples(broken), None, "{broken:?}");
        }
    }
}
