//! One socket in a hundred stops reading: what it does to the others, and when it is cut off.
//!
//! A socket is cut when the server's end of its connection is no longer established, as /proc/net/tcp has it: the stalled end itself sees
//! nothing until it reads. Each server is measured without and with them, in turn, with the same pace.

use super::{
    Chat,
    servers::Servers,
    turn::{Crowd, Load},
};
use crate::{
    chatters::{Command, Heard},
    report::{Figure, Must},
    rows::mean,
};
use anyhow::Context;
use std::{
    collections::HashSet,
    net::SocketAddr,
    time::{Duration, Instant},
};

const SOCKETS: u32 = 1_000;
const SPEAKERS: u32 = 10;
const PER_SECOND: f64 = 20.0;
/// What a client's kernel holds until its server can see that nobody reads, bytes: by itself it would be more than half a minute of this talk.
const RECEIVE_BUFFER: usize = 16 << 10;
/// Longest that is waited for a cut, seconds.
const CUT_SECONDS_MAX: f64 = 60.0;
/// What others may notice.
const MOST: f64 = 1.1;
/// When all must be cut, seconds.
const CUT_SECONDS: f64 = 10.0;
/// How often the connections are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// An established connection, of /proc/net/tcp.
const ESTABLISHED: &str = "01";

/// One server's measurements.
#[derive(Default)]
struct Seen {
    without: Vec<f64>,
    with: Vec<f64>,
    /// Seconds until the last was cut; none: not in time.
    cut: Vec<Option<f64>>,
}

pub(super) async fn measure(chat: &Chat<'_>) -> anyhow::Result<Vec<Figure>> {
    let rooms = chat.home.rooms(1)?;
    let mut all = Vec::new();
    for kind in chat.kinds() {
        all.push((Servers::start(&kind, 1, chat.home.redis()?, chat.folder).await?, Seen::default()));
    }
    let load = Load { receive_buffer: RECEIVE_BUFFER, ..Load::of(SOCKETS, SPEAKERS) };
    for _ in 0..chat.turns() {
        for (servers, seen) in &mut all {
            let mut crowd = Crowd::come(servers, &rooms, load).await?;
            seen.without.push(crowd.talk(servers, PER_SECOND, chat.seconds()).await?.p99_ms());
            let stalled = crowd.stall(SOCKETS / 100).await?;
            let begun = Instant::now();
            let seconds = if chat.settings.quick { chat.seconds() } else { CUT_SECONDS_MAX };
            crowd.tell(Command::Say { per_second: PER_SECOND, seconds }).await?;
            let mut cut = None;
            while cut.is_none() && begun.elapsed().as_secs_f64() < seconds {
                tokio::time::sleep(LOOK).await;
                if !any_established(&stalled.from)? {
                    cut = Some(begun.elapsed().as_secs_f64());
                }
            }
            let heard: Heard = crowd.answer().await?;
            crowd.go().await?;
            seen.with.push(heard.p99_ms.unwrap_or(f64::NAN));
            seen.cut.push(cut);
            eprintln!(
                "  {}: p99 {:.1} ms, with the stalled {:.1} ms; cut after {cut:.1?} s",
                servers.kind.name(),
                seen.without.last().unwrap_or(&f64::NAN),
                seen.with.last().unwrap_or(&f64::NAN),
            );
        }
    }
    let mut figures = Vec::new();
    let (servers, ours) = all.pop().context("nothing was measured")?;
    servers.stop().await?;
    let mut slower = Figure::new("1 % stop reading: p99 of the others, times", ours.slower(), "x")
        .must(Must::AtMost(MOST));
    slower.note = format!("{:.1?} ms without, {:.1?} ms with", ours.without, ours.with);
    let cut =
        Figure::new("1 % stop reading: cut after", ours.last_cut(), "s").must(Must::AtMost(CUT_SECONDS));
    figures.extend([slower, cut]);
    for (servers, seen) in all {
        let name = servers.kind.name();
        servers.stop().await?;
        figures.push(
            Figure::new("1 % stop reading: p99 of the others, times", ours.slower(), "x")
                .beside(name, seen.slower())
                .note(format!("{:.1?} ms without, {:.1?} ms with", seen.without, seen.with)),
        );
        figures.push(
            Figure::new("1 % stop reading: cut after", ours.last_cut(), "s").beside(name, seen.last_cut()),
        );
    }
    Ok(figures)
}

impl Seen {
    fn slower(&self) -> f64 {
        mean(&self.with) / mean(&self.without)
    }

    /// The worst turn; NaN if somebody was not cut at all.
    fn last_cut(&self) -> f64 {
        self.cut.iter().try_fold(0f64, |worst, cut| Some(worst.max((*cut)?))).unwrap_or(f64::NAN)
    }
}

/// Whether a server still holds a connection to one of these.
fn any_established(peers: &[SocketAddr]) -> anyhow::Result<bool> {
    let peers: HashSet<SocketAddr> = peers.iter().copied().collect();
    let table = std::fs::read_to_string("/proc/net/tcp")?;
    let mut lines = table.lines().skip(1).map(|line| line.split_whitespace());
    Ok(lines.any(|mut words| {
        let (Some(peer), Some(state)) = (words.nth(2), words.next()) else { return false };
        state == ESTABLISHED && address(peer).is_some_and(|peer| peers.contains(&peer))
    }))
}

/// `0100007F:1F90`: the address in the machine's order, the port in hexadecimal.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let host = u32::from_str_radix(host, 16).ok()?.to_ne_bytes();
    Some((host, u16::from_str_radix(port, 16).ok()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_connection_is_seen_until_it_is_dropped() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, peer) = listener.accept().unwrap();
        assert!(any_established(&[peer]).unwrap());
        drop(server);
        assert!(!any_established(&[peer]).unwrap());
        drop(client);
    }
}
