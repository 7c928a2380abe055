//! The window of the node that had a broadcast until now, as this node goes on with it.
//!
//! Plain values that were checked when they came (`hand_over`). The lists go on with them as if the broadcast had never moved: the same
//! target and part durations, the next number, the media's time behind theirs, and one discontinuity. Where a rendition lacks what the
//! source has, its list has gaps, so that all lists reach to the same place and count the same discontinuities.

use super::targets::Targets;
use bytes::Bytes;
use std::time::{Instant, SystemTime};
use streamly_hls::{ConfigError, HandedPart, HandedSegment, InitName, KeptSegment, Window, WindowConfig};
use streamly_media::timeline::Position;

/// The source's name; every broadcast has it.
pub(crate) const SOURCE: &str = "source";

/// See the module's head.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Import {
    /// The first number that was not used.
    pub(crate) next_msn: u64,
    /// EXT-X-DISCONTINUITY-SEQUENCE of a list that would begin with it.
    pub(crate) next_discontinuity_sequence: u64,
    pub(crate) targets: Targets,
    /// The end of the last segment.
    pub(crate) last_date: Option<SystemTime>,
    pub(crate) position: Position,
    pub(crate) renditions: Vec<Imported>,
    /// The newest still and its number.
    pub(crate) still: Option<(u64, Bytes)>,
}

/// One rendition's.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Imported {
    pub(crate) name: String,
    pub(crate) inits: Vec<(InitName, Bytes)>,
    /// The rewind in front of `segments`, without its media.
    pub(crate) kept: Vec<KeptSegment>,
    pub(crate) segments: Vec<HandedSegment>,
}

impl Imported {
    fn first_msn(&self) -> Option<u64> {
        let in_memory = || self.segments.first().map(|segment| segment.msn);
        self.kept.first().map(|kept| kept.id.msn).or_else(in_memory)
    }

    fn breaks(&self) -> impl Iterator<Item = u64> {
        let kept = self.kept.iter().filter(|kept| kept.discontinuity).map(|kept| kept.id.msn);
        kept.chain(self.segments.iter().filter(|segment| segment.discontinuity).map(|segment| segment.msn))
    }

    fn init(&self, name: InitName) -> Option<&Bytes> {
        self.inits.iter().find(|(known, _)| *known == name).map(|(_, bytes)| bytes)
    }
}

impl Import {
    fn of(&self, name: &str) -> Option<&Imported> {
        self.renditions.iter().find(|rendition| rendition.name == name)
    }

    /// Whether there is media to be fetched from the rewind of the node before.
    pub(crate) fn has_rewind(&self) -> bool {
        self.renditions.iter().any(|rendition| rendition.kept.iter().any(|kept| !kept.gap))
    }

    /// The EXT-X-DISCONTINUITY-SEQUENCE of a list that begins with that number: the same in all renditions, counted from the end, since
    /// lists begin where they will.
    fn sequence_at(&self, msn: u64) -> u64 {
        let breaks = self.renditions.iter().flat_map(Imported::breaks);
        let mut after: Vec<u64> = breaks.filter(|at| (msn..self.next_msn).contains(at)).collect();
        after.sort_unstable();
        after.dedup();
        self.next_discontinuity_sequence.saturating_sub(after.len() as u64)
    }

    /// What a rendition's list begins with here: what was handed over of it, and gaps up to the end where the source has more. One that was
    /// not made there covers what the source lists.
    fn list(&self, name: &str) -> Imported {
        let own = self.of(name).filter(|own| own.first_msn().is_some());
        let Some(source) = self.of(SOURCE) else { return own.cloned().unwrap_or_default() };
        let Some(own) = own else {
            return Imported {
                kept: source.kept.iter().map(missing_kept).collect(),
                segments: source.segments.iter().map(missing).collect(),
                ..Imported::default()
            };
        };
        let mut list = own.clone();
        let from = own.segments.first().map_or(u64::MAX, |first| first.msn);
        let lacking = |segment: &&HandedSegment| {
            segment.msn > from && own.segments.binary_search_by_key(&segment.msn, |own| own.msn).is_err()
        };
        list.segments.extend(source.segments.iter().filter(lacking).map(missing));
        list.segments.sort_by_key(|segment| segment.msn);
        list
    }

    /// A window of that rendition with what was handed over of it.
    pub(super) fn window(
        &self,
        name: &str,
        config: WindowConfig,
        now: Instant,
    ) -> Result<Window, ConfigError> {
        let list = self.list(name);
        let first_discontinuity_sequence = self.sequence_at(list.first_msn().unwrap_or(self.next_msn));
        let mut window = Window::new(WindowConfig { first_discontinuity_sequence, ..config })?;
        let mut told = None;
        let mut tell = |window: &mut Window, init: Option<InitName>| {
            if let Some(name) = init.filter(|_| init != told)
                && let Some(bytes) = list.init(name)
                && let Err(error) = window.push_init(name, bytes.clone(), now)
            {
                tracing::debug!(%error, "a handed init section is refused");
            }
            told = init.or(told);
        };
        // All of them before the first segment, since its epoch refuses older ones.
        for kept in &list.kept {
            tell(&mut window, kept.init);
        }
        if let Err(error) = window.take_over_kept(list.kept.iter().cloned()) {
            tracing::debug!(rendition = name, %error, "a handed rewind is refused");
        }
        for segment in list.segments.iter().cloned() {
            tell(&mut window, segment.init);
            let msn = segment.msn;
            if let Err(error) = window.take_over(segment, now) {
                tracing::debug!(rendition = name, msn, %error, "a handed segment is refused");
            }
        }
        if list.first_msn().is_none() {
            window.discontinuity(now);
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

/// The same place in a list, without media.
fn missing(segment: &HandedSegment) -> HandedSegment {
    let gap = |part: &HandedPart| HandedPart { independent: false, gap: true, bytes: Bytes::new(), ..*part };
    HandedSegment { init: None, parts: segment.parts.iter().map(gap).collect(), ..segment.clone() }
}

fn missing_kept(kept: &KeptSegment) -> KeptSegment {
    KeptSegment { size: 0, init: None, maps: false, gap: true, ..kept.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use streamly_hls::{Part, SegmentId, Variant};

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

    fn kept(epoch: u64, msn: u64, discontinuity: bool) -> KeptSegment {
        KeptSegment {
            id: SegmentId { epoch, msn },
            duration: PART * 2,
            size: 10,
            date: None,
            init: Some(InitName { epoch, number: 0 }),
            maps: discontinuity,
            discontinuity,
            gap: false,
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
        let rung = Imported {
            name: "480p".into(),
            inits: inits(),
            segments: all[1..].to_vec(),
            ..Imported::default()
        };
        Import {
            next_msn: 54,
            next_discontinuity_sequence: 9,
            targets: Targets { segment: Duration::from_secs(2), part: PART },
            last_date: None,
            position: Position::default(),
            still: None,
            renditions: vec![
                Imported { name: SOURCE.into(), inits: inits(), segments: all, ..Imported::default() },
                rung,
            ],
        }
    }

    /// The list of a rendition after the first part of the new session.
    fn list(import: &Import, name: &str) -> String {
        let now = Instant::now();
        let mut window = import.window(name, WindowConfig::default(), now).unwrap();
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
        let import = import();
        let source = counted(&list(&import, SOURCE));
        assert_eq!(source, [(50, 8), (51, 8), (52, 9), (53, 9), (54, 10)]);
        assert_eq!(counted(&list(&import, "480p")), source[1..], "a rung that began later");
        assert_eq!(counted(&list(&import, "360p")), source, "a rung that only this node makes");
    }

    #[test]
    fn the_same_where_lists_reach_back_differently_far() {
        let mut import = import();
        // Of the source less is in memory than of the rung; the rewind is on disk.
        import.renditions[0].segments.drain(..3);
        import.renditions[0].kept = vec![kept(1, 50, true), kept(1, 51, false), kept(2, 52, true)];
        import.renditions[1].kept = vec![kept(1, 48, true), kept(1, 49, false), kept(1, 50, true)];
        let rung = counted(&list(&import, "480p"));
        assert_eq!(rung, [(48, 7), (49, 7), (50, 8), (51, 8), (52, 9), (53, 9), (54, 10)]);
        assert_eq!(counted(&list(&import, SOURCE)), rung[2..]);
        // And where the source has lost the break that the rung still lists.
        import.renditions[0].kept.clear();
        assert_eq!(counted(&list(&import, SOURCE)), rung[5..]);
        assert_eq!(counted(&list(&import, "480p")), rung);
    }

    #[test]
    fn a_rung_has_gaps_where_the_source_has_more() {
        let mut import = import();
        import.renditions[0].kept = vec![kept(1, 48, false), kept(1, 49, false)];
        let source = counted(&list(&import, SOURCE));
        // One that is made nowhere else: from the front of the source's list to the first segment of its own.
        let text = list(&import, "360p");
        assert_eq!(counted(&text), source, "{text}");
        assert_eq!(text.matches("#EXT-X-GAP\n").count(), 6, "{text}");
        assert!(text.contains("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"3-init0.mp4\"\n"), "{text}");
        // One that is behind: it goes on in the same list, instead of one that begins anew.
        let last = import.renditions[1].segments.split_off(1);
        let text = list(&import, "480p");
        assert_eq!(counted(&text), source[3..], "{text}");
        assert_eq!(text.matches("#EXT-X-GAP\n").count(), 2, "{text}");
        // And one that lacks some amid.
        import.renditions[1].segments.extend(last.into_iter().skip(1));
        let text = list(&import, "480p");
        assert_eq!(counted(&text), source[3..], "{text}");
        assert_eq!(text.matches("#EXT-X-GAP\n").count(), 1, "{text}");
    }

    #[test]
    fn the_hint_of_the_node_before_holds_on() {
        for name in [SOURCE, "480p", "360p"] {
            let window = import().window(name, WindowConfig::default(), Instant::now()).unwrap();
            let text = String::from_utf8(window.playlist(Variant::Full, &[]).body.to_vec()).unwrap();
            assert!(text.contains("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"2-54.0.m4s\""), "{name}: {text}");
        }
    }

    #[test]
    fn what_this_node_does_not_make_is_named() {
        let import = import();
        assert_eq!(import.others(&["360p".to_owned()]).collect::<Vec<_>>(), ["480p"]);
        assert_eq!(import.others(&["480p".to_owned()]).count(), 0);
    }
}
