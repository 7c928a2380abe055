//! Finding what a request is about, and holding it, within bounds, until it is there.

use crate::{
    broadcast::{Broadcast, Rendition},
    node::Node,
};
use std::{sync::Arc, time::Duration};
use streamly_hls::Window;
use streamly_http::{Problem, Result};
use streamly_status::Code;
use tokio::time::{Instant, timeout_at};

/// A blocked request is held for so many target durations.
const HOLD_TARGETS: u32 = 3;
/// The playlists of a shed rung have gaps for so many target durations, then they are gone.
const SHED_TARGETS: u32 = 2;

pub(super) fn timed_out() -> Problem {
    Problem::new(Code::PlaylistTimeout).retry_after(Duration::from_secs(1))
}

/// The live broadcast of that channel, once something of it can be fetched.
pub(super) async fn started(node: &Node, username: &str) -> Result<Arc<Broadcast>> {
    let offline = || Problem::new(Code::ChannelOffline);
    let broadcast = node.registry.by_name(&username.to_ascii_lowercase()).ok_or_else(offline)?;
    let deadline = Instant::now() + node.config.start_hold.get();
    let mut changes = broadcast.changes();
    loop {
        // One that goes on elsewhere is not offline: its URLs are the same there.
        let elsewhere = broadcast.leaving().is_fenced() && broadcast.has_parts();
        if broadcast.ended().is_cancelled() && !elsewhere {
            return Err(offline());
        }
        if broadcast.has_parts() {
            return Ok(broadcast);
        }
        timeout_at(deadline, changes.changed()).await.map_err(|_| timed_out())?.map_err(|_| offline())?;
    }
}

/// The rendition of a broadcast here. Held while the broadcast has no media yet.
pub(super) async fn rendition(
    node: &Node,
    broadcast: &str,
    name: &str,
) -> Result<(Arc<Broadcast>, Arc<Rendition>)> {
    let unknown = || Problem::new(Code::BroadcastNotFound);
    let broadcast = node.registry.by_id(broadcast).ok_or_else(unknown)?;
    if broadcast.renditions().is_none() {
        planned(node, &broadcast).await?;
    }
    let renditions = broadcast.renditions().unwrap_or_default();
    let found = renditions.iter().find(|rendition| rendition.name == name).cloned();
    let rendition =
        found.ok_or_else(|| Problem::new(Code::NotFound).detail("There is no such rendition."))?;
    Ok((broadcast, rendition))
}

/// Until the renditions of a broadcast are known.
async fn planned(node: &Node, broadcast: &Broadcast) -> Result<()> {
    let unknown = || Problem::new(Code::BroadcastNotFound);
    let deadline = Instant::now() + node.config.start_hold.get();
    let mut changes = broadcast.changes();
    while broadcast.renditions().is_none() {
        if broadcast.ended().is_cancelled() {
            return Err(unknown());
        }
        timeout_at(deadline, changes.changed()).await.map_err(|_| timed_out())?.map_err(|_| unknown())?;
    }
    Ok(())
}

/// The same for its playlists, which a shed rung has no more after a while. What was listed is there for as long as the window has it
/// (RFC 8216, 6.2.2): viewers may be on the way to it, or rewound.
pub(super) async fn listed(
    node: &Node,
    broadcast: &str,
    name: &str,
) -> Result<(Arc<Broadcast>, Arc<Rendition>)> {
    let (broadcast, rendition) = rendition(node, broadcast, name).await?;
    if !broadcast.ended().is_cancelled()
        && let Some(shed) = rendition.shed()
        && let Some(target) = broadcast.target()
        && shed.elapsed() > target * SHED_TARGETS
    {
        return Err(Problem::new(Code::NotFound).detail("This rendition is not made any more."));
    }
    Ok((broadcast, rendition))
}

/// Asks the window after each change until it has an answer; 503 when the bound is reached.
pub(super) async fn until<T>(
    node: &Node,
    broadcast: &Broadcast,
    rendition: &Rendition,
    mut ask: impl FnMut(&Window) -> Option<T>,
) -> Result<T> {
    if let Some(answer) = rendition.read(&mut ask) {
        return Ok(answer);
    }
    // Asked again once changes are told, or one in between would be missed.
    let mut changes = rendition.changes();
    if let Some(answer) = rendition.read(&mut ask) {
        return Ok(answer);
    }
    let most = node.config.max_hold.get();
    let target = rendition.read(|window| window.config().target_duration);
    let hold = (target * HOLD_TARGETS).min(most);
    let deadline = Instant::now() + hold;
    loop {
        tokio::select! {
            changed = timeout_at(deadline, changes.changed()) => {
                changed.map_err(|_| timed_out())?.map_err(|_| timed_out())?;
            }
            () = broadcast.gone().cancelled() => return Err(Problem::new(Code::BroadcastNotFound)),
            () = node.closing.cancelled() => return Err(timed_out()),
        }
        if let Some(answer) = rendition.read(&mut ask) {
            return Ok(answer);
        }
    }
}

/// Waits for the next change of a live rendition, at most for the length of a part. Players that keep to no rate of
/// their own stay as far behind for good as they were when they read their first list: it is told while it is new.
pub(super) async fn newest(node: &Node, broadcast: &Broadcast, rendition: &Rendition) {
    let mut changes = rendition.changes();
    let part = rendition.read(|window| window.config().part_target);
    tokio::select! {
        _ = changes.changed() => (),
        () = tokio::time::sleep(part) => (),
        () = broadcast.ended().cancelled() => (),
        () = node.closing.cancelled() => (),
    }
}
