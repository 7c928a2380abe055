//! `ask`: HTTP requests at a pace, whatever becomes of those before, and how long their answers took.
//!
//! A request's time begins when it was due, so that a server that stands still is not asked less (coordinated omission). Connections are kept.
//! It says one line of JSON when it is done, and ends.

use crate::report::quantile;
use anyhow::{Context, ensure};
use reqwest::Client;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io::Write,
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Requests under way at most; one that is due beyond them counts as failed.
const UNDER_WAY: usize = 2_000;
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Seconds at the beginning that do not count: connections open.
const SETTLE: f64 = 1.0;

/// What is asked, and how.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// A file of requests, one JSON object a line; they are asked in turn.
    #[arg(long)]
    requests: PathBuf,
    /// Requests a second.
    #[arg(long)]
    pace: f64,
    /// Seconds that count.
    #[arg(long)]
    seconds: f64,
}

/// One request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// The whole address.
    pub url: String,
    /// What it is called in the answer's statistics.
    #[serde(default)]
    pub kind: String,
    /// An access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// A body makes it a POST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
}

impl Request {
    /// A GET.
    pub fn get(kind: &str, url: String) -> Self {
        Self { url, kind: kind.to_owned(), token: None, body: None }
    }
}

/// What became of the requests of one kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Answers {
    /// How many there were, by status; 0: none came.
    pub statuses: BTreeMap<u16, u64>,
    /// Of the answers with 200, milliseconds; of none it is no number.
    #[serde(deserialize_with = "number")]
    pub p50_ms: f64,
    /// The same.
    #[serde(deserialize_with = "number")]
    pub p99_ms: f64,
    /// The same.
    #[serde(deserialize_with = "number")]
    pub max_ms: f64,
    /// 99 of 100 of all other answers, milliseconds.
    #[serde(deserialize_with = "number")]
    pub others_p99_ms: f64,
    /// Bytes of a body, on average.
    pub bytes: f64,
}

/// JSON has no NaN: it is written as null.
fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Option::<f64>::deserialize(from).map(|number| number.unwrap_or(f64::NAN))
}

impl Answers {
    /// With that status.
    pub fn of(&self, status: u16) -> u64 {
        self.statuses.get(&status).copied().unwrap_or(0)
    }
    /// All of them.
    pub fn all(&self) -> u64 {
        self.statuses.values().sum()
    }
}

/// By kind.
pub type Seen = BTreeMap<String, Answers>;

struct One {
    kind: String,
    status: u16,
    ms: f64,
    bytes: usize,
}

/// Asks, and says what was seen.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    ensure!(options.pace > 0.0, "the pace is above zero");
    let text = std::fs::read_to_string(&options.requests)?;
    let requests: Vec<Request> =
        text.lines().map(serde_json::from_str).collect::<Result<_, _>>().context("reading the requests")?;
    ensure!(!requests.is_empty(), "there are no requests");
    let client = Client::builder().no_proxy().timeout(PATIENCE).pool_max_idle_per_host(UNDER_WAY).build()?;
    let (begun, gap) = (Instant::now(), Duration::from_secs_f64(1.0 / options.pace));
    let all = ((options.seconds + SETTLE) * options.pace) as u32;
    let (mut asking, mut seen) = (JoinSet::new(), Vec::new());
    for n in 0..all {
        let due = begun + gap * n;
        tokio::time::sleep_until(due.into()).await;
        while let Some(one) = asking.try_join_next() {
            seen.push(one?);
        }
        let counts = f64::from(n) >= SETTLE * options.pace;
        let request = &requests[n as usize % requests.len()];
        if asking.len() >= UNDER_WAY {
            seen.push((counts, One { kind: request.kind.clone(), status: 0, ms: f64::NAN, bytes: 0 }));
            continue;
        }
        let (client, request) = (client.clone(), request.clone());
        asking.spawn(async move { (counts, ask(&client, request, due).await) });
    }
    while let Some(one) = asking.join_next().await {
        seen.push(one?);
    }
    let seen = sum(seen.into_iter().filter(|(counts, _)| *counts).map(|(_, one)| one));
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&seen)?)?;
    Ok(())
}

async fn ask(client: &Client, request: Request, due: Instant) -> One {
    let Request { url, kind, token, body } = request;
    let mut asked = match &body {
        Some(body) => client.post(url).json(body),
        None => client.get(url),
    };
    if let Some(token) = token {
        asked = asked.bearer_auth(token);
    }
    let answered = async {
        let answer = asked.send().await?;
        let status = answer.status().as_u16();
        Ok::<_, reqwest::Error>((status, answer.bytes().await?.len()))
    };
    let (status, bytes) = answered.await.unwrap_or((0, 0));
    One { kind, status, ms: due.elapsed().as_secs_f64() * 1e3, bytes }
}

fn sum(all: impl Iterator<Item = One>) -> Seen {
    let mut by_kind: BTreeMap<String, Vec<One>> = BTreeMap::new();
    for one in all {
        by_kind.entry(one.kind.clone()).or_default().push(one);
    }
    let answers = |all: Vec<One>| {
        let good: Vec<f64> = all.iter().filter(|one| one.status == 200).map(|one| one.ms).collect();
        let others: Vec<f64> =
            all.iter().filter(|one| one.status != 200 && one.status != 0).map(|one| one.ms).collect();
        let mut statuses = BTreeMap::new();
        all.iter().for_each(|one| *statuses.entry(one.status).or_default() += 1);
        Answers {
            statuses,
            p50_ms: quantile(&good, 0.5),
            p99_ms: quantile(&good, 0.99),
            max_ms: quantile(&good, 1.0),
            others_p99_ms: quantile(&others, 0.99),
            bytes: all.iter().map(|one| one.bytes as f64).sum::<f64>() / all.len().max(1) as f64,
        }
    };
    by_kind.into_iter().map(|(kind, all)| (kind, answers(all))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_kind_and_status() {
        let one = |kind: &str, status, ms| One { kind: kind.to_owned(), status, ms, bytes: 10 };
        let seen =
            sum([one("a", 200, 5.0), one("a", 200, 7.0), one("a", 503, 1.0), one("b", 0, 9.0)].into_iter());
        assert_eq!((seen["a"].of(200), seen["a"].of(503), seen["a"].all()), (2, 1, 3));
        assert_eq!((seen["a"].max_ms, seen["a"].others_p99_ms, seen["b"].of(0)), (7.0, 1.0, 1));
        let said = serde_json::to_string(&seen).unwrap();
        let read: Seen = serde_json::from_str(&said).unwrap();
        assert!(read["b"].p99_ms.is_nan() && read["a"].max_ms == 7.0, "{said}");
    }
}
