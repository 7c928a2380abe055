//! From an upload to pixels: formats by their first bytes, sizes by their headers, before anything large is decoded.

use super::{Invalid, MAX_FRAME_PIXELS, MAX_SIDE};
use image::{
    AnimationDecoder, DynamicImage, Frame, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
    RgbaImage,
    codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder},
    error::LimitErrorKind,
    metadata::Orientation,
};
use std::io::Cursor;

/// What a still picture takes as decoded, bytes: [`MAX_SIDE`] squared of four bytes each.
const MAX_DECODED: u64 = 4 * MAX_SIDE as u64 * MAX_SIDE as u64;
/// What a decoder may take besides the picture, bytes.
const MAX_ALLOC: u64 = 2 * MAX_DECODED;
/// Scans of a JPEG, at most: a progressive one has about ten. Each goes over the whole picture and may cost two bytes of the file.
const MAX_SCANS: usize = 64;
/// Frames of an animation that are looked at, at most.
const MAX_FRAMES: usize = 600;
/// What browsers make of a frame that says it stays for 10 ms or less.
const DEFAULT_DELAY_MS: u32 = 100;
/// Longest time of one frame: what a PNG can say in milliseconds.
const MAX_DELAY_MS: u32 = 60_000;

/// The frames of a picture, small already, all of one size.
#[derive(Debug)]
pub(super) struct Frames(Vec<(RgbaImage, u32)>);

impl Frames {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Each frame with its milliseconds.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&RgbaImage, u32)> {
        self.0.iter().map(|(frame, ms)| (frame, *ms))
    }

    /// Leaves at most `max` frames, each with the time of those that went after it.
    pub(super) fn thin(&mut self, max: usize) {
        let step = self.0.len().div_ceil(max.max(1));
        let mut kept: Vec<(RgbaImage, u32)> = Vec::new();
        for (n, (frame, ms)) in std::mem::take(&mut self.0).into_iter().enumerate() {
            match kept.last_mut() {
                Some((_, time)) if n % step != 0 => *time = time.saturating_add(ms).min(MAX_DELAY_MS),
                _ => kept.push((frame, ms)),
            }
        }
        self.0 = kept;
    }

    fn push(&mut self, frame: RgbaImage, ms: u32) {
        match self.0.last_mut() {
            Some((last, time)) if *last == frame => *time = time.saturating_add(ms).min(MAX_DELAY_MS),
            _ => self.0.push((frame, ms.min(MAX_DELAY_MS))),
        }
    }
}

fn failed(e: ImageError) -> Invalid {
    match e {
        ImageError::Limits(e) if !matches!(e.kind(), LimitErrorKind::Unsupported { .. }) => Invalid::TooLarge,
        ImageError::Unsupported(_) => Invalid::Format,
        _ => Invalid::Damaged,
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC);
    limits
}

fn format(bytes: &[u8]) -> Result<ImageFormat, Invalid> {
    let format = image::guess_format(bytes).map_err(|_| Invalid::Format)?;
    let known = matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::WebP);
    if !known {
        return Err(Invalid::Format);
    }
    let is_scan = |pair: &[u8]| pair == [0xFF, 0xDA];
    if format == ImageFormat::Jpeg && bytes.windows(2).filter(|pair| is_scan(pair)).count() > MAX_SCANS {
        return Err(Invalid::TooLarge);
    }
    Ok(format)
}

/// The picture, or an animation's first frame, turned upright, with sides of at most `max_side`.
pub(super) fn still(bytes: &[u8], max_side: u32) -> Result<DynamicImage, Invalid> {
    let (image, orientation) = decoded(bytes)?;
    let mut image = fit(image, max_side);
    image.apply_orientation(orientation);
    Ok(image)
}

/// The same of the largest square in its middle, which is in the middle however the camera was held.
pub(super) fn square(bytes: &[u8], max_side: u32) -> Result<DynamicImage, Invalid> {
    let (image, orientation) = decoded(bytes)?;
    let (width, height) = (image.width(), image.height());
    let side = width.min(height);
    let mut image = fit(image.crop_imm((width - side) / 2, (height - side) / 2, side, side), max_side);
    image.apply_orientation(orientation);
    Ok(image)
}

/// All its pixels, and how it wants to be turned.
fn decoded(bytes: &[u8]) -> Result<(DynamicImage, Orientation), Invalid> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format(bytes)?);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > MAX_SIDE || decoder.total_bytes() > MAX_DECODED {
        return Err(Invalid::TooLarge);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder).map_err(failed)?, orientation))
}

/// All frames, each with sides of at most `max_side`; one of what does not move.
pub(super) fn frames(bytes: &[u8], max_side: u32) -> Result<Frames, Invalid> {
    let cursor = || Cursor::new(bytes);
    match format(bytes)? {
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(cursor()).map_err(failed)?;
            decoder.set_limits(limits()).map_err(failed)?;
            let size = decoder.dimensions();
            moving(size, max_side, decoder.into_frames())
        }
        ImageFormat::WebP => {
            let mut decoder = WebPDecoder::new(cursor()).map_err(failed)?;
            decoder.set_limits(limits()).map_err(failed)?;
            let size = decoder.dimensions();
            match decoder.has_animation() {
                true => moving(size, max_side, decoder.into_frames()),
                false => still(bytes, max_side).map(one),
            }
        }
        ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(cursor(), limits()).map_err(failed)?;
            let size = decoder.dimensions();
            match decoder.is_apng().map_err(failed)? {
                true => moving(size, max_side, decoder.apng().map_err(failed)?.into_frames()),
                false => still(bytes, max_side).map(one),
            }
        }
        _ => still(bytes, max_side).map(one),
    }
}

fn one(image: DynamicImage) -> Frames {
    Frames(vec![(image.into_rgba8(), 0)])
}

fn moving(
    (width, height): (u32, u32),
    max_side: u32,
    decoded: impl Iterator<Item = image::ImageResult<Frame>>,
) -> Result<Frames, Invalid> {
    if width.max(height) > MAX_SIDE {
        return Err(Invalid::TooLarge);
    }
    let pixels = u64::from(width) * u64::from(height);
    let (mut frames, mut seen) = (Frames(Vec::new()), 0);
    for (n, frame) in decoded.enumerate() {
        seen += pixels;
        if n >= MAX_FRAMES || seen > MAX_FRAME_PIXELS {
            return Err(Invalid::TooLarge);
        }
        let frame = frame.map_err(failed)?;
        let (numerator, denominator) = frame.delay().numer_denom_ms();
        let ms = match numerator / denominator.max(1) {
            0..=10 => DEFAULT_DELAY_MS,
            ms => ms,
        };
        frames.push(fit(frame.into_buffer().into(), max_side).into_rgba8(), ms);
    }
    if frames.0.is_empty() { Err(Invalid::Damaged) } else { Ok(frames) }
}

/// Shrinks to sides of at most `max_side`, in the same proportions; what is small stays as it is.
fn fit(image: DynamicImage, max_side: u32) -> DynamicImage {
    let longest = image.width().max(image.height());
    if longest <= max_side {
        return image;
    }
    let has_alpha = image.color().has_alpha();
    let mut image = if has_alpha { weighted(image.into_rgba8()).into() } else { image };
    // A fast mean first: the better filter's working memory grows with what it is given.
    let twice = max_side.saturating_mul(2);
    if longest > twice.saturating_mul(2) {
        image = image.thumbnail(twice, twice);
    }
    let image = image.resize(max_side, max_side, image::imageops::FilterType::CatmullRom);
    if has_alpha { unweighted(image.into_rgba8()).into() } else { image }
}

/// Colours times their opacity: else the colour of what is transparent, often black, comes in at the edges.
fn weighted(mut image: RgbaImage) -> RgbaImage {
    for pixel in image.pixels_mut() {
        let [r, g, b, a] = pixel.0;
        let by = |c: u8| ((u16::from(c) * u16::from(a) + 127) / 255) as u8;
        pixel.0 = [by(r), by(g), by(b), a];
    }
    image
}

fn unweighted(mut image: RgbaImage) -> RgbaImage {
    for pixel in image.pixels_mut() {
        let [r, g, b, a] = pixel.0;
        if a == 0 {
            pixel.0 = [0; 4];
            continue;
        }
        let by = |c: u8| (u16::from(c) * 255 / u16::from(a)).min(255) as u8;
        pixel.0 = [by(r), by(g), by(b), a];
    }
    image
}
