//! `streamly up`: settings, secrets, ports, servers, services, ready; then wait, then stop everything in five seconds.
//!
//! Order of the start: everything that can be wrong with this machine is found before anything is started. Order of the stop: services
//! drain, then the servers, newest first; the data stays.

use crate::{
    Failure,
    account::Account,
    compose::{self, Bound},
    demo, first_admin,
    plan::{DATABASES, Inputs, Planned},
    processes::Processes,
    progress::Step,
    secrets::Secrets,
    servers::{self, Layout, Server},
    settings::Settings,
};
use anyhow::Context;
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};
use streamly_config::{EXIT_CANTCREAT, EXIT_UNAVAILABLE};
use streamly_lifecycle::{Disk, Shutdown, Tasks, raise_file_limit, until_stop_signal};

/// Stops before the others, who must hear of it: it tells stream that its publishers are cut off. Else their broadcasts are called live
/// after the next start.
const FIRST_TO_STOP: &str = "ingest";
/// How long the others wait for it.
const HEAD_START: Duration = Duration::from_millis(2_000);
/// Services may take this long to drain; the servers get the rest of the five seconds.
const DRAIN: Duration = Duration::from_millis(3_500);
/// Everything has stopped by then; a server that has not is killed (its data is safe: both recover from a crash).
const STOP: Duration = Duration::from_millis(4_800);
/// From started to ready.
const READY: Duration = Duration::from_secs(60);
/// What goes into the log. That Redis is away is told once by the service that misses it, and at the stop by nobody: its client would
/// tell it for each connection.
const LOGGED: &str = "info,actix_server=warn,fred=error";
/// Less free space than this is named at the start, bytes.
const LOW_DISK: u64 = 1 << 30;

/// Options of `up`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// Also publish a generated test picture to the channel `demo`.
    #[arg(long)]
    demo: bool,
    /// One process a service instead of all in one.
    #[arg(long)]
    processes: bool,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Failure> {
    let settings = Settings::from_env(streamly_config::process_env())?;
    let data = data_folder(&settings.data)?;
    let _lock = lock(&data)?;
    let log = data.join("streamly.log");
    streamly_telemetry::init_file(LOGGED, &log)
        .with_context(|| format!("the log {} cannot be written", log.display()))?;
    raise_file_limit();
    println!("Streamly {}, data in {}", env!("CARGO_PKG_VERSION"), data.display());
    let account = Account::choose()?;
    let layout = Layout::make(&account, &data).map_err(|e| Failure::new(EXIT_CANTCREAT, e))?;
    let secrets = Secrets::open(&data)?;
    let planned =
        Inputs { settings: &settings, layout: &layout, secrets: &secrets, data: &data, demo: options.demo }
            .plan()?;
    let bound: Vec<Bound> =
        planned.iter().map(|p| compose::bind(p, &settings.env)).collect::<Result<_, _>>()?;

    let stop_signal = until_stop_signal();
    tokio::pin!(stop_signal);
    let mut platform = tokio::select! {
        started = start(&options, &account, &layout, &planned, bound, &data, &log) => started?,
        _ = &mut stop_signal => return Ok(ExitCode::SUCCESS),
    };
    let demo = match options.demo {
        true => Some(demo::Publisher::new(&settings, &secrets)),
        false => None,
    };
    let ready = tokio::select! {
        ready = all_ready(&planned) => ready,
        _ = &mut stop_signal => { platform.stop().await; return Ok(ExitCode::SUCCESS) }
        what = platform.ended() => Err(anyhow::anyhow!("{what} ended while starting; see {}", log.display())),
    };
    if let Err(e) = ready {
        platform.stop().await;
        return Err(Failure::new(EXIT_UNAVAILABLE, e));
    }
    let first_admin = first_admin::link(&settings, &secrets).await;
    announce(&settings, options.demo, first_admin.as_deref());
    let demo_stop = Shutdown::new();
    let publishing = demo.map(|d| tokio::spawn(d.run(demo_stop.clone())));
    let failed = tokio::select! {
        _ = &mut stop_signal => None,
        what = platform.ended() => Some(what),
    };
    println!("\nStopping …");
    let since = Instant::now();
    demo_stop.start();
    if let Some(publishing) = publishing {
        let _ = tokio::time::timeout(Duration::from_millis(500), publishing).await;
    }
    platform.stop().await;
    println!("Stopped in {:.1} s. The data stays in {}", since.elapsed().as_secs_f64(), data.display());
    match failed {
        None => Ok(ExitCode::SUCCESS),
        Some(what) => Err(Failure::new(1, anyhow::anyhow!("{what} ended by itself; see {}", log.display()))),
    }
}

struct Platform {
    postgres: Server,
    redis: Server,
    shutdown: Shutdown,
    /// Ingest's own, which starts before.
    ingest: Shutdown,
    tasks: Tasks,
    processes: Option<Processes>,
    layout: Layout,
}

async fn start(
    options: &Options,
    account: &Account,
    layout: &Layout,
    planned: &[Planned],
    bound: Vec<Bound>,
    data: &Path,
    log: &Path,
) -> anyhow::Result<Platform> {
    let step = Step::begin("PostgreSQL");
    let postgres = servers::postgres(account, layout, &DATABASES).await?;
    step.done("ready");
    let step = Step::begin("Redis");
    let redis = servers::redis(account, layout).await?;
    step.done("ready");
    let (shutdown, ingest, tasks) = (Shutdown::new(), Shutdown::new(), Tasks::new());
    // With processes nobody asks this one for its metrics; the services then tell of the rewind's and the pictures' disk.
    tasks.spawn("disk", Disk::of("streamly", "data", &layout.postgres_data).watch(shutdown.clone()));
    let processes = if options.processes {
        // Bound here only to find taken ports before anything starts.
        drop(bound);
        Some(Processes::start(planned, &data.join("run"), log)?)
    } else {
        for service in bound {
            let own = if service.name() == FIRST_TO_STOP { &ingest } else { &shutdown };
            service.start(&tasks, own, &shutdown);
        }
        None
    };
    Ok(Platform { postgres, redis, shutdown, ingest, tasks, processes, layout: layout.clone() })
}

impl Platform {
    /// Returns when something ended that should run.
    async fn ended(&mut self) -> String {
        let processes = async {
            match &mut self.processes {
                Some(processes) => processes.keep().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.shutdown.started() => "a service".into(),
            () = processes => "a service's process".into(),
            () = self.postgres.keep() => "PostgreSQL".into(),
            () = self.redis.keep() => "Redis".into(),
        }
    }

    async fn stop(self) {
        let since = Instant::now();
        self.ingest.start();
        if let Some(processes) = self.processes {
            processes.stop(FIRST_TO_STOP, HEAD_START, DRAIN).await;
        } else {
            // The end of ingest starts the stop of the others.
            let _ = tokio::time::timeout(HEAD_START, self.shutdown.started()).await;
        }
        self.shutdown.start();
        if !self.tasks.join(DRAIN.saturating_sub(since.elapsed())).await {
            tracing::warn!("some tasks did not end in time");
        }
        let patience = STOP.saturating_sub(since.elapsed());
        tokio::join!(self.redis.stop(patience), self.postgres.stop(patience));
        // A killed server leaves its socket.
        for socket in [
            self.layout.redis_socket(),
            self.layout.postgres_socket(),
            self.layout.postgres_socket().with_extension(format!("{}.lock", servers::PG_PORT)),
        ] {
            let _ = fs::remove_file(socket);
        }
    }
}

async fn all_ready(planned: &[Planned]) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).build()?;
    let since = Instant::now();
    for p in planned {
        let step = Step::begin(p.name);
        loop {
            let last = match client.get(format!("http://{}/health", p.admin)).send().await {
                Ok(r) if r.status().is_success() => break,
                Ok(r) => r.text().await.unwrap_or_default(),
                Err(e) => e.to_string(),
            };
            anyhow::ensure!(since.elapsed() < READY, "{} is not ready: {last}", p.name);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        step.done("ready");
    }
    Ok(())
}

fn announce(settings: &Settings, demo: bool, first_admin: Option<&str>) {
    let url = &settings.public_url;
    println!("\n  Watch       {url}");
    if demo {
        println!("  Demo        {url}/demo");
    }
    println!("  Stream to   {}   (OBS → Settings → Stream → Custom)", settings.rtmp_url());
    println!("  Next        register at {url}/register, make a stream key on the dashboard, put it into OBS");
    if let Some(link) = first_admin {
        println!("  Admin       {link}");
        println!("              (works once: the account that follows it becomes the first admin)");
    }
    println!("  Stop        Ctrl-C\n");
    println!("Streamly is ready: {url}");
}

/// The data folder, absolute and proven writable.
fn data_folder(data: &Path) -> Result<PathBuf, Failure> {
    let wrong = |what: &str, e: &std::io::Error| {
        let why = match e.kind() {
            ErrorKind::StorageFull => "the disk is full".to_owned(),
            ErrorKind::QuotaExceeded => "this account's disk quota is used up".to_owned(),
            ErrorKind::FileTooLarge => "a limit on the size of files (ulimit -f) forbids it".to_owned(),
            ErrorKind::PermissionDenied => "this account may not write there".to_owned(),
            ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
            _ => e.to_string(),
        };
        Failure::new(
            EXIT_CANTCREAT,
            anyhow::anyhow!(
                "the data folder {} {what}: {why} (STREAMLY_DATA_DIR chooses another)",
                data.display()
            ),
        )
    };
    fs::create_dir_all(data).map_err(|e| wrong("cannot be made", &e))?;
    let data = data.canonicalize().map_err(|e| wrong("cannot be used", &e))?;
    let probe = data.join(".write-test");
    fs::write(&probe, [0u8; 4096])
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|e| wrong("cannot be written", &e))?;
    match crate::doctor::free_bytes(&data) {
        Ok(free) if free < LOW_DISK => println!("Only {} MiB are free in {}.", free >> 20, data.display()),
        Ok(_) | Err(_) => {}
    }
    Ok(data)
}

/// One launcher a data folder.
fn lock(data: &Path) -> Result<nix::fcntl::Flock<fs::File>, Failure> {
    let path = data.join("streamly.lock");
    let file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("{} cannot be opened", path.display()))?;
    nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusiveNonblock).map_err(|_| {
        Failure::new(EXIT_UNAVAILABLE, anyhow::anyhow!("Streamly already runs on the data folder {}: stop it first, or choose another by STREAMLY_DATA_DIR", data.display()))
    })
}
