//! What is lost when Redis or a node is killed: every listener's messages against those that their senders were told were taken.
//!
//! Two nodes, two hundred sockets in one room, half of them on each. Ours repeats what is refused or not answered, with the same nonce, and
//! comes back with `since`: both are the protocol's. The peers' senders are told of a failure, or of nothing, and do not repeat.

use super::{
    home::Home,
    servers::{Kind, Servers},
    turn::{Crowd, Load},
};
use crate::{
    chatters::{Command, Heard, Lists},
    process::Cores,
    report::{Figure, Must},
    rows::Settings,
};
use anyhow::Context;
use std::{path::Path, time::Duration};

const SOCKETS: u32 = 200;
const SPEAKERS: u32 = 10;
const PER_SECOND: f64 = 20.0;
/// Of the talk.
const SECONDS: f64 = 12.0;
/// From its begin to the kill.
const UNTIL: Duration = Duration::from_secs(4);
/// How long Redis is away.
const AWAY: Duration = Duration::from_secs(3);

/// Who talks through a failure.
const LOAD: Load = Load {
    sockets: SOCKETS,
    speakers: SPEAKERS,
    history: 0,
    follow: true,
    cores: Cores::All,
    look_ms: 0,
    receive_buffer: 0,
};

/// Kills Redis, ours and the peers'.
pub(super) async fn redis(
    settings: &Settings,
    folder: &Path,
    home: &mut Home,
    peers: &[Kind],
) -> anyhow::Result<Vec<Figure>> {
    let rooms = home.rooms(1)?;
    let mut figures = Vec::new();
    let mut servers = Servers::start(&home.kind, 2, home.redis()?, folder).await?;
    let mut crowd = Crowd::come(&servers, &rooms, LOAD).await?;
    crowd.tell(Command::Say { per_second: PER_SECOND, seconds: SECONDS }).await?;
    tokio::time::sleep(UNTIL).await;
    home.fail_redis(AWAY).await?;
    let (ours, heard) = compared(&mut crowd).await?;
    crowd.go().await?;
    servers.stop().await?;
    let what = "Redis killed for 3 s: messages somebody missed";
    let own = Figure::new(what, ours.missed as f64, "").must(Must::AtMost(0.0));
    figures.push(own.note(told(&ours, &heard)));
    figures.push(Figure::new("Redis killed: delivered twice", ours.twice as f64, "").must(Must::AtMost(0.0)));
    figures
        .push(Figure::new("Redis killed: out of order", ours.disordered as f64, "").must(Must::AtMost(0.0)));
    for kind in peers.iter().filter(|_| !settings.quick) {
        servers = Servers::start(kind, 2, home.redis()?, folder).await?;
        let mut crowd = Crowd::come(&servers, &rooms, LOAD).await?;
        crowd.tell(Command::Say { per_second: PER_SECOND, seconds: SECONDS }).await?;
        tokio::time::sleep(UNTIL).await;
        servers.fail_redis(AWAY).await?;
        let (lists, heard) = compared(&mut crowd).await?;
        crowd.go().await?;
        servers.stop().await?;
        // The hub tells its senders of nothing: what was said and what the speakers themselves heard is all that is known.
        figures.push(
            Figure::new(what, ours.missed as f64, "")
                .beside(kind.name(), lists.missed as f64)
                .note(told(&lists, &heard)),
        );
    }
    Ok(figures)
}

/// Kills one of two nodes, for good: by itself, and in the middle of an outage of Redis.
pub(super) async fn node(settings: &Settings, folder: &Path, home: &mut Home) -> anyhow::Result<Vec<Figure>> {
    let rooms = home.rooms(1)?;
    let mut figures = Vec::new();
    for redis_too in [false, true] {
        let mut servers = Servers::start(&home.kind, 2, home.redis()?, folder).await?;
        let mut crowd = Crowd::come(&servers, &rooms, LOAD).await?;
        crowd.tell(Command::Say { per_second: PER_SECOND, seconds: SECONDS }).await?;
        tokio::time::sleep(UNTIL).await;
        if redis_too {
            let (failed, killed) = tokio::join!(home.fail_redis(AWAY), async {
                tokio::time::sleep(AWAY / 2).await;
                servers.kill_one().await
            });
            failed.and(killed)?;
        } else {
            servers.kill_one().await?;
        }
        let (lists, heard) = compared(&mut crowd).await?;
        crowd.go().await?;
        servers.stop().await?;
        let killed = if redis_too { "Redis killed, and a node" } else { "a node killed" };
        let figure = |what: &str, value: u64| {
            Figure::new(format!("{killed}: {what}"), value as f64, "").must(Must::AtMost(0.0))
        };
        figures.extend([
            figure("missed by somebody", lists.missed).note(told(&lists, &heard)),
            figure("delivered twice", lists.twice),
            figure("out of order", lists.disordered),
        ]);
        if settings.quick {
            break;
        }
    }
    Ok(figures)
}

async fn compared(crowd: &mut Crowd) -> anyhow::Result<(Lists, Heard)> {
    let heard: Heard = crowd.answer().await.context("the talk through the failure")?;
    Ok((crowd.compare().await?, heard))
}

fn told(lists: &Lists, heard: &Heard) -> String {
    format!(
        "{} said, {} acknowledged; {} deliveries missing, {} twice, {} out of order, of these {} to speakers; {} refusals, {} sockets ended",
        lists.said,
        lists.acknowledged,
        lists.misses,
        lists.twice,
        lists.disordered,
        lists.disordered_to_speakers,
        heard.refused,
        heard.ended
    )
}
