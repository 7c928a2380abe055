//! Deliveries a second of one core, in one room of 2,000 sockets: the pace rises until something is lost or comes late.
//!
//! All processes that count as the server's have the first core, the generator has the others. Where the generator's core is full first,
//! the row says so: no figure is given as reached that was not.

use super::{
    Chat,
    servers::Servers,
    turn::{Crowd, Load, Talk},
};
use crate::{
    process::Cores,
    report::{Figure, Must},
};
use anyhow::Context;
use std::path::Path;

const SOCKETS: u32 = 2_000;
/// Who speaks: enough that nobody waits for an answer before the next is due.
const SPEAKERS: u32 = 40;
/// The first pace, messages a second.
const FIRST: f64 = 160.0;
/// A step, at first: so much of the pace that was held.
const STEP: f64 = 0.5;
/// The last step.
const FINE: f64 = 0.06;
/// No pace above this is tried.
const MOST: f64 = 3_000.0;
/// At most so late at the 99th percentile, milliseconds.
const LATE_MS: f64 = 500.0;
/// Of the generator's cores: it is full.
const FULL: f64 = 0.96;
/// The generator looks at its sockets so rarely that it finds several messages at once, as a network would bring them.
const LOOK_MS: u64 = 5;
/// A pace is held for so long, seconds, at most.
const SECONDS_MAX: f64 = 8.0;
/// Falls the generator behind its pace by this, milliseconds, then it was not the pace that was said.
const BEHIND_MS: f64 = 250.0;

/// How far one came.
struct Reached {
    per_second: f64,
    told: String,
    end: String,
}

pub(super) async fn measure(chat: &Chat<'_>) -> anyhow::Result<Vec<Figure>> {
    let mut reached = Vec::new();
    for kind in chat.kinds() {
        let servers = Servers::start(&kind, 1, chat.home.redis()?, chat.folder).await?;
        servers.pin().await?;
        reached.push((kind.name(), ramp(chat, &servers).await?));
        servers.stop().await?;
    }
    let (_, ours) = reached.pop().context("nothing was measured")?;
    let what = "deliveries/s of one core, one room of 2,000";
    let own = Figure::new(what, ours.per_second / 1000.0, "k").must(Must::AtLeast(800.0));
    let mut figures = vec![own.note(format!("{}; end: {}", ours.told, ours.end))];
    for (name, peer) in reached {
        figures.push(
            Figure::new("the same beside a peer", ours.per_second / 1000.0, "k")
                .beside(name, peer.per_second / 1000.0)
                .must(Must::AtLeastPeer(1.0))
                .note(format!("{}; end: {}", peer.told, peer.end)),
        );
    }
    Ok(figures)
}

async fn ramp(chat: &Chat<'_>, servers: &Servers) -> anyhow::Result<Reached> {
    let rooms = chat.home.rooms(1)?;
    let sockets = chat.sockets(SOCKETS);
    let mut reached =
        Reached { per_second: 0.0, told: "not even the first pace".into(), end: "the last pace".into() };
    let most = if chat.settings.quick { FIRST } else { MOST };
    let (mut pace, mut step, mut held, mut failed) = (FIRST, STEP, 0.0, f64::INFINITY);
    while pace <= most {
        let mut tried = at_pace(chat, servers, &rooms, sockets, pace).await?;
        if tried.is_err() && !chat.settings.quick {
            // What else the machine did may have been the reason.
            tried = at_pace(chat, servers, &rooms, sockets, pace).await?;
        }
        match tried {
            Ok(talk) => {
                held = pace;
                reached.per_second = per_second(&talk);
                reached.told = talk.told();
            }
            Err(end) => {
                reached.end = end;
                failed = pace;
            }
        }
        // Where not even the first was held, from a half of it.
        pace = if held > 0.0 { (held * (1.0 + step)).round() } else { failed / 2.0 };
        while pace >= failed && step > FINE {
            step /= 2.0;
            pace = (held * (1.0 + step)).round();
        }
        if pace >= failed || pace < 1.0 || chat.settings.quick {
            break;
        }
    }
    Ok(reached)
}

fn per_second(talk: &Talk) -> f64 {
    talk.heard.delivered as f64 / talk.heard.seconds
}

/// A pace, or why it cannot be held.
async fn at_pace(
    chat: &Chat<'_>,
    servers: &Servers,
    rooms: &Path,
    sockets: u32,
    pace: f64,
) -> anyhow::Result<Result<Talk, String>> {
    // A crowd of its own for each: what one pace left behind is not there for the next.
    let load =
        Load { cores: Cores::Others, look_ms: LOOK_MS, ..Load::of(sockets, SPEAKERS.min(sockets / 2)) };
    let mut crowd = Crowd::come(servers, rooms, load).await?;
    // Threads that came since.
    servers.pin().await?;
    let talk = crowd.talk(servers, pace, chat.seconds().min(SECONDS_MAX)).await?;
    crowd.go().await?;
    let heard = talk.heard;
    let own_cores = (std::thread::available_parallelism().map_or(1, usize::from) - 1).max(1) as f64;
    let chatters = talk.chatters() / own_cores;
    eprintln!(
        "  {} at {pace}/s: {:.0}k deliveries/s, {}",
        servers.kind.name(),
        per_second(&talk) / 1000.0,
        talk.told()
    );
    let end = if talk.whole().is_err() {
        format!("loss at {pace}/s ({} of {})", heard.delivered, heard.expected)
    } else if talk.p99_ms() > LATE_MS {
        format!("p99 {:.0} ms at {pace}/s", talk.p99_ms())
    } else if heard.behind_ms > BEHIND_MS {
        format!("the generator fell behind at {pace}/s")
    } else {
        return Ok(Ok(talk));
    };
    Ok(Err(match chatters > FULL {
        true => format!("{end}, with the generator's core full too"),
        false => end,
    }))
}
