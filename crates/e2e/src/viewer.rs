//! A low-latency viewer for tests: blocking playlist reload (RFC 8216bis section 6.2.5.2), and every part as it comes.

use anyhow::{Context, Result, ensure};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// Longest wait for the next part, its load included. A part is a third of a second here: a viewer's buffer would be long empty.
const PATIENCE: Duration = Duration::from_secs(2);

/// Follows one rendition.
#[derive(Debug)]
pub struct Viewer {
    http: reqwest::Client,
    url: reqwest::Url,
    last: (u64, u64),
    loaded: HashSet<String>,
}

impl Viewer {
    /// Reads the playlist once; the parts that it lists count as loaded.
    pub async fn join(http: &reqwest::Client, url: &reqwest::Url) -> Result<Self> {
        let text = text(http, url).await?;
        let (last, parts) = parts(&text)?;
        Ok(Self { http: http.clone(), url: url.clone(), last, loaded: parts.into_iter().collect() })
    }

    /// The address whose answer is held until the part after the last one is there.
    pub fn held_url(&self) -> reqwest::Url {
        self.url_until(self.last.0, self.last.1 + 1)
    }

    /// The address whose answer is held until the second part of the next segment is there.
    pub fn far_url(&self) -> reqwest::Url {
        self.url_until(self.last.0 + 1, 1)
    }

    fn url_until(&self, msn: u64, part: u64) -> reqwest::Url {
        let mut url = self.url.clone();
        url.query_pairs_mut()
            .append_pair("_HLS_msn", &msn.to_string())
            .append_pair("_HLS_part", &part.to_string());
        url
    }

    /// Waits for what comes next and loads it: how many parts.
    pub async fn next(&mut self) -> Result<usize> {
        self.next_within(PATIENCE).await
    }

    /// The same with another patience.
    pub async fn next_within(&mut self, patience: Duration) -> Result<usize> {
        let what = format!("the part after {:?}", self.last);
        tokio::time::timeout(patience, self.load())
            .await
            .with_context(|| format!("{what} did not come in {patience:?}"))?
            .context(what)
    }

    /// Views on until a new segment begins.
    pub async fn next_segment(&mut self) -> Result<()> {
        let (msn, _) = self.last;
        while self.last.0 == msn {
            self.next().await?;
        }
        Ok(())
    }

    /// Goes on viewing for some time: how many parts came.
    pub async fn watch(&mut self, time: Duration) -> Result<usize> {
        let (since, mut count) = (Instant::now(), 0);
        while since.elapsed() < time {
            count += self.next().await?;
        }
        Ok(count)
    }

    async fn load(&mut self) -> Result<usize> {
        let text = text(&self.http, &self.held_url()).await?;
        ensure!(!text.contains("#EXT-X-ENDLIST"), "the broadcast has ended");
        let (last, parts) = parts(&text)?;
        ensure!(last > self.last, "the playlist goes from {:?} to {last:?}", self.last);
        let mut count = 0;
        for part in parts {
            if self.loaded.insert(part.clone()) {
                let answer = self.http.get(self.url.join(&part)?).send().await?.error_for_status()?;
                ensure!(!answer.bytes().await?.is_empty(), "{part} is empty");
                count += 1;
            }
        }
        self.last = last;
        Ok(count)
    }
}

async fn text(http: &reqwest::Client, url: &reqwest::Url) -> Result<String> {
    Ok(http.get(url.clone()).send().await?.error_for_status()?.text().await?)
}

/// Media sequence and index of the last part, and the addresses of all.
fn parts(playlist: &str) -> Result<((u64, u64), Vec<String>)> {
    let (mut msn, mut index, mut last, mut found) = (0, 0, None, Vec::new());
    for line in playlist.lines() {
        if let Some(n) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
            msn = n.parse()?;
        } else if let Some(part) = line.strip_prefix("#EXT-X-PART:") {
            let uri =
                part.split("URI=\"").nth(1).and_then(|t| t.split('"').next()).context("a part's URI")?;
            // What is missing is not asked for (RFC 8216bis, 4.4.4.9).
            if !part.contains("GAP=YES") {
                found.push(uri.to_owned());
            }
            last = Some((msn, index));
            index += 1;
        } else if !line.starts_with('#') && !line.is_empty() {
            (msn, index) = (msn + 1, 0);
        }
    }
    Ok((last.with_context(|| format!("no part in {playlist}"))?, found))
}
