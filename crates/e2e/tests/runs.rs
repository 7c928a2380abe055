//! One run after another, Ctrl-C in the middle of everything, what `doctor` says before the first, and whom `seed` makes up.

use anyhow::{Context, Result, bail, ensure};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::{net::TcpListener, process::Output, time::Duration};
use streamly_e2e::{
    Platform, chat,
    platform::{binary, free_offset},
    playback,
    processes::{below, child, nothing_left},
    publish::publish,
    viewer::Viewer,
};

const FIVE_SECONDS: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_amid_a_broadcast_with_viewers_ends_everything_within_five_seconds() -> Result<()> {
    let platform = Platform::start_with(&[], &[("STREAMLY_INGEST__LADDER", r#"["160p"]"#)]).await?;
    let person = platform.register("ada").await?;
    let publishing = publish(platform.rtmp(), &platform.stream_key(&person).await?).await?;
    platform.wait_state("ada", "live", Duration::from_secs(10)).await?;
    let variants = playback::variants(&platform.http, &platform.url("/live/ada/index.m3u8")).await?;
    ensure!(variants.len() == 2, "{variants:?}");

    let mut chatting =
        chat::join(&format!("ws://127.0.0.1:{}/ws", platform.port(3000)), Some(&person), "ada").await?;
    let mut events = platform.http.get(platform.url("/api/events?topics=directory")).send().await?;
    ensure!(events.status() == 200, "events: {}", events.status());
    ensure!(events.chunk().await?.is_some(), "the event stream ended");
    let mut viewer = Viewer::join(&platform.http, &variants[0].url).await?;
    // Of a segment that has just begun: two seconds away.
    viewer.next_segment().await?;
    let held = tokio::spawn(platform.http.get(viewer.far_url()).send());

    let processes = below(platform.pid())?;
    for name in ["postgres", "redis-server", "streamly"] {
        ensure!(processes.iter().any(|p| p.name == name), "no {name} in {processes:?}");
    }
    ensure!(!held.is_finished() && !publishing.is_finished(), "not held: {held:?} {publishing:?}");
    let (took, data) = platform.interrupt().await?;
    ensure!(took <= FIVE_SECONDS, "stopped after {took:?}");
    nothing_left(&processes, data.path())?;
    // Everybody was let go.
    let ends = async {
        while let Ok(Some(_)) = events.chunk().await {}
        while let Some(Ok(_)) = chatting.next().await {}
        ensure!(publishing.await?.is_err(), "the publisher still sends");
        let _answered_or_broken = held.await?;
        Ok(())
    };
    tokio::time::timeout(FIVE_SECONDS, ends).await.context("somebody still hangs on")?
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_end_is_ended_in_time_with_all_that_it_started() -> Result<()> {
    let platform = Platform::start(&[]).await?;
    let person = platform.register("ada").await?;
    let processes = below(platform.pid())?;
    // One of PostgreSQL's own hangs, as on a disk that does not answer.
    let postgres = child(platform.pid(), "postgres")?;
    let own = below(postgres.pid)?;
    own.first().context("PostgreSQL is one process")?.signal(nix::sys::signal::Signal::SIGSTOP)?;
    let (took, data) = platform.interrupt().await?;
    ensure!(took <= FIVE_SECONDS, "stopped after {took:?}");
    nothing_left(&processes, data.path())?;
    // What was written is there at the next start.
    let second = Platform::start_on(data, &[], &[]).await?;
    let mine = second.http.get(second.url("/api/streams/keys")).bearer_auth(&person.token).send().await?;
    ensure!(mine.status() == 200, "keys: {}", mine.status());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_and_its_stop_warn_of_nothing() -> Result<()> {
    let (_, data) = Platform::start(&[]).await?.stop().await?;
    let log = std::fs::read_to_string(data.path().join("streamly.log"))?;
    let lines: Vec<Value> = log.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(lines.iter().any(|line| line["level"] == "INFO"), "{log}");
    let warnings: Vec<_> = lines.iter().filter(|line| line["level"] != "INFO").collect();
    ensure!(warnings.is_empty(), "{warnings:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_is_on_the_same_data() -> Result<()> {
    let first = Platform::start(&[]).await?;
    let person = first.register("ada").await?;
    let key = first.stream_key(&person).await?;
    let publishing = publish(first.rtmp(), &key).await?;
    first.wait_state("ada", "live", Duration::from_secs(10)).await?;
    // Stopped amid a broadcast.
    let (_, data) = first.stop().await?;
    publishing.abort();

    let since = std::time::Instant::now();
    let second = Platform::start_on(data, &[], &[]).await?;
    let took = since.elapsed();
    ensure!(took < Duration::from_secs(60), "ready after {took:?}");
    let body = json!({"login": "ada", "password": "correct horse battery"});
    let answer = second.http.post(second.url("/api/auth/login")).json(&body).send().await?;
    ensure!(answer.status() == 200, "sign-in: {}", answer.status());
    // The first run's token holds too: the signing key is the same.
    let mine = second.http.get(second.url("/api/streams/keys")).bearer_auth(&person.token).send().await?;
    ensure!(mine.status() == 200, "keys: {}", mine.status());
    let keys: Value = mine.json().await?;
    ensure!(keys["items"].as_array().is_some_and(|all| all.len() == 1), "{keys}");
    // What was cut off by the stop is not called live.
    let channel: Value = second.http.get(second.url("/api/streams/ada")).send().await?.json().await?;
    ensure!(channel["state"] == "reconnecting", "{channel}");
    let publishing = publish(second.rtmp(), &key).await?;
    second.wait_state("ada", "live", Duration::from_secs(10)).await?;
    publishing.abort();

    let out = doctor(&second.data(), second.offset())?;
    let said = String::from_utf8(out.stdout)?;
    ensure!(out.status.success() && said.contains("Streamly is running on"), "{}\n{said}", out.status);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_made_up_by_one_command_which_may_be_run_again() -> Result<()> {
    let platform = Platform::start(&[]).await?;
    let mut names = Vec::new();
    for _ in 0..2 {
        let (data, offset) = (platform.data(), platform.offset());
        let out = tokio::task::spawn_blocking(move || launcher("seed", &data, offset)).await??;
        let (said, wrong) = (String::from_utf8(out.stdout)?, String::from_utf8(out.stderr)?);
        ensure!(out.status.success(), "{}\n{said}\n{wrong}", out.status);
        let password = std::fs::read_to_string(platform.data().join("secrets/seed-password"))?;
        ensure!(!format!("{said}{wrong}").contains(password.trim()), "the password is printed");
        let urls = said.lines().filter(|line| line.starts_with("http"));
        names = urls.filter_map(|url| url.rsplit('/').next()).map(str::to_owned).collect();
        ensure!(names.len() == 12 && said.contains("12 channels are there"), "{said}");
    }
    let list: Value = platform.http.get(platform.url("/api/streams?limit=100")).send().await?.json().await?;
    let all = list["items"].as_array().context("no list")?;
    for name in &names {
        ensure!(all.iter().filter(|one| one["username"] == **name).count() == 1, "{name} in {list}");
    }
    let channel = platform.stream("ada_plays_chess").await?;
    let said = [&channel["display_name"], &channel["title"], &channel["category"]];
    ensure!(said == ["Ada_Plays_Chess", "Endgames over breakfast", "Chess"], "{channel}");
    Ok(())
}

fn doctor(data: &std::path::Path, offset: u16) -> Result<Output> {
    launcher("doctor", data, offset)
}

fn launcher(command: &str, data: &std::path::Path, offset: u16) -> Result<Output> {
    Ok(std::process::Command::new(binary()?)
        .arg(command)
        .env("STREAMLY_DATA_DIR", data)
        .env("STREAMLY_PORT_OFFSET", offset.to_string())
        .env_remove("STREAMLY_PUBLIC_URL")
        .output()?)
}

fn row<'a>(said: &'a str, name: &str) -> Result<&'a str> {
    let mut lines = said.lines();
    lines.find(|l| l.contains(&format!(" {name} "))).with_context(|| format!("no {name} in\n{said}"))
}

#[test]
fn the_doctor_names_what_is_there_and_a_taken_port_with_what_to_do() -> Result<()> {
    let (offset, _reserved) = free_offset()?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("none");
    let out = doctor(&data, offset)?;
    let said = String::from_utf8(out.stdout)?;
    let there = [
        ("PostgreSQL", "/usr/lib/postgresql/"),
        ("Redis", "v="),
        ("setpriv", "util-linux"),
        ("free space", "MiB at /"),
    ];
    let ports = [
        ("web", 3000),
        ("RTMP", 1935),
        ("RTMPS", 1936),
        ("user", 8080),
        ("chat REST", 11084),
        ("ingest admin", 10000),
    ]
    .map(|(name, base)| (name, format!("{} is free", base + offset)));
    let ports = ports.iter().map(|(name, detail)| (*name, detail.as_str()));
    for (name, detail) in there.into_iter().chain(ports) {
        let row = row(&said, name)?;
        ensure!(row.starts_with("  ok   ") && row.contains(detail), "{row}");
    }
    // Each encoder with what its own probe said; the best that works is used.
    let probed: Vec<(&str, &str)> =
        said.lines().filter_map(|l| l.strip_prefix("       ")?.split_once(": ")).collect();
    ensure!(probed.len() >= 10 && probed.iter().all(|(_, said)| !said.is_empty()), "{said}");
    let mut work = probed.iter().filter(|(_, said)| said.starts_with("works ("));
    let (best, _) = work.next().with_context(|| format!("no encoder works in\n{said}"))?;
    ensure!(row(&said, "H.264 encoder")?.ends_with(&format!(" {best} is used")), "{said}");
    ensure!(out.status.success(), "{}\n{said}", out.status);

    // Somebody else on one port: that row alone is different.
    let _taken = TcpListener::bind(("0.0.0.0", 3000 + offset))?;
    let out = doctor(&data, offset)?;
    let said = String::from_utf8(out.stdout)?;
    let failed: Vec<&str> = said.lines().filter(|l| l.starts_with("  FAIL ")).collect();
    let [web] = failed[..] else { bail!("{said}") };
    ensure!(web == row(&said, "web")?, "{web}");
    for part in [&(3000 + offset).to_string(), "Stop what listens there", "STREAMLY_PORT_OFFSET"] {
        ensure!(web.contains(part), "{part} is not in {web}");
    }
    ensure!(out.status.code() == Some(69), "{}", out.status);
    ensure!(!data.exists(), "the doctor made a folder");
    Ok(())
}
