//! Each service by itself: how long from the start of its process until it is ready, and its memory when it has nothing to do.
//!
//! A platform of processes gives databases, Redis, secrets and the services that each asks; its first start has brought the databases up to
//! date. What is measured are further nodes beside it, with its configuration and ports of their own, one kind after the other, so that
//! everything else rests. Memory is that of all nodes' last starts, read after they have rested together.

use super::{
    Figures, Settings,
    place::{free_address, launch},
    service::{self, Program, Running},
};
use crate::{
    process::{Cores, Process},
    report::{Figure, Must, quantile},
    rows,
};
use anyhow::Context;
use std::{net::SocketAddr, path::Path};

/// A start takes at most so long, seconds.
const MOST_SECONDS: f64 = 2.0;
/// Resident memory at rest, at most, where it is bounded; MiB.
const MOST_MIB: f64 = 40.0;

/// A service, and what a node of it has for itself.
#[derive(Debug, Clone, Copy)]
struct Kind {
    name: &'static str,
    /// Keys of its listeners but the admin one.
    listeners: &'static [&'static str],
    /// Whether its memory is bounded: ingest's goes with what it takes in.
    has_bound: bool,
}

const KINDS: [Kind; 5] = [
    Kind { name: "user", listeners: &["HTTP", "GRPC"], has_bound: true },
    Kind { name: "stream", listeners: &["HTTP", "GRPC"], has_bound: true },
    Kind { name: "chat", listeners: &["HTTP", "REST", "GRPC"], has_bound: true },
    Kind { name: "web", listeners: &["HTTP"], has_bound: true },
    Kind { name: "ingest", listeners: &["HTTP", "GRPC", "RTMP__BIND", "RTMPS__BIND"], has_bound: false },
];

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    // Not deeper: the private servers' user has to get there, and `launch` opens this folder and the one above.
    let (data, own) = (folder.join("rest-platform"), folder.join("rest"));
    std::fs::create_dir_all(&own)?;
    let (launcher, _) = launch(settings, &data, &["--processes"], &[]).await?;
    let measured = all(settings, &data, &own).await;
    // Also on the way out: nothing is left running.
    launcher.stop().await?;
    measured
}

/// `data` is the platform's folder, `folder` that of the nodes beside it.
async fn all(settings: &Settings, data: &Path, folder: &Path) -> Figures {
    let (mut figures, mut resting) = (Vec::new(), Vec::new());
    for kind in KINDS {
        let program = Program::of(settings, kind.name)?;
        let (mut took, mut last) = (Vec::new(), None::<Process>);
        for _ in 0..settings.starts {
            if let Some(before) = last.take() {
                before.stop().await?;
            }
            let running = kind.start(&program, data, folder).await?;
            took.push(running.took.as_secs_f64());
            last = Some(running.process);
        }
        resting.push(last.with_context(|| format!("no start of {}", kind.name))?);
        let starts: Vec<_> = took.iter().map(|seconds| format!("{seconds:.3}")).collect();
        figures.push(
            Figure::new(format!("{}: start to ready, the slowest", kind.name), quantile(&took, 1.0), "s")
                .must(Must::AtMost(MOST_SECONDS))
                .note(format!("{}: {} s", program.told(), starts.join(", "))),
        );
    }
    rows::wait(settings.rest_seconds, &mut resting.iter_mut().collect::<Vec<_>>()).await?;
    for (kind, process) in KINDS.iter().zip(&resting) {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", process.pid()?))
            .with_context(|| format!("the memory of {}", kind.name))?;
        figures.push(kind.memory(&Memory::read(&rollup)?, settings.rest_seconds));
    }
    for process in resting {
        process.stop().await?;
    }
    Ok(figures)
}

impl Kind {
    /// One more node of it, beside the platform's.
    async fn start(self, program: &Program, data: &Path, folder: &Path) -> anyhow::Result<Running> {
        let config = data.join("run").join(format!("{}.toml", self.name));
        let admin = free_address()?;
        let mut command = program.command(Cores::All, &config);
        command.env(self.variable("ADMIN"), admin.to_string());
        let listeners = self.listeners.iter().map(|key| anyhow::Ok((*key, free_address()?)));
        command.envs(self.environment(&listeners.collect::<anyhow::Result<Vec<_>>>()?, folder));
        service::start(self.name, command, admin, &folder.join(format!("{}.log", self.name))).await
    }

    fn variable(self, key: &str) -> String {
        format!("STREAMLY_{}__{key}", self.name.to_uppercase())
    }

    /// What it does not share with the platform's node, by the names of its environment.
    fn environment(self, listeners: &[(&str, SocketAddr)], folder: &Path) -> Vec<(String, String)> {
        let mut all: Vec<_> =
            listeners.iter().map(|(key, address)| (self.variable(key), address.to_string())).collect();
        if self.name == "ingest" {
            let url = |key: &str| {
                let found = listeners.iter().find(|(name, _)| *name == key);
                found.map_or_else(String::new, |(_, address)| format!("http://{address}"))
            };
            all.extend([
                (self.variable("NODE_ID"), "bench".to_owned()),
                (self.variable("ORIGIN_URL"), url("HTTP")),
                (self.variable("GRPC_URL"), url("GRPC")),
                // A node deletes what it finds there.
                (self.variable("REWIND_DIR"), folder.join("rewind").display().to_string()),
            ]);
        }
        all
    }

    fn memory(self, memory: &Memory, seconds: u64) -> Figure {
        let Memory { resident, proportional, own } = memory;
        let what = format!("{}: resident memory at rest", self.name);
        let note = format!(
            "after {seconds} s; {own:.1} MiB its own, the rest of files; {proportional:.1} MiB by its share"
        );
        let figure = Figure::new(what, *resident, "MiB").note(note);
        if self.has_bound { figure.must(Must::AtMost(MOST_MIB)) } else { figure }
    }
}

/// Memory of a process, MiB.
#[derive(Debug, PartialEq)]
struct Memory {
    /// In memory now.
    resident: f64,
    /// The same, of pages that others have too only its share.
    proportional: f64,
    /// No page of a file.
    own: f64,
}

impl Memory {
    /// Of `/proc/PID/smaps_rollup` (proc_pid_smaps(5)).
    fn read(rollup: &str) -> anyhow::Result<Self> {
        let mib = |field: &str| {
            let line = rollup.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
            let line = line.with_context(|| format!("no {field} in smaps_rollup"))?;
            anyhow::Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1024.0)
        };
        Ok(Self { resident: mib("Rss")?, proportional: mib("Pss")?, own: mib("Anonymous")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_whole_fields() {
        let rollup = "55d0-7ffc ---p 00000000 00:00 0 [rollup]\nRss:               40960 kB\nPss_Dirty:          9999 kB\n\
            Pss:               20480 kB\nAnonymous:          10240 kB\n";
        let memory = Memory { resident: 40.0, proportional: 20.0, own: 10.0 };
        assert_eq!(Memory::read(rollup).unwrap(), memory);
        assert!(Memory::read("Rss: 1 kB\n").is_err());
        let held =
            |kind: Kind, resident| kind.memory(&Memory { resident, proportional: 1.0, own: 1.0 }, 10).holds();
        assert_eq!([held(KINDS[0], 40.0), held(KINDS[0], 40.1)], [Some(true), Some(false)]);
        assert_eq!(held(KINDS[4], 400.0), None, "ingest is told only");
    }

    #[test]
    fn the_own_process_has_memory() {
        let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
        let memory = Memory::read(&rollup).unwrap();
        assert!(memory.own > 0.0 && memory.resident >= memory.proportional, "{memory:?}");
    }

    #[test]
    fn a_second_node_of_ingest_is_told_apart_from_the_first() {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let listeners = [("HTTP", address(1)), ("GRPC", address(2))];
        let environment = KINDS[4].environment(&listeners, Path::new("/x"));
        let value = |key: &str| {
            let name = format!("STREAMLY_INGEST__{key}");
            environment.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str())
        };
        assert_eq!(value("HTTP"), Some("127.0.0.1:1"));
        assert_eq!(value("ORIGIN_URL"), Some("http://127.0.0.1:1"));
        assert_eq!(value("GRPC_URL"), Some("http://127.0.0.1:2"));
        assert_eq!(value("REWIND_DIR"), Some("/x/rewind"));
        assert_eq!(KINDS[0].environment(&listeners, Path::new("/x")).len(), 2);
    }
}
