//! Pictures are made here, and broken here.

use super::*;
use image::{
    AnimationDecoder, Delay, DynamicImage, Frame, ImageFormat, Rgba, RgbaImage,
    codecs::{gif::GifEncoder, png::PngDecoder},
};
use proptest::prelude::*;
use std::{io::Cursor, time::Duration};

/// A picture that no two corners of are alike.
fn drawn(width: u32, height: u32) -> DynamicImage {
    RgbaImage::from_fn(width, height, |x, y| {
        Rgba([(x * 255 / width) as u8, (y * 255 / height) as u8, 90, 255])
    })
    .into()
}

fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    let opaque = DynamicImage::from(image.to_rgb8());
    let image = if format == ImageFormat::Jpeg { &opaque } else { image };
    image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn gif(width: u32, frames: u32, ms: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, 30);
    for n in 0..frames {
        let frame = RgbaImage::from_pixel(width, width, Rgba([(n % 25 * 10) as u8, 100, 200, 255]));
        let delay = Delay::from_saturating_duration(Duration::from_millis(ms));
        encoder.encode_frame(Frame::from_parts(frame, 0, 0, delay)).unwrap();
    }
    drop(encoder);
    bytes
}

/// Frames of a kept emote, with their milliseconds.
fn played(picture: &Picture) -> Vec<(RgbaImage, u32)> {
    let decoder = PngDecoder::new(Cursor::new(&picture.bytes)).unwrap().apng().unwrap();
    let frames = decoder.into_frames().collect_frames().unwrap();
    frames
        .into_iter()
        .map(|f| (f.buffer().clone(), f.delay().numer_denom_ms().0 / f.delay().numer_denom_ms().1))
        .collect()
}

/// A segment right behind a JPEG's first two bytes.
fn with_segment(jpeg: &[u8], marker: u8, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, data, &jpeg[2..]].concat()
}

/// TIFF (EXIF 2.32 §4.6.4) that says only how the camera was held.
fn held(orientation: u8) -> Vec<u8> {
    let tag = [0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
    [b"Exif\0\0II*\0\x08\0\0\0\x01\0".as_slice(), &tag, &[0; 4]].concat()
}

#[test]
fn all_four_formats_become_small_png_emotes_in_their_proportions() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let made = emote(&file(&drawn(300, 150), format)).unwrap();
        assert_eq!(
            (made.kind, made.width, made.height, made.animated),
            (Kind::Png, 112, 56, false),
            "{format:?}"
        );
        let image = image::load_from_memory_with_format(&made.bytes, ImageFormat::Png).unwrap().into_rgba8();
        let (near, far) = (image.get_pixel(2, 2).0, image.get_pixel(109, 53).0);
        assert!(near[0] < 40 && near[1] < 40 && far[0] > 210 && far[1] > 210, "{format:?}: {near:?} {far:?}");
    }
    let small = emote(&file(&drawn(28, 28), ImageFormat::Png)).unwrap();
    assert_eq!((small.width, small.height), (28, 28), "nothing grows");
}

#[test]
fn an_animation_stays_one_with_its_times() {
    let made = emote(&gif(64, 5, 120)).unwrap();
    assert!(made.animated);
    let frames = played(&made);
    assert_eq!(frames.iter().map(|(_, ms)| *ms).collect::<Vec<_>>(), [120; 5]);
    assert!(frames.iter().enumerate().all(|(n, (f, _))| f.get_pixel(3, 3).0[0].abs_diff(n as u8 * 10) < 6));
    assert_eq!(played(&emote(&gif(8, 2, 0)).unwrap())[0].1, 100, "as browsers play it");
}

#[test]
fn a_long_animation_gives_up_frames_and_no_time() {
    let made = emote(&gif(16, 150, 30)).unwrap();
    let frames = played(&made);
    assert_eq!(frames.len(), 50);
    assert_eq!(frames.iter().map(|(_, ms)| *ms).sum::<u32>(), 150 * 30);
    assert_eq!(emote(&gif(8, 601, 30)), Err(Invalid::TooLarge), "frames");
    assert_eq!(emote(&gif(1000, 101, 30)), Err(Invalid::TooLarge), "pixels of all frames");
}

#[test]
fn what_is_no_picture_is_refused() {
    let png = file(&drawn(40, 40), ImageFormat::Png);
    let html = b"<!doctype html><script>alert(1)</script>".as_slice();
    for bytes in [
        b"".as_slice(),
        b"\x89PNG",
        html,
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        b"<?xml version=\"1.0\"?><svg/>",
        &[html, &png].concat(),
        b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0",
        b"%PDF-1.7",
    ] {
        assert!(matches!(emote(bytes), Err(Invalid::Format | Invalid::Damaged)), "{bytes:?}");
        assert!(shared(bytes, 1280).is_err());
    }
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let whole = file(&drawn(200, 200), format);
        let cut = &whole[..60];
        assert!(emote(cut).is_err() && shared(cut, 1280).is_err(), "{format:?} cut off");
    }
}

#[test]
fn a_picture_that_unpacks_to_more_than_memory_is_refused_by_its_header() {
    // 30,000 x 30,000 pixels in a few kilobytes: the header is enough, for its data are never looked at.
    let mut png = file(&drawn(8, 8), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    let mut gif = gif(8, 2, 100);
    gif[6..10].copy_from_slice(&[0x30, 0x75, 0x30, 0x75]);
    let mut jpeg = file(&drawn(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x75, 0x30, 0x75, 0x30]);
    for (name, bytes) in [("png", png), ("gif", gif), ("jpeg", jpeg)] {
        let begun = std::time::Instant::now();
        assert_eq!(emote(&bytes), Err(Invalid::TooLarge), "{name}");
        assert_eq!(shared(&bytes, 1280), Err(Invalid::TooLarge), "{name}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{name}: {:?}", begun.elapsed());
    }
    let largest = file(&RgbaImage::new(4097, 1).into(), ImageFormat::Png);
    assert_eq!(shared(&largest, 1280), Err(Invalid::TooLarge));
}

#[test]
fn a_jpeg_of_scans_without_end_is_refused() {
    let jpeg = file(&drawn(16, 16), ImageFormat::Jpeg);
    let scans = [0xFF, 0xDA, 0, 2].repeat(100);
    assert_eq!(shared(&[&jpeg[..], &scans].concat(), 1280), Err(Invalid::TooLarge));
}

#[test]
fn nothing_of_the_upload_but_its_pixels_comes_out() {
    let jpeg = with_segment(&file(&drawn(60, 40), ImageFormat::Jpeg), 0xFE, b"SECRET comment");
    let jpeg = with_segment(&jpeg, 0xE1, b"Exif\0\0SECRET place");
    let tail = [&jpeg[..], b"PK\x03\x04SECRET archive<script>"].concat();
    let mut text = Vec::new();
    let mut encoder = png::Encoder::new(&mut text, 2, 2);
    encoder.set_color(png::ColorType::Rgb);
    encoder.add_text_chunk("Author".into(), "SECRET name".into()).unwrap();
    encoder.write_header().unwrap().write_image_data(&[9; 12]).unwrap();
    for bytes in [tail, text] {
        assert!(bytes.windows(6).any(|w| w == b"SECRET"));
        for made in [emote(&bytes).unwrap(), shared(&bytes, 1280).unwrap()] {
            assert!(!made.bytes.windows(6).any(|w| w == b"SECRET"));
            assert!(!made.bytes.windows(7).any(|w| w == b"<script"));
        }
    }
}

#[test]
fn a_photograph_stands_upright_whatever_way_the_camera_was_held() {
    let lying = file(&drawn(400, 200), ImageFormat::Jpeg);
    let made = shared(&with_segment(&lying, 0xE1, &held(6)), 1280).unwrap();
    assert_eq!((made.width, made.height), (200, 400));
    let image = image::load_from_memory(&made.bytes).unwrap().into_rgb8();
    assert!(image.get_pixel(190, 5).0[0] < 40, "what was left is at the top");
    let emote = emote(&with_segment(&lying, 0xE1, &held(6))).unwrap();
    assert_eq!((emote.width, emote.height), (56, 112));
}

#[test]
fn a_square_is_the_middle_of_the_picture_and_upright() {
    let wide = RgbaImage::from_fn(600, 200, |x, y| {
        let middle = (200..400).contains(&x);
        Rgba([if middle { 200 } else { 0 }, if y < 100 { 250 } else { 10 }, 0, 255])
    });
    let made = square(&file(&wide.into(), ImageFormat::Png), 100).unwrap();
    assert_eq!((made.width, made.height, made.kind), (100, 100, Kind::Webp));
    let image = image::load_from_memory(&made.bytes).unwrap().into_rgb8();
    assert!(image.pixels().all(|p| p.0[0] > 190), "nothing of the sides");
    let lying = file(&drawn(400, 200), ImageFormat::Jpeg);
    let made = square(&with_segment(&lying, 0xE1, &held(6)), 100).unwrap();
    let image = image::load_from_memory(&made.bytes).unwrap().into_rgb8();
    assert!(image.get_pixel(50, 95).0[0] > image.get_pixel(50, 4).0[0], "what was left is at the top");
    let small = square(&file(&drawn(30, 20), ImageFormat::Png), 256).unwrap();
    assert_eq!((small.width, small.height), (20, 20), "nothing grows");
}

#[test]
fn a_shared_picture_is_bounded_and_lossless_where_that_is_small() {
    let made = shared(&file(&drawn(3000, 1000), ImageFormat::Png), 1280).unwrap();
    assert_eq!((made.kind, made.width, made.height), (Kind::Webp, 1280, 427));
    let noise = RgbaImage::from_fn(900, 900, |x, y| {
        let n = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503_551)).rotate_left(x % 31);
        Rgba([n as u8, (n >> 8) as u8, (n >> 16) as u8, if y < 20 { 0 } else { 255 }])
    });
    let made = shared(&file(&noise.into(), ImageFormat::Png), 1280).unwrap();
    assert_eq!((made.kind, made.width), (Kind::Jpeg, 900));
    let image = image::load_from_memory(&made.bytes).unwrap().into_rgb8();
    assert!(image.get_pixel(450, 4).0.iter().all(|c| *c > 200), "what was transparent is white");
}

#[test]
fn edges_do_not_darken_where_a_picture_is_transparent() {
    let disc = RgbaImage::from_fn(600, 600, |x, y| {
        let inside = (x.abs_diff(300).pow(2) + y.abs_diff(300).pow(2)) < 250 * 250;
        if inside { Rgba([255, 220, 80, 255]) } else { Rgba([0, 0, 0, 0]) }
    });
    let made = emote(&file(&disc.into(), ImageFormat::Png)).unwrap();
    let image = image::load_from_memory(&made.bytes).unwrap().into_rgba8();
    let dark = image.pixels().filter(|p| p.0[3] > 60 && p.0[0] < 230).count();
    assert_eq!(dark, 0);
}

/// CRC-32 as PNG has it (§5.5).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn broken_pictures_never_panic(which in 0usize..4, at in 0usize..4000, with in any::<[u8; 3]>(), cut in 0usize..4000) {
        let format = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP][which];
        let mut bytes = file(&drawn(20, 20), format);
        let at = at % bytes.len();
        for (into, from) in bytes[at..].iter_mut().zip(with) { *into = from; }
        let _ = emote(&bytes);
        bytes.truncate(cut.max(1));
        let _ = shared(&bytes, 64);
    }
}
