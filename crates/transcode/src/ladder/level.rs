//! The lowest H.264 level that holds a rung (ITU-T H.264 Table A-1).
//!
//! Data and one pure function. The level is part of the CODECS string, which is published before the first frame, so it is
//! computed here and the encoder is held to it, not the other way round.

/// One row of Table A-1.
struct Level {
    level_idc: u8,
    /// MaxMBPS: macroblocks a second.
    macroblocks_per_second: u32,
    /// MaxFS: macroblocks a frame.
    macroblocks_per_frame: u32,
    /// MaxDpbMbs: macroblocks of reference frames.
    dpb_macroblocks: u32,
    /// MaxBR for the Baseline and Main profiles, kbit/s; High allows a quarter more, which is left as slack.
    kbps: u32,
}

const fn row(level_idc: u8, mbps: u32, fs: u32, dpb: u32, kbps: u32) -> Level {
    Level { level_idc, macroblocks_per_second: mbps, macroblocks_per_frame: fs, dpb_macroblocks: dpb, kbps }
}

/// Levels 1b and 1.1 .. 1.3 at the bottom are left out: nothing gains by claiming less than 2.0.
const LEVELS: [Level; 12] = [
    row(20, 11_880, 396, 2_376, 2_000),
    row(21, 19_800, 792, 4_752, 4_000),
    row(22, 20_250, 1_620, 8_100, 4_000),
    row(30, 40_500, 1_620, 8_100, 10_000),
    row(31, 108_000, 3_600, 18_000, 14_000),
    row(32, 216_000, 5_120, 20_480, 20_000),
    row(40, 245_760, 8_192, 32_768, 20_000),
    row(42, 522_240, 8_704, 34_816, 50_000),
    row(50, 589_824, 22_080, 110_400, 135_000),
    row(51, 983_040, 36_864, 184_320, 240_000),
    row(52, 2_073_600, 36_864, 184_320, 240_000),
    row(62, 16_711_680, 139_264, 696_320, 800_000),
];

/// Reference frames every preset up to `medium` stays within.
const REFERENCE_FRAMES: u32 = 4;

/// level_idc of the lowest level with room for the size, rate and bit rate; the highest where none has.
pub(super) fn lowest(width: u32, height: u32, fps: f64, kbps: u32) -> u8 {
    let (columns, rows) = (width.div_ceil(16), height.div_ceil(16));
    let frame = columns * rows;
    // A rate a little over nominal (31 for 30) must not flip the level: limits are compared at the nominal rate.
    let per_second = (f64::from(frame) * fps.round()) as u32;
    let fits = |level: &&Level| {
        frame <= level.macroblocks_per_frame
            // A side may be at most sqrt(8 MaxFS) macroblocks.
            && columns.max(rows).pow(2) <= 8 * level.macroblocks_per_frame
            && per_second <= level.macroblocks_per_second
            && frame * REFERENCE_FRAMES <= level.dpb_macroblocks
            && kbps <= level.kbps
    };
    LEVELS.iter().find(fits).unwrap_or(&LEVELS[LEVELS.len() - 1]).level_idc
}
