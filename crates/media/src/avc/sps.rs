//! The sequence parameter set (ITU-T H.264, 7.3.2.1.1 and E.1.1): size, rate, reordering.
//!
//! Read from a peer's bytes; anything out of its range makes the whole set unreadable (`None`), save the VUI, whose end
//! some encoders cut off: what it would have told is then not told.

use crate::bits::{Bits, at_most, unescape};

/// What packaging and health need of a sequence parameter set.
#[derive(Debug, Clone, PartialEq)]
pub struct Sps {
    /// profile_idc, constraint flags, level_idc.
    pub profile: [u8; 3],
    /// chroma_format_idc, 0 to 3; 1 = 4:2:0.
    pub chroma_format: u8,
    /// Bits of a luma sample, 8 to 14.
    pub bit_depth_luma: u8,
    /// Bits of a chroma sample, 8 to 14.
    pub bit_depth_chroma: u8,
    /// Width in pixels after cropping.
    pub width: u32,
    /// Height in pixels after cropping.
    pub height: u32,
    /// Every picture is a whole frame, never two fields (frame_mbs_only_flag).
    pub progressive: bool,
    /// Pixels are as wide as high: told by the VUI, or not told otherwise.
    pub square_pixels: bool,
    /// max_num_ref_frames.
    pub max_ref_frames: u32,
    /// Frames per second by the VUI's timing, if told and sane (0 < fps <= 1000).
    pub fps: Option<f64>,
    /// max_num_reorder_frames of the VUI; 0 without it where the profile or the picture order rules out B-frames.
    pub reorder: Option<u8>,
}

impl Sps {
    /// Parses a set with its NAL header byte.
    pub fn parse(nal: &[u8]) -> Option<Self> {
        let payload = unescape(nal.get(1..)?);
        let mut bits = Bits::new(&payload);
        let profile = [bits.read(8)? as u8, bits.read(8)? as u8, bits.read(8)? as u8];
        at_most(bits.ue()?, 31)?;
        let (mut chroma_format, mut luma, mut chroma, mut separate) = (1, 8, 8, false);
        if matches!(profile[0], 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
            chroma_format = at_most(bits.ue()?, 3)?;
            separate = chroma_format == 3 && bits.bit()?;
            luma = 8 + at_most(bits.ue()?, 6)?;
            chroma = 8 + at_most(bits.ue()?, 6)?;
            bits.skip(1)?;
            if bits.bit()? {
                scaling_lists(&mut bits, if chroma_format == 3 { 12 } else { 8 })?;
            }
        }
        at_most(bits.ue()?, 12)?;
        let order = at_most(bits.ue()?, 2)?;
        match order {
            0 => {
                at_most(bits.ue()?, 12)?;
            }
            1 => {
                bits.skip(1)?;
                bits.se()?;
                bits.se()?;
                for _ in 0..at_most(bits.ue()?, 255)? {
                    bits.se()?;
                }
            }
            _ => {}
        }
        let max_ref_frames = at_most(bits.ue()?, 16)?;
        bits.skip(1)?;
        let columns = at_most(bits.ue()?, 8_191)? + 1;
        let rows = at_most(bits.ue()?, 8_191)? + 1;
        let frames_only = bits.bit()?;
        if !frames_only {
            bits.skip(1)?;
        }
        bits.skip(1)?;
        let field = 2 - u32::from(frames_only);
        let (mut width, mut height) = (columns * 16, rows * 16 * field);
        if bits.bit()? {
            let (unit_x, unit_y) = match chroma_format {
                1 if !separate => (2, 2 * field),
                2 if !separate => (2, field),
                _ => (1, field),
            };
            let mut crop = |unit: u32| bits.ue()?.checked_mul(unit);
            let (left, right, top, bottom) = (crop(unit_x)?, crop(unit_x)?, crop(unit_y)?, crop(unit_y)?);
            width = width.checked_sub(left.checked_add(right)?)?;
            height = height.checked_sub(top.checked_add(bottom)?)?;
        }
        let vui = if bits.bit()? { Vui::read(&mut bits) } else { Vui::default() };
        let no_reorder = profile[0] == 66 || order == 2 || max_ref_frames == 0;
        Some(Self {
            profile,
            chroma_format: chroma_format as u8,
            bit_depth_luma: luma as u8,
            bit_depth_chroma: chroma as u8,
            width,
            height,
            progressive: frames_only,
            square_pixels: vui.square_pixels,
            max_ref_frames,
            fps: vui.fps,
            reorder: vui.reorder.or(no_reorder.then_some(0)),
        })
    }

    /// RFC 6381 codec string `avc1.PPCCLL`.
    pub fn codec(&self) -> String {
        let [profile, constraints, level] = self.profile;
        format!("avc1.{profile:02X}{constraints:02X}{level:02X}")
    }

    /// Whether a decoder set up for `self` needs a new setup for `other`: anything but the VUI's timing differs.
    pub fn differs_materially(&self, other: &Self) -> bool {
        Self { fps: None, ..self.clone() } != Self { fps: None, ..other.clone() }
    }
}

fn scaling_lists(bits: &mut Bits<'_>, lists: usize) -> Option<()> {
    for list in 0..lists {
        if !bits.bit()? {
            continue;
        }
        let (mut last, mut next) = (8i32, 8i32);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = last.checked_add(bits.se()?)?.rem_euclid(256);
            }
            if next != 0 {
                last = next;
            }
        }
    }
    Some(())
}

/// What the VUI tells; each is as without a VUI when it ends before it or does not tell.
struct Vui {
    square_pixels: bool,
    fps: Option<f64>,
    reorder: Option<u8>,
}

impl Default for Vui {
    fn default() -> Self {
        Self { square_pixels: true, fps: None, reorder: None }
    }
}

impl Vui {
    fn read(bits: &mut Bits<'_>) -> Self {
        let mut vui = Self::default();
        vui.reorder = vui_fields(bits, &mut vui).flatten();
        vui
    }
}

fn vui_fields(bits: &mut Bits<'_>, vui: &mut Vui) -> Option<Option<u8>> {
    if bits.bit()? {
        // Table E-1: 0 is unspecified, 1 is square; 255 has the ratio behind it, where a zero is unspecified too.
        let ratio = bits.read(8)?;
        vui.square_pixels = ratio <= 1;
        if ratio == 255 {
            let (width, height) = (bits.read(16)?, bits.read(16)?);
            vui.square_pixels = width == height || width == 0 || height == 0;
        }
    }
    if bits.bit()? {
        bits.skip(1)?;
    }
    if bits.bit()? {
        bits.skip(4)?;
        if bits.bit()? {
            bits.skip(24)?;
        }
    }
    if bits.bit()? {
        bits.ue()?;
        bits.ue()?;
    }
    if bits.bit()? {
        let (units, scale) = (bits.read(32)?, bits.read(32)?);
        bits.skip(1)?;
        let rate = f64::from(scale) / (2.0 * f64::from(units));
        vui.fps = (rate > 0.0 && rate <= 1000.0).then_some(rate);
    }
    let nal = bits.bit()?;
    if nal {
        hrd(bits)?;
    }
    let vcl = bits.bit()?;
    if vcl {
        hrd(bits)?;
    }
    if nal || vcl {
        bits.skip(1)?;
    }
    bits.skip(1)?;
    if !bits.bit()? {
        return Some(None);
    }
    bits.skip(1)?;
    for _ in 0..4 {
        bits.ue()?;
    }
    Some(u8::try_from(at_most(bits.ue()?, 16)?).ok())
}

fn hrd(bits: &mut Bits<'_>) -> Option<()> {
    let count = at_most(bits.ue()?, 31)? + 1;
    bits.skip(8)?;
    for _ in 0..count {
        bits.ue()?;
        bits.ue()?;
        bits.skip(1)?;
    }
    bits.skip(20)
}
