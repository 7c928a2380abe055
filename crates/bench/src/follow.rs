//! One low-latency viewer of a rendition who says how late each part is: from the date of the part's end to its being here whole.
//!
//! Dates are the origin's (docs/ARCHITECTURE.md): the wall clock at which a segment's first frame came in, so that what is measured is
//! everything behind that, and any part that media came later than it should.

use crate::{
    list,
    origin::{Origin, beside},
};
use anyhow::{Context, ensure};
use std::{
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};

/// See the module's head.
pub struct Follower {
    origin: Origin,
    playlist: String,
    last: list::Place,
}

impl Follower {
    /// Reads a rendition's list once; the parts in it do not count.
    ///
    /// # Errors
    /// If there is none.
    pub async fn join(address: SocketAddr, username: &str, rendition: &str) -> anyhow::Result<Self> {
        let origin = Origin::new(address)?;
        let playlist = origin.rendition(username, rendition).await?;
        let text = origin.text(&playlist).await?;
        let last = list::parts(&text)?.last().context("no part in the playlist")?.place;
        Ok(Self { origin, playlist, last })
    }

    /// Waits for what comes next and fetches it: seconds that each new part with media is late.
    ///
    /// # Errors
    /// If a request fails, or the broadcast has ended.
    pub async fn next(&mut self) -> anyhow::Result<Vec<f64>> {
        let text = self.origin.text(&list::next(&self.playlist, self.last)).await?;
        ensure!(!text.ends_with("#EXT-X-ENDLIST\n"), "the broadcast has ended");
        let parts = list::parts(&text)?;
        let mut late = Vec::new();
        for part in parts.iter().filter(|part| part.place > self.last && !part.gap) {
            self.origin.bytes(&beside(&self.playlist, part.uri)).await?;
            late.push(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() - part.ends_at()?);
        }
        self.last = parts.last().context("no part in the playlist")?.place;
        Ok(late)
    }
}
