//! The window of the node that had a broadcast until now, as this node goes on with it.
//!
//! Plain values that were checked when they came (`hand_over`). The lists go on with them as if the broadcast had never moved: the same
//! target and part durations, the next number, the media's time behind theirs, and one discontinuity.

use bytes::Bytes;
use std::time::{Duration, Instant, SystemTime};
use streamly_hls::{ConfigError, HandedSegment, InitName, Window, WindowConfig};
use streamly_media::timeline::Position;

/// The source's name; every broadcast has it.
pub(crate) const SOURCE: &str = "source";

/// See the module's head.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Import {
    /// The first number that was not used.
    pub(crate) next_msn: u64,
    /// EXT-X-DISCONTINUITY-SEQUENCE of the source's first segment.
    pub(crate) discontinuity_sequence: u64,
    pub(crate) target: Duration,
    pub(crate) part_target: Duration,
    /// The end of the last segment.
    pub(crate) last_date: Option<SystemTime>,
    pub(crate) position: Position,
    pub(crate) renditions: Vec<Imported>,
}

/// One rendition's.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Imported {
    pub(crate) name: String,
    pub(crate) inits: Vec<(InitName, Bytes)>,
    pub(crate) segments: Vec<HandedSegment>,
}

impl Import {
    fn of(&self, name: &str) -> Option<&Imported> {
        self.renditions.iter().find(|rendition| rendition.name == name)
    }

    /// The EXT-X-DISCONTINUITY-SEQUENCE of a list that begins with that number: the same in all renditions.
    fn sequence_at(&self, msn: u64) -> u64 {
        let source = self.of(SOURCE).map_or(&[][..], |source| &source.segments);
        let before = source.iter().filter(|segment| segment.msn < msn && segment.discontinuity).count();
        self.discontinuity_sequence.saturating_add(before as u64)
    }

    /// A window of that rendition with what was handed over of it; one that was not made there begins with this node's first segment.
    pub(super) fn window(
        &self,
        name: &str,
        config: WindowConfig,
        now: Instant,
    ) -> Result<Window, ConfigError> {
        let handed = self.of(name).filter(|rendition| !rendition.segments.is_empty());
        let first =
            handed.and_then(|rendition| rendition.segments.first()).map_or(self.next_msn, |first| first.msn);
        let first_discontinuity_sequence = self.sequence_at(first);
        let mut window = Window::new(WindowConfig { first_discontinuity_sequence, ..config })?;
        let Some(handed) = handed else {
            window.discontinuity(now);
            return Ok(window);
        };
        let mut told = None;
        for segment in handed.segments.iter().cloned() {
            if segment.init != told
                && let Some((name, bytes)) = handed.inits.iter().find(|(name, _)| Some(*name) == segment.init)
                && let Err(error) = window.push_init(*name, bytes.clone(), now)
            {
                tracing::debug!(%error, "a handed init section is refused");
            }
            told = segment.init;
            let msn = segment.msn;
            if let Err(error) = window.take_over(segment, now) {
                tracing::debug!(rendition = name, msn, %error, "a handed segment is refused");
            }
        }
        Ok(window)
    }

    /// Renditions that this node will not make.
    pub(super) fn others<'a>(&'a self, made: &'a [String]) -> impl Iterator<Item = &'a str> {
        let name = |rendition: &'a Imported| rendition.name.as_str();
        self.renditions
            .iter()
            .map(name)
            .filter(|name| *name != SOURCE && made.iter().all(|made| made != name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_hls::{HandedPart, Part, Variant};

    const PART: Duration = Duration::from_millis(200);

    fn segment(epoch: u64, msn: u64, discontinuity: bool) -> HandedSegment {
        let part =
            HandedPart { duration: PART, independent: true, gap: false, bytes: Bytes::from_static(b"media") };
        let init = Some(InitName { epoch, number: 0 });
        HandedSegment {
            epoch,
            msn,
            discontinuity,
            init,
            date: None,
            divided: true,
            parts: vec![part.clone(), part],
        }
    }

    /// A source of 50..=53 with a reconnect at 52, a rung since 51.
    fn import() -> Import {
        let inits = || {
            vec![
                (InitName { epoch: 1, number: 0 }, Bytes::from_static(b"1")),
                (InitName { epoch: 2, number: 0 }, Bytes::from_static(b"2")),
            ]
        };
        let all =
            vec![segment(1, 50, true), segment(1, 51, false), segment(2, 52, true), segment(2, 53, false)];
        let rung = Imported { name: "480p".into(), inits: inits(), segments: all[1..].to_vec() };
        Import {
            next_msn: 54,
            discontinuity_sequence: 7,
            target: Duration::from_secs(2),
            part_target: PART,
            last_date: None,
            position: Position::default(),
            renditions: vec![Imported { name: SOURCE.into(), inits: inits(), segments: all }, rung],
        }
    }

    /// The list of a rendition after the first part of the new session.
    fn list(name: &str) -> String {
        let now = Instant::now();
        let mut window = import().window(name, WindowConfig::default(), now).unwrap();
        window.push_init(InitName { epoch: 3, number: 0 }, Bytes::from_static(b"3"), now).unwrap();
        let part = Part {
            epoch: 3,
            msn: 54,
            part: 0,
            duration: PART,
            independent: true,
            gap: false,
            ends_segment: false,
            program_date_time: None,
            keyframe: None,
            pictures: 1,
            bytes: Bytes::from_static(b"new"),
        };
        window.push_part(part, now).unwrap();
        String::from_utf8(window.playlist(Variant::Full, &[]).body.to_vec()).unwrap()
    }

    /// For each number the discontinuities that a player counts up to its segment.
    fn counted(list: &str) -> Vec<(u64, u64)> {
        let (mut msn, mut count, mut all) = (0, 0, Vec::new());
        for line in list.lines() {
            if let Some(first) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
                msn = first.parse().unwrap();
            } else if let Some(first) = line.strip_prefix("#EXT-X-DISCONTINUITY-SEQUENCE:") {
                count = first.parse().unwrap();
            } else if line == "#EXT-X-DISCONTINUITY" {
                count += 1;
            } else if line.ends_with(".m4s") {
                all.push((msn, count));
                msn += 1;
            } else if line.starts_with("#EXT-X-PART:") && line.contains("URI=\"3-54.0.m4s\"") {
                all.push((msn, count));
            }
        }
        all
    }

    #[test]
    fn every_rendition_counts_the_same_discontinuities_at_the_same_numbers() {
        let source = counted(&list(SOURCE));
        assert_eq!(source, [(50, 8), (51, 8), (52, 9), (53, 9), (54, 10)]);
        assert_eq!(counted(&list("480p")), source[1..], "a rung that began later");
        assert_eq!(counted(&list("360p")), source[4..], "a rung that only this node makes");
    }

    #[test]
    fn what_this_node_does_not_make_is_named() {
        let import = import();
        assert_eq!(import.others(&["360p".to_owned()]).collect::<Vec<_>>(), ["480p"]);
        assert_eq!(import.others(&["480p".to_owned()]).count(), 0);
    }
}
