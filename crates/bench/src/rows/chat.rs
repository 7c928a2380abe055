//! Chat beside Centrifugo and a gorilla/websocket hub: what a delivery costs, how late it comes, what a socket weighs, and what is lost
//! when something fails.
//!
//! All on loopback with bodies of 120 bytes, all measured in one run, in turn. Ours is the platform with its own PostgreSQL and Redis: chat
//! checks, names, keeps and orders what it delivers, and its Redis counts as its cost. The peers do the least that they can: nothing is kept. A
//! peer's program that is not there is left out.

mod arrivals;
mod cost;
mod home;
mod memory;
mod one_core;
mod outage;
mod redis;
mod servers;
mod stalled;
mod turn;

use super::{Figures, Settings};
use clap::ValueEnum;
use home::Home;
use servers::Kind;
use std::path::Path;

/// Longest measured talk, seconds: tokens of those who speak last for 15 minutes, and there are many talks.
const SECONDS_MAX: u64 = 20;

/// A part of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// CPU of a delivered message in large rooms.
    Cost,
    /// The same in many small rooms.
    Rooms,
    /// How late messages come in large rooms, on one node and on two.
    Delay,
    /// Deliveries a second of one core.
    Core,
    /// Memory of an idle socket.
    Memory,
    /// Some sockets stop reading.
    Stalled,
    /// Joins with history at a pace.
    Joins,
    /// Redis is killed and comes back.
    Redis,
    /// A node is killed.
    Node,
}

/// What all parts work with.
pub(super) struct Chat<'a> {
    settings: &'a Settings,
    folder: &'a Path,
    home: &'a Home,
    peers: Vec<Kind>,
}

impl Chat<'_> {
    /// The peers, then ours.
    fn kinds(&self) -> Vec<Kind> {
        self.peers.iter().cloned().chain([self.home.kind.clone()]).collect()
    }

    /// Times each is measured.
    fn turns(&self) -> u32 {
        if self.settings.quick { 1 } else { self.settings.turns }
    }

    /// Of a measured talk.
    fn seconds(&self) -> f64 {
        self.settings.seconds.min(SECONDS_MAX) as f64
    }

    /// So many, or a tenth.
    fn sockets(&self, count: u32) -> u32 {
        if self.settings.quick { count / 10 } else { count }
    }
}

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    let parts =
        if settings.chat.is_empty() { Part::value_variants().to_vec() } else { settings.chat.clone() };
    let peers = settings.peers.as_deref().map_or_else(Vec::new, peers);
    // Of its own for each part: its tokens are fresh, and what one part left behind is not there for the next. One for all is quicker.
    let platforms: Vec<&[Part]> = if settings.quick { vec![&parts] } else { parts.chunks(1).collect() };
    let mut figures = Vec::new();
    for (at, parts) in platforms.into_iter().enumerate() {
        let folder = folder.join(format!("chat-{at}"));
        let many = parts.contains(&Part::Rooms) && !settings.quick;
        let mut home = Home::open(settings, &folder, if many { 500 } else { 20 }).await?;
        for part in parts {
            eprintln!(" {part:?}");
            match of_part(settings, &folder, &mut home, &peers, *part).await {
                Ok(measured) => figures.extend(measured),
                // Also on the way out: nothing is left running.
                Err(error) => {
                    home.close().await?;
                    return Err(error.context(format!("{part:?}")));
                }
            }
        }
        home.close().await?;
    }
    Ok(figures)
}

async fn of_part(settings: &Settings, folder: &Path, home: &mut Home, peers: &[Kind], part: Part) -> Figures {
    match part {
        Part::Redis => return outage::redis(settings, folder, home, peers).await,
        Part::Node => return outage::node(settings, folder, home).await,
        _ => {}
    }
    let chat = Chat { settings, folder, home, peers: peers.to_vec() };
    match part {
        Part::Cost | Part::Rooms | Part::Delay => cost::measure(&chat, part).await,
        Part::Core => one_core::measure(&chat).await,
        Part::Memory => memory::measure(&chat).await,
        Part::Stalled => stalled::measure(&chat).await,
        Part::Joins => arrivals::measure(&chat).await,
        Part::Redis | Part::Node => Ok(Vec::new()),
    }
}

/// The peers' programs that are there.
fn peers(folder: &Path) -> Vec<Kind> {
    let (hub, centrifugo) = (folder.join("hub"), folder.join("centrifugo"));
    let mut found = Vec::new();
    if centrifugo.exists() {
        found.push(Kind::Centrifugo(centrifugo));
    }
    if hub.exists() {
        found.push(Kind::Hub(hub));
    }
    found
}
