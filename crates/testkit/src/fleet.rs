//! The platform as it runs where it must not stand still: every service in processes of its own, two or more of each, behind balancers, on a
//! PostgreSQL and a Redis of its own.
//!
//! Instances are replaced one at a time, as Kubernetes does it (k8s/base): nobody is led to the old one any more, it is told to stop, and
//! the next one is touched only when the new one is ready. The program may be another one each time: the release before this one, say. The
//! services are those of the program `streamly`; what they are told is in `settings`, and nothing here knows their insides. What runs is
//! killed when the fleet is dropped.

mod balancer;
mod instance;
mod links;
mod settings;

pub use instance::Instance;
pub use links::Links;

use crate::{postgres, postgres::Postgres, redis::RedisServer};
use anyhow::{Context, Result};
use balancer::Balancer;
use instance::Kind;
use settings::{Doors, Stores};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

/// The services in the order in which they are replaced: who is asked before who asks (docs/OPERATING.md, "Upgrading").
const KINDS: [Kind; 5] = [
    Kind { name: "user", listeners: &["HTTP", "GRPC"] },
    Kind { name: "stream", listeners: &["HTTP", "GRPC"] },
    Kind { name: "chat", listeners: &["HTTP", "REST", "GRPC"] },
    Kind { name: "ingest", listeners: &["HTTP", "GRPC", "RTMP__BIND"] },
    Kind { name: "web", listeners: &["HTTP"] },
];
/// Instances of each service, but for web where more are asked for.
const OF_EACH: usize = 2;
/// The last part of the first instance's address, 127.0.0.x; those behind it follow. Ports of one are no other's, also while it is away.
const FIRST: u8 = 11;

/// See the module's head.
#[derive(Debug)]
pub struct Fleet {
    doors: Doors,
    databases: [String; 3],
    instances: Vec<Instance>,
    postgres: Postgres,
    _balancers: Vec<Balancer>,
    redis: RedisServer,
    folder: TempDir,
}

/// How long it took to replace an instance.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// From SIGTERM to the end of its process.
    pub stop: Duration,
    /// From the start of the new one until it was led to.
    pub start: Duration,
}

impl Fleet {
    /// Starts two instances of each service, and so many of web, by that program, and waits until all are ready.
    ///
    /// # Errors
    /// If one cannot be started, or is not ready in time.
    pub async fn start(program: &Path, edges: usize) -> Result<Self> {
        let mut this = Self::prepare(edges).await?;
        this.tell(|_| this.doors)?;
        this.run(program).await?;
        Ok(this)
    }

    /// The same where some ways between services can be cut.
    ///
    /// # Errors
    /// As of [`Fleet::start`].
    pub async fn start_linked(program: &Path, edges: usize) -> Result<(Self, Links)> {
        let mut this = Self::prepare(edges).await?;
        let links = Links::open(this.doors).await?;
        this.tell(|service| links.seen_by(service))?;
        this.run(program).await?;
        Ok((this, links))
    }

    /// Stores, places of all instances and balancers before them; no process yet.
    async fn prepare(edges: usize) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("streamly-fleet-").tempdir()?;
        let (postgres, databases, redis) = tokio::task::spawn_blocking(|| {
            let postgres = Postgres::shared()?;
            let databases = [postgres.database()?, postgres.database()?, postgres.database()?];
            anyhow::Ok((postgres, databases, RedisServer::start()?))
        })
        .await??;
        let mut instances: Vec<Instance> = Vec::new();
        for kind in KINDS {
            let count = if kind.name == "web" { edges.max(1) } else { OF_EACH };
            for number in 0..count {
                let address = Ipv4Addr::new(127, 0, 0, FIRST + u8::try_from(instances.len())?);
                instances.push(Instance::new(kind, number, address, folder.path())?);
            }
        }
        let (doors, balancers) = open(&instances).await?;
        Ok(Self { doors, databases, instances, postgres, _balancers: balancers, redis, folder })
    }

    /// Writes the settings of all services.
    fn tell(&self, seen_by: impl Fn(&str) -> Doors) -> Result<()> {
        let stores = Stores {
            postgres_host: self.postgres.host(),
            postgres_port: postgres::PORT,
            postgres_user: postgres::USER.to_owned(),
            databases: self.databases.clone(),
            redis: self.redis.url(),
        };
        settings::write(self.folder.path(), seen_by, &stores)
    }

    /// Starts all instances, one after the other.
    async fn run(&mut self, program: &Path) -> Result<()> {
        for instance in &mut self.instances {
            instance.start(program).await?;
        }
        Ok(())
    }

    /// All instances, in the order in which they are replaced.
    pub fn instances(&self) -> &[Instance] {
        &self.instances
    }

    /// Where people come in: web, behind its balancer.
    pub fn web(&self) -> SocketAddr {
        self.doors.web
    }

    /// An address of the public origin.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.doors.web)
    }

    /// Where encoders connect: ingest, behind its balancer.
    pub fn rtmp(&self) -> SocketAddr {
        self.doors.rtmp
    }

    /// Every edge by its own address, past the balancer.
    pub fn edges(&self) -> Vec<SocketAddr> {
        let edges = self.instances.iter().filter(|instance| instance.service() == "web");
        edges.filter_map(|edge| edge.address("HTTP")).collect()
    }

    /// Stops the instance and starts it anew, by that program, at the same place.
    ///
    /// # Errors
    /// If the old one does not end well in time, or the new one is not ready in time.
    pub async fn replace(&mut self, at: usize, program: &Path) -> Result<Took> {
        let instance = self.instances.get_mut(at).with_context(|| format!("there is no instance {at}"))?;
        let (stop, start) = (instance.stop().await?, instance.start(program).await?);
        Ok(Took { stop, start })
    }

    /// Notes in every database that a newer version's migrations have been applied, as in the middle of an upgrade.
    ///
    /// # Errors
    /// If a database does not take it.
    pub fn migrated_by_a_newer_version(&self) -> Result<()> {
        let sql = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
                   VALUES (9999, 'of_a_newer_version', '2026-01-01T00:00:00Z', '1')";
        self.databases.iter().try_for_each(|database| self.postgres.execute(database, sql))
    }

    /// What instances said that was no mere information, for a failure's report.
    pub fn said(&self) -> String {
        let said = |instance: &Instance| format!("{}:\n{}", instance.name(), instance.said());
        self.instances.iter().map(said).collect::<Vec<_>>().join("\n")
    }
}

/// A balancer for each listener that is found by others than its own kind.
async fn open(instances: &[Instance]) -> Result<(Doors, Vec<Balancer>)> {
    let mut balancers = Vec::new();
    let mut addresses = Vec::new();
    for (service, key) in [
        ("user", "HTTP"),
        ("user", "GRPC"),
        ("stream", "HTTP"),
        ("stream", "GRPC"),
        ("chat", "HTTP"),
        ("chat", "REST"),
        ("chat", "GRPC"),
        ("ingest", "RTMP__BIND"),
        ("web", "HTTP"),
    ] {
        let of_service = instances.iter().filter(|instance| instance.service() == service);
        let balancer =
            Balancer::open(of_service.filter_map(|instance| instance.place(key)).collect()).await?;
        addresses.push(balancer.address);
        balancers.push(balancer);
    }
    let [user, user_grpc, stream, stream_grpc, chat, chat_rest, chat_grpc, rtmp, web] = addresses[..] else {
        anyhow::bail!("{} balancers", addresses.len());
    };
    Ok((Doors { user, user_grpc, stream, stream_grpc, chat, chat_rest, chat_grpc, rtmp, web }, balancers))
}

/// The program `streamly` of a folder, as `cargo build` leaves it there.
pub fn program_in(folder: &Path) -> Result<PathBuf> {
    let program = folder.join("streamly");
    let named = program.display();
    anyhow::ensure!(program.is_file(), "{named} is not there: build the package `streamly` first");
    Ok(program)
}
