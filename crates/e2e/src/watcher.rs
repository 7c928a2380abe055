//! A low-latency viewer who stays: it mends what a player mends by itself, in one playback session from its beginning to its end.
//!
//! The rules are hls.js's (`playlistLoadPolicy`, `fragLoadPolicy`): a request that breaks, or is answered 5xx, is repeated after growing
//! pauses, the first time at once, as browsers do on a connection that was closed under them; an answer of 4xx is not repeated. Where parts
//! are not listed any more the whole segment is fetched. What is beyond that is a reload, and an error here: so is a segment that cannot be had.

use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::{BTreeMap, HashSet},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

const SECOND: Duration = Duration::from_secs(1);
/// Before each repetition of a request for a playlist.
const LIST_PAUSES: [Duration; 3] = [Duration::ZERO, SECOND, Duration::from_secs(2)];
/// The same for media.
const MEDIA_PAUSES: [Duration; 5] =
    [Duration::ZERO, SECOND, Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];
/// Longest wait for an answer (hls.js: `maxLoadTimeMs`).
const ANSWER: Duration = Duration::from_secs(20);
/// Answers in a row that have nothing new, after which there is nothing to come.
const EMPTY_MAX: u32 = 20;

/// The first part that is not had: media sequence number, and index in its segment.
type Place = (u64, usize);

/// What came of it.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Number of the first segment that was seen to its end.
    pub first: u64,
    /// Of the last one.
    pub last: u64,
    /// Parts and whole segments.
    pub media: usize,
    /// Parts that were said to be missing.
    pub gaps: usize,
    /// Requests that were repeated.
    pub mended: usize,
    /// Longest time between two answers with something new.
    pub longest: Duration,
}

/// See the module's head.
#[derive(Debug)]
pub struct Watcher {
    http: reqwest::Client,
    url: reqwest::Url,
    next: Place,
    /// Init sections that it has.
    inits: HashSet<String>,
    seen: Watched,
}

enum Answer {
    Body(Vec<u8>),
    /// To be repeated.
    Broken(anyhow::Error),
    /// Not to be.
    Refused(anyhow::Error),
}

impl Watcher {
    /// Begins at the live edge of the source, with connections of its own. Errors: nothing of that channel is on air.
    pub async fn join(multivariant: &str) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(ANSWER).build()?;
        let variants = crate::playback::variants(&http, multivariant).await?;
        let source = variants.into_iter().find(|variant| variant.name == "source").context("no source")?;
        let answer = http.get(source.url.clone()).send().await?.error_for_status()?;
        let next = end(&read(&answer.text().await?)?)?;
        let seen =
            Watched { first: next.0, last: next.0, media: 0, gaps: 0, mended: 0, longest: Duration::ZERO };
        Ok(Self { http, url: source.url, next, inits: HashSet::new(), seen })
    }

    /// Views on until it is enough. Errors: a player would have had to begin anew.
    pub async fn watch(mut self, enough: &AtomicBool) -> Result<Watched> {
        let (mut since, mut empty) = (Instant::now(), 0);
        while !enough.load(Relaxed) {
            match self.load().await.with_context(|| format!("behind {:?}", self.next))? {
                0 => {
                    empty += 1;
                    ensure!(empty < EMPTY_MAX, "there is nothing behind {:?}", self.next);
                    tokio::time::sleep(SECOND / 5).await;
                }
                _ => {
                    self.seen.longest = self.seen.longest.max(since.elapsed());
                    (since, empty) = (Instant::now(), 0);
                }
            }
        }
        self.seen.last = self.next.0.saturating_sub(1);
        Ok(self.seen)
    }

    /// Waits for what comes next and fetches it: how much that was.
    async fn load(&mut self) -> Result<usize> {
        let mut held = self.url.clone();
        held.query_pairs_mut()
            .append_pair("_HLS_msn", &self.next.0.to_string())
            .append_pair("_HLS_part", &self.next.1.to_string());
        let text = String::from_utf8(self.ask(&held, &LIST_PAUSES).await?)?;
        ensure!(!text.contains("#EXT-X-ENDLIST"), "the broadcast has ended");
        let (wanted, gaps, next) = wanted(&read(&text)?, self.next)?;
        let inits: Vec<&str> = inits(&text).filter(|uri| self.inits.insert((*uri).to_owned())).collect();
        for uri in inits.into_iter().chain(wanted.iter().map(String::as_str)) {
            let url = self.url.join(uri)?;
            ensure!(!self.ask(&url, &MEDIA_PAUSES).await?.is_empty(), "{uri} is empty");
        }
        self.seen.media += wanted.len();
        self.seen.gaps += gaps;
        self.next = next;
        Ok(wanted.len() + gaps)
    }

    /// The body, after as many tries as a player makes.
    async fn ask(&mut self, url: &reqwest::Url, pauses: &[Duration]) -> Result<Vec<u8>> {
        let mut pauses = pauses.iter();
        loop {
            match self.once(url).await {
                Answer::Body(body) => return Ok(body),
                Answer::Refused(why) => return Err(why),
                Answer::Broken(why) => {
                    let Some(pause) = pauses.next() else { return Err(why.context("the last try")) };
                    self.seen.mended += 1;
                    tokio::time::sleep(*pause).await;
                }
            }
        }
    }

    async fn once(&self, url: &reqwest::Url) -> Answer {
        let asked = async {
            let answer = self.http.get(url.clone()).send().await?;
            let status = answer.status();
            reqwest::Result::Ok((status, answer.bytes().await?.to_vec()))
        };
        match asked.await {
            Ok((status, body)) if status == 200 => Answer::Body(body),
            Ok((status, body)) => {
                let why = anyhow::anyhow!("{url}: {status} {}", String::from_utf8_lossy(&body));
                if status.is_server_error() { Answer::Broken(why) } else { Answer::Refused(why) }
            }
            Err(error) => Answer::Broken(error.into()),
        }
    }
}

/// A segment as it is listed.
#[derive(Debug, Default, PartialEq)]
struct Segment {
    /// None: it grows.
    uri: Option<String>,
    /// Whether the whole segment is said to be missing.
    gap: bool,
    /// None: it is said to be missing. Of an older segment there are none.
    parts: Vec<Option<String>>,
}

fn read(playlist: &str) -> Result<BTreeMap<u64, Segment>> {
    let (mut msn, mut found) = (0, BTreeMap::<u64, Segment>::new());
    for line in playlist.lines() {
        if let Some(n) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
            msn = n.parse()?;
        } else if let Some(part) = line.strip_prefix("#EXT-X-PART:") {
            let uri = part.split("URI=\"").nth(1).and_then(|text| text.split('"').next());
            let uri = uri.context("a part's URI")?.to_owned();
            let is_there = !part.contains("GAP=YES");
            found.entry(msn).or_default().parts.push(is_there.then_some(uri));
        } else if line == "#EXT-X-GAP" {
            found.entry(msn).or_default().gap = true;
        } else if !line.starts_with('#') && !line.is_empty() {
            found.entry(msn).or_default().uri = Some(line.to_owned());
            msn += 1;
        }
    }
    ensure!(!found.is_empty(), "nothing is listed: {playlist}");
    Ok(found)
}

/// What decoders need before the media.
fn inits(playlist: &str) -> impl Iterator<Item = &str> {
    let maps = playlist.lines().filter_map(|line| line.strip_prefix("#EXT-X-MAP:URI=\""));
    maps.filter_map(|rest| rest.split('"').next())
}

/// The place behind all that is listed.
fn end(list: &BTreeMap<u64, Segment>) -> Result<Place> {
    let (msn, last) = list.last_key_value().context("an empty list")?;
    Ok(if last.uri.is_some() { (msn + 1, 0) } else { (*msn, last.parts.len()) })
}

/// What of a list is to be fetched from a place on, how many parts are missing there, and the place behind it. Errors: the place is not listed any
/// more.
fn wanted(list: &BTreeMap<u64, Segment>, from: Place) -> Result<(Vec<String>, usize, Place)> {
    let (mut uris, mut gaps, mut next) = (Vec::new(), 0, from);
    for (msn, segment) in list.range(from.0..) {
        if *msn != next.0 {
            bail!("segment {} is lost: the next one is {msn}", next.0);
        }
        match &segment.uri {
            Some(_) if segment.gap => gaps += 1,
            // It was away for longer than parts are listed.
            Some(uri) if segment.parts.is_empty() => uris.push(uri.clone()),
            _ => {
                let new = segment.parts.get(next.1..);
                let new = new.with_context(|| format!("segment {msn} had {} parts", next.1))?;
                gaps += new.iter().filter(|part| part.is_none()).count();
                uris.extend(new.iter().flatten().cloned());
            }
        }
        next = if segment.uri.is_some() { (msn + 1, 0) } else { (*msn, segment.parts.len()) };
    }
    Ok((uris, gaps, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:4\n#EXT-X-MAP:URI=\"1-init0.mp4\"\n#EXTINF:2.0,\n1-4.m4s\n\
        #EXT-X-PART:DURATION=1.0,URI=\"1-5.0.m4s\"\n\
        #EXT-X-PART:DURATION=1.0,URI=\"1-5.1.m4s\",GAP=YES\n#EXTINF:2.0,\n1-5.m4s\n\
        #EXT-X-PART:DURATION=1.0,URI=\"1-6.0.m4s\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"1-6.1.m4s\"\n";

    fn from(place: Place) -> Result<(Vec<String>, usize, Place)> {
        wanted(&read(LIST)?, place)
    }

    #[test]
    fn what_is_behind_a_place_is_fetched_once() {
        assert_eq!(end(&read(LIST).unwrap()).unwrap(), (6, 1));
        assert_eq!(inits(LIST).collect::<Vec<_>>(), ["1-init0.mp4"]);
        assert_eq!(from((5, 0)).unwrap(), (vec!["1-5.0.m4s".into(), "1-6.0.m4s".into()], 1, (6, 1)));
        assert_eq!(from((6, 0)).unwrap(), (vec!["1-6.0.m4s".into()], 0, (6, 1)));
        assert_eq!(from((6, 1)).unwrap(), (Vec::new(), 0, (6, 1)));
        assert_eq!(from((7, 0)).unwrap(), (Vec::new(), 0, (7, 0)), "a list that is older waits");
    }

    #[test]
    fn a_segment_whose_parts_are_gone_is_fetched_whole_and_one_that_is_gone_is_lost() {
        let (uris, _, next) = from((4, 1)).unwrap();
        assert_eq!((uris[0].as_str(), next), ("1-4.m4s", (6, 1)));
        let lost = from((3, 0)).unwrap_err();
        assert!(lost.to_string().contains("segment 3 is lost"), "{lost}");
        assert!(read("#EXTM3U\n").is_err());
    }
}
