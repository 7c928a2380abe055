//! A text as a QR code (ISO/IEC 18004), drawn as SVG: one path of dark modules on white, with the quiet zone. Pure.

use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// Modules of the quiet zone on each side.
const QUIET: usize = 4;

/// The picture. None: the text is too long for one.
pub(crate) fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, colours) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in colours.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{} {}h{}v1h-{}z", x + QUIET, y + QUIET, run.len(), run.len());
            }
            x += run.len();
        }
    }
    let side = width + 2 * QUIET;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_has_its_finders_in_three_corners_and_a_text_that_is_too_long_none() {
        let svg = super::svg("otpauth://totp/Streamly:ada?secret=GEZDGNBV").unwrap();
        assert!(svg.contains("d=\"M4 4h7v1h-7z"), "{svg}");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
        assert_eq!(super::svg(&"x".repeat(4_000)), None);
    }
}
