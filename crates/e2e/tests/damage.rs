//! What must not break a broadcast, with one process a service: a publisher cut off, ingest killed, a wrong key; and chat on two nodes.

use anyhow::{Result, bail, ensure};
use futures_util::SinkExt;
use serde_json::json;
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use streamly_e2e::{
    Platform,
    chat::{join, next},
    platform::binary,
    publish::publish,
};
use streamly_testkit::publisher::{Options, Publisher};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_refused_by_name_and_a_killed_ingest_is_not_shown_as_live_for_long() -> Result<()> {
    let platform = Platform::start(&["--processes"]).await?;
    let person = platform.register("grace").await?;
    let key = platform.stream_key(&person).await?;

    for wrong in ["", "sk_nonsense"] {
        let refused = match Publisher::connect(platform.rtmp(), Options::new(wrong)).await {
            Ok(_) => bail!("the key {wrong:?} was taken"),
            Err(refused) => format!("{refused:?}"),
        };
        ensure!(refused.contains("NetStream.Publish.BadName"), "{wrong:?}: {refused}");
    }

    let publishing = publish(platform.rtmp(), &key).await?;
    platform.wait_state("grace", "live", Duration::from_secs(10)).await?;
    let before = platform.stream("grace").await?["live"]["broadcast_id"].clone();
    kill_service(&platform, "ingest")?;
    let since = Instant::now();
    loop {
        let stream = platform.stream("grace").await?;
        if stream["state"] != "live" {
            break;
        }
        ensure!(since.elapsed() < Duration::from_secs(15), "still live 15 s after ingest was killed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ensure!(publishing.await?.is_err(), "the publisher's socket broke");

    // The encoder's own reconnect: the same broadcast goes on.
    let again = loop {
        match publish(platform.rtmp(), &key).await {
            Ok(publishing) => break publishing,
            Err(e) => ensure!(since.elapsed() < Duration::from_secs(40), "no reconnect: {e:#}"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    platform.wait_state("grace", "live", Duration::from_secs(10)).await?;
    ensure!(
        platform.stream("grace").await?["live"]["broadcast_id"] == before,
        "another broadcast after the reconnect"
    );
    again.abort();
    Ok(())
}

/// kill -9 to the process of one service.
fn kill_service(platform: &Platform, name: &str) -> Result<()> {
    let wanted = format!("{}/run/{name}.toml", platform.data().display());
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let line = String::from_utf8_lossy(&std::fs::read(entry.path().join("cmdline")).unwrap_or_default())
            .replace('\0', " ");
        if line.contains(&wanted) {
            let pid: i32 = entry.file_name().to_string_lossy().parse()?;
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL)?;
            return Ok(());
        }
    }
    bail!("no process with {wanted}")
}

struct Node(Child);
impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_chat_nodes_on_one_redis_show_the_same_messages_in_the_same_order() -> Result<()> {
    const EACH: usize = 40;
    let platform = Platform::start(&["--processes"]).await?;
    let (ada, bob) = (platform.register("ada").await?, platform.register("bob").await?);
    // A second node: the first one's configuration on other ports.
    let text = std::fs::read_to_string(platform.data().join("run/chat.toml"))?;
    let mut config: toml_table::Table = toml_table::parse(&text);
    for key in ["http", "grpc", "admin", "rest"] {
        config.set(key, "127.0.0.1:0");
    }
    let port = { std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port() };
    config.set("http", &format!("127.0.0.1:{port}"));
    let file = platform.data().join("chat2.toml");
    std::fs::write(&file, config.text())?;
    let _second = Node(
        Command::new(binary()?)
            .args(["service", "chat", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?,
    );
    let here = format!("ws://127.0.0.1:{}/ws", platform.port(3000));
    let there = format!("ws://127.0.0.1:{port}/ws");
    let since = Instant::now();
    let mut bob_there = loop {
        match join(&there, Some(&bob), "ada").await {
            Ok(socket) => break socket,
            Err(e) => ensure!(
                since.elapsed() < Duration::from_secs(20),
                "the second node does not take sockets: {e:#}"
            ),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let mut ada_here = join(&here, Some(&ada), "ada").await?;
    let readers = [join(&here, None, "ada").await?, join(&there, None, "ada").await?];
    for n in 0..EACH {
        for (socket, who) in [(&mut ada_here, "ada"), (&mut bob_there, "bob")] {
            let say = json!({"type": "say", "room": "ada", "text": format!("{who} {n}"), "nonce": format!("{who}-{n}")});
            socket.send(Message::text(say.to_string())).await?;
        }
    }
    let mut seen = Vec::new();
    for mut reader in readers {
        let mut texts = Vec::new();
        while texts.len() < 2 * EACH {
            let message = next(&mut reader, "message").await?;
            ensure!(message.get("nonce").is_none(), "a stranger sees a nonce: {message}");
            texts.push((message["id"].clone().to_string(), message["text"].clone().to_string()));
        }
        seen.push(texts);
    }
    ensure!(seen[0] == seen[1], "the nodes differ");
    ensure!(seen[0].is_sorted(), "ids do not grow");
    Ok(())
}

/// Enough of TOML to change top-level strings of a file that the launcher wrote.
mod toml_table {
    pub struct Table(Vec<String>);
    pub fn parse(text: &str) -> Table {
        Table(text.lines().map(str::to_owned).collect())
    }
    impl Table {
        pub fn set(&mut self, key: &str, value: &str) {
            let start = format!("{key} = ");
            for line in self.0.iter_mut().take_while(|l| !l.starts_with('[')) {
                if line.starts_with(&start) {
                    *line = format!("{key} = \"{value}\"");
                }
            }
        }
        pub fn text(&self) -> String {
            self.0.join("\n")
        }
    }
}
