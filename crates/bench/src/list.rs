//! What viewers read of a media playlist: the parts of a low-latency one, full or as a delta update, and the segments of a plain one.

use anyhow::Context;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A part's place: media sequence number of its segment, index in it.
pub type Place = (u64, u64);

/// One EXT-X-PART line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listed<'a> {
    /// Where it is.
    pub place: Place,
    /// As listed: relative to the playlist.
    pub uri: &'a str,
    /// There is no media.
    pub gap: bool,
    /// The last EXT-X-PROGRAM-DATE-TIME, and the seconds from there to the part's end.
    date: Option<&'a str>,
    offset: f64,
}

impl Listed<'_> {
    /// The date of its end, seconds since 1970.
    ///
    /// # Errors
    /// Without a date that can be read.
    pub fn ends_at(&self) -> anyhow::Result<f64> {
        let date = OffsetDateTime::parse(self.date.context("a part without a date")?, &Rfc3339)?;
        Ok(date.unix_timestamp_nanos() as f64 / 1e9 + self.offset)
    }
}

/// All parts, in order.
///
/// # Errors
/// If a number is none, or a part has no URI.
pub fn parts(playlist: &str) -> anyhow::Result<Vec<Listed<'_>>> {
    let (mut msn, mut index, mut date, mut offset) = (0, 0, None, 0.0);
    let mut found = Vec::new();
    for line in playlist.lines() {
        if let Some(attributes) = line.strip_prefix("#EXT-X-PART:") {
            let rest = attributes.split_once("URI=\"").context("a part without a URI")?.1;
            let uri = rest.split('"').next().unwrap_or_default();
            let duration = attributes.split_once("DURATION=").context("a part without a duration")?.1;
            offset += duration.split(',').next().unwrap_or_default().parse::<f64>()?;
            found.push(Listed {
                place: (msn, index),
                uri,
                gap: attributes.contains("GAP=YES"),
                date,
                offset,
            });
            index += 1;
        } else if let Some(number) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
            msn = number.parse()?;
        } else if let Some(skipped) = line.strip_prefix("#EXT-X-SKIP:SKIPPED-SEGMENTS=") {
            msn += skipped.split(',').next().unwrap_or_default().parse::<u64>()?;
        } else if let Some(text) = line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:") {
            (date, offset) = (Some(text), 0.0);
        } else if !line.starts_with('#') && !line.is_empty() {
            (msn, index, date) = (msn + 1, 0, None);
        }
    }
    Ok(found)
}

/// Whole segments with media, in order: media sequence number, and URI as listed.
///
/// # Errors
/// If a number is none.
pub fn segments(playlist: &str) -> anyhow::Result<Vec<(u64, &str)>> {
    let (mut msn, mut gap) = (0, false);
    let mut found = Vec::new();
    for line in playlist.lines() {
        if let Some(number) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
            msn = number.parse()?;
        } else if line == "#EXT-X-GAP" {
            gap = true;
        } else if !line.starts_with('#') && !line.is_empty() {
            if !std::mem::take(&mut gap) {
                found.push((msn, line));
            }
            msn += 1;
        }
    }
    Ok(found)
}

/// EXT-X-TARGETDURATION, seconds.
///
/// # Errors
/// If there is none, or it is no whole number.
pub fn target(playlist: &str) -> anyhow::Result<u64> {
    let found = playlist.lines().find_map(|line| line.strip_prefix("#EXT-X-TARGETDURATION:"));
    Ok(found.context("a playlist without a target duration")?.parse()?)
}

/// The address whose answer is held until there is a part after this place.
pub fn next(playlist: &str, (msn, index): Place) -> String {
    let mark = if playlist.contains('?') { '&' } else { '?' };
    format!("{playlist}{mark}_HLS_msn={msn}&_HLS_part={}&_HLS_skip=YES", index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:4\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n\
        #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:02.500Z\n#EXT-X-PART:DURATION=0.2,URI=\"1-7.0.m4s\",INDEPENDENT=YES\n\
        #EXT-X-PART:DURATION=0.25,URI=\"1-7.1.m4s\",GAP=YES\n#EXTINF:0.45,\n1-7.m4s\n\
        #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:02.950Z\n#EXT-X-PART:DURATION=0.1,URI=\"1-8.0.m4s\"\n";

    #[test]
    fn skipped_segments_count_and_a_part_ends_behind_those_before_it() {
        let found = parts(LIST).unwrap();
        let places: Vec<_> = found.iter().map(|part| (part.place, part.uri, part.gap)).collect();
        let wanted =
            [((7, 0), "1-7.0.m4s", false), ((7, 1), "1-7.1.m4s", true), ((8, 0), "1-8.0.m4s", false)];
        assert_eq!(places, wanted);
        let ends: Vec<_> = found.iter().map(|part| part.ends_at().unwrap()).collect();
        assert!(
            ends.iter().zip([2.7, 2.95, 3.05]).all(|(end, wanted)| (end - wanted).abs() < 1e-6),
            "{ends:?}"
        );
    }

    #[test]
    fn a_segment_without_media_has_a_number_and_is_left_out() {
        let list = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXT-X-MEDIA-SEQUENCE:4\n#EXT-X-GAP\n#EXTINF:2.0,\n1-4.m4s\n\
            #EXTINF:2.0,\n1-5.m4s\n#EXT-X-DISCONTINUITY\n#EXTINF:2.5,\n2-6.m4s\n";
        assert_eq!(segments(list).unwrap(), [(5, "1-5.m4s"), (6, "2-6.m4s")]);
        assert_eq!(target(list).unwrap(), 3);
        assert!(target("#EXTM3U\n").is_err() && segments("#EXT-X-MEDIA-SEQUENCE:x\n").is_err());
    }

    #[test]
    fn the_next_part_is_asked_for_with_a_delta() {
        assert_eq!(next("/a/index.m3u8", (7, 1)), "/a/index.m3u8?_HLS_msn=7&_HLS_part=2&_HLS_skip=YES");
        assert!(next("/a/index.m3u8?sid=x", (7, 1)).starts_with("/a/index.m3u8?sid=x&_HLS_msn=7"));
    }
}
