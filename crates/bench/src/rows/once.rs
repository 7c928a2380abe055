//! How often edges ask the origin for one thing: three `web` processes before it, low-latency viewers at each, then many more plain ones.
//!
//! Between edges and origin stands a door that keeps every request. A thing is a part, a segment or an init section, and a version of a
//! list that is asked for by number. Plain lists have no number: they are shared for a moment, and told by the second. A rate so low that two
//! cores carry all of it; what it costs is the row `edge`.

mod door;

use super::{
    Figures, Settings,
    edges::Edges,
    viewers::{come, measuring, read},
};
use crate::{
    process::{Cores, Process},
    publish, recording,
    report::{Figure, Must},
    rows,
    view::Seen,
};
use door::{Asked, Book, Door};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Edges.
const EDGES: usize = 3;
/// Longest wait until the windows are full, seconds.
const FILL_MAX: u64 = 40;
/// What was asked for first so shortly before the end may not be asked for by all edges yet.
const LATEST: Duration = Duration::from_secs(2);

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A part, a segment, an init section: their names never get other bytes.
    Media,
    /// A list by number: a version of it.
    Version,
    /// A list as it is.
    List,
}

impl Kind {
    /// Of a path with its query.
    fn of(target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        match path.ends_with(".m3u8") {
            false => Self::Media,
            true if query.contains("_HLS_msn=") => Self::Version,
            true => Self::List,
        }
    }
}

/// What viewers saw while the door was watched.
struct Watched {
    viewers: u32,
    seen: Vec<Seen>,
    /// When they came, and when they counted.
    begun: Instant,
    from: Instant,
    until: Instant,
    /// When the count began and when it ended.
    before: Book,
    after: Book,
}

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    let recording = recording::make(folder, recording::SLIGHT).await?;
    let (mut host, addresses) = rows::host(Cores::All, &[]).await?;
    let mut publisher = rows::publishers(Cores::All, addresses.rtmp, &recording.file, 1, &[])?;
    rows::wait(settings.fill.min(FILL_MAX), &mut [&mut host, &mut publisher]).await?;
    let channel = publish::key(0);
    let edges = Edges::start(settings, EDGES, Cores::All, &folder.join("once")).await?;
    let door = Door::open(addresses.http).await?;
    edges.lead(&channel, addresses.http, door.address).await?;

    let live = watch(settings, &edges, &door, settings.live_viewers, &["--channel", &channel]).await?;
    let mut figures = Vec::new();
    for (kind, what) in [(Kind::Media, "a part"), (Kind::Version, "a version of the list")] {
        figures.extend(live.figures(&format!("live: requests at the origin for {what}"), kind));
    }
    figures.push(live.failed("live"));
    let how = ["--channel", &channel, "--plain"];
    let plain = watch(settings, &edges, &door, settings.plain_viewers, &how).await?;
    figures.extend(plain.figures("plain: requests at the origin for a segment", Kind::Media));
    figures.push(plain.lists());
    figures.push(plain.failed("plain"));
    if let Some(figure) = figures.first_mut() {
        figure.note += &format!("; edges ran {}; {:.0} kbit/s", edges.told, recording.bitrate_bps / 1e3);
    }
    edges.stop().await?;
    publisher.stop().await?;
    host.stop().await?;
    Ok(figures)
}

/// Lets so many viewers come at each edge.
async fn watch(
    settings: &Settings,
    edges: &Edges,
    door: &Door,
    viewers: u32,
    how: &[&str],
) -> anyhow::Result<Watched> {
    let how: Vec<String> = how.iter().map(|word| (*word).to_owned()).collect();
    let (mut crowds, begun): (Vec<Process>, _) = (Vec::new(), Instant::now());
    for edge in &edges.all {
        crowds.push(come(settings, Cores::All, viewers, settings.seconds, edge.address, &how)?);
    }
    for crowd in &mut crowds {
        measuring(crowd).await?;
    }
    let (from, before) = (Instant::now(), door.book());
    let mut seen = Vec::new();
    for crowd in &mut crowds {
        seen.push(read(&crowd.line().await?)?);
    }
    Ok(Watched { viewers, seen, begun, from, until: Instant::now(), before, after: door.book() })
}

impl Watched {
    /// The most requests for one thing since the viewers came, and the mean over the things that came while they counted.
    fn figures(&self, what: &str, kind: Kind) -> [Figure; 2] {
        let all: Vec<(&String, &Asked)> = self
            .after
            .iter()
            .filter(|(target, asked)| asked.first >= self.begun && Kind::of(target) == kind)
            .collect();
        let is_judged = |asked: &Asked| asked.first >= self.from && asked.first + LATEST <= self.until;
        let times: Vec<f64> = all
            .iter()
            .filter(|(_, asked)| is_judged(asked))
            .map(|(_, asked)| f64::from(asked.times))
            .collect();
        let most = all.iter().max_by_key(|(_, asked)| asked.times);
        let told = most.map_or_else(String::new, |(target, _)| format!("; the most for {target}"));
        let must = Must::AtMost(EDGES as f64);
        [
            Figure::new(
                format!("{what}, most"),
                most.map_or(f64::NAN, |(_, asked)| f64::from(asked.times)),
                "",
            )
            .must(must)
            .note(format!(
                "{EDGES} edges with {} viewers each, {} such things, of the mean {}{told}; viewers: {}",
                self.viewers,
                all.len(),
                times.len(),
                self.told()
            )),
            Figure::new(format!("{what}, mean"), rows::mean(&times), "").must(must),
        ]
    }

    /// Plain lists by the second, of one edge.
    fn lists(&self) -> Figure {
        let sum = |book: &Book| {
            let lists = book.iter().filter(|(target, _)| Kind::of(target) == Kind::List);
            lists.map(|(_, asked)| f64::from(asked.times)).sum::<f64>()
        };
        let seconds = self.until.duration_since(self.from).as_secs_f64();
        let a_second = (sum(&self.after) - sum(&self.before)) / seconds / EDGES as f64;
        let asked: f64 = self.seen.iter().map(|seen| seen.playlists as f64 / seen.seconds).sum();
        Figure::new("plain: lists at the origin, a second and edge", a_second, "")
            .note(format!("viewers asked each edge for {:.0} a second", asked / EDGES as f64))
    }

    /// Answers that were none.
    fn failed(&self, which: &str) -> Figure {
        let failed: u64 = self.seen.iter().map(|seen| seen.failed).sum();
        Figure::new(format!("{which}: answers other than 200, and broken connections"), failed as f64, "")
            .must(Must::AtMost(0.0))
    }

    fn told(&self) -> String {
        let sum = |of: fn(&Seen) -> u64| self.seen.iter().map(of).sum::<u64>();
        format!(
            "{} lists, {} parts or segments, {:.0} MB, {} late",
            sum(|seen| seen.playlists),
            sum(|seen| seen.media),
            sum(|seen| seen.bytes) as f64 / 1e6,
            sum(|seen| seen.behind)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_by_number_is_a_version_and_one_without_is_none() {
        let of = |name: &str| Kind::of(&format!("/live/b/1/source/{name}"));
        assert_eq!(of("index.m3u8?_HLS_msn=4&_HLS_part=1&_HLS_skip=YES"), Kind::Version);
        assert_eq!([of("index.m3u8"), of("index.m3u8?ll=0")], [Kind::List; 2]);
        assert_eq!([of("1-4.m4s"), of("1-4.1.m4s"), of("1-init0.mp4")], [Kind::Media; 3]);
    }

    #[test]
    fn the_most_is_of_all_and_the_mean_of_what_everybody_had_time_for() {
        let from = Instant::now();
        let at = |seconds: u64| from + Duration::from_secs(seconds);
        let asked = |seconds, times| Asked { first: at(seconds), times };
        let list = ("/l/index.m3u8?ll=0".to_owned(), asked(1, 40));
        let earlier = Asked { first: from.checked_sub(Duration::from_secs(1)).unwrap(), times: 4 };
        let after = [
            ("/l/1-1.m4s".to_owned(), earlier),
            ("/l/1-2.m4s".to_owned(), asked(1, 3)),
            ("/l/1-3.m4s".to_owned(), asked(8, 2)),
            ("/l/1-4.m4s".to_owned(), asked(9, 1)),
            list.clone(),
        ];
        let before = Book::from([(list.0, Asked { times: 10, ..list.1 })]);
        let said = r#"{"seconds":10.0,"playlists":600,"media":60,"bytes":9,"failed":2,"behind":0,"p50_ms":1.0,"p99_ms":2.0}"#;
        let watched = Watched {
            viewers: 5,
            seen: vec![read(said).unwrap(); EDGES],
            begun: earlier.first,
            from,
            until: at(10),
            before,
            after: Book::from(after),
        };
        let [most, mean] = watched.figures("x", Kind::Media);
        assert_eq!((most.value, most.holds(), mean.value), (4.0, Some(false), 2.5));
        assert!(most.note.contains("the most for /l/1-1.m4s"), "{}", most.note);
        assert_eq!((watched.lists().value, watched.failed("x").value), (1.0, 6.0));
        let [none, _] = watched.figures("x", Kind::Version);
        assert_eq!(none.holds(), Some(false), "nothing that was asked for is no proof");
    }
}
