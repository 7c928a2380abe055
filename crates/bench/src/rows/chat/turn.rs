//! One measurement: a crowd comes, talks for a while, and goes; meanwhile the servers' CPU is read.

use super::servers::Servers;
use crate::{
    chatters::{Came, Command, Heard, Joined, Lists, Stalled},
    process::{Cores, CpuMeter, Process, cpu_seconds},
};
use anyhow::{Context, ensure};
use clap::ValueEnum;
use serde::de::DeserializeOwned;
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Before anything is measured: what the comings left behind is done by then.
const SETTLE: Duration = Duration::from_secs(2);
/// Seconds of talk before it is measured.
const WARM_SECONDS: f64 = 2.0;

/// Who comes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) sockets: u32,
    pub(super) speakers: u32,
    pub(super) history: u32,
    pub(super) follow: bool,
    pub(super) cores: Cores,
    /// Milliseconds at least between two looks at the sockets.
    pub(super) look_ms: u64,
    /// Bytes that the kernel may hold for who does not read; 0: its own choice.
    pub(super) receive_buffer: usize,
}

impl Load {
    /// So many sockets, of each room so many speakers.
    pub(super) fn of(sockets: u32, speakers: u32) -> Self {
        Self {
            sockets,
            speakers,
            history: 0,
            follow: false,
            cores: Cores::All,
            look_ms: 0,
            receive_buffer: 0,
        }
    }
}

/// A crowd that is there.
pub(super) struct Crowd {
    process: Process,
    pub(super) joined: Joined,
}

impl Crowd {
    /// Comes, and settles.
    pub(super) async fn come(servers: &Servers, rooms: &Path, load: Load) -> anyhow::Result<Self> {
        let dialect = servers.kind.dialect().to_possible_value().context("a dialect has a name")?;
        let (addresses, rooms) = (servers.addresses(), rooms.display().to_string());
        let [sockets, speakers, history] = [load.sockets, load.speakers, load.history].map(|n| n.to_string());
        let (look, buffer) = (load.look_ms.to_string(), load.receive_buffer.to_string());
        let mut args =
            vec!["chatters", "--speaks", dialect.get_name(), "--to", &addresses, "--rooms", &rooms];
        args.extend(["--sockets", &sockets, "--speakers", &speakers, "--history", &history]);
        args.extend(["--look-ms", &look, "--receive-buffer", &buffer]);
        if load.follow {
            args.push("--follow");
        }
        let mut process = Process::own("the chatters", load.cores, &args)?;
        let line = process.line().await?;
        let joined = serde_json::from_str(&line).with_context(|| format!("the chatters said {line}"))?;
        tokio::time::sleep(SETTLE).await;
        Ok(Self { process, joined })
    }

    /// Gives a command without waiting for the answer.
    pub(super) async fn tell(&mut self, command: Command) -> anyhow::Result<()> {
        self.process.tell(&serde_json::to_string(&command)?).await
    }

    /// The answer to a command.
    pub(super) async fn answer<A: DeserializeOwned>(&mut self) -> anyhow::Result<A> {
        let line = self.process.line().await?;
        serde_json::from_str(&line).with_context(|| format!("the chatters said {line}"))
    }

    async fn ask<A: DeserializeOwned>(&mut self, command: Command) -> anyhow::Result<A> {
        self.tell(command).await?;
        self.answer().await
    }

    pub(super) async fn say(&mut self, per_second: f64, seconds: f64) -> anyhow::Result<Heard> {
        self.ask(Command::Say { per_second, seconds }).await
    }

    pub(super) async fn stall(&mut self, sockets: u32) -> anyhow::Result<Stalled> {
        self.ask(Command::Stall { sockets }).await
    }

    pub(super) async fn come_more(&mut self, per_second: f64, seconds: f64) -> anyhow::Result<Came> {
        self.ask(Command::Come { per_second, seconds }).await
    }

    pub(super) async fn compare(&mut self) -> anyhow::Result<Lists> {
        self.ask(Command::Compare).await
    }

    /// Talks, measured, after a short talk that is not.
    pub(super) async fn talk(
        &mut self,
        servers: &Servers,
        per_second: f64,
        seconds: f64,
    ) -> anyhow::Result<Talk> {
        self.say(per_second, WARM_SECONDS.min(seconds)).await?;
        let nodes = servers.node_pids()?;
        let own = self.process.pid()?;
        let (all, nodes) = (CpuMeter::start(servers.pids()?)?, CpuMeter::start(nodes)?);
        let (before, begun) = (cpu_seconds(own)?, Instant::now());
        let heard = self.say(per_second, seconds).await?;
        Ok(Talk {
            heard,
            cpu_seconds: all.seconds()?,
            nodes_cpu_seconds: nodes.seconds()?,
            chatters_cpu_seconds: cpu_seconds(own)? - before,
            seconds: begun.elapsed().as_secs_f64(),
        })
    }

    pub(super) async fn go(self) -> anyhow::Result<()> {
        self.process.stop().await
    }
}

/// What a measured talk came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Talk {
    pub(super) heard: Heard,
    /// Of all that counts.
    pub(super) cpu_seconds: f64,
    /// Of the nodes alone.
    pub(super) nodes_cpu_seconds: f64,
    /// The generator's.
    pub(super) chatters_cpu_seconds: f64,
    /// From the first message to the last delivery.
    pub(super) seconds: f64,
}

impl Talk {
    /// CPU of a delivered message, microseconds.
    pub(super) fn micros(&self) -> f64 {
        self.cpu_seconds / self.heard.delivered as f64 * 1e6
    }

    /// Everybody heard everything, and it was said in time.
    pub(super) fn whole(&self) -> anyhow::Result<()> {
        let Heard { expected, delivered, skipped, refused, ended, .. } = self.heard;
        ensure!(
            delivered == expected,
            "{delivered} of {expected} deliveries ({skipped} left out, {refused} refusals, {ended} sockets ended)"
        );
        Ok(())
    }

    pub(super) fn p99_ms(&self) -> f64 {
        self.heard.p99_ms.unwrap_or(f64::NAN)
    }

    /// The generator's share of a core.
    pub(super) fn chatters(&self) -> f64 {
        self.chatters_cpu_seconds / self.seconds
    }

    /// For a note.
    pub(super) fn told(&self) -> String {
        let Heard { expected, delivered, p50_ms, .. } = self.heard;
        let lost = match expected - delivered.min(expected) {
            0 => String::new(),
            lost => format!(", {lost} of {expected} LOST"),
        };
        format!(
            "{:.2} us a delivery ({:.2} the nodes alone), p50 {:.1} p99 {:.1} ms, generator {:.0} % of a core{lost}",
            self.micros(),
            self.nodes_cpu_seconds / delivered as f64 * 1e6,
            p50_ms.unwrap_or(f64::NAN),
            self.p99_ms(),
            self.chatters() * 100.0,
        )
    }
}
