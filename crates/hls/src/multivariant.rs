//! The multivariant playlist: every planned rendition at once, since players read it once.
//!
//! It is rendered per request (it carries the playback session) and is not cached; the media playlists carry no
//! session and are. Values that would break out of an attribute are dropped, not escaped: the format has no escape.

use std::fmt::Write;

/// The I-frame playlist of a rendition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IframeStream {
    /// Peak bits per second of its keyframes, each for its time.
    pub bandwidth_bps: u64,
    /// The video's alone.
    pub codecs: String,
    /// As a rendition's.
    pub uri: String,
}

/// One rendition as the playlist announces it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendition {
    /// `source`, `720p60`, `480p`: becomes STABLE-VARIANT-ID.
    pub name: String,
    /// Peak bits per second, see [`bandwidth`].
    pub bandwidth_bps: u64,
    /// Average bits per second, where it is known.
    pub average_bandwidth_bps: Option<u64>,
    /// Width and height in pixels; `None` for sound alone.
    pub resolution: Option<(u32, u32)>,
    /// Frames per second; `None` if unknown or for sound alone.
    pub frame_rate: Option<f64>,
    /// RFC 6381 codecs, such as `avc1.640028,mp4a.40.2`.
    pub codecs: String,
    /// The URL of its media playlist, relative to the multivariant playlist or absolute. A query in it is kept.
    pub uri: String,
    /// None for sound alone.
    pub iframes: Option<IframeStream>,
}

/// What a multivariant playlist is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Multivariant {
    /// In the order in which players should see them: the first is what many start with.
    pub renditions: Vec<Rendition>,
    /// EXT-X-INDEPENDENT-SEGMENTS. Only if every segment of every rendition will start with a keyframe: false
    /// where a GOP longer than the target duration may be cut without one.
    pub independent_segments: bool,
    /// False adds `ll=0` to every media playlist URL.
    pub ll: bool,
    /// Added as `sid=` to every media playlist URL.
    pub sid: Option<String>,
}

/// BANDWIDTH of a rendition: the video buffer verifier's maximum plus sound plus 10 % for the container, in bits
/// per second, rounded up.
pub fn bandwidth(video_max_bps: u64, audio_bps: u64) -> u64 {
    let media = video_max_bps.saturating_add(audio_bps);
    media.saturating_add(media.div_ceil(10))
}

impl Multivariant {
    /// The playlist's text.
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(160 + 320 * self.renditions.len());
        // Version 6 is the lowest that the media playlists' EXT-X-MAP may have and needs nothing newer here.
        out.push_str("#EXTM3U\n#EXT-X-VERSION:6\n");
        if self.independent_segments {
            out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
        }
        for rendition in &self.renditions {
            self.push_variant(&mut out, rendition).expect("a String takes every write");
        }
        for rendition in &self.renditions {
            if let Some(iframes) = &rendition.iframes {
                self.push_iframes(&mut out, rendition, iframes).expect("a String takes every write");
            }
        }
        out
    }

    fn push_variant(&self, out: &mut String, rendition: &Rendition) -> std::fmt::Result {
        write!(out, "#EXT-X-STREAM-INF:BANDWIDTH={}", rendition.bandwidth_bps)?;
        if let Some(average) = rendition.average_bandwidth_bps {
            write!(out, ",AVERAGE-BANDWIDTH={average}")?;
        }
        write!(out, ",CODECS=\"{}\"", quotable(&rendition.codecs))?;
        if let Some((width, height)) = rendition.resolution {
            write!(out, ",RESOLUTION={width}x{height}")?;
        }
        if let Some(fps) = rendition.frame_rate.filter(|fps| fps.is_finite() && *fps > 0.0) {
            write!(out, ",FRAME-RATE={fps:.3}")?;
        }
        writeln!(out, ",STABLE-VARIANT-ID=\"{}\"", quotable(&rendition.name))?;
        self.push_uri(out, &rendition.uri, !self.ll)?;
        out.push('\n');
        Ok(())
    }

    fn push_iframes(&self, out: &mut String, of: &Rendition, iframes: &IframeStream) -> std::fmt::Result {
        let (bandwidth, codecs) = (iframes.bandwidth_bps, quotable(&iframes.codecs));
        write!(out, "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={bandwidth},CODECS=\"{codecs}\"")?;
        if let Some((width, height)) = of.resolution {
            write!(out, ",RESOLUTION={width}x{height}")?;
        }
        out.push_str(",URI=\"");
        self.push_uri(out, &iframes.uri, false)?;
        out.push_str("\"\n");
        Ok(())
    }

    fn push_uri(&self, out: &mut String, uri: &str, plain: bool) -> std::fmt::Result {
        out.push_str(&quotable(uri));
        let mut separator = if uri.contains('?') { '&' } else { '?' };
        if let Some(sid) = &self.sid {
            write!(out, "{separator}sid={}", quotable(sid))?;
            separator = '&';
        }
        if plain {
            write!(out, "{separator}ll=0")?;
        }
        Ok(())
    }
}

/// The text without what ends a quoted string or a line.
pub(crate) fn quotable(text: &str) -> String {
    text.chars().filter(|c| *c != '"' && !c.is_control()).collect()
}
