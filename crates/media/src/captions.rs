//! Whether a picture carries CEA-608 or CEA-708 captions (ANSI/SCTE 128-1, 8.1; ATSC A/53 part 4, 6.2.3).
//!
//! They lie in registered user data in front of the picture's slices. Only looked for, not read: who shows them finds them itself. AV1's
//! metadata are not looked at.

use crate::VideoFormat;

/// How such user data begin: country 181 (United States), provider 49 (ATSC), its identifier and "caption data".
const CAPTIONS: [u8; 8] = [0xB5, 0x00, 0x31, b'G', b'A', b'9', b'4', 0x03];

/// Looks at one picture as a timeline gives it, NAL units with 4-byte lengths. Costs a few nanoseconds where there are no messages.
pub fn are_in(format: VideoFormat, mut picture: &[u8]) -> bool {
    while let Some((length, rest)) = picture.split_first_chunk::<4>() {
        let Some((unit, rest)) = rest.split_at_checked(u32::from_be_bytes(*length) as usize) else {
            return false;
        };
        let Some(&first) = unit.first() else { return false };
        // Table 7-1 of H.264 and of H.265: slices are behind all messages that could have captions.
        let (is_message, is_slice) = match format {
            VideoFormat::H264 => (first & 0x1F == 6, matches!(first & 0x1F, 1..=5)),
            VideoFormat::Hevc => (first >> 1 & 0x3F == 39, first >> 1 & 0x3F < 32),
            VideoFormat::Av1 => return false,
        };
        if is_slice {
            return false;
        }
        if is_message && unit.windows(CAPTIONS.len()).any(|bytes| bytes == CAPTIONS) {
            return true;
        }
        picture = rest;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picture(units: &[&[u8]]) -> Vec<u8> {
        units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
    }

    #[test]
    fn captions_are_found_in_messages_in_front_of_the_slices_alone() {
        let avc = [&[6, 4, 14], &CAPTIONS[..], &[0x41, 0xFF, 0xFC, 0x94, 0x2C, 0xFF, 0x80]].concat();
        let hevc = [&[0x4E, 1, 4, 14], &CAPTIONS[..], &[0x41, 0xFF, 0xFC, 0x94, 0x2C, 0xFF, 0x80]].concat();
        let words = [6, 5, 3, 1, 2, 3, 0x80];
        assert!(are_in(VideoFormat::H264, &picture(&[&words, &avc, &[0x65, 1]])));
        assert!(!are_in(VideoFormat::H264, &picture(&[&words, &[0x65, 1], &avc])));
        assert!(!are_in(VideoFormat::H264, &picture(&[&words, &[0x41, 1]])));
        assert!(are_in(VideoFormat::Hevc, &picture(&[&hevc, &[0x26, 1]])));
        assert!(!are_in(VideoFormat::Hevc, &picture(&[&[0x26, 1], &hevc])));
        assert!(!are_in(VideoFormat::Av1, &picture(&[&avc])));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            for format in [VideoFormat::H264, VideoFormat::Hevc, VideoFormat::Av1] {
                are_in(format, &bytes);
            }
        }
    }
}
