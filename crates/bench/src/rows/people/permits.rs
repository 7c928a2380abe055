//! Permits for publishers among 100,000 keys: each of another channel, as encoders that start at once ask for them.

use super::{super::Settings, home::Home};
use crate::report::{Figure, Must, quantile};
use anyhow::{Context, ensure};
use std::time::{Duration, Instant};
use streamly_proto::stream::v1::{
    AuthorizeRequest, authorize_response::Outcome, publish_service_client::PublishServiceClient,
};
use streamly_rpc::{Peer, PeerConfig, TrustConfig};
use tokio::task::JoinSet;

/// Keys that there are.
const KEYS: u32 = 100_000;
/// Permits a second, as on a platform with so many keys on a busy evening: 36,000 an hour.
const PER_SECOND: u32 = 10;
/// Many encoders at once, as after an outage of a network.
const RUSH: u32 = 50;
/// Longest measurement, seconds: each key is used once.
const SECONDS_MAX: u64 = 60;
/// From one key to the next: prime to every number of keys.
const APART: u32 = 7_919;
/// The runtime wakes in steps of a millisecond: the last of the way to when one is due, the clock is looked at.
const LOOKED_AT: Duration = Duration::from_millis(2);
/// 99 of 100 answers come within this, milliseconds.
const MOST_MS: f64 = 5.0;

/// As many channels with a key each; `bench_{n}` is the key. What the database does with new rows afterwards is done at once: filling is no part of it.
fn fill(keys: u32, pepper: &str) -> (String, String) {
    let users = format!(
        "INSERT INTO users (id, username, display_name, email, password_hash) SELECT \
         ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, 'user' || n, 'User' || n, 'user' || n || '@example.org', 'none' \
         FROM generate_series(1, {keys}) n; VACUUM (ANALYZE); CHECKPOINT"
    );
    let pepper = pepper.replace('\'', "''");
    let channels = format!(
        "CREATE EXTENSION IF NOT EXISTS pgcrypto; \
         INSERT INTO channels (id, owner_id, username, display_name, search) SELECT \
         ('00000000-0000-7000-a000-' || lpad(n::text, 12, '0'))::uuid, ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, \
         'user' || n, 'User' || n, 'user' || n FROM generate_series(1, {keys}) n; \
         INSERT INTO stream_keys (id, channel_id, name) SELECT \
         ('00000000-0000-7000-b000-' || lpad(n::text, 12, '0'))::uuid, ('00000000-0000-7000-a000-' || lpad(n::text, 12, '0'))::uuid, 'k' \
         FROM generate_series(1, {keys}) n; \
         INSERT INTO key_secrets (id, key_id, lookup, sealed) SELECT gen_random_uuid(), \
         ('00000000-0000-7000-b000-' || lpad(n::text, 12, '0'))::uuid, hmac('bench_' || n, '{pepper}', 'sha256'), 'sealed' \
         FROM generate_series(1, {keys}) n; VACUUM (ANALYZE); CHECKPOINT"
    );
    (users, channels)
}

pub(super) async fn measure(settings: &Settings, home: &Home) -> anyhow::Result<Vec<Figure>> {
    let keys = if settings.quick { KEYS / 20 } else { KEYS };
    let pepper = std::fs::read_to_string(home.secret("stream-key-pepper"))?;
    let (users, channels) = fill(keys, pepper.trim());
    home.sql("streamly_users", &users).await?;
    home.sql("streamly_streams", &channels).await?;
    let trust = TrustConfig { key_file: Some(home.secret("service-ingest.key")), ..TrustConfig::default() };
    let identity = trust.identity("ingest").map_err(anyhow::Error::msg)?;
    let url = format!("http://127.0.0.1:{}", home.port(9082));
    let peer = Peer::new(PeerConfig::at(url), "stream", identity)?;
    let seconds = u32::try_from(settings.seconds.min(SECONDS_MAX)).context("seconds")?;
    // Keys from the whole table, each once.
    let mut next = 0;
    let mut some = |per_second: u32| {
        let count = seconds * per_second;
        let first = next;
        next += count;
        (first..next).map(move |n| 1 + n * APART % keys)
    };
    let usual = ask(&peer, PER_SECOND, some(PER_SECOND)).await?;
    let rush = ask(&peer, RUSH, some(RUSH)).await?;
    home.pin(&["service stream", "service user", "postgres"]).await?;
    let pinned = ask(&peer, PER_SECOND, some(PER_SECOND)).await?;
    let note = |took: &[f64]| {
        format!("p50 {:.1} ms, longest {:.1} ms of {}", quantile(took, 0.5), quantile(took, 1.0), took.len())
    };
    let figure = |name: &str, took: &[f64]| Figure::new(name, quantile(took, 0.99), "ms").note(note(took));
    Ok(vec![
        Figure::new("permit for a publisher, p99", quantile(&usual, 0.99), "ms")
            .must(Must::AtMost(MOST_MS))
            .note(format!(
                "{PER_SECOND} a second, of {keys} keys; {}; without the step of authorize_step, at whose end \
                 every answer comes (100 ms unless set), whatever it took",
                note(&usual),
            )),
        figure(&format!("the same at {RUSH} a second"), &rush),
        figure("the same with services and database on one core", &pinned),
    ])
}

/// Asks for these keys, so many a second, whatever became of those before; milliseconds from when each was due.
async fn ask(peer: &Peer, per_second: u32, keys: impl Iterator<Item = u32>) -> anyhow::Result<Vec<f64>> {
    let (begun, gap) = (Instant::now() + LOOKED_AT, Duration::from_secs(1) / per_second);
    let (mut asking, mut took) = (JoinSet::new(), Vec::new());
    for (n, key) in (0u32..).zip(keys) {
        let due = begun + gap * n;
        tokio::time::sleep_until((due - LOOKED_AT).into()).await;
        while Instant::now() < due {
            std::hint::spin_loop();
        }
        let mut client = PublishServiceClient::new(peer.streaming());
        asking.spawn(async move {
            let answer = client
                .authorize(AuthorizeRequest {
                    attempt_id: uuid::Uuid::now_v7().to_string(),
                    stream_key: format!("bench_{key}"),
                    node_id: "bench".into(),
                    origin_url: "http://127.0.0.1:1".into(),
                    remote_addr: "127.0.0.1:1".into(),
                    encoder: "bench".into(),
                    ..AuthorizeRequest::default()
                })
                .await?;
            anyhow::Ok((answer.into_inner().outcome, due.elapsed().as_secs_f64() * 1e3))
        });
    }
    let mut refused = Vec::new();
    while let Some(answer) = asking.join_next().await {
        match answer?? {
            (Some(Outcome::Permit(_)), ms) => took.push(ms),
            (outcome, _) => refused.push(format!("{outcome:?}")),
        }
    }
    ensure!(refused.is_empty(), "{} were refused: {}", refused.len(), refused[0]);
    // The first ones open connections.
    Ok(took.split_off((per_second as usize).min(took.len() / 2)))
}
