//! What a viewer asks of an HLS origin, as far as the rows need it: playlists read by lines, sizes by HEAD.

use anyhow::{Context, ensure};
use std::net::SocketAddr;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Numbers in a row without media behind which nothing older is looked for: a gap has a number too.
const MISSING_MAX: u32 = 3;

/// An origin and a client of its own.
pub struct Origin {
    client: reqwest::Client,
    root: String,
}

/// What of a rendition is held in memory.
#[derive(Debug, Clone, Copy)]
pub struct Holding {
    /// Segments in the playlist, bytes.
    pub listed: u64,
    /// Segments no longer in the playlist but still answered (RFC 8216, section 6.2.2), bytes.
    pub removed: u64,
}

impl Origin {
    /// Of a host.
    ///
    /// # Errors
    /// If no client can be made.
    pub fn new(address: SocketAddr) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { client, root: format!("http://{address}") })
    }

    /// A body as text.
    ///
    /// # Errors
    /// Anything but 200.
    pub async fn text(&self, path: &str) -> anyhow::Result<String> {
        Ok(String::from_utf8(self.bytes(path).await?)?)
    }

    /// A body.
    ///
    /// # Errors
    /// Anything but 200.
    pub async fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let response = self.client.get(format!("{}{path}", self.root)).send().await?;
        ensure!(response.status() == 200, "{path}: {}", response.status());
        Ok(response.bytes().await?.to_vec())
    }

    /// Length by HEAD; `None` if it is not there.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn length(&self, path: &str) -> anyhow::Result<Option<u64>> {
        let response = self.client.head(format!("{}{path}", self.root)).send().await?;
        let length =
            response.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(length.filter(|_| response.status() == 200))
    }

    /// Path of a rendition's media playlist, by its name.
    ///
    /// # Errors
    /// If the channel is not live or has no such rendition.
    pub async fn rendition(&self, username: &str, name: &str) -> anyhow::Result<String> {
        Ok(rendition(&self.text(&multivariant(username)).await?, name)?.to_owned())
    }

    /// The time of a rendition's newest media, seconds since 1970.
    ///
    /// # Errors
    /// If the playlist cannot be read.
    pub async fn edge(&self, playlist: &str) -> anyhow::Result<f64> {
        edge(&self.text(playlist).await?)
    }

    /// Bytes of the whole segments a rendition holds, and the seconds of those listed.
    ///
    /// # Errors
    /// If the playlist cannot be read.
    pub async fn holding(&self, playlist: &str) -> anyhow::Result<(Holding, f64)> {
        let text = self.text(playlist).await?;
        let (mut listed, mut seconds, mut first) = (0, 0.0, None);
        for line in text.lines() {
            if let Some(extinf) = line.strip_prefix("#EXTINF:") {
                seconds += extinf.trim_end_matches(',').parse::<f64>()?;
            } else if !line.starts_with('#') && !line.is_empty() {
                let path = beside(playlist, line);
                listed += self.length(&path).await?.unwrap_or(0);
                first.get_or_insert(path);
            }
        }
        let (mut removed, mut missing) = (0, 0);
        let mut before = first.as_deref().and_then(previous);
        while let Some(path) = before.filter(|_| missing < MISSING_MAX) {
            match self.length(&path).await? {
                Some(length) => (removed, missing) = (removed + length, 0),
                None => missing += 1,
            }
            before = previous(&path);
        }
        Ok((Holding { listed, removed }, seconds))
    }
}

/// Path of a channel's multivariant playlist, where a player starts.
pub fn multivariant(username: &str) -> String {
    format!("/live/{username}/index.m3u8")
}

/// The media playlist of a rendition, as the multivariant playlist has it.
///
/// # Errors
/// If there is no such rendition.
pub fn rendition<'p>(multivariant: &'p str, name: &str) -> anyhow::Result<&'p str> {
    let wanted = format!("/{name}/index.m3u8");
    let found = multivariant.lines().find(|line| !line.starts_with('#') && line.contains(&wanted));
    found.with_context(|| format!("no rendition {name}"))
}

/// The time of the newest media in a playlist, seconds since 1970.
fn edge(playlist: &str) -> anyhow::Result<f64> {
    let (mut dated, mut parts, mut whole) = (None, 0.0, 0.0);
    for line in playlist.lines() {
        let number = |text: &str| text.split(',').next().unwrap_or_default().parse::<f64>();
        if let Some(date) = line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:") {
            let date = OffsetDateTime::parse(date, &Rfc3339)?;
            (dated, parts, whole) = (Some(date.unix_timestamp_nanos() as f64 / 1e9), 0.0, 0.0);
        } else if let Some(part) = line.strip_prefix("#EXT-X-PART:DURATION=") {
            parts += number(part)?;
        } else if let Some(segment) = line.strip_prefix("#EXTINF:") {
            whole = number(segment)?;
        }
    }
    Ok(dated.context("no date in the playlist")? + f64::max(parts, whole))
}

/// A relative URI against a playlist's path.
pub fn beside(playlist: &str, uri: &str) -> String {
    if uri.starts_with('/') {
        return uri.to_owned();
    }
    let path = playlist.split('?').next().unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/{uri}")
}

/// `…/{epoch}-{msn}.m4s` of the segment before.
fn previous(path: &str) -> Option<String> {
    let (head, name) = path.rsplit_once('/')?;
    let (epoch, msn) = name.split('?').next()?.strip_suffix(".m4s")?.split_once('-')?;
    let msn = msn.parse::<u64>().ok()?.checked_sub(1)?;
    Some(format!("{head}/{epoch}-{msn}.m4s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_uri_stands_beside_its_playlist() {
        assert_eq!(beside("/live/b/1/source/index.m3u8?sid=x", "1-7.m4s"), "/live/b/1/source/1-7.m4s");
        assert_eq!(
            beside("/live/a/index.m3u8", "/live/b/1/source/index.m3u8"),
            "/live/b/1/source/index.m3u8"
        );
    }

    #[test]
    fn the_newest_media_is_behind_the_last_part() {
        let whole = "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:02.500Z\n#EXT-X-PART:DURATION=0.2,URI=\"a\"\n#EXTINF:2.0,\n1-0.m4s\n";
        assert_eq!(edge(whole).unwrap(), 4.5);
        let open = "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:04.500Z\n#EXT-X-PART:DURATION=0.25,URI=\"a\",INDEPENDENT=YES\n";
        assert_eq!(edge(&format!("{whole}{open}")).unwrap(), 4.75);
        assert!(edge("#EXTM3U").is_err());
    }

    #[test]
    fn the_segment_before_counts_down_to_zero() {
        assert_eq!(previous("/x/3-1.m4s").as_deref(), Some("/x/3-0.m4s"));
        assert_eq!(previous("/x/3-0.m4s"), None);
        assert_eq!(previous("/x/3-init1.mp4"), None);
    }
}
