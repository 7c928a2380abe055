//! Every instance of every service is replaced, one after the other, while a broadcast, its viewers, a room that talks and calls of the API
//! go on: nobody begins anew, no message is lost, no call fails twice.
//!
//! With `STREAMLY_E2E_PREVIOUS=FOLDER` the platform starts by the program `streamly` of that folder, the release before this one: both
//! versions are side by side until the last instance is replaced (docs/OPERATING.md, "Upgrading"). Without, this version follows itself.
//!
//! `STREAMLY_E2E_VIEWERS` and `STREAMLY_E2E_PEOPLE` say how many watch and how many talk, where a machine bears more than the 20 and 50 that are
//! usual: `STREAMLY_E2E_VIEWERS=100 STREAMLY_E2E_PEOPLE=200 cargo test -p streamly-e2e --test rolling`.

use anyhow::{Context, Result, ensure};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use streamly_e2e::{
    Person,
    caller::{self, Calls},
    chatter::{Chatter, Heard},
    people::{self, PASSWORD},
    platform,
    watcher::{Watched, Watcher},
};
use streamly_testkit::{
    fixture,
    fleet::{Fleet, program_in},
    flv,
    publisher::{Moving, Options, Pace},
};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

const EDGES: usize = 2;
/// How many watch, and the variable that says otherwise.
const VIEWERS: (&str, usize) = ("STREAMLY_E2E_VIEWERS", 20);
/// The same of those who talk.
const PEOPLE: (&str, usize) = ("STREAMLY_E2E_PEOPLE", 50);
/// Between two messages of the room: each of fifty speaks once in ten seconds.
const TALK: Duration = Duration::from_millis(200);
/// Times the recording is sent, some ten seconds each: longer than everything here takes.
const LOOPS: u32 = 60;
/// From the first frame to "live", and from coming into the room to being there.
const COME: Duration = Duration::from_secs(20);
/// From the last message until everybody has it, also who has just been sent away (`limits.reconnect_spread`).
const QUIET: Duration = Duration::from_secs(20);

/// The program that is there, and the one that takes its place.
fn programs() -> Result<(PathBuf, PathBuf)> {
    let new = platform::binary()?;
    let old = match std::env::var_os("STREAMLY_E2E_PREVIOUS") {
        Some(folder) => program_in(&PathBuf::from(folder))?,
        None => new.clone(),
    };
    Ok((old, new))
}

/// What the variable says, or what is usual. Errors: it says no number above 0.
fn number((variable, usual): (&str, usize)) -> Result<usize> {
    let Some(text) = std::env::var_os(variable) else { return Ok(usual) };
    let number = text.to_str().and_then(|text| text.parse::<usize>().ok()).filter(|number| *number > 0);
    number.with_context(|| format!("{variable} is {text:?}, which is no number above 0"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_instance_is_replaced_in_turn_and_nobody_begins_anew_or_misses_anything() -> Result<()> {
    let (old, new) = programs()?;
    let mut fleet = Fleet::start(&old, EDGES).await?;
    let done = Box::pin(replaced_under_everybody(&mut fleet, &new)).await;
    println!("{}", done.with_context(|| format!("instances said:\n{}", fleet.said()))?);
    // In the middle of an upgrade, or on the way back from one: this version starts where a newer one has been.
    fleet.migrated_by_a_newer_version()?;
    for at in 0..fleet.instances().len() {
        if ["user-0", "stream-0", "chat-0"].contains(&fleet.instances()[at].name().as_str()) {
            fleet.replace(at, &new).await.context("behind a newer version's migrations")?;
        }
    }
    Ok(())
}

/// What everybody saw.
async fn replaced_under_everybody(fleet: &mut Fleet, new: &Path) -> Result<String> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let origin = fleet.url("");
    let ada = people::register(&http, &origin, "ada").await?;
    let broadcast = Broadcast::begin(fleet, &people::stream_key(&http, &origin, &ada).await?).await?;
    let before = people::on_air(&http, &origin, "ada", COME).await?;
    let enough = Arc::new(AtomicBool::new(false));
    let mut viewers = JoinSet::new();
    for _ in 0..number(VIEWERS)? {
        let watcher = Watcher::join(&fleet.url("/live/ada/index.m3u8")).await?;
        let enough = enough.clone();
        viewers.spawn(async move { watcher.watch(&enough).await });
    }
    let mut room = Room::open(&http, fleet).await?;
    let calling = call(fleet, room.people[0].clone(), enough.clone());

    let began = Instant::now();
    let replacing = async {
        let mut told = Vec::new();
        for at in 0..fleet.instances().len() {
            let name = fleet.instances()[at].name();
            let took = fleet.replace(at, new).await?;
            told.push(format!("{name} {:.1} s + {:.1} s", took.stop.as_secs_f64(), took.start.as_secs_f64()));
        }
        anyhow::Ok(told)
    };
    let told = tokio::select! {
        told = replacing => told?,
        ended = room.talk() => return Err(ended.context("the room")),
        // Until then nobody leaves of their own accord.
        Some(left) = viewers.join_next() => {
            let why = left?.err().context("it left of its own accord")?;
            return Err(why.context("a viewer would have begun anew"));
        }
    };
    let mut seen = vec![format!("replaced in {:.1} s: {}", began.elapsed().as_secs_f64(), told.join(", "))];

    seen.push(room.is_whole().await?);
    enough.store(true, Relaxed);
    while let Some(watched) = viewers.join_next().await {
        let watched = watched?.context("a viewer would have begun anew")?;
        is_whole(&watched)?;
        seen.push(format!("{watched:?}"));
    }
    let calls = calling.await??;
    let Calls { made, repeated, failed } = &calls;
    ensure!(failed.is_empty(), "of {made} calls failed twice: {failed:#?}");
    ensure!(*made > 50, "{made} calls");
    seen.push(format!("{made} calls, {} of them made once more: {repeated:#?}", repeated.len()));
    ensure!(people::on_air(&http, &origin, "ada", COME).await? == before, "another broadcast");
    let moves = broadcast.end().await?;
    // Away from the first node and away from the second; once, if it was at the second from its beginning.
    ensure!((1..=2).contains(&moves), "the publisher moved {moves} times");
    Ok(seen.join("\n"))
}

fn is_whole(watched: &Watched) -> Result<()> {
    let Watched { first, last, media, gaps, .. } = watched;
    ensure!(*gaps == 0, "{gaps} parts were missing");
    // That none in between is missing it has seen itself.
    ensure!(last > first && *media as u64 > last - first, "it has seen next to nothing: {watched:?}");
    Ok(())
}

/// An encoder that moves when it is asked to, as OBS does.
struct Broadcast {
    end: oneshot::Sender<()>,
    publishing: JoinHandle<Result<usize>>,
}

impl Broadcast {
    async fn begin(fleet: &Fleet, key: &str) -> Result<Self> {
        let tags = flv::read(&fixture("obs-gop2-bframes"))?;
        let options = Options::new(key).pace(Pace::Speed(1.0)).loops(LOOPS);
        let mut publisher = Moving::connect(fleet.rtmp(), options).await?;
        let (end, ended) = oneshot::channel::<()>();
        let publishing = tokio::spawn(async move {
            tokio::select! {
                sent = publisher.send(&tags) => sent.context("the encoder gave up")?,
                _ = ended => {}
            }
            let moves = publisher.moves();
            publisher.stop().await?;
            anyhow::Ok(moves)
        });
        Ok(Self { end, publishing })
    }

    /// How often it has moved. Errors: it had ended by itself.
    async fn end(self) -> Result<usize> {
        // Fails if it has ended already, which it says itself.
        let _ = self.end.send(());
        self.publishing.await?
    }
}

/// People who talk with each other.
struct Room {
    people: Vec<Person>,
    chatters: Vec<Chatter>,
    said: Vec<String>,
}

impl Room {
    /// Everybody is there, and has heard the first message.
    async fn open(http: &reqwest::Client, fleet: &Fleet) -> Result<Self> {
        let mut people = Vec::new();
        for number in 0..number(PEOPLE)? {
            people.push(people::register(http, &fleet.url(""), &format!("chatter{number}")).await?);
        }
        let url = format!("ws://{}/ws", fleet.web());
        let chatters: Vec<_> = people.iter().map(|person| Chatter::come(&url, person, "ada")).collect();
        let mut this = Self { people, chatters, said: Vec::new() };
        this.until("in the room", COME, |heard| heard.joins > 0).await?;
        this.say()?;
        this.until("told of the first message", COME, |heard| heard.messages.len() == 1).await?;
        Ok(this)
    }

    /// The next one says the next message.
    fn say(&mut self) -> Result<()> {
        let number = self.said.len();
        let text = format!("this is what was said as number {number}");
        self.chatters[number % self.chatters.len()].say(&text)?;
        self.said.push(text);
        Ok(())
    }

    /// Goes on for ever; what went wrong.
    async fn talk(&mut self) -> anyhow::Error {
        loop {
            if let Err(error) = self.say() {
                return error;
            }
            tokio::time::sleep(TALK).await;
        }
    }

    /// Waits until it is so of everybody.
    async fn until(&self, what: &str, limit: Duration, is_so: impl Fn(&Heard) -> bool) -> Result<()> {
        let since = Instant::now();
        loop {
            let heard = self.chatters.iter().map(Chatter::heard);
            let missing: Vec<Heard> = heard.filter(|one| !is_so(one)).collect();
            let Some(one) = missing.first() else { return Ok(()) };
            ensure!(
                since.elapsed() < limit,
                "{} are not {what} after {limit:?}; the first: {} messages, {} unanswered, {} joins, {:#?}",
                missing.len(),
                one.messages.len(),
                one.unanswered,
                one.joins,
                one.wrong
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Everybody has heard everything that was said, once, in one order, and was told nothing that they should not have been: what that was.
    async fn is_whole(&self) -> Result<String> {
        let all = self.said.len();
        let is_done = |heard: &Heard| heard.unanswered == 0 && heard.messages.len() >= all;
        self.until(&format!("told of all {all} messages"), QUIET, is_done).await?;
        let heard: Vec<Heard> = self.chatters.iter().map(Chatter::heard).collect();
        let order = &heard[0].messages;
        for one in &heard {
            ensure!(one.wrong.is_empty(), "{:#?}", one.wrong);
            ensure!(one.messages == *order, "not what another one heard: {:?}\n{order:?}", one.messages);
        }
        let mut texts: Vec<&str> = order.iter().map(|(_, text)| text.as_str()).collect();
        ensure!(order.windows(2).all(|pair| pair[0].0 < pair[1].0), "ids go back: {order:?}");
        let mut said: Vec<&str> = self.said.iter().map(String::as_str).collect();
        texts.sort_unstable();
        said.sort_unstable();
        ensure!(texts == said, "{} messages were said, and {} heard", said.len(), texts.len());
        let joins: usize = heard.iter().map(|one| one.joins).sum();
        let people = self.people.len();
        ensure!(joins >= 2 * people, "nobody had to come back: {joins} joins");
        Ok(format!("{all} messages to {people} people, {joins} joins"))
    }
}

/// Calls of somebody who is there, until it is enough.
fn call(fleet: &Fleet, person: Person, enough: Arc<AtomicBool>) -> JoinHandle<Result<Calls>> {
    let origin = fleet.url("");
    tokio::spawn(async move { caller::call(&origin, &person, PASSWORD, "ada", &enough).await })
}
