//! How fast people may write and act: per person, per address, per room, per bot, and per moderator for acts, per person for reports. All of them shared
//! by the nodes but joins, which cost the node that answers them.
//!
//! The narrowest comes first, so that who is too fast does not use up what others share. What a room asks for besides (slow mode) is
//! [`crate::bus::Said`]'s.

use crate::{
    bus::{Rate, Verdict},
    config::Limits,
    gcra::Gcra,
};
use moka::sync::Cache;
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use streamly_domain::{ChannelId, UserId};
use streamly_http::Holder;
use streamly_redis::Redis;
use tokio::time::Instant;

/// Addresses whose joins are counted; the least recently seen beyond them start anew.
const ADDRESSES: u64 = 100_000;
/// An address that joins nothing for so long starts anew.
const IDLE: Duration = Duration::from_secs(60);

/// The limits. Clones share them.
#[derive(Clone)]
pub struct Pace {
    person: Rate,
    bot: Rate,
    address: Rate,
    room: Rate,
    acts: Rate,
    reports: Rate,
    joins: Cache<Holder, Arc<Mutex<Gcra>>>,
    joins_of_address: (u32, u32),
}

impl Pace {
    /// As the settings have it.
    pub fn new(redis: &Redis, limits: &Limits) -> Self {
        let rate = |what, interval: streamly_config::Duration, burst| {
            Rate::new(redis.clone(), what, interval.get(), burst)
        };
        Self {
            person: rate("write", limits.say_interval, limits.say_burst),
            bot: rate("bot", limits.bot_say_interval, limits.bot_say_burst),
            address: rate("address", limits.address_interval, limits.address_burst),
            room: rate("room", limits.room_interval, limits.room_burst),
            acts: rate("act", limits.act_interval, limits.act_burst),
            reports: rate("report", limits.report_interval, limits.report_burst),
            joins: Cache::builder().max_capacity(ADDRESSES).time_to_idle(IDLE).build(),
            joins_of_address: (limits.address_joins_per_second, limits.address_joins_burst),
        }
    }

    /// Counts one message or command of a person from an address; how long to wait if it is too much.
    pub async fn write(&self, user: UserId, from: Option<Holder>) -> Result<(), Duration> {
        go(self.person.ask(&user.to_string()).await)?;
        match from {
            Some(address) => go(self.address.ask(&address.to_string()).await),
            None => Ok(()),
        }
    }

    /// Counts one message or command of a bot, which has the address of many.
    pub async fn bot(&self, bot: UserId) -> Result<(), Duration> {
        go(self.bot.ask(&bot.to_string()).await)
    }

    /// Counts one message in a room: the last question, for it is everybody's.
    pub async fn room(&self, room: ChannelId) -> Result<(), Duration> {
        go(self.room.ask(&room.to_string()).await)
    }

    /// Counts one join from an address.
    pub fn join(&self, from: Holder) -> Result<(), Duration> {
        let (per_second, burst) = self.joins_of_address;
        let joins = self.joins.get_with(from, || Arc::new(Mutex::new(Gcra::new(per_second, burst))));
        joins.lock().ask(Instant::now())
    }

    /// Counts one act of a moderator.
    pub async fn act(&self, user: UserId) -> Result<(), Duration> {
        go(self.acts.ask(&user.to_string()).await)
    }

    /// Counts one report.
    pub async fn report(&self, user: UserId) -> Result<(), Duration> {
        go(self.reports.ask(&user.to_string()).await)
    }

    /// Forgets who is idle; call now and then.
    pub fn tidy(&self) {
        let all = [&self.person, &self.bot, &self.address, &self.room, &self.acts, &self.reports];
        all.into_iter().for_each(Rate::tidy);
    }
}

fn go(verdict: Verdict) -> Result<(), Duration> {
    match verdict {
        Verdict::Go => Ok(()),
        Verdict::Wait(wait) => Err(wait),
    }
}
