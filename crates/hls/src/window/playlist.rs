//! The media playlists: low-latency, its delta update, and the plain sibling.
//!
//! A body depends on the window and on the reports given, never on who asks, so that one rendering serves every
//! viewer; the last of each kind is kept. Names are relative to the playlist's URL.

use std::fmt::Write;
use std::hash::BuildHasher;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::Window;
use crate::config::HOLD_BACK_TARGETS;
use crate::multivariant::quotable;
use crate::name::{InitName, Name};
use crate::segment::push_map;
use crate::text::push_seconds;

/// Which of the playlists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// Low-latency, all of it.
    Full,
    /// Low-latency with EXT-X-SKIP for what is older than the skip boundary; all of it if nothing is.
    Delta,
    /// Whole segments only, for players that know no parts.
    Plain,
    /// Keyframes only, as byte ranges of segments, for fast search.
    Iframes,
}

/// How far another rendition of the same broadcast is, for EXT-X-RENDITION-REPORT.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RenditionReport {
    /// Its media playlist, relative to this one's URL, without a query: `../480p/index.m3u8`.
    pub uri: Arc<str>,
    /// LAST-MSN: its last segment, open or whole.
    pub last_msn: u64,
    /// LAST-PART: the last part of that segment.
    pub last_part: Option<u32>,
}

/// A playlist as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// UTF-8 text, to be served as `application/vnd.apple.mpegurl`.
    pub body: Bytes,
    /// Goes up whenever this kind of playlist changes; reports apart.
    pub revision: u64,
    /// Another for each body of this window, and another in each window: fit for an ETag.
    pub etag: u64,
    /// SKIPPED-SEGMENTS, 0 in a full playlist.
    pub skipped: u64,
}

#[derive(Debug)]
struct Cached {
    reports: Vec<RenditionReport>,
    rendered: Rendered,
}

/// The last rendering of each variant.
#[derive(Debug, Default)]
pub(super) struct Cache([Option<Cached>; 4]);

impl Window {
    /// The playlist as it is now. Reports belong to the low-latency ones; they are left out of the plain one and
    /// after the end. Ask [`Window::decide`] first: before the first media the list is empty, which players take
    /// for an error.
    pub fn playlist(&self, variant: Variant, reports: &[RenditionReport]) -> Rendered {
        let plain = matches!(variant, Variant::Plain | Variant::Iframes);
        let reports = if plain || self.ended.is_some() { &[] } else { reports };
        let revision = match variant {
            Variant::Plain => self.plain_revision,
            Variant::Iframes => self.iframes.revision() + u64::from(self.ended.is_some()),
            Variant::Full | Variant::Delta => self.revision,
        };
        // A panic while the lock was held leaves a whole entry or none.
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = &mut cache.0[variant as usize];
        let fresh = |cached: &&Cached| cached.rendered.revision == revision && cached.reports == reports;
        if let Some(cached) = slot.as_ref().filter(fresh) {
            return cached.rendered.clone();
        }
        let rendered = self.render(variant, reports, revision);
        *slot = Some(Cached { reports: reports.to_vec(), rendered: rendered.clone() });
        rendered
    }

    /// Whether the I-frame playlist lists anything, or never will.
    pub fn has_iframes(&self) -> bool {
        !self.iframes.is_empty() || self.ended.is_some()
    }

    /// This rendition as the others report it; `None` before the first part.
    pub fn report(&self, uri: impl Into<Arc<str>>) -> Option<RenditionReport> {
        let last = self.listed.back()?;
        let last_part = last.parts().checked_sub(1);
        Some(RenditionReport { uri: uri.into(), last_msn: last.start.msn, last_part })
    }

    fn render(&self, variant: Variant, reports: &[RenditionReport], revision: u64) -> Rendered {
        // Bodies of hours are not read again for their tag.
        let etag = self.salt.hash_one((variant as u8, revision, reports));
        if variant == Variant::Iframes {
            let first = self.config.first_discontinuity_sequence;
            let text = self.iframes.render(self.config.target_duration, first, self.ended.is_some());
            return Rendered { body: Bytes::from(text), revision, etag, skipped: 0 };
        }
        let plain = variant == Variant::Plain;
        let skipped = if variant == Variant::Delta { self.skippable() } else { 0 };
        let old = self.old.lines(skipped);
        let in_memory = (self.old.len() + self.listed.len()).saturating_sub(skipped).min(self.listed.len());
        let mut out =
            String::with_capacity(4096 + in_memory * 200 + old.iter().map(|run| run.len()).sum::<usize>());
        self.push_header(&mut out, plain).expect("a String takes every write");
        if skipped > 0 {
            writeln!(out, "#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}").expect("a String takes every write");
        } else if let Some(init) = self.first_init(plain) {
            push_map(&mut out, init);
        }
        push_text(&mut out, &old);
        let skipped_here = skipped.saturating_sub(self.old.len());
        for segment in self.listed.iter().skip(skipped_here).filter(|segment| !plain || segment.is_plain()) {
            out.push_str(&segment.head);
            if !plain {
                out.push_str(&segment.part_lines);
            }
            out.push_str(&segment.tail);
        }
        if self.ended.is_some() {
            out.push_str("#EXT-X-ENDLIST\n");
        } else if !plain {
            if let Some(hint) = self.hint() {
                writeln!(out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{hint}\"")
                    .expect("a String takes every write");
            }
            for report in reports {
                push_report(&mut out, report).expect("a String takes every write");
            }
        }
        Rendered { body: Bytes::from(out), revision, etag, skipped: skipped as u64 }
    }

    /// The init section of the first listed segment, where the one that announced it is gone or left out here.
    fn first_init(&self, plain: bool) -> Option<InitName> {
        if let Some(first) = self.old.front() {
            return first.init.filter(|_| !first.maps);
        }
        let first = self.listed.iter().find(|segment| !plain || segment.is_plain())?;
        first.start.init.filter(|_| !first.start.maps)
    }

    fn push_header(&self, out: &mut String, plain: bool) -> std::fmt::Result {
        let target = self.config.target_duration;
        // EXT-X-MAP needs version 6, EXT-X-SKIP version 9 (draft 8).
        let version = if plain { 6 } else { 9 };
        write!(out, "#EXTM3U\n#EXT-X-VERSION:{version}\n#EXT-X-TARGETDURATION:{}\n", target.as_secs())?;
        if !plain {
            out.push_str("#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=");
            push_seconds(out, self.config.part_hold_back());
            out.push_str(",HOLD-BACK=");
            push_seconds(out, target * HOLD_BACK_TARGETS);
            out.push_str(",CAN-SKIP-UNTIL=");
            push_seconds(out, self.config.skip_boundary());
            out.push_str("\n#EXT-X-PART-INF:PART-TARGET=");
            push_seconds(out, self.config.part_target);
            out.push('\n');
        }
        let old = self.old.front().map(|old| old.msn);
        let in_memory = || self.listed.iter().find(|segment| !plain || !segment.lead_in);
        let first = old.or_else(|| in_memory().map(|segment| segment.start.msn));
        let first = first.or(self.last_msn.map(|last| last + 1)).unwrap_or(0);
        let discontinuities = self.config.first_discontinuity_sequence + self.discontinuities_removed;
        write!(out, "#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuities}\n")
    }

    /// How many segments lie wholly before the skip boundary, counted from the end of the list.
    fn skippable(&self) -> usize {
        let boundary = self.config.skip_boundary();
        let old = self.old.iter().map(|old| (old.duration, true));
        let in_memory = self.listed.iter().map(|s| (s.duration, s.whole && s.part_lines.is_empty()));
        let mut after = Duration::ZERO;
        // From the end, since that is near.
        let new = |(duration, may): &(Duration, bool)| {
            let is_new = !may || after < boundary;
            after += *duration;
            is_new
        };
        let kept = old.chain(in_memory).rev().take_while(new).count();
        self.old.len() + self.listed.len() - kept
    }

    /// The name of the part that comes next, if it is known.
    pub(super) fn hint(&self) -> Option<Name> {
        let last = self.listed.back().filter(|_| self.ended.is_none() && !self.pending_discontinuity)?;
        let (epoch, msn) = (last.start.epoch, last.start.msn);
        Some(match last.closed {
            true => Name::Part { epoch, msn: msn + 1, part: 0 },
            false => Name::Part { epoch, msn, part: last.parts() },
        })
    }
}

/// Appends runs of bytes that were text when they were put together.
pub(super) fn push_text(out: &mut String, runs: &[&[u8]]) {
    // Lines are ASCII, so a run may end anywhere.
    for run in runs {
        out.push_str(std::str::from_utf8(run).unwrap_or_default());
    }
}

fn push_report(out: &mut String, report: &RenditionReport) -> std::fmt::Result {
    write!(out, "#EXT-X-RENDITION-REPORT:URI=\"{}\",LAST-MSN={}", quotable(&report.uri), report.last_msn)?;
    if let Some(part) = report.last_part {
        write!(out, ",LAST-PART={part}")?;
    }
    out.push('\n');
    Ok(())
}
