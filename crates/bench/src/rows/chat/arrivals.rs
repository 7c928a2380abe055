//! Joins at a pace: new sockets come, each with a hundred messages of history, while a message a second is said in each room.

use super::{
    Chat,
    servers::Servers,
    turn::{Crowd, Load},
};
use crate::{
    process::CpuMeter,
    report::{Figure, Must},
};
use anyhow::ensure;

const ROOMS: u32 = 5;
/// Sockets that are there before.
const BEFORE: u32 = 100;
const HISTORY: u32 = 100;
/// Comings a second.
const PER_SECOND: f64 = 500.0;
/// Longest, milliseconds.
const MOST_MS: f64 = 50.0;
/// The history is said so fast, in each room.
const FILL_PER_SECOND: f64 = 60.0;
/// Longest measurement: all that came stay.
const SECONDS_MAX: f64 = 15.0;

pub(super) async fn measure(chat: &Chat<'_>) -> anyhow::Result<Vec<Figure>> {
    let rooms = chat.home.rooms(ROOMS as usize)?;
    let servers = Servers::start(&chat.home.kind, 1, chat.home.redis()?, chat.folder).await?;
    let load = Load { history: HISTORY, ..Load::of(BEFORE, 4) };
    let mut crowd = Crowd::come(&servers, &rooms, load).await?;
    crowd.say(FILL_PER_SECOND, f64::from(HISTORY) / FILL_PER_SECOND + 1.0).await?;
    let cpu = CpuMeter::start(servers.pids()?)?;
    let came = crowd.come_more(PER_SECOND, chat.seconds().min(SECONDS_MAX)).await?;
    let cpu = cpu.seconds()? / came.joined as f64 * 1e6;
    crowd.go().await?;
    servers.stop().await?;
    ensure!(came.failed == 0, "{} of {} did not come in", came.failed, came.joined + came.failed);
    let ms = |value: Option<f64>| value.unwrap_or(f64::NAN);
    Ok(vec![
        Figure::new("join with 100 messages at 500/s, p99", ms(came.join_p99_ms), "ms")
            .must(Must::AtMost(MOST_MS))
            .note(format!(
                "from asking to the whole answer; p50 {:.1} ms; with connecting p99 {:.1} ms; {} came, {:.0} KiB and {cpu:.0} us of CPU each",
                ms(came.join_p50_ms),
                ms(came.come_p99_ms),
                came.joined,
                came.bytes / 1024.0,
            )),
    ])
}
