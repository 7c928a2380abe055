//! Pages of 10,000 live channels at 500 requests a second: the page that everybody asks for, others that nobody asked for a moment ago, the
//! second page by a cursor, filters, and searches; beside nginx with the same first page as a file.

use super::{
    super::Settings,
    home::{Home, Load},
};
use crate::{
    ask::{Answers, Request},
    nginx,
    process::Cores,
    report::{Figure, Must},
};
use anyhow::{Context, ensure};

/// Live channels.
const CHANNELS: u32 = 10_000;
const PER_SECOND: f64 = 500.0;
/// 99 of 100 answers come within this, milliseconds.
const MOST_MS: f64 = 30.0;
/// Searches a second: each is work for the database, and none is asked twice.
const SEARCHES: f64 = 20.0;
/// Categories, languages and tags that channels have.
const CATEGORIES: u32 = 36;
const TAGS: u32 = 100;
const LANGUAGES: [&str; 5] = ["en", "de", "pt-BR", "es", "ja"];

/// Channels that are live at a node that nobody hears of: the platform's leader must not end them, so their leases are far in the future.
fn fill(channels: u32) -> String {
    let languages = LANGUAGES.map(|language| format!("'{language}'")).join(",");
    format!(
        "INSERT INTO channels (id, owner_id, username, display_name, title, category, language, search, tag_keys, tags) \
         SELECT gen_random_uuid(), gen_random_uuid(), 'user' || n, 'User' || n, 'the title ' || md5(n::text), 'Category ' || n % {CATEGORIES}, \
         (ARRAY[{languages}])[1 + n % 5], 'user' || n || ' the title ' || md5(n::text), ARRAY['t' || n % {TAGS}], ARRAY['t' || n % {TAGS}] \
         FROM generate_series(1, {channels}) n; \
         INSERT INTO stream_keys (id, channel_id, name) SELECT gen_random_uuid(), id, 'k' FROM channels; \
         INSERT INTO broadcasts (id, channel_id, state, epoch, session_id, node_id, origin_url, msn_reserved, viewers, live_at, renditions) \
         SELECT gen_random_uuid(), id, 'live', 1, gen_random_uuid(), 'bench', 'http://127.0.0.1:1', 1024, 10 * substr(username, 5)::int, now(), \
         '[{{\"name\":\"source\",\"width\":1920,\"height\":1080,\"fps\":60,\"bitrate_bps\":6000000,\"codecs\":\"avc1.64002a,mp4a.40.2\"}}, \
         {{\"name\":\"480p\",\"width\":854,\"height\":480,\"fps\":30,\"bitrate_bps\":1200000,\"codecs\":\"avc1.64001f,mp4a.40.2\"}}]' FROM channels; \
         INSERT INTO sessions (id, broadcast_id, key_id, attempt_id, epoch, node_id, remote_addr, encoder, first_msn, msn_reserved, takeover, \
         resumed, started_at) SELECT b.session_id, b.id, k.id, gen_random_uuid(), 1, 'bench', '', '', 0, 1024, false, false, \
         now() + interval '1 day' FROM broadcasts b JOIN stream_keys k USING (channel_id); ANALYZE"
    )
}

pub(super) async fn measure(settings: &Settings, home: &Home) -> anyhow::Result<Vec<Figure>> {
    let channels = if settings.quick { CHANNELS / 10 } else { CHANNELS };
    let pace = if settings.quick { PER_SECOND / 10.0 } else { PER_SECOND };
    home.sql("streamly_streams", &fill(channels)).await?;
    let api = format!("http://127.0.0.1:{}/api/streams", home.port(8082));
    let client = reqwest::Client::builder().no_proxy().build()?;
    let first = format!("{api}?live=true");
    let page = client.get(&first).send().await?.error_for_status()?.text().await?;
    let cursors = cursors(&client, &api).await?;
    let pids = home.pin(&["service stream", "postgres"]).await?;

    let root = home.folder().join("files");
    std::fs::create_dir_all(&root)?;
    std::fs::write(root.join("streams.json"), &page)?;
    let (mut peer, address) = nginx::files(&home.folder().join("nginx"), &root, Cores::First).await?;
    let file = [Request::get("file", format!("http://{address}/streams.json"))];
    let files = home.ask(&file, pace, settings.seconds, vec![peer.pid()?]).await?;
    peer.still_runs()?;
    peer.stop().await?;
    let files = answers(&files, "file")?.clone();

    let many = |kind: &str, queries: Vec<String>| -> Vec<Request> {
        queries.into_iter().map(|query| Request::get(kind, format!("{api}?live=true{query}"))).collect()
    };
    let varied = (0..CATEGORIES).flat_map(|category| {
        (0..TAGS).map(move |tag| {
            let limit = 20 + (category + tag) % 30;
            match tag % 3 {
                0 => format!("&limit={limit}&category=category%20{category}"),
                1 => format!("&limit={limit}&tag=t{tag}"),
                _ => format!("&limit={limit}&language={}", LANGUAGES[tag as usize % LANGUAGES.len()]),
            }
        })
    });
    let filters = many("varied", varied.collect());
    let pages =
        cursors.iter().map(|cursor| Request::get("page 2", format!("{api}?live=true&cursor={cursor}")));
    let words = (0..10_000u32).map(|n| format!("&q=user{}", n * 7 % channels.max(1))).collect();
    let mut figures = Vec::new();
    for (what, requests, pace, kind) in [
        ("first page, the same for all", many("first", vec![String::new()]), pace, "first"),
        ("first pages under 3,600 filters and sizes", filters, pace, "varied"),
        ("second pages, by 70 cursors", pages.collect(), pace, "page 2"),
        ("searches, each another one", many("search", words), SEARCHES.min(pace), "search"),
    ] {
        let load = home.ask(&requests, pace, settings.seconds, pids.clone()).await?;
        let seen = answers(&load, kind)?;
        let beside = figures.is_empty().then_some(&files);
        figures.push(figure(what, seen, &load, pace, channels, beside));
    }
    Ok(figures)
}

/// Of first pages in sizes of 31 to 100.
async fn cursors(client: &reqwest::Client, api: &str) -> anyhow::Result<Vec<String>> {
    let mut cursors = Vec::new();
    for limit in 31..=100 {
        let page = client.get(format!("{api}?live=true&limit={limit}")).send().await?.error_for_status()?;
        let page: serde_json::Value = serde_json::from_str(&page.text().await?)?;
        cursors.push(page["next_cursor"].as_str().context("there is a second page")?.to_owned());
    }
    Ok(cursors)
}

fn answers<'a>(load: &'a Load, kind: &str) -> anyhow::Result<&'a Answers> {
    let seen = load.seen.get(kind).with_context(|| format!("nothing of {kind} was seen"))?;
    ensure!(seen.of(200) > 0, "no answer to {kind} was good: {:?}", seen.statuses);
    Ok(seen)
}

fn figure(
    what: &str,
    seen: &Answers,
    load: &Load,
    pace: f64,
    channels: u32,
    peer: Option<&Answers>,
) -> Figure {
    let failed = seen.all() - seen.of(200);
    let mut figure = Figure::new(format!("directory: {what}, p99 at {pace:.0}/s"), seen.p99_ms, "ms")
        .must(Must::AtMost(MOST_MS))
        .note(format!(
            "of {channels} live channels; p50 {:.1} ms, longest {:.1} ms, {failed} of {} answers were others than 200, {:.1} KB each; \
             service and database {:.2} cores, on one",
            seen.p50_ms,
            seen.max_ms,
            seen.all(),
            seen.bytes / 1e3,
            load.cores,
        ));
    if let Some(peer) = peer {
        figure = figure.beside("nginx, the same page as a file", peer.p99_ms);
    }
    figure
}
