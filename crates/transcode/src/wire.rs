//! The protocol between a [`Transcoder`](crate::Transcoder) and its worker, over the worker's stdin and stdout.
//!
//! Each message is `u32` length of what follows (big endian, at most [`MESSAGE_BYTES_MAX`]), `u8` kind, body; integers are big
//! endian. Each side's first message is `Hello` (`"STRX"`, `u16` version): another version or anything else ends the talk, so a
//! worker of an older build is refused and never misread. Bodies:
//!
//! | kind | way | body |
//! |---|---|---|
//! | 0 Hello | both | magic, `u16` version |
//! | 1 Job | → worker | JSON of an order: a [`Job`](crate::Job), the encoders for it, what is shed |
//! | 2 AccessUnit | both | `u8` rung (0 towards the worker), `i64` dts, `i64` pts, `u8` flags (1 = keyframe), data |
//! | 3 Boundary | → worker | `i64` pts |
//! | 4 End | → worker | empty; drain, then exit |
//! | 5 Started | ← worker | JSON list of [`RungStarted`](crate::RungStarted) |
//! | 6 Config | ← worker | `u8` rung, avcC |
//! | 7 Failed | ← worker | `u8` length of what follows, encoders to blame (UTF-8, commas between), UTF-8 reason; the worker exits after it |
//! | 8 Sound | both | `i64` dts in samples, data: towards the worker a packet of the source, back an AAC frame |
//! | 16 Shed | → worker | `u16`, a bit a rung: those set are not made until the next message; one that comes back begins at a boundary |
//! | 17 Stalled | ← worker | `u8` rung whose encoder took pictures and gave none for a second |
//! | 18 Shot | → worker of stills | `u8` codec (0 H.264, 1 HEVC, 2 AV1), `u16` most width, `u16` most height, `u8` quality, `u32` length of the record, record, a keyframe |
//! | 19 Still | ← worker of stills | a JPEG |
//! | 20 NoStill | ← worker of stills | UTF-8 reason; it goes on |
//!
//! Pure: bytes in, messages out, no I/O. A malformed message is an [`Error`], never a panic; the reader must then give the other
//! side up, since the stream cannot be re-synchronised.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use streamly_media::VideoFormat;

/// Version in `Hello`; raised with every change of a body.
pub const VERSION: u16 = 2;

const MAGIC: &[u8; 4] = b"STRX";

/// Longest message: above any access unit ingest accepts (4 MiB). Without it, one bad length would ask for 4 GiB.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Bytes before the data of an access unit: rung, dts, pts, flags.
const ACCESS_UNIT_HEAD: usize = 1 + 8 + 8 + 1;

/// Bytes before the record of a shot.
const SHOT_HEAD: usize = 1 + 2 + 2 + 1 + 4;

/// One message, either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// First of each side.
    Hello {
        /// The sender's [`VERSION`].
        version: u16,
    },
    /// What to do: JSON of an order.
    Job(Bytes),
    /// A coded picture; times in 90 kHz ticks.
    AccessUnit {
        /// Index into the job's rungs; 0 towards the worker.
        rung: u8,
        /// Decode time.
        dts: i64,
        /// Presentation time.
        pts: i64,
        /// IDR.
        keyframe: bool,
        /// NAL units with 4-byte lengths.
        data: Bytes,
    },
    /// Every rung needs a keyframe at the first picture with this PTS or a later one.
    Boundary {
        /// 90 kHz ticks.
        pts: i64,
    },
    /// No more input.
    End,
    /// The pipeline plays: JSON list, one entry a rung.
    Started(Bytes),
    /// A rung's codec configuration; before its first access unit and again when it changes.
    Config {
        /// Index into the job's rungs.
        rung: u8,
        /// AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1).
        avcc: Bytes,
    },
    /// A frame of sound.
    Sound {
        /// Its time in samples.
        dts: i64,
        /// Towards the worker as the source has it, back in AAC.
        data: Bytes,
    },
    /// The worker cannot go on.
    Failed {
        /// Encoders at fault, commas between, at most 255 bytes; empty: something else.
        encoders: String,
        /// In words.
        reason: String,
    },
    /// Which rungs are not made: the lowest bit is the first.
    Shed {
        /// One bit a rung.
        rungs: u16,
    },
    /// An encoder takes pictures and gives none.
    Stalled {
        /// Index into the job's rungs.
        rung: u8,
    },
    /// A keyframe that a still is to be made of.
    Shot {
        /// Its codec.
        format: VideoFormat,
        /// The picture is scaled to fit into so many pixels, never up.
        width: u16,
        /// The same.
        height: u16,
        /// Of the JPEG, 1 to 100.
        quality: u8,
        /// The codec's configuration record.
        record: Bytes,
        /// NAL units with 4-byte lengths, or a temporal unit.
        data: Bytes,
    },
    /// A JPEG.
    Still(Bytes),
    /// Nothing can be made of the last shot.
    NoStill {
        /// In words.
        reason: String,
    },
}

/// Why bytes are not this protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Length 0 or above [`MESSAGE_BYTES_MAX`].
    #[error("message length {0} is not within 1..={MESSAGE_BYTES_MAX}")]
    Length(usize),
    /// Unknown kind byte.
    #[error("unknown message kind {0}")]
    Kind(u8),
    /// Body shorter or longer than its kind allows.
    #[error("message of kind {0} has a malformed body")]
    Body(u8),
    /// The first message is not a `Hello` with the magic.
    #[error("peer does not speak the worker protocol")]
    Magic,
    /// The peer speaks another version.
    #[error("peer speaks protocol version {0}, this side {VERSION}")]
    Version(u16),
}

impl Message {
    /// This side's first message.
    pub const HELLO: Message = Message::Hello { version: VERSION };

    /// Appends the message's bytes. A message above [`MESSAGE_BYTES_MAX`] is refused and appends nothing.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        let length = 1 + self.body_length();
        if length > MESSAGE_BYTES_MAX {
            return Err(Error::Length(length));
        }
        out.reserve(4 + length);
        out.put_u32(length as u32);
        match self {
            Message::Hello { version } => {
                out.put_u8(0);
                out.put_slice(MAGIC);
                out.put_u16(*version);
            }
            Message::Job(json) => put(out, 1, json),
            Message::AccessUnit { rung, dts, pts, keyframe, data } => {
                out.put_slice(&[2, *rung]);
                out.put_i64(*dts);
                out.put_i64(*pts);
                out.put_u8(u8::from(*keyframe));
                out.put_slice(data);
            }
            Message::Boundary { pts } => {
                out.put_u8(3);
                out.put_i64(*pts);
            }
            Message::End => out.put_u8(4),
            Message::Started(json) => put(out, 5, json),
            Message::Config { rung, avcc } => {
                out.put_slice(&[6, *rung]);
                out.put_slice(avcc);
            }
            Message::Sound { dts, data } => {
                out.put_u8(8);
                out.put_i64(*dts);
                out.put_slice(data);
            }
            Message::Failed { encoders, reason } => {
                // No longer than the 255 bytes that its length can say.
                let encoders = encoders.as_bytes().get(..usize::from(u8::MAX)).unwrap_or(encoders.as_bytes());
                out.put_slice(&[7, encoders.len() as u8]);
                out.put_slice(encoders);
                out.put_slice(reason.as_bytes());
            }
            Message::Shed { rungs } => {
                out.put_u8(16);
                out.put_u16(*rungs);
            }
            Message::Stalled { rung } => out.put_slice(&[17, *rung]),
            Message::Shot { format, width, height, quality, record, data } => {
                out.put_slice(&[18, codec(*format)]);
                out.put_u16(*width);
                out.put_u16(*height);
                out.put_u8(*quality);
                out.put_u32(u32::try_from(record.len()).unwrap_or(u32::MAX));
                out.put_slice(record);
                out.put_slice(data);
            }
            Message::Still(jpeg) => put(out, 19, jpeg),
            Message::NoStill { reason } => put(out, 20, reason.as_bytes()),
        }
        Ok(())
    }

    fn body_length(&self) -> usize {
        match self {
            Message::Hello { .. } => MAGIC.len() + 2,
            Message::Job(json) | Message::Started(json) => json.len(),
            Message::AccessUnit { data, .. } => ACCESS_UNIT_HEAD + data.len(),
            Message::Boundary { .. } => 8,
            Message::End => 0,
            Message::Config { avcc, .. } => 1 + avcc.len(),
            Message::Sound { data, .. } => 8 + data.len(),
            Message::Failed { encoders, reason } => {
                1 + encoders.len().min(usize::from(u8::MAX)) + reason.len()
            }
            Message::Shed { .. } => 2,
            Message::Stalled { .. } => 1,
            Message::Shot { record, data, .. } => SHOT_HEAD + record.len() + data.len(),
            Message::Still(jpeg) => jpeg.len(),
            Message::NoStill { reason } => reason.len(),
        }
    }
}

fn codec(format: VideoFormat) -> u8 {
    match format {
        VideoFormat::H264 => 0,
        VideoFormat::Hevc => 1,
        VideoFormat::Av1 => 2,
    }
}

fn put(out: &mut BytesMut, kind: u8, body: &[u8]) {
    out.put_u8(kind);
    out.put_slice(body);
}

/// Turns one side's bytes into messages. The `Hello` is checked here and not returned.
#[derive(Debug, Default)]
pub struct Decoder {
    greeted: bool,
}

impl Decoder {
    /// Takes the next whole message off the front of `buffer`; `None`: more bytes are needed.
    ///
    /// # Errors
    /// The bytes are not this protocol; the decoder must not be used again.
    pub fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Message>, Error> {
        loop {
            let Some(head) = buffer.first_chunk::<4>() else { return Ok(None) };
            let length = u32::from_be_bytes(*head) as usize;
            if length == 0 || length > MESSAGE_BYTES_MAX {
                return Err(if self.greeted { Error::Length(length) } else { Error::Magic });
            }
            if buffer.len() < 4 + length {
                return Ok(None);
            }
            buffer.advance(4);
            let message = parse(buffer.split_to(length).freeze());
            if self.greeted {
                return message.map(Some);
            }
            match message {
                Ok(Message::Hello { version: VERSION }) => self.greeted = true,
                Ok(Message::Hello { version }) => return Err(Error::Version(version)),
                _ => return Err(Error::Magic),
            }
        }
    }
}

fn parse(mut body: Bytes) -> Result<Message, Error> {
    let kind = body.get_u8();
    let malformed = Error::Body(kind);
    let message = match kind {
        0 if body.len() == 6 && body.starts_with(MAGIC) => {
            body.advance(MAGIC.len());
            Message::Hello { version: body.get_u16() }
        }
        1 => Message::Job(body),
        2 if body.len() >= ACCESS_UNIT_HEAD => {
            let (rung, dts, pts, flags) = (body.get_u8(), body.get_i64(), body.get_i64(), body.get_u8());
            if flags > 1 {
                return Err(malformed);
            }
            Message::AccessUnit { rung, dts, pts, keyframe: flags == 1, data: body }
        }
        3 if body.len() == 8 => Message::Boundary { pts: body.get_i64() },
        4 if body.is_empty() => Message::End,
        5 => Message::Started(body),
        6 if !body.is_empty() => Message::Config { rung: body.get_u8(), avcc: body },
        7 if body.first().is_some_and(|length| body.len() > usize::from(*length)) => {
            let encoders = usize::from(body.get_u8());
            let text = |bytes: Bytes| String::from_utf8_lossy(&bytes).into_owned();
            Message::Failed { encoders: text(body.split_to(encoders)), reason: text(body) }
        }
        16 if body.len() == 2 => Message::Shed { rungs: body.get_u16() },
        17 if body.len() == 1 => Message::Stalled { rung: body.get_u8() },
        8 if body.len() >= 8 => Message::Sound { dts: body.get_i64(), data: body },
        18 if body.len() >= SHOT_HEAD => return shot(body).ok_or(malformed),
        19 => Message::Still(body),
        20 => Message::NoStill { reason: String::from_utf8_lossy(&body).into_owned() },
        0 | 2..=4 | 6..=8 | 16..=18 => return Err(malformed),
        _ => return Err(Error::Kind(kind)),
    };
    Ok(message)
}

fn shot(mut body: Bytes) -> Option<Message> {
    let format = match body.get_u8() {
        0 => VideoFormat::H264,
        1 => VideoFormat::Hevc,
        2 => VideoFormat::Av1,
        _ => return None,
    };
    let (width, height, quality) = (body.get_u16(), body.get_u16(), body.get_u8());
    let length = usize::try_from(body.get_u32()).ok().filter(|length| *length <= body.len())?;
    let record = body.split_to(length);
    Some(Message::Shot { format, width, height, quality, record, data: body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn samples() -> Vec<Message> {
        let data = Bytes::from_static(b"\0\0\0\x01\x65");
        vec![
            Message::Job(Bytes::from_static(b"{}")),
            Message::AccessUnit { rung: 3, dts: -5, pts: i64::MAX, keyframe: true, data: data.clone() },
            Message::Boundary { pts: i64::MIN },
            Message::End,
            Message::Started(Bytes::from_static(b"[]")),
            Message::Config { rung: 0, avcc: data.clone() },
            Message::Sound { dts: -7, data: data.clone() },
            Message::Shot {
                format: VideoFormat::Av1,
                width: 640,
                height: 360,
                quality: 75,
                record: Bytes::from_static(b"record"),
                data: data.clone(),
            },
            Message::Still(data),
            Message::NoStill { reason: "no picture".to_owned() },
            Message::Failed { encoders: "nvh264enc,x264enc".to_owned(), reason: "no element".to_owned() },
            Message::Failed { encoders: String::new(), reason: String::new() },
            Message::Shed { rungs: 0x8001 },
            Message::Stalled { rung: 2 },
        ]
    }

    proptest! {
        #[test]
        fn any_split_of_the_bytes_gives_the_same_messages(cuts in proptest::collection::vec(0usize..200, 0..20)) {
            let mut bytes = BytesMut::new();
            Message::HELLO.encode(&mut bytes).unwrap();
            for message in samples() {
                message.encode(&mut bytes).unwrap();
            }
            let (mut decoder, mut buffer, mut seen) = (Decoder::default(), BytesMut::new(), Vec::new());
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.push(bytes.len());
            cuts.sort_unstable();
            let mut from = 0;
            for cut in cuts {
                buffer.extend_from_slice(&bytes[from..cut]);
                from = cut;
                while let Some(message) = decoder.next(&mut buffer).unwrap() {
                    seen.push(message);
                }
            }
            prop_assert_eq!(seen, samples());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), greeted: bool) {
            let mut decoder = Decoder { greeted };
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = decoder.next(&mut buffer) {}
        }
    }

    #[test]
    fn another_version_is_named_and_text_is_not_the_protocol() {
        let mut bytes = BytesMut::new();
        Message::Hello { version: 9 }.encode(&mut bytes).unwrap();
        assert_eq!(Decoder::default().next(&mut bytes), Err(Error::Version(9)));
        let mut text = BytesMut::from(&b"Usage: worker [OPTIONS]\n"[..]);
        assert_eq!(Decoder::default().next(&mut text), Err(Error::Magic));
    }

    #[test]
    fn a_length_above_the_bound_is_refused_before_it_is_waited_for() {
        let mut decoder = Decoder { greeted: true };
        let mut bytes = BytesMut::from(&u32::MAX.to_be_bytes()[..]);
        assert_eq!(decoder.next(&mut bytes), Err(Error::Length(u32::MAX as usize)));
    }
}
