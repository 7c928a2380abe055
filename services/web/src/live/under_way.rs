//! Requests to origins that are under way: by URL, shared by all who ask for the same, and by who began them.
//!
//! Viewers ask for the next part or two, so few numbers of a rendition differ at a time, however many they are; and a request counts
//! only for who began it, not for those who share it. A plain machine: the requests are made elsewhere (`origin`).

use super::{
    origin::Keep,
    outcome::{Failure, Fetched},
};
use futures_util::future::{BoxFuture, Shared};
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_http::{Holder, Shares};
use tokio_util::sync::CancellationToken;

/// Time between two looks through all requests for those of one broadcast at an origin that was left: every viewer of it is told in the same
/// moment, and all but the first would find nothing.
const AGAIN: Duration = Duration::from_millis(200);

/// What comes of a request.
pub(crate) type Outcome = Result<Arc<Fetched>, Failure>;
/// The same, for everybody who waits for it.
pub(super) type Under = Shared<BoxFuture<'static, Outcome>>;

/// What is under way by URL, who began it, and the same of held playlists by rendition.
#[derive(Default)]
pub(super) struct UnderWay {
    all: HashMap<String, Request>,
    begun: Shares,
    held: HashMap<String, Shares>,
    /// For what all were looked through, less than [`AGAIN`] ago.
    looked: HashMap<String, Instant>,
    /// Goes up with each.
    number: u64,
}

/// Room for a request that is begun now.
pub(super) struct Place {
    /// No other request has the same.
    pub(super) number: u64,
    keep: Keep,
    holder: Holder,
    /// Cancelled when its origin was left.
    pub(super) left: CancellationToken,
}

struct Request {
    place: Place,
    outcome: Under,
    since: Instant,
}

impl UnderWay {
    /// The request for that URL, if there is one.
    pub(super) fn shared(&self, url: &str) -> Option<Under> {
        self.all.get(url).map(|request| request.outcome.clone())
    }

    /// Room for one more, of so many requests and so many that are held of one rendition. Errors: there is none for this holder.
    pub(super) fn place(
        &mut self,
        url: &str,
        keep: Keep,
        holder: Holder,
        (max, max_held): (usize, usize),
    ) -> Result<Place, Failure> {
        if !self.begun.take(holder, max) {
            return Err(Failure::Busy);
        }
        if keep == Keep::Blocking {
            let held = self.held.entry(rendition(url).to_owned()).or_default();
            if !held.take(holder, max_held) {
                metrics::counter!("streamly_web_held_refused_total").increment(1);
                self.begun.free(holder);
                return Err(Failure::Busy);
            }
        }
        self.number += 1;
        Ok(Place { number: self.number, keep, holder, left: CancellationToken::new() })
    }

    /// It is under way from now on, until it [ends](UnderWay::end).
    pub(super) fn begin(&mut self, url: String, place: Place, outcome: Under) {
        self.all.insert(url, Request { place, outcome, since: Instant::now() });
    }

    /// The request is over: its places are free, and its URL can be asked for again.
    pub(super) fn end(&mut self, url: &str, number: u64) {
        let Entry::Occupied(request) = self.all.entry(url.to_owned()) else { return };
        if request.get().place.number != number {
            return;
        }
        let Place { keep, holder, .. } = request.remove().place;
        self.begun.free(holder);
        if keep == Keep::Blocking
            && let Some(held) = self.held.get_mut(rendition(url))
        {
            held.free(holder);
            if held.is_empty() {
                self.held.remove(rendition(url));
            }
        }
    }

    /// Ends the request for this URL, and those for URLs that begin with `all`, which are looked for once in [`AGAIN`]; of both only those
    /// that have been silent for so long.
    pub(super) fn leave(&mut self, now: Instant, silent: Duration, url: &str, all: &str) {
        let is_silent = |request: &Request| now.saturating_duration_since(request.since) >= silent;
        let mut left = Vec::new();
        self.looked.retain(|_, at| now.saturating_duration_since(*at) < AGAIN);
        if self.looked.contains_key(all) {
            left.extend(self.all.get_key_value(url).filter(|(_, request)| is_silent(request)));
        } else {
            self.looked.insert(all.to_owned(), now);
            let is_left = |at: &String| at == url || at.starts_with(all);
            left.extend(self.all.iter().filter(|(at, request)| is_silent(request) && is_left(at)));
        }
        let left: Vec<(String, u64)> = left
            .into_iter()
            .inspect(|(_, request)| request.place.left.cancel())
            .map(|(url, request)| (url.clone(), request.place.number))
            .collect();
        for (url, number) in left {
            // Now, not when its task has ended: who waited for it asks elsewhere at once.
            self.end(&url, number);
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.held.is_empty() && self.begun.is_empty()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

/// The folder of a playlist's URL: origin, broadcast and rendition.
fn rendition(url: &str) -> &str {
    let path = url.split('?').next().unwrap_or(url);
    path.rsplit_once('/').map_or(path, |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::{AGAIN, Failure, UnderWay, rendition};
    use crate::live::origin::Keep;
    use futures_util::FutureExt;
    use std::{
        future,
        net::IpAddr,
        time::{Duration, Instant},
    };

    #[test]
    fn a_query_is_no_part_of_the_folder() {
        assert_eq!(rendition("http://o/live/b/1/720p/index.m3u8?a=/x"), "http://o/live/b/1/720p");
    }

    #[test]
    fn however_many_are_told_of_a_move_all_requests_are_looked_through_once() {
        let mut under_way = UnderWay::default();
        let holder = IpAddr::from([192, 0, 2, 1]).into();
        let begin = |under_way: &mut UnderWay, n: u32| {
            let url = format!("http://o/live/b/1/source/1-{n}.m4s");
            let place = under_way.place(&url, Keep::Immutable, holder, (100, 100)).unwrap();
            under_way.begin(url, place, future::ready(Err(Failure::TimedOut)).boxed().shared());
        };
        let leave = |under_way: &mut UnderWay, later: Duration, n: u32| {
            let url = format!("http://o/live/b/1/source/1-{n}.m4s");
            let now = Instant::now() + later;
            under_way.leave(now, Duration::ZERO, &url, "http://o/live/b/1/");
            under_way.len()
        };
        (0..4).for_each(|n| begin(&mut under_way, n));
        assert_eq!(leave(&mut under_way, Duration::ZERO, 0), 0);
        (4..8).for_each(|n| begin(&mut under_way, n));
        assert_eq!(leave(&mut under_way, Duration::ZERO, 4), 3, "its own alone");
        assert_eq!(leave(&mut under_way, AGAIN, 4), 0);
        assert!(under_way.is_empty());
    }
}
