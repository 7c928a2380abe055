//! The sequence parameter set (ITU-T H.265, 7.3.2.2 and E.2.1): profile, size, reordering, rate.
//!
//! Read from a peer's bytes; anything out of its range makes the whole set unreadable (`None`), save what comes behind the
//! picture's size and order: a rate or a shape that cannot be reached is not told.

use crate::bits::{Bits, at_most, unescape};

/// Reference picture sets of a sequence (7.4.3.2.1).
const MAX_REFERENCE_SETS: u32 = 64;
/// Pictures in one of them.
const MAX_REFERENCES: u32 = 16;

/// The general part of profile_tier_level().
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileTierLevel {
    /// general_profile_space, 0 to 3.
    pub space: u8,
    /// general_tier_flag: the High tier.
    pub high_tier: bool,
    /// general_profile_idc: 1 Main, 2 Main 10, 4 range extensions.
    pub idc: u8,
    /// general_profile_compatibility_flags, flag 0 in the highest bit.
    pub compatibility: u32,
    /// The six bytes of constraint flags.
    pub constraints: [u8; 6],
    /// Thirty times the level: 93 is 3.1.
    pub level_idc: u8,
}

impl ProfileTierLevel {
    fn read(bits: &mut Bits<'_>, sub_layers: u32) -> Option<Self> {
        let (space, tier, idc) = (bits.read(2)? as u8, bits.bit()?, bits.read(5)? as u8);
        let compatibility = bits.read(32)?;
        let mut constraints = [0; 6];
        for byte in &mut constraints {
            *byte = bits.read(8)? as u8;
        }
        let level_idc = bits.read(8)? as u8;
        let mut present = Vec::with_capacity(8);
        for _ in 1..sub_layers {
            present.push((bits.bit()?, bits.bit()?));
        }
        if sub_layers > 1 {
            bits.skip(2 * (9 - sub_layers as usize))?;
        }
        for (profile, level) in present {
            bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
        }
        Some(Self { space, high_tier: tier, idc, compatibility, constraints, level_idc })
    }

    /// RFC 6381 codec string (ISO/IEC 14496-15, E.3), as in `hvc1.1.6.L93.90`.
    pub fn codec(&self) -> String {
        let space = ["", "A", "B", "C"][usize::from(self.space & 3)];
        let tier = if self.high_tier { 'H' } else { 'L' };
        let mut text = format!(
            "hvc1.{space}{}.{:X}.{tier}{}",
            self.idc,
            self.compatibility.reverse_bits(),
            self.level_idc
        );
        let told = self.constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        for byte in &self.constraints[..told] {
            text.push_str(&format!(".{byte:X}"));
        }
        text
    }
}

/// What packaging, scaling and health need of a sequence parameter set.
#[derive(Debug, Clone, PartialEq)]
pub struct Sps {
    /// Profile, tier and level.
    pub profile: ProfileTierLevel,
    /// Temporal sub-layers, 1 to 7.
    pub sub_layers: u8,
    /// sps_temporal_id_nesting_flag.
    pub nested: bool,
    /// chroma_format_idc, 0 to 3; 1 = 4:2:0.
    pub chroma_format: u8,
    /// Bits of a luma sample, 8 to 15.
    pub bit_depth_luma: u8,
    /// Bits of a chroma sample, 8 to 15.
    pub bit_depth_chroma: u8,
    /// Width in pixels after the conformance window.
    pub width: u32,
    /// Height in pixels after the conformance window.
    pub height: u32,
    /// How many pictures may precede one in decoding order and follow it in output.
    pub reorder: u8,
    /// Pictures are fields (field_seq_flag), where that is told.
    pub fields: bool,
    /// Pixels are as wide as high: told by the VUI, or not told otherwise.
    pub square_pixels: bool,
    /// Frames per second by the VUI's timing, if told and sane (0 < fps <= 1000).
    pub fps: Option<f64>,
}

impl Sps {
    /// Parses a set with its NAL header.
    pub fn parse(nal: &[u8]) -> Option<Self> {
        let payload = unescape(nal.get(2..)?);
        let mut bits = Bits::new(&payload);
        bits.skip(4)?;
        let sub_layers = at_most(bits.read(3)?, 6)? + 1;
        let nested = bits.bit()?;
        let profile = ProfileTierLevel::read(&mut bits, sub_layers)?;
        at_most(bits.ue()?, 15)?;
        let chroma_format = at_most(bits.ue()?, 3)?;
        if chroma_format == 3 {
            // separate_colour_plane_flag.
            bits.skip(1)?;
        }
        let (mut width, mut height) = (bits.ue()?, bits.ue()?);
        if bits.bit()? {
            let (unit_x, unit_y) = match chroma_format {
                1 => (2, 2),
                2 => (2, 1),
                _ => (1, 1),
            };
            let mut crop = |unit: u32| bits.ue()?.checked_mul(unit);
            let (left, right, top, bottom) = (crop(unit_x)?, crop(unit_x)?, crop(unit_y)?, crop(unit_y)?);
            width = width.checked_sub(left.checked_add(right)?)?;
            height = height.checked_sub(top.checked_add(bottom)?)?;
        }
        let luma = 8 + at_most(bits.ue()?, 7)?;
        let chroma = 8 + at_most(bits.ue()?, 7)?;
        let order_bits = 4 + at_most(bits.ue()?, 12)?;
        let told = if bits.bit()? { sub_layers } else { 1 };
        let mut reorder = 0;
        for _ in 0..told {
            at_most(bits.ue()?, 15)?;
            reorder = at_most(bits.ue()?, 15)?;
            bits.ue()?;
        }
        let mut vui = Vui::default();
        // Behind this there is nothing that a player could not go without.
        let _ = vui.find(&mut bits, order_bits);
        Some(Self {
            profile,
            sub_layers: sub_layers as u8,
            nested,
            chroma_format: chroma_format as u8,
            bit_depth_luma: luma as u8,
            bit_depth_chroma: chroma as u8,
            width,
            height,
            reorder: reorder as u8,
            fields: vui.fields,
            square_pixels: vui.square_pixels,
            fps: vui.fps,
        })
    }

    /// Whether a decoder set up for `self` needs a new setup for `other`: anything but the VUI's timing differs.
    pub fn differs_materially(&self, other: &Self) -> bool {
        Self { fps: None, ..self.clone() } != Self { fps: None, ..other.clone() }
    }
}

/// What the VUI tells; each is as without a VUI when it ends before it or does not tell.
struct Vui {
    square_pixels: bool,
    fields: bool,
    fps: Option<f64>,
}

impl Default for Vui {
    fn default() -> Self {
        Self { square_pixels: true, fields: false, fps: None }
    }
}

impl Vui {
    /// Goes through the tools of the sequence to the VUI and reads it as far as its timing.
    fn find(&mut self, bits: &mut Bits<'_>, order_bits: u32) -> Option<()> {
        for _ in 0..6 {
            bits.ue()?;
        }
        if bits.bit()? && bits.bit()? {
            scaling_lists(bits)?;
        }
        bits.skip(2)?;
        if bits.bit()? {
            bits.skip(8)?;
            bits.ue()?;
            bits.ue()?;
            bits.skip(1)?;
        }
        let sets = at_most(bits.ue()?, MAX_REFERENCE_SETS)?;
        let mut before = 0;
        for number in 0..sets {
            before = reference_set(bits, number > 0, before)?;
        }
        if bits.bit()? {
            for _ in 0..at_most(bits.ue()?, 32)? {
                bits.skip(order_bits as usize + 1)?;
            }
        }
        bits.skip(2)?;
        if bits.bit()? { self.read(bits) } else { Some(()) }
    }

    fn read(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        if bits.bit()? {
            // Table E.1: 0 is unspecified, 1 is square; 255 has the ratio behind it, where a zero is unspecified too.
            let ratio = bits.read(8)?;
            self.square_pixels = ratio <= 1;
            if ratio == 255 {
                let (width, height) = (bits.read(16)?, bits.read(16)?);
                self.square_pixels = width == height || width == 0 || height == 0;
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
        bits.skip(1)?;
        self.fields = bits.bit()?;
        bits.skip(1)?;
        if bits.bit()? {
            for _ in 0..4 {
                bits.ue()?;
            }
        }
        if bits.bit()? {
            let (units, scale) = (bits.read(32)?, bits.read(32)?);
            let rate = f64::from(scale) / f64::from(units);
            self.fps = (rate > 0.0 && rate <= 1000.0).then_some(rate);
        }
        Some(())
    }
}

/// scaling_list_data() (7.3.4).
fn scaling_lists(bits: &mut Bits<'_>) -> Option<()> {
    for size in 0..4 {
        // Of 32x32 there are two, also where chroma is as large as luma: its lists are made of the 16x16 ones (7.4.5).
        let lists = if size == 3 { 2 } else { 6 };
        for _ in 0..lists {
            if !bits.bit()? {
                bits.ue()?;
                continue;
            }
            if size > 1 {
                bits.se()?;
            }
            for _ in 0..(1usize << (4 + 2 * size)).min(64) {
                bits.se()?;
            }
        }
    }
    Some(())
}

/// st_ref_pic_set() (7.3.7) of a sequence parameter set; `before` is the number of pictures in the set before it. Gives its own.
fn reference_set(bits: &mut Bits<'_>, may_predict: bool, before: u32) -> Option<u32> {
    if may_predict && bits.bit()? {
        bits.skip(1)?;
        bits.ue()?;
        let mut pictures = 0;
        for _ in 0..=before {
            let used = bits.bit()?;
            let kept = used || bits.bit()?;
            pictures += u32::from(kept);
        }
        return at_most(pictures, MAX_REFERENCES);
    }
    let pictures = at_most(bits.ue()?, MAX_REFERENCES)? + at_most(bits.ue()?, MAX_REFERENCES)?;
    for _ in 0..at_most(pictures, MAX_REFERENCES)? {
        bits.ue()?;
        bits.skip(1)?;
    }
    Some(pictures)
}
