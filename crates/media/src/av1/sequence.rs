//! The sequence header OBU (AV1 5.5): profile, level, size, colours, rate.
//!
//! Read from a peer's bytes; anything out of its range makes it unreadable (`None`).

use crate::bits::{Bits, at_most};

/// What packaging, scaling and health need of a sequence header.
#[derive(Debug, Clone, PartialEq)]
pub struct SequenceHeader {
    /// seq_profile: 0 Main, 1 High, 2 Professional.
    pub profile: u8,
    /// seq_level_idx of the first operating point: 4 is level 3.0.
    pub level: u8,
    /// seq_tier of the first operating point: the High tier.
    pub high_tier: bool,
    /// 8, 10 or 12.
    pub bit_depth: u8,
    /// Without chroma.
    pub monochrome: bool,
    /// Chroma halved across, and down.
    pub subsampling: (bool, bool),
    /// chroma_sample_position.
    pub chroma_position: u8,
    /// Largest width of a frame in pixels.
    pub width: u32,
    /// Largest height of a frame in pixels.
    pub height: u32,
    /// reduced_still_picture_header: one picture alone.
    pub still_picture: bool,
    /// Frames per second, if told and sane (0 < fps <= 1000).
    pub fps: Option<f64>,
}

impl SequenceHeader {
    /// Parses the payload of the OBU.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(payload);
        let profile = at_most(bits.read(3)?, 2)? as u8;
        bits.skip(1)?;
        let still_picture = bits.bit()?;
        let (mut level, mut high_tier, mut fps) = (0, false, None);
        if still_picture {
            level = bits.read(5)?;
        } else {
            let mut decoder_model = None;
            if bits.bit()? {
                let (units, scale) = (bits.read(32)?, bits.read(32)?);
                let ticks = if bits.bit()? { uvlc(&mut bits)?.checked_add(1)? } else { 1 };
                let rate = f64::from(scale) / (f64::from(units) * f64::from(ticks));
                fps = (rate > 0.0 && rate <= 1000.0).then_some(rate);
                if bits.bit()? {
                    decoder_model = Some(bits.read(5)? as usize + 1);
                    bits.skip(32 + 5 + 5)?;
                }
            }
            let initial_delay = bits.bit()?;
            for point in 0..=bits.read(5)? {
                bits.skip(12)?;
                let own_level = bits.read(5)?;
                let own_tier = own_level > 7 && bits.bit()?;
                if let Some(length) = decoder_model
                    && bits.bit()?
                {
                    bits.skip(2 * length + 1)?;
                }
                if initial_delay && bits.bit()? {
                    bits.skip(4)?;
                }
                if point == 0 {
                    (level, high_tier) = (own_level, own_tier);
                }
            }
        }
        let (width_bits, height_bits) = (bits.read(4)? + 1, bits.read(4)? + 1);
        let (width, height) = (bits.read(width_bits)? + 1, bits.read(height_bits)? + 1);
        if !still_picture && bits.bit()? {
            bits.skip(4 + 3)?;
        }
        bits.skip(3)?;
        if !still_picture {
            tools(&mut bits)?;
        }
        bits.skip(3)?;
        let colours = Colours::read(&mut bits, profile)?;
        Some(Self {
            profile,
            level: level as u8,
            high_tier,
            bit_depth: colours.bit_depth,
            monochrome: colours.monochrome,
            subsampling: colours.subsampling,
            chroma_position: colours.position,
            width,
            height,
            still_picture,
            fps,
        })
    }

    /// Codec string (AV1 in ISO base media, 5) in its short form, as in `av01.0.04M.08`: what it leaves out says how to
    /// show pictures, not whether they can be decoded.
    pub fn codec(&self) -> String {
        let tier = if self.high_tier { 'H' } else { 'M' };
        format!("av01.{}.{:02}{tier}.{:02}", self.profile, self.level, self.bit_depth)
    }

    /// Whether a decoder set up for `self` needs a new setup for `other`: anything but the rate differs.
    pub fn differs_materially(&self, other: &Self) -> bool {
        Self { fps: None, ..self.clone() } != Self { fps: None, ..other.clone() }
    }
}

/// From enable_interintra_compound to the order hint's bits.
fn tools(bits: &mut Bits<'_>) -> Option<()> {
    bits.skip(4)?;
    let order_hint = bits.bit()?;
    if order_hint {
        bits.skip(2)?;
    }
    let chosen_screen_content = bits.bit()?;
    let screen_content = chosen_screen_content || bits.bit()?;
    if screen_content && !bits.bit()? {
        bits.skip(1)?;
    }
    bits.skip(if order_hint { 3 } else { 0 })
}

/// color_config() (5.5.2).
struct Colours {
    bit_depth: u8,
    monochrome: bool,
    subsampling: (bool, bool),
    position: u8,
}

impl Colours {
    fn read(bits: &mut Bits<'_>, profile: u8) -> Option<Self> {
        let high = bits.bit()?;
        let twelve = profile == 2 && high && bits.bit()?;
        let bit_depth = if twelve { 12 } else { 8 + 2 * u8::from(high) };
        let monochrome = profile != 1 && bits.bit()?;
        let described = bits.bit()?;
        let kinds = if described { [bits.read(8)?, bits.read(8)?, bits.read(8)?] } else { [2; 3] };
        let mut found = Self { bit_depth, monochrome, subsampling: (true, true), position: 0 };
        if monochrome {
            bits.skip(1)?;
            return Some(found);
        }
        // BT.709 primaries, sRGB transfer, identity matrix: RGB, always whole.
        if kinds == [1, 13, 0] {
            found.subsampling = (false, false);
            return Some(found);
        }
        bits.skip(1)?;
        found.subsampling = match profile {
            0 => (true, true),
            1 => (false, false),
            _ if bit_depth == 12 => {
                let across = bits.bit()?;
                (across, across && bits.bit()?)
            }
            _ => (true, false),
        };
        if found.subsampling == (true, true) {
            found.position = bits.read(2)? as u8;
        }
        Some(found)
    }
}

/// uvlc() (4.10.3).
fn uvlc(bits: &mut Bits<'_>) -> Option<u32> {
    bits.ue()
}
