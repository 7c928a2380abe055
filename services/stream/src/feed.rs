//! Events as they come, read from Redis once per process and handed to the event streams that they are for.
//!
//! `router` says who gets which; `item` is one event with its frames, `frames` what they say. A reader that cannot keep up is told so; it then
//! starts from the present state again.

pub mod frames;
pub mod item;
pub mod router;

pub use frames::frame;
pub use item::{
    DURING_TEST, Item, TEST_STATE, TEST_UPDATED, TEST_VIEWERS, Words, is_for_others, is_of_test,
    visibility_in,
};
pub use router::{Heard, Post, keys_for};

use crate::{app::App, bus, suspension};
use router::{Key, Router};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use streamly_redis::Follower;

/// What a reader asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// State, stream object, viewers and stills of a channel.
    Channel(String),
    /// Who is live.
    Directory,
    /// Stills of who is live: each of them every half a minute, so for pages alone that show them.
    Stills,
    /// Health and refusals, for the owner.
    Health(String),
    /// What changes about an account, for its owner: an open page is to see it at once.
    Account(String),
    /// Which of the channels that a user follows go live, for that user; the reader of the topic knows which they are.
    Notices(String),
}

/// The events of this process.
pub struct Feed {
    router: Arc<Router>,
    open: Arc<AtomicUsize>,
    max: usize,
}

/// A place among the open event streams; freed on drop.
pub struct Seat(Arc<AtomicUsize>);

impl Drop for Seat {
    fn drop(&mut self) {
        let taken = self.0.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("streamly_stream_event_streams_open").set(taken.saturating_sub(1) as f64);
    }
}

impl Feed {
    /// With at most `max` readers, and `backlog` events that may wait for each.
    pub fn new(max: usize, backlog: u32) -> Self {
        let router = Arc::new(Router::new(backlog as usize));
        Self { router, open: Arc::default(), max }
    }
    /// Joins the readers, with what it can be interested in ([`keys_for`]); `None`: too many.
    pub fn join(&self, keys: HashSet<Key>) -> Option<(Seat, Post)> {
        let taken = self.open.fetch_add(1, Ordering::Relaxed);
        let seat = Seat(self.open.clone());
        metrics::gauge!("streamly_stream_event_streams_open").set(taken as f64 + 1.0);
        (taken < self.max).then(|| (seat, self.router.join(keys)))
    }
    fn publish(&self, item: Item) {
        let given = self.router.publish(&Arc::new(item));
        metrics::counter!("streamly_stream_events_delivered_total").increment(given);
    }
}

/// Reads Redis until the stop.
pub async fn follow(app: Arc<App>) {
    metrics::counter!("streamly_stream_events_delivered_total").increment(0);
    metrics::counter!("streamly_stream_event_streams_lagged_total").increment(0);
    tokio::select! {
        () = follow_one(&app, bus::EVENTS.key, true) => {}
        () = follow_one(&app, bus::PASSING.key, false) => {}
        () = follow_one(&app, suspension::USER_EVENTS, false) => {}
        () = app.shutdown.started() => {}
    }
}

async fn follow_one(app: &App, stream: &str, resumable: bool) {
    loop {
        if let Ok(mut follower) = Follower::new(&app.redis, stream, "$").await {
            loop {
                match follower.next().await {
                    Ok(entries) => {
                        for item in entries.iter().filter_map(|entry| Item::from_entry(entry, resumable)) {
                            if stream == suspension::USER_EVENTS {
                                app.standings.changed(&item.channel).await;
                            }
                            app.feed.publish(item);
                        }
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
