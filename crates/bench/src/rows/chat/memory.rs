//! Memory of an idle joined socket: resident memory of all server processes before and after ten thousand came, in fresh processes.

use super::{
    Chat,
    servers::Servers,
    turn::{Crowd, Load},
};
use crate::report::{Figure, Must};
use anyhow::Context;
use std::time::Duration;

const SOCKETS: u32 = 10_000;
const ROOMS: u32 = 10;
/// What a coming took is given back by then, if it is.
const IDLE: Duration = Duration::from_secs(10);
/// What a socket may weigh, KiB.
const MOST_KIB: f64 = 12.0;

pub(super) async fn measure(chat: &Chat<'_>) -> anyhow::Result<Vec<Figure>> {
    let rooms = chat.home.rooms(ROOMS as usize)?;
    let sockets = chat.sockets(SOCKETS);
    let mut weights = Vec::new();
    for kind in chat.kinds() {
        let servers = Servers::start(&kind, 1, chat.home.redis()?, chat.folder).await?;
        // One comes first, so that what is made once is there.
        let first = Crowd::come(&servers, &rooms, Load::of(ROOMS, 1)).await?;
        let before = servers.resident()?;
        let crowd = Crowd::come(&servers, &rooms, Load::of(sockets, 1)).await?;
        tokio::time::sleep(IDLE).await;
        let kib = (servers.resident()? as f64 - before as f64) / f64::from(sockets) / 1024.0;
        eprintln!("  {}: {kib:.2} KiB a socket, {} in {:.1} s", kind.name(), sockets, crowd.joined.seconds);
        weights.push((kind.name(), kib, crowd.joined.seconds));
        crowd.go().await?;
        first.go().await?;
        servers.stop().await?;
    }
    let (_, ours, seconds) = weights.pop().context("nothing was measured")?;
    let note =
        format!("of {sockets}, in {ROOMS} rooms, which came in {seconds:.1} s; kernel buffers do not count");
    let what = "memory of an idle joined socket";
    let mut figures = vec![Figure::new(what, ours, "KiB").must(Must::AtMost(MOST_KIB)).note(note)];
    figures.extend(weights.iter().map(|(name, peer, _)| Figure::new(what, ours, "KiB").beside(*name, *peer)));
    Ok(figures)
}
