//! CEA-608 and CEA-708 captions in a picture (ANSI/SCTE 128-1, 8.1; ATSC A/53 part 4, 6.2.3): found, taken out, put in.
//!
//! They lie in registered user data in front of the picture's slices, three bytes each. What they say is not read: who shows them does
//! that. Pictures come from peers: whatever the bytes, nothing panics, and a picture gives [`PICTURE_MAX`] at most, in however many
//! messages they come.

use bytes::{Bytes, BytesMut};

use crate::{VideoFormat, av1::obu};

/// One construct of cc_data(): marker bits, cc_valid and cc_type, then two bytes of data (CEA-708, 4.4).
pub type Construct = [u8; 3];

/// Constructs that one picture may carry: cc_count has five bits.
pub const PICTURE_MAX: usize = 31;

/// How such user data begin: country 181 (United States), provider 49 (ATSC), its identifier and "caption data".
const BEGIN: [u8; 8] = [0xB5, 0x00, 0x31, b'G', b'A', b'9', b'4', 0x03];
/// Where the identifier lies in it.
const IDENTIFIER: std::ops::Range<usize> = 3..7;
/// An identifier nobody has.
const NOBODYS: [u8; 4] = *b"----";

/// True: the construct is of a CEA-708 service (cc_type 2 and 3), not a pair of CEA-608.
pub fn is_708(construct: &Construct) -> bool {
    construct[0] & 2 != 0
}

/// Those of one picture as a timeline gives it (NAL units with 4-byte lengths, or OBUs), in their order; without what is marked invalid,
/// which fills broadcasters' constant rate and says nothing.
pub fn of(format: VideoFormat, picture: &[u8]) -> Vec<Construct> {
    read(format, picture, &messages(format, picture))
}

/// Takes them out of a picture: its messages stay in their places as user data of nobody, so that no decoder hands them on beside what is
/// made of them here. A picture without any is the very same buffer, for a few nanoseconds.
pub fn taken_out(format: VideoFormat, picture: Bytes) -> (Bytes, Vec<Construct>) {
    let messages = messages(format, &picture);
    if messages.is_empty() {
        return (picture, Vec::new());
    }
    let mut without = BytesMut::from(&picture[..]);
    for data in &messages {
        let begin = data.start - BEGIN.len();
        without[begin..data.start][IDENTIFIER].copy_from_slice(&NOBODYS);
    }
    let found = read(format, &picture, &messages);
    (without.freeze(), found)
}

/// The NAL unit of H.264 that carries them, without its length; of more than [`PICTURE_MAX`] the first.
pub fn h264_message(captions: &[Construct]) -> Vec<u8> {
    let captions = &captions[..captions.len().min(PICTURE_MAX)];
    // Up to 104: one byte each.
    let (count, size) = (captions.len() as u8, (BEGIN.len() + 3 + 3 * captions.len()) as u8);
    // nal_unit_type 6, payload type 4; process_cc_data_flag with the count, em_data.
    let mut unit = [&[6, 4, size][..], &BEGIN, &[0xC0 | count, 0xFF]].concat();
    // With the marker bits set no start code can come about, so nothing has to be escaped.
    unit.extend(captions.iter().flat_map(|[head, one, other]| [head | 0xF8, *one, *other]));
    // marker_bits, then the end of the unit.
    unit.extend([0xFF, 0x80]);
    unit
}

/// Where caption data lie in a picture, from behind [`BEGIN`] to the end of their unit.
fn messages(format: VideoFormat, picture: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut look = |unit: std::ops::Range<usize>| {
        let begins = picture[unit.clone()].windows(BEGIN.len()).enumerate();
        found.extend(
            begins
                .filter(|(_, bytes)| *bytes == BEGIN)
                .map(|(at, _)| unit.start + at + BEGIN.len()..unit.end),
        );
    };
    if format == VideoFormat::Av1 {
        let units = obu::units(picture).unwrap_or_default();
        let in_front = units.into_iter().take_while(|unit| !obu::is_of_frame(unit.kind));
        in_front.filter(|unit| unit.kind == obu::METADATA).for_each(|unit| look(unit.payload));
        return found;
    }
    let mut at = 0;
    while let Some(length) = picture.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        let start = at + 4;
        let Some(end) = start.checked_add(u32::from_be_bytes(*length) as usize) else { break };
        let Some(&[first, ..]) = picture.get(start..end) else { break };
        // Table 7-1 of H.264 and of H.265: slices are behind all messages that could have captions.
        let (is_message, is_slice) = match format {
            VideoFormat::Hevc => (first >> 1 & 0x3F == 39, first >> 1 & 0x3F < 32),
            _ => (first & 0x1F == 6, matches!(first & 0x1F, 1..=5)),
        };
        if is_slice {
            break;
        }
        if is_message {
            look(start..end);
        }
        at = end;
    }
    found
}

/// Those of its messages, as many as it may have; messages of peers may overlap.
fn read(format: VideoFormat, picture: &[u8], messages: &[std::ops::Range<usize>]) -> Vec<Construct> {
    let all = messages.iter().flat_map(|data| constructs(format, &picture[data.clone()]));
    all.take(PICTURE_MAX).collect()
}

/// cc_data() in what follows [`BEGIN`].
fn constructs(format: VideoFormat, data: &[u8]) -> Vec<Construct> {
    let escapes = format != VideoFormat::Av1;
    let mut zeros = 0;
    // emulation_prevention_three_byte (H.264 and H.265, 7.3.1.1)
    let mut bytes = data.iter().copied().filter(|byte| {
        let is_escape = escapes && zeros >= 2 && *byte == 3;
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        !is_escape
    });
    let Some(head) = bytes.next().filter(|head| head & 0x40 != 0) else { return Vec::new() };
    let mut bytes = bytes.skip(1);
    let all = (0..head & 0x1F).map_while(|_| Some([bytes.next()?, bytes.next()?, bytes.next()?]));
    all.filter(|construct| construct[0] & 4 != 0).collect()
}

#[cfg(test)]
mod tests;
