//! The operator's commands as an operator gives them: `streamly ctl` on the machine of a platform, `streamlyctl` with settings of its own.

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::{Duration, Instant},
};
use streamly_e2e::{Platform, nodes::Node, platform::binary, publish::publish};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

const TEN_SECONDS: Duration = Duration::from_secs(10);

/// What a command did.
struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Done {
    fn of(output: Output) -> Result<Self> {
        let (out, err) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
        Ok(Self { code: output.status.code(), out, err })
    }
    fn well(self) -> Result<String> {
        ensure!(self.code == Some(0), "{:?}\n{}\n{}", self.code, self.out, self.err);
        Ok(self.out)
    }
    fn objects(self) -> Result<Vec<Value>> {
        Ok(self.well()?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    }
}

fn command(platform: &Platform, words: &[&str]) -> Result<Command> {
    let mut command = Command::new(binary()?);
    command
        .arg("ctl")
        .args(words)
        .env("STREAMLY_DATA_DIR", platform.data())
        .env("STREAMLY_PORT_OFFSET", platform.offset().to_string())
        .env_remove("STREAMLY_PUBLIC_URL")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    Ok(command)
}

async fn ctl(platform: &Platform, words: &[&str]) -> Result<Done> {
    let output = tokio::time::timeout(6 * TEN_SECONDS, command(platform, words)?.output());
    Done::of(output.await.with_context(|| format!("{words:?} does not end"))??)
}

/// `streamlyctl`, with these settings and nothing of a platform's.
async fn alone(words: &[&str], env: &[(&str, &str)], input: &str) -> Result<Done> {
    let program: PathBuf = binary()?.with_file_name("streamlyctl");
    let mut child = Command::new(&program)
        .args(words)
        .env_clear()
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| program.display().to_string())?;
    let mut stdin = child.stdin.take().context("stdin is piped")?;
    // Whoever reads nothing has closed it.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    Done::of(tokio::time::timeout(6 * TEN_SECONDS, child.wait_with_output()).await??)
}

fn log(platform: &Platform) -> Result<String> {
    Ok(std::fs::read_to_string(platform.data().join("streamly.log"))?)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_air_is_seen_ended_and_kept_away() -> Result<()> {
    let platform = Platform::start_with(&[], &[("STREAMLY_INGEST__LADDER", "[]")]).await?;
    ensure!(ctl(&platform, &["live"]).await?.well()? == "Nothing is on air.\n");
    let ada = platform.register("ada").await?;
    let key = platform.stream_key(&ada).await?;
    let title = platform.http.patch(platform.url("/api/streams/me")).bearer_auth(&ada.token);
    let title = title.json(&serde_json::json!({"title": "Émigré \u{202e}live"})).send().await?;
    ensure!(title.status() == 200, "{}", title.text().await?);
    let publishing = publish(platform.rtmp(), &key).await?;
    platform.wait_state("ada", "live", TEN_SECONDS).await?;
    let id = platform.stream("ada").await?["live"]["broadcast_id"].as_str().context("an id")?.to_owned();

    let on_air = ctl(&platform, &["live", "--json"]).await?.objects()?;
    ensure!(on_air.len() == 1 && on_air[0]["broadcast_id"] == id.as_str(), "{on_air:?}");
    let table = ctl(&platform, &["live"]).await?.well()?;
    let row = table.lines().nth(1).context("a row")?;
    ensure!(row.starts_with("ada") && row.contains(&id) && row.contains("Émigré"), "{table}");
    ensure!(!table.contains('\u{202e}'), "the terminal would obey it: {table:?}");
    let nodes = ctl(&platform, &["nodes", "--json"]).await?.objects()?;
    ensure!(nodes.len() == 1 && nodes[0]["state"] == "takes publishers", "{nodes:?}");
    ensure!(nodes[0]["broadcasts"] == 1 && nodes[0]["machine"]["cores"].as_u64() > Some(0), "{nodes:?}");
    let health = ctl(&platform, &["health", "--json"]).await?.objects()?;
    let asked: Vec<_> = health.iter().filter_map(|one| one["service"].as_str()).collect();
    ensure!(asked == ["stream", "user", "chat", "web", "ingest"], "{health:?}");
    ensure!(health.iter().all(|one| one["state"] == "ok"), "{health:?}");

    let said = ctl(&platform, &["end", "ada"]).await?.well()?;
    ensure!(said.contains(&format!("Broadcast {id} of ada has ended.")), "{said}");
    ensure!(tokio::time::timeout(TEN_SECONDS, publishing).await??.is_err(), "the publisher still sends");
    platform.wait_state("ada", "offline", TEN_SECONDS).await?;
    for which in ["ada", &id] {
        let again = ctl(&platform, &["end", which]).await?;
        ensure!(again.code == Some(1) && again.err.contains("is not on air"), "{} {}", again.out, again.err);
    }

    // It may come again, until its key is taken away.
    let publishing = publish(platform.rtmp(), &key).await?;
    platform.wait_state("ada", "live", TEN_SECONDS).await?;
    let keys = ctl(&platform, &["keys", "ada", "--json"]).await?;
    ensure!(!keys.out.contains(&key), "a key is shown");
    let keys = keys.objects()?;
    ensure!(keys.len() == 1 && keys[0]["last_used_at_ms"].as_i64() > Some(0), "{keys:?}");
    let one = keys[0]["key_id"].as_str().context("an id")?;
    let said = ctl(&platform, &["revoke", "ada", one]).await?.well()?;
    ensure!(said.contains("is revoked") && said.contains("has ended, too"), "{said}");
    ensure!(tokio::time::timeout(TEN_SECONDS, publishing).await??.is_err(), "the publisher still sends");
    ensure!(publish(platform.rtmp(), &key).await.is_err(), "a revoked key opens");
    let none = ctl(&platform, &["end", "nobody"]).await?;
    ensure!(none.code == Some(1) && none.err.contains("there is no channel"), "{}", none.err);

    let log = log(&platform)?;
    let told = |what: &str| log.lines().any(|line| line.contains(what) && line.contains(&id));
    ensure!(told("an operator ended a broadcast") && log.contains("an operator revoked stream keys"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_drained_under_the_operators_eyes() -> Result<()> {
    let platform = Platform::start_with(&["--processes"], &[("STREAMLY_INGEST__LADDER", "[]")]).await?;
    let mut node = Node::start(&platform, "second", None).await?;
    let (ada, bob) = (platform.register("ada").await?, platform.register("bob").await?);
    let (key, other) = (platform.stream_key(&ada).await?, platform.stream_key(&bob).await?);
    let publishing = publish(node.rtmp, &key).await?;
    platform.wait_state("ada", "live", TEN_SECONDS).await?;

    let mut watching =
        command(&platform, &["drain", "second"])?.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(watching.stdout.take().context("stdout is piped")?).lines();
    let line = tokio::time::timeout(TEN_SECONDS, lines.next_line()).await??.context("a line")?;
    ensure!(line == "second takes no new publisher from now on, and still has 1 broadcast.", "{line}");
    // Who is there goes on; nobody else comes.
    ensure!(!publishing.is_finished());
    ensure!(publish(node.rtmp, &other).await.is_err(), "a draining node takes publishers");
    let since = Instant::now();
    loop {
        let nodes = ctl(&platform, &["nodes", "--json"]).await?.objects()?;
        let second = nodes.iter().find(|node| node["node_id"] == "second").context("the node")?;
        if second["state"] == "draining" {
            break;
        }
        ensure!(since.elapsed() < TEN_SECONDS, "{nodes:?}");
    }
    // gRPC health follows readiness once a second, and stream may have told first.
    loop {
        let health = ctl(&platform, &["health", "--json"]).await?.objects()?;
        let second = health.iter().find(|one| one["node_id"] == "second").context("the node")?;
        ensure!(second["is_well"] == true, "{health:?}");
        if second["state"] == "draining" {
            break;
        }
        ensure!(since.elapsed() < TEN_SECONDS, "{health:?}");
    }
    ctl(&platform, &["end", "ada"]).await?.well()?;
    let line = tokio::time::timeout(TEN_SECONDS, lines.next_line()).await??.context("a last line")?;
    ensure!(line == "second has no broadcast any more.", "{line}");
    ensure!(watching.wait().await?.success());
    ensure!(publishing.await?.is_err(), "the publisher still sends");

    // A node that has gone is said to be, as long as it is remembered.
    node.signal(Signal::SIGKILL)?;
    node.ended(TEN_SECONDS).await?;
    let gone = ctl(&platform, &["drain", "second"]).await?;
    ensure!(matches!(gone.code, Some(1 | 69)) && gone.err.contains("second"), "{:?} {}", gone.code, gone.err);
    let none = ctl(&platform, &["drain", "third"]).await?;
    ensure!(none.code == Some(1) && none.err.contains("there is no ingest node"), "{}", none.err);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_told_so_and_an_absent_platform_is_named() -> Result<()> {
    let platform = Platform::start(&[]).await?;
    let stream = format!("http://127.0.0.1:{}", platform.port(9082));
    let read = |name: &str| std::fs::read_to_string(platform.data().join("secrets").join(name));
    let (own, foreign) = (read("service-operator.key")?, read("service-chat.key")?);
    let env = |key: &'static str| ("STREAMLY_CTL__TRUST__KEY", key);
    let (own, foreign): (&'static str, &'static str) = (own.leak(), foreign.leak());
    let known = alone(&["live"], &[env(own), ("STREAMLY_CTL__STREAM__URL", &stream)], "").await?;
    ensure!(known.well()? == "Nothing is on air.\n");
    let stranger = alone(&["live"], &[env(foreign), ("STREAMLY_CTL__STREAM__URL", &stream)], "").await?;
    ensure!(stranger.code == Some(64) && stranger.err.contains("trust.peers.operator"), "{}", stranger.err);
    let away = alone(&["live"], &[env(own), ("STREAMLY_CTL__STREAM__URL", "http://127.0.0.1:1")], "").await?;
    ensure!(away.code == Some(69) && away.err.contains("STREAMLY_CTL__STREAM__URL"), "{}", away.err);
    let wrong = alone(&["live"], &[("STREAMLY_CTL__STREEM__URL", "x")], "").await?;
    ensure!(wrong.code == Some(64) && wrong.err.contains("streem"), "{}", wrong.err);
    ensure!(alone(&["launch"], &[], "").await?.code == Some(64));

    let none = tempfile::tempdir()?;
    let nothing =
        Command::new(binary()?).args(["ctl", "live"]).env("STREAMLY_DATA_DIR", none.path()).output();
    let nothing = Done::of(nothing.await?)?;
    ensure!(nothing.code == Some(69) && nothing.err.contains("streamly up"), "{}", nothing.err);
    ensure!(std::fs::read_dir(none.path())?.next().is_none(), "it left something behind");
    Ok(())
}

async fn signing_keys(platform: &Platform) -> Result<usize> {
    let url = format!("http://127.0.0.1:{}/.well-known/jwks.json", platform.port(8080));
    let keys: Value = platform.http.get(url).send().await?.json().await?;
    Ok(keys["keys"].as_array().context("keys")?.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_keys_rotate_through_a_pipe_and_nobody_is_signed_out() -> Result<()> {
    let platform = Platform::start(&[]).await?;
    let ada = platform.register("ada").await?;
    let file: &Path = &platform.data().join("secrets/access-tokens.key");
    let text = std::fs::read_to_string(file)?;
    let rotated = alone(&["rotate-signing-keys", "--lead-s", "0"], &[], &text).await?;
    ensure!(rotated.err.contains("signs from 0 s on"), "{}", rotated.err);
    std::fs::write(file, rotated.well()?)?;
    let since = Instant::now();
    while signing_keys(&platform).await? != 2 {
        ensure!(since.elapsed() < 3 * TEN_SECONDS, "user does not take the new key up");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mine = platform.http.get(platform.url("/api/streams/keys")).bearer_auth(&ada.token).send().await?;
    ensure!(mine.status() == 200, "{}", mine.status());
    let junk = alone(&["rotate-signing-keys"], &[], "junk").await?;
    ensure!(junk.code == Some(1) && junk.out.is_empty(), "{:?} {}", junk.code, junk.err);
    let nothing = alone(&["rotate-signing-keys"], &[], "").await?;
    ensure!(nothing.code == Some(64) && nothing.err.contains("-i"), "{}", nothing.err);
    Ok(())
}
