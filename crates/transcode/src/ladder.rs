//! The ladder as data, and the pure function that plans a broadcast's rungs from it.
//!
//! It decides sizes, frame rates, bit rates and the CODECS string; it does not decide which encoder makes them (`encoders`)
//! nor how many the machine can afford right now (ingest's admission). The plan is needed before the first frame, because the
//! multivariant playlist lists every planned rung at once. Rungs come largest first, and neither size nor frame rate ever
//! rises down the list: the worker scales each rung from the one above it and relies on that.

mod level;

use serde::{Deserialize, Serialize};

/// One row of the ladder; its name is the shorter side followed by `p`.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// Shorter side in pixels.
    short_side: u32,
    /// Target video bit rate up to 30 fps.
    kbps: u32,
    /// Target above 30 fps; `None`: this row never goes above 30 fps.
    kbps_high_rate: Option<u32>,
}

/// The whole ladder, largest first.
const LADDER: [Row; 5] = [
    Row { short_side: 1080, kbps: 4500, kbps_high_rate: Some(6300) },
    Row { short_side: 720, kbps: 2500, kbps_high_rate: Some(3500) },
    Row { short_side: 480, kbps: 1200, kbps_high_rate: None },
    Row { short_side: 360, kbps: 700, kbps_high_rate: None },
    Row { short_side: 160, kbps: 230, kbps_high_rate: None },
];

/// Rates up to this (frames a second) are "30 fps": a publisher's 30.3 by millisecond rounding is not halved.
const NORMAL_RATE_MAX: f64 = 31.0;

/// A told bit rate of video below it (bit/s) is not believed: it is in another unit, or made up.
const BELIEVED_BPS_MIN: u64 = 100_000;

/// Longest side of a source that is transcoded at all, pixels: no level of H.264 goes beyond 16 384.
pub const SOURCE_SIDE_MAX: u32 = 16_384;

/// Shortest side of a source that gets a rung whatever its size, pixels: one macroblock.
pub const SOURCE_SIDE_MIN: u32 = 16;

/// Decoder buffer the encoder may fill ahead, as time at the rung's bit rate: what one keyframe may cost in delay.
const VBV_BUFFER_MS: u32 = 600;

/// Frames a second as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FrameRate {
    /// Frames.
    pub num: u32,
    /// Seconds; never 0.
    pub den: u32,
}

impl FrameRate {
    /// What is assumed where the source does not say: 30 fps.
    pub const DEFAULT: FrameRate = FrameRate { num: 30, den: 1 };

    /// The nearest usual fraction (59.94 → 60000/1001); outside 1..=240, NaN included, [`FrameRate::DEFAULT`].
    pub fn from_f64(fps: f64) -> Self {
        if !(1.0..=240.0).contains(&fps) {
            return Self::DEFAULT;
        }
        let rounded = fps.round();
        let ntsc = rounded * 1000.0 / 1001.0;
        let whole = rounded as u32;
        if (fps - rounded).abs() < 0.004 {
            Self { num: whole, den: 1 }
        } else if (fps - ntsc).abs() < 0.006 {
            Self { num: whole * 1000, den: 1001 }
        } else {
            Self { num: (fps * 1000.0).round() as u32, den: 1000 }
        }
    }

    /// Frames a second.
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den.max(1))
    }

    fn divided_by(self, divisor: u32) -> Self {
        Self { num: self.num, den: self.den * divisor }
    }
}

/// What the publisher sends. Width and height are as displayed: after the sample aspect ratio and the cropping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFormat {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// From `onMetaData` or measured; [`FrameRate::DEFAULT`] where unknown.
    pub fps: FrameRate,
}

impl SourceFormat {
    fn short_side(self) -> u32 {
        self.width.min(self.height)
    }

    fn is_small_enough(self) -> bool {
        self.width.max(self.height) <= SOURCE_SIDE_MAX
    }
}

/// H.264 profile a rung is encoded in (ITU-T H.264 Annex A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Profile {
    /// For the oldest players; no CABAC.
    ConstrainedBaseline,
    /// CABAC, no 8x8 transform.
    Main,
    /// The default: every browser of the last ten years decodes it.
    High,
}

impl Profile {
    /// profile_idc and the constraint flags byte, as in avcC bytes 1 and 2.
    pub fn bytes(self) -> [u8; 2] {
        match self {
            Profile::ConstrainedBaseline => [66, 0xC0],
            Profile::Main => [77, 0x40],
            Profile::High => [100, 0x00],
        }
    }

    /// The name in GStreamer caps.
    pub fn caps_name(self) -> &'static str {
        match self {
            Profile::ConstrainedBaseline => "constrained-baseline",
            Profile::Main => "main",
            Profile::High => "high",
        }
    }
}

/// One planned rendition beside the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// `480p`; `720p60` where the rate is above 30 fps. Unique in a plan; the playlists' name too.
    pub name: String,
    /// Pixels, even.
    pub width: u32,
    /// Pixels, even.
    pub height: u32,
    /// What comes out.
    pub fps: FrameRate,
    /// Every how many source frames one is kept; 1 keeps all. Kept frames keep the source's exact PTS.
    pub keep_every: u32,
    /// Target bit rate of the video, kbit/s; also the VBV's maximum rate.
    pub bitrate_kbps: u32,
    /// VBV buffer, milliseconds at `bitrate_kbps`.
    pub vbv_buffer_ms: u32,
    /// Profile the encoder is held to.
    pub profile: Profile,
    /// level_idc, e.g. 31 for level 3.1 (H.264 Table A-1).
    pub level_idc: u8,
}

impl Rung {
    /// RFC 6381 string of the video, e.g. `avc1.64001F`; equals bytes 1..4 of the rung's avcC.
    pub fn codecs(&self) -> String {
        let [profile, flags] = self.profile.bytes();
        format!("avc1.{profile:02X}{flags:02X}{:02X}", self.level_idc)
    }

    /// BANDWIDTH for the multivariant playlist, bit/s: VBV maximum plus the audio plus 10 %.
    pub fn bandwidth_bps(&self, audio_bps: u64) -> u64 {
        (u64::from(self.bitrate_kbps) * 1000 + audio_bps) * 11 / 10
    }

    /// AVERAGE-BANDWIDTH, bit/s.
    pub fn average_bandwidth_bps(&self, audio_bps: u64) -> u64 {
        u64::from(self.bitrate_kbps) * 1000 + audio_bps
    }
}

/// The rungs' short sides a machine with so many cores gets where nothing is configured.
fn default_sides(cores: usize) -> &'static [u32] {
    match cores {
        0..=1 => &[360],
        2..=3 => &[480, 360],
        4..=7 => &[720, 480, 360],
        _ => &[1080, 720, 480, 360, 160],
    }
}

/// The short side a name asks for: `720p` and `720p60` are the same row, the source's rate decides. Known are all names that a plan
/// gives, and `p30`.
fn side_of(name: &str) -> Option<u32> {
    let (side, rate) = name.trim().split_once('p')?;
    // To the letter, since names become folders and URLs: a number may be written in many ways.
    let known = rate.is_empty() || (30..=2 * NORMAL_RATE_MAX as u32).any(|known| rate == known.to_string());
    LADDER.iter().map(|row| row.short_side).find(|row| known && side == row.to_string())
}

/// The names of `wanted` that are no rung of the ladder, for a configuration check at boot.
pub fn unknown_names(wanted: &[String]) -> Vec<&str> {
    wanted.iter().map(String::as_str).filter(|name| side_of(name).is_none()).collect()
}

/// Plans a broadcast's rungs, largest first.
///
/// `wanted` names rungs (`480p`, `720p60`); empty means the default for `cores`. A name the ladder lacks is left out (see
/// [`unknown_names`]), as is every rung whose shorter side is not below the source's: nothing is ever scaled up, and a
/// rung of the source's own size would only cost. A side above [`SOURCE_SIDE_MAX`] gives no rungs.
pub fn plan(source: SourceFormat, wanted: &[String], cores: usize) -> Vec<Rung> {
    rungs_below(source.short_side(), source, wanted, cores)
}

/// The same for a source that some browsers cannot play, because it is not H.264 and AAC: there is always a rung for them instead.
///
/// A wanted rung of the source's own size is made too. Where all that are wanted are larger, there is one: the largest of the ladder
/// that is not, or, of a source below the whole ladder, the smallest, by name and bit rate, in the source's own size. A side below
/// [`SOURCE_SIDE_MIN`] or above [`SOURCE_SIDE_MAX`] gives no rungs.
pub fn plan_instead(source: SourceFormat, wanted: &[String], cores: usize) -> Vec<Rung> {
    let short = source.short_side();
    let rungs = rungs_below(short.saturating_add(1), source, wanted, cores);
    if !rungs.is_empty() || short < SOURCE_SIDE_MIN || !source.is_small_enough() {
        return rungs;
    }
    let row = LADDER.iter().find(|row| row.short_side <= short).unwrap_or(&LADDER[LADDER.len() - 1]);
    vec![rung(row, source)]
}

/// What planned rungs are for a source that changed: each keeps its place, its name and its bit rate by name; sizes and frame rates follow.
///
/// Nothing is scaled up: what would be larger than the source has the source's own size. A name without a rate stays at 30 fps or less.
/// `None` where the source's sides are beyond [`SOURCE_SIDE_MIN`] or [`SOURCE_SIDE_MAX`], or a name is of no plan.
pub fn follow(planned: &[Rung], source: SourceFormat) -> Option<Vec<Rung>> {
    if source.short_side() < SOURCE_SIDE_MIN || !source.is_small_enough() {
        return None;
    }
    let followed = planned.iter().map(|planned| {
        let side = side_of(&planned.name)?;
        let mut row = *LADDER.iter().find(|row| row.short_side == side)?;
        row.kbps_high_rate = row.kbps_high_rate.filter(|_| !planned.name.ends_with('p'));
        Some(Rung { name: planned.name.clone(), ..rung(&row, source) })
    });
    followed.collect()
}

/// The wanted rungs whose shorter side is below that.
fn rungs_below(short_side: u32, source: SourceFormat, wanted: &[String], cores: usize) -> Vec<Rung> {
    let sides: Vec<u32> = if wanted.is_empty() {
        default_sides(cores).to_vec()
    } else {
        wanted.iter().filter_map(|name| side_of(name)).collect()
    };
    let is_made = |row: &&Row| sides.contains(&row.short_side) && row.short_side < short_side;
    let rows = LADDER.iter().filter(is_made).filter(|_| source.is_small_enough());
    rows.map(|row| rung(row, source)).collect()
}

/// Holds every rung's bit rate below that of what is above it, the source first: beyond it there is nothing to be seen, and who cannot take
/// the one gains nothing by the other.
///
/// `told_bps` is what the publisher says of its video, bit/s; `None`, or less than any encoder's, changes nothing. It counts for no less than
/// `measured_bps`, what was seen of it (0: nothing yet). CODECS stay.
pub fn below(mut rungs: Vec<Rung>, told_bps: Option<u64>, measured_bps: u64) -> Vec<Rung> {
    let Some(told_bps) = told_bps.filter(|bps| *bps >= BELIEVED_BPS_MIN) else { return rungs };
    let mut above = u32::try_from(told_bps.max(measured_bps) / 1000).unwrap_or(u32::MAX);
    for rung in &mut rungs {
        rung.bitrate_kbps = rung.bitrate_kbps.min(above / 4 * 3);
        above = rung.bitrate_kbps;
    }
    rungs
}

fn rung(row: &Row, source: SourceFormat) -> Rung {
    let source_rate = source.fps.as_f64();
    let is_fast = source_rate > NORMAL_RATE_MAX;
    // Frames are dropped in a cascade too, so the slow rungs keep a whole fraction of what the fast ones keep.
    let keep_fast = (source_rate / (2.0 * NORMAL_RATE_MAX)).ceil().max(1.0) as u32;
    let keep_slow = keep_fast * (source_rate / f64::from(keep_fast) / NORMAL_RATE_MAX).ceil().max(1.0) as u32;
    let (kbps, keep_every) = match row.kbps_high_rate {
        Some(kbps) if is_fast => (kbps, keep_fast),
        _ => (row.kbps, keep_slow),
    };
    let fps = source.fps.divided_by(keep_every);
    let (width, height) = scaled(source, row.short_side);
    let suffix = if fps.as_f64() > NORMAL_RATE_MAX { format!("{:.0}", fps.as_f64()) } else { String::new() };
    Rung {
        name: format!("{}p{suffix}", row.short_side),
        width,
        height,
        fps,
        keep_every,
        bitrate_kbps: kbps,
        vbv_buffer_ms: VBV_BUFFER_MS,
        profile: Profile::High,
        level_idc: level::lowest(width, height, fps.as_f64(), kbps),
    }
}

/// The source's shape with the shorter side at `short_side`, or at its own if that is less. Both are even and no larger than the
/// source's; the longer one is rounded to the nearest such number.
fn scaled(source: SourceFormat, short_side: u32) -> (u32, u32) {
    let (short, long) = (source.short_side(), source.width.max(source.height));
    let short_side = short_side.min(short / 2 * 2);
    let exact = f64::from(long) * f64::from(short_side) / f64::from(short);
    let long_side = ((exact / 2.0).round() as u32).min(long / 2) * 2;
    if source.width >= source.height { (long_side, short_side) } else { (short_side, long_side) }
}

#[cfg(test)]
mod tests;
