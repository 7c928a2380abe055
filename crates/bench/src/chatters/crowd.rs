//! All sockets of the generator on one epoll: they come, they hear, and what they hear is counted.
//!
//! Level-triggered, one read a socket and turn into a buffer that all share; only what is not whole is kept with its socket. A server that
//! says what it never should ends the process: its figures would be worth nothing. A socket that ends is counted; one that
//! follows comes back, at another server if there is one.

use super::{
    Came, Joined, Options, Stalled,
    dialect::Dialect,
    hear::{BACK, READ_BYTES},
    member::{Member, State},
    say::Spoken,
    tally::{Lists, Tally},
};
use crate::report::quantile;
use anyhow::{Context, bail, ensure};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use std::{
    collections::{HashSet, VecDeque},
    time::{Duration, Instant},
};

/// Sockets that are told of at once.
const EVENTS: usize = 1024;
/// Sockets that are not in yet while more come.
const COMING_MAX: usize = 128;
/// Longest time for one to come in.
const COME: Duration = Duration::from_secs(30);

/// See the module's head.
pub struct Crowd {
    pub(super) options: Options,
    pub(super) rooms: Vec<(String, String)>,
    pub(super) members: Vec<Member>,
    /// Members of each room that are in and read.
    pub(super) present: Vec<u64>,
    /// Members of each room that speak.
    pub(super) speakers: Vec<Vec<u32>>,
    pub(super) tally: Tally,
    pub(super) begun: Instant,
    pub(super) said: u64,
    pub(super) spoken: Vec<Spoken>,
    pub(super) ended: u64,
    /// Delays of joins and of comings, milliseconds; bytes until then.
    pub(super) joins: [Vec<f64>; 3],
    pub(super) coming: usize,
    looked: Instant,
    blocked: Vec<u32>,
    pub(super) back: VecDeque<(Instant, u32)>,
    epoll: Epoll,
    events: Vec<EpollEvent>,
    pub(super) buffer: Vec<u8>,
}

impl Crowd {
    /// Nobody yet.
    ///
    /// # Errors
    /// If the rooms cannot be read, or there is no epoll.
    pub fn new(options: &Options) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(&options.rooms).context("the list of rooms")?;
        let rooms: Vec<_> = text
            .lines()
            .map(|line| line.split_once(' ').unwrap_or((line, "")))
            .map(|(name, token)| (name.to_owned(), token.to_owned()))
            .collect();
        ensure!(!rooms.is_empty() && !options.to.is_empty(), "no rooms, or no servers");
        Ok(Self {
            present: vec![0; rooms.len()],
            speakers: vec![Vec::new(); rooms.len()],
            options: options.clone(),
            rooms,
            members: Vec::new(),
            tally: Tally::new(),
            begun: Instant::now(),
            said: 0,
            spoken: Vec::new(),
            ended: 0,
            joins: Default::default(),
            coming: 0,
            looked: Instant::now(),
            blocked: Vec::new(),
            back: VecDeque::new(),
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            events: vec![EpollEvent::empty(); EVENTS],
            buffer: vec![0; READ_BYTES],
        })
    }

    /// Microseconds of the generator's clock.
    pub(super) fn micros(&self) -> u64 {
        self.begun.elapsed().as_micros() as u64
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.options.speaks
    }

    /// Lets the first come, and waits until all are in.
    ///
    /// # Errors
    /// If they are not in time.
    pub fn fill(&mut self, count: u32) -> anyhow::Result<Joined> {
        let begun = Instant::now();
        for _ in 0..count {
            self.come_in()?;
            while self.coming >= COMING_MAX {
                self.turn(COME, begun)?;
            }
        }
        while self.coming > 0 {
            self.turn(COME + Duration::from_millis(u64::from(count) * 10), begun)?;
        }
        let joined = self.present.iter().sum::<u64>() as u32;
        ensure!(joined == count, "{joined} of {count} came in");
        Ok(Joined { joined, seconds: begun.elapsed().as_secs_f64() })
    }

    fn turn(&mut self, most: Duration, begun: Instant) -> anyhow::Result<()> {
        ensure!(begun.elapsed() < most + COME, "{} are not in after {:?}", self.coming, begun.elapsed());
        self.listen(Duration::from_millis(5))
    }

    /// One more.
    fn come_in(&mut self) -> anyhow::Result<u32> {
        let index = self.members.len() as u32;
        let room = index % self.rooms.len() as u32;
        let speakers = &mut self.speakers[room as usize];
        let speaks = speakers.len() < self.options.speakers as usize;
        if speaks {
            speakers.push(index);
        }
        self.members.push(Member::new(room, speaks));
        self.connect(index)?;
        Ok(index)
    }

    fn connect(&mut self, index: u32) -> anyhow::Result<()> {
        let member = &mut self.members[index as usize];
        // In turn; who comes back goes to the next. Sockets of a room are on all servers.
        let nth = index / self.rooms.len() as u32 + member.tries;
        let to = self.options.to[nth as usize % self.options.to.len()];
        let room = &self.rooms[member.room as usize].0;
        member.connect(index, to, self.options.speaks, room, self.options.receive_buffer)?;
        let stream = member.stream.as_ref().context("just connected")?;
        self.epoll.add(stream, EpollEvent::new(EpollFlags::EPOLLIN, u64::from(index)))?;
        self.coming += 1;
        Ok(())
    }

    /// Hears what comes, for so long or until something did.
    ///
    /// # Errors
    /// See the module's head.
    pub fn listen(&mut self, most: Duration) -> anyhow::Result<()> {
        let rest = Duration::from_millis(self.options.look_ms).saturating_sub(self.looked.elapsed());
        if !rest.is_zero() {
            std::thread::sleep(rest);
        }
        self.looked = Instant::now();
        let millis = most.as_micros().div_ceil(1000).min(1000) as u16;
        let mut events = std::mem::take(&mut self.events);
        let count = match self.epoll.wait(&mut events, millis) {
            Ok(count) => count,
            Err(nix::errno::Errno::EINTR) => 0,
            Err(error) => return Err(error.into()),
        };
        for event in &events[..count] {
            self.read(event.data() as u32)?;
        }
        self.events = events;
        for index in std::mem::take(&mut self.blocked) {
            self.flushed(index)?;
        }
        while let Some((due, index)) = self.back.front().copied().filter(|(due, _)| *due <= Instant::now()) {
            self.back.pop_front();
            if self.connect(index).is_err() {
                self.members[index as usize].end();
                self.back.push_back((due + BACK, index));
            }
        }
        Ok(())
    }

    /// Notes whether something is left to write.
    pub(super) fn flushed(&mut self, index: u32) -> anyhow::Result<()> {
        let member = &mut self.members[index as usize];
        member.flush()?;
        if !member.unsent.is_empty() {
            self.blocked.push(index);
        }
        Ok(())
    }

    /// What followers heard. A hub tells nobody that it has something: what was said counts as taken.
    pub fn compare(&self) -> Lists {
        let taken: HashSet<u32> = self
            .spoken
            .iter()
            .enumerate()
            .filter(|(_, spoken)| spoken.taken || self.options.speaks == Dialect::Hub)
            .map(|(number, _)| number as u32)
            .collect();
        let heard: Vec<_> = self.members.iter().map(|member| (member.speaks, &member.heard[..])).collect();
        Lists::compare(self.said, &taken, &heard)
    }

    /// Some that do not speak stop reading.
    ///
    /// # Errors
    /// If there are not so many.
    pub fn stall(&mut self, count: u32) -> anyhow::Result<Stalled> {
        let mut from = Vec::new();
        for member in &mut self.members {
            if from.len() == count as usize {
                break;
            }
            let Some(stream) = &member.stream else { continue };
            if !member.speaks && member.state == State::In {
                from.push(stream.local_addr()?);
                self.epoll.delete(stream)?;
                member.state = State::Stalled;
                self.present[member.room as usize] -= 1;
            }
        }
        if from.len() != count as usize {
            bail!("only {} sockets to stall", from.len());
        }
        Ok(Stalled { from })
    }

    /// More come at a pace.
    ///
    /// # Errors
    /// See the module's head.
    pub fn come(&mut self, per_second: f64, time: Duration) -> anyhow::Result<Came> {
        let (begun, mut came, mut said) = (Instant::now(), 0u32, 0u32);
        self.joins = Default::default();
        let (before, ended) = (self.members.len(), self.ended);
        while begun.elapsed() < time {
            let now = begun.elapsed().as_secs_f64();
            while f64::from(came) < now * per_second {
                self.come_in()?;
                came += 1;
            }
            while f64::from(said) < now {
                (0..self.rooms.len()).try_for_each(|room| self.speak(room))?;
                said += 1;
            }
            self.listen(Duration::from_millis(1))?;
        }
        let left = Instant::now();
        while self.coming > 0 && left.elapsed() < COME {
            self.listen(Duration::from_millis(5))?;
        }
        let [joins, comings, bytes] = std::mem::take(&mut self.joins);
        let some = |value: f64| Some(value).filter(|value| value.is_finite());
        Ok(Came {
            joined: joins.len() as u64,
            failed: (self.members.len() - before) as u64 - joins.len() as u64 + self.ended - ended,
            join_p50_ms: some(quantile(&joins, 0.5)),
            join_p99_ms: some(quantile(&joins, 0.99)),
            come_p99_ms: some(quantile(&comings, 0.99)),
            bytes: bytes.iter().sum::<f64>() / bytes.len() as f64,
        })
    }
}
