//! Saying at a pace: when each message is due, who says it, and for followers whether it was taken.
//!
//! Who follows repeats what was refused, or not answered in time, with the same number; others say it once.

use super::{
    Heard,
    crowd::Crowd,
    dialect::{Body, Dialect},
    member::State,
    tally::Tally,
};
use anyhow::Context;
use std::time::{Duration, Instant};

/// After the last delivery nothing more is awaited.
const QUIET: Duration = Duration::from_secs(3);
/// Nor after this.
const PATIENCE: Duration = Duration::from_secs(20);
/// An unanswered message is said again, if its sender follows.
const UNANSWERED: Duration = Duration::from_secs(3);
/// A refused one is.
const REFUSED: Duration = Duration::from_millis(300);

/// A message of a follower.
#[derive(Debug)]
pub struct Spoken {
    /// Who said it.
    pub by: u32,
    /// What.
    pub body: Body,
    /// Whether the server has told that it has it.
    pub taken: bool,
    /// How often it was said.
    pub tries: u32,
    /// When it is said again.
    again: Instant,
}

impl Crowd {
    /// Says at a pace, then waits until all is heard or nothing more comes.
    ///
    /// # Errors
    /// If a server says what it never should.
    pub fn say(&mut self, per_second: f64, time: Duration) -> anyhow::Result<Heard> {
        self.tally = Tally::new();
        let (begun, ended, rooms) = (Instant::now(), self.ended, self.rooms.len());
        let every = Duration::from_secs_f64(1.0 / (per_second * rooms as f64));
        let (mut said, mut expected, mut behind) = (0u64, 0, Duration::ZERO);
        let total = (time.as_secs_f64() / every.as_secs_f64()).round() as u64;
        loop {
            let now = begun.elapsed();
            let mut due = every.mul_f64(said as f64);
            while said < total && due <= now {
                let room = said as usize % rooms;
                self.speak(room)?;
                behind = behind.max(now.saturating_sub(due));
                expected += self.present[room];
                said += 1;
                due = every.mul_f64(said as f64);
            }
            if said == total {
                break;
            }
            self.again()?;
            self.listen(due.saturating_sub(begun.elapsed()).min(Duration::from_millis(20)))?;
        }
        let seconds = begun.elapsed().as_secs_f64();
        let (all_said, mut last, mut heard) = (Instant::now(), Instant::now(), self.tally.delivered);
        loop {
            let done = self.tally.delivered + self.tally.skipped >= expected;
            // Where what is missed is looked for, quiet is waited for: the last may come late.
            if (done && !self.options.follow) || last.elapsed() > QUIET || all_said.elapsed() > PATIENCE {
                break;
            }
            self.again()?;
            self.listen(Duration::from_millis(5))?;
            if self.tally.delivered > heard {
                (heard, last) = (self.tally.delivered, Instant::now());
            }
        }
        let some = |value: f64| Some(value).filter(|value| value.is_finite());
        Ok(Heard {
            said,
            expected,
            delivered: self.tally.delivered,
            skipped: self.tally.skipped,
            refused: self.tally.refused,
            ended: self.ended - ended,
            bytes: self.tally.bytes,
            seconds,
            p50_ms: some(self.tally.quantile_ms(0.5)),
            p99_ms: some(self.tally.quantile_ms(0.99)),
            behind_ms: behind.as_secs_f64() * 1000.0,
        })
    }

    /// Says one message in the room, by the next of those who speak there.
    pub(super) fn speak(&mut self, room: usize) -> anyhow::Result<()> {
        let speakers = &self.speakers[room];
        let next = (self.said / self.rooms.len() as u64) as usize % speakers.len().max(1);
        let by = *speakers.get(next).context("nobody speaks in the room")?;
        let body = Body { at: self.micros(), number: self.said as u32 };
        self.said += 1;
        if self.options.follow {
            let again = Instant::now() + UNANSWERED;
            self.spoken.push(Spoken { by, body, taken: false, tries: 1, again });
        }
        self.utter(by, body)
    }

    fn utter(&mut self, by: u32, body: Body) -> anyhow::Result<()> {
        let member = &mut self.members[by as usize];
        if member.state == State::In {
            let text = self.options.speaks.say(&self.rooms[member.room as usize].0, body);
            member.send(&text)?;
            self.flushed(by)?;
        }
        Ok(())
    }

    /// Says again what is due.
    fn again(&mut self) -> anyhow::Result<()> {
        // Peers' clients leave that to the person.
        if !self.options.follow || self.options.speaks != Dialect::Streamly {
            return Ok(());
        }
        let now = Instant::now();
        let due: Vec<usize> = (0..self.spoken.len())
            .filter(|at| !self.spoken[*at].taken && self.spoken[*at].again <= now)
            .collect();
        for at in due {
            let spoken = &mut self.spoken[at];
            spoken.tries += 1;
            spoken.again = now + UNANSWERED;
            let (by, body) = (spoken.by, spoken.body);
            self.utter(by, body)?;
        }
        Ok(())
    }

    /// The server has it.
    pub(super) fn acknowledged(&mut self, number: u32) {
        if let Some(spoken) = self.spoken.get_mut(number as usize) {
            spoken.taken = true;
        }
    }

    /// The server does not take it now.
    pub(super) fn refused(&mut self, number: u32) {
        if let Some(spoken) = self.spoken.get_mut(number as usize) {
            spoken.again = Instant::now() + REFUSED;
        }
    }
}
