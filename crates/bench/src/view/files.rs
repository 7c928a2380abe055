//! Viewers of files: given paths in turn at a given pace, each viewer by itself, or all at the same moments as live viewers are.

use super::{Counts, Options, begin, steady::Steady};
use anyhow::ensure;
use std::time::{Duration, Instant};

/// Fetches paths in turn, at the pace, until something fails.
pub(super) async fn in_turn(
    options: &Options,
    index: u32,
    paths: &[String],
    counts: &Counts,
) -> anyhow::Result<()> {
    let (mut connection, _) = begin(options, counts).await?;
    let interval = Duration::from_millis(options.interval_ms);
    let mut due = Instant::now() + interval * index / options.count;
    for path in paths.iter().cycle().skip(index as usize % paths.len()) {
        tokio::time::sleep_until(due.into()).await;
        let asked = Instant::now();
        if asked > due + interval {
            counts.add(&counts.behind, 1);
            due = asked;
        }
        fetch(&mut connection, path, counts).await?;
        due += interval;
    }
    Ok(())
}

/// Fetches so many paths one behind the other at each moment, the same ones at the same moments as everybody, until something fails. A moment
/// that has passed meanwhile is left out.
pub(super) async fn together(
    options: &Options,
    started: Instant,
    paths: &[String],
    counts: &Counts,
) -> anyhow::Result<()> {
    let (mut connection, _) = begin(options, counts).await?;
    let interval = Duration::from_millis(options.interval_ms);
    let mut moment = passed(started, interval) + 1;
    loop {
        tokio::time::sleep_until((started + interval * moment).into()).await;
        for path in of_moment(paths, options.together, moment) {
            fetch(&mut connection, path, counts).await?;
        }
        let now = passed(started, interval);
        if now > moment {
            counts.add(&counts.behind, 1);
        }
        moment = now.max(moment) + 1;
    }
}

async fn fetch(connection: &mut Steady<'_>, path: &str, counts: &Counts) -> anyhow::Result<()> {
    let asked = Instant::now();
    let (status, bytes) = connection.length(path).await?;
    ensure!(status == 200, "{path}: {status}");
    counts.media(bytes, asked.elapsed().as_secs_f64() * 1000.0);
    Ok(())
}

/// Whole intervals since then.
fn passed(started: Instant, interval: Duration) -> u32 {
    (started.elapsed().as_millis() / interval.as_millis().max(1)) as u32
}

/// Of paths that are whole groups of so many, those of a moment.
fn of_moment(paths: &[String], together: usize, moment: u32) -> &[String] {
    let first = moment as usize % (paths.len() / together) * together;
    &paths[first..first + together]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_moment_has_its_own_group_and_behind_the_last_comes_the_first() {
        let paths = ["a", "b", "c", "d", "e", "f"].map(str::to_owned);
        let all: Vec<_> = (0..4).map(|moment| of_moment(&paths, 2, moment)[0].as_str()).collect();
        assert_eq!(all, ["a", "c", "e", "a"]);
        assert_eq!(of_moment(&paths, 2, 2), ["e", "f"]);
    }
}
