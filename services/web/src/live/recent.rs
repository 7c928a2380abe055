//! What one worker gave out last: who asks for the same finds it with one look, which writes nothing.
//!
//! `origin` keeps objects for all workers, and notes each look at one in a queue of all, so that what nobody asks for goes. When five hundred
//! ask for one part, a note a second says as much. Only what never gets other bytes, and weakly: what is kept there no longer is not here
//! either, so nothing is held but names. A plain machine of one thread: time is an argument.

use super::outcome::Fetched;
use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// For so long it is not asked for where it is kept. Short beside the time for which it is kept there without being asked for.
const FRESH: Duration = Duration::from_secs(1);
/// Things remembered. Without it whoever asks for much makes it grow.
const MAX: usize = 256;

/// A thing, and until when it is not asked for where it is kept.
type Given = (Weak<Fetched>, Instant);

/// See the module's head.
#[derive(Default)]
pub(crate) struct Recent {
    given: RefCell<HashMap<Box<str>, Given>>,
}

impl Recent {
    /// What was given out for that URL lately.
    pub(crate) fn get(&self, url: &str, now: Instant) -> Option<Arc<Fetched>> {
        let given = self.given.borrow();
        let (fetched, until) = given.get(url)?;
        if now < *until { fetched.upgrade() } else { None }
    }

    /// It was found where it is kept, and is given out now.
    pub(crate) fn put(&self, url: &str, fetched: &Arc<Fetched>, now: Instant) {
        let mut given = self.given.borrow_mut();
        if given.len() >= MAX {
            given.retain(|_, (_, until)| now < *until);
        }
        if given.len() >= MAX {
            given.clear();
        }
        given.insert(url.into(), (Arc::downgrade(fetched), now + FRESH));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing() -> Arc<Fetched> {
        let (status, content_type, body) = (200, "video/mp4".into(), "x".into());
        let (cache_control, etag, retry_after, zipped) = (None, None, None, Default::default());
        Arc::new(Fetched { status, content_type, cache_control, etag, retry_after, body, zipped })
    }

    #[test]
    fn a_thing_is_at_hand_for_a_second_and_no_longer_than_it_is_kept() {
        let (recent, now, [one, other]) = (Recent::default(), Instant::now(), [thing(), thing()]);
        recent.put("a", &one, now);
        recent.put("b", &other, now);
        let just = now + FRESH - Duration::from_nanos(1);
        assert!(recent.get("a", just).is_some_and(|there| Arc::ptr_eq(&there, &one)));
        assert!(recent.get("c", just).is_none() && recent.get("a", now + FRESH).is_none());
        drop(other);
        assert!(recent.get("b", just).is_none(), "it is not kept any more");
        recent.put("a", &one, just);
        assert!(recent.get("a", now + FRESH).is_some(), "once more");
    }

    #[test]
    fn however_much_is_asked_for_little_is_remembered() {
        let (recent, now, one) = (Recent::default(), Instant::now(), thing());
        for n in 0..10 * MAX {
            recent.put(&n.to_string(), &one, now);
            assert!(recent.given.borrow().len() <= MAX);
            assert!(recent.get(&n.to_string(), now).is_some());
        }
        // What is out of date goes first.
        let later = now + FRESH;
        for n in 0..MAX {
            recent.put(&format!("later {n}"), &one, later);
        }
        assert!(recent.get("later 0", later).is_some());
    }
}
