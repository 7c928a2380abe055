//! Viewers of the plain playlist, as players without low latency are: whole segments, and the list again when a new one may be there.

use super::{Counts, Options, begin};
use crate::{
    list,
    origin::{beside, rendition},
};
use anyhow::ensure;
use std::time::{Duration, Instant};

/// Segments before the end of the list at which a player begins (RFC 8216, section 6.3.3).
const BEGIN: usize = 3;

/// Follows the playlist until something fails. It is looked at again after a target duration, or half of one where there was nothing new
/// (RFC 8216, section 6.3.4).
pub(super) async fn follow(options: &Options, counts: &Counts) -> anyhow::Result<()> {
    let (mut connection, renditions) = begin(options, counts).await?;
    let playlist = rendition(&renditions, &options.rendition)?;
    let mut last = None;
    loop {
        let looked = Instant::now();
        let (status, text) = connection.text(playlist).await?;
        ensure!(status == 200, "{playlist}: {status}");
        counts.add(&counts.playlists, 1);
        counts.add(&counts.bytes, text.len() as u64);
        ensure!(!text.ends_with("#EXT-X-ENDLIST\n"), "the broadcast has ended");
        let target = Duration::from_secs(list::target(text)?);
        let new: Vec<(u64, String)> = wanted(&list::segments(text)?, last)
            .iter()
            .map(|(msn, uri)| (*msn, beside(playlist, uri)))
            .collect();
        let wait = if new.is_empty() { target / 2 } else { target };
        if let (Some(last), Some((first, _))) = (last, new.first()) {
            counts.add(&counts.missed, first - last - 1);
        }
        for (msn, uri) in new {
            let asked = Instant::now();
            let (status, bytes) = connection.length(&uri).await?;
            ensure!(status == 200, "{uri}: {status}");
            counts.media(bytes, asked.elapsed().as_secs_f64() * 1000.0);
            last = Some(msn);
        }
        tokio::time::sleep_until((looked + wait).into()).await;
    }
}

/// Of the listed segments those behind the last one that was fetched; at the beginning the last few.
fn wanted<'l, 't>(listed: &'l [(u64, &'t str)], last: Option<u64>) -> &'l [(u64, &'t str)] {
    let from = match last {
        Some(last) => listed.partition_point(|(msn, _)| *msn <= last),
        None => listed.len().saturating_sub(BEGIN),
    };
    &listed[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_begins_near_the_end_and_goes_on_behind_what_it_has() {
        let listed = [(4, "a"), (5, "b"), (7, "c"), (8, "d")];
        assert_eq!(wanted(&listed, None), &listed[1..]);
        assert_eq!(wanted(&listed, Some(5)), &listed[2..]);
        assert!(wanted(&listed, Some(8)).is_empty());
        assert_eq!(wanted(&listed[..1], None), &listed[..1]);
    }
}
