//! A rolling restart of everything: each instance of each service is replaced, one after the other, while viewers watch at three edges, a room
//! talks and calls of the API go on. Once under low-latency viewers, once under many more plain ones.
//!
//! Two instances of each other service stand behind balancers, on a PostgreSQL and a Redis of their own (`streamly_testkit::fleet`). Viewers
//! mend what players mend (`view/steady`) and go to the next edge when theirs is gone, as behind a balancer; they come straight to the edges,
//! so that what carries their bytes costs nothing. Chatters come back with `since` and repeat what was not answered; the publisher moves when it
//! is asked to, as OBS does.

mod calls;

use super::{
    Figures, Settings,
    place::{program, register},
    viewers::{come, measuring, read},
};
use crate::{
    chatters::{Command, Heard, Joined, Lists},
    origin::Origin,
    process::{Cores, Process},
    recording,
    report::{Figure, Must},
    view::Seen,
};
use anyhow::{Context, ensure};
use calls::Calls;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};
use streamly_testkit::{
    fleet::Fleet,
    flv,
    publisher::{Moving, Options, Pace},
};
use tokio::task::JoinHandle;

/// Edges.
const EDGES: usize = 3;
/// People who speak, and messages a second of all of them.
const SPEAKERS: u32 = 20;
const PER_SECOND: f64 = 10.0;
/// The room talks for so long at a time; between two of these it listens for some seconds.
const TALK: f64 = 20.0;
/// The last talk: whoever was sent away is back, and told what was said meanwhile.
const LAST_TALK: f64 = 6.0;
/// Viewers count for so long at most, seconds.
const MOST: u64 = 1_800;
/// From the first frame until there is a list.
const START: Duration = Duration::from_secs(30);
/// The recording is sent so often: for more than a day.
const LOOPS: u32 = 10_000;

/// Where viewers and chatters go.
struct Home {
    channel: String,
    /// One line, as chatters want it.
    rooms: PathBuf,
}

/// What everybody saw while all was replaced.
struct Rolled {
    /// Of each edge's viewers.
    seen: Vec<Seen>,
    heard: Heard,
    lists: Lists,
    calls: Calls,
    seconds: f64,
    /// How long each took.
    told: Vec<String>,
}

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    let program = program(settings)?;
    let recording = recording::make(folder, recording::SLIGHT).await?;
    let mut fleet = Fleet::start(&program, EDGES).await?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let (channel, token) = register(&client, &fleet.url("")).await?;
    let rooms = folder.join("rolling-rooms");
    std::fs::write(&rooms, format!("{channel} {token}"))?;
    let key = stream_key(&client, &fleet, &token).await?;
    let publishing = publish(fleet.rtmp(), key, &recording.file).await?;
    let home = Home { channel, rooms };
    home.plays(fleet.web()).await?;

    let mut figures = Vec::new();
    for (which, viewers, how) in
        [("live", settings.live_viewers, None), ("plain", settings.plain_viewers, Some("--plain"))]
    {
        let rolled = Box::pin(replaced(settings, &mut fleet, &home, &program, viewers, how)).await;
        let rolled = rolled.with_context(|| format!("{which}; instances said:\n{}", fleet.said()))?;
        figures.extend(rolled.figures(which, viewers, settings.chatters));
        ensure!(!publishing.is_finished(), "the publisher gave up");
    }
    publishing.abort();
    Ok(figures)
}

/// Replaces all, or in a quick run the first of each, under so many viewers at each edge.
async fn replaced(
    settings: &Settings,
    fleet: &mut Fleet,
    home: &Home,
    program: &Path,
    viewers: u32,
    how: Option<&str>,
) -> anyhow::Result<Rolled> {
    let edges = fleet.edges();
    let mut crowds = Vec::new();
    for at in 0..edges.len() {
        crowds.push(watch(settings, &edges, at, home, viewers, how)?);
    }
    let args = home.chatters(&edges, settings.chatters);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut room = Process::own("the chatters", Cores::All, &args)?;
    let line = room.line().await?;
    let _: Joined = serde_json::from_str(&line).with_context(|| format!("the chatters said {line}"))?;
    for crowd in &mut crowds {
        measuring(crowd).await?;
    }
    let (begun, enough, origin) = (Instant::now(), AtomicBool::new(false), fleet.url(""));
    let calling = calls::go_on(&origin, &home.channel, &enough);
    let talking = talk(&mut room, &enough);
    let replacing = async {
        let mut told = Vec::new();
        for at in 0..fleet.instances().len() {
            let name = fleet.instances()[at].name();
            if settings.quick && !name.ends_with("-0") {
                continue;
            }
            let took = fleet.replace(at, program).await?;
            told.push(format!("{name} {:.1} + {:.1} s", took.stop.as_secs_f64(), took.start.as_secs_f64()));
        }
        enough.store(true, Relaxed);
        anyhow::Ok((told, begun.elapsed().as_secs_f64()))
    };
    let ((told, seconds), heard, calls) = tokio::try_join!(replacing, talking, calling)?;
    let lists = said(&mut room, &Command::Compare).await?;
    room.stop().await?;
    let mut seen = Vec::new();
    for mut crowd in crowds {
        crowd.tell("enough").await?;
        seen.push(read(&crowd.line().await?)?);
        crowd.stop().await?;
    }
    Ok(Rolled { seen, heard, lists, calls, seconds, told })
}

/// Viewers who begin at one edge and go on at the next when it is gone.
fn watch(
    settings: &Settings,
    edges: &[SocketAddr],
    at: usize,
    home: &Home,
    viewers: u32,
    how: Option<&str>,
) -> anyhow::Result<Process> {
    let others = edges.iter().cycle().skip(at + 1).take(edges.len() - 1);
    let others = others.map(ToString::to_string).collect::<Vec<_>>().join(",");
    let fixed = ["--mend", "--told", "--channel", &home.channel, "--also", &others];
    let what: Vec<String> = fixed.into_iter().chain(how).map(str::to_owned).collect();
    come(settings, Cores::All, viewers, MOST, edges[at], &what)
}

/// The room talks until it is enough, and once more when everybody is back; what it heard in all.
async fn talk(room: &mut Process, enough: &AtomicBool) -> anyhow::Result<Heard> {
    let talk = |seconds| Command::Say { per_second: PER_SECOND, seconds };
    let mut all: Heard = said(room, &talk(TALK)).await?;
    loop {
        let is_last = enough.load(Relaxed);
        let heard: Heard = said(room, &talk(if is_last { LAST_TALK } else { TALK })).await?;
        all.said += heard.said;
        all.refused += heard.refused;
        all.ended += heard.ended;
        all.seconds += heard.seconds;
        if is_last {
            return Ok(all);
        }
    }
}

/// What the chatters answer to a command.
async fn said<T: serde::de::DeserializeOwned>(room: &mut Process, command: &Command) -> anyhow::Result<T> {
    let line = room.ask(&serde_json::to_string(command)?).await?;
    serde_json::from_str(&line).with_context(|| format!("the chatters said {line}"))
}

impl Home {
    /// Waits until there is a list of its source.
    async fn plays(&self, web: SocketAddr) -> anyhow::Result<()> {
        let (begun, origin) = (Instant::now(), Origin::new(web)?);
        while let Err(error) = origin.rendition(&self.channel, "source").await {
            ensure!(begun.elapsed() < START, "nothing plays after {START:?}: {error:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Arguments of the chatters' process.
    fn chatters(&self, edges: &[SocketAddr], sockets: u32) -> Vec<String> {
        let to = edges.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let (sockets, speakers) = (sockets.to_string(), SPEAKERS.min(sockets).to_string());
        let rooms = self.rooms.display().to_string();
        let fixed = ["chatters", "--speaks", "streamly", "--follow", "--to", &to, "--rooms", &rooms];
        let counts = ["--sockets", &sockets, "--speakers", &speakers];
        fixed.into_iter().chain(counts).map(str::to_owned).collect()
    }
}

impl Rolled {
    fn figures(&self, which: &str, viewers: u32, chatters: u32) -> Vec<Figure> {
        let Self { seen, heard, lists, calls, .. } = self;
        let sum = |of: fn(&Seen) -> u64| seen.iter().map(of).sum::<u64>() as f64;
        let none = |what: &str, count: f64| {
            Figure::new(format!("{which}: {what}"), count, "").must(Must::AtMost(0.0))
        };
        let watched = format!(
            "{EDGES} edges with {viewers} viewers each, {:.0} lists, {:.0} parts or segments, \
             {:.0} requests made again; all replaced in {:.0} s: {}",
            sum(|seen| seen.playlists),
            sum(|seen| seen.media),
            sum(|seen| seen.mended),
            self.seconds,
            self.told.join(", ")
        );
        let talked = format!(
            "{} messages to {chatters} people, {} taken, {} connections ended, {} were told to try again",
            lists.said, lists.acknowledged, heard.ended, heard.refused
        );
        let called = format!("{} calls, {} made once more{}", calls.made, calls.repeated, calls.told());
        vec![
            none("viewers who had to begin anew", sum(|seen| seen.failed)).note(watched),
            none("media that viewers missed", sum(|seen| seen.missed)),
            none("messages that somebody missed", lists.missed as f64).note(talked),
            none("messages that came twice", lists.twice as f64),
            none("messages out of order", lists.disordered as f64),
            none("calls that failed twice", calls.failed.len() as f64).note(called),
        ]
    }
}

async fn stream_key(client: &reqwest::Client, fleet: &Fleet, token: &str) -> anyhow::Result<String> {
    let asked = client.post(fleet.url("/api/streams/keys")).bearer_auth(token);
    let asked = asked.json(&json!({"name": "bench"}));
    let body: Value = asked.send().await?.error_for_status()?.json().await?;
    Ok(body["key"].as_str().context("no key")?.to_owned())
}

/// Publishes for good, and moves when it is asked to.
async fn publish(to: SocketAddr, key: String, file: &Path) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let tags = flv::read(file)?;
    let options = Options::new(key).pace(Pace::Speed(1.0)).loops(LOOPS);
    let mut publisher = Moving::connect(to, options).await?;
    Ok(tokio::spawn(async move { Ok(publisher.send(&tags).await?) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_anybody_lost_is_told_and_nothing_is_good() {
        let said = r#"{"seconds":10.0,"playlists":60,"media":60,"bytes":9,"failed":1,"mended":4,"missed":0,"behind":0,"p50_ms":1.0,"p99_ms":2.0}"#;
        let heard = r#"{"said":9,"expected":9,"delivered":9,"skipped":0,"refused":2,"ended":3,"bytes":1,"seconds":1.0,"p50_ms":null,"p99_ms":null,"behind_ms":0.0}"#;
        let lists = Lists {
            said: 9,
            acknowledged: 9,
            missed: 0,
            misses: 0,
            twice: 1,
            disordered: 0,
            disordered_to_speakers: 0,
        };
        let rolled = Rolled {
            seen: vec![read(said).unwrap(); EDGES],
            heard: serde_json::from_str(heard).unwrap(),
            lists,
            calls: Calls { made: 5, repeated: 1, failed: vec!["a: b".to_owned()] },
            seconds: 40.0,
            told: vec!["user-0 0.1 + 0.2 s".to_owned()],
        };
        let figures = rolled.figures("live", 200, 200);
        let values: Vec<_> = figures.iter().map(|figure| (figure.value, figure.holds())).collect();
        let (good, bad) = ((0.0, Some(true)), |value| (value, Some(false)));
        assert_eq!(values, [bad(3.0), good, good, bad(1.0), good, bad(1.0)]);
        assert!(figures[0].note.contains("12 requests made again"), "{}", figures[0].note);
        assert!(figures[5].note.contains("a: b"), "{}", figures[5].note);
    }

    #[test]
    fn chatters_know_all_edges_and_no_more_speak_than_there_are() {
        let home = Home { channel: "c".into(), rooms: "/x".into() };
        let edges = [1, 2, 3].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let args = home.chatters(&edges, 5);
        assert!(args.contains(&"127.0.0.1:1,127.0.0.1:2,127.0.0.1:3".to_owned()), "{args:?}");
        assert_eq!(args.last().map(String::as_str), Some("5"));
    }
}
