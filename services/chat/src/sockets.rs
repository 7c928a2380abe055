//! The sockets of this node, in rooms or not, to find those of a person. Each is here from its start to its end.

use crate::socket::{Close, Socket};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};
use streamly_domain::UserId;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// All of them. Clones share them.
#[derive(Clone, Default)]
pub struct Sockets(Arc<Mutex<HashMap<u64, Weak<Socket>>>>);

/// A socket's entry; dropping it takes the socket out.
pub struct Present {
    of: Sockets,
    id: u64,
}

impl Drop for Present {
    fn drop(&mut self) {
        self.of.0.lock().remove(&self.id);
    }
}

impl Sockets {
    /// A socket begins.
    pub fn enter(&self, socket: &Arc<Socket>) -> Present {
        self.0.lock().insert(socket.id, Arc::downgrade(socket));
        Present { of: self.clone(), id: socket.id }
    }

    /// Those that a person is signed in on. It looks at all: for rare events.
    pub fn of(&self, user: UserId) -> Vec<Arc<Socket>> {
        let all: Vec<_> = self.0.lock().values().filter_map(Weak::upgrade).collect();
        all.into_iter().filter(|s| s.user() == Some(user)).collect()
    }

    /// The same, and those of the bots of their room: all that go with an account. It looks at all, too.
    pub fn barred_with(&self, user: UserId) -> Vec<Arc<Socket>> {
        let all: Vec<_> = self.0.lock().values().filter_map(Weak::upgrade).collect();
        all.into_iter().filter(|s| s.user() == Some(user) || s.owner() == Some(user)).collect()
    }

    /// Sends a frame to all of a person's, in rooms or not.
    pub fn tell(&self, user: UserId, frame: &Utf8Bytes) {
        self.of(user).iter().for_each(|s| s.send(frame.clone()));
    }

    /// A person's access tokens that were signed before (Unix seconds) are void: who came by one only reads from now on.
    pub fn void(&self, user: UserId, before: u64) {
        self.of(user).iter().for_each(|s| s.void(before));
    }

    /// Ends all of a person's, and those of the bots of their room.
    pub fn end(&self, user: UserId, why: Close) {
        self.barred_with(user).iter().for_each(|s| {
            s.end(why);
        });
    }
}
