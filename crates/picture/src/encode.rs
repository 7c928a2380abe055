//! From pixels to the file that is kept.

use super::{Invalid, Picture, decode::Frames};
use image::{
    DynamicImage, ExtendedColorType, ImageEncoder, Rgb, RgbImage,
    codecs::{jpeg::JpegEncoder, webp::WebPEncoder},
};
use streamly_storage::Kind;

/// Of JPEG, 1 to 100: above it files grow and nobody sees it.
const QUALITY: u8 = 85;
/// Largest lossless picture, bytes; larger ones become JPEG.
const MAX_LOSSLESS: usize = 512 << 10;
/// What shows through where a picture that becomes a JPEG was transparent.
const GROUND: u8 = 255;

/// A PNG, or with several frames an animated one (PNG, third edition, §4.8), that plays for ever.
pub(super) fn png(frames: &Frames) -> Result<Picture, Invalid> {
    let animated = frames.len() > 1;
    let (width, height) =
        frames.iter().next().map(|(frame, _)| frame.dimensions()).ok_or(Invalid::Damaged)?;
    let mut bytes = Vec::new();
    let written = (|| {
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        encoder.set_filter(png::Filter::Adaptive);
        if animated {
            encoder.set_animated(frames.len() as u32, 0)?;
        }
        let mut writer = encoder.write_header()?;
        for (frame, ms) in frames.iter() {
            if animated {
                writer.set_frame_delay(u16::try_from(ms).unwrap_or(u16::MAX), 1000)?;
            }
            writer.write_image_data(frame.as_raw())?;
        }
        writer.finish()
    })();
    written.map_err(|_| Invalid::Damaged)?;
    Ok(Picture { kind: Kind::Png, bytes, width, height, animated })
}

/// Lossless WebP while that is small, else JPEG.
pub(super) fn photograph(image: DynamicImage) -> Result<Picture, Invalid> {
    let (width, height) = (image.width(), image.height());
    let made = |kind, bytes| Picture { kind, bytes, width, height, animated: false };
    let mut lossless = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut lossless);
    let has_alpha = image.color().has_alpha();
    let written = match has_alpha {
        true => encoder.write_image(image.to_rgba8().as_raw(), width, height, ExtendedColorType::Rgba8),
        false => encoder.write_image(image.to_rgb8().as_raw(), width, height, ExtendedColorType::Rgb8),
    };
    if written.is_ok() && lossless.len() <= MAX_LOSSLESS {
        return Ok(made(Kind::Webp, lossless));
    }
    let opaque = if has_alpha { on_ground(image) } else { image.into_rgb8() };
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .write_image(opaque.as_raw(), width, height, ExtendedColorType::Rgb8)
        .map_err(|_| Invalid::Damaged)?;
    Ok(made(Kind::Jpeg, bytes))
}

fn on_ground(image: DynamicImage) -> RgbImage {
    let from = image.into_rgba8();
    let mut to = RgbImage::new(from.width(), from.height());
    for (pixel, into) in from.pixels().zip(to.pixels_mut()) {
        let [r, g, b, a] = pixel.0.map(u16::from);
        let over = |c: u16| ((c * a + u16::from(GROUND) * (255 - a) + 127) / 255) as u8;
        *into = Rgb([over(r), over(g), over(b)]);
    }
    to
}
